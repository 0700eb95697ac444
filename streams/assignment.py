"""Assignment: the partitions that a worker has - those that are read, those that wait to be taken up, and those that are taken up again.

A partition that is given up is closed: whatever is on its way with a record of it sees that, and ends there.
"""

import asyncio
import logging
from collections.abc import Iterable

from ingest.contract.errors import Unavailable
from ingest.kafka.producer import Producer
from streams.halted import HaltedPartitions
from streams.partition.consumer import Consumer
from streams.partition.state import PartitionKey, PartitionState
from streams.poison.suspicion import SuspectError, Suspicion
from streams.recovery.recovery import Recovery
from streams.warehouse_connections import Stopping
from streams.watchdog import exit
from streams.write.flusher import BatchFlusher

log = logging.getLogger(__name__)


class Assignment:
    """The partitions of a worker.

    Args:
        partitions: those that have recovered; the assignment alone adds to them and takes away.
        consumer: who reads them.
        recovery: takes them up.
        halted: those that somebody has to let go on.
        flushing: writes what came of them.
        producer: is started before the first of them is taken up.
        stopping: whether to give up.
    """

    def __init__(
        self,
        partitions: dict[PartitionKey, PartitionState],
        consumer: Consumer,
        recovery: Recovery,
        halted: HaltedPartitions,
        flushing: BatchFlusher,
        producer: Producer,
        stopping: Stopping,
    ) -> None:
        self._partitions = partitions
        self._consumer = consumer
        self._recovery = recovery
        self._halted = halted
        self._flushing = flushing
        self._producer = producer
        self._stopping = stopping
        self.awaited: set[PartitionKey] = set()
        """Those that have to be taken up."""
        self._suspects: dict[PartitionKey, Suspicion] = {}
        """Where a record may be to blame for a fault, until the partition is taken up again."""
        self._recovering: asyncio.Task[None] | None = None
        self._is_producing = False

    async def have(self, places: set[PartitionKey]) -> None:
        """Take up partitions: returns at once, and reads each as soon as it has recovered.

        Called again with the same ones, it reads again from where each stands: what Kafka's client had fetched may be gone.

        Args:
            places: all that the worker has now.
        """
        self._give_up(self._partitions.keys() - places)
        for partition in list(self._partitions.values()):
            if partition.is_open:
                await self._seek(partition)
        missing = places - self._partitions.keys()
        if missing != self.awaited:
            await self.stop_recovering()
            self.awaited = missing
            await self.begin_recovering()

    async def recovered(self) -> None:
        """Wait until every partition is read."""
        if self._recovering is not None:
            await self._recovering

    def release_all(self) -> None:
        """Have no partition any more."""
        self._give_up(list(self._partitions))

    def take_up_again(self, places: Iterable[PartitionKey]) -> None:
        """Let go of what is known of partitions; it is recovered at the next `begin_recovering`."""
        known = list(self._partitions.keys() & set(places))
        self._give_up(known)
        self.awaited = self.awaited | set(known)

    def suspect(self, error: SuspectError) -> None:
        """Note what is known of a fault."""
        for place, found in error.suspects.items():
            known = self._suspects.get(place, found)
            self._suspects[place] = found._replace(until=max(found.until, known.until))

    async def follows(self, partition: PartitionState, first: int) -> bool:
        """Whether a batch that begins there goes on where its partition stands; else the partition is read again from where it does."""
        if first <= partition.next and not (first < partition.next and partition.is_settled):
            return True
        if first > partition.next == partition.gap_at:
            log.error(
                "%s-%d: Kafka does not have positions %d to %d: continuing after them",
                *partition.place, partition.next, first - 1,
            )  # fmt: skip
            partition.continue_at(first)
            await self._seek(partition)
            return False
        log.warning(
            "%s-%d: Kafka sent position %d instead of %d: reading again", *partition.place, first, partition.next
        )
        gap_at = partition.next if first > partition.next else -1
        partition.close()
        await self._flushing.flush()
        if self._partitions.get(partition.place) is partition:
            self._give_up([partition.place])
            await self._recover({partition.place}, gap_at)
        return False

    async def begin_recovering(self) -> None:
        """Recover what is waited for, and nothing twice."""
        while self._recovering is not None and not self._recovering.done():
            await self.stop_recovering()
        if self.awaited:
            self._recovering = asyncio.create_task(exit.or_end(self._recover_all(set(self.awaited))))

    async def stop_recovering(self) -> None:
        """Take up nothing for now."""
        task, self._recovering = self._recovering, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})

    async def watch_halted(self) -> None:
        """Let partitions go on that somebody has resumed."""
        async for partition in self._halted.resumed(self._partitions):
            if partition.is_behind:  # it was halted while it was taken up
                self.take_up_again([partition.place])
                await self._recover({partition.place})
            else:
                await self._open(partition)

    def _give_up(self, places: Iterable[PartitionKey]) -> None:
        for place in places:
            self._partitions.pop(place).close()

    async def _recover(self, places: set[PartitionKey], gap_at: int = -1) -> None:
        """Recover partitions and read each from where it stands."""
        if not self._is_producing:
            await self._producer.start()
            self._is_producing = True
        async with self._flushing.lock:
            pass  # what was being written of partitions that were ours before is there now
        async for partition in self._recovery.partitions(places, self._suspects):
            partition.mark_gap(gap_at)
            self._suspects.pop(partition.place, None)
            self._partitions[partition.place] = partition
            self.awaited.discard(partition.place)
            self._flushing.change()
            if not partition.is_halted:
                await self._open(partition)
        log.info("reading %d partitions", len(self._partitions))

    async def _recover_all(self, places: set[PartitionKey]) -> None:
        try:
            await self._recover(places)
        except Unavailable:
            if not self._stopping:
                raise

    async def _open(self, partition: PartitionState) -> None:
        await self._seek(partition)
        partition.open()

    async def _seek(self, partition: PartitionState) -> None:
        partition.mark_sought()
        await self._consumer.seek_to(partition.place, partition.kafka_offset)
