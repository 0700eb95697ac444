"""Positions: what of each partition the warehouse has - how far it goes, what is missing before that, and in which log it began.

Every record of Kafka is one row of `raw_events`, `raw_repeats` (sent again, or taken back) or `raw_dead_letters`, and Kafka's offsets have no gaps. So an offset
below the newest one that none of the three has is a hole: its row was lost with the power, or its dead letter is still on its way.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from ingest.contract.topic import DEAD_LETTERS
from warehouse.store.client import Client

PartitionKey = tuple[str, int]
"""Topic and partition."""

PositionRange = tuple[int, int]
"""First and last offset, both included."""

LOOKED_BACK = timedelta(days=7)
"""Holes are looked for among what was stored since then."""

_BUCKET = 8_192

_DEAD_LETTERS = "original_topic AS topic, toUInt32(partition) AS partition"
_OF_RECORDS = "original_topic != '' AND partition >= 0 AND offset >= 0"


class PartitionProgress(NamedTuple):
    """How far the warehouse is with one partition; -1 where it has nothing."""

    newest: int = -1
    """Newest offset among rows, repeats and dead letters: reading goes on behind it."""
    values: int = -1
    """Newest offset of a value."""
    snapshot: int = -1
    """Newest offset of a snapshot."""

    @property
    def used(self) -> int:
        """The newest offset that anything bears: a log that begins anew goes on behind it."""
        return max(self)


class PositionBase(NamedTuple):
    """Where a partition's positions begin in one log of Kafka: position = Kafka's offset + `base`, from `first` on."""

    cluster: str
    base: int
    first: int
    """The first position that lies in this log; what is before it lay in an earlier one."""


def read_progress(client: Client) -> dict[PartitionKey, PartitionProgress]:
    """How far the warehouse is, for every partition of which it has anything; of a cluster, how far all of it is."""
    client.sync_replica()
    found: dict[PartitionKey, dict[str, int]] = {}
    for topic, partition, what, offset in client.query(
        "SELECT topic, partition, what, max(offset) FROM ("
        "SELECT topic, partition, 'newest' AS what, max(offset) AS offset FROM raw_events GROUP BY ALL "
        "UNION ALL SELECT topic, partition, 'newest', max(offset) FROM raw_repeats GROUP BY ALL "
        f"UNION ALL SELECT {_DEAD_LETTERS}, 'newest', max(offset) FROM raw_dead_letters WHERE {_OF_RECORDS} GROUP BY ALL "
        f"UNION ALL SELECT '{DEAD_LETTERS}', toUInt32(log_partition), 'newest', max(log_offset) FROM raw_dead_letters "
        "WHERE log_partition >= 0 GROUP BY ALL "
        "UNION ALL SELECT topic, partition, 'values', max(offset) FROM raw_values GROUP BY ALL "
        "UNION ALL SELECT topic, partition, 'snapshot', max(offset) FROM fold_snapshots GROUP BY ALL"
        ") GROUP BY topic, partition, what"
    ):
        found.setdefault((topic, partition), {})[what] = offset
    return {place: PartitionProgress(**offsets) for place, offsets in found.items()}


def missing_positions(
    client: Client, newest: dict[PartitionKey, int], begins: Mapping[PartitionKey, int] | None = None
) -> dict[PartitionKey, list[PositionRange]]:
    """The offsets that are missing before the newest one, by partition, in ascending ranges.

    Args:
        client: an open connection.
        newest: by partition, the newest offset there is; others are not looked at.
        begins: by partition, the oldest offset that Kafka still has: what is missing before everything that was stored lately is
            looked for from there on. A dead letter may be all that is stored of a partition's first records.
    """
    found = {}
    recent, older = _recent(client), _older(client) if begins else {}
    for place, last in newest.items():
        first, count = recent.get(place, (last + 1, 0))
        if begins and place in begins:
            first = min(first, max(begins[place], older.get(place, -1) + 1))
        if count < last - first + 1 and (missing := _missing(client, place, first, last)):
            found[place] = missing
    return found


def are_stored(client: Client, places: Iterable[tuple[str, int, int]]) -> bool:
    """Whether `raw_events` has all of these (topic, partition, offset)."""
    wanted = tuple(places)
    asked = "SELECT uniqExact(topic, partition, offset) FROM raw_events WHERE (topic, partition, offset) IN %(wanted)s"
    return not wanted or client.query(asked, {"wanted": wanted})[0][0] == len(wanted)


def ids_at(client: Client, places: Sequence[tuple[str, int, int]]) -> dict[tuple[str, int, int], str]:
    """What lies at these (topic, partition, offset): the event's id, a dead letter's for the dead letters' topic, empty for a refused record."""
    if not places:
        return {}
    rows = client.query(
        "SELECT topic, partition, offset, any(id) FROM ("
        "SELECT topic, partition, offset, id FROM raw_events WHERE (topic, partition, offset) IN %(places)s "
        "UNION ALL SELECT topic, partition, offset, id FROM raw_repeats WHERE (topic, partition, offset) IN %(places)s "
        f"UNION ALL SELECT {_DEAD_LETTERS}, offset, '' FROM raw_dead_letters WHERE (original_topic, partition, offset) IN %(places)s "
        f"UNION ALL SELECT '{DEAD_LETTERS}', toUInt32(log_partition), log_offset, id FROM raw_dead_letters "
        f"WHERE log_partition >= 0 AND ('{DEAD_LETTERS}', log_partition, log_offset) IN %(places)s"
        ") GROUP BY topic, partition, offset",
        {"places": tuple(places)},
    )
    return {(topic, partition, offset): id for topic, partition, offset, id in rows}


def read_bases(client: Client) -> dict[PartitionKey, list[PositionBase]]:
    """Every log that each partition was read from, oldest first."""
    found: dict[PartitionKey, list[PositionBase]] = {}
    for topic, partition, *base in client.query(
        "SELECT topic, partition, cluster, base, first FROM kafka_logs FINAL ORDER BY topic, partition, since"
    ):
        found.setdefault((topic, partition), []).append(PositionBase(*base))
    return found


def write_bases(client: Client, begun: dict[PartitionKey, PositionBase]) -> None:
    """Store the log in which partitions are read from now on, with a time later than any stored one, even if the clock was set back."""
    if begun:
        client.execute(
            "INSERT INTO kafka_logs (topic, partition, cluster, base, first, since) "
            "SELECT one.1, one.2, one.3, one.4, one.5, "
            "greatest(now64(6), (SELECT max(since) FROM kafka_logs) + INTERVAL 1 MICROSECOND) "
            "FROM (SELECT arrayJoin(%(begun)s) AS one)",
            {"begun": [(*place, *base) for place, base in begun.items()]},
        )


def kafka_offset_of(
    known: dict[PartitionKey, list[PositionBase]], cluster: str, place: PartitionKey, position: int
) -> int | None:
    """Kafka's offset of a stored position; `None`: its record is not in the log that Kafka has now.

    Args:
        known: what `bases` found.
        cluster: id of the cluster that is asked.
        place: topic and partition.
        position: `offset` in our tables.
    """
    logs = known.get(place)
    if not logs:
        return position
    ours = [log for log in logs if log.cluster == cluster]
    return position - ours[-1].base if ours and position >= ours[-1].first else None


def _recent(client: Client) -> dict[PartitionKey, tuple[int, int]]:
    """By partition, the lowest offset among what was stored lately, and how many different ones there are."""
    of = "SELECT topic, partition, min(offset) AS first, groupBitmapState(toUInt64(offset)) AS there FROM"
    since = f"WHERE ingested_at >= now() - INTERVAL {LOOKED_BACK.days} DAY GROUP BY ALL"
    rows = client.query(
        "SELECT topic, partition, min(first), groupBitmapMerge(there) FROM ("
        f"{of} raw_events {since} UNION ALL {of} raw_repeats {since}) GROUP BY topic, partition"
    )
    return {(topic, partition): (first, count) for topic, partition, first, count in rows}


def _older(client: Client) -> dict[PartitionKey, int]:
    """By partition, the newest offset among what was stored before that."""
    before = f"< now() - INTERVAL {LOOKED_BACK.days} DAY GROUP BY ALL"
    rows = client.query(
        "SELECT topic, partition, max(offset) FROM ("
        f"SELECT topic, partition, max(offset) AS offset FROM raw_events WHERE ingested_at {before} "
        f"UNION ALL SELECT topic, partition, max(offset) FROM raw_repeats WHERE ingested_at {before} "
        f"UNION ALL SELECT {_DEAD_LETTERS}, max(offset) FROM raw_dead_letters WHERE {_OF_RECORDS} AND received_at {before}"
        ") GROUP BY topic, partition"
    )
    return {(topic, partition): offset for topic, partition, offset in rows}


def _missing(client: Client, place: PartitionKey, first: int, last: int) -> list[PositionRange]:
    """The ranges between two offsets of which nothing is stored, whenever it was."""
    parameters = {"topic": place[0], "partition": place[1], "first": first, "last": last}
    where = "partition = %(partition)s AND offset BETWEEN %(first)s AND %(last)s"
    stored = (
        f"SELECT offset FROM raw_events WHERE topic = %(topic)s AND {where} "
        f"UNION ALL SELECT offset FROM raw_repeats WHERE topic = %(topic)s AND {where} "
        f"UNION ALL SELECT offset FROM raw_dead_letters WHERE original_topic = %(topic)s AND {where}"
    )
    full = dict(
        client.query(
            f"SELECT intDiv(offset, {_BUCKET}) AS bucket, groupBitmap(toUInt64(offset)) FROM ({stored}) GROUP BY bucket",
            parameters,
        )
    )
    missing: list[PositionRange] = []
    for bucket in range(first // _BUCKET, last // _BUCKET + 1):
        start, end = max(first, bucket * _BUCKET), min(last, bucket * _BUCKET + _BUCKET - 1)
        there = full.get(bucket, 0)
        if not there:
            _add(missing, start, end)
        elif there < end - start + 1:
            asked = f"SELECT offset FROM ({stored}) WHERE offset BETWEEN %(start)s AND %(end)s"
            known = {offset for (offset,) in client.query(asked, {**parameters, "start": start, "end": end})}
            for offset in range(start, end + 1):
                if offset not in known:
                    _add(missing, offset, offset)
    return missing


def _add(ranges: list[PositionRange], start: int, end: int) -> None:
    """Add a range at the end, to the last one if it goes on there."""
    if ranges and ranges[-1][1] == start - 1:
        ranges[-1] = (ranges[-1][0], end)
    else:
        ranges.append((start, end))
