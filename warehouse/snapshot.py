"""Snapshot: the fold's memory with the offset up to which it knows, written and read in pieces."""

import json
from typing import Any

from warehouse.client import Client
from warehouse.value import Value

PIECE_ENTRIES = 5_000
"""States or sums in one piece, so that a row stays far below a block's size."""


def write_snapshot(client: Client, topic: str, partition: int, offset: int, pieces: list[list[Any]]) -> None:
    """Store the memory of one partition as one block: whole or not at all."""
    bodies = [json.dumps(piece, separators=(",", ":")) for piece in _split(pieces)]
    count = len(bodies)
    client.insert(
        "fold_snapshots",
        {
            "topic": [topic] * count,
            "partition": [partition] * count,
            "offset": [offset] * count,
            "chunk": list(range(count)),
            "chunks": [count] * count,
            "body": bodies,
        },
    )


def read_snapshot(client: Client, topic: str, partition: int) -> tuple[int, list[list[Any]]] | None:
    """The newest whole snapshot of a partition: its offset and pieces; `None` when there is none."""
    rows = client.query(
        "SELECT offset, body FROM fold_snapshots WHERE topic = %(topic)s AND partition = %(partition)s AND (offset, taken_at) = ("
        "SELECT offset, taken_at FROM fold_snapshots WHERE topic = %(topic)s AND partition = %(partition)s "
        "GROUP BY offset, taken_at HAVING uniqExact(chunk) = any(chunks) ORDER BY offset DESC, taken_at DESC LIMIT 1) "
        "ORDER BY chunk",
        {"topic": topic, "partition": partition},
    )
    return (rows[0][0], [json.loads(body) for _, body in rows]) if rows else None


def values_after(client: Client, topic: str, partition: int, offset: int) -> list[Value]:
    """What was written of a partition after an offset: every window of its flows, and the last look at its stocks.

    A fold that starts again from a snapshot must know them: what it no longer counts has to be written as 0.
    """
    columns = ", ".join(Value._fields)
    rows = client.query(
        f"SELECT {columns} FROM raw_values FINAL WHERE topic = %(topic)s AND partition = %(partition)s AND offset > %(offset)s "
        "ORDER BY window_ms DESC LIMIT 1 BY ward, indicator, grain, if(grain = 'stock', 0, window_ms), dimension, member",
        {"topic": topic, "partition": partition, "offset": offset},
    )
    return [Value(*row) for row in rows]


def _split(pieces: list[list[Any]]) -> list[list[Any]]:
    """The pieces, each with at most `PIECE_ENTRIES` entries in its last item."""
    split: list[list[Any]] = []
    for piece in pieces:
        *head, entries = piece
        if isinstance(entries, list):
            split += [
                [*head, entries[start : start + PIECE_ENTRIES]]
                for start in range(0, max(len(entries), 1), PIECE_ENTRIES)
            ]
        else:
            split.append(piece)
    return split
