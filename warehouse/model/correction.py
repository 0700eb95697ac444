"""Correction: a figure that was closed, and what changed it."""

from typing import Literal, NamedTuple

from warehouse.model.value import Value


class Cause(NamedTuple):
    """The event that changed a closed figure."""

    kind: str
    subject: str
    id: str
    at_ms: int
    """When it happened."""
    offset: int
    """Where it lies in its partition."""


class Correction(NamedTuple):
    """A closed window's total as it was and as it is now; the columns of `raw_corrections` but for the time of writing.

    One for each event, indicator and window: replaying the event gives the same one again.
    """

    ward: str
    indicator: str
    grain: Literal["flow", "stock"]
    window_ms: int
    old_numerator: int
    old_denominator: int
    numerator: int
    denominator: int
    revision: int
    """Revision of the value that says the same."""
    kind: str
    subject: str
    id: str
    at_ms: int
    topic: str
    partition: int
    offset: int


def correction(value: Value, old: tuple[int, int], cause: Cause) -> Correction:
    """What a revised value corrects.

    Args:
        value: the total as it is now.
        old: numerator and denominator as they were.
        cause: the event.
    """
    return Correction(
        value.ward, value.indicator, value.grain, value.window_ms, *old, value.numerator, value.denominator, value.revision,
        cause.kind, cause.subject, cause.id, cause.at_ms, value.topic, value.partition, cause.offset,
    )  # fmt: skip
