"""Reading: what an indicator shows at a moment, put together from its values - for the wall, the feed and the report alike."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from ingest.contract.clock import milliseconds
from warehouse.model.aggregate import RANKED
from warehouse.model.expression import DAY_MS, window_start
from warehouse.model.indicator import PERIOD_START, Derived, Indicator, Measure, Status, indicator, measure
from warehouse.model.value import Value

_MILLISECOND = timedelta(milliseconds=1)

Split = tuple[str, str]
"""Dimension and member; both empty for the total."""

TOTAL: Split = ("", "")

CHART_DAYS = 8
"""How many days back charts reach."""


Sides = tuple[int, int]
"""Numerator and denominator."""


class Reading(NamedTuple):
    """An indicator's figure with everything that makes it honest."""

    indicator: Measure
    numerator: int
    denominator: int
    newest_ms: int
    """Event time of the newest event behind it; 0 when there is none."""
    as_of_ms: int
    """Until when events and clock are taken into account; 0 when nothing is known."""
    ranked: int | None = None
    """The value of a quantile, whose numerator is how many amounts there are."""

    @property
    def known(self) -> bool:
        """Whether there is any value behind it."""
        return self.as_of_ms > 0

    @property
    def figure(self) -> float | None:
        """The value in the indicator's unit; `None` when nothing is known or the denominator is 0."""
        if self.ranked is not None:
            return self.ranked * self.indicator.unit.factor
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
        return milliseconds(one.baseline.until if one.baseline else PERIOD_START)
    size = one.window // _MILLISECOND
    return int(window_start(now_ms, size)) + size - one.span // _MILLISECOND


def kept_from(one: Indicator, now_ms: int, chart_days: int = CHART_DAYS) -> int:
    """Start of the oldest window that a shown figure or a chart reaches."""
    return min(span_start(one, now_ms), now_ms - chart_days * DAY_MS)


def reading_of(
    one: Indicator, sides: Mapping[Split, Sides], newest_ms: int, as_of_ms: int, split: Split = TOTAL
) -> Reading:
    """The reading that sums over the windows of its span make.

    Args:
        one: the indicator.
        sides: the sums; of a quantile also those of the members that it is kept by.
        newest_ms: event time of the newest event behind it.
        as_of_ms: until when events and clock are taken into account.
        split: for the total, or for one member.
    """
    numerator, denominator = sides.get(split, (0, 0))
    if split == TOTAL and one.baseline:
        numerator, denominator = numerator + one.baseline.numerator, denominator + one.baseline.denominator
    ranked = _ranked(one.value.rank.percent, sides) if split == TOTAL and one.value.rank else None
    return Reading(one, numerator, denominator, newest_ms, as_of_ms, ranked)


def _ranked(percent: int, sides: Mapping[Split, Sides]) -> int | None:
    """The smallest amount that so many per cent do not exceed; `None` where there are none."""
    counts = sorted((int(member), n) for (dimension, member), (n, _) in sides.items() if dimension == RANKED)
    wanted, so_far = percent * sum(n for _, n in counts), 0
    for amount, count in counts:
        so_far += count
        if 100 * so_far >= wanted > 0:
            return amount
    return None


def derived_reading(one: Derived, read: Callable[[str, Split], Reading], split: Split = TOTAL) -> Reading:
    """What a derived measure shows, from what the measures that it is made of show.

    It is as new as the newest event behind any of them, and as of the time of the one that was looked at longest ago.
    """
    asked: list[Reading] = []

    def ask(id: str, of: Split = split) -> Reading:
        asked.append(read(id, of))
        return asked[-1]

    sides = one.value(ask)
    known = [reading.as_of_ms for reading in asked if reading.known]
    is_known = sides is not None and bool(known) and (len(known) == len(asked) or not one.is_whole)
    newest_ms = max((reading.newest_ms for reading in asked), default=0)
    return Reading(one, *(sides or (0, 0)), newest_ms, min(known) if is_known else 0)


ValueKey = tuple[str, Split, int | None]
"""Where a value is kept: indicator, split, and of a flow the window; of a stock only the newest is."""


def key_of(value: Value) -> ValueKey:
    """Where a value is kept."""
    window = None if value.grain == "stock" else value.window_ms
    return value.indicator, (value.dimension, value.member), window


def age_of(value: Value) -> tuple[int, int]:
    """Of two values of a place that stands whose age is greater; of equals, as in the warehouse, the one that was written last."""
    return value.window_ms, value.version


class Readings:
    """One ward's current values, kept up to date by `apply` and read by `read`; no clock and no input of its own."""

    def __init__(self) -> None:
        self._flows: dict[tuple[str, Split], dict[int, Value]] = {}
        self._stocks: dict[tuple[str, Split], Value] = {}
        self._splits: dict[str, set[Split]] = {}

    def apply(self, values: Iterable[Value], is_last: bool = True) -> set[str]:
        """Take in new values; older versions of what is known are ignored.

        Args:
            values: in the order in which they were written.
            is_last: whether they were written after what is known, and so stand where their version is the same.

        Returns:
            Ids of the indicators that changed.
        """
        changed = set()
        for value in values:
            known = self.at(key_of(value))
            is_same_age = known is not None and age_of(value) == age_of(known)
            if known is None or age_of(value) > age_of(known) or (is_last and is_same_age and value != known):
                self.keep(value)
                changed.add(value.indicator)
        return changed

    def at(self, key: ValueKey) -> Value | None:
        """The value that is kept there."""
        id, split, window = key
        return self._stocks.get((id, split)) if window is None else self._flows.get((id, split), {}).get(window)

    def remove(self, key: ValueKey) -> None:
        """Keep nothing there."""
        id, split, window = key
        if window is None:
            self._stocks.pop((id, split), None)
        else:
            self._flows.get((id, split), {}).pop(window, None)
        if (id, split) not in self._stocks and not self._flows.get((id, split)):
            self._flows.pop((id, split), None)
            self._splits.get(id, set()).discard(split)

    def forget(self, now_ms: int) -> None:
        """Drop the windows that no shown figure or chart reaches any more."""
        for (id, _), windows in self._flows.items():
            oldest = kept_from(indicator(id), now_ms)
            for window in [window for window in windows if window < oldest]:
                del windows[window]

    def read(self, id: str, now_ms: int, split: Split = TOTAL) -> Reading:
        """The indicator's reading at a moment, in total or for one member."""
        one = measure(id)
        if isinstance(one, Derived):
            return derived_reading(one, lambda asked, of: self.read(asked, now_ms, of), split)
        start = span_start(one, now_ms)
        values = self._shown(id, split, start, now_ms)
        sides = {split: _added(values)}
        if one.value.rank and split == TOTAL:
            sides |= {
                member: _added(self._shown(id, member, start, now_ms))
                for member in self._splits.get(id, ())
                if member[0] == RANKED
            }
        # A baseline stands for the windows that it covers, so they too tell that something is known.
        told = self._flows.get((id, split), {}).values() if one.baseline else values
        newest_ms = max((value.newest_ms for value in told), default=0)
        return reading_of(one, sides, newest_ms, max((value.as_of_ms for value in told), default=0), split)

    def members(self, id: str, dimension: str, now_ms: int) -> dict[str, Reading]:
        """The reading of each member of a dimension, in the members' order."""
        one = measure(id)
        splits = (self._splits.get(part, set()) for part in (one.made_of if isinstance(one, Derived) else (id,)))
        members = sorted({member for found in splits for name, member in found if name == dimension})
        return {member: self.read(id, now_ms, (dimension, member)) for member in members}

    def series(self, id: str, start_ms: int, end_ms: int, split: Split = TOTAL) -> list[Value]:
        """A flow's windows that start in [start, end), oldest first; windows without events are absent."""
        windows = self._flows.get((id, split), {})
        return [windows[window] for window in sorted(windows) if start_ms <= window < end_ms]

    def values(self) -> list[Value]:
        """Everything that is known: each window of a flow, and the newest of each stock."""
        return [*(value for windows in self._flows.values() for value in windows.values()), *self._stocks.values()]

    def keep(self, value: Value) -> None:
        """Keep a value in its place, whatever is known."""
        key = (value.indicator, (value.dimension, value.member))
        self._splits.setdefault(key[0], set()).add(key[1])
        if value.grain == "stock":
            self._stocks[key] = value
        else:
            self._flows.setdefault(key, {})[value.window_ms] = value

    def _shown(self, id: str, split: Split, start_ms: int, now_ms: int) -> list[Value]:
        """The values that a figure is summed from."""
        windows = self._flows.get((id, split), {})
        flows = [value for window, value in windows.items() if start_ms <= window <= now_ms]
        stock = self._stocks.get((id, split))
        return [*flows, stock] if stock else flows


def _added(values: Iterable[Value]) -> Sides:
    numerator = denominator = 0
    for value in values:
        numerator += value.numerator
        denominator += value.denominator
    return numerator, denominator
