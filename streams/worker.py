"""Worker: the shell around the fold. Takes chunks of records, folds them, and has what comes out written.

While one block is being written the next chunks are folded. How a partition is taken up is `recovery/`, what of a chunk counts is `validate`,
in which order a block is written is `writer`. Everything here runs in one event loop; what blocks runs in threads of `warehouse_connections`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, Protocol

from ingest.contract.clock import Clock
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS
from ingest.kafka.producer import Producer
from ingest.runtime.failpoint import failpoint
from streams.halted import HaltedPartitions
from streams.partition.record_batch import RecordBatch
from streams.partition.state import PartitionKey, PartitionState
from streams.poison.attempts import Attempts
from streams.poison.suspicion import SuspectError, Suspicion, suspecting
from streams.recovery.recovery import Recovery
from streams.recovery.take_up import Tools, rebuild_entities
from streams.settings import StreamsSettings
from streams.validate import RecordValidator, parse_dead_letters, validate_records
from streams.warehouse_connections import Stopping, WorkerWarehouse
from streams.watchdog import exit
from streams.watchdog.freeze import FreezeWatchdog
from streams.write.flusher import BatchFlusher
from streams.write.late_stocks import LateStockWork
from streams.write.writer import BatchWriter
from warehouse.store.client import Client

log = logging.getLogger(__name__)

LAST_FLUSH = 5.0
"""Seconds that the last flush of partitions may take that are given up; whoever has them next reads from Kafka what it missed."""

SETTLED_AFTER = 10.0
"""Seconds after a seek in which records may still come that were fetched before it."""


class Consumer(Protocol):
    """What the worker asks of whoever reads Kafka for it."""

    def highwater(self, place: PartitionKey) -> int | None:
        """Kafka's offset after the last record of a partition; `None` while that is not known."""
        ...

    def is_heard(self, place: PartitionKey) -> bool:
        """Whether Kafka has spoken of a partition lately."""
        ...

    async def seek_to(self, place: PartitionKey, offset: int) -> None:
        """Make Kafka's offset the next one that is read of a partition."""
        ...


class NullConsumer:
    """A consumer that knows nothing of Kafka and reads on from where it is."""

    def highwater(self, place: PartitionKey) -> int | None:
        """Not known."""
        return None

    def is_heard(self, place: PartitionKey) -> bool:
        """Nothing says otherwise."""
        return True

    async def seek_to(self, place: PartitionKey, offset: int) -> None:
        """Go on reading where it is."""


class Worker:
    """One worker's partitions, from Kafka's chunks to the warehouse.

    Args:
        settings: how it batches and remembers.
        ingest: which Kafka.
        writer: a connection for what is written.
        reader: another one for what is asked.
        producer: where dead letters and pushes go; the worker starts it.
        clock: the install's.
    """

    def __init__(
        self,
        settings: StreamsSettings,
        ingest: IngestSettings,
        writer: Client,
        reader: Client,
        producer: Producer,
        clock: Clock,
    ) -> None:
        self._producer = producer
        self.stopping = Stopping()
        self._guard = FreezeWatchdog()
        self._store = WorkerWarehouse(writer, reader, self.stopping, self._guard)
        self._sieve = RecordValidator(self._store, producer, clock, self.stopping)
        writing = BatchWriter(self._store, producer, clock, self.stopping)
        self._attempts = Attempts(settings.notes(ingest.data_folder))
        self._recovery = Recovery(
            Tools(ingest, self._store, self._sieve, writing, self._attempts, clock, self.stopping, self._moved)
        )
        self._stops = HaltedPartitions(self._store, self.stopping)
        self._suspects: dict[PartitionKey, Suspicion] = {}
        """Where a record may be to blame for a fault, until the partition is taken up again."""
        self.parts: dict[PartitionKey, PartitionState] = {}
        """Its partitions, as far as each has got."""
        self._awaited: set[PartitionKey] = set()
        self._recovering: asyncio.Task[None] | None = None
        self._is_producing = False
        self._flushing = BatchFlusher(
            settings, self.parts, self._has_caught_up, writing, self._attempts, clock, self.stopping
        )
        every = settings.recompute_every
        self._late = LateStockWork(self._store, writing, self._flushing.lock, self.stopping, self._moved, every)
        self.moves = 0
        """Grows with everything that is taken or recovered; for whoever watches that something is."""
        self._consumer: Consumer = NullConsumer()

    def is_open(self, place: PartitionKey) -> bool:
        """Whether records of a partition are taken now; what is not taken has to be read again later."""
        part = self.parts.get(place)
        return part is not None and part.is_open

    def highwater(self, place: PartitionKey) -> int | None:
        """Kafka's offset after the last record of a partition; `None` while that is not known."""
        return self._consumer.highwater(place)

    def positions(self) -> dict[PartitionKey, int]:
        """Kafka's offset of the next record of each partition that should get on; of one that has not recovered, -1."""
        places = dict.fromkeys(self._awaited, -1)
        return places | {place: part.kafka_offset for place, part in list(self.parts.items()) if not part.is_halted}

    def committed(self) -> dict[PartitionKey, int]:
        """Kafka's offset after the last queryable record of each partition, for lag monitors only."""
        offsets = {place: part.noted_offset for place, part in self.parts.items() if part.written >= 0}
        return {place: offset for place, offset in offsets.items() if offset > 0}

    async def assigned(self, places: set[PartitionKey], consumer: Consumer) -> None:
        """Take up partitions: returns at once, and reads each as soon as it has recovered.

        Called again with the same ones, it reads again from where each stands: what Kafka's client had fetched may be gone.

        Args:
            places: all that the worker has now.
            consumer: who reads them.
        """
        self._consumer = consumer
        for place in self.parts.keys() - places:
            del self.parts[place]
        for part in list(self.parts.values()):
            if part.is_open:
                await self._seek(part)
        missing = places - self.parts.keys()
        if missing != self._awaited:
            await self._stop_recovering()
            self._awaited = missing
            await self._begin_recovering()

    async def recovered(self) -> None:
        """Wait until every partition is read."""
        if self._recovering is not None:
            await self._recovering

    async def revoked(self) -> None:
        """Write what there is and leave a fresh snapshot for whoever comes next."""
        await self._stop_recovering()
        self._awaited = set()
        try:
            async with asyncio.timeout(LAST_FLUSH):
                await self._flushing.flush(snapshot=True)
        except (TimeoutError, Unavailable, SuspectError) as error:
            if isinstance(error, SuspectError):
                self._suspect(error)
            log.warning("partitions revoked without a last flush (their next owner reads from Kafka): %r", error)
        self.parts.clear()
        self._flushing.forget()

    async def take(self, place: PartitionKey, chunk: RecordBatch) -> None:
        """Take one chunk; returns when it may be followed by the next."""
        part = self.parts.get(place)
        if part is None or not part.is_open or self.stopping:
            return
        chunk = chunk.moved(part.base)
        try:
            with suspecting((place, chunk.offsets[-1])):
                await self._take(part, chunk)
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
            tasks.create_task(self._kept_up(lambda: self._late.run(self.parts)))
            tasks.create_task(self._watch_stops())

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
        self._suspect(error)
        await self._stop_recovering()
        for place in self.parts.keys() & error.suspects.keys():
            del self.parts[place]
            self._awaited = self._awaited | {place}
        try:
            await self._flushing.flush()
        except SuspectError as another:
            self._suspect(another)
        except Unavailable:
            if self.stopping:
                return
            raise
        if self._flushing.is_torn:
            self._awaited = self._awaited | self.parts.keys()
            self.parts.clear()
            async with self._flushing.lock:
                self._flushing.forget()
        await self._begin_recovering()

    def _suspect(self, error: SuspectError) -> None:
        """Note what is known of a fault."""
        for place, found in error.suspects.items():
            known = self._suspects.get(place, found)
            self._suspects[place] = found._replace(until=max(found.until, known.until))

    async def _take(self, part: PartitionState, chunk: RecordBatch) -> None:
        first, last = chunk.offsets[0], chunk.offsets[-1]
        is_old = first < part.next and monotonic() - part.sought_at > SETTLED_AFTER
        if first > part.next or is_old:
            await self._read_again(part, first)
            return
        if last < part.next:
            return
        for piece in chunk.since(part.next).pieces():
            if self.parts.get(part.place) is not part or not await self._fold(part, piece):
                return
            self._moved()
            self._flushing.change()
            await asyncio.sleep(0)

    async def _fold(self, part: PartitionState, chunk: RecordBatch) -> bool:
        """Fold a chunk, or keep its letters; False: it has to be read again, by whoever has the partition then."""
        self._attempts.work(part.place, chunk.offsets[-1])
        if part.place[0] == DEAD_LETTERS:
            self._flushing.waiting.letters += parse_dead_letters(part, chunk)
            part.advance(chunk.offsets[-1])
            return True
        found = validate_records(chunk, self._sieve.now())
        for is_bad in found.judgement:
            part.gate.judge(is_bad)
        if part.gate.tripped:
            await self._stops.stop(part)
            return False
        await self._sieve.refuse(part, found.refused)
        events, repeats = await self._sieve.without_repeats(part, found.events, self._flushing.flush)
        if part.fold.unknown(events.envelopes):
            await self._flushing.flush()
            await rebuild_entities(self._store, part, events.envelopes)
        if self.parts.get(part.place) is not part:
            return False
        part.fold.fold(events.envelopes, events.offsets)
        part.fold.offset = chunk.offsets[-1]
        part.advance(part.fold.offset)
        self._flushing.waiting.add(part, events)
        self._flushing.waiting.repeats += repeats
        failpoint("streams.folded")
        return True

    async def _read_again(self, part: PartitionState, first: int) -> None:
        """Kafka sends what is not next: ask the warehouse where we are and Kafka what it has, and read from there again."""
        place = part.place
        if first > part.next == part.gap_at:
            log.error(
                "%s-%d: Kafka does not have positions %d to %d: continuing after them", *place, part.next, first - 1
            )
            part.continue_at(first)
            await self._seek(part)
            return
        log.warning("%s-%d: Kafka sent position %d instead of %d: reading again", *place, first, part.next)
        gap_at = part.next if first > part.next else -1
        part.close()
        await self._flushing.flush()
        if self.parts.get(place) is part:
            del self.parts[place]
            await self._recover({place}, gap_at)

    async def _recover(self, places: set[PartitionKey], gap_at: int = -1) -> None:
        """Recover partitions and read each from where it stands."""
        if not self._is_producing:
            await self._producer.start()
            self._is_producing = True
        async with self._flushing.lock:
            pass  # what was being written of partitions that were ours before is there now
        async for part in self._recovery.parts(places, self._suspects):
            part.mark_gap(gap_at)
            self._suspects.pop(part.place, None)
            self.parts[part.place] = part
            self._awaited.discard(part.place)
            self._flushing.change()
            if not part.is_halted:
                await self._open(part)
        log.info("reading %d partitions", len(self.parts))

    async def _recover_all(self, places: set[PartitionKey]) -> None:
        try:
            await self._recover(places)
        except Unavailable:
            if not self.stopping:
                raise

    async def _open(self, part: PartitionState) -> None:
        await self._seek(part)
        part.open()

    async def _seek(self, part: PartitionState) -> None:
        part.mark_sought()
        await self._consumer.seek_to(part.place, part.kafka_offset)

    async def _begin_recovering(self) -> None:
        """Recover what is waited for, and nothing twice."""
        while self._recovering is not None and not self._recovering.done():
            await self._stop_recovering()
        if self._awaited:
            self._recovering = asyncio.create_task(exit.or_end(self._recover_all(set(self._awaited))))

    async def _stop_recovering(self) -> None:
        task, self._recovering = self._recovering, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})

    async def _watch_stops(self) -> None:
        """Let partitions go on that somebody has resumed."""
        async for part in self._stops.resumed(self.parts):
            if part.is_behind:  # it was stopped while it was taken up
                self.parts.pop(part.place, None)
                self._awaited = self._awaited | {part.place}
                await self._recover({part.place})
            else:
                await self._open(part)

    def _has_caught_up(self, part: PartitionState) -> bool:
        highwater = self.highwater(part.place)
        is_read = part.is_open and highwater is not None and part.kafka_offset >= highwater
        return is_read and self._consumer.is_heard(part.place)

    def _moved(self) -> None:
        self.moves += 1


def _without_texts(error: SuspectError) -> tuple[type[Exception], Exception, Any]:
    """Where an error comes from, without the texts of the errors behind it: they may hold what a record says."""
    cause = error.__cause__
    return SuspectError, Exception(type(cause).__name__), cause.__traceback__ if cause else None
