"""Syslog reader: leads one source's messages into Kafka, in batches, for ever."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any

from pydantic_core import to_json

from ingest.contract.connector import Syslog
from ingest.contract.errors import ConfigurationError, InvalidEvent
from ingest.contract.settings import LOOPBACK
from ingest.kafka.producer import Producer
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.mapper import MappedMessage, Mapper
from ingest.source.reader import SourceReader, watch_silence
from ingest.source.rhythm import Rhythm
from ingest.source.status import SourceStatus
from ingest.syslog.listener import SyslogListener
from ingest.syslog.message import read_syslog

log = logging.getLogger(__name__)

BATCH = 200
"""Messages that go to Kafka together."""

RETRY = 5.0
"""Seconds until a port that is taken is tried again."""


class SyslogReader(SourceReader):
    """Listens for one source for ever.

    Args:
        mapper: its connector's, whose way is a `Syslog`.
        source_status: its source's status.
        breaker: its circuit breaker.
        producer: the way into Kafka.
        host: address to listen on.
        rhythm: when the source was heard.

    Raises:
        ConfigurationError: it would listen to a network without saying who may send.
    """

    def __init__(
        self,
        mapper: Mapper,
        source_status: SourceStatus,
        breaker: CircuitBreaker,
        producer: Producer,
        host: str,
        rhythm: Rhythm,
    ) -> None:
        way = mapper.connector.way
        if not isinstance(way, Syslog):
            raise TypeError(f"{mapper.connector.id} writes no syslog")
        super().__init__(mapper, source_status, breaker, producer)
        if host not in LOOPBACK and not way.networks:
            raise ConfigurationError(
                f"IOC_CONNECTORS_SYSLOG_HOST={host}: syslog is neither signed nor encrypted, so {self._id} must say with `networks` who may send."
            )
        self._way = way
        self._host = host
        self._rhythm = rhythm
        self.listener = SyslogListener(way.networks, mapper.counts)
        """What it listens with."""

    async def run(self) -> None:
        """Listen for ever."""
        if self._rhythm.is_alive():
            self._source_status.up("heard_before")
        watching = asyncio.create_task(watch_silence(self._rhythm, self._source_status))
        try:
            async with AsyncExitStack() as stack:
                await self._open(stack)
                while True:
                    await self._take(await self.listener.waiting.get())
        finally:
            watching.cancel()

    async def _open(self, stack: AsyncExitStack) -> None:
        while True:
            try:
                await self.listener.open(self._host, self._way.port, stack)
            except OSError as error:
                log.error("%s: port %d cannot be used: %s", self._id, self._way.port, error.strerror)
                self._source_status.down("port_taken")
                await asyncio.sleep(RETRY)
            else:
                return

    async def _take(self, first: bytes) -> None:
        batch = [first]
        while len(batch) < BATCH and not self.listener.waiting.empty():
            batch.append(self.listener.waiting.get_nowait())
        while (taken := self.judge_page(map(self._mapped, batch), len(batch))) is None:
            await asyncio.sleep(self._breaker.left())
        if any(one.dead_letter is None for one in taken):
            self._rhythm.heard()
            self._source_status.up()
        await self.deliver_all(taken)

    def _mapped(self, raw: bytes) -> MappedMessage:
        try:
            value: Any = read_syslog(raw)
        except InvalidEvent as fault:
            return MappedMessage(dead_letter=self._mapper.refused(to_json({"bytes": len(raw)}), fault))
        return self.map_object(value, str(value.get("host", "")))
