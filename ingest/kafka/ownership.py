"""Ownership: which of several equal processes acts for a key at a time - the one to whom a consumer group gives the key's partition.

Kafka ends a member that has been silent for `SESSION`, and another gets the partition. A member that was frozen meanwhile learns of it
late: what it writes before must do no harm (`ingest/contract/events/alarm.py`).
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from ingest.contract.settings import IngestSettings
from ingest.kafka.client import client_options
from ingest.kafka.reader import partition_of
from ingest.runtime.backoff import BackOff

log = logging.getLogger(__name__)

SESSION = timedelta(seconds=10)
"""After which silence of a process another takes over."""
LONGEST_WAIT = timedelta(seconds=10)


class KeyOwnership(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Whether this process acts for a key.

    Args:
        settings: where Kafka is.
        topic: the topic whose partition decides.
        key: the key.
        group: the group's id; all who act for this key are in it, and nobody else.
    """

    def __init__(self, settings: IngestSettings, topic: str, key: str, group: str) -> None:
        self._settings = settings
        self._topic = topic
        self._partition = partition_of(settings, key)
        self._group = group
        self.is_ours = False

    async def run(self) -> None:
        """Be a member of the group until cancelled."""
        backoff = BackOff(most=LONGEST_WAIT)
        while True:
            try:
                await self._join(backoff)
            except (KafkaError, OSError, TimeoutError) as error:
                self.is_ours = False
                if not backoff.failures:
                    log.warning("waiting for Kafka: %s", str(error) or type(error).__name__)
                await asyncio.sleep(backoff.seconds())

    async def _join(self, backoff: BackOff) -> None:
        consumer = AIOKafkaConsumer(
            **client_options(self._settings),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            session_timeout_ms=round(SESSION.total_seconds() * 1000),
            heartbeat_interval_ms=1000,
            metadata_max_age_ms=5000,
        )
        try:
            await consumer.start()
            consumer.subscribe([self._topic], listener=self)
            while True:
                await consumer.getmany(timeout_ms=1000)  # its records are read elsewhere; this keeps the membership
                consumer.pause(*consumer.assignment())
                if consumer.assignment():
                    backoff.reset()
        finally:
            self.is_ours = False
            await consumer.stop()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Another may act from now on."""
        if self.is_ours:
            log.info("another process acts for %s from now on", self._topic)
        self.is_ours = False

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """The partitions that are ours."""
        self.is_ours = any(one.partition == self._partition for one in assigned)
        if self.is_ours:
            log.info("this process acts for %s", self._topic)
