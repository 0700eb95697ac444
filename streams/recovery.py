"""Recovery: what a worker does with a partition before it takes its first record from Kafka.

1. Which log of Kafka is it, and where do positions begin in it (`kafka_log`)?
2. What did the warehouse lose? Holes before its newest position are read from Kafka again and stored.
3. What does the fold know? The newest snapshot that the other tables bear out, then the rows after it, from the warehouse.

So a partition is taken up where the warehouse ends, and nothing that is stored is ever judged or counted a second time. Where Kafka no
longer has what is missing, that is said in the log, and the audit shows it; the partition goes on all the same.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from ingest.envelope import Envelope, decode_stored
from ingest.errors import Unavailable
from ingest.events import streams
from ingest.kafka_extent import Held, held
from ingest.settings import IngestSettings
from ingest.topic import DEAD_LETTERS, topic_of
from streams import kafka_read
from streams.block import Block
from streams.chunk import FOLDED_AT_ONCE
from streams.flows import KEEP_MS
from streams.kafka_log import Log, compared, found_log
from streams.part import Part, Place
from streams.plan import plans
from streams.sift import Sieve, sifted
from streams.store import Stopping, Store
from streams.writing import Writing
from warehouse import copies, positions, recall, rows, sink
from warehouse.positions import Range, Standing
from warehouse.snapshot import read_snapshot, values_after
from warehouse.stops import read_stops

log = logging.getLogger(__name__)

WRITTEN_AFTER = 1_000_000
"""Rows folded again after which what they gave is written: a bound for the memory of a way back without any snapshot."""

Answer = TypeVar("Answer")


class Recovery:
    """Makes parts of partitions.

    Args:
        ingest: which Kafka.
        store: the warehouse.
        sieve: judges what fills holes.
        writing: writes what a long way back gives in between.
        stopping: whether to give up waiting.
        moved: called whenever it has got on, for whoever watches over that.
    """

    def __init__(
        self,
        ingest: IngestSettings,
        store: Store,
        sieve: Sieve,
        writing: Writing,
        stopping: Stopping,
        moved: Callable[[], None],
    ) -> None:
        self._ingest = ingest
        self._store = store
        self._sieve = sieve
        self._writing = writing
        self._stopping = stopping
        self._moved = moved

    async def parts(self, places: set[Place]) -> AsyncIterator[Part]:
        """The partitions, each as soon as it can go on; those of events first.

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
        days = await self._store.ask(copies.days)
        stops = await self._store.ask(read_stops)
        for place in sorted(places, key=lambda place: (place[0] == DEAD_LETTERS, place)):
            part = Part(place, logs[place].base.base)
            for day in days.get(place, ()):
                part.ids.load(day, await self._store.ask(copies.hashes, *place, day))
            await self._fill(part, logs[place], holes.get(place, []))
            await self._remember(part, logs[place], standings.get(place, Standing()))
            stop = stops.get(place)
            if stop is not None and stop.is_stopped:
                part.is_stopped = True
            elif stop is not None and part.next <= stop.offset:
                part.gate.allow(stop.allowance)
            self._moved()
            yield part

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
        records = await self._from_kafka(lambda: kafka_read.records_at(self._ingest, probes))

        async def is_ours(place: Place, offset: int, position: int) -> bool | None:
            record = records.get(place) if probes.get(place) == offset else None
            if record is None:
                record = (await self._from_kafka(lambda: kafka_read.records_at(self._ingest, {place: offset}))).get(
                    place
                )
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

    async def _fill(self, part: Part, found: Log, holes: list[Range]) -> None:
        """Read what the warehouse lost from Kafka again, and store it."""
        # What lay in an earlier log was told when that ended.
        holes = [(max(first, found.base.first), last) for first, last in holes if last >= found.base.first]
        gone = [(first, min(last, found.begin - 1)) for first, last in holes if first < found.begin]
        there = [(max(first, found.begin), last) for first, last in holes if last >= found.begin]
        if gone:
            log.error(
                "%s-%d: %d records between positions %d and %d are lost: the warehouse does not have them, and Kafka has let go of them",
                *part.place, _size(gone), gone[0][0], gone[-1][1],
            )  # fmt: skip
        for near in _near(there):
            await self._from_kafka(lambda near=near: self._restore(part, near))  # type: ignore[misc]
        if there:
            log.warning(
                "%s-%d: %d records between positions %d and %d were missing in the warehouse, and are stored again",
                *part.place, _size(there), there[0][0], there[-1][1],
            )  # fmt: skip

    async def _restore(self, part: Part, holes: list[Range]) -> None:
        async def nothing_waits() -> None:
            pass

        stretch = (holes[0][0] - part.base, holes[-1][1] - part.base)
        async for chunk in kafka_read.stretch(self._ingest, part.place, stretch):
            found = sifted(chunk.moved(part.base).within(holes), self._sieve.now())
            await self._sieve.refuse(part, found.refused)
            events, repeats = await self._sieve.without_repeats(part, found.events, nothing_waits)
            await self._store.write(sink.write_raw, events.rows(part))
            await self._store.write(sink.write_repeats, repeats)
            self._moved()

    async def _remember(self, part: Part, found: Log, standing: Standing) -> None:
        """Bring the fold to where the warehouse ends, and find out from where Kafka is read."""
        fold = part.fold
        if plans(part.place[0]):
            snapshot = await self._store.ask(read_snapshot, *part.place, standing.newest, standing.values)
            if snapshot and fold.is_mine(snapshot.pieces):
                fold.load(snapshot.offset, snapshot.pieces)
            elif snapshot:
                log.info("%s-%d: another version made the snapshot: everything is folded again", *part.place)
            part.snapshot, part.values = fold.offset, standing.values
            part.shown = standing.values if standing.values < found.end and not found.begun else -1
            fold.expect(await self._store.ask(values_after, *part.place, fold.offset, KEEP_MS))
            await self._replay(part, standing.newest)
        part.next = max(standing.newest + 1, found.base.first)
        fold.offset = max(fold.offset, part.next - 1)
        if found.begin > part.next:
            log.error(
                "%s-%d: positions %d to %d are lost: %d records that Kafka let go of before they could be read",
                *part.place, part.next, found.begin - 1, found.begin - part.next,
            )  # fmt: skip
            part.next = found.begin
        part.written = part.snapshot

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
        part.fold.adopt(id, await store.ask(recall.states, entities[id], pairs, *part.place, part.fold.offset))


def _size(ranges: list[Range]) -> int:
    """How many positions there are in ranges."""
    return sum(last - first + 1 for first, last in ranges)


def _near(ranges: list[Range]) -> list[list[Range]]:
    """Ranges in groups that are best read in one go."""
    groups: list[list[Range]] = []
    for one in ranges:
        if groups and one[0] - groups[-1][-1][1] < kafka_read.CHUNK:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _understood(part: Part, offsets: list[int], records: list[bytes]) -> tuple[list[Envelope], list[int]]:
    """The events that this version understands; they all were understood when they were stored."""
    envelopes, places = [], []
    for offset, one in zip(offsets, decode_stored(records), strict=True):
        if isinstance(one, Envelope):
            envelopes.append(one)
            places.append(offset)
        else:
            log.error("%s-%d: position %d is stored, but is no event for this version: %s", *part.place, offset, one)
    return envelopes, places
