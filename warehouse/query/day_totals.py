"""Day totals: what people entered of days before this system counted, and since when it has counted by itself."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from ingest.contract.calendar import local_day
from ingest.contract.clock import moment
from ingest.contract.event import Event
from ingest.contract.events.figure import FigureConfirmed
from ingest.contract.events.import_withdrawal import IMPORTED
from ingest.contract.topic import topic_of
from warehouse.catalogue import indicator
from warehouse.entities.figure import DAY_TOTAL, FIGURE
from warehouse.model.entity_sql import entity_sql
from warehouse.model.expression import DAY_MS, Sql, sql, window_start
from warehouse.model.indicator import Indicator
from warehouse.store.client import Client

_FIGURES = topic_of(FigureConfirmed.stream)


class DayTotal(NamedTuple):
    """What stands of one day, in total or for a part."""

    day_ms: int
    dimension: str
    member: str
    numerator: int
    denominator: int
    """0 where the indicator is no ratio."""
    source_code: str
    """Where it was read."""


class CountedDays(NamedTuple):
    """What this system counts of an indicator by itself."""

    since: date | None
    """The first day; `None`: nothing of it ever came."""
    imported: frozenset[date]
    """Days before, of which events were imported."""


def day_totals(client: Client, one: Indicator, ward: str, start_ms: int, end_ms: int) -> list[DayTotal]:
    """What stands of the days that begin in [start, end), oldest first."""
    mine = "(SELECT * FROM raw_events WHERE topic = %(topic)s AND ward = %(ward)s AND startsWith(subject, %(of)s))"
    fields = ("covers_from", "dimension", "member", "stated", "out_of", "source_code", "stands")
    rows = client.query(
        f"SELECT {', '.join(fields[:-1])} FROM ({entity_sql(FIGURE, source=mine, fields=fields)}) "
        "WHERE stands = 1 AND covers_from >= %(start)s AND covers_from < %(end)s ORDER BY covers_from, member",
        {"topic": _FIGURES, "ward": ward, "of": f"{DAY_TOTAL}{one.id}:", "start": start_ms, "end": end_ms},
    )
    return [DayTotal(*row)._replace(denominator=row[4] * one.is_ratio) for row in rows]


def counted_days(client: Client, ward: str, ids: Iterable[str]) -> dict[str, CountedDays]:
    """Since when this system counts each of some indicators by itself.

    That is the day on which the first event came of which it is made. Where events are not kept for so long any more, it is the first day
    of which there is a figure.
    """
    found: dict[tuple[type[Event], ...], CountedDays] = {}
    keep = {"seconds": round(client.settings.keep_raw.total_seconds())}
    older = "SELECT count() FROM schema_migrations WHERE applied_at < now() - INTERVAL %(seconds)s SECOND"
    ((is_longer,),) = client.query(older, keep)
    told = {}
    for one in map(indicator, ids):
        if one.of.events not in found:
            found[one.of.events] = counted_by_itself(client, ward, one.of.events)
        told[one.id] = found[one.of.events]
        if is_longer:
            told[one.id] = told[one.id]._replace(since=_first_figure(client, ward, one) or told[one.id].since)
    return told


def _first_figure(client: Client, ward: str, one: Indicator) -> date | None:
    asked = (
        "SELECT count(), min(window_ms) FROM raw_values WHERE ward = %(ward)s AND indicator = %(id)s AND numerator != 0"
    )
    ((count, first_ms),) = client.query(asked, {"ward": ward, "id": one.id})
    return local_day(moment(first_ms)) if count else None


def counted_by_itself(client: Client, ward: str, events: Iterable[type[Event]]) -> CountedDays:
    """Since when events of some kinds come by themselves, and on which days before there are imported ones."""
    kinds = {event.kind: topic_of(event.stream) for event in events}
    place: dict[str, Any] = {
        "topics": tuple(set(kinds.values())),
        "ward": ward,
        "kinds": tuple(kinds),
        "imported": IMPORTED,
    }
    mine = "FROM raw_events WHERE topic IN %(topics)s AND ward = %(ward)s AND kind IN %(kinds)s"
    ((count, first),) = client.query(
        f"SELECT count(), min(ingested_at) {mine} AND NOT startsWith(id, %(imported)s)", place
    )
    since = None
    if count:
        # Of when an event was taken in the record tells, by the install's clock; it is looked at where the first of them were stored.
        ((recorded,),) = client.query(
            f"SELECT min(parseDateTime64BestEffort(JSONExtractString(event, 'recordedtime'), 3, 'UTC')) {mine} "
            "AND NOT startsWith(id, %(imported)s) AND ingested_at <= %(first)s + INTERVAL 1 MINUTE",
            {**place, "first": first},
        )
        since = local_day(recorded)
    days = client.query(
        f"SELECT DISTINCT {sql(window_start(Sql('at_ms'), DAY_MS))} {mine} AND startsWith(id, %(imported)s)", place
    )
    return CountedDays(since, frozenset(local_day(moment(start_ms)) for (start_ms,) in days))
