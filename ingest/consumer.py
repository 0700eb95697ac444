"""Consumer: the newest records of a topic from now on, for processes that only watch."""

from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from ingest.errors import Unavailable
from ingest.kafka_client import client_options
from ingest.settings import IngestSettings


async def watch(settings: IngestSettings, topic: str) -> AsyncIterator[list[bytes]]:
    """Batches of the topic's records that arrive from now on; an empty batch each second while nothing comes.

    Raises:
        Unavailable: Kafka is away; start again.
    """
    consumer = AIOKafkaConsumer(
        **client_options(settings), enable_auto_commit=False, auto_offset_reset="latest", group_id=None
    )
    try:
        await consumer.start()
        partitions = [TopicPartition(topic, number) for number in range(settings.kafka_partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        while True:
            batches = await consumer.getmany(timeout_ms=1000)
            yield [record.value for records in batches.values() for record in records if record.value]
    except (KafkaError, OSError) as error:
        raise Unavailable("Kafka", str(error)) from error
    finally:
        await consumer.stop()
