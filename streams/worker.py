"""Worker: one process's part of the work - its partitions, the pipeline that their records go through, and what happens after faults.

Everything here runs in one event loop; what blocks runs in threads of `warehouse_connections`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ingest.contract.clock import Clock
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.producer import Producer
from streams.assignment import Assignment
from streams.halted import HaltedPartitions
from streams.partition.consumer import Consumer
from streams.partition.record_batch import RecordBatch
from streams.partition.state import PartitionKey, PartitionState
from streams.pipeline import Pipeline
from streams.poison.attempts import Attempts
from streams.poison.suspicion import SuspectError, suspecting
from streams.recovery.recovery import Recovery
from streams.recovery.take_up import Tools
from streams.settings import StreamsSettings
from streams.validate import RecordValidator
from streams.warehouse_connections import SettledWarehouse, Stopping, WorkerWarehouse
from streams.watchdog.freeze import FreezeWatchdog
from streams.write.announcer import Announcer
from streams.write.flusher import BatchFlusher
from streams.write.late_stocks import LateStockWork
from streams.write.writer import BatchWriter
from warehouse.store.client import Client

log = logging.getLogger(__name__)

LAST_FLUSH = 5.0
"""Seconds that the last flush of partitions may take that are given up; whoever has them next reads from Kafka what it missed."""


class Worker:
    """One worker's partitions, from Kafka's batches to the warehouse.

    Args:
        settings: how it batches and remembers.
        ingest: which Kafka.
        writer: a connection for what is written.
        reader: another one for what is asked.
        producer: where dead letters and pushes go; the worker starts it.
        clock: the install's.
        consumer: who reads Kafka for it.
    """

    def __init__(
        self,
        settings: StreamsSettings,
        ingest: IngestSettings,
        writer: Client,
        reader: Client,
        producer: Producer,
        clock: Clock,
        consumer: Consumer,
    ) -> None:
        self.stopping = stopping = Stopping()
        self.moves = 0
        """Grows with everything that is taken or recovered; for whoever watches that something is."""
        self.partitions: dict[PartitionKey, PartitionState] = {}
        """Its partitions, as far as each has got."""
        self.consumer = consumer
        """Who reads Kafka for it."""
        self._guard = FreezeWatchdog()
        store = WorkerWarehouse(writer, reader, stopping, self._guard)
        validator = RecordValidator(producer, clock, stopping)
        writing = BatchWriter(store, Announcer(producer, stopping), clock, stopping)
        attempts = Attempts(settings.notes(ingest.data_folder))
        recovery = Recovery(Tools(ingest, store, validator, writing, attempts, clock, stopping, self._moved))
        halted = HaltedPartitions(store, stopping)
        self._flushing = BatchFlusher(settings, self.partitions, consumer, writing, attempts, clock, stopping)
        self._late = LateStockWork(store, writing, self._flushing.lock, stopping, self._moved, settings.recompute_every)
        self._assignment = Assignment(self.partitions, consumer, recovery, halted, self._flushing, producer, stopping)
        past = SettledWarehouse(store, self._flushing.flush)
        self._pipeline = Pipeline(validator, past, self._flushing, halted, attempts, self._moved)

    def is_open(self, place: PartitionKey) -> bool:
        """Whether records of a partition are taken now; what is not taken has to be read again later."""
        partition = self.partitions.get(place)
        return partition is not None and partition.is_open

    def highwater(self, place: PartitionKey) -> int | None:
        """Kafka's offset after the last record of a partition; `None` while that is not known."""
        return self.consumer.highwater(place)

    def positions(self) -> dict[PartitionKey, int]:
        """Kafka's offset of the next record of each partition that should get on; of one that has not recovered, -1."""
        places = dict.fromkeys(self._assignment.awaited, -1)
        return places | {
            place: partition.kafka_offset
            for place, partition in list(self.partitions.items())
            if not partition.is_halted
        }

    def committed(self) -> dict[PartitionKey, int]:
        """Kafka's offset after the last queryable record of each partition, for lag monitors only."""
        offsets = {
            place: partition.noted_offset for place, partition in self.partitions.items() if partition.written >= 0
        }
        return {place: offset for place, offset in offsets.items() if offset > 0}

    async def assigned(self, places: set[PartitionKey]) -> None:
        """Have these partitions, and no others; returns at once, and reads each as soon as it has recovered."""
        await self._assignment.have(places)

    async def recovered(self) -> None:
        """Wait until every partition is read."""
        await self._assignment.recovered()

    async def revoked(self) -> None:
        """Write what there is and leave a fresh snapshot for whoever comes next."""
        await self._assignment.stop_recovering()
        self._assignment.awaited = set()
        try:
            async with asyncio.timeout(LAST_FLUSH):
                await self._flushing.flush(snapshot=True)
        except (TimeoutError, Unavailable, SuspectError) as error:
            if isinstance(error, SuspectError):
                self._assignment.suspect(error)
            log.warning("partitions revoked without a last flush (their next owner reads from Kafka): %r", error)
        self._assignment.release_all()
        self._flushing.forget()

    async def take(self, place: PartitionKey, batch: RecordBatch) -> None:
        """Take one batch, by Kafka's offsets; returns when it may be followed by the next."""
        if not self.is_open(place) or self.stopping:
            return
        partition = self.partitions[place]
        batch = batch.moved(partition.base)
        try:
            with suspecting((place, batch.offsets[-1])):
                if await self._assignment.follows(partition, batch.offsets[0]):
                    await self._pipeline.take(partition, batch)
            await self._flushing.make_room()
        except SuspectError as error:
            await self._begin_anew(error)
        except Unavailable:
            if not self.stopping:
                raise

    async def run(self) -> None:
        """Flush what changes, and look at what moves with the clock, until cancelled."""
        self._guard.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._kept_up(self._flushing.run))
            tasks.create_task(self._kept_up(lambda: self._late.run(self.partitions)))
            tasks.create_task(self._assignment.watch_halted())

    async def _kept_up(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do work that goes on until the worker stops, again after every fault that a record may be to blame for."""
        while True:
            try:
                return await work()
            except SuspectError as error:
                await self._begin_anew(error)

    async def _begin_anew(self, error: SuspectError) -> None:
        """Take up again, carefully, where a record may be to blame: what an exception has left half changed is gone then.

        When a block could not be written, this goes for all partitions: their folds have given what is lost with it.
        """
        log.error("work failed, perhaps because of the content of a record: %s", error, exc_info=_without_texts(error))
        self._assignment.suspect(error)
        await self._assignment.stop_recovering()
        self._assignment.take_up_again(error.suspects)
        try:
            await self._flushing.flush()
        except SuspectError as another:
            self._assignment.suspect(another)
        except Unavailable:
            if self.stopping:
                return
            raise
        if self._flushing.is_torn:
            self._assignment.take_up_again(self.partitions)
            async with self._flushing.lock:
                self._flushing.forget()
        await self._assignment.begin_recovering()

    def _moved(self) -> None:
        self.moves += 1


def _without_texts(error: SuspectError) -> tuple[type[Exception], Exception, Any]:
    """Where an error comes from, without the texts of the errors behind it: they may hold what a record says."""
    cause = error.__cause__
    return SuspectError, Exception(type(cause).__name__), cause.__traceback__ if cause else None
