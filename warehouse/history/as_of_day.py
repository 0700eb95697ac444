"""Past day: what `as_of` puts together, read from the warehouse - a day at once, and what has to be counted from the events themselves."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from warehouse.catalogue import indicator, indicators
from warehouse.history.as_of import (
    PROMPT_MS,
    BoardDay,
    BoardMinute,
    Grain,
    LateEvent,
    ReplacedFigure,
    StoredValue,
    ValuePlace,
    View,
)
from warehouse.model.expression import DAY_MS, sql
from warehouse.model.indicator import GAUGE_WINDOW, Indicator
from warehouse.model.reading import CHART_DAYS, span_start
from warehouse.model.value import Value
from warehouse.proof.proof import entity_events, narrow_to_changed, relevant_events_sql
from warehouse.recompute.sql import flow_sql, stock_sql
from warehouse.store.client import Client

COUNTED_WITHIN = timedelta(seconds=10)
"""What is not counted by then is left out."""

_MILLISECOND = timedelta(milliseconds=1)
_COLUMNS = ", ".join(Value._fields)
_WRITTEN = "toUnixTimestamp64Milli(written_at)"
_MOST_LATE = 50_000


def oldest_window(client: Client, ward: str) -> int | None:
    """Start of the oldest window that is kept of a ward; `None` when there is none."""
    asked = "SELECT count(), min(window_ms) FROM raw_values WHERE ward = %(ward)s AND dimension = ''"
    ((count, first),) = client.query(asked, {"ward": ward})
    return int(first) if count else None


def read_day(client: Client, ward: str, start: BoardMinute, until: BoardMinute) -> BoardDay:
    """Read what every minute of a day needs.

    Args:
        client: an open connection.
        ward: the ward.
        start: the ward's midnight at which the day begins.
        until: its end, or the last minute that is over of a day that is not.
    """
    place = {"ward": ward, "start": start.at_ms, "until": until.at_ms}
    flowing = [one for one in indicators() if one.has_flow]
    minutes = [value for one in flowing for value in _minutes(client, one, ward, start.at_ms, until.at_ms)]
    corrections = client.query(
        "SELECT indicator, grain, window_ms, old_numerator, old_denominator, toUnixTimestamp64Milli(corrected_at) AS corrected_ms "
        "FROM raw_corrections FINAL WHERE ward = %(ward)s AND corrected_ms > %(start)s AND window_ms < %(until)s "
        "ORDER BY corrected_ms, revision",
        place,
    )
    return BoardDay(
        ward,
        start.at_ms,
        until.at_ms,
        [row for one in flowing for row in _flows(client, one, place)],
        [*_stocks_before(client, place), *_stocks(client, place)],
        sorted(minutes, key=lambda value: value.window_ms),
        [ReplacedFigure(*row) for row in corrections],
        _late(client, ward, start, until),
    )


def recompute_as_of(
    client: Client, ward: str, minute: BoardMinute, view: View, places: Collection[ValuePlace]
) -> dict[ValuePlace, list[Value]]:
    """What stood at a moment by the events up to it; in the view `then` by those that were stored by then.

    Args:
        client: an open connection.
        ward: the ward.
        minute: the moment.
        view: which.
        places: of `FiguresAsOf.open`.

    Returns:
        The values by place; places whose events are gone, or for which there is no time, are absent.
    """
    until = monotonic() + COUNTED_WITHIN.total_seconds()
    # 1. Which events were known: by their own time, and for `then` by the time at which they were stored as well.
    by_then = f" AND at_ms <= {minute.at_ms}"
    if view == "then":
        by_then += f" AND ingested_at <= fromUnixTimestamp64Milli({minute.real_ms}, 'UTC')"
    found: dict[ValuePlace, list[Value]] = {}
    for id in sorted({place[0] for place in places}):
        one, mine = indicator(id), [place for place in places if place[0] == id]
        if monotonic() > until:
            break
        events = entity_events(one, ward, by_then)
        # 2. Without any event nothing can be counted: they may be older than what is kept. The value stays as it is now.
        if not client.query(f"SELECT 1 FROM {events} LIMIT 1"):
            continue
        # 3. From here on an absent row means 0.
        found |= {place: [] for place in mine}
        windows = [window for _, grain, window in mine if grain == "flow"]
        # 4. Flows: of the entities that something happened to since the first window began, as no other can be counted in these.
        if windows:
            listed = f"window_ms IN ({', '.join(map(str, windows))})"
            query = flow_sql(one, narrow_to_changed(one, ward, min(windows), events))
            for value in _values(client, one, ward, "flow", f"SELECT * FROM ({query}) WHERE {listed}", minute.at_ms):
                found[id, "flow", value.window_ms].append(value)
        # 5. Stocks: of all entities, at the end of the minute.
        if (id, "stock", 0) in found:
            query = stock_sql(one, minute.at_ms, relevant_events_sql(one, minute.at_ms, events))
            found[id, "stock", 0] = _values(client, one, ward, "stock", query, minute.at_ms)
    return found


def _flows(client: Client, one: Indicator, place: dict[str, object]) -> list[StoredValue]:
    start_ms = int(str(place["start"]))
    since = min(span_start(one, start_ms), start_ms - CHART_DAYS * DAY_MS)
    return _rows(
        client,
        f"SELECT {_COLUMNS}, {_WRITTEN} FROM raw_values FINAL WHERE ward = %(ward)s AND indicator = %(id)s AND grain = 'flow' "
        "AND window_ms >= %(since)s AND window_ms < %(until)s ORDER BY window_ms",
        {**place, "id": one.id, "since": since},
    )


def _stocks_before(client: Client, place: dict[str, object]) -> list[StoredValue]:
    """Each stock as it stood when the day began. Totals have a row at least every quarter of an hour; members only when they change."""
    inner = [name for name in Value._fields if name not in ("ward", "indicator", "grain", "dimension", "member")]
    picked = ", ".join(f"newest.{inner.index(name) + 1}" if name in inner else name for name in Value._fields)
    return _rows(
        client,
        f"SELECT {picked}, newest.{len(inner) + 1} FROM (SELECT ward, indicator, grain, dimension, member, "
        f"argMax(({', '.join(inner)}, {_WRITTEN}), (window_ms, version)) AS newest FROM raw_values WHERE ward = %(ward)s "
        f"AND grain = 'stock' AND window_ms < %(start)s AND (dimension != '' OR window_ms >= %(start)s - {CHART_DAYS * DAY_MS}) "
        "GROUP BY ward, indicator, grain, dimension, member)",
        place,
    )


def _stocks(client: Client, place: dict[str, object]) -> list[StoredValue]:
    return _rows(
        client,
        f"SELECT {_COLUMNS}, {_WRITTEN} FROM raw_values FINAL WHERE ward = %(ward)s AND grain = 'stock' "
        "AND window_ms >= %(start)s AND window_ms < %(until)s ORDER BY window_ms",
        place,
    )


def _minutes(client: Client, one: Indicator, ward: str, start_ms: int, until_ms: int) -> list[Value]:
    events = entity_events(one, ward, f" AND at_ms <= {until_ms}")
    finer = replace(one, window=GAUGE_WINDOW)
    query = flow_sql(finer, narrow_to_changed(one, ward, start_ms, events))
    within = f"SELECT * FROM ({query}) WHERE window_ms >= {start_ms} AND window_ms < {until_ms}"
    return _values(client, finer, ward, "flow", within, until_ms)


def _late(client: Client, ward: str, start: BoardMinute, until: BoardMinute) -> list[LateEvent]:
    # The install's clock may run faster than the machine's: when an event should have been stored follows from the day's two ends.
    speed = (until.real_ms - start.real_ms) / max(1, until.at_ms - start.at_ms)
    rows = client.query(
        "SELECT topic, at_ms, toUnixTimestamp64Milli(ingested_at) AS stored_ms FROM raw_events WHERE ward = %(ward)s "
        "AND at_ms >= %(start)s AND at_ms < %(until)s "
        f"AND stored_ms > {start.real_ms + PROMPT_MS} + (at_ms - %(start)s) * {speed!r} ORDER BY stored_ms DESC LIMIT {_MOST_LATE}",
        {"ward": ward, "start": start.at_ms, "until": until.at_ms},
    )
    return [LateEvent(*row) for row in rows]


def _values(client: Client, one: Indicator, ward: str, grain: Grain, query: str, at_ms: int) -> list[Value]:
    """Recomputed values: of a flow's window the newest event is at its end at the latest, of a stock it is not known."""
    rows = client.query(
        f"SELECT window_ms, dimension, member, numerator, denominator FROM ({query}) WHERE ward = {sql(ward)}"
    )
    size = one.window // _MILLISECOND
    found = []
    for window_ms, dimension, member, numerator, denominator in rows:
        newest_ms, as_of_ms = (min(window_ms + size, at_ms),) * 2 if grain == "flow" else (0, at_ms)
        split = (dimension, member, numerator, denominator)
        found.append(Value(ward, one.id, grain, window_ms, *split, newest_ms, as_of_ms, "", 0, -1, 0))
    return found


def _rows(client: Client, query: str, parameters: dict[str, object]) -> list[StoredValue]:
    return [StoredValue(Value(*row[:-1]), row[-1]) for row in client.query(query, parameters)]
