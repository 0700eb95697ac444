"""Period: a measure's figures in today, this week or this month beside those of the period before, up to the same moment of it.

A period's figure is added up again from numerators and denominators, as the board would: a ratio is never a mean of ratios. The period before ends as long
after its beginning as the running one has lasted, and where that cuts a window in two, its share is counted from the events. What began
before anything was kept is not told: it would look like less than it was, or like nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Literal, NamedTuple

from ingest.contract.clock import WARD_ZONE, moment
from warehouse.history.series import (
    HOUR_MS,
    Bucket,
    Grain,
    Point,
    Row,
    buckets,
    grains,
    month_start,
    series_points,
    stock_place,
)
from warehouse.model.aggregate import RANKED
from warehouse.model.expression import DAY_MS, MINUTE, Sql, sql, window_start
from warehouse.model.indicator import GAUGE_WINDOW, Derived, Indicator
from warehouse.model.reading import TOTAL, Sides
from warehouse.proof.proof import entity_events, narrow_to_changed
from warehouse.recompute.sql import flow_sql
from warehouse.store.client import Client

Period = Literal["today", "week", "month"]

_MILLISECOND = timedelta(milliseconds=1)


class PeriodEdges(NamedTuple):
    """How a period and the one before it are cut into buckets; the same number of them, at most one less before."""

    grain: Grain
    now: list[int]
    """Starts of the buckets, and the moment up to which they are told."""
    before: list[int]
    """The same of the period before, up to the same moment of it."""


class PeriodFigures(NamedTuple):
    """A measure in one period."""

    edges: list[int]
    points: list[Point]
    """By bucket."""
    whole: Point
    """All of it: added up again, not a mean."""
    members: Mapping[str, tuple[list[Point], Point]]
    """The same of each member of the dimension that was asked for."""
    kept_from_ms: int | None
    """Since when anything of it is kept; `None`: nothing is."""

    @property
    def is_whole(self) -> bool:
        """Whether all of the period is kept."""
        return self.kept_from_ms is not None and self.kept_from_ms <= self.edges[0]


def period_edges(period: Period, one: Indicator | Derived, now_ms: int) -> PeriodEdges:
    """Today, this week from Monday, or this month, and the one before.

    Args:
        period: which.
        one: the measure, whose hours are told where it is kept by the hour.
        now_ms: the moment up to which it is told.
    """
    grain: Grain = "hour" if period == "today" and "hour" in grains(one) else "day"
    end = max(now_ms // MINUTE * MINUTE, int(window_start(now_ms, DAY_MS)) + MINUTE)
    today = int(window_start(now_ms, DAY_MS))
    start, before = today, today - DAY_MS
    if period == "week":
        start = today - moment(today).astimezone(WARD_ZONE).weekday() * DAY_MS
        before = start - 7 * DAY_MS
    elif period == "month":
        start = month_start(now_ms)
        before = month_start(start - 1)
    size = HOUR_MS if grain == "hour" else DAY_MS
    cut = min(before + end - start, start)
    return PeriodEdges(grain, [*range(start, end, size), end], [*range(before, cut, size), cut])


def read_period_figures(
    client: Client,
    one: Indicator | Derived,
    ward: str,
    edges: Sequence[int],
    dimension: str = "",
    *,
    is_running: bool = False,
) -> PeriodFigures:
    """A measure in a period up to its last edge.

    Args:
        client: an open connection.
        one: the measure.
        ward: the ward.
        edges: of `period_edges`.
        dimension: by which it is split as well; empty: by none.
        is_running: whether the last edge is the present: the window that is running counts as it is stored.
    """
    parts = list(one.made_of) if isinstance(one, Derived) else [one]
    rows = {part.id: _rows(client, part, ward, edges, dimension, is_running=is_running) for part in parts}
    kept = [first for part in parts if (first := _kept_from(client, part, ward)) is not None]
    return period_figures(one, edges, rows, dimension, min(kept, default=None))


def period_figures(
    one: Indicator | Derived,
    edges: Sequence[int],
    rows: Mapping[str, Sequence[Row]],
    dimension: str,
    kept_from_ms: int | None,
) -> PeriodFigures:
    """The figures that rows make, each indicator's oldest first."""
    by_bucket = {id: _carried(edges, buckets(edges, _within(edges, given)), given) for id, given in rows.items()}
    ends = [edges[0], edges[-1]]
    at_once = {id: _last(ends, found, buckets(ends, _within(edges, rows[id]))) for id, found in by_bucket.items()}

    def told(split: tuple[str, str]) -> tuple[list[Point], Point]:
        points = series_points(one, edges, by_bucket, split, kept_from_ms)
        (whole,) = series_points(one, ends, at_once, split, kept_from_ms)
        return points, whole

    members = sorted({member for given in rows.values() for _, _, name, member, *_ in given if name == dimension != ""})
    points, whole = told(TOTAL)
    return PeriodFigures(
        list(edges), points, whole, {member: told((dimension, member)) for member in members}, kept_from_ms
    )


def _within(edges: Sequence[int], rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if edges[0] <= row[0] < edges[-1]]


def _carried(edges: Sequence[int], found: dict[int, Bucket], rows: Iterable[Row]) -> dict[int, Bucket]:
    """With each member's stock as it stood where nobody wrote it anew: it is written when it changes."""
    standing: dict[tuple[str, str], Sides] = {}
    for at_ms, kind, dimension, member, n, d, *_ in rows:
        if kind == "stock" and dimension and at_ms < edges[0]:
            standing[stock_place((dimension, member))] = (n, d)
    told = {}
    for start_ms in edges[:-1]:
        if bucket := found.get(start_ms):
            standing |= {place: sides for place, sides in bucket.sides.items() if place[0].startswith("stock ")}
            told[start_ms] = bucket._replace(sides={**standing, **bucket.sides})
    return told


def _last(ends: list[int], found: Mapping[int, Bucket], once: dict[int, Bucket]) -> dict[int, Bucket]:
    """All of a period as one bucket, with its stocks as they last stood."""
    if not found or ends[0] not in once:
        return once
    last = found[max(found)].sides
    stocks = {place: sides for place, sides in last.items() if place[0].startswith("stock ")}
    return {ends[0]: once[ends[0]]._replace(sides={**stocks, **once[ends[0]].sides})}


def _rows(
    client: Client, one: Indicator, ward: str, edges: Sequence[int], dimension: str, *, is_running: bool
) -> list[Row]:
    """Rows by bucket, oldest first; before them, how each member's stock stood when the period began."""
    size, window = (HOUR_MS if edges[1] - edges[0] < DAY_MS or len(edges) == 2 else DAY_MS), one.window // _MILLISECOND
    splits = [dimension for dimension in (dimension, RANKED if one.value.rank else "") if dimension]
    named = ", ".join(map(sql, ["", *splits]))
    last = "argMax({0}, (window_ms, version))"
    picked = [
        f"if(grain = 'stock', {last.format(name)}, {adds}({name}))"
        for name, adds in (("numerator", "sum"), ("denominator", "sum"), ("revision", "max"))
    ]
    place = f"FROM raw_values FINAL WHERE ward = {sql(ward)} AND indicator = {sql(one.id)}"
    rows = client.query(
        f"SELECT {sql(window_start(Sql('window_ms'), size))} AS bucket, grain, dimension, member, {', '.join(picked)}, max(newest_ms) "
        f"{place} AND dimension IN ({named}) AND window_ms >= {edges[0]} AND window_ms < {edges[-1]} "
        f"AND (grain = 'stock' OR window_ms + {0 if is_running else window} <= {edges[-1]}) GROUP BY bucket, grain, dimension, member ORDER BY bucket"
    )
    found: list[Row] = [tuple(row) for row in rows]
    if one.has_stock and dimension:
        standing = client.query(
            f"SELECT member, {last.format('numerator')}, {last.format('denominator')} {place} AND grain = 'stock' "
            f"AND dimension = {sql(dimension)} AND window_ms < {edges[0]} GROUP BY member"
        )
        found = [*((edges[0] - 1, "stock", dimension, member, n, d, 0, 0) for member, n, d in standing), *found]
    running = int(window_start(edges[-1] - 1, window))
    if one.has_flow and not is_running and running + window > edges[-1]:
        found += _share(client, one, ward, max(running, edges[0]), edges[-1], {"", *splits})
    return found


def _share(client: Client, one: Indicator, ward: str, start_ms: int, end_ms: int, dimensions: set[str]) -> list[Row]:
    """What had happened by a moment in the window that it cuts in two, by the events until then."""
    finer = replace(one, window=GAUGE_WINDOW)
    events = entity_events(one, ward, f" AND at_ms <= {end_ms}")
    counted = flow_sql(finer, narrow_to_changed(one, ward, start_ms, events))
    rows = client.query(
        f"SELECT dimension, member, sum(numerator), sum(denominator) FROM ({counted}) WHERE ward = {sql(ward)} "
        f"AND window_ms >= {start_ms} AND window_ms < {end_ms} AND dimension IN ({', '.join(map(sql, sorted(dimensions)))}) "
        "GROUP BY dimension, member"
    )
    return [(start_ms, "flow", dimension, member, n, d, 0, end_ms) for dimension, member, n, d in rows]


def _kept_from(client: Client, one: Indicator, ward: str) -> int | None:
    """When the oldest window that is kept of an indicator begins."""
    asked = f"SELECT count(), min(window_ms) FROM raw_values WHERE ward = {sql(ward)} AND indicator = {sql(one.id)} AND dimension = ''"
    ((count, first),) = client.query(asked)
    return int(first) if count else None
