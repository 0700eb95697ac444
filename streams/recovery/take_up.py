"""Recovery: what a worker does with a partition before it takes its first record from Kafka.

1. Which log of Kafka is it, and where do positions begin in it (`log_identity`)?
2. What did the warehouse lose? Holes before its newest position are read from Kafka again and stored.
3. What does the fold know? The newest snapshot that the other tables bear out, then the rows after it, from the warehouse.

So a partition is taken up where the warehouse ends, and nothing that is stored is ever judged or counted a second time. Where Kafka no
longer has what is missing, that is said in the log, and the audit shows it; the partition goes on all the same.

Where a record may be to blame for a fault (`suspicion`) or for the death of processes (`attempts`), the partition is taken up carefully:

1. What was being worked on is read from Kafka, decoded record by record, and stored; a block that is refused is halved.
2. From the newest good snapshot on, records are folded one by one, and what comes out is checked; after each step it is written, with a
   snapshot. A step that fails without saying at which record is begun again from the last snapshot, half as long.
3. The record that is found is set aside (`set_aside`), and the partition is taken up again without it. After too many of them, or
   where no record is to blame, the partition is stopped, and the others go on.

Memory that an exception has left half changed is never used again: each try begins with a new `Part`.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple, TypeVar

from ingest.contract.clock import Clock, milliseconds
from ingest.contract.envelope import Envelope, decode_stored
from ingest.contract.errors import Unavailable
from ingest.contract.events import streams
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS, topic_of
from ingest.kafka.offsets import Held, held
from ingest.source.failure_rate import RECENT
from streams.consume.duplicates import IdMemory
from streams.consume.validate import Events, Sieve, Sifted, sifted, ward_of
from streams.fold.flows import KEEP_MS
from streams.fold.fold import Fold
from streams.fold.plan import plans
from streams.partition_state import Part, Place
from streams.poison.attempts import STEP, Attempts, Note, step_end
from streams.poison.suspicion import (
    ENDS_WORKER,
    NOT_FOLDABLE,
    NOT_STORABLE,
    NOT_UNDERSTOOD,
    SuspectError,
    Suspicion,
    suspecting,
)
from streams.record_batch import FOLDED_AT_ONCE, Chunk
from streams.recovery import reader
from streams.recovery.log_identity import Log, compared, found_log
from streams.recovery.set_aside import SettingAside, is_flood
from streams.warehouse_connections import Stopping, Store
from streams.write.batch import Block
from streams.write.flusher import CLOSED_AT_ONCE
from streams.write.writer import Writing
from warehouse.model.value import Value
from warehouse.recompute import rebuild
from warehouse.store import event_ids, halted_partitions, positions, set_aside, sink
from warehouse.store import events as rows
from warehouse.store.halted_partitions import Stop, read_stops
from warehouse.store.positions import Range, Standing
from warehouse.store.snapshots import Snapshot, read_snapshot, revisions_after, values_after

log = logging.getLogger(__name__)

WRITTEN_AFTER = 1_000_000
"""Rows folded again after which what they gave is written: a bound for the memory of a way back without any snapshot."""

FRUITLESS, FRUITLESS_WITHIN = 3, 600.0
"""So many faults of a partition for which no record was found to be to blame, within so many seconds: at the next one it is stopped."""

EVER = 2**62
"""A position behind all others."""

Answer = TypeVar("Answer")


class Known(NamedTuple):
    """What is known of a partition before it is taken up."""

    place: Place
    log: Log
    ids: IdMemory
    stop: Stop | None


@dataclass
class Search:
    """How a partition is taken up carefully."""

    found: Suspicion
    """What is known of the fault."""
    bad: int = -1
    """Last position of the last step that failed; -1: none has, or it is behind us."""
    snapshots_to: int = EVER
    """Newest position of a snapshot that may be good."""
    is_lost: bool = False
    """Whether it is certain that no record is to blame."""

    def narrow(self, part: Part, records: list[tuple[int, bytes]]) -> None:
        """A step has failed with these records, without saying at which; with none, what its snapshot holds fails."""
        if records:
            self.bad = records[-1][0]
        else:
            self.is_lost, self.snapshots_to = part.snapshot < 0, part.snapshot - 1

    def learn(self, found: Suspicion, before: tuple[int, int]) -> None:
        """A try has failed.

        Args:
            found: as it told.
            before: `bad` and `snapshots_to` as they were in it; when nothing changes, the next one would fail alike.
        """
        self.found = found._replace(until=max(found.until, self.found.until))
        self.is_lost = self.is_lost or (found.culprit is None and before == (self.bad, self.snapshots_to))


class Recovery:
    """Makes parts of partitions.

    Args:
        ingest: which Kafka.
        store: the warehouse.
        sieve: judges what fills holes.
        writing: writes what a long way back gives in between.
        attempts: where processes died before.
        clock: the install's.
        stopping: whether to give up waiting.
        moved: called whenever it has got on, for whoever watches over that.
    """

    def __init__(
        self,
        ingest: IngestSettings,
        store: Store,
        sieve: Sieve,
        writing: Writing,
        attempts: Attempts,
        clock: Clock,
        stopping: Stopping,
        moved: Callable[[], None],
    ) -> None:
        self._ingest = ingest
        self._store = store
        self._sieve = sieve
        self._writing = writing
        self._attempts = attempts
        self._clock = clock
        self._stopping = stopping
        self._moved = moved
        self._aside = SettingAside(store, sieve, writing, clock)
        self._fruitless: dict[Place, list[float]] = {}
        """When faults of a partition came for which no record was found to be to blame (monotonic)."""

    async def parts(self, places: set[Place], suspects: Mapping[Place, Suspicion]) -> AsyncIterator[Part]:
        """The partitions, each as soon as it can go on; those of events first.

        Args:
            places: which.
            suspects: those of them in which a record may be to blame for a fault.

        Raises:
            Unavailable: something is away, and the worker is stopping.
        """
        standings: dict[Place, Standing] = await self._store.ask(positions.standings)
        logs = await self._logs(places, standings)
        await self._store.write(
            positions.write_bases, {place: found.base for place, found in logs.items() if found.begun}
        )
        newest = {place: standings[place].newest for place in places & standings.keys() if place[0] != DEAD_LETTERS}
        begins = {place: found.begin for place, found in logs.items()}
        holes: dict[Place, list[Range]] = await self._store.ask(positions.holes, newest, begins)
        days = await self._store.ask(event_ids.days)
        known_stops = await self._store.ask(read_stops)
        for place in sorted(places, key=lambda place: (place[0] == DEAD_LETTERS, place)):
            ids = IdMemory()
            for day in days.get(place, ()):
                ids.load(day, await self._store.ask(event_ids.hashes, *place, day))
            known = Known(place, logs[place], ids, known_stops.get(place))
            search = self._search(place, suspects.get(place))
            try:
                if search is not None:
                    raise SuspectError({place: search.found})
                with suspecting((place, standings.get(place, Standing()).newest)):
                    part = await self._part(known, standings.get(place, Standing()), holes.get(place, []))
            except SuspectError as error:
                part = await self._carefully(known, search or Search(error.suspects[place]))
            self._moved()
            yield part

    def _search(self, place: Place, found: Suspicion | None) -> Search | None:
        """Whether a partition has to be taken up carefully from the start."""
        note: Note = self._attempts.begin(place)
        if found is not None:
            times = [one for one in self._fruitless.get(place, []) if monotonic() - one < FRUITLESS_WITHIN]
            return Search(found, is_lost=len(times) >= FRUITLESS)
        if not note.is_careful:
            return None
        log.error("%s-%d: %d processes have ended at the same position: taking records one by one", *place, note.deaths)
        return Search(Suspicion(note.until, note.culprit, ENDS_WORKER), note.bad)

    async def _part(self, known: Known, standing: Standing, holes: list[Range], search: Search | None = None) -> Part:
        """A partition, as far as the warehouse goes.

        Raises:
            SuspectError: a record may be to blame that this fails.
        """
        part = Part(known.place, known.log.base.base)
        part.ids = known.ids
        if standing != Standing():
            part.fold.left_out = await self._store.ask(set_aside.positions_aside, *known.place)
        await self._fill(part, known.log, holes, search)
        if search is not None:
            standing = await self._standing(known.place)
        await self._remember(part, known.log, standing, search)
        stop = known.stop
        if stop is not None and stop.is_stopped:
            part.is_stopped = True
        elif stop is not None and part.next <= stop.offset:
            part.gate.allow(stop.allowance)
        elif part.fold.left_out:
            first = max(part.next - RECENT, stop.offset if stop is not None else 0, 0)
            for position in range(first, part.next):
                part.gate.judge(position in part.fold.left_out)
        return part

    async def _carefully(self, known: Known, search: Search) -> Part:
        """A partition, without the records that are to blame for what fails; stopped, if there are too many, or none."""
        place = known.place
        is_stopped = known.stop is not None and known.stop.is_stopped
        log.warning("%s-%d: careful recovery: %s", *place, search.found.told or search.found.reason)
        is_fruitless = True
        while not is_stopped:
            standing, culprit = await self._standing(place), search.found.culprit
            if culprit is not None:
                left_out = await self._store.ask(set_aside.positions_aside, *place)
                if flood := is_flood(left_out, culprit, known.stop):
                    return await self._stop(known, standing, culprit, flood)
                await self._set_aside(known, standing, culprit, search.found)
                is_fruitless = False
                search.found, search.bad, search.snapshots_to = search.found._replace(culprit=None), -1, EVER
                standing = await self._standing(place)
            if search.is_lost:
                return await self._stop(known, standing, standing.newest + 1, search.found.told or search.found.reason)
            until = max(standing.newest, min(search.found.until, known.log.end - 1))
            asked = {place: until} if place[0] != DEAD_LETTERS else {}
            holes = await self._store.ask(positions.holes, asked, {place: known.log.begin})
            before = search.bad, search.snapshots_to
            try:
                with suspecting((place, until)):
                    part = await self._part(known, standing, holes.get(place, []), search)
            except SuspectError as error:
                search.learn(error.suspects[place], before)
            else:
                self._attempts.passed(place)
                if is_fruitless:
                    self._fruitless.setdefault(place, []).append(monotonic())
                return part
        return self._stopped(known, known.stop.offset if known.stop else 0, await self._standing(place))

    async def _set_aside(self, known: Known, standing: Standing, position: int, found: Suspicion) -> None:
        stored = await self._store.ask(set_aside.stored_record, *known.place, position)
        if stored is not None:
            record, ward = stored.event.encode(), stored.ward
        else:
            offset = position - known.log.base.base
            ((value, key),) = await self._from_kafka(lambda: self._record(known.place, offset))
            record, ward = value or b"", ward_of(key)
        await self._aside.set_aside(known.place, position, found, record, ward, standing.values)
        self._moved()

    async def _record(self, place: Place, offset: int) -> list[tuple[bytes | None, bytes | None]]:
        """Value and key of one of Kafka's records."""
        chunks = [chunk async for chunk in reader.stretch(self._ingest, place, (offset, offset))]
        return [(chunk.values[0], chunk.keys[0] if chunk.keys else None) for chunk in chunks]

    async def _stop(self, known: Known, standing: Standing, position: int, why: str) -> Part:
        """Stop a partition that cannot be taken up."""
        await self._store.write(halted_partitions.stop, *known.place, position, why)
        log.error(
            "%s-%d is halted at position %d: %s. The other streams go on. Fix the cause, then let it go on: ./ioc letters resume %s",
            *known.place, position, why, known.place[0],
        )  # fmt: skip
        return self._stopped(known, position, standing)

    def _stopped(self, known: Known, position: int, standing: Standing) -> Part:
        """A partition of which nothing is known; it has to be taken up again before it goes on."""
        part = Part(known.place, known.log.base.base)
        part.is_stopped = True
        part.next, part.shown = position, max(standing.used, 0)
        self._attempts.passed(known.place)
        self._attempts.written(known.place, standing.newest)
        return part

    async def _standing(self, place: Place) -> Standing:
        standings: dict[Place, Standing] = await self._store.ask(positions.standings)
        return standings.get(place, Standing())

    async def _logs(self, places: set[Place], standings: dict[Place, Standing]) -> dict[Place, Log]:
        """The log of each partition."""
        topics = [*map(topic_of, streams()), DEAD_LETTERS]
        kafka: Held = await self._from_kafka(lambda: asyncio.to_thread(held, self._ingest, topics))
        bases = await self._store.ask(positions.bases)
        # The newest record of each partition, all at once: it is nearly always the one that we have.
        probes = {}
        for place in places & standings.keys():
            base = next((one.base for one in reversed(bases.get(place, [])) if one.cluster == kafka.cluster), 0)
            offset = min(standings[place].newest - base, kafka.extents[place].end - 1)
            if offset >= kafka.extents[place].first:
                probes[place] = offset
        records = await self._from_kafka(lambda: reader.records_at(self._ingest, probes))

        async def is_ours(place: Place, offset: int, position: int) -> bool | None:
            record = records.get(place) if probes.get(place) == offset else None
            if record is None:
                record = (await self._from_kafka(lambda: reader.records_at(self._ingest, {place: offset}))).get(place)
            stored = await self._store.ask(positions.ids_at, [(*place, position)])
            return compared(stored, place, position, record)

        return {
            place: await found_log(
                place,
                kafka.cluster,
                kafka.extents[place],
                bases.get(place, []),
                standings.get(place, Standing()),
                lambda offset, position, place=place: is_ours(place, offset, position),  # type: ignore[misc]
            )
            for place in places
        }

    async def _fill(self, part: Part, found: Log, holes: list[Range], search: Search | None) -> None:
        """Read what the warehouse lost from Kafka again, and store it; carefully, what it has not seen yet as well."""
        # What lay in an earlier log was told when that ended.
        holes = [(max(first, found.base.first), last) for first, last in holes if last >= found.base.first]
        gone = [(first, min(last, found.begin - 1)) for first, last in holes if first < found.begin]
        there = [(max(first, found.begin), last) for first, last in holes if last >= found.begin]
        if gone:
            log.error(
                "%s-%d: %d records between positions %d and %d are lost: neither the warehouse nor Kafka has them",
                *part.place, _size(gone), gone[0][0], gone[-1][1],
            )  # fmt: skip
        for near in _near(there):
            await self._from_kafka(lambda near=near: self._restore(part, near, search))  # type: ignore[misc]
        if there and search is None:
            log.warning(
                "%s-%d: %d records between positions %d and %d were missing in the warehouse and are stored again",
                *part.place, _size(there), there[0][0], there[-1][1],
            )  # fmt: skip

    async def _restore(self, part: Part, holes: list[Range], search: Search | None) -> None:
        stretch = (holes[0][0] - part.base, holes[-1][1] - part.base)
        async for chunk in reader.stretch(self._ingest, part.place, stretch):
            chunk = chunk.moved(part.base).within(holes)
            if not chunk.offsets:
                continue
            found = self._sifted(part, chunk) if search else sifted(chunk, self._sieve.now())
            await self._sieve.refuse(part, found.refused)
            await self._keep(part, found.events, search)
            self._moved()

    def _sifted(self, part: Part, chunk: Chunk) -> Sifted:
        """The same record by record, each noted before it is looked at."""
        whole = Sifted(Events([], [], []), [], [])
        for one in chunk.pieces(1):
            position = one.offsets[0]
            self._attempts.stake(part.place, position, position)
            with suspecting((part.place, chunk.offsets[-1]), culprit=position):
                found = sifted(one, self._sieve.now())
            whole.events.add(found.events)
            whole.refused.extend(found.refused)
        self._attempts.stake(part.place)
        return whole

    async def _keep(self, part: Part, events: Events, search: Search | None) -> None:
        """Store what was read from Kafka again."""
        if search is None:
            await self._store_rows(part, events)
            return
        while events.offsets:
            end = step_end(events.offsets[0], search.bad)
            count = max(1, sum(position <= end for position in events.offsets))
            await self._store_halves(part, events.only(range(count)))
            search.bad = search.bad if events.offsets[count - 1] < search.bad else -1
            events = events.only(range(count, len(events.offsets)))

    async def _store_halves(self, part: Part, events: Events) -> None:
        """Store events, in halves as long as they are refused."""
        first, last = events.offsets[0], events.offsets[-1]
        try:
            self._attempts.stake(part.place, first, last, is_writing=True)
            with suspecting((part.place, last), reason=NOT_STORABLE, culprit=first if first == last else None):
                await self._store_rows(part, events)
            self._attempts.stake(part.place)
        except SuspectError:
            if first == last:
                raise
            half = len(events.offsets) // 2
            await self._store_halves(part, events.only(range(half)))
            await self._store_halves(part, events.only(range(half, len(events.offsets))))

    async def _store_rows(self, part: Part, events: Events) -> None:
        async def nothing_waits() -> None:
            pass

        fresh, repeats = await self._sieve.without_repeats(part, events, nothing_waits)
        await self._store.write(sink.write_raw, fresh.rows(part))
        await self._store.write(sink.write_repeats, repeats)

    async def _remember(self, part: Part, found: Log, standing: Standing, search: Search | None) -> None:
        """Bring the fold to where the warehouse ends, and find out from where Kafka is read."""
        fold = part.fold
        if plans(part.place[0]) and (standing != Standing() or search is not None):  # else there is nothing to ask for
            await self._load(part, standing, search)
            part.snapshot, part.values = fold.offset, standing.values
            part.shown = standing.values if standing.values < found.end and not found.begun else -1
            written: list[Value] = await self._store.ask(values_after, *part.place, fold.offset, KEEP_MS)
            # What lies behind the newest record cannot be waited for.
            reachable = [one._replace(offset=min(one.offset, standing.newest)) for one in written]
            fold.expect(reachable, await self._store.ask(revisions_after, *part.place, fold.offset))
            part.untold = [value for value in written if value.grain == "stock"]  # the fold writes flows again
            if search is None:
                await self._replay(part, standing.newest)
            else:
                await self._replay_carefully(part, standing.newest, search)
        part.next = max(standing.newest + 1, found.base.first)
        fold.offset = max(fold.offset, part.next - 1)
        if found.begin > part.next:
            log.error(
                "%s-%d: positions %d to %d are lost: Kafka deleted %d records before they were read",
                *part.place, part.next, found.begin - 1, found.begin - part.next,
            )  # fmt: skip
            part.next = found.begin
        part.written = part.snapshot

    async def _load(self, part: Part, standing: Standing, search: Search | None) -> None:
        """Take the newest snapshot into which nothing is folded that was set aside."""
        fold, left_out = part.fold, part.fold.left_out
        rows_to = min(standing.newest, search.snapshots_to) if search else standing.newest
        while True:
            snapshot: Snapshot | None = await self._store.ask(read_snapshot, *part.place, rows_to, standing.values)
            if snapshot is None:
                return
            unknown = Fold.first_unknown(snapshot.pieces, left_out, snapshot.offset)
            if unknown is None:
                break
            rows_to = unknown - 1
        if not fold.is_mine(snapshot.pieces):
            log.info("%s-%d: the snapshot is of other declarations: folding all events again", *part.place)
            return
        try:
            with suspecting((part.place, snapshot.offset)):
                fold.load(snapshot.offset, snapshot.pieces)
        except SuspectError:
            if search is not None:
                search.snapshots_to = snapshot.offset - 1
            raise
        fold.left_out = left_out

    async def _replay(self, part: Part, newest: int) -> None:
        """Fold the rows after the snapshot."""
        began, written = part.fold.offset, 0
        while part.fold.offset < newest:
            try:
                async for envelopes, offsets in self._rows(part):
                    await bring_back(self._store, part, envelopes)
                    part.fold.fold(envelopes, offsets)
                    part.next = part.fold.offset + 1
                    written += len(envelopes)
                    self._moved()
                    await asyncio.sleep(0)
                    if written >= WRITTEN_AFTER:
                        written = 0
                        block = Block()
                        block.cut([part], with_memory=True)
                        await self._writing.write(block)
                break
            except Unavailable as error:
                await self._stopping.pause(error.retry_after.total_seconds(), error)
        if part.fold.offset > began:
            log.info("%s-%d: folded again from position %d to %d", *part.place, began + 1, part.fold.offset)

    async def _replay_carefully(self, part: Part, newest: int, search: Search) -> None:
        """The same record by record and step by step, each noted before it is done."""
        records: list[tuple[int, bytes]] = []  # the first step is none: the snapshot itself may hold what fails
        while True:
            block = Block()
            for position, record in records:
                try:
                    await self._fold_one(part, position, record, block, records[0][0])
                except SuspectError as error:
                    found = error.suspects[part.place]
                    if found.culprit is not None:
                        raise
                    to_blame = [one for one in records if one[0] <= found.until]
                    if len(records) == len(to_blame) == 1:
                        raise SuspectError({part.place: found._replace(culprit=position)}) from error
                    search.narrow(part, to_blame)
                    raise
            block.values = list({value[:6]: value for value in block.values}.values())
            first, last = (records[0][0], records[-1][0]) if records else (-1, -1)
            try:
                with suspecting(
                    (part.place, newest), reason=NOT_STORABLE, culprit=first if first == last >= 0 else None
                ):
                    block.cut([part], with_memory=True)
                    self._look_ahead(part)
                    self._attempts.stake(part.place, first, last, is_writing=True)
                    await self._writing.write(block)
            except SuspectError as error:
                if error.suspects[part.place].culprit is None:
                    search.narrow(part, records)
                raise
            self._attempts.stake(part.place)
            self._attempts.written(part.place, part.fold.offset)
            search.bad = search.bad if part.fold.offset < search.bad else -1
            self._moved()
            rest = await self._records(part)
            if not rest:
                return
            end = step_end(rest[0][0], search.bad)
            records = [one for one in rest if one[0] <= end] or rest[:1]

    async def _fold_one(self, part: Part, position: int, record: bytes, block: Block, first: int) -> None:
        """Fold one record of a step that begins at `first`, and see that what comes out can be stored.

        Raises:
            SuspectError: it is to blame, or something up to where the suspicion reaches.
        """
        place = part.place
        self._attempts.stake(place, position, position)
        with suspecting((place, position), culprit=position):
            envelopes, _ = _understood(part, [position], [record])
            is_unknown = bool(part.fold.unknown(envelopes))
        if is_unknown:
            self._attempts.stake(place)
            with suspecting((place, position), culprit=position):
                await bring_back(self._store, part, envelopes)
            self._attempts.stake(place, position, position)
        for at in [milliseconds(one.time) for one in envelopes if part.fold.closes(milliseconds(one.time))]:
            # The minutes that end with it are made of what came before.
            self._attempts.stake(place, *((first, position - 1) if first < position else (-1, -1)), is_writing=True)
            with suspecting((place, position - 1), reason=NOT_STORABLE):
                part.fold.reach(at)
                self._take(part, block)
            self._attempts.stake(place, position, position)
        with suspecting((place, position), reason=NOT_FOLDABLE, culprit=position):
            part.fold.fold(envelopes, [position])
        with suspecting((place, position), reason=NOT_STORABLE):
            self._take(part, block, culprit=position)
        self._attempts.stake(place)
        part.next = position + 1

    def _take(self, part: Part, block: Block, culprit: int | None = None) -> None:
        """Take what the fold gives, and check it. Windows change with a record alone, stocks with whatever came before it as well."""
        values = [] if part.is_behind else part.fold.take()
        with suspecting((part.place, part.fold.offset), reason=NOT_STORABLE, culprit=culprit):
            sink.check_values(value for value in values if value.grain == "flow")
        sink.check_values(values)
        block.values += values

    def _look_ahead(self, part: Part) -> None:
        """See that a snapshot could be gone on from, and that stocks can be taken of it: in a copy, for it is not caught up yet."""
        if plans(part.place[0]) and not part.is_behind:
            ahead, now = Fold(*part.place), milliseconds(self._clock.now())
            ahead.load(part.fold.offset, json.loads(json.dumps(part.fold.dump())))
            ahead.look(now, only_stirred=False)
            ahead.close(min(now, ahead.watermark + CLOSED_AT_ONCE))
            sink.check_values(ahead.take())

    async def _records(self, part: Part) -> list[tuple[int, bytes]]:
        """The next records that the warehouse has, at most `STEP`."""
        while True:
            found: list[tuple[int, bytes]] = []
            client = self._store.own_connection()
            try:
                answer = rows.after(client, *part.place, part.fold.offset)
                while len(found) < STEP and (piece := await asyncio.to_thread(next, answer, None)) is not None:
                    found += [(offset, event.encode()) for offset, event in piece]
                return found[:STEP]
            except Unavailable as error:
                await self._stopping.pause(error.retry_after.total_seconds(), error)
            finally:
                client.close()

    async def _rows(self, part: Part) -> AsyncIterator[tuple[list[Envelope], list[int]]]:
        """The events after what the fold knows, in order, as the warehouse has them."""
        client = self._store.own_connection()
        try:
            answer = rows.after(client, *part.place, part.fold.offset)
            while (piece := await asyncio.to_thread(next, answer, None)) is not None:
                for start in range(0, len(piece), FOLDED_AT_ONCE):
                    some = piece[start : start + FOLDED_AT_ONCE]
                    yield _understood(part, [offset for offset, _ in some], [event.encode() for _, event in some])
        finally:
            client.close()

    async def _from_kafka(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """What Kafka answers, as soon as it is there."""
        while True:
            try:
                return await ask()
            except Unavailable as error:
                log.warning("waiting for Kafka: %s", error)
                await self._stopping.pause(error.retry_after.total_seconds(), error)


async def bring_back(store: Store, part: Part, envelopes: list[Envelope]) -> None:
    """Bring back entities that the fold has let go, from the rows up to where it is."""
    entities = {plan.entity.id: plan.entity for plan in plans(part.place[0])}
    for id, pairs in part.fold.unknown(envelopes).items():
        part.fold.adopt(id, await store.ask(rebuild.states, entities[id], pairs, *part.place, part.fold.offset))


def _size(ranges: list[Range]) -> int:
    """How many positions there are in ranges."""
    return sum(last - first + 1 for first, last in ranges)


def _near(ranges: list[Range]) -> list[list[Range]]:
    """Ranges in groups that are best read in one go."""
    groups: list[list[Range]] = []
    for one in ranges:
        if groups and one[0] - groups[-1][-1][1] < reader.CHUNK:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _understood(part: Part, offsets: list[int], records: list[bytes]) -> tuple[list[Envelope], list[int]]:
    """The events in stored rows.

    Raises:
        SuspectError: one was understood when it was stored, and is no event for this version.
    """
    envelopes: list[Envelope] = []
    for offset, one in zip(offsets, decode_stored(records), strict=True):
        if not isinstance(one, Envelope):
            raise SuspectError({part.place: Suspicion(offsets[-1], offset, NOT_UNDERSTOOD, str(one))})
        envelopes.append(one)
    return envelopes, offsets
