"""Past events: what the warehouse knows that decides whether events of before can be imported, and an import undone."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from ingest.contract.calendar import local_day
from ingest.contract.clock import milliseconds, moment
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import IMPORTED, import_source
from ingest.contract.label import Label
from ingest.contract.topic import topic_of
from warehouse.catalogue import day_kinds, entities, indicators
from warehouse.model.entity import Entity, compile_update, state_type
from warehouse.model.expression import DAY_MS, sql
from warehouse.query.day_totals import counted_by_itself, day_totals
from warehouse.recompute.rebuild import lost_until, stored_states
from warehouse.store.client import Client

AT_ONCE = 1_000
"""Subjects or ids that one question names."""


class PastEvent(NamedTuple):
    """An event that would be imported."""

    id: str
    event: Event


class UnfinishedLife(NamedTuple):
    """Something that would be counted in figures of now."""

    label: Label
    """What it is."""
    ids: tuple[str, ...]
    """Of the indicators that would count it."""


class StoredImport(NamedTuple):
    """What counts of an import of events."""

    size: int
    first: date | None
    last: date | None
    lost_until: date | None
    """Up to here figures cannot be counted anew."""
    reopened: dict[str, UnfinishedLife]
    """By subject, what would not be over any more without it."""
    newest_ms: int
    """When anything else happened last to what it is about."""


class PastKnown(NamedTuple):
    """What decides."""

    since: date | None
    """The first day that this system counts by itself; `None`: no such event ever came."""
    lost_until: date | None
    """Up to here figures cannot be counted anew."""
    totals: dict[date, str]
    """By day of which people entered a total, the indicator."""
    stored: frozenset[str]
    """Ids of those that are there already."""
    unfinished: dict[str, UnfinishedLife]
    """By subject, what would not be over."""


def known_past(client: Client, ward: str, kind: type[Event], events: Sequence[PastEvent]) -> PastKnown:
    """What the warehouse knows about events of a kind that would be imported.

    Args:
        client: an open connection.
        ward: the ward.
        kind: their type.
        events: all of them.
    """
    touched = [entity for entity in entities() if kind in entity.events]
    together = dict.fromkeys(event for entity in touched for event in entity.events)
    lost_ms = lost_until(client)
    return PastKnown(
        counted_by_itself(client, ward, [*together, kind]).since,
        local_day(moment(lost_ms)) if lost_ms else None,
        _totals(client, ward, touched, events),
        imported_ids(client, ward, kind, [one.id for one in events]),
        {key: life for entity in touched for key, life in _unfinished(client, ward, entity, events).items()},
    )


def import_size(client: Client, ward: str, kind: type[Event], batch: str) -> int:
    """How many events of an import count."""
    rows = client.query(
        f"SELECT count() FROM raw_events WHERE topic = %(topic)s AND ward = %(ward)s AND {_of_import(ward, batch)}",
        {"topic": topic_of(kind.stream), "ward": ward},
    )
    return int(rows[0][0])


def _of_import(ward: str, batch: str) -> str:
    return f"startsWith(id, {sql(IMPORTED)}) AND JSONExtractString(event, 'source') = {sql(import_source(ward, batch))}"


def stored_import(client: Client, ward: str, kind: type[Event], batch: str) -> StoredImport:
    """What counts of an import, and what would be without it.

    Args:
        client: an open connection.
        ward: the ward.
        kind: of its events.
        batch: which.
    """
    mine = _of_import(ward, batch)
    found = client.query(
        f"SELECT subject, count(), min(at_ms), max(at_ms) FROM raw_events WHERE topic = %(topic)s AND ward = %(ward)s AND {mine} GROUP BY subject",
        {"topic": topic_of(kind.stream), "ward": ward},
    )
    lost_ms, reopened, newest_ms = lost_until(client), dict[str, UnfinishedLife](), 0
    for entity in [entity for entity in entities() if kind in entity.events]:
        counting = tuple(one.id for one in indicators() if one.of == entity and one.has_stock)
        for start in range(0, len(found) if counting else 0, AT_ONCE):
            keys = [subject for subject, *_ in found[start : start + AT_ONCE]]
            for state in stored_states(client, entity, ward, keys, f"NOT ({mine})"):
                newest_ms = max(newest_ms, state.newest_at)
                if not entity.settled(state):
                    reopened[state.key] = UnfinishedLife(entity.label, counting)
    days = [local_day(moment(at)) for _, _, *ends in found for at in ends]
    return StoredImport(
        sum(count for _, count, *_ in found),
        min(days, default=None),
        max(days, default=None),
        local_day(moment(lost_ms)) if lost_ms else None,
        reopened,
        newest_ms,
    )


def _totals(client: Client, ward: str, touched: Iterable[Entity], events: Sequence[PastEvent]) -> dict[date, str]:
    times = [milliseconds(one.event.occurred_at) for one in events]
    ids = day_kinds()
    return {
        local_day(moment(total.day_ms)): one.id
        for one in indicators()
        if times and one.of in touched and one.id in ids
        for total in day_totals(client, one, ward, min(times) - DAY_MS, max(times) + 1)
    }


def imported_ids(client: Client, ward: str, kind: type[Event], ids: Sequence[str]) -> frozenset[str]:
    """Which of some events of a kind are stored."""
    place = {"topic": topic_of(kind.stream), "ward": ward}
    asked = "SELECT id FROM raw_events WHERE topic = %(topic)s AND ward = %(ward)s AND id IN %(ids)s"
    return frozenset(
        id
        for start in range(0, len(ids), AT_ONCE)
        for (id,) in client.query(asked, {**place, "ids": tuple(ids[start : start + AT_ONCE])})
    )


def _unfinished(client: Client, ward: str, entity: Entity, events: Sequence[PastEvent]) -> dict[str, UnfinishedLife]:
    """What would not be over with these events, of entities that figures of now count: it would be there today."""
    counting = tuple(one.id for one in indicators() if one.of == entity and one.has_stock)
    about = [one for one in events if _is_about(entity, one.event)]
    if not counting or not about:
        return {}
    keys = list(dict.fromkeys(one.event.subject for one in about))
    states = {
        state.key: state
        for start in range(0, len(keys), AT_ONCE)
        for state in stored_states(client, entity, ward, keys[start : start + AT_ONCE])
    }
    update = compile_update(entity, type(about[0].event), ())
    for past in about:
        state = states.get(past.event.subject) or state_type(entity)(ward, past.event.subject)
        states[state.key] = state
        update(state, past.event, milliseconds(past.event.occurred_at), past.id)
    life = UnfinishedLife(entity.label, counting)
    return {key: life for key in keys if not entity.settled(states[key])}


def _is_about(entity: Entity, event: Event) -> bool:
    only = entity.only.get(type(event))
    return only is None or bool(only(event))
