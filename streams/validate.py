"""Validate: records become events or dead letters."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from ingest.contract.clock import Clock
from ingest.contract.envelope import decode, invalid_event
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.kafka.producer import Producer
from ingest.untrusted.dead_letter import DeadLetter, from_record
from streams.partition.record_batch import RecordBatch
from streams.partition.state import PartitionState
from streams.partition.valid_events import ValidEvents
from streams.warehouse_connections import Stopping
from warehouse.store.sink import DeadLetterRecord

log = logging.getLogger(__name__)


class InvalidRecord(NamedTuple):
    """A record that is not an event of ours."""

    offset: int
    record: bytes
    ward: str
    fault: InvalidEvent


class ValidatedBatch(NamedTuple):
    """What a batch holds."""

    events: ValidEvents
    refused: list[InvalidRecord]
    judgement: list[bool]
    """In order, whether each record is bad; empty when none is."""


def validate_records(batch: RecordBatch, now: datetime) -> ValidatedBatch:
    """Tell events from what is none.

    Args:
        batch: what came.
        now: the present by the install's clock.
    """
    records = [value or b"" for value in batch.values]
    decoded = decode(records, now).events
    bad = [kind is InvalidEvent for kind in map(type, decoded)]
    if True not in bad:
        return ValidatedBatch(ValidEvents(decoded, batch.offsets, records), [], [])  # type: ignore[arg-type]
    events = ValidEvents([], [], [])
    refused = []
    for index, one in enumerate(decoded):
        if isinstance(one, InvalidEvent):
            key = batch.keys[index] if batch.keys else None
            refused.append(InvalidRecord(batch.offsets[index], records[index], ward_of(key), one))
        else:
            events.envelopes.append(one)
            events.offsets.append(batch.offsets[index])
            events.records.append(records[index])
    return ValidatedBatch(events, refused, bad)


def parse_dead_letters(partition: PartitionState, batch: RecordBatch) -> list[DeadLetterRecord]:
    """The dead letters in a batch of their topic. A record that is not a dead letter has nowhere left to go: it is logged and skipped."""
    dead_letters = []
    for offset, value in zip(batch.offsets, batch.values, strict=True):
        try:
            dead_letters.append(
                DeadLetterRecord(DeadLetter.model_validate_json(value or b""), partition.place[1], offset)
            )
        except ValidationError as error:
            log.error(
                "%s-%d: the record at position %d is not a dead letter: %s",
                *partition.place,
                offset,
                invalid_event(error),
            )
    return dead_letters


class RecordValidator:
    """Tells events from what is none, and sees to it that this is kept elsewhere."""

    def __init__(self, producer: Producer, clock: Clock, stopping: Stopping) -> None:
        self._producer = producer
        self._clock = clock
        self._stopping = stopping

    def now(self) -> datetime:
        """The present by the install's clock."""
        return self._clock.now()

    async def take(self, partition: PartitionState, batch: RecordBatch) -> ValidEvents | None:
        """The events of a batch, once Kafka has the others as dead letters.

        Returns:
            `None` if too much of what came lately is invalid: the partition has to be halted before this batch.

        Raises:
            Unavailable: Kafka is away, and the worker is stopping.
        """
        found = validate_records(batch, self._clock.now())
        if not found.refused:
            partition.gate.pass_good(len(batch.offsets))
        for is_bad in found.judgement:
            partition.gate.judge(is_bad)
        if partition.gate.tripped:
            return None
        await self.refuse(partition, found.refused)
        return found.events

    async def refuse(self, partition: PartitionState, refused: Sequence[InvalidRecord]) -> None:
        """Send dead letters; returns when Kafka has them.

        Raises:
            Unavailable: Kafka is away, and the worker is stopping.
        """
        now = self._clock.now()
        await self.send(
            [
                from_record(*partition.place, one.offset, one.record, one.fault, ward=one.ward, received_at=now)
                for one in refused
            ]
        )

    async def send(self, dead_letters: Sequence[DeadLetter]) -> None:
        """Send dead letters; returns when Kafka has them.

        Raises:
            Unavailable: Kafka is away, and the worker is stopping.
        """
        while dead_letters:
            try:
                await self._producer.dead_letter(*dead_letters)
                return
            except Unavailable as error:
                await self._stopping.pause(error.retry_after.total_seconds(), error)


def ward_of(key: bytes | None) -> str:
    """The ward that a record's key names."""
    text = (key or b"").decode(errors="replace")
    return text if 0 < len(text) <= 80 and text.isascii() and text.isprintable() else "unknown"
