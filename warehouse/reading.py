"""Reading: what an indicator shows at a moment, put together from its values - for the wall, the feed and the report alike."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from ingest.clock import milliseconds
from warehouse.expression import DAY_MS, window_start
from warehouse.indicator import PERIOD_START, Indicator, Status, indicator, indicators
from warehouse.value import Value

_MILLISECOND = timedelta(milliseconds=1)

Split = tuple[str, str]
"""Dimension and member; both empty for the total."""

TOTAL: Split = ("", "")

CHART_DAYS = 8
"""How many days back charts reach."""


class Reading(NamedTuple):
    """An indicator's figure with everything that makes it honest."""

    indicator: Indicator
    numerator: int
    denominator: int
    newest_ms: int
    """Event time of the newest event behind it; 0 when there is none."""
    as_of_ms: int
    """Until when events and clock are taken into account; 0 when nothing is known."""

    @property
    def known(self) -> bool:
        """Whether there is any value behind it."""
        return self.as_of_ms > 0

    @property
    def figure(self) -> float | None:
        """The value in the indicator's unit; `None` when nothing is known or the denominator is 0."""
        return self.indicator.figure(self.numerator, self.denominator) if self.known else None

    @property
    def status(self) -> Status:
        """What the figure means by its thresholds."""
        figure, threshold = self.figure, self.indicator.threshold
        return "normal" if figure is None or threshold is None else threshold.status(figure)


def span_start(one: Indicator, now_ms: int) -> int:
    """Start of the oldest window that the shown figure includes."""
    if one.span == "today":
        return int(window_start(now_ms, DAY_MS))
    if one.span == "period":
        return milliseconds(PERIOD_START)
    size = one.window // _MILLISECOND
    return int(window_start(now_ms, size)) + size - one.span // _MILLISECOND


def kept_from(one: Indicator, now_ms: int) -> int:
    """Start of the oldest window that a shown figure or a chart reaches; charts show eight days."""
    return min(span_start(one, now_ms), now_ms - CHART_DAYS * DAY_MS)


class Readings:
    """One ward's current values, kept up to date by `apply` and read by `read`; no clock and no input of its own."""

    def __init__(self) -> None:
        self._flows: dict[tuple[str, Split], dict[int, Value]] = {}
        self._stocks: dict[tuple[str, Split], Value] = {}

    def apply(self, values: Iterable[Value]) -> set[str]:
        """Take in new values; older versions of what is known are ignored.

        Returns:
            Ids of the indicators that changed.
        """
        changed = set()
        for value in values:
            key = (value.indicator, (value.dimension, value.member))
            if value.grain == "stock":
                known = self._stocks.get(key)
                if known is None or (value.window_ms, value.version) > (known.window_ms, known.version):
                    self._stocks[key] = value
                    changed.add(value.indicator)
            else:
                windows = self._flows.setdefault(key, {})
                known = windows.get(value.window_ms)
                if known is None or value.version >= known.version:
                    windows[value.window_ms] = value
                    changed.add(value.indicator)
        return changed

    def forget(self, now_ms: int) -> None:
        """Drop the windows that no shown figure or chart reaches any more."""
        for (id, _), windows in self._flows.items():
            oldest = kept_from(indicator(id), now_ms)
            for window in [window for window in windows if window < oldest]:
                del windows[window]

    def read(self, id: str, now_ms: int, split: Split = TOTAL) -> Reading:
        """The indicator's reading at a moment, in total or for one member."""
        one = indicator(id)
        start = span_start(one, now_ms)
        flows = [value for window, value in self._flows.get((id, split), {}).items() if start <= window <= now_ms]
        stock = self._stocks.get((id, split))
        values = [*flows, stock] if stock else flows
        return Reading(
            one,
            sum(value.numerator for value in values),
            sum(value.denominator for value in values),
            max((value.newest_ms for value in values), default=0),
            max((value.as_of_ms for value in values), default=0),
        )

    def members(self, id: str, dimension: str, now_ms: int) -> dict[str, Reading]:
        """The reading of each member of a dimension, in the members' order."""
        keys = sorted({split[1] for one, split in [*self._flows, *self._stocks] if one == id and split[0] == dimension})
        return {member: self.read(id, now_ms, (dimension, member)) for member in keys}

    def series(self, id: str, start_ms: int, end_ms: int, split: Split = TOTAL) -> list[Value]:
        """A flow's windows that start in [start, end), oldest first; windows without events are absent."""
        windows = self._flows.get((id, split), {})
        return [windows[window] for window in sorted(windows) if start_ms <= window < end_ms]

    def values(self) -> list[Value]:
        """Everything that is known: each window of a flow, and the newest of each stock."""
        return [*(value for windows in self._flows.values() for value in windows.values()), *self._stocks.values()]

    def read_all(self, now_ms: int) -> dict[str, Reading]:
        """Every declared indicator's total."""
        return {one.id: self.read(one.id, now_ms) for one in indicators()}
