"""Event ids: what the warehouse has stored lately under the ids of events, to tell records that come again."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from warehouse.store.client import Client

KEPT = timedelta(days=7)
"""How long an id is remembered, at least; by whole days in UTC. What comes after that counts again."""

AT_ONCE = 2_000
"""Ids in one question."""

_SINCE = f"ingested_at >= toStartOfDay(now('UTC')) - INTERVAL {KEPT.days} DAY"


class StoredEventId(NamedTuple):
    """A stored record."""

    offset: int
    event: bytes


def id_hash(ward: str, id: str) -> int:
    """A ward's id as a number of 64 bits; the same as `_HASH` in SQL."""
    return xxh3_64_intdigest(f"{ward}|{id}".encode())


_HASH = "xxh3(concat(ward, '|', id))"


def remembered_days(client: Client) -> dict[tuple[str, int], list[date]]:
    """By topic and partition, the days of which ids are remembered."""
    rows = client.query(
        f"SELECT topic, partition, groupUniqArray(toDate(ingested_at)) FROM raw_events WHERE {_SINCE} GROUP BY topic, partition"
    )
    return {(topic, partition): sorted(found) for topic, partition, found in rows}


def read_id_hashes(client: Client, topic: str, partition: int, day: date) -> Sequence[int]:
    """The hashes of all ids that were stored of a partition on a day."""
    found = client.query_columns(
        f"SELECT {_HASH} AS hash FROM raw_events "
        "WHERE topic = %(topic)s AND partition = %(partition)s AND toDate(ingested_at) = %(day)s",
        {"topic": topic, "partition": partition, "day": day},
    )
    return found["hash"]


def first_copies(
    client: Client, topic: str, partition: int, ids: Collection[tuple[str, str]]
) -> dict[tuple[str, str], StoredEventId]:
    """The first copy of each (ward, id) that was stored lately, of those that there are."""
    wanted = list(ids)
    found: dict[tuple[str, str], StoredEventId] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = client.query(
            "SELECT ward, id, min(offset), argMin(event, offset) FROM raw_events "
            f"WHERE topic = %(topic)s AND partition = %(partition)s AND {_SINCE} AND id IN %(ids)s AND ward IN %(wards)s GROUP BY ward, id",
            {
                "topic": topic,
                "partition": partition,
                "ids": tuple({id for _, id in wanted[start : start + AT_ONCE]}),
                "wards": tuple({ward for ward, _ in wanted[start : start + AT_ONCE]}),
            },
        )
        found |= {(ward, id): StoredEventId(offset, event.encode()) for ward, id, offset, event in rows}
    return found
