"""Kafka's log, read from its beginning to its end: what every other count is held against."""

import asyncio
import json
from typing import NamedTuple

from aiokafka import TopicPartition
from xxhash import xxh64_intdigest

from ingest.contract.events import streams
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS, topic_of
from ingest.kafka.offsets import PartitionKey, held_records
from ingest.kafka.reader import open_consumer


class KafkaRecord(NamedTuple):
    """One record."""

    offset: int
    id: str
    """As it says itself; empty where it does not."""
    hash: int
    """Of its value."""


def read_log(ingest: IngestSettings) -> dict[PartitionKey, list[KafkaRecord]]:
    """Every record of the event topics and of the dead letters, by topic and partition."""
    held = held_records(ingest, [*map(topic_of, streams()), DEAD_LETTERS])
    return asyncio.run(_read(ingest, {place: extent.end for place, extent in held.extents.items()}))


def event_records(ingest: IngestSettings) -> int:
    """How many records the event topics have.

    Raises:
        Unavailable: Kafka does not answer.
    """
    return sum(extent.end for extent in held_records(ingest).extents.values())


async def _read(ingest: IngestSettings, ends: dict[PartitionKey, int]) -> dict[PartitionKey, list[KafkaRecord]]:
    async with open_consumer(ingest, max_partition_fetch_bytes=4_194_304) as consumer:
        consumer.assign([TopicPartition(*place) for place in ends])
        await consumer.seek_to_beginning()
        log: dict[PartitionKey, list[KafkaRecord]] = {place: [] for place in ends}
        left = {place for place, end in ends.items() if end > 0}
        while left:
            for partition, records in (await consumer.getmany(timeout_ms=2000)).items():
                place = (partition.topic, partition.partition)
                kept = log[place]
                kept += [KafkaRecord(one.offset, _id(one.value), xxh64_intdigest(one.value or b"")) for one in records]
                if kept and kept[-1].offset + 1 >= ends[place]:
                    left.discard(place)
        return log


def _id(value: bytes | None) -> str:
    try:
        told = json.loads(value or b"")
    except ValueError:  # also of what is not UTF-8
        return ""
    return str(told.get("id", "")) if isinstance(told, dict) else ""
