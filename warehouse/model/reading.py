"""Reading: what an indicator shows at a moment, put together from its values - for the wall, the feed and the report alike."""

from collections.abc import Callable, Iterable, Mapping
from datetime import time, timedelta
from typing import NamedTuple

from ingest.contract.calendar import local_day, ward_moment
from ingest.contract.clock import milliseconds, moment
from warehouse.model.aggregate import RANKED
from warehouse.model.expression import DAY_MS, window_start
from warehouse.model.indicator import PERIOD_START, Derived, Indicator, Measure, Status
from warehouse.model.value import Value

_MILLISECOND = timedelta(milliseconds=1)

Split = tuple[str, str]
"""Dimension and member; both empty for the total."""

TOTAL: Split = ("", "")

CHART_DAYS = 8
"""How many days back charts reach."""

LATEST_WITHIN_MS = 3 * 366 * DAY_MS
"""How old the latest window may be: a figure of a year is entered in the next one, and shown until that of the next is there."""


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
        if threshold is not None and threshold.share:
            figure = 100 * self.numerator / self.denominator if self.known and self.denominator else None
        return "normal" if figure is None or threshold is None else threshold.status(figure)


def span_start(one: Indicator, now_ms: int) -> int:
    """Start of the oldest window that the shown figure can include; which it does: `shown_span`."""
    if one.span == "today":
        return int(window_start(now_ms, DAY_MS))
    if one.span == "month":
        today = local_day(moment(now_ms))
        return milliseconds(ward_moment(today.replace(day=1), time()))
    if one.span == "period":
        return milliseconds(PERIOD_START)
    if one.span == "latest":
        return now_ms - LATEST_WITHIN_MS
    size = one.window // _MILLISECOND
    if one.span == "window":
        return int(window_start(now_ms, size)) - size
    return int(window_start(now_ms, size)) + size - one.span // _MILLISECOND


def span_end(one: Indicator, now_ms: int) -> int:
    """The last moment at which a window may begin that the shown figure includes."""
    return int(window_start(now_ms, one.window // _MILLISECOND)) - 1 if one.span == "window" else now_ms


def shown_span(one: Indicator, now_ms: int, windows: Callable[[str], Iterable[Value]]) -> tuple[int, int]:
    """The first and the last moment at which a window may begin that the shown figure includes.

    Args:
        one: the indicator.
        now_ms: the present.
        windows: of an indicator by its id, the totals of the windows that are known.
    """
    start, end = span_start(one, now_ms), span_end(one, now_ms)
    if one.baseline:
        last = max(
            (value.window_ms for value in baseline_windows(one.baseline, now_ms, windows)), default=start - DAY_MS
        )
        return last + DAY_MS, end
    if one.span == "latest":
        told = (value.window_ms for value in windows(one.id) if value.denominator and start <= value.window_ms <= end)
        start = max(told, default=end + 1)
        return start, start
    return start, end


def baseline_windows(base: Indicator, now_ms: int, windows: Callable[[str], Iterable[Value]]) -> list[Value]:
    """What stands of a baseline."""
    start = span_start(base, now_ms)
    return [value for value in windows(base.id) if value.denominator and start <= value.window_ms <= now_ms]


def baseline_sides(one: Indicator, standing: Iterable[Value]) -> Sides:
    """What a baseline adds to an indicator; that there is one at all is the denominator of one that is no share."""
    numerator = denominator = 0
    for value in standing:
        numerator += value.numerator
        denominator += value.denominator * one.is_ratio
    return numerator, denominator


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
