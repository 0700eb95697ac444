"""Lag: how far a consumer group is behind, in records and in seconds, asked of Kafka itself, so that it shows also when the group is dead."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from aiokafka import TopicPartition

from ingest.contract.settings import IngestSettings
from ingest.kafka.admin import connect_admin
from ingest.kafka.offsets import PartitionKey, committed_offsets, read_extents
from ingest.kafka.reader import open_consumer

PATIENCE = timedelta(seconds=5)
"""How long the oldest records may take to come."""


class Lag(NamedTuple):
    """How far a topic's readers are behind."""

    records: int
    seconds: float
    """Age of the oldest unprocessed record by Kafka's timestamp and the real clock; 0 when there is none."""


def group_lags(settings: IngestSettings, group: str) -> dict[str, Lag]:
    """By topic, how far a group is behind, of the topics that it has committed to at all.

    Raises:
        Unavailable: Kafka does not answer.
    """
    behind = _behind(settings, group)
    waiting = {place: first for place, (first, records) in behind.items() if records}
    oldest = asyncio.run(_times(settings, waiting)) if waiting else {}
    now, found = time.time(), dict[str, Lag]()
    for place, (_, records) in sorted(behind.items()):
        known = found.get(place[0], Lag(0, 0.0))
        age = max(0.0, now - oldest.get(place, now))
        found[place[0]] = Lag(known.records + records, max(known.seconds, round(age, 1)))
    return found


def records_behind(settings: IngestSettings, group: str) -> dict[str, int]:
    """By topic, how many records a group has not committed yet, of the topics that it has committed to at all.

    Raises:
        Unavailable: Kafka does not answer.
    """
    found: dict[str, int] = {}
    for (topic, _), (_, records) in sorted(_behind(settings, group).items()):
        found[topic] = found.get(topic, 0) + records
    return found


def _behind(settings: IngestSettings, group: str) -> dict[PartitionKey, tuple[int, int]]:
    """By partition, the offset of the first record that a group has not committed, and how many there are from it on."""
    behind: dict[PartitionKey, tuple[int, int]] = {}
    with connect_admin(settings) as client:
        done = committed_offsets(client, group)
        for place, extent in read_extents(client, done.keys()).items():
            first = max(done[place], extent.first)
            behind[place] = first, max(0, extent.end - first)
    return behind


async def _times(settings: IngestSettings, waiting: Mapping[PartitionKey, int]) -> dict[PartitionKey, float]:
    """When, in seconds since 1970, Kafka took the records at these places."""
    places = {TopicPartition(*place): place for place in waiting}
    found: dict[PartitionKey, float] = {}
    async with open_consumer(settings, auto_offset_reset="latest", max_partition_fetch_bytes=4096) as consumer:
        consumer.assign(list(places))
        for place, name in places.items():
            consumer.seek(place, waiting[name])
        until = time.monotonic() + PATIENCE.total_seconds()
        while places and time.monotonic() < until:
            for place, records in (await consumer.getmany(*places, timeout_ms=500, max_records=len(places))).items():
                found[places.pop(place)] = records[0].timestamp / 1000
    return found
