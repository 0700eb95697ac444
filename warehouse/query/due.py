"""Due: the dossiers that somebody must finish next, and when the first of everything that is open is due.

The list has codes, so it is for people who act on them, never for a wall. Who is on it follows from the indicators' own conditions: as
many are near due as D07 counts, and as many overdue as D08.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from warehouse.entities.dossier import DOSSIER
from warehouse.indicators.dossier import due, is_near, open_
from warehouse.model.deadline import working_time
from warehouse.model.entity import Entity
from warehouse.model.entity_sql import SqlState, entity_sql
from warehouse.model.expression import NEVER, Sql, choose, sql
from warehouse.store.client import Client

MOST = 200


class DueDossier(NamedTuple):
    """A dossier that is near due or overdue."""

    code: str
    """The keyed hash of its code, as in the events."""
    field_code: str
    procedure_code: str
    due_ms: int
    working_ms: int
    """Working time until then, or since then."""
    is_overdue: bool


def due_list(client: Client, ward: str, now_ms: int, known_ms: int | None = None) -> list[DueDossier]:
    """Those that are near due or overdue, the earliest first, at most `MOST`.

    Args:
        client: an open connection.
        ward: whose.
        now_ms: the present by the install's clock, or a moment of the past.
        known_ms: only what was stored by then counts, by the machine's clock; all, when `None`.
    """
    state, now, at = SqlState(), Sql(f"toInt64({now_ms})"), Sql("due_ms")
    by_then = f"(SELECT * FROM raw_events WHERE ingested_at <= fromUnixTimestamp64Milli({known_ms}, 'UTC'))"
    source = "raw_events" if known_ms is None else by_then
    working = choose(at < now, working_time(at, now), working_time(now, at))
    rows = client.query(
        f"SELECT key, field_code, procedure_code, due_ms, toInt64({sql(working)}) AS working_ms, due_ms < {now_ms} AS is_overdue "
        f"FROM (SELECT key, field_code, procedure_code, received_at, receipt_corrected_to, supplemented_at, toInt64({sql(due(state))}) AS due_ms "
        f"FROM ({entity_sql(DOSSIER, str(now_ms), source)}) WHERE ward = %(ward)s AND {sql(open_(state, now))}) "
        f"WHERE {sql((at < now) | is_near(state, at, now))} ORDER BY due_ms, key LIMIT {MOST}",
        {"ward": ward},
    )
    return [DueDossier._make((*row[:-1], bool(row[-1]))) for row in rows]


def earliest_due(
    client: Client,
    ward: str,
    of: Entity,
    is_open: Callable[[Any, Any], Any],
    due: Callable[[Any], Any],
    now_ms: int,
) -> int:
    """The earliest deadline in ms of what is open; `NEVER` when nothing is.

    Args:
        client: an open connection.
        ward: whose.
        of: the kind of thing.
        is_open: of a state and the present, whether its deadline counts.
        due: of a state, its deadline.
        now_ms: the present by the install's clock.
    """
    state, now = SqlState(), Sql(f"toInt64({now_ms})")
    rows = client.query(
        f"SELECT count(), min(due) FROM (SELECT toInt64({sql(due(state))}) AS due FROM ({entity_sql(of, str(now_ms))}) "
        f"WHERE ward = %(ward)s AND {sql(is_open(state, now))}) WHERE due < {NEVER}",
        {"ward": ward},
    )
    ((count, first),) = rows
    return int(first) if count else NEVER
