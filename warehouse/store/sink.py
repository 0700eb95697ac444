"""Sink: rows into the warehouse, in blocks.

The order is what makes a crash harmless: raw rows first, then the values made of them. One block of one table is one part, stored
whole or not at all. Everything here may be done twice: the same rows replace each other.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ingest.untrusted.dead_letter import DeadLetter
from warehouse.model.correction import Correction
from warehouse.model.value import Value
from warehouse.store.client import Client

RAW_COLUMNS = ("topic", "partition", "offset", "ward", "kind", "subject", "id", "at_ms", "event")
REPEAT_COLUMNS = (*RAW_COLUMNS, "is_conflict", "first_offset")

_DEAD_LETTERS_AT_ONCE = 2_000
_WHOLE, _REVISIONS = 2**63, 2**32


class RawRows:
    """Raw rows on their way into `raw_events`, column by column."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in RAW_COLUMNS}

    def __len__(self) -> int:
        return len(self.columns["offset"])

    def newest(self) -> list[tuple[str, int, int]]:
        """The last row of each partition, as (topic, partition, offset)."""
        columns = (self.columns[name] for name in ("topic", "partition", "offset"))
        return [
            (*place, offset)
            for place, offset in {(topic, part): offset for topic, part, offset in zip(*columns, strict=True)}.items()
        ]


def check_values(values: Iterable[Value]) -> None:
    """See that the columns hold values, without storing them.

    Raises:
        OverflowError: a number is too large.
        UnicodeEncodeError: a text is none.
    """
    for value in values:
        if not (all(-_WHOLE <= number < _WHOLE for number in _numbers(value)) and 0 <= value.version < 2 * _WHOLE):
            raise OverflowError(f"{value.indicator}: a number has more than 64 bits")
        if not 0 <= value.revision < _REVISIONS:
            raise OverflowError(f"{value.indicator}: revised too often")
        for text in (value.ward, value.dimension, value.member):
            text.encode()


def _numbers(value: Value) -> tuple[int, ...]:
    return value.window_ms, value.numerator, value.denominator, value.newest_ms, value.as_of_ms, value.offset


class DeadLetterRecord(NamedTuple):
    """A dead letter and where it lies in the dead letters' topic."""

    dead_letter: DeadLetter
    partition: int
    offset: int


def write_raw(client: Client, rows: RawRows) -> None:
    """Store raw rows as one block."""
    if len(rows):
        client.insert("raw_events", rows.columns)


def write_duplicates(client: Client, rows: Sequence[tuple[Any, ...]]) -> None:
    """Store records that were there before, rows of `REPEAT_COLUMNS`, as one block."""
    if rows:
        client.insert("raw_repeats", _columns(REPEAT_COLUMNS, rows))


def write_values(client: Client, values: Sequence[Value]) -> None:
    """Upsert values as one block."""
    if values:
        client.insert("raw_values", _columns(Value._fields, values))


def write_corrections(client: Client, corrections: Sequence[Correction], at: datetime) -> None:
    """Store what changed figures that were closed, as one block.

    Args:
        client: an open connection.
        corrections: what changed.
        at: when it is written, by the install's clock.
    """
    if corrections:
        columns = _columns(Correction._fields, corrections)
        client.insert("raw_corrections", {**columns, "corrected_at": [at] * len(corrections)})


def write_dead_letters(client: Client, dead_letters: Sequence[DeadLetterRecord]) -> None:
    """Store dead letters for people to look at; a dead letter that was sent again later is the first one still."""
    fresh = _fresh(client, dead_letters)
    if not fresh:
        return
    rows = [
        (
            dead_letter.id,
            dead_letter.original_topic or "",
            -1 if dead_letter.partition is None else dead_letter.partition,
            -1 if dead_letter.offset is None else dead_letter.offset,
            dead_letter.reason_code,
            dead_letter.error,
            dead_letter.payload_redacted,
            dead_letter.connector or "",
            dead_letter.received_at,
            dead_letter.ward,
            dead_letter.address,
            partition,
            offset,
        )
        for dead_letter, partition, offset in fresh
    ]
    names = (
        "id",
        "original_topic",
        "partition",
        "offset",
        "reason_code",
        "error",
        "payload_redacted",
        "connector",
        "received_at",
        "ward",
        "address",
        "log_partition",
        "log_offset",
    )
    client.insert("raw_dead_letters", _columns(names, rows))


def _fresh(client: Client, dead_letters: Sequence[DeadLetterRecord]) -> list[DeadLetterRecord]:
    """Those of which no other copy is known; a dead letter itself may be stored again, in its own place."""
    first: dict[str, datetime] = {}
    for start in range(0, len(dead_letters), _DEAD_LETTERS_AT_ONCE):
        ids = tuple(one.dead_letter.id for one in dead_letters[start : start + _DEAD_LETTERS_AT_ONCE])
        asked = "SELECT id, min(received_at) FROM raw_dead_letters WHERE id IN %(ids)s GROUP BY id"
        first |= dict(client.query(asked, {"ids": ids}))
    return [
        one
        for one in dead_letters
        if _whole(first.setdefault(one.dead_letter.id, one.dead_letter.received_at))
        == _whole(one.dead_letter.received_at)
    ]


def _whole(moment: datetime) -> datetime:
    """A time as the table keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _columns(names: Iterable[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
