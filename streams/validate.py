"""Validate: records become events that count, repeats, and dead letters."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from ingest.contract.clock import Clock
from ingest.contract.envelope import AnyEnvelope, decode, invalid_event
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.kafka.producer import Producer
from ingest.runtime import metrics
from ingest.untrusted.dead_letter import DeadLetter, from_record
from streams.partition.duplicates import judge_duplicates
from streams.partition.record_batch import RecordBatch
from streams.partition.state import PartitionState
from streams.warehouse_connections import Stopping, WorkerWarehouse
from warehouse.store import event_ids
from warehouse.store.sink import DeadLetterRecord, RawRows

log = logging.getLogger(__name__)


class ValidEvents(NamedTuple):
    """Events with their places, column by column."""

    envelopes: list[AnyEnvelope]
    offsets: list[int]
    records: list[bytes]

    def add(self, more: "ValidEvents") -> None:
        """Append others."""
        self.envelopes.extend(more.envelopes)
        self.offsets.extend(more.offsets)
        self.records.extend(more.records)

    def only(self, indices: Sequence[int]) -> "ValidEvents":
        """Some of them."""
        envelopes, offsets, records = self
        return ValidEvents(
            [envelopes[index] for index in indices],
            [offsets[index] for index in indices],
            [records[index] for index in indices],
        )

    def rows(self, part: PartitionState) -> RawRows:
        """The same as raw rows."""
        rows = RawRows()
        rows.columns["topic"] = [part.place[0]] * len(self.offsets)
        rows.columns["partition"] = [part.place[1]] * len(self.offsets)
        rows.columns["offset"] = self.offsets
        rows.columns["ward"] = [one.partitionkey for one in self.envelopes]
        rows.columns["kind"] = [one.data.kind for one in self.envelopes]
        rows.columns["subject"] = [one.subject for one in self.envelopes]
        rows.columns["id"] = [one.id for one in self.envelopes]
        rows.columns["at_ms"] = [one.at_ms for one in self.envelopes]
        rows.columns["event"] = self.records
        return rows


class InvalidRecord(NamedTuple):
    """A record that is no event of ours."""

    offset: int
    record: bytes
    ward: str
    fault: InvalidEvent


class ValidatedBatch(NamedTuple):
    """What a chunk holds."""

    events: ValidEvents
    refused: list[InvalidRecord]
    judgement: list[bool]
    """In order, whether each record is bad."""


def validate_records(chunk: RecordBatch, now: datetime) -> ValidatedBatch:
    """Tell events from what is none.

    Args:
        chunk: what came.
        now: the present by the install's clock.
    """
    records = [value or b"" for value in chunk.values]
    decoded = decode(records, now).events
    bad = [isinstance(one, InvalidEvent) for one in decoded]
    if not any(bad):
        return ValidatedBatch(ValidEvents(decoded, chunk.offsets, records), [], bad)  # type: ignore[arg-type]
    events = ValidEvents([], [], [])
    refused = []
    for index, one in enumerate(decoded):
        if isinstance(one, InvalidEvent):
            key = chunk.keys[index] if chunk.keys else None
            refused.append(InvalidRecord(chunk.offsets[index], records[index], ward_of(key), one))
        else:
            events.envelopes.append(one)
            events.offsets.append(chunk.offsets[index])
            events.records.append(records[index])
    return ValidatedBatch(events, refused, bad)


def parse_dead_letters(part: PartitionState, chunk: RecordBatch) -> list[DeadLetterRecord]:
    """The dead letters in a chunk of their topic. What is none has nowhere to go any more: that is said, and the next one goes on."""
    letters = []
    for offset, value in zip(chunk.offsets, chunk.values, strict=True):
        try:
            letters.append(DeadLetterRecord(DeadLetter.model_validate_json(value or b""), part.place[1], offset))
        except ValidationError as error:
            log.error(
                "%s-%d: the record at position %d is not a dead letter: %s", *part.place, offset, invalid_event(error)
            )
    return letters


class RecordValidator:
    """Finds what must not count, and sees to it that it is kept elsewhere."""

    def __init__(self, store: WorkerWarehouse, producer: Producer, clock: Clock, stopping: Stopping) -> None:
        self._store = store
        self._producer = producer
        self._clock = clock
        self._stopping = stopping

    def now(self) -> datetime:
        """The present by the install's clock."""
        return self._clock.now()

    async def refuse(self, part: PartitionState, refused: Sequence[InvalidRecord]) -> None:
        """Send dead letters; returns when Kafka has them.

        Raises:
            Unavailable: Kafka is away, and the worker is stopping.
        """
        now = self._clock.now()
        await self.send(
            [
                from_record(*part.place, one.offset, one.record, one.fault, ward=one.ward, received_at=now)
                for one in refused
            ]
        )

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        """Send letters; returns when Kafka has them.

        Raises:
            Unavailable: Kafka is away, and the worker is stopping.
        """
        while letters:
            try:
                await self._producer.dead_letter(*letters)
                return
            except Unavailable as error:
                await self._stopping.pause(error.retry_after.total_seconds(), error)

    async def without_repeats(
        self, part: PartitionState, events: ValidEvents, flush: Callable[[], Awaitable[None]]
    ) -> tuple[ValidEvents, list[tuple[Any, ...]]]:
        """Take out what was there before, and remember the rest.

        Args:
            part: the partition.
            events: what came.
            flush: writes everything that waits, so that the warehouse knows all that came before.

        Returns:
            The events that count, and rows of `raw_repeats` for the others.
        """
        hashes = [event_ids.id_hash(one.partitionkey, one.id) for one in events.envelopes]
        suspects = part.ids.suspects(hashes)
        repeats: list[tuple[Any, ...]] = []
        if suspects:
            await flush()
            asked = {(events.envelopes[index].partitionkey, events.envelopes[index].id) for index in suspects}
            stored = await self._store.ask(event_ids.first_copies, *part.place, asked)
            verdict = judge_duplicates(events.envelopes, events.offsets, suspects, stored)
            repeats = [
                _repeat(part, events, index, first, is_conflict)
                for found, is_conflict in ((verdict.repeated, False), (verdict.conflicts, True))
                for index, first in found
            ]
            metrics.DUPLICATE_EVENTS.labels("repeat").inc(len(verdict.repeated))
            metrics.DUPLICATE_EVENTS.labels("conflict").inc(len(verdict.conflicts))
            if repeats:
                events = events.only(verdict.fresh)
                hashes = [hashes[index] for index in verdict.fresh]
        part.ids.add(hashes, today())
        return events, repeats


def today() -> date:
    """The day in UTC on which rows are stored now; it is the warehouse's day, whatever clock the install lives by."""
    return datetime.now(UTC).date()


def _repeat(part: PartitionState, events: ValidEvents, index: int, first: int, is_conflict: bool) -> tuple[Any, ...]:
    one = events.envelopes[index]
    return (
        *part.place,
        events.offsets[index],
        one.partitionkey,
        one.data.kind,
        one.subject,
        one.id,
        one.at_ms,
        events.records[index] if is_conflict else b"",
        is_conflict,
        first,
    )


def ward_of(key: bytes | None) -> str:
    """The ward that a record's key names."""
    text = (key or b"").decode(errors="replace")
    return text if 0 < len(text) <= 80 and text.isascii() and text.isprintable() else "unknown"
