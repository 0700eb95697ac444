"""Kafka's log, read from its beginning to its end: what every other count is held against."""

import asyncio
import json
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from xxhash import xxh64_intdigest

from ingest.contract.events import streams
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS, topic_of
from ingest.kafka.client import client_options

PartitionKey = tuple[str, int]


class KafkaRecord(NamedTuple):
    """One record."""

    offset: int
    id: str
    """As it says itself; empty where it does not."""
    hash: int
    """Of its value."""


def read_log(ingest: IngestSettings) -> dict[PartitionKey, list[KafkaRecord]]:
    """Every record of the event topics and of the dead letters, by topic and partition."""
    return asyncio.run(_read(ingest))


def ends(ingest: IngestSettings) -> dict[PartitionKey, int]:
    """By topic and partition, the offset after the last record."""
    return asyncio.run(_ends(ingest))


def event_records(ingest: IngestSettings) -> int:
    """How many records the event topics have."""
    return sum(end for (topic, _), end in ends(ingest).items() if topic != DEAD_LETTERS)


def topic_names() -> list[str]:
    """The topics in question."""
    return [*map(topic_of, streams()), DEAD_LETTERS]


async def _ends(ingest: IngestSettings) -> dict[PartitionKey, int]:
    consumer = AIOKafkaConsumer(**client_options(ingest), enable_auto_commit=False)
    await consumer.start()
    try:
        return {(one.topic, one.partition): end for one, end in (await _last(consumer, ingest)).items()}
    finally:
        await consumer.stop()


async def _last(consumer: AIOKafkaConsumer, ingest: IngestSettings) -> dict[TopicPartition, int]:
    places = [TopicPartition(topic, n) for topic in topic_names() for n in range(ingest.kafka_partitions)]
    consumer.assign(places)
    found: dict[TopicPartition, int] = await consumer.end_offsets(places)
    return found


async def _read(ingest: IngestSettings) -> dict[PartitionKey, list[KafkaRecord]]:
    consumer = AIOKafkaConsumer(
        **client_options(ingest),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4_194_304,
    )
    await consumer.start()
    try:
        last = await _last(consumer, ingest)
        await consumer.seek_to_beginning(*last)
        log: dict[PartitionKey, list[KafkaRecord]] = {(one.topic, one.partition): [] for one in last}
        left = {one for one, end in last.items() if end > 0}
        while left:
            for place, records in (await consumer.getmany(timeout_ms=2000)).items():
                kept = log[(place.topic, place.partition)]
                kept += [KafkaRecord(one.offset, _id(one.value), xxh64_intdigest(one.value or b"")) for one in records]
                if kept and kept[-1].offset + 1 >= last[place]:
                    left.discard(place)
        return log
    finally:
        await consumer.stop()


def _id(value: bytes | None) -> str:
    try:
        told = json.loads(value or b"")
    except ValueError:  # also of what is not UTF-8
        return ""
    return str(told.get("id", "")) if isinstance(told, dict) else ""
