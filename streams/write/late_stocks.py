"""Late stocks: closed minutes that the fold no longer has in memory are recomputed from the raw rows, beside everything else.

An event that comes hours late changes every minute since then. That takes seconds, so it is done at most once in a while for a partition,
on a connection of its own, for all the events that came late meanwhile. What is left to do is part of the fold's memory, and of every
snapshot until it is written.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic

from ingest.contract.clock import moment
from ingest.contract.errors import Unavailable
from streams.fold.stocks import LateStocks
from streams.partition.state import PartitionKey, PartitionState
from streams.poison.suspicion import SuspectError, describe_error, suspecting
from streams.warehouse_connections import Stopping, WorkerWarehouse
from streams.write.batch import WriteBatch
from streams.write.writer import BatchWriter
from warehouse.recompute import rebuild
from warehouse.store.client import ServerError

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0

_TOO_MUCH = frozenset({158, 159, 160, 241, 307, 396})
"""ClickHouse's codes for a question that takes too much time or memory."""


class LateStockWork:
    """Recomputes what came too late for the fold's memory.

    Args:
        store: the warehouse.
        writing: writes what comes out.
        flushing: held while something is written.
        stopping: whether to give up.
        moved: called whenever it has got on.
        every: how often it is done for a partition, at most.
    """

    def __init__(
        self,
        store: WorkerWarehouse,
        writing: BatchWriter,
        flushing: asyncio.Lock,
        stopping: Stopping,
        moved: Callable[[], None],
        every: timedelta,
    ) -> None:
        self._store = store
        self._writing = writing
        self._flushing = flushing
        self._stopping = stopping
        self._moved = moved
        self._every = every.total_seconds()

    async def run(self, partitions: Mapping[PartitionKey, PartitionState]) -> None:
        """Do what there is to do until the worker stops.

        Args:
            partitions: the worker's, as they are at any time.
        """
        while not self._stopping:
            await asyncio.sleep(LOOK_EVERY)
            for partition in [partition for partition in partitions.values() if partition.is_recomputable]:
                try:
                    for (entity_id, ward), late in list(partition.overdue.items()):
                        with suspecting((partition.place, partition.next - 1), culprit=late.cause.offset):
                            await self._recompute(partition, entity_id, ward, late)
                except Unavailable:
                    return  # the worker is stopping
                except SuspectError as error:
                    if not isinstance(error.__cause__, ServerError) or error.__cause__.code not in _TOO_MUCH:
                        raise
                    log.error(
                        "%s-%d: cannot recompute stocks for late events now: %s",
                        *partition.place,
                        describe_error(error.__cause__),
                    )
                    await asyncio.sleep(self._every)  # no record is to blame that the engine is short of time or memory
                    continue
                partition.finish_overdue(monotonic() + self._every)

    async def _recompute(self, partition: PartitionState, entity_id: str, ward: str, late: LateStocks) -> None:
        span = (entity_id, ward, late.from_ms, late.until_ms, late.cause)
        for from_ms, until_ms in await self._store.ask_at_leisure(rebuild.days_to_recompute, *span):
            offset = partition.written
            block = WriteBatch()
            block.reached.append((partition, offset))
            block.values, block.corrections = await self._store.ask_at_leisure(
                rebuild.recompute_stocks, entity_id, ward, from_ms, until_ms, *partition.place, offset, late.cause
            )
            self._moved()
            log.info(
                "%s-%d: %s in %s from %s to %s recomputed, because of %s at position %d: %d rows differ",
                *partition.place, entity_id, ward, moment(from_ms), moment(until_ms), late.cause.kind, late.cause.offset, len(block.values),
            )  # fmt: skip
            if block:
                async with self._flushing:
                    block.reached[0] = (partition, partition.written)
                    # Of the minute after, which the fold still remembers, it may have written a revision meanwhile: that one stands.
                    block.values = [
                        value
                        for value in block.values
                        if value.as_of_ms <= until_ms or not partition.fold.has_revised(value)
                    ]
                    await self._writing.write(block)
