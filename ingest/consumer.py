"""Consumer: the newest records of a topic from now on, for processes that only watch."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from ingest.errors import Unavailable
from ingest.kafka_client import client_options
from ingest.settings import IngestSettings

SILENT = 15.0
"""Seconds without a record after which Kafka is asked whether it is there."""


async def watch(settings: IngestSettings, topic: str) -> AsyncIterator[list[bytes]]:
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


async def _see(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
    """See whether Kafka is there, and still has all that was read."""
    async with asyncio.timeout(SILENT):
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            if ends[partition] < await consumer.position(partition):
                raise Unavailable("Kafka", f"{partition.topic}-{partition.partition} is shorter than it was")
