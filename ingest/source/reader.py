"""Source reader: what every reader of one source has, and how it waits for Kafka."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from ingest.contract.envelope import Envelope
from ingest.contract.errors import Unavailable
from ingest.kafka.producer import Producer
from ingest.runtime.backoff import BackOff
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from ingest.untrusted.dead_letter import DeadLetter

LONGEST_WAIT = timedelta(seconds=5)
"""Between two attempts to reach Kafka."""


class SourceReader:
    """One source, and the way from it into Kafka.

    Args:
        mapper: its connector's.
        source_status: its source's status.
        breaker: stops it while most of its messages make no sense.
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

    async def deliver(self, envelopes: Sequence[Envelope], letters: Sequence[DeadLetter]) -> None:
        """Wait until Kafka has all of them, however long it is away."""
        backoff = BackOff(most=LONGEST_WAIT)
        while True:
            try:
                if envelopes:
                    await self._producer.send(envelopes)
                if letters:
                    await self._producer.dead_letter(*letters)
            except Unavailable:
                await asyncio.sleep(backoff.seconds())
            else:
                self._source_status.sent(tuple(envelopes))
                return
