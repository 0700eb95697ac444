"""Source reader: what every reader of one source does with what it has read - map, judge, and wait for Kafka."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from pydantic_core import to_json

from ingest.contract.envelope import Envelope
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.kafka.producer import Producer
from ingest.runtime.backoff import BackOff
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.mapper import MappedMessage, Mapper, ParsedMessage
from ingest.source.rhythm import Rhythm
from ingest.source.status import SourceStatus
from ingest.untrusted.dead_letter import DeadLetter
from ingest.untrusted.json_text import check_json

LONGEST_WAIT = timedelta(seconds=5)
"""Between two attempts to reach Kafka."""

LOOKED_EVERY = timedelta(minutes=1)
"""Between two looks at how long a source has been silent, at most."""


async def watch_silence(rhythm: Rhythm, source_status: SourceStatus) -> None:
    """Report a source as down that sends nothing for longer than it should, for ever."""
    while True:
        await asyncio.sleep(min(rhythm.limit() / 10, LOOKED_EVERY).total_seconds())
        if rhythm.is_silent():
            source_status.down("silent")


class SourceReader:
    """One source, and the way from it into Kafka.

    Args:
        mapper: its connector's.
        source_status: its source's status.
        breaker: stops it while most of its messages are invalid.
        producer: the way into Kafka.
    """

    def __init__(
        self, mapper: Mapper, source_status: SourceStatus, breaker: CircuitBreaker, producer: Producer
    ) -> None:
        self._id = mapper.connector.id
        self._mapper = mapper
        self._source_status = source_status
        self._breaker = breaker
        self._producer = producer

    async def run(self) -> None:
        """Read for ever."""
        raise NotImplementedError

    def map_object(self, value: Any, address: str) -> MappedMessage:
        """What comes of an object that a source has told among others: an item of a page, a row.

        Args:
            value: as JSON has it.
            address: where it was told, for its dead letter.
        """
        try:
            check_json(value)
        except InvalidEvent as fault:
            # It cannot be written as JSON again; its shape tells enough.
            return MappedMessage(
                dead_letter=self._mapper.refused(repr(value).encode(errors="replace"), fault, address=address)
            )
        return self._mapper.take(to_json(value), parsed=ParsedMessage(value), address=address)

    def judge_page(self, page: Iterable[MappedMessage], count: int) -> list[MappedMessage] | None:
        """What comes of objects that were told together; `None` while the source is held back, which then keeps them.

        Args:
            page: made while it is iterated here, so that what is held back is not counted as taken.
            count: how many objects there are.
        """
        before = self._mapper.counts.copy()
        taken = list(page)
        if self._breaker.judge_page([one.dead_letter is not None for one in taken]):
            return taken
        self._mapper.hold_back(before, count)
        return None

    async def deliver_all(self, taken: Iterable[MappedMessage]) -> None:
        """Wait until Kafka has what came of several messages."""
        taken = list(taken)
        await self.deliver(
            [envelope for one in taken for envelope in one.envelopes],
            [one.dead_letter for one in taken if one.dead_letter],
        )

    async def deliver(self, envelopes: Sequence[Envelope], dead_letters: Sequence[DeadLetter]) -> None:
        """Wait until Kafka has all of them, however long it is away."""
        backoff = BackOff(most=LONGEST_WAIT)
        while True:
            try:
                if envelopes:
                    await self._producer.send(envelopes)
                if dead_letters:
                    await self._producer.dead_letter(*dead_letters)
            except Unavailable:
                await asyncio.sleep(backoff.seconds())
            else:
                self._source_status.sent(tuple(envelopes))
                return
