"""Flusher: when what waits is written, and when things are looked at that move with the clock."""

import asyncio
from collections.abc import Mapping
from time import monotonic

from ingest.contract.clock import Clock, milliseconds
from ingest.contract.errors import Unavailable
from streams import garbage
from streams.partition.consumer import Consumer, has_caught_up, unread
from streams.partition.state import PartitionKey, PartitionState
from streams.poison.attempts import Attempts
from streams.poison.suspicion import NOT_STORABLE, SuspectError, is_of_content, suspecting
from streams.settings import StreamsSettings
from streams.warehouse_connections import Stopping
from streams.write.batch import WriteBatch
from streams.write.writer import BatchWriter

CLOSED_AT_ONCE = 3_600_000
"""Milliseconds of which the minutes are closed in one go."""

FULL_PAUSE = 0.005

GATHERED_FOR = 2.0
"""Seconds after which a block is written though it is not full."""


class BatchFlusher:
    """Gathers what comes out of the partitions and has it written, one block at a time, while the next one grows.

    Args:
        settings: how long and how much is gathered.
        partitions: the worker's, as they are at any time.
        consumer: who knows whether a partition has taken all that Kafka has.
        writing: writes blocks.
        attempts: is told what is written.
        clock: the install's.
        stopping: whether to give up.
    """

    def __init__(
        self,
        settings: StreamsSettings,
        partitions: Mapping[PartitionKey, PartitionState],
        consumer: Consumer,
        writing: BatchWriter,
        attempts: Attempts,
        clock: Clock,
        stopping: Stopping,
    ) -> None:
        self._settings = settings
        self._partitions = partitions
        self._consumer = consumer
        self._writing = writing
        self._attempts = attempts
        self._clock = clock
        self._stopping = stopping
        self._changed = asyncio.Event()
        self._snapshot_at = monotonic()
        self.is_torn = False
        """Whether a block could not be written: the folds know what is lost with it."""
        self.waiting = WriteBatch()
        """What grows."""
        self.lock = asyncio.Lock()
        """Held while something is written."""

    def change(self) -> None:
        """Something waits: write it before long."""
        self._changed.set()

    def forget(self) -> None:
        """Let go of what waits, with the partitions that it came from."""
        self.waiting, self.is_torn = WriteBatch(), False

    async def flush(self, snapshot: bool = False) -> None:
        """Write everything that waits.

        Raises:
            Unavailable: something is away, and the worker is stopping.
            SuspectError: something refuses it for what it says; the folds know what is not written.
        """
        async with self.lock:
            if self.is_torn:
                return  # what the folds know is not written, and must not go into a snapshot
            self._changed.clear()
            block, self.waiting = self.waiting, WriteBatch()
            now = milliseconds(self._clock.now())
            try:
                for partition in self._partitions.values():
                    if partition.closed_ms and has_caught_up(partition, self._consumer):
                        with suspecting((partition.place, partition.last)):
                            partition.fold.look(now, only_stirred=True)
                        partition.mark_looked()
                if snapshot:
                    self._snapshot_at = monotonic()
                looked = [(partition, partition.looked) for partition in self._partitions.values()]
                block.cut(self._partitions.values(), with_memory=snapshot)
                await self._write(block)
            except BaseException:
                self.is_torn = True
                raise
            for partition, position in looked:
                partition.mark_stocked(position)
            for partition, position in block.reached:
                self._attempts.written(partition.place, position)
            garbage.spare(len(block.rows))

    async def _write(self, block: WriteBatch) -> None:
        try:
            await self._writing.write(block)
        except SuspectError:
            raise
        except Exception as error:
            if is_of_content(error):
                with suspecting(*block.in_question(), reason=NOT_STORABLE):
                    raise
            raise

    async def make_room(self) -> None:
        """Wait while too much waits; then write it.

        Raises:
            Unavailable: something is away, and the worker is stopping.
        """
        while len(self.waiting.rows) >= self._settings.flush_rows and self.lock.locked():
            await asyncio.sleep(FULL_PAUSE)
        if len(self.waiting.rows) >= self._settings.flush_rows:
            await self.flush()

    async def run(self) -> None:
        """Flush what changes, and look at what moves with the clock, until the worker stops."""
        looked_at = monotonic()
        while not self._stopping:
            patience = self._settings.look_every.total_seconds() - (monotonic() - looked_at)
            try:
                async with asyncio.timeout(max(patience, 0)):
                    await self._changed.wait()
                    await self._gather()
            except TimeoutError:
                await self._look(list(self._partitions.values()))
                looked_at = monotonic()
            await self._look([partition for partition in self._partitions.values() if not partition.closed_ms])
            is_due = monotonic() - self._snapshot_at > self._settings.snapshot_every.total_seconds()
            try:
                await self.flush(snapshot=is_due)
            except Unavailable:
                if not self._stopping:
                    raise

    async def _gather(self) -> None:
        """Wait until what changes goes into a block: for a moment, or, while Kafka has enough to fill it, until it is full.

        A block costs the warehouse the same whatever its size, and a figure that changes twice within it is one row.
        """
        await asyncio.sleep(self._settings.flush_after.total_seconds())
        until = monotonic() + GATHERED_FOR
        while not self._stopping and monotonic() < until and self._is_filling():
            await asyncio.sleep(FULL_PAUSE)

    def _is_filling(self) -> bool:
        """Whether the block is not full, and Kafka has what fills it."""
        lacking = self._settings.flush_rows - len(self.waiting.rows)
        return 0 < lacking <= sum(unread(partition, self._consumer) for partition in self._partitions.values())

    async def _look(self, partitions: list[PartitionState]) -> None:
        """Close the minutes that are over, and take stocks as they are, of partitions that have caught up."""
        for partition in partitions:
            if not has_caught_up(partition, self._consumer):
                continue
            now = milliseconds(self._clock.now())
            for at in range(
                (partition.closed_ms or partition.fold.watermark or now) + CLOSED_AT_ONCE, now, CLOSED_AT_ONCE
            ):
                with suspecting((partition.place, partition.last)):
                    partition.fold.close(at)  # after days without power there are many
                await asyncio.sleep(0)
            with suspecting((partition.place, partition.last)):
                partition.fold.close(now)
                partition.fold.look(now, only_stirred=False)
            partition.mark_looked(closed_ms=now)
            await asyncio.sleep(0)
