"""Deadlines: when the first of everything that is open is due, by the declared rule, from the events."""

from collections.abc import Callable
from typing import Any

from warehouse.client import Client
from warehouse.entity import Entity
from warehouse.entity_sql import SqlState, entity_sql
from warehouse.expression import NEVER, Sql, sql


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
