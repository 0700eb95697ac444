"""Value: one row of an indicator's figures, the same on its way to the warehouse, to the board and to the city."""

from typing import Literal, NamedTuple


class Value(NamedTuple):
    """Numerator and denominator of an indicator in one window, in total or for one member of a dimension.

    Upserts: the row with the highest `version` for the same ward, indicator, grain, window, dimension and member stands.
    """

    ward: str
    indicator: str
    grain: Literal["flow", "stock"]
    """`flow`: what happened in the window; `stock`: what was so, last looked at `as_of_ms`, at the latest at the window's end."""
    window_ms: int
    """Start of the window, milliseconds since 1970."""
    dimension: str
    """Field by which it is split; empty for the total."""
    member: str
    """Value of that field; empty for the total."""
    numerator: int
    denominator: int
    """0 where the indicator is not a ratio."""
    newest_ms: int
    """Event time of the newest event behind it."""
    as_of_ms: int
    """A stock's moment; for a flow the time of its newest event."""
    topic: str
    partition: int
    offset: int
    """Last Kafka offset folded in: where one can look up what is behind the value."""
    version: int
    revision: int = 0
    """How often the window was recomputed after its grace."""
