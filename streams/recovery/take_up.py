"""Take-up: one partition, from what the warehouse has of it to where Kafka is read on.

1. What did the warehouse lose? Holes before its newest position are read from Kafka again and stored.
2. What does the fold know? The newest snapshot that the other tables bear out, then the rows after it, from the warehouse.

So a partition is taken up where the warehouse ends, and nothing that is stored is ever judged or counted a second time. Where Kafka no
longer has what is missing, that is said in the log, and the audit shows it; the partition goes on all the same.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple, TypeVar

from ingest.contract.clock import Clock
from ingest.contract.envelope import AnyEnvelope, decode_stored
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.source.failure_rate import RECENT
from streams.deduplicate import Deduplicator
from streams.fold.flows import KEEP_MS
from streams.fold.fold import Fold
from streams.fold.plan import plans
from streams.partition.duplicates import EventIdMemory
from streams.partition.record_batch import FOLDED_AT_ONCE, RecordBatch
from streams.partition.state import PartitionKey, PartitionState
from streams.partition.valid_events import ValidEvents
from streams.poison.attempts import Attempts
from streams.poison.suspicion import NOT_UNDERSTOOD, SuspectError, Suspicion, suspecting
from streams.rebuild import foldable_parts, rebuild_entities
from streams.recovery import reader
from streams.recovery.log_identity import LogIdentity
from streams.validate import RecordValidator, ValidatedBatch, validate_records
from streams.warehouse_connections import Stopping, WorkerWarehouse
from streams.write.batch import FORGOTTEN_AFTER, WriteBatch
from streams.write.writer import BatchWriter
from warehouse.model.value import Value
from warehouse.store import events as rows
from warehouse.store import set_aside, sink
from warehouse.store.halted_partitions import HaltedPartition
from warehouse.store.positions import PartitionProgress, PositionRange
from warehouse.store.snapshots import Snapshot, read_snapshot, revisions_after, values_after

log = logging.getLogger(__name__)

WRITTEN_AFTER = 1_000_000
"""Rows folded again after which what they gave is written: a bound for the memory of a way back without any snapshot."""

EVER = 2**62
"""A position behind all others."""

Answer = TypeVar("Answer")


class StoredPositions(NamedTuple):
    """What is known of a partition before it is taken up."""

    place: PartitionKey
    log: LogIdentity
    ids: EventIdMemory
    stop: HaltedPartition | None


class Tools(NamedTuple):
    """What taking up a partition needs."""

    ingest: IngestSettings
    """Which Kafka."""
    store: WorkerWarehouse
    """The warehouse."""
    validator: RecordValidator
    """Judges what fills holes."""
    writing: BatchWriter
    """Writes what a long way back gives in between."""
    attempts: Attempts
    """Where processes died before."""
    clock: Clock
    """The install's."""
    stopping: Stopping
    """Whether to give up waiting."""
    moved: Callable[[], None]
    """Called whenever it has got on, for whoever watches over that."""

    async def from_kafka(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """What Kafka answers, as soon as it is there."""
        while True:
            try:
                return await ask()
            except Unavailable as error:
                log.warning("waiting for Kafka: %s", error)
                await self.stopping.pause(error.retry_after.total_seconds(), error)


class TakeUp:
    """Takes up one partition.

    Args:
        tools: what that needs.
        known: what is known of the partition.
    """

    is_careful = False
    """Whether a record may be to blame for a fault; then what is missing in the warehouse is what was being worked on."""

    def __init__(self, tools: Tools, known: StoredPositions) -> None:
        self._tools = tools
        self._known = known
        self._store = tools.store
        self._snapshots_to = EVER
        """Newest position of a snapshot that may be good."""

    async def partition(self, progress: PartitionProgress, holes: list[PositionRange]) -> PartitionState:
        """The partition, as far as the warehouse goes.

        Args:
            progress: how far the warehouse is.
            holes: positions before that which it does not have.

        Raises:
            SuspectError: a record may be to blame that this fails.
        """
        known = self._known
        partition = PartitionState(known.place, known.log.base.base, known.ids)
        # 1. Positions that were set aside count nowhere.
        if progress != PartitionProgress():
            partition.fold.left_out = await self._store.ask(set_aside.set_aside_positions, *known.place)
        # 2. Holes are filled from Kafka first: the fold is to meet every row.
        await self._fill(partition, holes)
        # 3. Snapshot, then the rows after it.
        await self._remember(partition, await self._filled(progress))
        # 4. A halted partition stays halted; else the failure rate goes on where it was.
        stop = known.stop
        if stop is not None and stop.is_stopped:
            partition.halt()
        elif stop is not None and partition.next <= stop.offset:
            partition.gate.allow(stop.allowance)
        elif partition.fold.left_out:
            first = max(partition.next - RECENT, stop.offset if stop is not None else 0, 0)
            for position in range(first, partition.next):
                partition.gate.judge(position in partition.fold.left_out)
        return partition

    async def _fill(self, partition: PartitionState, holes: list[PositionRange]) -> None:
        """Read what the warehouse lost from Kafka again, and store it."""
        found = self._known.log
        # What lay in an earlier log was told when that ended.
        holes = [(max(first, found.base.first), last) for first, last in holes if last >= found.base.first]
        gone = [(first, min(last, found.begin - 1)) for first, last in holes if first < found.begin]
        there = [(max(first, found.begin), last) for first, last in holes if last >= found.begin]
        if gone:
            log.error(
                "%s-%d: %d records between positions %d and %d are lost: neither the warehouse nor Kafka has them",
                *partition.place, _size(gone), gone[0][0], gone[-1][1],
            )  # fmt: skip
        for near in grouped(there):
            await self._tools.from_kafka(lambda near=near: self._restore(partition, near))  # type: ignore[misc]
        if there and not self.is_careful:
            log.warning(
                "%s-%d: %d records between positions %d and %d were missing in the warehouse and are stored again",
                *partition.place, _size(there), there[0][0], there[-1][1],
            )  # fmt: skip

    async def _filled(self, progress: PartitionProgress) -> PartitionProgress:
        """How far the warehouse is once holes are filled: no further, for they lie before its newest position."""
        return progress

    async def _restore(self, partition: PartitionState, holes: list[PositionRange]) -> None:
        stretch = (holes[0][0] - partition.base, holes[-1][1] - partition.base)
        async for batch in reader.read_range(self._tools.ingest, partition.place, stretch):
            batch = batch.moved(partition.base).within(holes)
            if not batch.offsets:
                continue
            found = self._validate(partition, batch)
            await self._tools.validator.refuse(partition, found.refused)
            await self._keep(partition, found.events)
            self._tools.moved()

    def _validate(self, partition: PartitionState, batch: RecordBatch) -> ValidatedBatch:
        """Judge records that were read from Kafka again."""
        return validate_records(batch, self._tools.validator.now())

    async def _keep(self, partition: PartitionState, events: ValidEvents) -> None:
        """Store what was read from Kafka again."""
        fresh, repeats = await Deduplicator(self._store).take(partition, events)
        await self._store.write(sink.write_raw, fresh.rows(partition.place))
        await self._store.write(sink.write_duplicates, repeats)

    async def _remember(self, partition: PartitionState, progress: PartitionProgress) -> None:
        """Bring the fold to where the warehouse ends, and find out from where Kafka is read."""
        fold, found = partition.fold, self._known.log
        if plans(partition.place[0]) and (
            progress != PartitionProgress() or self.is_careful
        ):  # else there is nothing to ask for
            await self._load(partition, progress)
            written: list[Value] = await self._store.ask(values_after, *partition.place, fold.offset, KEEP_MS)
            # What lies behind the newest record cannot be waited for.
            reachable = [one._replace(offset=min(one.offset, progress.newest)) for one in written]
            fold.expect(reachable, await self._store.ask(revisions_after, *partition.place, fold.offset))
            shown = progress.values if progress.values < found.end and not found.begun else -1
            stocks = [value for value in written if value.grain == "stock"]  # the fold writes flows again
            partition.succeed(progress.values, shown, stocks)
            await self._replay(partition, progress.newest)
        partition.continue_at(max(progress.newest + 1, found.base.first))
        fold.offset = max(fold.offset, partition.next - 1)
        if found.begin > partition.next:
            log.error(
                "%s-%d: positions %d to %d are lost: Kafka deleted %d records before they were read",
                *partition.place, partition.next, found.begin - 1, found.begin - partition.next,
            )  # fmt: skip
            partition.continue_at(found.begin)
        partition.mark_written(partition.snapshot)

    async def _load(self, partition: PartitionState, progress: PartitionProgress) -> None:
        """Take the newest snapshot in which no record is folded that was set aside since."""
        fold, left_out = partition.fold, partition.fold.left_out
        rows_to = min(progress.newest, self._snapshots_to)
        while True:
            snapshot: Snapshot | None = await self._store.ask(read_snapshot, *partition.place, rows_to, progress.values)
            if snapshot is None:
                return
            unknown = Fold.first_unknown(snapshot.pieces, left_out, snapshot.offset)
            if unknown is None:
                break
            rows_to = unknown - 1
        if not fold.is_mine(snapshot.pieces):
            log.info("%s-%d: the snapshot is of other declarations: folding all events again", *partition.place)
            return
        try:
            with suspecting((partition.place, snapshot.offset)):
                fold.load(snapshot.offset, snapshot.pieces)
        except SuspectError:
            self._snapshots_to = snapshot.offset - 1
            raise
        fold.left_out = left_out

    async def _replay(self, partition: PartitionState, newest: int) -> None:
        """Fold the rows after the snapshot."""
        began, written = partition.fold.offset, 0
        while partition.fold.offset < newest:
            try:
                async for envelopes, offsets in self._rows(partition):
                    for part in foldable_parts([one.data.kind for one in envelopes]):
                        some = slice(part.start, part.stop)
                        await rebuild_entities(self._store, partition, envelopes[some], offsets[some])
                        partition.fold.fold(envelopes[some], offsets[some])
                    partition.advance(partition.fold.offset)
                    partition.fold.forget(after=FORGOTTEN_AFTER)
                    written += len(envelopes)
                    self._tools.moved()
                    await asyncio.sleep(0)
                    if written >= WRITTEN_AFTER:
                        written = 0
                        block = WriteBatch()
                        block.cut([partition], with_memory=True)
                        await self._tools.writing.write(block)
                break
            except Unavailable as error:
                await self._tools.stopping.pause(error.retry_after.total_seconds(), error)
        if partition.fold.offset > began:
            log.info("%s-%d: folded again from position %d to %d", *partition.place, began + 1, partition.fold.offset)

    async def _rows(self, partition: PartitionState) -> AsyncIterator[tuple[list[AnyEnvelope], list[int]]]:
        """The events after what the fold knows, in order, as the warehouse has them."""
        async with self._store.own_connection() as client:
            answer = rows.rows_after(client, *partition.place, partition.fold.offset)
            while (piece := await asyncio.to_thread(next, answer, None)) is not None:
                for start in range(0, len(piece), FOLDED_AT_ONCE):
                    some = piece[start : start + FOLDED_AT_ONCE]
                    yield understood(partition, [offset for offset, _ in some], [event.encode() for _, event in some])


def _size(ranges: list[PositionRange]) -> int:
    """How many positions there are in ranges."""
    return sum(last - first + 1 for first, last in ranges)


def grouped(ranges: list[PositionRange]) -> list[list[PositionRange]]:
    """Ranges in groups that are best read in one go."""
    groups: list[list[PositionRange]] = []
    for one in ranges:
        if groups and one[0] - groups[-1][-1][1] < reader.BATCH_SIZE:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def understood(
    partition: PartitionState, offsets: list[int], records: list[bytes]
) -> tuple[list[AnyEnvelope], list[int]]:
    """The events in stored rows.

    Raises:
        SuspectError: one was understood when it was stored, and is not an event for this version.
    """
    envelopes: list[AnyEnvelope] = []
    for offset, one in zip(offsets, decode_stored(records), strict=True):
        if isinstance(one, InvalidEvent):
            raise SuspectError({partition.place: Suspicion(offsets[-1], offset, NOT_UNDERSTOOD, str(one))})
        envelopes.append(one)
    return envelopes, offsets
