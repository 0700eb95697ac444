"""The embedded MQTT broker, for wards that have none: amqtt in this process, on loopback unless TLS is set.

Nobody is anonymous. The devices of a connector log in with its account, which bears its name, or each with an account of
its own, `<connector>.<device>`. An account may only publish, on the topics of its connector or of its device, and client ids
are told apart by account: nobody takes the place of another's device. Our connectors have an account that may only
subscribe. What a client may cost is bounded by `limits`, and least for whoever has not logged in.

An acknowledgement that a device gets means that Kafka has its message (see `session`), so nothing has to be kept
across a restart: a device sends again what was not acknowledged. The connectors' subscriptions exist before the port
opens. Retained messages and last wills live in memory: after a restart devices connect again and state them anew.
"""

import asyncio
import errno
import hmac
import logging
import math
import re
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from amqtt.adapters import ReaderAdapter, StreamReaderAdapter, StreamWriterAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig, ListenerConfig, ListenerType
from amqtt.errors import AMQTTError, BrokerError, CodecError, MQTTError, NoDataError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.session import Session
from amqtt.utils import gen_client_id
from paho.mqtt.client import topic_matches_sub

from ingest.contract.errors import ConfigurationError
from ingest.mqtt.limits import BURST, CLIENTS, BrokerLimits, InFlight, MqttConnections, ReadingPace, RetainedMessages
from ingest.mqtt.session import Outgoing, PacketReader, SessionHandler, SessionLimits
from ingest.network import sockets
from ingest.network.rate_limit import RateLimits

log = logging.getLogger(__name__)

OWN = "ioc"
"""The account of our connectors."""

CONNECTOR_CLIENT = "ioc-"
"""How the client ids of connectors begin."""

DEVICE_PART = "{device}"
"""What stands for the device in a connector's `device_topics`."""

LONGEST_CLIENT_ID = 128

TELL_EVERY = 60.0
"""Seconds between two lines in the log about what was refused: whoever is refused often must not fill it."""

NOT_MQTT = (
    *(AMQTTError, CodecError, MQTTError, NoDataError, OSError, EOFError, struct.error),
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)
"""What amqtt's reading of a log-in raises for bytes that are none."""

DEVICE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a device with an account of its own may be called."""


@dataclass(frozen=True)
class BrokerSettings:
    """Where the embedded broker listens, and whom it lets in."""

    host: str
    port: int
    password: Callable[[str], str]
    """The password of an account."""
    certificate: Path | None = None
    key: Path | None = None
    refused: frozenset[str] = frozenset()
    """Accounts that may not log in any more."""
    limits: BrokerLimits = field(default_factory=BrokerLimits)
    previous: Callable[[str], str | None] = lambda account: None
    """The password that an account had before, while devices change over."""


class DeviceSource(NamedTuple):
    """A connector whose devices publish here."""

    client_id: str
    """Of the connector's own connection."""
    topics: tuple[str, ...]
    """What it subscribes to from the first moment, and where its account may publish."""
    device_topics: tuple[str, ...] = ()
    """Where a device's own account may publish, with `{device}` for its name; empty: devices have no such accounts."""


class DeviceAccount(NamedTuple):
    """An account of devices."""

    connector: str
    device: str = ""
    """Empty for the account of the whole connector."""

    @property
    def name(self) -> str:
        """What is given as user at a log-in."""
        return f"{self.connector}.{self.device}" if self.device else self.connector


_deliveries: ContextVar[list[asyncio.Future[None]]] = ContextVar("deliveries")


class Peer:
    """One connection, from its acceptance to its end.

    Args:
        peer: its socket.
        address: where it comes from.
        port: its port there.
    """

    def __init__(self, peer: socket.socket, address: str, port: int) -> None:
        self.peer = peer
        self.address = address
        self.port = port
        self.task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport | None = None
        self.writer: asyncio.StreamWriter | None = None

    def end(self) -> None:
        """End it now, whatever it is doing; if it has logged in, its last will is told."""
        if self.transport is not None:
            self.transport.abort()
        elif self.task is not None:
            self.task.cancel()

    def close(self) -> None:
        """Leave nothing open."""
        if self.transport is not None:
            self.transport.abort()
        else:
            self.peer.close()


class EmbeddedBroker(Broker):  # type: ignore[misc]  # amqtt has no types
    """amqtt's broker with our accounts and limits, and with deliveries that are answered for.

    Args:
        listen: where, and whom it lets in.
        sources: by connector id, the connectors whose devices publish here.
    """

    def __init__(self, listen: BrokerSettings, sources: Mapping[str, DeviceSource]) -> None:
        bind = f"{listen.host}:{listen.port}"
        super().__init__(
            BrokerConfig(listeners={"default": ListenerConfig(type=ListenerType.TCP, bind=bind)}, plugins={})
        )
        self._listen, self._sources = listen, sources
        self.limits = limits = listen.limits
        self.is_closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.strangers, self.logged_in = MqttConnections(limits.strangers), MqttConnections(limits.connections)
        """Connections that have not logged in, by address; those that have, by connector."""
        self._of_address, self._of_account = MqttConnections(limits.connections), MqttConnections(limits.connections)
        self._rates = [
            (RateLimits(messages, BURST * messages, CLIENTS), RateLimits(octets, BURST * octets, CLIENTS))
            for messages, octets in (
                (limits.messages, limits.octets),
                (limits.messages_of_connector, limits.octets_of_connector),
                (limits.messages_in_all, limits.octets_in_all),
            )
        ]
        self.in_work = InFlight(limits.unanswered_in_all)
        self.retained = RetainedMessages(limits)
        self._refused, self._told_at = 0, -math.inf

    async def shutdown(self) -> None:
        """Close every connection and the port."""
        self.is_closing = True
        await super().shutdown()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Subscribe with QoS 1, whatever was asked for: a message without an answer could be lost."""
        topic, _ = subscription
        granted: int = await super().add_subscription((topic, 1), session)
        return granted

    async def retain_message(
        self, source_session: Session | None, topic_name: str | None, data: Any, qos: int | None = None
    ) -> None:
        """Keep the newest message of a topic for those who subscribe later, within bounds."""
        topic, account = str(topic_name), self._account(source_session.username if source_session else None)
        self.retained.drop(topic)
        if data and (account is None or not self.retained.keep(account.connector, topic, len(data))):
            self._refuse(f"a message for {account.connector if account else 'nobody'} was passed on and not retained")
            data = b""  # nor is an older one, which would not be the newest any more
        await super().retain_message(source_session, topic, data, qos)

    # -- Connections

    async def _start_listeners(self) -> None:
        for source in self._sources.values():
            handler, session = self.create_offline_session(source.client_id)
            session.username, session.clean_session = OWN, False
            self._sessions[source.client_id] = (session, handler)
            for topic in source.topics:
                await self.add_subscription((topic, 1), session)
        tls, listener = self._tls(), sockets.bind_socket(self._listen.host, self._listen.port)
        listener.listen(128)
        listener.setblocking(False)
        self._begin(self._accept(listener, tls))

    def _tls(self) -> ssl.SSLContext | None:
        if self._listen.certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._listen.certificate, self._listen.key)
        return context

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._refuse(f"a connection ended: {type(error).__name__}")

    async def _accept(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Take connections for ever; here, as asyncio's own server tells of a connection only after its TLS handshake."""
        with listener:
            while True:
                try:
                    peer, (address, port, *_) = await asyncio.get_running_loop().sock_accept(listener)
                except OSError as error:
                    if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                        self._refuse("connections wait: this process has too many open files")
                        await asyncio.sleep(0.1)
                    continue
                client = Peer(peer, str(address), port)
                self.strangers.take(client.address, client, self.limits.strangers_each)
                client.task = self._begin(self._serve(client, tls))

    async def _serve(self, client: Peer, tls: ssl.SSLContext | None) -> None:
        """Serve one connection, and close it however that ends."""
        try:
            reader, writer, handler, session = await self._log_in(client, tls)
            await self._serve_session(client, reader, writer, handler, session)
        except (*NOT_MQTT, TimeoutError) as error:
            self._refuse(f"{client.address}: {type(error).__name__} {str(error)[:100]!a}")
        finally:
            client.close()

    async def _log_in(
        self, client: Peer, tls: ssl.SSLContext | None
    ) -> tuple[ReaderAdapter, WriterAdapter, SessionHandler, Session]:
        """Handshake and log-in, as a whole within the time that strangers have."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.limits.log_in_time):
                stream = asyncio.StreamReader()
                protocol = asyncio.StreamReaderProtocol(stream)
                client.transport, _ = await loop.connect_accepted_socket(lambda: protocol, client.peer, ssl=tls)
                reader = StreamReaderAdapter(stream)
                client.writer = asyncio.StreamWriter(client.transport, protocol, stream, loop)
                writer = StreamWriterAdapter(client.writer)
                handler, session = await self._initialize_client_session(reader, writer, client.address, client.port)
        finally:
            self.strangers.leave(client)
        return reader, writer, handler, session

    async def _serve_session(
        self, client: Peer, reader: ReaderAdapter, writer: WriterAdapter, handler: SessionHandler, session: Session
    ) -> None:
        account = self._account(session.username)
        if account is None:
            await self._handle_client_session(reader, writer, session, handler, None, "default")
            return
        limits = self.limits
        taken = (
            (self._of_address, client.address, limits.of_address),
            (self._of_account, account.name, limits.of_device if account.device else limits.of_account),
            (self.logged_in, account.connector, limits.of_account),
        )
        for places, holder, most in taken:
            places.take(holder, client, most)
        try:
            holders = (session.client_id, account.connector, "")
            now = time.monotonic()
            rates = [
                (m.of(holder, now), o.of(holder, now)) for (m, o), holder in zip(self._rates, holders, strict=True)
            ]
            handler.bounds = SessionLimits(limits, ReadingPace(rates), self.in_work)
            # A log-in counts as well: who connects again and again tells a last will each time.
            await handler.bounds.pace.keep(len(session.will_message or b""))
            await self._handle_client_session(reader, writer, session, handler, None, "default")
        finally:
            for places, *_ in taken:
                places.leave(client)
            if self._sessions.get(session.client_id, (None,))[0] is session:
                await self._delete_session(session.client_id)  # what it has not got an answer to it sends again

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, remote_port: int
    ) -> tuple[SessionHandler, Session]:
        """Log a client in, before anything of an earlier session is touched.

        Raises:
            AMQTTError: it is refused.
        """
        first = PacketReader(reader, self.limits.log_in_bytes, self.limits.log_in_bytes)
        handler, session = await SessionHandler.init_from_connect(first, writer, self.plugins_manager, self._loop)
        session.client_id = session.client_id or gen_client_id()
        if not self._admitted(session):
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.close()
            raise AMQTTError("no such account, password, client id or last will")
        promised = math.ceil(1.5 * session.keep_alive)  # the standard's allowance before a silent client counts as dead
        session.keep_alive = min(promised or self.limits.keep_alive, self.limits.keep_alive)
        if session.username != OWN:
            session.client_id = f"{session.username}:{session.client_id}"
            # Nothing of a device is kept here: it only publishes, and sends again what was not acknowledged.
            session.clean_session = True
        return handler, await self._resumed(session)

    async def _resumed(self, session: Session) -> Session:
        """The client's earlier session if it keeps one, with what the new connection brings."""
        client_id = str(session.client_id)
        earlier, handler = self._sessions.get(client_id, (None, None))
        if earlier is None:
            return session
        if isinstance(handler, SessionHandler) and handler.writer is not None:
            # A connection that only seems to live must not tell its last will after the new one has begun.
            await handler.handle_connection_closed()
            await handler.stop()
        if session.clean_session:
            await self._delete_session(client_id)
            return session
        for name in ("will_flag", "will_message", "will_topic", "will_qos", "will_retain", "keep_alive", "username"):
            setattr(earlier, name, getattr(session, name))
        earlier.parent = 1
        return earlier

    # -- Accounts

    def _account(self, name: str | None) -> DeviceAccount | None:
        """The account of devices that bears this name; `None` if there is no such."""
        connector, has_device, device = (name or "").partition(".")
        source = self._sources.get(connector)
        if source is None or (has_device and not (source.device_topics and DEVICE_NAME.fullmatch(device))):
            return None
        return DeviceAccount(connector, device)

    def _admitted(self, session: Session) -> bool:
        name = session.username or ""
        if name == OWN:
            known = session.client_id in {source.client_id for source in self._sources.values()}
        else:
            known = self._account(name) is not None and name not in self._listen.refused
        given = (session.password or "").encode()
        live = [self._listen.password(name), self._listen.previous(name)]
        if not known or not any(hmac.compare_digest(given, one.encode()) for one in live if one):
            return False
        will = len(session.will_message or b"") <= self.limits.will_bytes and (
            not session.will_flag or self._may_publish(name, str(session.will_topic))
        )
        return will and len(str(session.client_id)) <= LONGEST_CLIENT_ID

    def _may_publish(self, name: str, topic: str) -> bool:
        """Whether a topic is one of an account's connector, or of its device."""
        account = self._account(name)
        if account is None or len(topic) > self.limits.topic or {"+", "#", "\0"} & set(topic):
            return False
        source = self._sources[account.connector]
        if account.device:
            return any(topic == one.replace(DEVICE_PART, account.device) for one in source.device_topics)
        return any(topic_matches_sub(one, topic) for one in source.topics)

    async def _authenticate(self, session: Session, _: ListenerConfig) -> bool:
        return True  # done in `_initialize_client_session`, before the session is looked up

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        if action is Action.PUBLISH:
            return self._may_publish(str(session.username), topic)
        return bool(session.username == OWN)

    def _refuse(self, what: str) -> None:
        """Note what was refused; a line a minute at most tells the newest, and how many there were."""
        self._refused += 1
        if time.monotonic() - self._told_at >= TELL_EVERY:
            log.warning("MQTT: %s (refused since the last such message: %d)", what, self._refused)
            self._refused, self._told_at = 0, time.monotonic()

    # -- Messages

    async def _handle_message_delivery(self, client_session: Session, handler: Any, wait_deliver: Any) -> bool:
        """Pass a client's message on, and answer it when all who want it have it."""
        deliveries: list[asyncio.Future[None]] = []
        token = _deliveries.set(deliveries)
        message = wait_deliver.result()
        try:
            if message is not None and self._may_publish(str(client_session.username), str(message.topic)):
                await super()._handle_message_delivery(client_session, handler, wait_deliver)
            elif message is not None:
                self._refuse(f"{client_session.username} published on a topic that is not its own")
        finally:
            _deliveries.reset(token)
        if message is not None and not self.is_closing:  # nobody has it then: the device sends it again
            handler.answer_after(message, deliveries)
        return True  # also after a topic that nobody may use: the message is dropped, the connection goes on

    async def _broadcast_message(
        self, session: Session | None, topic: str | None, data: Any, force_qos: int | None = None
    ) -> None:
        """Give a message to its subscribers: now, or when they connect."""
        if self.is_closing:
            return  # it is us who leave, not the devices: their last wills are not due
        # Once for each subscriber, also where several of its filters match.
        subscribers = {
            subscriber.client_id: subscriber
            for filter_, subscriptions in self._subscriptions.items()
            if topic is not None and self._matches(topic, filter_)
            for subscriber, _ in subscriptions
        }
        for subscriber in subscribers.values():
            self._deliver(subscriber, str(topic), data)

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Give a new subscriber what is retained; amqtt asks with QoS 0 on a mere reconnect."""
        topic_filter, qos = subscription
        if qos > 0 and any(one is session for one, _ in self._subscriptions.get(topic_filter, ())):
            for topic, retained in list(self._retained_messages.items()):
                if self._matches(topic, topic_filter):
                    self._deliver(session, topic, retained.data, retain=True)

    def _deliver(self, subscriber: Session, topic: str, data: Any, *, retain: bool = False) -> None:
        packet_id = subscriber.next_packet_id
        message = Outgoing(packet_id, topic, bytes(data or b""), retain=retain)
        subscriber.inflight_out[packet_id] = message
        size = len(message.data)
        self.in_work.add(size)
        message.acknowledged.add_done_callback(lambda _: self.in_work.add(-size))
        handler = self._get_handler(subscriber)
        if isinstance(handler, SessionHandler):
            handler.send(message)
        deliveries = _deliveries.get(None)
        if deliveries is not None and not retain:
            deliveries.append(message.acknowledged)


@asynccontextmanager
async def embedded_broker(listen: BrokerSettings, sources: Mapping[str, DeviceSource]) -> AsyncIterator[EmbeddedBroker]:
    """Run the embedded broker as long as the block runs.

    Raises:
        ConfigurationError: the port is taken, or the certificate does not serve.
    """
    broker = EmbeddedBroker(listen, sources)
    try:
        await broker.start()
    except BrokerError as error:
        at = f"{listen.host}:{listen.port}"
        raise ConfigurationError(
            f"The MQTT broker cannot listen on {at} ({error}); change IOC_CONNECTORS_MQTT_PORT, "
            "or set IOC_CONNECTORS_MQTT_URL to the ward's own broker."
        ) from error
    log.info("MQTT broker ready on %s:%d", listen.host, listen.port)
    try:
        yield broker
    finally:
        try:
            async with asyncio.timeout(3):
                await broker.shutdown()
        except TimeoutError:
            log.warning("the MQTT broker did not close in time")
