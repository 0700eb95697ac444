"""Offsets: which cluster it is, and where partitions begin, end and stood at a time, for whoever compares what is stored with what was sent."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import CoordinatorNotAvailableError

from ingest.contract.clock import milliseconds
from ingest.contract.events import streams
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of
from ingest.kafka.admin import connect_admin, wanted_topics

PartitionKey = tuple[str, int]
"""Topic and partition."""


class Extent(NamedTuple):
    """The records that Kafka holds of one partition."""

    first: int
    """Offset of the oldest one that is still there."""
    end: int
    """Offset that the next one will have."""


class HeldRecords(NamedTuple):
    """What a Kafka holds."""

    cluster: str
    extents: dict[PartitionKey, Extent]


def held_records(settings: IngestSettings, topics: Collection[str] = ()) -> HeldRecords:
    """What Kafka holds, of the topics that are there.

    Args:
        settings: which Kafka.
        topics: which topics; those of our events, if none are named.

    Raises:
        Unavailable: nobody answers.
    """
    with connect_admin(settings) as client:
        return held_records_of(client, topics or {topic_of(stream) for stream in streams()})


def topic_sizes(settings: IngestSettings) -> dict[str, int]:
    """By declared topic that is there, how many records were ever written to it.

    Raises:
        Unavailable: nobody answers.
    """
    written: dict[str, int] = {}
    for (topic, _), extent in held_records(settings, [topic.name for topic in wanted_topics(settings)]).extents.items():
        written[topic] = written.get(topic, 0) + extent.end
    return written


def held_records_of(client: KafkaAdminClient, topics: Collection[str]) -> HeldRecords:
    """What the Kafka of an open connection holds of some topics; those that are not there are left out."""
    cluster = str(client.describe_cluster()["cluster_id"])
    names = sorted(set(topics) & set(client.list_topics()))
    described = client.describe_topics(names) if names else []
    return HeldRecords(
        cluster,
        read_extents(
            client, [(topic["name"], part["partition_index"]) for topic in described for part in topic["partitions"]]
        ),
    )


def read_extents(client: KafkaAdminClient, places: Collection[PartitionKey]) -> dict[PartitionKey, Extent]:
    """From where to where Kafka holds each of these partitions, which must be there."""
    if not places:
        return {}
    partitions = [TopicPartition(*place) for place in places]
    firsts = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
    ends = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    return {(one.topic, one.partition): Extent(firsts[one].offset, ends[one].offset) for one in partitions}


def committed_offsets(client: KafkaAdminClient, group: str) -> dict[PartitionKey, int]:
    """By partition, the offset after the last record that a group has said to have processed; empty while it has said nothing."""
    try:
        said = client.list_group_offsets(group)[group]
    except CoordinatorNotAvailableError:
        return {}
    return {(one.topic, one.partition): position.offset for one, position in said.items() if position.offset >= 0}


class LogExtent(NamedTuple):
    """One partition; offsets are Kafka's own."""

    earliest: int
    """First offset that is still there."""
    latest: int
    """Offset after the last one."""
    committed: int | None
    """Offset after the last one that the group has processed; `None`: it has said nothing."""
    starts: tuple[int, ...]
    """For each asked moment the first offset that Kafka took then or later; never less than the one before."""


class LogExtents(NamedTuple):
    """Partitions at one time."""

    cluster: str
    """Id of the Kafka cluster."""
    logs: dict[PartitionKey, LogExtent]


def read_logs(
    settings: IngestSettings, topics: Sequence[str], moments: Sequence[datetime] = (), group: str | None = None
) -> LogExtents:
    """Where the partitions of some topics begin, end and stood; topics that Kafka does not have are left out.

    Args:
        settings: where Kafka is.
        topics: names.
        moments: real times, oldest first.
        group: consumer group that processes them.

    Raises:
        Unavailable: Kafka does not answer.
    """
    with connect_admin(settings) as client:
        told = committed_offsets(client, group) if group else {}
        cluster, held = held_records_of(client, topics)
        filled = {place: extent.first for place, extent in held.items() if extent.end > extent.first}
        starts = _starts(client, filled, moments)
    return LogExtents(
        cluster,
        {
            place: LogExtent(
                first,
                end,
                told.get(place),
                tuple(end if start is None else start for start in starts.get(place, [None] * len(moments))),
            )
            for place, (first, end) in held.items()
        },
    )


def _starts(
    client: KafkaAdminClient, earliest: dict[PartitionKey, int], moments: Sequence[datetime]
) -> dict[PartitionKey, list[int | None]]:
    """By partition, for each moment the first offset that Kafka took then or later; `None` when there is none.

    Kafka is asked only for moments that its last answer leaves open: hours without records cost nothing.
    """
    starts: dict[PartitionKey, list[int | None]] = {place: [] for place in earliest}
    known: dict[PartitionKey, tuple[int | None, int]] = {place: (offset, -1) for place, offset in earliest.items()}
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
