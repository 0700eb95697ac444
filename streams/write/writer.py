"""Writer: a block into the warehouse and to the boards, in the one order in which a crash between any two steps does no harm.

Raw rows, duplicates, corrections, values, dead letters, boards, snapshot: what is written later can be made again from what is written
earlier, as `pipeline` tells step by step. Each step is one insert.
"""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ingest.contract.clock import Clock, milliseconds
from ingest.contract.errors import Unavailable
from ingest.contract.topic import DEAD_LETTERS
from ingest.runtime import metrics
from ingest.runtime.failpoint import failpoint
from streams.poison.suspicion import SuspectError, describe_error, is_of_content, suspecting
from streams.warehouse_connections import Stopping, WorkerWarehouse
from streams.write.announcer import Announcer
from streams.write.batch import WriteBatch
from warehouse.model.correction import Cause
from warehouse.recompute import rebuild
from warehouse.store import positions, sink
from warehouse.store.sink import DeadLetterRecord
from warehouse.store.snapshots import write_snapshots

log = logging.getLogger(__name__)


WINDOWS_AT_ONCE = 1_000
"""Windows of an indicator that one question is about."""


class LateIndicator(NamedTuple):
    """An indicator for some of whose windows events came too late."""

    indicator: str
    ward: str
    partition: positions.PartitionKey
    offset: int
    """The last one folded in."""


class BatchWriter:
    """Writes blocks; one at a time, which whoever calls sees to.

    Args:
        store: the warehouse.
        announcer: tells the boards of what is stored.
        clock: the install's.
        stopping: whether to give up.
    """

    def __init__(self, store: WorkerWarehouse, announcer: Announcer, clock: Clock, stopping: Stopping) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock
        self._stopping = stopping

    async def write(self, block: WriteBatch) -> None:
        """Write a block; returns when all of it can be queried and the boards have heard.

        Raises:
            Unavailable: something is away, and the worker is stopping.
        """
        if block:
            await self._write_rows(block)
            failpoint("streams.raw_stored")
            await self._write(sink.write_duplicates, block.repeats)
            failpoint("streams.repeats_stored")
            await self._recompute(block)
            await self._write(sink.write_corrections, block.corrections, self._clock.now())
            metrics.LATE_EVENTS.inc(len(block.corrections))
            failpoint("streams.corrections_stored")
            await self._write_values(block)
            failpoint("streams.values_stored")
            await self._write_dead_letters(block.dead_letters)
            failpoint("streams.dead_letters_stored")
            if newest_ms := max(block.rows.columns["at_ms"], default=0):
                age = milliseconds(self._clock.now()) - newest_ms
                metrics.FRESHNESS.labels(metrics.STORED).observe(max(0.0, age / 1000))
        for partition, position in block.reached:
            partition.mark_written(position)
        await self._announcer.tell(block)
        if block.memories:
            snapshots = [
                (partition.place, memory._replace(values_offset=partition.values))
                for partition, memory in block.memories
            ]
            await self._write(write_snapshots, snapshots)
            for partition, memory in block.memories:
                partition.mark_snapshot(memory.offset)
            failpoint("streams.snapshot_stored")

    async def _write(self, work: Callable[..., None], rows: Sequence[object], *arguments: object) -> None:
        if rows:
            await self._store.write(work, rows, *arguments)

    async def _write_values(self, block: WriteBatch) -> None:
        """Write a block's values, and note how far they go."""
        await self._write(sink.write_values, block.values)
        newest: dict[positions.PartitionKey, int] = {}
        for value in block.values:
            place = (value.topic, value.partition)
            newest[place] = max(value.offset, newest.get(place, -1))
        for partition, _ in block.reached:
            partition.mark_values(newest.get(partition.place, -1))

    async def _write_rows(self, block: WriteBatch) -> None:
        """An answer that got lost is not guessed: the warehouse is asked what it has."""
        is_stored = not len(block.rows)
        while not is_stored:
            try:
                await self._store.try_to_write(sink.write_raw, block.rows)
                is_stored = True
            except Unavailable as error:
                await self._stopping.pause(error.retry_after.total_seconds(), error)
                is_stored = await self._store.ask(positions.are_stored, block.rows.newest())

    async def _recompute(self, block: WriteBatch) -> None:
        """Recompute windows for which events came too late from the raw rows, as new revisions; those of an indicator at once."""
        windows: dict[LateIndicator, dict[int, Cause]] = {}
        for partition, late, cause, offset in block.late:
            place = LateIndicator(late.indicator, late.ward, partition.place, offset)
            windows.setdefault(place, {})[late.window_ms] = cause
        for place, late_for in windows.items():
            await self._recompute_windows(block, place, list(late_for.items()))

    async def _recompute_windows(self, block: WriteBatch, place: LateIndicator, late: list[tuple[int, Cause]]) -> None:
        if len(late) > WINDOWS_AT_ONCE:
            for start in range(0, len(late), WINDOWS_AT_ONCE):
                await self._recompute_windows(block, place, late[start : start + WINDOWS_AT_ONCE])
            return
        try:
            with suspecting((place.partition, place.offset), culprit=late[-1][1].offset):
                values, corrections = await self._store.ask(
                    rebuild.recompute_windows, place.indicator, place.ward, dict(late), *place.partition, place.offset
                )
        except SuspectError:
            if len(late) == 1:
                raise
            for one in late:  # which record is to blame
                await self._recompute_windows(block, place, [one])
            return
        block.values += values
        block.corrections += corrections

    async def _write_dead_letters(self, dead_letters: Sequence[DeadLetterRecord]) -> None:
        """Write dead letters; a dead letter that is refused has nowhere to go any more: that is said, and the next one goes on."""
        try:
            await self._write(sink.write_dead_letters, dead_letters)
        except Exception as error:
            if not is_of_content(error):
                raise
            for one in dead_letters if len(dead_letters) > 1 else ():
                await self._write_dead_letters([one])
            if len(dead_letters) == 1:
                place, told = (DEAD_LETTERS, dead_letters[0].partition), describe_error(error)
                log.error(
                    "%s-%d: cannot store the dead letter at position %d: %s", *place, dead_letters[0].offset, told
                )
