"""Kafka log: where partitions begin, end and stood at a time, for those who compare what is stored with what was sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import CoordinatorNotAvailableError

from ingest.clock import milliseconds
from ingest.kafka_admin import admin
from ingest.kafka_extent import Place
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
        cluster = str(client.describe_cluster()["cluster_id"])
        names = sorted(set(topics) & set(client.list_topics()))
        described = client.describe_topics(names) if names else []
        places = [
            TopicPartition(topic["name"], part["partition_index"])
            for topic in described
            for part in topic["partitions"]
        ]
        if not places:
            return Logs(cluster, {})
        committed = _committed(client, group) if group else {}
        earliest = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
        latest = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        filled = [place for place in places if latest[place].offset > earliest[place].offset]
        starts = _starts(client, {place: earliest[place].offset for place in filled}, moments)
    return Logs(
        cluster,
        {
            (place.topic, place.partition): Log(
                earliest[place].offset,
                latest[place].offset,
                committed.get(place),
                tuple(
                    latest[place].offset if start is None else start
                    for start in starts.get(place, [None] * len(moments))
                ),
            )
            for place in places
        },
    )


def _starts(
    client: KafkaAdminClient, earliest: dict[TopicPartition, int], moments: Sequence[datetime]
) -> dict[TopicPartition, list[int | None]]:
    """By partition, for each moment the first offset that Kafka took then or later; `None` when there is none.

    Kafka is asked only for moments that its last answer leaves open: hours without records cost nothing.
    """
    starts: dict[TopicPartition, list[int | None]] = {place: [] for place in earliest}
    known: dict[TopicPartition, tuple[int | None, int]] = {place: (offset, -1) for place, offset in earliest.items()}
    for moment in moments:
        asked = milliseconds(moment)
        open_ = [place for place, (offset, at_ms) in known.items() if offset is not None and at_ms < asked]
        for place, found in client.list_partition_offsets(dict.fromkeys(open_, asked)).items() if open_ else ():
            before = known[place][0] or 0
            known[place] = (max(before, found.offset) if found.offset >= 0 else None, found.timestamp)
        for place, (offset, _) in known.items():
            starts[place].append(offset)
    return starts


def _committed(client: KafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    try:
        said = client.list_group_offsets(group)[group]
    except CoordinatorNotAvailableError:
        return {}
    return {place: position.offset for place, position in said.items() if position.offset >= 0}
