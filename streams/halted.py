"""Halted: partitions that are not read because too much of what came could not be processed, until somebody lets them go on.

How much is too much, for a partition as for a source: `ingest.source.failure_rate`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

from ingest.contract.errors import Unavailable
from streams.partition.state import PartitionKey, PartitionState
from streams.warehouse_connections import Stopping, WorkerWarehouse
from warehouse.store import halted_partitions

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=2)


class HaltedPartitions:
    """Stops partitions, and sees when they are resumed. What is stopped stays so over restarts: the warehouse knows it."""

    def __init__(self, store: WorkerWarehouse, stopping: Stopping) -> None:
        self._store = store
        self._stopping = stopping

    async def stop(self, partition: PartitionState) -> None:
        """Halt a partition: the batch that caused it is not taken, and its bad records are not sent anywhere."""
        partition.close()
        await self._store.write(
            halted_partitions.halt_partition, *partition.place, partition.next, partition.gate.tripped
        )
        partition.halt()
        log.error(
            "%s-%d is halted at position %d: %s records could not be processed. The other streams go on. Fix the cause, then let "
            "it go on: ./ioc letters resume %s",
            *partition.place, partition.next, partition.gate.tripped, partition.place[0],
        )  # fmt: skip

    async def resumed(self, partitions: Mapping[PartitionKey, PartitionState]) -> AsyncIterator[PartitionState]:
        """The partitions that somebody has let go on, as that is seen; never ends before the worker does.

        Args:
            partitions: the worker's, as they are at any time.
        """
        while not self._stopping:
            await asyncio.sleep(LOOK_EVERY.total_seconds())
            if not any(partition.is_halted for partition in partitions.values()):
                continue
            try:
                newest = await self._store.ask(halted_partitions.read_halted_partitions)
            except Unavailable:
                return  # the worker is stopping
            for partition in [partition for partition in partitions.values() if partition.is_halted]:
                stop = newest.get(partition.place)
                if stop is not None and not stop.is_stopped and partitions.get(partition.place) is partition:
                    log.warning(
                        "%s-%d continues at position %d: resumed by %s",
                        *partition.place,
                        partition.next,
                        stop.changed_by,
                    )
                    partition.resume(stop.allowance)
                    yield partition
