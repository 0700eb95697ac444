"""Runner: all connectors in one process and one event loop, each by its own way, and their end.

A source that is away, or Kafka, is waited for; a message that makes no sense, or that a mapping does not survive, is a dead
dead letter, and a source of which too many do is held back. Anything else that goes wrong is a bug and ends the process, which
loses nothing: nothing was confirmed to a source that Kafka does not have.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import SecretStr

from ingest.contract.connector import Connector, Context, FileDrop, Misdeclared, SqlTable, Subscription, Webhook
from ingest.files.reader import FileReader
from ingest.kafka.producer import Producer
from ingest.mqtt.broker import CONNECTOR_CLIENT, BrokerSettings, DeviceSource, embedded_broker
from ingest.mqtt.subscriber import MqttServer, Subscriber
from ingest.rest.poller import RestPoller
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.cursor import Cursor
from ingest.source.mapper import Mapper
from ingest.source.status import EVERY, SourceStatus
from ingest.webhook.routes import PostLimits, PostSource, WebhookRoutes
from ingest.webhook.server import WebhookServer, WebhookSettings

if TYPE_CHECKING:
    from ingest.sql.reader import SqlReader

log = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]

SIGNS_MISSED = 3
"""Signs of life that may be missing before a source that posts counts as down."""


@dataclass(frozen=True)
class ConnectorEndpoints:
    """How the outside and we reach each other."""

    folder: Path
    """Where cursors are kept."""
    listen: WebhookSettings
    """Where the intake listens."""
    mqtt: MqttServer
    """Where to subscribe."""
    broker: BrokerSettings | None = None
    """The embedded broker, if the ward has none."""
    limits: PostLimits = field(default_factory=PostLimits)
    """What one post and one source may cost."""
    webhook_secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Live secrets of the sources that post, by connector id."""
    urls: Mapping[str, str] = field(default_factory=dict)
    """Base URLs of the sources that are polled; one without is not read."""
    tokens: Mapping[str, SecretStr] = field(default_factory=dict)
    """Bearer tokens for them."""
    allowances: Mapping[str, int] = field(default_factory=dict)
    """Messages that may make no sense before a source is held back, by connector id."""
    routers: Sequence[APIRouter] = ()
    """What is served beside the intake, on its port."""


class ConnectorRunner:
    """Runs connectors.

    Args:
        connectors: which.
        outside: how they and their sources reach each other.
        producer: the way into Kafka; started and stopped here.
        context: what mappings may use.
        heartbeat: real time between two heartbeats of a source.
        beside: by name, what else runs beside them for ever.

    Raises:
        ConfigurationError: a setting of a source is wrong.
    """

    def __init__(
        self,
        connectors: Sequence[Connector],
        outside: ConnectorEndpoints,
        producer: Producer,
        context: Context,
        heartbeat: timedelta = EVERY,
        beside: Mapping[str, Work] | None = None,
    ) -> None:
        self._outside = outside
        self._producer = producer
        self._context = context
        self.counts: dict[str, Mapping[str, int]] = {}
        """By connector, what became of its source's messages."""
        self._work: dict[str, Work] = {"kafka": producer.start, **(beside or {})}
        self._sources: dict[str, DeviceSource] = {}
        posts: list[PostSource] = []
        for connector in connectors:
            mapper = Mapper(connector, context)
            source_status = SourceStatus(connector, context, producer, heartbeat)
            breaker = CircuitBreaker(source_status, outside.allowances.get(connector.id, 0))
            way = connector.way
            if isinstance(way, Webhook):
                posts.append(post := PostSource(mapper, source_status, breaker))
                self._work[f"{connector.id} signs of life"] = partial(_watch, post, way.sign_of_life)
            elif isinstance(way, Subscription):
                self._work[connector.id] = self._subscriber(mapper, source_status, breaker, way).run
            elif isinstance(way, FileDrop):
                reader = FileReader(mapper, source_status, breaker, producer, outside.folder.parent)
                self._work[connector.id] = reader.run
            elif isinstance(way, Misdeclared):
                log.error("%s is not read: %s", connector.id, way.fault.en)
                source_status.down("declaration")
            elif connector.id in outside.urls:
                asking = self._table if isinstance(way, SqlTable) else self._poller
                self._work[connector.id] = asking(mapper, source_status, breaker).run
            else:
                log.info("%s is not read: IOC_CONNECTORS_URLS__%s is not set", connector.id, connector.id.upper())
                continue
            self._work[f"{connector.id} status"] = partial(source_status.report, mapper.counts)
            self.counts[connector.id] = mapper.counts
        self._intake = WebhookRoutes(posts, outside.webhook_secrets, producer, outside.limits, outside.routers)

    async def run(self, ending: asyncio.Event) -> None:
        """Run until `ending` is set; then finish what is in work and return within ten seconds.

        Raises:
            ConfigurationError: a port is taken, or a certificate does not serve.
        """
        server = WebhookServer(self._intake, self._outside.listen)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._producer.stop)
            if self._outside.broker is not None and self._sources:
                await stack.enter_async_context(embedded_broker(self._outside.broker, self._sources))
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(work(), name=name) for name, work in self._work.items()]
                await server.run(ending)
                for task in tasks:
                    task.cancel()
        log.info("stopped")

    def _subscriber(
        self, mapper: Mapper, source_status: SourceStatus, breaker: CircuitBreaker, way: Subscription
    ) -> Subscriber:
        # The same at every start, and another for each install that shares a broker.
        install = self._context.pseudonym("mqtt client of this install")[:8]
        client_id = f"{CONNECTOR_CLIENT}{mapper.connector.id}-{install}"
        self._sources[mapper.connector.id] = DeviceSource(
            client_id, way.topics, way.device_topics if way.device_accounts else ()
        )
        return Subscriber(mapper, source_status, breaker, self._producer, self._outside.mqtt, client_id)

    def _poller(self, mapper: Mapper, source_status: SourceStatus, breaker: CircuitBreaker) -> RestPoller:
        id_ = mapper.connector.id
        cursor = Cursor(self._outside.folder, id_, self._context.pseudonym)
        url, token = self._outside.urls[id_], self._outside.tokens.get(id_)
        return RestPoller(mapper, source_status, breaker, self._producer, cursor, url, token)

    def _table(self, mapper: Mapper, source_status: SourceStatus, breaker: CircuitBreaker) -> "SqlReader":
        # Only here: most wards read no database, and SQLAlchemy is large.
        from ingest.sql.reader import SqlReader

        id_ = mapper.connector.id
        cursor = Cursor(self._outside.folder, id_, self._context.pseudonym)
        url, account = self._outside.urls[id_], self._outside.tokens.get(id_)
        return SqlReader(mapper, source_status, breaker, self._producer, cursor, url, account)


async def _watch(post: PostSource, sign_of_life: timedelta) -> None:
    """Report a source as down that posts nothing, not even its heartbeat."""
    limit = SIGNS_MISSED * sign_of_life.total_seconds()
    while True:
        await asyncio.sleep(limit / 10)
        if time.monotonic() - post.last_posted > limit:
            post.source_status.down("silent")
