"""Due list: the dossiers that somebody must finish next, one by one, with their codes - for people who act on them, never for a wall.

Who is on it follows from the indicators' own conditions: as many are near due as D07 counts, and as many overdue as D08.
"""

from typing import NamedTuple

from warehouse.client import Client
from warehouse.deadline import working_time
from warehouse.entities.dossier import DOSSIER
from warehouse.entity_sql import SqlState, entity_sql
from warehouse.expression import Sql, choose, sql
from warehouse.indicators.dossier import due, is_near, open_

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


def due_list(client: Client, ward: str, now_ms: int) -> list[DueDossier]:
    """Those that are near due or overdue, the earliest first, at most `MOST`.

    Args:
        client: an open connection.
        ward: whose.
        now_ms: the present by the install's clock.
    """
    state, now, at = SqlState(), Sql(f"toInt64({now_ms})"), Sql("due_ms")
    working = choose(at < now, working_time(at, now), working_time(now, at))
    rows = client.query(
        f"SELECT key, field_code, procedure_code, due_ms, toInt64({sql(working)}) AS working_ms, due_ms < {now_ms} AS is_overdue "
        f"FROM (SELECT key, field_code, procedure_code, toInt64({sql(due(state, 'restart'))}) AS due_ms "
        f"FROM ({entity_sql(DOSSIER, str(now_ms))}) WHERE ward = %(ward)s AND {sql(open_(state, now))}) "
        f"WHERE {sql((at < now) | is_near(at, now))} ORDER BY due_ms, key LIMIT {MOST}",
        {"ward": ward},
    )
    return [DueDossier._make((*row[:-1], bool(row[-1]))) for row in rows]
