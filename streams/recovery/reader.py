"""Kafka read: single records and bounded stretches of a log, beside the stream that Faust reads."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.client import client_options
from streams.partition.record_batch import RecordBatch
from warehouse.store.positions import PartitionKey, PositionRange

PATIENCE = timedelta(seconds=10)
"""How long nothing may come though there is something."""

BATCH_SIZE = 2_000


async def read_records_at(settings: IngestSettings, wanted: Mapping[PartitionKey, int]) -> dict[PartitionKey, bytes]:
    """The values of single records, one a partition, of those that are there.

    Raises:
        Unavailable: Kafka is away.
    """
    found: dict[PartitionKey, bytes] = {}
    if not wanted:
        return found
    async with _consumer(settings) as consumer:
        consumer.assign([TopicPartition(*place) for place in wanted])
        for place, offset in wanted.items():
            consumer.seek(TopicPartition(*place), offset)
        left = {TopicPartition(*place) for place in wanted}
        while left:
            for partition, records in (await _some(consumer, left, len(left))).items():
                if records[0].offset == wanted[partition.topic, partition.partition]:
                    found[partition.topic, partition.partition] = records[0].value or b""
                left.discard(partition)
                consumer.pause(partition)
    return found


async def read_range(
    settings: IngestSettings, place: PartitionKey, wanted: PositionRange
) -> AsyncIterator[RecordBatch]:
    """The records of a stretch of one partition, in order.

    Args:
        settings: which Kafka.
        place: topic and partition.
        wanted: first and last offset, both included; they must be there.

    Raises:
        Unavailable: Kafka is away.
    """
    first, last = wanted
    async with _consumer(settings) as consumer:
        partition = TopicPartition(*place)
        consumer.assign([partition])
        consumer.seek(partition, first)
        reached = first - 1
        while reached < last:
            records = (await _some(consumer, {partition}, BATCH_SIZE))[partition]
            reached = records[-1].offset
            inside = [one for one in records if one.offset <= last]
            if inside:
                yield RecordBatch(
                    [one.offset for one in inside], [one.value for one in inside], [one.key for one in inside]
                )


async def _some(consumer: AIOKafkaConsumer, partitions: set[TopicPartition], most: int) -> dict[TopicPartition, list]:  # type: ignore[type-arg]
    """Some records of these partitions.

    Raises:
        Unavailable: none comes.
    """
    until = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
    while asyncio.get_running_loop().time() < until:
        found = await consumer.getmany(*partitions, timeout_ms=500, max_records=most)
        if found := {partition: records for partition, records in found.items() if records}:
            return found
    raise Unavailable("Kafka", f"no record of {', '.join(f'{one.topic}-{one.partition}' for one in partitions)}")


@asynccontextmanager
async def _consumer(settings: IngestSettings) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        **client_options(settings), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        yield consumer
    except (KafkaError, OSError) as error:
        raise Unavailable("Kafka", f"{type(error).__name__} {error}") from error
    finally:
        await consumer.stop()
