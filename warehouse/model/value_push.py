"""Value push: changed values on their way from the fold to the board, as Kafka records by ward."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from warehouse.model.value import Value

PIECE_VALUES = 2_000
"""Values in one record: about 300 kB, well below a record's limit."""


class Push(NamedTuple):
    """The values that one flush changed for a ward, already queryable in the warehouse."""

    ward: str
    values: list[Value]
    newest_recorded_ms: int
    """When the connector took in the newest event among them, by the install's clock; 0 when only the clock moved them."""
    pushed_ms: int = 0
    """When that was said, after it was stored, by the real clock; 0 where an older release said it."""


def encode_push(push: Push) -> bytes:
    """The bytes of a Kafka record's value: compact JSON."""
    return msgspec.json.encode([push.ward, push.newest_recorded_ms, push.values, push.pushed_ms])


def decode_push(record: bytes) -> Push:
    """The push that `encode_push` wrote."""
    ward, newest_recorded_ms, values, *pushed_ms = msgspec.json.decode(record)
    return Push(ward, [Value(*value) for value in values], newest_recorded_ms, *pushed_ms)


def pushes(values: Sequence[Value], newest_recorded_ms: Mapping[str, int], pushed_ms: int = 0) -> list[Push]:
    """What the boards have to hear of one flush, in pieces that fit in a record.

    Args:
        values: what the flush wrote, in its order.
        newest_recorded_ms: by ward, when the newest event among them was taken in.
        pushed_ms: now, by the real clock.
    """
    shown: dict[str, dict[tuple[object, ...], Value]] = {}
    for value in values:
        # Of a stock, which only shows how things are, the newest row says all; a minute that was looked at again may come after it.
        key = value[1:6] if value.grain == "flow" else (value.indicator, value.dimension, value.member)
        rows = shown.setdefault(value.ward, {})
        known = rows.get(key)
        if known is None or (known.window_ms, known.version) <= (value.window_ms, value.version):
            rows[key] = value
    pieces = []
    for ward, newest in shown.items():
        told = list(newest.values())
        for start in range(0, len(told), PIECE_VALUES):
            pieces.append(Push(ward, told[start : start + PIECE_VALUES], newest_recorded_ms.get(ward, 0), pushed_ms))
    return pieces
