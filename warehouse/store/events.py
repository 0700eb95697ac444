"""Events: the raw events of a partition in the order of their positions, as they came."""

from collections.abc import Iterator

from warehouse.store.client import Client

_MOST_MEMORY = 200_000_000
"""Bytes from which the engine sorts on disk: the way back may be long."""


def rows_after(client: Client, topic: str, partition: int, offset: int) -> Iterator[list[tuple[int, str]]]:
    """Position and record of all rows behind an offset, in order; a row that is stored twice comes once.

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
    count, since = client.query(f"SELECT count(), toString(min(ingested_at)) FROM raw_events WHERE {where}", place)[0]
    if not count:
        return
    last = offset
    for rows in client.stream(
        f"SELECT offset, event FROM raw_events WHERE {where} AND ingested_at >= %(since)s ORDER BY offset",
        {**place, "since": since},
        {"max_bytes_before_external_sort": _MOST_MEMORY},
    ):
        fresh = []
        for row in rows:
            if row[0] > last:
                last = row[0]
                fresh.append(row)
        yield fresh
