"""Push: changed values on their way from the fold to the board, as one Kafka record a flush and ward."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from warehouse.value import Value


class Push(NamedTuple):
    """The values that one flush changed for a ward, already queryable in the warehouse."""

    ward: str
    values: list[Value]
    newest_recorded_ms: int
    """When the connector took in the newest event among them, by the install's clock; 0 when only the clock moved them."""


def encode_push(push: Push) -> bytes:
    """The bytes of a Kafka record's value: compact JSON."""
    return json.dumps(
        [push.ward, push.newest_recorded_ms, push.values], separators=(",", ":"), ensure_ascii=False
    ).encode()


def decode_push(record: bytes) -> Push:
    """The push that `encode_push` wrote."""
    ward, newest_recorded_ms, values = json.loads(record)
    return Push(ward, [Value(*value) for value in values], newest_recorded_ms)


def by_ward(values: Sequence[Value]) -> dict[str, list[Value]]:
    """Values grouped by ward."""
    grouped: dict[str, list[Value]] = {}
    for value in values:
        grouped.setdefault(value.ward, []).append(value)
    return grouped
