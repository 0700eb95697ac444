"""Producer: the only place where events enter Kafka.

`send` returns when Kafka has all of them on disk, or raises `Unavailable`; then the caller offers the same again, and
deterministic ids make a second copy count once. While Kafka is away at most one buffer waits inside: everything else is
refused at once, so that sources hold their own events instead of our memory.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from ingest.contract.envelope import AnyEnvelope, encode
from ingest.contract.errors import Unavailable
from ingest.contract.events import event_types
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS, MEGABYTE, VALUES, topic_of
from ingest.kafka.client import client_options
from ingest.runtime import metrics
from ingest.runtime.backoff import BackOff
from ingest.runtime.disk_space import DiskSpace
from ingest.runtime.failpoint import failpoint
from ingest.untrusted.dead_letter import DeadLetter

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=5)
"""How long a caller waits for Kafka before it is told that Kafka is away."""

LONGEST_WAIT = timedelta(seconds=10)
"""Between two attempts to connect at the start."""

RETRY_AFTER = timedelta(seconds=1)
"""How long nothing is tried after Kafka was found to be away."""

RENEW_AFTER = timedelta(seconds=30)
"""How long the client may hang on unanswered batches before a fresh one takes its place."""

LINGER = timedelta(milliseconds=5)
BATCH_BYTES = MEGABYTE // 4

OutgoingRecord = tuple[str, bytes, bytes]


class EventSink(Protocol):
    """Where events go: all that a status or a heartbeat needs of a producer."""

    async def send(self, events: Sequence[AnyEnvelope]) -> None:
        """Return when all are stored.

        Raises:
            Unavailable: they are not, or it is not known.
        """


class Producer:
    """Writes events and dead letters to Kafka: acknowledged by all replicas, without duplicates of its own, lz4.

    Args:
        settings: where Kafka is.
        room: at the edge, where new events come in: they are refused while there is none.
    """

    def __init__(self, settings: IngestSettings, room: DiskSpace | None = None) -> None:
        self._settings = settings
        self._clock = settings.clock()
        self._room = room
        self._client: AIOKafkaProducer | None = None
        self._unanswered: list[asyncio.Future[Any]] = []
        self._away_since: float | None = None
        self._retry_at = 0.0
        self._renewal: asyncio.Task[None] | None = None

    @property
    def away(self) -> bool:
        """Whether the last attempt found Kafka away, or it was never there."""
        return self._client is None or self._away_since is not None or self._is_short()

    async def start(self) -> None:
        """Connect; waits for Kafka with back-off, and says once that it waits."""
        backoff = BackOff(most=LONGEST_WAIT)
        while True:
            client = self._made()
            try:
                await _started(client)
            except (KafkaError, OSError, TimeoutError) as error:
                await _closed(client)
                if not backoff.failures:
                    log.warning("waiting for Kafka at %s: %s", self._settings.bootstrap, _named(error))
                await asyncio.sleep(backoff.seconds())
            except BaseException:
                await _closed(client)
                raise
            else:
                self._client, self._unanswered, self._away_since, self._retry_at = client, [], None, 0.0
                log.info("connected to Kafka at %s", self._settings.bootstrap)
                return

    async def send(self, events: Sequence[AnyEnvelope]) -> None:
        """Write events; returns when Kafka has acknowledged all of them.

        Raises:
            NoDiskSpace: the disk is nearly full; nothing has been written.
            Unavailable: Kafka did not acknowledge all of them; some may have been written. Send the same ones again.
        """
        self._check_room()
        records = [(topic_of(event_types()[event.type].stream), event.ward.encode(), encode(event)) for event in events]
        await self.deliver(records)
        metrics.EVENT_BYTES.inc(sum(len(value) for _, _, value in records))
        if events:
            age = self._clock.now() - max(event.time for event in events)
            metrics.FRESHNESS.labels(metrics.IN_KAFKA).observe(max(0.0, age.total_seconds()))

    async def dead_letter(self, *dead_letters: DeadLetter) -> None:
        """Write dead letters; returns when Kafka has acknowledged all of them.

        Raises:
            Unavailable: as for `send`.
        """
        self._check_room()
        await self.deliver(
            (DEAD_LETTERS, dead_letter.ward.encode(), dead_letter.encode()) for dead_letter in dead_letters
        )
        for dead_letter in dead_letters:
            metrics.DEAD_LETTERS.labels(dead_letter.reason_code).inc()

    async def push(self, pushes: Iterable[tuple[str, bytes]]) -> None:
        """Write changed values, each a ward and its record; returns when Kafka has acknowledged all of them.

        Raises:
            Unavailable: as for `send`.
        """
        await self.deliver((VALUES, ward.encode(), values) for ward, values in pushes)

    async def stop(self) -> None:
        """Give what is on its way a last chance, then disconnect."""
        if self._renewal is not None:
            self._renewal.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewal
        if self._client is not None:
            await _closed(self._client)
            self._client = None

    def _is_short(self) -> bool:
        return self._room is not None and self._room.shortage() is not None

    def _check_room(self) -> None:
        if self._room is not None:
            self._room.check()

    async def deliver(self, records: Iterable[OutgoingRecord]) -> None:
        """Send records as they are; return when all are stored.

        Args:
            records: of each its topic, key and value.

        Raises:
            Unavailable: they are not, or it is not known.
        """
        client = self._open_client()
        began = time.monotonic()
        deadline = began + PATIENCE.total_seconds()
        futures: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                for topic, key, value in records:
                    futures.append(await client.send(topic, value=value, key=key))
            failpoint("producer.sending")
            if futures:
                await asyncio.wait(futures, timeout=max(0.0, deadline - time.monotonic()))
            for future in futures:
                if not future.done():
                    raise TimeoutError
                future.result()
            failpoint("producer.acked")
        except MessageSizeTooLargeError:
            raise  # every event and dead letter is bounded: a bug
        except TimeoutError:
            raise self._found_away(futures, "no answer in time") from None
        except KafkaError as error:
            if not error.retriable:
                self._renew()  # after such an error the client's sequence numbers no longer fit Kafka's
            raise self._found_away(futures, _named(error)) from error
        self._away_since = None
        metrics.PRODUCE_SECONDS.observe(time.monotonic() - began)

    def _open_client(self) -> AIOKafkaProducer:
        """The client, unless Kafka is known to be away.

        Raises:
            Unavailable: it is.
        """
        now = time.monotonic()
        self._unanswered = [future for future in self._unanswered if not future.done()]
        if self._unanswered and self._away_since and now - self._away_since > RENEW_AFTER.total_seconds():
            self._renew()
        if self._client is None:
            raise Unavailable("Kafka", "not connected", RETRY_AFTER)
        if self._unanswered or now < self._retry_at:
            raise Unavailable("Kafka", "it has not answered yet", RETRY_AFTER)
        return self._client

    def _found_away(self, futures: list[asyncio.Future[Any]], detail: str) -> Unavailable:
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            log.warning("Kafka does not answer: %s", detail)
        self._retry_at = now + RETRY_AFTER.total_seconds()
        for future in futures:
            future.add_done_callback(_looked_at)
            if not future.done():
                self._unanswered.append(future)
        return Unavailable("Kafka", detail, RETRY_AFTER)

    def _renew(self) -> None:
        """Put a fresh client in the place of one that no longer works."""
        old, self._client = self._client, None
        if old is None or (self._renewal is not None and not self._renewal.done()):
            return
        log.warning("reconnecting to Kafka")
        self._renewal = asyncio.create_task(self._renewed(old))

    async def _renewed(self, old: AIOKafkaProducer) -> None:
        await _closed(old)
        await self.start()

    def _made(self) -> AIOKafkaProducer:
        limit = round(PATIENCE.total_seconds() * 1000)
        return AIOKafkaProducer(
            **client_options(self._settings),
            client_id="ward-ioc",
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            linger_ms=round(LINGER.total_seconds() * 1000),
            max_batch_size=BATCH_BYTES,
            max_request_size=MEGABYTE,
            request_timeout_ms=limit,
            retry_backoff_ms=200,
        )


async def _started(client: AIOKafkaProducer) -> None:
    """Start a client; when we are cancelled, let its first connection come about, for aiokafka would not close it."""
    starting = asyncio.create_task(client.start())
    try:
        async with asyncio.timeout(2 * PATIENCE.total_seconds()):
            await asyncio.shield(starting)
    finally:
        if not starting.done():
            await asyncio.wait({starting}, timeout=1)
        starting.cancel()
        starting.add_done_callback(_looked_at)


async def _closed(client: AIOKafkaProducer) -> None:
    """Close a client, even one whose batches will never be answered."""
    try:
        async with asyncio.timeout(3):
            await client.stop()
    except (KafkaError, OSError, TimeoutError) as error:
        log.warning("closed the producer with unacknowledged records: %s", _named(error))
        sender = client._sender  # noqa: SLF001  # aiokafka leaves it running after a stop that fails
        if sender.sender_task is not None:
            sender.sender_task.cancel()
        await client.client.close()


def _looked_at(future: asyncio.Future[Any]) -> None:
    """Nobody waits for this answer any more; asyncio need not complain about it."""
    if not future.cancelled():
        future.exception()


def _named(error: BaseException) -> str:
    return f"{type(error).__name__} {error}".strip()
