"""Recall: states and windows that the fold no longer has in memory, asked of the raw events."""

from collections.abc import Iterable
from typing import Any

from warehouse.client import Client
from warehouse.entity import Entity, Latest, State, state_type
from warehouse.entity_sql import entity_sql
from warehouse.indicator import indicator
from warehouse.recompute import flow_sql


def states(
    client: Client, entity: Entity, pairs: Iterable[tuple[str, str]], topic: str, partition: int, until_offset: int
) -> list[State]:
    """The entities' states as they were after an offset; those that no event has touched are absent.

    Args:
        client: an open connection.
        entity: their kind.
        pairs: (ward, key) of each.
        topic: the topic they live on.
        partition: the partition they live on.
        until_offset: the last offset that counts.
    """
    wanted = list(pairs)
    source = (
        "(SELECT * FROM raw_events WHERE topic = %(topic)s AND ward IN %(wards)s AND subject IN %(keys)s "
        "AND partition = %(partition)s AND offset <= %(offset)s)"
    )
    origins = [f"{name}_origin" for name, rule in entity.fields.items() if isinstance(rule, Latest)]
    parameters = {
        "topic": topic,
        "wards": tuple({ward for ward, _ in wanted}),
        "keys": tuple({key for _, key in wanted}),
        "partition": partition,
        "offset": until_offset,
    }
    columns = ", ".join(["ward", "key", "newest_at", *entity.fields, *origins])
    query = f"SELECT {columns} FROM ({entity_sql(entity, source=source, with_origins=True)})"
    return [_state(entity, row) for row in client.query(query, parameters) if (row[0], row[1]) in set(wanted)]


def flow_window(client: Client, id: str, ward: str, window_ms: int) -> list[tuple[str, str, int, int]]:
    """One window of an indicator's flows from the raw events: (dimension, member, numerator, denominator)."""
    query = (
        f"SELECT dimension, member, numerator, denominator FROM ({flow_sql(indicator(id))}) "
        "WHERE ward = %(ward)s AND window_ms = %(window)s"
    )
    return [tuple(row) for row in client.query(query, {"ward": ward, "window": window_ms})]


def _state(entity: Entity, row: tuple[Any, ...]) -> State:
    ward, key, newest_at, *values = row
    origins = iter(values[len(entity.fields) :])
    fields: list[Any] = []
    for rule, value in zip(entity.fields.values(), values, strict=False):
        if isinstance(rule, Latest):
            at, id = next(origins)
            fields.append([(at, id, value)] if at else [])
        else:
            fields.append(value)
    return state_type(entity).load([ward, key, newest_at, fields])
