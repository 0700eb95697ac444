"""Series: a measure's figure in every hour, day or month of a stretch of time, from what is stored.

A bucket's figure is what the board would show at its end if its span were the bucket: flows added up over it, stocks as they last
stood in it. What a baseline counts before this system counted belongs to no bucket.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from ingest.contract.clock import WARD_ZONE, milliseconds, moment
from warehouse.catalogue import indicator
from warehouse.model.aggregate import RANKED
from warehouse.model.expression import DAY_MS, Sql, sql, window_start
from warehouse.model.indicator import Derived, Indicator
from warehouse.model.reading import TOTAL, Reading, Sides, Split, derived_reading, reading_of
from warehouse.store.client import Client

Grain = Literal["hour", "day", "month"]
Back = Literal["week", "year"]

HOUR_MS = 3_600_000

STOCK: Split = ("stock", "")
"""Where a bucket keeps its stock, apart from what is added up."""

_MILLISECOND = timedelta(milliseconds=1)


class Bucket(NamedTuple):
    """What is stored of one indicator in one bucket."""

    sides: dict[Split, Sides]
    """Flows added up, and under `STOCK` the stock as it last stood."""
    revision: int
    """How often one of its windows was corrected, at most."""
    newest_ms: int


class Point(NamedTuple):
    """A measure in one bucket."""

    start_ms: int
    reading: Reading
    revision: int


Row = tuple[int, str, str, str, int, int, int, int]
"""Bucket, grain, dimension, member, numerator, denominator, revision, newest event."""


def grains(one: Indicator | Derived) -> list[Grain]:
    """The grains in which a measure can be told: none is finer than the windows that it is kept in."""
    parts = list(one.made_of) if isinstance(one, Derived) else [one]
    by_hour = all(part.window <= timedelta(hours=1) for part in parts if part.has_flow)
    return ["hour", "day", "month"] if by_hour else ["day", "month"]


def bucket_starts(grain: Grain, now_ms: int, days: int) -> list[int]:
    """Starts of the buckets of the last days, oldest first; the last one holds the present."""
    first_ms = now_ms - days * DAY_MS
    if grain == "month":
        found = [month_start(now_ms)]
        while found[0] > first_ms:
            found.insert(0, month_start(found[0] - 1))
        return found
    size = HOUR_MS if grain == "hour" else DAY_MS
    last = int(window_start(now_ms, size))
    return list(range(last - (days * DAY_MS // size - 1) * size, last + 1, size))


def comparison_bucket(grain: Grain, start_ms: int, back: Back) -> int:
    """The bucket to compare with: the same weekday of the week before, or of 52 weeks before; of a month, that of the year before."""
    if grain != "month":
        return start_ms - (7 if back == "week" else 364) * DAY_MS
    at = moment(start_ms).astimezone(WARD_ZONE)
    return milliseconds(at.replace(year=at.year - 1))


def month_start(ms: int) -> int:
    """The ward's first midnight of a month."""
    at = moment(ms).astimezone(WARD_ZONE)
    return milliseconds(datetime(at.year, at.month, 1, tzinfo=WARD_ZONE))


def read_series(client: Client, one: Indicator | Derived, ward: str, grain: Grain, wanted: list[int]) -> list[Point]:
    """A measure's figures.

    Args:
        client: an open connection.
        one: the measure.
        ward: the ward.
        grain: how long a bucket is.
        wanted: starts of the buckets, oldest first, all of them in between.
    """
    ids = tuple(part.id for part in one.made_of) if isinstance(one, Derived) else (one.id,)
    end_ms = _end(grain, wanted[-1])
    found = {id: buckets(grain, _rows(client, indicator(id), ward, grain, wanted[0], end_ms)) for id in ids}
    return series_points(one, grain, wanted, found)


def series_points(
    one: Indicator | Derived, grain: Grain, wanted: list[int], found: Mapping[str, Mapping[int, Bucket]]
) -> list[Point]:
    """Figures from what is stored of the measure, or of those that it is calculated from."""
    first_ms = min((start for one_found in found.values() for start in one_found), default=None)
    told = []
    for start_ms in wanted:
        is_before = first_ms is None or start_ms < first_ms

        def read(id: str, split: Split = TOTAL, at: int = start_ms, is_before: bool = is_before) -> Reading:
            return _reading(indicator(id), found[id].get(at), _end(grain, at), is_before, split)

        reading = derived_reading(one, read) if isinstance(one, Derived) else read(one.id)
        revision = max((known[start_ms].revision for known in found.values() if start_ms in known), default=0)
        told.append(Point(start_ms, reading, revision))
    return told


def buckets(grain: Grain, rows: Iterable[Row]) -> dict[int, Bucket]:
    """Rows by hour or by day, oldest first, as the buckets of a grain."""
    found: dict[int, Bucket] = {}
    for at_ms, kind, dimension, member, n, d, revision, newest_ms in rows:
        start_ms = month_start(at_ms) if grain == "month" else at_ms
        known = found.get(start_ms, Bucket({}, 0, 0))
        split = STOCK if kind == "stock" else (dimension, member)
        before = (0, 0) if kind == "stock" else known.sides.get(split, (0, 0))
        sides = {**known.sides, split: (before[0] + n, before[1] + d)}
        found[start_ms] = Bucket(sides, max(known.revision, revision), max(known.newest_ms, newest_ms))
    return found


def _reading(one: Indicator, known: Bucket | None, end_ms: int, is_before: bool, split: Split) -> Reading:
    """Nothing is known before the first row, of a stock that nobody looked at, and of a ratio over nothing; else nothing is 0."""
    bare = dataclasses.replace(one, baseline=None)
    if known is None or (one.has_stock and STOCK not in known.sides):
        return reading_of(bare, {}, 0, 0 if is_before or one.has_stock else end_ms, split)
    sides = dict(known.sides)
    n, d = sides.pop(STOCK, (0, 0))
    total = sides.get(TOTAL, (0, 0))
    return reading_of(bare, {**sides, TOTAL: (total[0] + n, total[1] + d)}, known.newest_ms, end_ms, split)


def _end(grain: Grain, start_ms: int) -> int:
    if grain == "month":
        return month_start(start_ms + 32 * DAY_MS)
    return start_ms + (HOUR_MS if grain == "hour" else DAY_MS)


def _rows(client: Client, one: Indicator, ward: str, grain: Grain, start_ms: int, end_ms: int) -> list[Row]:
    size = HOUR_MS if grain == "hour" else DAY_MS
    last = "argMax({0}, window_ms)"
    picked = [
        f"if(grain = 'stock', {last.format(name)}, {adds}({name}))"
        for name, adds in (("numerator", "sum"), ("denominator", "sum"), ("revision", "max"))
    ]
    rows = client.query(
        f"SELECT {sql(window_start(Sql('window_ms'), size))} AS bucket, grain, dimension, member, {', '.join(picked)}, max(newest_ms) "
        f"FROM raw_values FINAL WHERE ward = {sql(ward)} AND indicator = {sql(one.id)} "
        f"AND (dimension = '' OR grain = 'flow' AND dimension = {sql(RANKED)}) AND window_ms >= {start_ms} AND window_ms < {end_ms} "
        "GROUP BY bucket, grain, dimension, member ORDER BY bucket"
    )
    return [tuple(row) for row in rows]
