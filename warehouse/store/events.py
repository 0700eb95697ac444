"""Events: the raw events of a partition in the order of their positions, as they came."""

from collections.abc import Iterator

from warehouse.store.client import Client
from warehouse.store.withdrawn import counted_sql

_MOST_MEMORY = 200_000_000
"""Bytes from which the engine sorts on disk: the way back may be long."""


def rows_after(client: Client, topic: str, partition: int, offset: int) -> Iterator[list[tuple[int, str]]]:
    """Position and record of all rows behind an offset, in order; a row that is stored twice comes once, what was taken back comes too.

    Args:
        client: a connection that does nothing else meanwhile; close it to end early.
        topic: the partition's topic.
        partition: its number.
        offset: the last one that is not wanted.

    Raises:
        Unavailable: the warehouse is away; go on behind the last row that came.
    """
    place = {"topic": topic, "partition": partition, "offset": offset}
    where = "topic = %(topic)s AND partition = %(partition)s AND offset > %(offset)s"
    # What was stored before the oldest of them need not be read: parts of the table are told by time, not by offset.
    rows_there = counted_sql(where, "1")
    count, since = client.query(f"SELECT count(), toString(min(ingested_at)) FROM {rows_there}", place)[0]
    if not count:
        return
    last = offset
    for rows in client.stream(
        f"SELECT offset, event FROM {counted_sql(f'{where} AND ingested_at >= %(since)s', '1')} ORDER BY offset",
        {**place, "since": since},
        {"max_bytes_before_external_sort": _MOST_MEMORY},
    ):
        fresh = []
        for row in rows:
            if row[0] > last:
                last = row[0]
                fresh.append(row)
        yield fresh
