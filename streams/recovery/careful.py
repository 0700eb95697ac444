"""Careful take-up: a partition in which a record may be to blame for a fault (`suspicion`) or for the death of processes (`attempts`).

1. What was being worked on is read from Kafka, decoded record by record, and stored; a block that is refused is halved.
2. From the newest good snapshot on, records are folded one by one, and what comes out is checked; after each step it is written, with a
   snapshot. A step that fails without saying at which record is begun again from the last snapshot, half as long.
3. The record that is found is set aside (`set_aside`), and the partition is taken up again without it. After too many of them, or
   where no record is to blame, the partition is stopped, and the others go on.

Memory that an exception has left half changed is never used again: each try begins with a new `PartitionState`.
"""

import asyncio
import json
import logging

from ingest.contract.clock import milliseconds
from ingest.contract.errors import Unavailable
from ingest.contract.topic import DEAD_LETTERS
from streams.fold.fold import Fold
from streams.fold.plan import plans
from streams.partition.record_batch import RecordBatch
from streams.partition.state import PartitionKey, PartitionState
from streams.partition.valid_events import ValidEvents
from streams.poison.attempts import STEP, step_end
from streams.poison.suspicion import NOT_FOLDABLE, NOT_STORABLE, SuspectError, Suspicion, suspecting
from streams.rebuild import WITHDRAWALS, rebuild_entities
from streams.recovery import reader
from streams.recovery.set_aside import Quarantine, is_flood
from streams.recovery.take_up import EVER, StoredPositions, TakeUp, Tools, understood
from streams.validate import ValidatedBatch, validate_records, ward_of
from streams.write.batch import WriteBatch
from streams.write.flusher import CLOSED_AT_ONCE
from warehouse.store import events as rows
from warehouse.store import halted_partitions, positions, set_aside, sink
from warehouse.store.positions import PartitionProgress

log = logging.getLogger(__name__)


class CarefulTakeUp(TakeUp):
    """Takes up one partition, in as many tries as it needs to find the records that are to blame.

    Args:
        tools: what that needs.
        known: what is known of the partition.
        found: what is known of the fault.
        bad: last position of the last step that failed; -1: none has, or it is behind us.
        is_lost: whether it is certain that no record is to blame.
    """

    is_careful = True

    def __init__(
        self, tools: Tools, known: StoredPositions, found: Suspicion, *, bad: int = -1, is_lost: bool = False
    ) -> None:
        super().__init__(tools, known)
        self._found = found
        self._bad = bad
        self._is_lost = is_lost
        self._attempts = tools.attempts
        self._aside = Quarantine(tools.store, tools.validator, tools.writing, tools.clock)
        self.is_fruitless = False
        """Whether the partition goes on though no record was found to be to blame."""

    async def carefully(self) -> PartitionState:
        """The partition, without the records that are to blame for what fails; stopped, if there are too many, or none."""
        known, place = self._known, self._known.place
        is_stopped = known.stop is not None and known.stop.is_stopped
        log.warning("%s-%d: taken up carefully: %s", *place, self._found.told or self._found.reason)
        is_fruitless = True
        while not is_stopped:
            progress, culprit = await self._progress(), self._found.culprit
            if culprit is not None:
                left_out = await self._store.ask(set_aside.set_aside_positions, *place)
                if flood := is_flood(left_out, culprit, known.stop):
                    return await self._stop(progress, culprit, flood)
                await self._set_aside(progress, culprit, self._found)
                is_fruitless = False
                self._found, self._bad, self._snapshots_to = self._found._replace(culprit=None), -1, EVER
                progress = await self._progress()
            if self._is_lost:
                return await self._stop(progress, progress.newest + 1, self._found.told or self._found.reason)
            until = max(progress.newest, min(self._found.until, known.log.end - 1))
            asked = {place: until} if place[0] != DEAD_LETTERS else {}
            holes = await self._store.ask(positions.missing_positions, asked, {place: known.log.begin})
            before = self._bad, self._snapshots_to
            try:
                with suspecting((place, until)):
                    partition = await self.partition(progress, holes.get(place, []))
            except SuspectError as error:
                self._learn(error.suspects[place], before)
            else:
                self._attempts.passed(place)
                self.is_fruitless = is_fruitless
                return partition
        return self._stopped(known.stop.offset if known.stop else 0, await self._progress())

    def _narrow(self, partition: PartitionState, records: list[tuple[int, bytes]]) -> None:
        """A step has failed with these records, without saying at which; with none, what its snapshot holds fails."""
        if records:
            self._bad = records[-1][0]
        else:
            self._is_lost, self._snapshots_to = partition.snapshot < 0, partition.snapshot - 1

    def _learn(self, found: Suspicion, before: tuple[int, int]) -> None:
        """A try has failed.

        Args:
            found: as it told.
            before: last bad position and newest good snapshot as they were in it; when nothing changes, the next one would fail alike.
        """
        self._found = found._replace(until=max(found.until, self._found.until))
        self._is_lost = self._is_lost or (found.culprit is None and before == (self._bad, self._snapshots_to))

    async def _set_aside(self, progress: PartitionProgress, position: int, found: Suspicion) -> None:
        known = self._known
        stored = await self._store.ask(set_aside.stored_record, *known.place, position)
        if stored is not None:
            record, ward = stored.event.encode(), stored.ward
        else:
            offset = position - known.log.base.base
            ((value, key),) = await self._tools.from_kafka(lambda: self._record(known.place, offset))
            record, ward = value or b"", ward_of(key)
        await self._aside.set_aside(known.place, position, found, record, ward, progress.values)
        self._tools.moved()

    async def _record(self, place: PartitionKey, offset: int) -> list[tuple[bytes | None, bytes | None]]:
        """Value and key of one of Kafka's records."""
        batches = [batch async for batch in reader.read_range(self._tools.ingest, place, (offset, offset))]
        return [(batch.values[0], batch.keys[0] if batch.keys else None) for batch in batches]

    async def _stop(self, progress: PartitionProgress, position: int, why: str) -> PartitionState:
        """Stop a partition that cannot be taken up."""
        place = self._known.place
        await self._store.write(halted_partitions.halt_partition, *place, position, why)
        log.error(
            "%s-%d is halted at position %d: %s. The other streams go on. Fix the cause, then let it go on: ./ioc letters resume %s",
            *place, position, why, place[0],
        )  # fmt: skip
        return self._stopped(position, progress)

    def _stopped(self, position: int, progress: PartitionProgress) -> PartitionState:
        """A partition of which nothing is known; it has to be taken up again before it goes on."""
        known = self._known
        partition = PartitionState(known.place, known.log.base.base)
        partition.halt()
        partition.continue_at(position)
        partition.expect(max(progress.used, 0))
        self._attempts.passed(known.place)
        self._attempts.written(known.place, progress.newest)
        return partition

    async def _progress(self) -> PartitionProgress:
        progress: dict[PartitionKey, PartitionProgress] = await self._store.ask(positions.read_progress)
        return progress.get(self._known.place, PartitionProgress())

    async def _filled(self, progress: PartitionProgress) -> PartitionProgress:
        """How far the warehouse is: what was being worked on is stored only now."""
        return await self._progress()

    def _validate(self, partition: PartitionState, batch: RecordBatch) -> ValidatedBatch:
        """Judge record by record, each noted before it is looked at."""
        whole = ValidatedBatch(ValidEvents([], [], []), [], [])
        for one in batch.pieces(1):
            position = one.offsets[0]
            self._attempts.stake(partition.place, position, position)
            with suspecting((partition.place, batch.offsets[-1]), culprit=position):
                found = validate_records(one, self._tools.validator.now())
            whole.events.add(found.events)
            whole.refused.extend(found.refused)
        self._attempts.stake(partition.place)
        return whole

    async def _keep(self, partition: PartitionState, events: ValidEvents) -> None:
        """Store what was read from Kafka again, step by step."""
        while events.offsets:
            end = step_end(events.offsets[0], self._bad)
            count = max(1, sum(position <= end for position in events.offsets))
            await self._store_halves(partition, events.only(range(count)))
            self._bad = self._bad if events.offsets[count - 1] < self._bad else -1
            events = events.only(range(count, len(events.offsets)))

    async def _store_halves(self, partition: PartitionState, events: ValidEvents) -> None:
        """Store events, in halves as long as they are refused."""
        first, last = events.offsets[0], events.offsets[-1]
        try:
            with (
                self._attempts.writing(partition.place, first, last),
                suspecting((partition.place, last), reason=NOT_STORABLE, culprit=first if first == last else None),
            ):
                await super()._keep(partition, events)
            self._attempts.stake(partition.place)
        except SuspectError:
            if first == last:
                raise
            half = len(events.offsets) // 2
            await self._store_halves(partition, events.only(range(half)))
            await self._store_halves(partition, events.only(range(half, len(events.offsets))))

    async def _replay(self, partition: PartitionState, newest: int) -> None:
        """Fold the rows after the snapshot, record by record and step by step, each noted before it is done."""
        records: list[tuple[int, bytes]] = []  # the first step is none: the snapshot itself may hold what fails
        while True:
            block = WriteBatch()
            for position, record in records:
                try:
                    await self._fold_one(partition, position, record, block, records[0][0])
                except SuspectError as error:
                    found = error.suspects[partition.place]
                    if found.culprit is not None:
                        raise
                    to_blame = [one for one in records if one[0] <= found.until]
                    if len(records) == len(to_blame) == 1:
                        raise SuspectError({partition.place: found._replace(culprit=position)}) from error
                    self._narrow(partition, to_blame)
                    raise
            block.values = list({value[:6]: value for value in block.values}.values())
            first, last = (records[0][0], records[-1][0]) if records else (-1, -1)
            try:
                with suspecting(
                    (partition.place, newest), reason=NOT_STORABLE, culprit=first if first == last >= 0 else None
                ):
                    block.cut([partition], with_memory=True)
                    self._look_ahead(partition)
                    with self._attempts.writing(partition.place, first, last):
                        await self._tools.writing.write(block)
            except SuspectError as error:
                if error.suspects[partition.place].culprit is None:
                    self._narrow(partition, records)
                raise
            self._attempts.stake(partition.place)
            self._attempts.written(partition.place, partition.fold.offset)
            self._bad = self._bad if partition.fold.offset < self._bad else -1
            self._tools.moved()
            rest = await self._records(partition)
            if not rest:
                return
            end = step_end(rest[0][0], self._bad)
            records = [one for one in rest if one[0] <= end] or rest[:1]

    async def _fold_one(
        self, partition: PartitionState, position: int, record: bytes, block: WriteBatch, first: int
    ) -> None:
        """Fold one record of a step that begins at `first`, and see that what comes out can be stored.

        Raises:
            SuspectError: it is to blame, or something up to where the suspicion reaches.
        """
        place = partition.place
        self._attempts.stake(place, position, position)
        with suspecting((place, position), culprit=position):
            envelopes, _ = understood(partition, [position], [record])
            is_withdrawal = any(one.data.kind in WITHDRAWALS for one in envelopes)
            needs_the_past = is_withdrawal or bool(partition.fold.unknown(envelopes))
        if needs_the_past:
            self._attempts.stake(place)
            with suspecting((place, position), culprit=position):
                await rebuild_entities(self._store, partition, envelopes, [position])
            self._attempts.stake(place, position, position)
        for at in [milliseconds(one.time) for one in envelopes if partition.fold.closes(milliseconds(one.time))]:
            # The minutes that end with it are made of what came before.
            self._attempts.stake(place, *((first, position - 1) if first < position else (-1, -1)), is_writing=True)
            with suspecting((place, position - 1), reason=NOT_STORABLE):
                partition.fold.reach(at)
                self._take(partition, block)
            self._attempts.stake(place, position, position)
        with suspecting((place, position), reason=NOT_FOLDABLE, culprit=position):
            partition.fold.fold(envelopes, [position])
        with suspecting((place, position), reason=NOT_STORABLE):
            self._take(partition, block, culprit=position)
        self._attempts.stake(place)
        partition.advance(position)

    def _take(self, partition: PartitionState, block: WriteBatch, culprit: int | None = None) -> None:
        """Take what the fold gives, and check it. Windows change with a record alone, stocks with whatever came before it as well."""
        values = [] if partition.is_behind else partition.fold.take()
        with suspecting((partition.place, partition.fold.offset), reason=NOT_STORABLE, culprit=culprit):
            sink.check_values(value for value in values if value.grain == "flow")
        sink.check_values(values)
        block.values += values

    def _look_ahead(self, partition: PartitionState) -> None:
        """See that a snapshot could be gone on from, and that stocks can be taken of it: in a copy, for it is not caught up yet."""
        if plans(partition.place[0]) and not partition.is_behind:
            ahead, now = Fold(*partition.place), milliseconds(self._tools.clock.now())
            ahead.load(partition.fold.offset, json.loads(json.dumps(partition.fold.dump())))
            ahead.look(now, only_stirred=False)
            ahead.close(min(now, ahead.watermark + CLOSED_AT_ONCE))
            sink.check_values(ahead.take())

    async def _records(self, partition: PartitionState) -> list[tuple[int, bytes]]:
        """The next records that the warehouse has, at most `STEP`."""
        while True:
            found: list[tuple[int, bytes]] = []
            try:
                async with self._store.own_connection() as client:
                    answer = rows.rows_after(client, *partition.place, partition.fold.offset)
                    while len(found) < STEP and (piece := await asyncio.to_thread(next, answer, None)) is not None:
                        found += [(offset, event.encode()) for offset, event in piece]
                return found[:STEP]
            except Unavailable as error:
                await self._tools.stopping.pause(error.retry_after.total_seconds(), error)
