"""Kafka extent: which cluster it is, and from where to where it holds each partition of our events."""

from collections.abc import Collection
from typing import NamedTuple

from kafka import TopicPartition
from kafka.admin import OffsetSpec

from ingest.events import streams
from ingest.kafka_admin import admin
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
    ours = set(topics) or {topic_of(stream) for stream in streams()}
    with admin(settings) as client:
        cluster = str(client.describe_cluster()["cluster_id"])
        names = sorted(ours & set(client.list_topics()))
        described = client.describe_topics(names) if names else []
        places = [
            TopicPartition(topic["name"], part["partition_index"])
            for topic in described
            for part in topic["partitions"]
        ]
        firsts = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST)) if places else {}
        ends = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST)) if places else {}
    return Held(
        cluster,
        {(place.topic, place.partition): Extent(firsts[place].offset, ends[place].offset) for place in places},
    )
