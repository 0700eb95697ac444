"""The embedded MQTT broker, for wards that have none: amqtt in this process, on loopback unless TLS is set.

Devices log in with one account that may only publish, connectors with one that may only subscribe; nobody is anonymous.
An acknowledgement that a device gets means that Kafka has its message (see `mqtt_session`), so nothing has to be kept
across a restart: a device sends again what was not acknowledged. The connectors' subscriptions exist before the port
opens. Retained messages and last wills live in memory: after a restart devices connect again and state them anew.
"""

import asyncio
import hmac
import logging
import math
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig, ListenerConfig, ListenerType
from amqtt.errors import AMQTTError, BrokerError, CodecError, MQTTError, NoDataError
from amqtt.mqtt.connack import NOT_AUTHORIZED, ConnackPacket
from amqtt.session import Session
from amqtt.utils import gen_client_id

from ingest.errors import ConfigurationError
from ingest.mqtt_session import Handler, Outgoing

log = logging.getLogger(__name__)

DEVICE, CONNECTOR = "device", "connector"
"""The two accounts."""

CONNECTOR_CLIENT = "ioc-"
"""How the client ids of connectors begin; no device may take such a one."""

MOST_CONNECTIONS = 500
MOST_RETAINED = 10_000
LOG_IN_TIME = 10.0

NOT_MQTT = (
    *(AMQTTError, CodecError, MQTTError, NoDataError, OSError, struct.error),
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)
"""What amqtt's reading of a log-in raises for bytes that are none."""


@dataclass(frozen=True)
class BrokerListen:
    """Where the embedded broker listens, and its accounts' passwords."""

    host: str
    port: int
    device_password: str
    connector_password: str
    certificate: Path | None = None
    key: Path | None = None


_deliveries: ContextVar[list[asyncio.Future[None]]] = ContextVar("deliveries")


class EmbeddedBroker(Broker):  # type: ignore[misc]  # amqtt has no types
    """amqtt's broker with our accounts, and with deliveries that are answered for.

    Args:
        listen: where, and with which passwords.
        expected: topic filters of each connector's client id, subscribed from the first moment.
    """

    def __init__(self, listen: BrokerListen, expected: Mapping[str, Sequence[str]]) -> None:
        tls: dict[str, Any] = {"ssl": True, "certfile": listen.certificate, "keyfile": listen.key}
        default = ListenerConfig(
            type=ListenerType.TCP,
            bind=f"{listen.host}:{listen.port}",
            max_connections=MOST_CONNECTIONS,
            **(tls if listen.certificate else {}),
        )
        super().__init__(BrokerConfig(listeners={"default": default}, plugins={}))
        self._passwords = {DEVICE: listen.device_password, CONNECTOR: listen.connector_password}
        self._expected = expected
        self._closing = False
        self._writers: set[asyncio.StreamWriter] = set()

    async def shutdown(self) -> None:
        """Close every connection and the port."""
        self._closing = True
        await super().shutdown()
        for writer in list(self._writers):
            writer.transport.abort()

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve one connection, and close it however that ends."""
        self._writers.add(writer)
        try:
            await super().stream_connected(reader, writer, listener_name)
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Subscribe with QoS 1, whatever was asked for: a message without an answer could be lost."""
        topic, _ = subscription
        granted: int = await super().add_subscription((topic, 1), session)
        return granted

    async def retain_message(
        self, source_session: Session | None, topic_name: str | None, data: Any, qos: int | None = None
    ) -> None:
        """Keep the newest message of a topic for those who subscribe later, within bounds."""
        if topic_name in self._retained_messages or len(self._retained_messages) < MOST_RETAINED:
            await super().retain_message(source_session, topic_name, data, qos)

    async def _start_listeners(self) -> None:
        for client_id, topics in self._expected.items():
            handler, session = self.create_offline_session(client_id)
            session.username, session.clean_session = CONNECTOR, False
            self._sessions[client_id] = (session, handler)
            for topic in topics:
                await self.add_subscription((topic, 1), session)
        await super()._start_listeners()

    async def _initialize_client_session(
        self, reader: ReaderAdapter, writer: WriterAdapter, remote_address: str, remote_port: int
    ) -> tuple[Handler, Session]:
        """Log a client in, before anything of an earlier session is touched."""
        try:
            async with asyncio.timeout(LOG_IN_TIME):
                handler, session = await Handler.init_from_connect(reader, writer, self.plugins_manager, self._loop)
        except (*NOT_MQTT, TimeoutError) as error:
            await writer.close()
            raise AMQTTError(f"{remote_address} did not log in: {type(error).__name__} {error}") from error
        session.client_id = session.client_id or gen_client_id()
        if not self._admitted(session):
            await ConnackPacket.build(0, NOT_AUTHORIZED).to_stream(writer)
            await writer.close()
            raise AMQTTError(f"{remote_address} was refused")
        if session.keep_alive > 0:
            # The standard's allowance before a silent client counts as dead.
            session.keep_alive = math.ceil(1.5 * session.keep_alive)
        return handler, await self._resumed(session)

    async def _resumed(self, session: Session) -> Session:
        """The client's earlier session if it keeps one, with what the new connection brings."""
        client_id = str(session.client_id)
        earlier, handler = self._sessions.get(client_id, (None, None))
        if earlier is None:
            return session
        if isinstance(handler, Handler) and handler.writer is not None:
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

    def _admitted(self, session: Session) -> bool:
        expected = self._passwords.get(session.username or "")
        given = (session.password or "").encode()
        right = hmac.compare_digest(given, (expected or "").encode()) and bool(expected)
        named_as_connector = str(session.client_id).startswith(CONNECTOR_CLIENT)
        admitted: bool = right and named_as_connector == (session.username == CONNECTOR)
        return admitted

    async def _authenticate(self, session: Session, _: ListenerConfig) -> bool:
        return True  # done in `_initialize_client_session`, before the session is looked up

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        allowed: bool = (action is Action.PUBLISH) != (session.username == CONNECTOR)
        return allowed

    async def _handle_message_delivery(self, client_session: Session, handler: Any, wait_deliver: Any) -> bool:
        """Pass a client's message on, and answer it when all who want it have it."""
        deliveries: list[asyncio.Future[None]] = []
        token = _deliveries.set(deliveries)
        try:
            await super()._handle_message_delivery(client_session, handler, wait_deliver)
        finally:
            _deliveries.reset(token)
        message = wait_deliver.result()
        if message is not None and not self._closing:  # nobody has it then: the device sends it again
            handler.answer_after(message, deliveries)
        return True  # also after a topic that nobody may use: the message is dropped, the connection goes on

    async def _broadcast_message(
        self, session: Session | None, topic: str | None, data: Any, force_qos: int | None = None
    ) -> None:
        """Give a message to its subscribers: now, or when they connect."""
        if self._closing:
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
        handler = self._get_handler(subscriber)
        if isinstance(handler, Handler):
            handler.send(message)
        deliveries = _deliveries.get(None)
        if deliveries is not None and not retain:
            deliveries.append(message.acknowledged)


@asynccontextmanager
async def embedded_broker(listen: BrokerListen, expected: Mapping[str, Sequence[str]]) -> AsyncIterator[EmbeddedBroker]:
    """Run the embedded broker as long as the block runs.

    Raises:
        ConfigurationError: the port is taken, or the certificate does not serve.
    """
    broker = EmbeddedBroker(listen, expected)
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
