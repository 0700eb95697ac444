"""Reader: a range of one partition's records, beside the stream that Faust reads."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition

from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.reader import open_consumer
from streams.partition.record_batch import RecordBatch
from warehouse.store.positions import PartitionKey, PositionRange

PATIENCE = timedelta(seconds=10)
"""How long nothing may come though there is something."""

BATCH_SIZE = 2_000


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
    async with open_consumer(settings, auto_offset_reset="earliest") as consumer:
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
