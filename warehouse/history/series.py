"""Series: a measure's figure in every hour, day, month, quarter or year of a stretch of time, or in all of it, from what is stored.

A bucket's figure is what the board would show at its end if its span were the bucket: flows added up over it, stocks as they last
stood in it. What a baseline counts before this system counted belongs to no bucket; but a measure that has a meaning only since the
beginning is told as the board showed it at the bucket's end. A day of which people entered the total shows that, and not what late
events told of it besides: it is never both.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from ingest.contract.clock import WARD_ZONE, milliseconds, moment
from warehouse.catalogue import day_kinds, indicator
from warehouse.model.aggregate import RANKED
from warehouse.model.expression import DAY_MS, Sql, sql, window_start
from warehouse.model.indicator import Derived, Indicator
from warehouse.model.reading import TOTAL, Reading, Sides, Split, derived_reading, reading_of
from warehouse.model.value import Value
from warehouse.query.day_totals import DayTotal, day_totals
from warehouse.readings import Readings
from warehouse.store.client import Client

Grain = Literal["hour", "day", "month", "quarter", "year", "whole"]
"""How long a bucket is; `whole`: there is one, from the first day to the last."""
Back = Literal["week", "year"]

HOUR_MS = 3_600_000


def stock_place(split: Split) -> Split:
    """Where a bucket keeps the stock of a split, apart from what is added up."""
    return f"stock {split[0]}".strip(), split[1]


STOCK = stock_place(TOTAL)

MONTHS: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12}
"""Of the grains that begin with a month, how many it has."""


class EnteredDay(NamedTuple):
    """A day of which a total is shown that people entered."""

    day_ms: int
    source_code: str
    """Where they read it."""


class Bucket(NamedTuple):
    """What is stored of one indicator in one bucket."""

    sides: dict[Split, Sides]
    """Flows added up, and under `stock_place` each stock as it last stood."""
    revision: int
    """How often one of its windows was corrected, at most."""
    newest_ms: int
    entered: frozenset[EnteredDay] = frozenset()
    """Its days of which people entered the total."""
    is_counted: bool = True
    """Whether this system counted any of it."""


class Point(NamedTuple):
    """A measure in one bucket."""

    start_ms: int
    reading: Reading
    revision: int
    entered: frozenset[EnteredDay] = frozenset()
    """Its days of which people entered the total, of any indicator that it is made of."""


Row = tuple[int, str, str, str, int, int, int, int]
"""Bucket, grain, dimension, member, numerator, denominator, revision, newest event."""


def grains(one: Indicator | Derived) -> list[Grain]:
    """The grains in which a measure can be told: none is finer than the windows that it is kept in.

    What adds a stock to what happened is of a day at least: the stock reaches back further than an hour.
    """
    parts = list(one.made_of) if isinstance(one, Derived) else [one]
    by_hour = all(part.window <= timedelta(hours=1) and not part.has_stock for part in parts if part.has_flow)
    return [*(["hour"] if by_hour else []), "day", *MONTHS, "whole"]  # type: ignore[list-item]


def bucket_edges(grain: Grain, now_ms: int, days: int) -> list[int]:
    """Starts of the buckets of the last days, oldest first, and the end of the last one, which holds the present."""
    if grain in MONTHS:
        found = [month_start(now_ms, MONTHS[grain])]
        while found[0] > now_ms - days * DAY_MS:
            found.insert(0, month_start(found[0] - 1, MONTHS[grain]))
        # A few days more than its longest month, quarter or year has: it ends where the next one begins.
        return [*found, month_start(found[-1] + (31 * MONTHS[grain] + 1) * DAY_MS, MONTHS[grain])]
    size = HOUR_MS if grain == "hour" else DAY_MS
    end = int(window_start(now_ms, size)) + size
    first = end - days * DAY_MS
    return [first, end] if grain == "whole" else list(range(first, end + 1, size))


def compared_edge(grain: Grain, edge_ms: int, back: Back) -> int:
    """What to compare with: the same weekday of the week before, or of 52 weeks before; where no weekday counts, the same date."""
    if grain in ("hour", "day"):
        return edge_ms - (7 if back == "week" else 364) * DAY_MS
    at = moment(edge_ms).astimezone(WARD_ZONE)
    return milliseconds(at.replace(year=at.year - 1, day=28 if (at.month, at.day) == (2, 29) else at.day))


def month_start(ms: int, months: int = 1) -> int:
    """The ward's first midnight of a month, or of the quarter or year that it is in."""
    at = moment(ms).astimezone(WARD_ZONE)
    return milliseconds(datetime(at.year, (at.month - 1) // months * months + 1, 1, tzinfo=WARD_ZONE))


def read_series(client: Client, one: Indicator | Derived, ward: str, edges: Sequence[int]) -> list[Point]:
    """A measure's figures.

    Args:
        client: an open connection.
        one: the measure.
        ward: the ward.
        edges: starts of the buckets, oldest first, all of them in between, and the end of the last.
    """
    if isinstance(one, Derived) and one.is_running:
        return running_points(one, edges, _totals(client, one, ward, edges[-1]))
    ids = tuple(part.id for part in one.made_of) if isinstance(one, Derived) else (one.id,)
    return series_points(one, edges, {id: _buckets(client, indicator(id), ward, edges) for id in ids})


def running_points(one: Derived, edges: Sequence[int], values: Sequence[Value]) -> list[Point]:
    """What the board showed at the end of each bucket of a measure that has a meaning only since the beginning.

    Args:
        one: the measure.
        edges: as for `read_series`.
        values: the totals that it is made of until the last edge, with those of their baselines.
    """
    readings = Readings()
    readings.apply(values)
    return [
        Point(
            start_ms,
            readings.read(one.id, end_ms - 1),
            max((value.revision for value in values if start_ms <= value.window_ms < end_ms), default=0),
        )
        for start_ms, end_ms in pairwise(edges)
    ]


def series_points(
    one: Indicator | Derived,
    edges: Sequence[int],
    found: Mapping[str, Mapping[int, Bucket]],
    split: Split = TOTAL,
    first_ms: int | None = None,
) -> list[Point]:
    """Figures from what is stored of the measure, or of those that it is calculated from.

    Args:
        one: the measure.
        edges: as for `read_series`.
        found: by indicator, its buckets.
        split: for the total, or for one member.
        first_ms: since when anything is known; `None`: since the first bucket of which anything is.
    """
    if first_ms is None:
        # What people entered of days before says nothing of the days between.
        counted = (start for known in found.values() for start, bucket in known.items() if bucket.is_counted)
        first_ms = min(counted, default=None)
    told = []
    for start_ms, end_ms in pairwise(edges):
        is_before = first_ms is None or end_ms <= first_ms

        def read(
            id: str, of: Split = split, at: int = start_ms, end: int = end_ms, is_before: bool = is_before
        ) -> Reading:
            return _reading(indicator(id), found[id].get(at), end, is_before, of)

        reading = derived_reading(one, read, split) if isinstance(one, Derived) else read(one.id)
        revision = max((known[start_ms].revision for known in found.values() if start_ms in known), default=0)
        entered = frozenset().union(*(known[start_ms].entered for known in found.values() if start_ms in known))
        told.append(Point(start_ms, reading, revision, entered))
    return told


def buckets(edges: Sequence[int], rows: Iterable[Row], entered: Iterable[DayTotal] = ()) -> dict[int, Bucket]:
    """What is stored as the buckets between edges, by their starts.

    Args:
        edges: starts of the buckets, and the end of the last.
        rows: by hour or by day, oldest first.
        entered: what people entered of days; rows of these days are left out.
    """
    found: dict[int, Bucket] = {}
    totals = list(entered)
    days = {total.day_ms for total in totals}
    for total in totals:
        start_ms = edges[bisect_right(edges, total.day_ms) - 1]
        known = found.get(start_ms, Bucket({}, 0, 0))
        sides = dict(known.sides)
        for split in {TOTAL, (total.dimension, total.member)}:
            before = sides.get(split, (0, 0))
            sides[split] = (before[0] + total.numerator, before[1] + total.denominator)
        day = EnteredDay(total.day_ms, total.source_code)
        newest_ms = max(known.newest_ms, total.day_ms)
        found[start_ms] = Bucket(sides, known.revision, newest_ms, known.entered | {day}, is_counted=False)
    for at_ms, kind, dimension, member, n, d, revision, newest_ms in rows:
        if window_start(at_ms, DAY_MS) in days:
            continue
        start_ms = edges[bisect_right(edges, at_ms) - 1]
        known = found.get(start_ms, Bucket({}, 0, 0))
        split = stock_place((dimension, member)) if kind == "stock" else (dimension, member)
        before = (0, 0) if kind == "stock" else known.sides.get(split, (0, 0))
        sides = {**known.sides, split: (before[0] + n, before[1] + d)}
        found[start_ms] = Bucket(sides, max(known.revision, revision), max(known.newest_ms, newest_ms), known.entered)
    return found


def _buckets(client: Client, one: Indicator, ward: str, edges: Sequence[int]) -> dict[int, Bucket]:
    is_by_hour = edges[1] - edges[0] < DAY_MS
    takes_totals = not is_by_hour and one.id in day_kinds()
    entered = day_totals(client, one, ward, edges[0], edges[-1]) if takes_totals else ()
    return buckets(edges, _rows(client, one, ward, edges), entered)


def _reading(one: Indicator, known: Bucket | None, end_ms: int, is_before: bool, split: Split) -> Reading:
    """Nothing is known before the first row, of a stock that nobody looked at, and of a ratio over nothing; else nothing is 0."""
    if known is None or (one.has_stock and STOCK not in known.sides):
        return reading_of(one, {}, 0, 0 if is_before or one.has_stock else end_ms, split)
    n, d = known.sides.get(stock_place(split), (0, 0))
    flow = known.sides.get(split, (0, 0))
    return reading_of(one, {**known.sides, split: (flow[0] + n, flow[1] + d)}, known.newest_ms, end_ms, split)


def _totals(client: Client, one: Derived, ward: str, until_ms: int) -> list[Value]:
    ids = [base.id for part in one.made_of for base in (part, part.baseline) if base]
    rows = client.query(
        f"SELECT {', '.join(Value._fields)} FROM raw_values FINAL WHERE ward = {sql(ward)} AND indicator IN ({', '.join(map(sql, ids))}) "
        f"AND grain = 'flow' AND dimension = '' AND window_ms < {until_ms}"
    )
    return [Value(*row) for row in rows]


def _rows(client: Client, one: Indicator, ward: str, edges: Sequence[int]) -> list[Row]:
    size = HOUR_MS if edges[1] - edges[0] < DAY_MS else DAY_MS
    last = "argMax({0}, window_ms)"
    picked = [
        f"if(grain = 'stock', {last.format(name)}, {adds}({name}))"
        for name, adds in (("numerator", "sum"), ("denominator", "sum"), ("revision", "max"))
    ]
    rows = client.query(
        f"SELECT {sql(window_start(Sql('window_ms'), size))} AS bucket, grain, dimension, member, {', '.join(picked)}, max(newest_ms) "
        f"FROM raw_values FINAL WHERE ward = {sql(ward)} AND indicator = {sql(one.id)} "
        f"AND (dimension = '' OR grain = 'flow' AND dimension = {sql(RANKED)}) AND window_ms >= {edges[0]} AND window_ms < {edges[-1]} "
        "GROUP BY bucket, grain, dimension, member ORDER BY bucket"
    )
    return [tuple(row) for row in rows]
