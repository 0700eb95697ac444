"""Kafka record: reading single records that lie at known offsets, for those who look something up."""

from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from ingest.errors import Unavailable
from ingest.kafka_client import client_options
from ingest.settings import IngestSettings

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
