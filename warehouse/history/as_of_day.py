"""Past day: what `as_of` puts together, read from the warehouse - a day at once, and what has to be counted from the events themselves."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from time import monotonic
from types import SimpleNamespace
from typing import Any

from ingest.contract.topic import topic_of
from warehouse.catalogue import indicator, indicators
from warehouse.history.as_of import (
    PROMPT_MS,
    BoardDay,
    BoardMinute,
    Grain,
    LateEvent,
    ReplacedFigure,
    StandingState,
    StoredValue,
    ValuePlace,
    View,
)
from warehouse.model.aggregate import Flow
from warehouse.model.entity import Attr, Entity, Latest
from warehouse.model.entity_sql import SqlState, attribute_sql, changes_sql
from warehouse.model.expression import DAY_MS, sql
from warehouse.model.indicator import Indicator
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
    place: dict[str, Any] = {"ward": ward, "start": start.at_ms, "until": until.at_ms}
    flowing = [one for one in indicators() if one.has_flow]
    kinds = dict.fromkeys(one.of for one in flowing)
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
        _flows(client, flowing, place),
        [*_stocks_before(client, place), *_stocks(client, place)],
        {kind.id: _changes(client, kind, place) for kind in kinds},
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
    by_then, still = f" AND at_ms <= {minute.at_ms}", ""
    if view == "then":
        still = f"withdrawn_at > fromUnixTimestamp64Milli({minute.real_ms}, 'UTC')"
        by_then += f" AND ingested_at <= fromUnixTimestamp64Milli({minute.real_ms}, 'UTC')"
    found: dict[ValuePlace, list[Value]] = {}
    for id in sorted({place[0] for place in places}):
        one, mine = indicator(id), [place for place in places if place[0] == id]
        if monotonic() > until:
            break
        events = entity_events(one, ward, by_then, still)
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


def _flows(client: Client, flowing: Sequence[Indicator], place: dict[str, Any]) -> list[StoredValue]:
    since: dict[int, list[str]] = {}
    for one in flowing:
        first = min(span_start(one, place["start"]), place["start"] - CHART_DAYS * DAY_MS)
        since.setdefault(first, []).append(one.id)
    spans = " OR ".join(
        f"(indicator IN ({', '.join(map(sql, ids))}) AND window_ms >= {first})" for first, ids in since.items()
    )
    return _rows(
        client,
        f"SELECT {_COLUMNS}, {_WRITTEN} FROM raw_values FINAL WHERE ward = %(ward)s AND grain = 'flow' AND ({spans}) "
        "AND window_ms < %(until)s ORDER BY window_ms",
        place,
    )


def _stocks_before(client: Client, place: dict[str, Any]) -> list[StoredValue]:
    """Each stock as it stood when the day began. Totals have a row at least every quarter of an hour; members only when they change."""
    before = (
        "ward = %(ward)s AND grain = 'stock' AND window_ms < %(start)s "
        f"AND (dimension != '' OR window_ms >= %(start)s - {CHART_DAYS * DAY_MS})"
    )
    return _rows(
        client,
        f"SELECT {_COLUMNS}, {_WRITTEN} FROM raw_values FINAL WHERE {before} AND (indicator, window_ms, dimension, member) IN "
        f"(SELECT indicator, max(window_ms), dimension, member FROM raw_values WHERE {before} GROUP BY indicator, dimension, member)",
        place,
    )


def _stocks(client: Client, place: dict[str, Any]) -> list[StoredValue]:
    return _rows(
        client,
        f"SELECT {_COLUMNS}, {_WRITTEN} FROM raw_values FINAL WHERE ward = %(ward)s AND grain = 'stock' "
        "AND window_ms >= %(start)s AND window_ms < %(until)s ORDER BY window_ms",
        place,
    )


def _changes(client: Client, kind: Entity, place: dict[str, Any]) -> list[StandingState] | None:
    """The states through the day of the entities that can count in one of its windows; `None` where their events are gone.

    The time at which something counts is that of an event, or one that an event names, or a day before that: else it cannot lie in the day.
    """
    times, state = SqlState(), SqlState()
    for one in indicators():
        if one.of is kind and one.has_flow:
            _ask(one, times, state)
    about = (
        f"topic IN ({', '.join(sorted({sql(topic_of(event.stream)) for event in kind.events}))}) AND ward = %(ward)s "
        f"AND kind IN ({', '.join(sql(event.kind) for event in kind.events)}) AND at_ms <= %(until)s"
    )
    named = [
        f"kind = {sql(event.kind)} AND {attribute_sql(event, value.name)} BETWEEN %(start)s AND %(until)s + {DAY_MS}"
        for name in times.asked
        if isinstance(rule := kind.fields[name], Latest)
        for event, value in rule.values.items()
        if isinstance(value, Attr)
    ]
    told = " OR ".join(["at_ms >= %(start)s", *named])
    source = f"(SELECT * FROM raw_events WHERE {about} AND subject IN (SELECT subject FROM raw_events WHERE {about} AND ({told})))"
    names = sorted(state.asked | times.asked)
    states = changes_sql(kind, names, place["start"], place["until"], source)
    rows = client.query(f"SELECT since, until, {', '.join(names)} FROM ({states})", place)
    if not rows and not client.query(f"SELECT 1 FROM raw_events WHERE {about} LIMIT 1", place):
        return None
    return [
        StandingState(since, until, SimpleNamespace(**dict(zip(names, row, strict=True))))
        for since, until, *row in rows
    ]


def _ask(one: Indicator, times: SqlState, state: SqlState) -> None:
    """Note which fields an indicator's flows look at, and which of them tell when something counts."""
    for part in one.parts:
        if isinstance(part, Flow):
            sql(part.at(times))
            for look in filter(None, (part.where, part.added)):
                sql(look(state))
    for _, member in one.dimensions:
        sql(member(state))
    if one.value.each:
        state.asked.add(one.value.each)


def _late(client: Client, ward: str, start: BoardMinute, until: BoardMinute) -> list[LateEvent]:
    # The install's clock may run faster than the machine's: when an event should have been stored follows from the day's two ends.
    speed = (until.real_ms - start.real_ms) / max(1, until.at_ms - start.at_ms)
    prompt_ms = start.real_ms + PROMPT_MS
    counted = {event for one in indicators() if one.has_flow for event in one.of.events}
    rows = client.query(
        "SELECT topic, at_ms, toUnixTimestamp64Milli(ingested_at) AS stored_ms FROM raw_events WHERE ward = %(ward)s "
        "AND topic IN %(topics)s AND kind IN %(kinds)s AND at_ms >= %(start)s AND at_ms < %(until)s "
        f"AND ingested_at > fromUnixTimestamp64Milli({prompt_ms}, 'UTC') "
        f"AND stored_ms > {prompt_ms} + (at_ms - %(start)s) * {speed!r} ORDER BY stored_ms DESC LIMIT {_MOST_LATE}",
        {
            "ward": ward,
            "start": start.at_ms,
            "until": until.at_ms,
            "topics": tuple({topic_of(event.stream) for event in counted}),
            "kinds": tuple({event.kind for event in counted}),
        },
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


def _rows(client: Client, query: str, parameters: dict[str, Any]) -> list[StoredValue]:
    return [StoredValue(Value(*row[:-1]), row[-1]) for row in client.query(query, parameters)]
