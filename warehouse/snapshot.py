"""Snapshot: the fold's memory with the offset up to which it knows, written and read in pieces."""

import json
from typing import Any

from warehouse.client import Client

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
        "SELECT offset, chunk, any(body) FROM fold_snapshots WHERE topic = %(topic)s AND partition = %(partition)s AND offset = ("
        "SELECT offset FROM fold_snapshots WHERE topic = %(topic)s AND partition = %(partition)s "
        "GROUP BY offset HAVING uniqExact(chunk) = any(chunks) ORDER BY offset DESC LIMIT 1) GROUP BY offset, chunk ORDER BY chunk",
        {"topic": topic, "partition": partition},
    )
    return (rows[0][0], [json.loads(body) for _, _, body in rows]) if rows else None


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
