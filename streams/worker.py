"""Worker: the shell around the fold - positions, recovery, batches, pushes. All that touches Kafka or the warehouse is here."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, NamedTuple

from ingest.clock import Clock, milliseconds
from ingest.dead_letter import DeadLetter, from_record
from ingest.envelope import Envelope, decode
from ingest.errors import InvalidEvent, Unavailable
from ingest.producer import Producer
from ingest.topic import DEAD_LETTERS
from streams.fold import Fold
from streams.part import Part, Place
from streams.plan import plans
from streams.settings import StreamsSettings
from streams.transport import Chunk
from warehouse import recall, sink
from warehouse.client import Client
from warehouse.push import encode_push, pushes
from warehouse.snapshot import read_snapshot, values_after, write_snapshot
from warehouse.value import Value

log = logging.getLogger(__name__)


class Block(NamedTuple):
    """What one flush writes."""

    rows: sink.RawRows
    values: list[Value]
    letters: list[DeadLetter]
    newest_recorded: dict[str, int]


class Worker:
    """Takes chunks, folds them, and writes what comes out; one flush at a time, while the next chunk is being folded."""

    def __init__(
        self,
        settings: StreamsSettings,
        writer: Client,
        reader: Client,
        producer: Producer,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._reader = reader
        self._reading = asyncio.Lock()
        self._producer = producer
        self._is_producing = False
        self._clock = clock
        self._parts: dict[Place, Part] = {}
        self._rows = sink.RawRows()
        self._letters: list[DeadLetter] = []
        self._newest_recorded: dict[str, int] = {}
        self._flushing = asyncio.Lock()
        self._changed = asyncio.Event()
        self._snapshot_at = monotonic()
        self.highwater: Callable[[Place], int | None] = lambda place: None
        """Offset after the last one in Kafka; set by the app."""

    async def assigned(self, places: set[Place]) -> Mapping[Place, int]:
        """Recover the partitions' memory from the warehouse.

        Returns:
            The offset from which to read each.
        """
        if not self._is_producing:
            await self._producer.start()
            self._is_producing = True
        async with self._flushing:
            self._forget_all()
            await self._recover(places)
        return {place: part.fold.offset + 1 for place, part in self._parts.items()}

    async def _recover(self, places: set[Place]) -> None:
        stored = await self._ask(sink.stored_offsets)
        for place in sorted(places):
            topic, partition = place
            fold = Fold(topic, partition)
            if plans(topic):
                snapshot = await self._ask(read_snapshot, topic, partition)
                if snapshot:
                    fold.load(*snapshot)
                fold.expect(await self._ask(values_after, topic, partition, fold.offset))
            else:
                fold.offset = stored.get(place, -1)
            self._parts[place] = Part(fold, stored.get(place, -1))
        log.info(
            "partitions: %d; to fold again: %d events",
            len(places),
            sum(max(0, p.stored - p.fold.offset) for p in self._parts.values()),
        )

    async def revoked(self) -> None:
        """Write what there is and leave a fresh snapshot for whoever comes next."""
        try:
            async with asyncio.timeout(5):
                await self.flush(snapshot=True)
        except (TimeoutError, Unavailable) as error:
            log.warning("partitions given up without a last flush (their next owner reads from Kafka): %r", error)
        self._forget_all()

    async def take(self, place: Place, chunk: Chunk) -> None:
        """Fold one chunk; returns when it may be followed by the next.

        Raises:
            Unavailable: Kafka does not take a dead letter.
        """
        part = self._parts.get(place)
        if part is None:
            return
        if place[0] == DEAD_LETTERS:
            self._letters += [DeadLetter.model_validate_json(value) for value in chunk.values if value]
            part.fold.offset = chunk.offsets[-1]
        else:
            await self._fold(part, chunk)
        self._changed.set()
        while len(self._rows) >= self._settings.flush_rows and self._flushing.locked():
            await asyncio.sleep(0.005)
        if len(self._rows) >= self._settings.flush_rows:
            await self.flush()

    async def run(self) -> None:
        """Flush what changes, and look at what moves with the clock, until cancelled."""
        looked_at = monotonic()
        while True:
            patience = self._settings.look_every.total_seconds() - (monotonic() - looked_at)
            try:
                async with asyncio.timeout(max(patience, 0)):
                    await self._changed.wait()
                    await asyncio.sleep(self._settings.flush_after.total_seconds())
            except TimeoutError:
                self._look()
                looked_at = monotonic()
            is_due = monotonic() - self._snapshot_at > self._settings.snapshot_every.total_seconds()
            await self.flush(snapshot=is_due)

    async def flush(self, snapshot: bool = False) -> None:
        """Write everything that waits: raw rows, then values, then the snapshot, then the push to the board."""
        async with self._flushing:
            block = self._cut()
            reached = [(part, part.fold.offset) for part in self._parts.values()]
            memories = self._memories() if snapshot else []
            if block.rows or block.values or block.letters:
                await self._store(block)
            await self._amend(block)
            for part, offset in reached:
                part.written = offset
            for place, offset, pieces in memories:
                await self._write(write_snapshot, *place, offset, pieces)
            await self._push(block)

    def committed(self) -> dict[Place, int]:
        """The offset after the last queryable one of each partition, for Kafka's lag monitors only."""
        return {place: part.written + 1 for place, part in self._parts.items() if part.written >= 0}

    async def _fold(self, part: Part, chunk: Chunk) -> None:
        fold = part.fold
        fresh = [index for index, offset in enumerate(chunk.offsets) if offset > fold.offset]
        if not fresh:
            return
        first = fresh[0]
        offsets, records = chunk.offsets[first:], [value or b"" for value in chunk.values[first:]]
        envelopes: list[Envelope] = []
        places: list[int] = []
        decoded = decode(records)
        for index, event in enumerate(decoded.events):
            if isinstance(event, InvalidEvent):
                await self._refuse(fold, offsets[index], records[index], event)
            else:
                envelopes.append(event)
                places.append(index)
        await self._recall(fold, envelopes)
        if self._parts.get((fold.topic, fold.partition)) is not part:
            return  # taken away meanwhile: whoever has the partition now reads these records again
        fold.fold(envelopes, [offsets[index] for index in places])
        fold.offset = offsets[-1]
        self._keep(part, envelopes, [offsets[index] for index in places], [records[index] for index in places])

    def _keep(self, part: Part, envelopes: list[Envelope], offsets: list[int], records: list[bytes]) -> None:
        """Put the events that the warehouse does not have among the raw rows."""
        skip = sum(offset <= part.stored for offset in offsets)
        if skip:
            envelopes, offsets, records = envelopes[skip:], offsets[skip:], records[skip:]
        columns = self._rows.columns
        columns["topic"] += [part.fold.topic] * len(offsets)
        columns["partition"] += [part.fold.partition] * len(offsets)
        columns["offset"] += offsets
        columns["ward"] += [one.partitionkey for one in envelopes]
        columns["kind"] += [one.data.kind for one in envelopes]
        columns["subject"] += [one.subject for one in envelopes]
        columns["id"] += [one.id for one in envelopes]
        columns["at_ms"] += [milliseconds(one.time) for one in envelopes]
        columns["event"] += records
        for one in envelopes[-1:]:
            self._newest_recorded[one.partitionkey] = milliseconds(one.recordedtime)

    async def _refuse(self, fold: Fold, offset: int, record: bytes, fault: InvalidEvent) -> None:
        letter = from_record(
            fold.topic, fold.partition, offset, record, fault, ward="unknown", received_at=self._clock.now()
        )
        await self._producer.dead_letter(letter)

    async def _recall(self, fold: Fold, envelopes: list[Envelope]) -> None:
        """Bring back entities that the fold has let go, from the rows that are stored up to here."""
        missing = fold.unknown(envelopes)
        if not missing:
            return
        await self.flush()
        entities = {plan.entity.id: plan.entity for plan in plans(fold.topic)}
        for id, pairs in missing.items():
            states = await self._ask(recall.states, entities[id], pairs, fold.topic, fold.partition, fold.offset)
            fold.adopt(id, states)

    def _look(self) -> None:
        now = milliseconds(self._clock.now())
        for place, part in self._parts.items():
            if self._has_caught_up(place, part):
                part.fold.close(now)
                part.fold.look(now, only_stirred=False)

    def _has_caught_up(self, place: Place, part: Part) -> bool:
        highwater = self.highwater(place)
        return not part.is_recovering and highwater is not None and part.fold.offset + 1 >= highwater

    def _cut(self) -> Block:
        """Everything that waits, taken at one instant."""
        self._changed.clear()
        now = milliseconds(self._clock.now())
        values: list[Value] = []
        for place, part in self._parts.items():
            if part.is_recovering:
                continue
            if self._has_caught_up(place, part):
                part.fold.look(now, only_stirred=True)
            values += part.fold.take()
        block = Block(self._rows, values, self._letters, self._newest_recorded)
        self._rows, self._letters, self._newest_recorded = sink.RawRows(), [], {}
        return block

    def _memories(self) -> list[tuple[Place, int, list[list[object]]]]:
        """What a snapshot would keep of each partition that went on since the last one."""
        self._snapshot_at = monotonic()
        found = []
        for place, part in self._parts.items():
            if plans(place[0]) and not part.is_recovering and part.fold.offset > part.snapshot:
                part.fold.forget()
                part.snapshot = part.fold.offset
                found.append((place, part.fold.offset, part.fold.dump()))
        return found

    async def _store(self, block: Block) -> None:
        """Raw rows, then values. An answer that got lost is not guessed: the warehouse is asked what it has."""
        last = {
            (topic, partition): offset
            for topic, partition, offset in zip(
                *(block.rows.columns[name] for name in ("topic", "partition", "offset")), strict=True
            )
        }
        is_stored = not last
        while not is_stored:
            try:
                await asyncio.to_thread(sink.write_raw, self._writer, block.rows)
                is_stored = True
            except Unavailable as error:
                log.warning("the warehouse did not confirm %d rows: %s", len(block.rows), error)
                await asyncio.sleep(error.retry_after.total_seconds())
                stored = await self._write(sink.stored_offsets)
                is_stored = all(stored.get(place, -1) >= offset for place, offset in last.items())
        await self._write(sink.write_values, block.values)
        await self._write(sink.write_dead_letters, block.letters)

    async def _amend(self, block: Block) -> None:
        """Recompute the windows that events came too late for, as new revisions."""
        for place, part in self._parts.items():
            late, part.fold.late = part.fold.late, set()
            for one in sorted(late):
                log.info("recomputed, because of a late event: %s", one)
                offset = part.fold.offset
                values = await self._write(recall.recomputed, one.indicator, one.ward, one.window_ms, *place, offset)
                await self._write(sink.write_values, values)
                block.values.extend(values)

    async def _push(self, block: Block) -> None:
        """Tell the board what changed; a figure that it never hears of would look live and be old, so this does not give up."""
        records = [(push.ward, encode_push(push)) for push in pushes(block.values, block.newest_recorded)]
        while records:
            try:
                await self._producer.push(records)
                return
            except Unavailable as error:
                log.warning("waiting for Kafka: %s", error)
                await asyncio.sleep(error.retry_after.total_seconds())

    async def _ask(self, work: Callable[..., object], *arguments: object) -> Any:
        """Do blocking work on the reader's connection; whoever comes second waits."""
        async with self._reading:
            return await _patiently(work, self._reader, *arguments)

    async def _write(self, work: Callable[..., object], *arguments: object) -> Any:
        """Do blocking work on the writer's connection, which belongs to whoever flushes."""
        return await _patiently(work, self._writer, *arguments)

    def _forget_all(self) -> None:
        self._parts.clear()
        self._rows, self._letters, self._newest_recorded = sink.RawRows(), [], {}


async def _patiently(work: Callable[..., object], client: Client, *arguments: object) -> Any:
    """Do blocking work in a thread, again and again until the warehouse is there."""
    wait = 0.2
    while True:
        try:
            return await asyncio.to_thread(work, client, *arguments)
        except Unavailable as error:
            log.warning("waiting for the warehouse: %s", error)
            await asyncio.sleep(wait)
            wait = min(2 * wait, 5.0)
