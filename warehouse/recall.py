"""Recall: states and windows that the fold no longer has in memory, asked of the raw events."""

from collections.abc import Iterable
from typing import Any

from warehouse.client import Client
from warehouse.entity import Entity, Latest, State, state_type
from warehouse.entity_sql import entity_sql
from warehouse.indicator import indicator
from warehouse.recompute import flow_sql
from warehouse.value import Value


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


def recomputed(
    client: Client, id: str, ward: str, window_ms: int, topic: str, partition: int, offset: int
) -> list[Value]:
    """One window of an indicator's flows from the raw events, as the next revision of what is stored.

    Members that no longer count anything are given as 0, so that their old values do not stay.

    Args:
        client: an open connection.
        id: the indicator.
        ward: the ward.
        window_ms: start of the window.
        topic: topic of the event that came late.
        partition: its partition.
        offset: the last offset stored of it.
    """
    place = {"id": id, "ward": ward, "window": window_ms}
    stored = client.query(
        "SELECT dimension, member, revision, newest_ms FROM raw_values FINAL "
        "WHERE ward = %(ward)s AND indicator = %(id)s AND grain = 'flow' AND window_ms = %(window)s",
        place,
    )
    counted = client.query(
        f"SELECT dimension, member, numerator, denominator FROM ({flow_sql(indicator(id))}) "
        "WHERE ward = %(ward)s AND window_ms = %(window)s",
        place,
    )
    sums: dict[tuple[str, str], tuple[int, int]] = {(dimension, member): (0, 0) for dimension, member, *_ in stored}
    sums |= {(dimension, member): (numerator, denominator) for dimension, member, numerator, denominator in counted}
    revision = max((row[2] for row in stored), default=0) + 1
    newest = max((row[3] for row in stored), default=window_ms)
    return [
        Value(
            ward, id, "flow", window_ms, *split, *sides, newest, newest, topic, partition, offset, offset, revision
        )
        for split, sides in sums.items()
    ]  # fmt: skip


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
