"""Runner: all connectors in one process and one event loop, each by its own way, and their end.

A source that is away, or Kafka, is waited for; an invalid message, or that a mapping does not survive, is a dead
dead letter, and a source of which too many do is held back. Anything else that goes wrong is a bug and ends the process, which
loses nothing: nothing was confirmed to a source that Kafka does not have.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic import SecretStr

from ingest.contract.connector import (
    AlertStream,
    Connector,
    Context,
    DeviceProbe,
    FileDrop,
    Misdeclared,
    Poll,
    PullPoint,
    SqlTable,
    Subscription,
    Syslog,
    Webhook,
)
from ingest.contract.errors import ConfigurationError
from ingest.devices.listed import listed_devices
from ingest.devices.reader import DeviceReader
from ingest.files.reader import FileReader
from ingest.kafka.producer import Producer
from ingest.mqtt.broker import CONNECTOR_CLIENT, BrokerSettings, DeviceSource, embedded_broker
from ingest.mqtt.subscriber import MqttServer, Subscriber
from ingest.probe.reader import ProbeReader
from ingest.rest.poller import RestPoller
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.cursor import Cursor
from ingest.source.mapper import Mapper
from ingest.source.reader import SourceReader, watch_silence
from ingest.source.rhythm import Rhythm
from ingest.source.status import EVERY, SourceStatus
from ingest.syslog.reader import SyslogReader
from ingest.webhook.routes import PostLimits, PostSource, WebhookRoutes
from ingest.webhook.server import WebhookServer, WebhookSettings

if TYPE_CHECKING:
    from ingest.files.sftp import SftpFetcher
    from ingest.sql.reader import SqlReader

log = logging.getLogger(__name__)

Work = Callable[[], Coroutine[Any, Any, None]]


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
    guards: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    """By connector id, what sees before each question that its address may be asked; raises `ForbiddenAddress`."""
    syslog_host: str = "127.0.0.1"
    """Where syslog is received."""
    host_guard: Callable[[str], None] | None = None
    """Sees before each question to a device that its host may be asked; raises `ForbiddenAddress`."""
    inventory: Path | None = None
    """Folder with lists of devices; `None`: beside `folder`."""
    pretend_devices: Path | None = None
    """Folder with the lists of cameras that the pretend ward plays, beside those of the install."""
    allowances: Mapping[str, int] = field(default_factory=dict)
    """Messages that may be invalid before a source is held back, by connector id."""
    routers: Sequence[APIRouter] = ()
    """What is served beside the intake, on its port."""


@dataclass
class RunningSource:
    """One connector at work."""

    mapper: Mapper
    source_status: SourceStatus
    reader: SourceReader | None = None
    """What reads it; `None` for one that posts."""
    work: dict[str, Work] = field(default_factory=dict)
    """By name, what runs for it for ever."""
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)


class ConnectorRunner:
    """Runs connectors; each can be stopped and begun anew while the others go on.

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
        self._heartbeat = heartbeat
        self._beside: dict[str, Work] = {"kafka": producer.start, **(beside or {})}
        self._devices: dict[str, DeviceSource] = {}
        self._intake = WebhookRoutes((), {}, producer, outside.limits, outside.routers)
        self._group: asyncio.TaskGroup | None = None
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        """What runs beside the sources."""
        self._has_broker = False
        self.sources: dict[str, RunningSource] = {}
        """Those that are read, by connector."""
        for connector in connectors:
            self._add(connector)

    @property
    def counts(self) -> dict[str, Mapping[str, int]]:
        """By connector, what became of its source's messages."""
        return {id_: one.mapper.counts for id_, one in self.sources.items()}

    async def run(self, ending: asyncio.Event) -> None:
        """Run until `ending` is set; then finish what is in work and return within ten seconds.

        Raises:
            ConfigurationError: a port is taken, or a certificate does not serve.
        """
        server = WebhookServer(self._intake, self._outside.listen)
        async with self._stack as stack:
            stack.push_async_callback(self._producer.stop)
            await self._open_broker()
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._tasks = [group.create_task(work(), name=name) for name, work in self._beside.items()]
                for one in self.sources.values():
                    self._begin(one)
                await server.run(ending)
                self._group = None  # nothing begins any more
                for task in (*self._tasks, *(task for one in self.sources.values() for task in one.tasks)):
                    task.cancel()
        log.info("stopped")

    async def renew(
        self,
        connectors: Sequence[Connector],
        outside: ConnectorEndpoints,
        changed: Collection[str],
        off: Sequence[Connector] = (),
    ) -> None:
        """Stop sources, and begin those of them that are still there as they are now; what they have in work is read again.

        Args:
            connectors: those that are to run from now on.
            outside: how they and their sources reach each other now.
            changed: ids of those that are others than before, or are gone.
            off: connectors that are switched off, or were taken away: nobody misses them.

        Raises:
            ConfigurationError: a port is taken; a setting of a source is wrong, and the source is stopped.
        """
        self._outside = outside
        for id_ in changed:
            await self._stop(id_)
        for connector in off:
            if self._group is not None and connector.id in changed:
                self._tasks.append(self._group.create_task(self._tell_off(connector), name=f"{connector.id} off"))
        for connector in connectors:
            if self._group is not None and connector.id in changed and (made := self._add(connector)):
                await self._open_broker()
                self._begin(made)
                log.info("%s: its setup has changed; reading with the new one", connector.id)

    def _begin(self, source: RunningSource) -> None:
        if self._group is not None:
            source.tasks = [self._group.create_task(work(), name=name) for name, work in source.work.items()]

    async def _stop(self, id_: str) -> None:
        self._intake.let_go(id_)
        self._devices.pop(id_, None)
        source = self.sources.pop(id_, None)
        for task in source.tasks if source else ():
            task.cancel()
        if source:
            await asyncio.gather(*source.tasks, return_exceptions=True)

    async def _tell_off(self, connector: Connector) -> None:
        """Tell that nobody misses a source, however long Kafka is away."""
        source_status = SourceStatus(connector, self._context, self._producer, self._heartbeat)
        reader = SourceReader(
            Mapper(connector, self._context), source_status, CircuitBreaker(source_status), self._producer
        )
        await reader.deliver([source_status.off()], ())

    async def _open_broker(self) -> None:
        """Run the embedded broker from the first source on that needs it."""
        if self._outside.broker is not None and self._devices and not self._has_broker:
            self._has_broker = True
            await self._stack.enter_async_context(embedded_broker(self._outside.broker, self._devices))

    def _add(self, connector: Connector) -> RunningSource | None:
        """Make ready what reads a source; nothing where its address is not set.

        Raises:
            ConfigurationError: a setting of it is wrong.
        """
        id_, way, outside = connector.id, connector.way, self._outside
        mapper = Mapper(connector, self._context)
        source_status = SourceStatus(connector, self._context, self._producer, self._heartbeat)
        breaker = CircuitBreaker(source_status, outside.allowances.get(id_, 0))
        made = RunningSource(mapper, source_status)
        if isinstance(way, Webhook):
            post = PostSource(mapper, source_status, breaker, self._rhythm(id_, way.sign_of_life))
            self._intake.take_on(post, outside.webhook_secrets.get(id_, ()))
            if post.rhythm.is_alive():
                source_status.up("heard_before")
            made.work[f"{id_} heartbeats"] = partial(watch_silence, post.rhythm, source_status)
        elif isinstance(way, Misdeclared):
            log.error("%s is not read: %s", id_, way.fault.en)
            source_status.down("declaration")
        else:
            try:
                made.reader = self._reader(way, mapper, source_status, breaker)
                if made.reader is not None and isinstance(way, FileDrop) and way.host_key:
                    made.work[f"{id_} fetching"] = self._fetcher(mapper, source_status).run
            except ConfigurationError as error:
                if connector.reads is None and not isinstance(way, AlertStream | PullPoint):
                    raise
                # One source that was set up wrong is no reason to read no other.
                log.error("%s is not read: %s", id_, error)
                source_status.down("settings")
            else:
                if made.reader is None:
                    is_listed = isinstance(way, AlertStream | PullPoint)
                    here = (
                        f"list its devices in devices/{id_}.toml"
                        if is_listed
                        else f"set IOC_CONNECTORS_URLS__{id_.upper()}"
                    )
                    log.info("%s is not read: %s", id_, here)
                    return None
                made.work[id_] = made.reader.run
        made.work[f"{id_} status"] = partial(source_status.report, mapper.counts)
        self.sources[id_] = made
        return made

    def _reader(
        self,
        way: Subscription | FileDrop | Poll | SqlTable | AlertStream | PullPoint | DeviceProbe | Syslog,
        mapper: Mapper,
        source_status: SourceStatus,
        breaker: CircuitBreaker,
    ) -> SourceReader | None:
        """What reads a source by its way; `None` where its address is not set.

        Raises:
            ConfigurationError: a setting of it is wrong.
        """
        if isinstance(way, Subscription):
            return self._subscriber(mapper, source_status, breaker, way)
        if isinstance(way, FileDrop):
            return self._files(way, mapper, source_status, breaker)
        if isinstance(way, AlertStream | PullPoint):
            devices = listed_devices(self._outside.folder.parent, mapper.connector.id, self._outside.pretend_devices)
            return DeviceReader(mapper, source_status, breaker, self._producer, devices) if devices else None
        if isinstance(way, DeviceProbe):
            return self._probe(mapper, source_status, breaker)
        if isinstance(way, Syslog):
            rhythm, host = self._rhythm(mapper.connector.id, way.sign_of_life), self._outside.syslog_host
            return SyslogReader(mapper, source_status, breaker, self._producer, host, rhythm)
        if mapper.connector.id not in self._outside.urls:
            return None
        return (self._table if isinstance(way, SqlTable) else self._poller)(mapper, source_status, breaker)

    def _files(
        self, way: FileDrop, mapper: Mapper, source_status: SourceStatus, breaker: CircuitBreaker
    ) -> FileReader | None:
        """What reads a source's folder; `None` where the address is not set from which files are fetched into it."""
        if way.host_key and mapper.connector.id not in self._outside.urls:
            return None
        return FileReader(mapper, source_status, breaker, self._producer, self._outside.folder.parent)

    def _fetcher(self, mapper: Mapper, source_status: SourceStatus) -> "SftpFetcher":
        # Only here: most wards fetch no files, and the libraries of SSH are large.
        from ingest.files.sftp import SftpFetcher

        id_, outside = mapper.connector.id, self._outside
        cursor = Cursor(outside.folder, f"{id_}.sftp", self._context.pseudonym)
        url, account = outside.urls[id_], outside.tokens.get(id_)
        return SftpFetcher(
            mapper, source_status, cursor, url, account, outside.folder.parent, guard=outside.guards.get(id_)
        )

    def _rhythm(self, id_: str, sign_of_life: timedelta | None) -> Rhythm:
        return Rhythm(sign_of_life, self._outside.folder / f"{id_}.heard")

    def _subscriber(
        self, mapper: Mapper, source_status: SourceStatus, breaker: CircuitBreaker, way: Subscription
    ) -> Subscriber:
        # The same at every start, and another for each install that shares a broker.
        id_, install = mapper.connector.id, self._context.pseudonym("mqtt client of this install")[:8]
        client_id = f"{CONNECTOR_CLIENT}{id_}-{install}"
        self._devices[id_] = DeviceSource(client_id, way.topics, way.device_topics if way.device_accounts else ())
        rhythm = self._rhythm(id_, way.sign_of_life)
        return Subscriber(mapper, source_status, breaker, self._producer, self._outside.mqtt, client_id, rhythm)

    def _poller(self, mapper: Mapper, source_status: SourceStatus, breaker: CircuitBreaker) -> RestPoller:
        id_ = mapper.connector.id
        cursor = Cursor(self._outside.folder, id_, self._context.pseudonym)
        url, token = self._outside.urls[id_], self._outside.tokens.get(id_)
        return RestPoller(
            mapper, source_status, breaker, self._producer, cursor, url, token, guard=self._outside.guards.get(id_)
        )

    def _probe(self, mapper: Mapper, source_status: SourceStatus, breaker: CircuitBreaker) -> ProbeReader:
        id_, outside = mapper.connector.id, self._outside
        cursor = Cursor(outside.folder, id_, self._context.pseudonym)
        lists = outside.inventory or outside.folder.parent / "inventory"
        secret, guard = outside.tokens.get(id_), outside.host_guard
        return ProbeReader(mapper, source_status, breaker, self._producer, cursor, lists, secret, guard=guard)

    def _table(self, mapper: Mapper, source_status: SourceStatus, breaker: CircuitBreaker) -> "SqlReader":
        # Only here: most wards read no database, and SQLAlchemy is large.
        from ingest.sql.reader import SqlReader

        id_ = mapper.connector.id
        cursor = Cursor(self._outside.folder, id_, self._context.pseudonym)
        url, account = self._outside.urls[id_], self._outside.tokens.get(id_)
        return SqlReader(
            mapper, source_status, breaker, self._producer, cursor, url, account, guard=self._outside.guards.get(id_)
        )
