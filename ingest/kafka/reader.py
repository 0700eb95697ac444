"""Reader: single records at known offsets, the newest records of a topic, and one key's whole log, for processes that only look."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from time import monotonic
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
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


async def read_records(settings: IngestSettings, positions: Collection[Position]) -> dict[Position, bytes | None]:
    """The values of records; a tombstone's is `None`, and one that Kafka no longer has is left out.

    Args:
        settings: where Kafka is.
        positions: where the records lie, before the end of their partitions.

    Raises:
        Unavailable: Kafka does not answer in time.
    """
    offsets = defaultdict(list)
    for topic, partition, offset in sorted(positions):
        offsets[TopicPartition(topic, partition)].append(offset)
    found: dict[Position, bytes | None] = {}
    if not offsets:
        return found
    consumer = AIOKafkaConsumer(
        **client_options(settings), enable_auto_commit=False, auto_offset_reset="none", group_id=None
    )
    try:
        await consumer.start()
        for place, wanted in offsets.items():
            consumer.assign([place])
            for offset, value in (await _of_partition(consumer, place, wanted)).items():
                found[place.topic, place.partition, offset] = value
    except (KafkaError, OSError) as error:
        raise Unavailable("Kafka", f"{type(error).__name__} {error}".strip()) from error
    finally:
        await consumer.stop()
    return found


async def _of_partition(
    consumer: AIOKafkaConsumer, place: TopicPartition, wanted: list[int]
) -> dict[int, bytes | None]:
    """The values at ascending offsets of the partition that is assigned."""
    found: dict[int, bytes | None] = {}
    next_ = 0
    while next_ < len(wanted):
        consumer.seek(place, wanted[next_])
        try:
            answer = await consumer.getmany(
                place, timeout_ms=round(PATIENCE.total_seconds() * 1000), max_records=AT_ONCE
            )
        except OffsetOutOfRangeError:
            next_ += 1
            continue
        records = answer.get(place)
        if not records:
            raise Unavailable("Kafka", f"no answer in time for {place.topic} {place.partition} at {wanted[next_]}")
        values = {record.offset: record.value for record in records}
        while next_ < len(wanted) and wanted[next_] <= records[-1].offset:
            if wanted[next_] in values:
                found[wanted[next_]] = values[wanted[next_]]
            next_ += 1
    return found


SILENT = 15.0
"""Seconds without a record after which Kafka is asked whether it is there."""


async def new_records(settings: IngestSettings, topic: str) -> AsyncIterator[list[bytes]]:
    """Batches of the topic's records that arrive from now on, none left out; an empty batch each second while nothing comes.

    Raises:
        Unavailable: Kafka is away, or has let go of records that were not read; start again.
    """
    # No reset on its own: it would leave out records, and nobody would hear of it.
    consumer = AIOKafkaConsumer(
        **client_options(settings), enable_auto_commit=False, auto_offset_reset="none", group_id=None
    )
    try:
        await consumer.start()
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
                await _see(consumer, partitions)
                heard = monotonic()
    except (KafkaError, OSError) as error:
        raise Unavailable("Kafka", str(error) or type(error).__name__) from error
    finally:
        await consumer.stop()


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
    consumer = AIOKafkaConsumer(
        **client_options(settings), enable_auto_commit=False, auto_offset_reset="none", group_id=None
    )
    try:
        await consumer.start()
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
                await _see(consumer, [place])
                heard = monotonic()
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable("Kafka", str(error) or type(error).__name__) from error
    finally:
        await consumer.stop()


def partition_of(settings: IngestSettings, key: str) -> int:
    """The partition in which a key's records are, as Kafka's own clients choose it."""
    numbers = list(range(settings.kafka_partitions))
    number: int = DefaultPartitioner()(key.encode(), numbers, numbers)
    return number


async def _see(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
    """See whether Kafka is there, and still has all that was read."""
    async with asyncio.timeout(SILENT):
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            if ends[partition] < await consumer.position(partition):
                raise Unavailable("Kafka", f"{partition.topic}-{partition.partition} is shorter than it was")
