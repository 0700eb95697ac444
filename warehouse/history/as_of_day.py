"""Past day: what `as_of` puts together, read from the warehouse - a day at once, and what has to be counted from the events themselves."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any

from ingest.contract.event import Event
from ingest.contract.topic import topic_of
from warehouse.catalogue import indicator, indicators
from warehouse.history.as_of import BoardMinute, DayValues, Grain, ReplacedFigure, StoredValue, ValuePlace, View
from warehouse.history.day_lives import DayLives, kinds_that_flow, lives_of
from warehouse.model.aggregate import Flow
from warehouse.model.entity import Attr, Entity, Latest, is_moment
from warehouse.model.entity_sql import SqlState, attribute_sql
from warehouse.model.expression import DAY_MS, NEVER, sql
from warehouse.model.indicator import Indicator
from warehouse.model.reading import CHART_DAYS, span_start
from warehouse.model.value import Value
from warehouse.proof.proof import entity_events, narrow_to_changed, relevant_events_sql
from warehouse.recompute.sql import flow_sql, stock_sql
from warehouse.store.client import Client

COUNTED_WITHIN = timedelta(seconds=10)
"""What is not counted by then is left out."""
SUBJECTS_AT_ONCE = 1_000
"""Subjects that one question names."""

_MILLISECOND = timedelta(milliseconds=1)
_COLUMNS = ", ".join(Value._fields)
_WRITTEN = "toUnixTimestamp64Milli(written_at)"


def oldest_window(client: Client, ward: str) -> int | None:
    """Start of the oldest window that is kept of a ward; `None` when there is none."""
    asked = "SELECT count(), min(window_ms) FROM raw_values WHERE ward = %(ward)s AND dimension = ''"
    ((count, first),) = client.query(asked, {"ward": ward})
    return int(first) if count else None


def read_values(client: Client, ward: str, start: BoardMinute, until: BoardMinute) -> DayValues:
    """Read what is stored of the figures that any minute of a day shows.

    Args:
        client: an open connection.
        ward: the ward.
        start: the ward's midnight at which the day begins.
        until: its end, or the last minute that is over of a day that is not.
    """
    place: dict[str, Any] = {"ward": ward, "start": start.at_ms, "until": until.at_ms}
    corrections = client.query(
        "SELECT indicator, grain, window_ms, old_numerator, old_denominator, toUnixTimestamp64Milli(corrected_at) AS corrected_ms "
        "FROM raw_corrections FINAL WHERE ward = %(ward)s AND corrected_ms > %(start)s AND window_ms < %(until)s "
        "ORDER BY corrected_ms, revision",
        place,
    )
    return DayValues(
        _flows(client, [one for one in indicators() if one.has_flow], place),
        [*_stocks_before(client, place), *_stocks(client, place)],
        [ReplacedFigure(*row) for row in corrections],
    )


def read_lives(client: Client, ward: str, start: BoardMinute, until: BoardMinute) -> dict[str, DayLives | None]:
    """Read the lives of those that can count in a window of a day, by kind of entity; `None` where their events are gone.

    The time at which something counts is that of an event, or one that an event names, or a day before that: else it cannot lie in the day.
    Arguments as for `read_values`.
    """
    place: dict[str, Any] = {"ward": ward, "start": start.at_ms, "until": until.at_ms}
    about = _about(kinds_that_flow())
    taken_back = f"withdrawn_by >= 0 AND withdrawn_at > fromUnixTimestamp64Milli({start.real_ms}, 'UTC')"
    # 1. To whom something happened since the day began, from whom it was taken back later, and of whom an event names a time in it.
    asked = [f"raw_events WHERE {about} AND at_ms >= %(start)s", f"raw_repeats WHERE {about} AND {taken_back}"]
    named, is_in_day = _naming(kinds_that_flow())
    if named:
        asked.append(f"raw_events WHERE {_listed(named)} AND ({is_in_day})")
    touched = client.query(" UNION DISTINCT ".join(f"SELECT subject FROM {one}" for one in asked), place)
    # 2. All that happened to them until it ended.
    event, mine = "SELECT event, toUnixTimestamp64Milli(ingested_at)", f"{about} AND subject IN %(subjects)s"
    rows = []
    for first in range(0, len(touched), SUBJECTS_AT_ONCE):
        rows += client.query(
            f"{event}, {NEVER} FROM raw_events WHERE {mine} UNION ALL "
            f"{event}, toUnixTimestamp64Milli(withdrawn_at) FROM raw_repeats WHERE {mine} AND {taken_back}",
            {**place, "subjects": tuple(subject for (subject,) in touched[first : first + SUBJECTS_AT_ONCE])},
        )
    lives: dict[str, DayLives | None] = {**lives_of(ward, rows)}
    absent = [kind for kind in kinds_that_flow() if (life := lives[kind.id]) and life.is_empty]
    if absent:
        kept = {kind for (kind,) in client.query(f"SELECT DISTINCT kind FROM raw_events WHERE {_about(absent)}", place)}
        lives |= {kind.id: None for kind in absent if kept.isdisjoint(event.kind for event in kind.events)}
    return lives


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
    has_events: dict[str, bool] = {}
    for id in sorted({place[0] for place in places}):
        one, mine = indicator(id), [place for place in places if place[0] == id]
        if monotonic() > until:
            break
        events = entity_events(one, ward, by_then, still)
        # 2. Without any event nothing can be counted: they may be older than what is kept. The value stays as it is now.
        if one.of.id not in has_events:
            has_events[one.of.id] = bool(client.query(f"SELECT 1 FROM {events} LIMIT 1"))
        if not has_events[one.of.id]:
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


def _about(kinds: Iterable[Entity]) -> str:
    """Whether an event is one of these kinds' until the day's end."""
    return _listed({event for kind in kinds for event in kind.events})


def _listed(events: Iterable[type[Event]]) -> str:
    topics, names = ({sql(topic_of(one.stream)) for one in events}, {sql(one.kind) for one in events})
    listed = f"topic IN ({', '.join(sorted(topics))}) AND ward = %(ward)s AND kind IN ({', '.join(sorted(names))})"
    return f"{listed} AND at_ms <= %(until)s"


def _naming(kinds: Iterable[Entity]) -> tuple[set[type[Event]], str]:
    """The events that name a time beside their own at which something may count, and whether it may in the day."""
    named: dict[str, set[type[Event]]] = {}
    for one in (one for one in indicators() if one.has_flow and one.of in kinds):
        times = SqlState()
        for part in one.parts:
            if isinstance(part, Flow):
                sql(part.at(times))
        for rule in (one.of.fields[name] for name in times.asked):
            for event, value in rule.values.items() if isinstance(rule, Latest) else ():
                if isinstance(value, Attr) and value.name != event.occurred and is_moment(event, value.name):
                    named.setdefault(attribute_sql(event, value.name), set()).add(event)
    conditions = (
        f"kind IN ({', '.join(sorted(sql(event.kind) for event in events))}) AND {at} BETWEEN %(start)s AND %(until)s + {DAY_MS}"
        for at, events in sorted(named.items())
    )
    return {event for events in named.values() for event in events}, " OR ".join(conditions)


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
