"""Kafka log: where partitions begin, end and stood at a time, for those who compare what is stored with what was sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from kafka import KafkaAdminClient, TopicPartition

from ingest.clock import milliseconds
from ingest.kafka_admin import admin
from ingest.kafka_extent import Place, committed, held_by
from ingest.settings import IngestSettings


class Log(NamedTuple):
    """One partition; offsets are Kafka's own."""

    earliest: int
    """First offset that is still there."""
    latest: int
    """Offset after the last one."""
    committed: int | None
    """Offset after the last one that the group has processed; `None`: it has said nothing."""
    starts: tuple[int, ...]
    """For each asked moment the first offset that Kafka took then or later; never less than the one before."""


class Logs(NamedTuple):
    """Partitions at one time."""

    cluster: str
    """Id of the Kafka cluster."""
    logs: dict[Place, Log]


def read_logs(
    settings: IngestSettings, topics: Sequence[str], moments: Sequence[datetime] = (), group: str | None = None
) -> Logs:
    """Where the partitions of some topics begin, end and stood; topics that Kafka does not have are left out.

    Args:
        settings: where Kafka is.
        topics: names.
        moments: real times, oldest first.
        group: consumer group that processes them.

    Raises:
        Unavailable: Kafka does not answer.
    """
    with admin(settings) as client:
        told = committed(client, group) if group else {}
        cluster, held = held_by(client, topics)
        filled = {place: extent.first for place, extent in held.items() if extent.end > extent.first}
        starts = _starts(client, filled, moments)
    return Logs(
        cluster,
        {
            place: Log(
                first,
                end,
                told.get(place),
                tuple(end if start is None else start for start in starts.get(place, [None] * len(moments))),
            )
            for place, (first, end) in held.items()
        },
    )


def _starts(
    client: KafkaAdminClient, earliest: dict[Place, int], moments: Sequence[datetime]
) -> dict[Place, list[int | None]]:
    """By partition, for each moment the first offset that Kafka took then or later; `None` when there is none.

    Kafka is asked only for moments that its last answer leaves open: hours without records cost nothing.
    """
    starts: dict[Place, list[int | None]] = {place: [] for place in earliest}
    known: dict[Place, tuple[int | None, int]] = {place: (offset, -1) for place, offset in earliest.items()}
    for moment in moments:
        asked = milliseconds(moment)
        open_ = [
            TopicPartition(*place) for place, (offset, at_ms) in known.items() if offset is not None and at_ms < asked
        ]
        for partition, found in client.list_partition_offsets(dict.fromkeys(open_, asked)).items() if open_ else ():
            place = (partition.topic, partition.partition)
            before = known[place][0] or 0
            known[place] = (max(before, found.offset) if found.offset >= 0 else None, found.timestamp)
        for place, (offset, _) in known.items():
            starts[place].append(offset)
    return starts
