"""Snapshot: the fold's memory with the offset up to which it knows, written and read in pieces."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from warehouse.model.value import Value
from warehouse.store.client import Client

PIECE_ENTRIES = 5_000
"""States or sums in one piece, so that a row stays far below a block's size."""

BLOCK_BYTES = 32_000_000
"""Memories that are stored as one block, at least one."""


class Snapshot(NamedTuple):
    """The memory of one partition."""

    offset: int
    """Up to which it knows."""
    values_offset: int
    """The newest offset of a value that was written by then."""
    pieces: list[list[Any]]


class RememberedStates(NamedTuple):
    """What the fold remembers of the entities of one kind in a ward."""

    states: dict[str, str]
    """By key, as JSON."""
    taken_at: datetime
    """When the oldest of the snapshots that hold them was stored."""


def write_snapshots(client: Client, snapshots: Iterable[tuple[tuple[str, int], Snapshot]]) -> None:
    """Store the memories of partitions, each whole or not at all.

    Args:
        client: an open connection.
        snapshots: each with its topic and partition.
    """
    rows: list[tuple[object, ...]] = []
    size = 0
    for place, snapshot in snapshots:
        bodies = [json.dumps(piece, separators=(",", ":")) for piece in _split(snapshot.pieces)]
        rows += [
            (*place, snapshot.offset, number, len(bodies), body, snapshot.values_offset)
            for number, body in enumerate(bodies)
        ]
        size += sum(map(len, bodies))
        if size > BLOCK_BYTES:
            _insert(client, rows)
            rows, size = [], 0
    _insert(client, rows)


def _insert(client: Client, rows: list[tuple[object, ...]]) -> None:
    names = ("topic", "partition", "offset", "chunk", "chunks", "body", "values_offset")
    if rows:
        client.insert("fold_snapshots", dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def read_snapshot(client: Client, topic: str, partition: int, rows_to: int, values_to: int) -> Snapshot | None:
    """The newest whole snapshot that the other tables bear out; `None` when there is none.

    A snapshot knows what was counted, and what is counted lies in other tables: when these have lost their newest part, as a power cut
    can bring about, only a snapshot from before that may be gone on from.

    Args:
        client: an open connection.
        topic: the partition's topic.
        partition: its number.
        rows_to: newest offset of which a record is stored.
        values_to: newest offset of a stored value.
    """
    rows = client.query(
        "SELECT offset, values_offset, body FROM fold_snapshots "
        "WHERE topic = %(topic)s AND partition = %(partition)s AND (offset, taken_at) = ("
        "SELECT offset, taken_at FROM fold_snapshots "
        "WHERE topic = %(topic)s AND partition = %(partition)s AND offset <= %(rows_to)s AND values_offset <= %(values_to)s "
        "GROUP BY offset, taken_at HAVING uniqExact(chunk) = any(chunks) ORDER BY offset DESC, taken_at DESC LIMIT 1) "
        "ORDER BY chunk",
        {"topic": topic, "partition": partition, "rows_to": rows_to, "values_to": values_to},
    )
    return Snapshot(rows[0][0], rows[0][1], [json.loads(body) for *_, body in rows]) if rows else None


def remembered_states(client: Client, topic: str, entity: str, ward: str) -> RememberedStates | None:
    """The entities of one kind in a ward as the fold last remembered them; `None`: there is no snapshot of the topic yet.

    Args:
        client: an open connection.
        topic: where they live.
        entity: id of their kind.
        ward: the ward.
    """
    rows = client.query(
        "SELECT body, taken_at FROM fold_snapshots PREWHERE topic = %(topic)s AND (partition, offset, taken_at) IN ("
        "SELECT partition, tupleElement(max((offset, taken_at)) AS newest, 1), tupleElement(newest, 2) FROM fold_snapshots "
        "WHERE topic = %(topic)s GROUP BY partition) WHERE startsWith(body, %(head)s) OR chunk = 0",
        {"topic": topic, "head": json.dumps(["states", entity], separators=(",", ":"))[:-1]},
    )
    if not rows:
        return None
    found: dict[str, str] = {}
    holding = []
    for body, taken_at in rows:
        kind, *content = json.loads(body)
        mine = [state for state in content[1] if state[0] == ward] if kind == "states" and content[0] == entity else []
        found |= {state[1]: json.dumps(state) for state in mine}
        holding += [taken_at] if mine else []
    # A partition of which nothing came for long has an old snapshot, which does not matter to wards that it does not hold.
    return RememberedStates(found, min(holding, default=max(taken_at for _, taken_at in rows)))


def values_after(client: Client, topic: str, partition: int, offset: int, keep_ms: int) -> list[Value]:
    """What was written of a partition after an offset: every window of its flows, and the last look at its stocks.

    A fold that starts again from a snapshot must know them: what it no longer counts has to be written as 0. Stocks go on changing with
    the clock, so theirs of the snapshot's own offset may be newer than the snapshot.

    Args:
        client: an open connection.
        topic: the partition's topic.
        partition: its number.
        offset: up to which the fold knows.
        keep_ms: how far back from the newest window the fold can reach.
    """
    columns = ", ".join(Value._fields)
    rows = client.query(
        f"SELECT {columns} FROM raw_values FINAL WHERE topic = %(topic)s AND partition = %(partition)s AND (offset > %(offset)s OR (grain = 'stock' AND offset = %(offset)s)) "
        "AND (grain = 'stock' OR window_ms > (SELECT max(window_ms) FROM raw_values WHERE topic = %(topic)s AND partition = %(partition)s) - %(keep)s) "
        "ORDER BY window_ms DESC LIMIT 1 BY ward, indicator, grain, if(grain = 'stock', 0, window_ms), dimension, member",
        {"topic": topic, "partition": partition, "offset": offset, "keep": keep_ms},
    )
    return [Value(*row) for row in rows]


def revisions_after(
    client: Client, topic: str, partition: int, offset: int
) -> list[tuple[str, str, int, str, str, int]]:
    """The stocks' rows of a partition that were written after an offset and are revisions of a closed minute.

    A fold that closes such a minute again must know them: its own row has to stand against theirs.

    Returns:
        Ward, indicator, window, dimension, member and revision of each.
    """
    rows = client.query(
        "SELECT ward, indicator, window_ms, dimension, member, revision FROM raw_values FINAL "
        "WHERE topic = %(topic)s AND partition = %(partition)s AND grain = 'stock' AND offset >= %(offset)s AND revision > 0",
        {"topic": topic, "partition": partition, "offset": offset},
    )
    return [(ward, id, window, dimension, member, revision) for ward, id, window, dimension, member, revision in rows]


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
