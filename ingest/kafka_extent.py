"""Kafka extent: which cluster it is, from where to where it holds each partition, and what a group has committed: the one reader of offsets."""

from collections.abc import Collection
from typing import NamedTuple

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import CoordinatorNotAvailableError

from ingest.events import streams
from ingest.kafka_admin import admin, wanted_topics
from ingest.settings import IngestSettings
from ingest.topic import topic_of

Place = tuple[str, int]
"""Topic and partition."""


class Extent(NamedTuple):
    """The records that Kafka holds of one partition."""

    first: int
    """Offset of the oldest one that is still there."""
    end: int
    """Offset that the next one will have."""


class Held(NamedTuple):
    """What a Kafka holds."""

    cluster: str
    extents: dict[Place, Extent]


def held(settings: IngestSettings, topics: Collection[str] = ()) -> Held:
    """What Kafka holds, of the topics that are there.

    Args:
        settings: which Kafka.
        topics: which topics; those of our events, if none are named.

    Raises:
        Unavailable: nobody answers.
    """
    with admin(settings) as client:
        return held_by(client, topics or {topic_of(stream) for stream in streams()})


def sizes(settings: IngestSettings) -> dict[str, int]:
    """By declared topic that is there, how many records were ever written to it.

    Raises:
        Unavailable: nobody answers.
    """
    written: dict[str, int] = {}
    for (topic, _), extent in held(settings, [topic.name for topic in wanted_topics(settings)]).extents.items():
        written[topic] = written.get(topic, 0) + extent.end
    return written


def held_by(client: KafkaAdminClient, topics: Collection[str]) -> Held:
    """What the Kafka of an open connection holds of some topics; those that are not there are left out."""
    cluster = str(client.describe_cluster()["cluster_id"])
    names = sorted(set(topics) & set(client.list_topics()))
    described = client.describe_topics(names) if names else []
    return Held(
        cluster,
        extents(
            client, [(topic["name"], part["partition_index"]) for topic in described for part in topic["partitions"]]
        ),
    )


def extents(client: KafkaAdminClient, places: Collection[Place]) -> dict[Place, Extent]:
    """From where to where Kafka holds each of these partitions, which must be there."""
    if not places:
        return {}
    partitions = [TopicPartition(*place) for place in places]
    firsts = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
    ends = client.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
    return {(one.topic, one.partition): Extent(firsts[one].offset, ends[one].offset) for one in partitions}


def committed(client: KafkaAdminClient, group: str) -> dict[Place, int]:
    """By partition, the offset after the last record that a group has said to have processed; empty while it has said nothing."""
    try:
        said = client.list_group_offsets(group)[group]
    except CoordinatorNotAvailableError:
        return {}
    return {(one.topic, one.partition): position.offset for one, position in said.items() if position.offset >= 0}
