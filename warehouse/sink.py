"""Sink: rows into the warehouse, in blocks.

The order is what makes a crash harmless: raw rows first, then the values made of them. One block of one table is one part, stored
whole or not at all, so `stored_offsets` never points into the middle of a block.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ingest.dead_letter import DeadLetter
from warehouse.client import Client
from warehouse.value import Value

RAW_COLUMNS = ("topic", "partition", "offset", "ward", "kind", "subject", "id", "at_ms", "event")


class RawRows:
    """Raw rows on their way into `raw_events`, column by column."""

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {name: [] for name in RAW_COLUMNS}

    def __len__(self) -> int:
        return len(self.columns["offset"])


def write_raw(client: Client, rows: RawRows) -> None:
    """Store raw rows as one block."""
    if len(rows):
        client.insert("raw_events", rows.columns)


def write_values(client: Client, values: Sequence[Value]) -> None:
    """Upsert values as one block."""
    if values:
        client.insert("raw_values", dict(zip(Value._fields, map(list, zip(*values, strict=True)), strict=True)))


def write_dead_letters(client: Client, letters: Iterable[DeadLetter]) -> None:
    """Store dead letters for people to look at; the same letter twice is one row."""
    rows = [
        (
            letter.id,
            letter.original_topic or "",
            -1 if letter.partition is None else letter.partition,
            -1 if letter.offset is None else letter.offset,
            letter.reason_code,
            letter.error,
            letter.payload_redacted,
            letter.connector or "",
            letter.received_at,
        )
        for letter in letters
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
    )
    if rows:
        client.insert("raw_dead_letters", dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def stored_offsets(client: Client) -> dict[tuple[str, int], int]:
    """The last stored offset of every partition: where a worker that gets the partition stands."""
    rows = client.query("SELECT topic, partition, max(offset) FROM raw_events GROUP BY topic, partition")
    return {(topic, partition): offset for topic, partition, offset in rows}
