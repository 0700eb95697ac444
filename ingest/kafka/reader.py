"""Reader: single records at known offsets, the newest records of a topic, and one key's whole log, outside of any consumer group."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.partitioner import DefaultPartitioner

from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.client import client_options

PATIENCE = timedelta(seconds=5)
"""How long one answer may take."""

AT_ONCE = 500
"""Records that one answer holds at most."""

Position = tuple[str, int, int]
"""Topic, partition and Kafka's own offset."""


@asynccontextmanager
async def open_consumer(settings: IngestSettings, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of no group, which commits nothing.

    It does not move by itself when Kafka no longer has the record at which it stands: that would leave out records, and nobody would
    hear of it.

    Args:
        settings: where Kafka is.
        options: of aiokafka, beside ours or in their place.

    Raises:
        Unavailable: Kafka does not answer; also what is done with the consumer raises this.
    """
    ours = {"group_id": None, "enable_auto_commit": False, "auto_offset_reset": "none"}
    consumer = AIOKafkaConsumer(**client_options(settings), **(ours | options))
    try:
        await consumer.start()
        yield consumer
    except (KafkaError, OSError) as error:
        raise Unavailable("Kafka", f"{type(error).__name__} {error}".strip()) from error
    finally:
        await consumer.stop()


async def read_records(settings: IngestSettings, positions: Collection[Position]) -> dict[Position, bytes | None]:
    """The values of records; a tombstone's is `None`, and one that Kafka no longer has is left out.

    Args:
        settings: where Kafka is.
        positions: where the records lie, before the end of their partitions.

    Raises:
        Unavailable: Kafka does not answer in time.
    """
    left: dict[TopicPartition, list[int]] = defaultdict(list)
    """By partition the offsets that are not read yet, in descending order."""
    for topic, partition, offset in sorted(positions, reverse=True):
        left[TopicPartition(topic, partition)].append(offset)
    found: dict[Position, bytes | None] = {}
    if not left:
        return found
    async with open_consumer(settings) as consumer:
        consumer.assign(list(left))
        for place, offsets in left.items():
            consumer.seek(place, offsets[-1])
        while left:
            for place, records in (await _next_records(consumer, left)).items():
                values = {record.offset: record.value for record in records}
                reached = records[-1].offset if records else left[place][-1]
                while left[place] and left[place][-1] <= reached:
                    offset = left[place].pop()
                    if offset in values:
                        found[place.topic, place.partition, offset] = values[offset]
                if left[place]:
                    consumer.seek(place, left[place][-1])
                else:
                    del left[place]
                    consumer.pause(place)
    return found


async def _next_records(
    consumer: AIOKafkaConsumer, places: Collection[TopicPartition]
) -> dict[TopicPartition, list[ConsumerRecord]]:
    """Records of some of these partitions, from where each stands; none of a partition that has no record there any more."""
    try:
        found: dict[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(
            *places, timeout_ms=round(PATIENCE.total_seconds() * 1000), max_records=AT_ONCE
        )
    except OffsetOutOfRangeError as error:
        return {place: [] for place in error.args[0]}
    if not found:
        names = ", ".join(f"{place.topic}-{place.partition}" for place in places)
        raise Unavailable("Kafka", f"no record in time of {names}")
    return found


SILENT = 15.0
"""Seconds without a record after which Kafka is asked whether it is there."""


async def new_records(settings: IngestSettings, topic: str) -> AsyncIterator[list[bytes]]:
    """Batches of the topic's records that arrive from now on, none left out; an empty batch each second while nothing comes.

    Raises:
        Unavailable: Kafka is away, or has let go of records that were not read; start again.
    """
    async with open_consumer(settings) as consumer:
        partitions = [TopicPartition(topic, number) for number in range(settings.kafka_partitions)]
        consumer.assign(partitions)
        for partition, end in (await consumer.end_offsets(partitions)).items():
            consumer.seek(partition, end)
        heard = monotonic()
        while True:
            batches = await consumer.getmany(timeout_ms=1000)
            yield [record.value for records in batches.values() for record in records if record.value]
            if batches:
                heard = monotonic()
            elif monotonic() - heard > SILENT:
                await _check_ends(consumer, partitions)
                heard = monotonic()


class LogBatch(NamedTuple):
    """What came of a log."""

    values: list[bytes]
    """Records of the one key, in the order of the log."""
    is_whole: bool
    """Whether everything has been read that was there when reading began."""


async def key_log(settings: IngestSettings, topic: str, key: str) -> AsyncIterator[LogBatch]:
    """All of a topic's records with one key, from the oldest that Kafka has, and then those that come; a batch at least each second.

    Raises:
        Unavailable: Kafka is away, or has let go of records that were not read; start again.
    """
    async with open_consumer(settings) as consumer:
        place = TopicPartition(topic, partition_of(settings, key))
        consumer.assign([place])
        beginning, end = await consumer.beginning_offsets([place]), await consumer.end_offsets([place])
        consumer.seek(place, beginning[place])
        heard = monotonic()
        while True:
            records = (await consumer.getmany(place, timeout_ms=1000)).get(place, [])
            wanted = [one.value for one in records if one.key == key.encode() and one.value]
            yield LogBatch(wanted, await consumer.position(place) >= end[place])
            if records:
                heard = monotonic()
            elif monotonic() - heard > SILENT:
                await _check_ends(consumer, [place])
                heard = monotonic()


def partition_of(settings: IngestSettings, key: str) -> int:
    """The partition in which a key's records are, as Kafka's own clients choose it."""
    numbers = list(range(settings.kafka_partitions))
    number: int = DefaultPartitioner()(key.encode(), numbers, numbers)
    return number


async def _check_ends(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
    """Check that Kafka is there, and still has all that was read.

    Raises:
        Unavailable: it has let go of records.
        TimeoutError: it does not answer.
    """
    async with asyncio.timeout(SILENT):
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            if ends[partition] < await consumer.position(partition):
                raise Unavailable("Kafka", f"{partition.topic}-{partition.partition} is shorter than it was")
