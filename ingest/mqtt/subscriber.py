"""Subscriber: an MQTT client that acknowledges by hand.

QoS 1, a persistent session and a fixed client id: what comes while we are away, or while its source is held back, waits
at the broker. What is queued goes to Kafka as one batch, and only then back to the broker as acknowledgements. The client
reconnects for ever; while the broker is away the source is reported as down.
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr, TypeAdapter

from ingest.contract.connector import Subscription
from ingest.contract.errors import ConfigurationError, InvalidEvent
from ingest.kafka.producer import Producer
from ingest.runtime.failpoint import failpoint
from ingest.source.circuit_breaker import TRIED, CircuitBreaker
from ingest.source.device_breaker import SET_ASIDE, DeviceBreaker, DeviceVerdict, device_namer
from ingest.source.mapper import MappedMessage, Mapper
from ingest.source.reader import SourceReader, watch_silence
from ingest.source.rhythm import Rhythm
from ingest.source.status import SourceStatus
from ingest.untrusted.dead_letter import DeadLetter

log = logging.getLogger(__name__)

BATCH = 500
"""Messages that go to Kafka together at most."""

LARGEST_MESSAGE = 262_144

MOST_QUEUED = 5_000
"""Messages without acknowledgement (QoS 0), which the broker does not hold back; more are dropped and counted."""

PATIENCE = timedelta(seconds=5)
"""How long a lost connection may be gone before the source is reported as down."""


@dataclass(frozen=True)
class MqttServer:
    """The MQTT broker to subscribe at."""

    host: str
    port: int
    user: str = ""
    password: SecretStr | None = None
    tls: bool = False
    ca_file: Path | None = None
    any_host_name: bool = False
    """Trust the certificate in `ca_file` whatever host it names: it is our own."""


class _Message(NamedTuple):
    """A message and the connection it came over: an acknowledgement counts only there."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    retained: bool
    connection: int


class Subscriber(SourceReader):
    """Reads one source's topics for ever.

    Args:
        mapper: its connector's, whose way is a `Subscription`.
        source_status: its source's status.
        breaker: its circuit breaker.
        producer: the way into Kafka.
        server: the broker.
        client_id: the same at every start.
        rhythm: when the source was heard.
    """

    def __init__(
        self,
        mapper: Mapper,
        source_status: SourceStatus,
        breaker: CircuitBreaker,
        producer: Producer,
        server: MqttServer,
        client_id: str,
        rhythm: Rhythm | None = None,
    ) -> None:
        way = mapper.connector.way
        if not isinstance(way, Subscription):
            raise TypeError(f"{mapper.connector.id} does not subscribe")
        super().__init__(mapper, source_status, breaker, producer)
        self._way = way
        self._devices = DeviceBreaker(self._id, breaker.allowance)
        self._name = device_namer(way)
        self._server = server
        self._client_id = client_id
        self._queue: asyncio.Queue[_Message] = asyncio.Queue()
        self._connection = 0
        self._darkness: asyncio.TimerHandle | None = None
        self._last_refusal = ""
        self._rhythm = rhythm or Rhythm(way.sign_of_life)
        self.is_subscribed = False
        """Whether the broker passes its topics on to us now."""

    async def run(self) -> None:
        """Read for ever."""
        loop = asyncio.get_running_loop()
        client = self._client(loop)
        self._darken(loop, "not_connected")
        client.connect_async(self._server.host, self._server.port, keepalive=30)
        client.loop_start()
        watching = asyncio.create_task(watch_silence(self._rhythm, self._source_status))
        try:
            while True:
                await self._go_on(client, await self._batch())
        finally:
            watching.cancel()
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)
            if self._darkness is not None:
                self._darkness.cancel()

    async def _batch(self) -> list[_Message]:
        batch = [await self._queue.get()]
        while len(batch) < BATCH and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        return batch

    async def _go_on(self, client: paho.Client, batch: Sequence[_Message]) -> None:
        """Map a batch and pass it on; while the source is held back only a few at a time, with long pauses.

        Those few go on whatever they are: bad messages that stayed at the head of the session would hide good ones behind
        them for ever.
        """
        while batch:
            is_trial = self._breaker.is_open
            if is_trial:
                await asyncio.sleep(self._breaker.left())
                batch = [message for message in batch if self._can_answer(message) or message.qos == 0]
            some = batch[:TRIED] if is_trial else batch
            before = self._mapper.counts.copy()
            taken = [self._taken(message) for message in some]
            if is_trial:
                self._breaker.judge_page([one.dead_letter is not None for one in taken])
            else:
                admitted = self._admitted(some, taken)
                if admitted is None:
                    self._breaker.trip("most")
                    self._mapper.hold_back(before, len(some))
                    continue
                taken = admitted
            await self._into_kafka(client, some, taken)
            batch = batch[len(some) :]

    def _admitted(self, batch: Sequence[_Message], taken: Sequence[MappedMessage]) -> list[MappedMessage] | None:
        """What goes on of a batch, without what devices that are set aside sent; `None` when the source as a whole is at fault."""
        names = [self._name(message.topic, message.payload) for message in batch]
        verdicts = self._devices.judge(
            [(name, one.dead_letter is not None) for name, one in zip(names, taken, strict=True)]
        )
        if verdicts is None:
            return None
        admitted = []
        for name, message, one, verdict in zip(names, batch, taken, verdicts, strict=True):
            if verdict is DeviceVerdict.LET_GO:
                self._mapper.counts["set_aside"] += 1
                admitted.append(MappedMessage())
            elif verdict is DeviceVerdict.SETS_ASIDE and one.dead_letter is not None:
                admitted.append(MappedMessage(dead_letter=self._set_aside(name, message, one.dead_letter)))
            else:
                admitted.append(one)
        return admitted

    def _set_aside(self, device: str, message: _Message, dead_letter: DeadLetter) -> DeadLetter:
        """The dead letter of the message that set its device aside; it says so, besides its own fault."""
        who = ascii(device) if device else "a device without a name"
        fault = InvalidEvent(
            SET_ASIDE,
            f"{who} is set aside: too many of its messages are invalid; {dead_letter.reason_code}: {dead_letter.error}",
        )
        self._mapper.counts["dead_letters"] -= 1  # it is the same message
        return self._mapper.refused(message.payload, fault, address=message.topic)

    async def _into_kafka(self, client: paho.Client, batch: Sequence[_Message], taken: Sequence[MappedMessage]) -> None:
        """Wait until Kafka has what came of a batch, however long it is away, then acknowledge."""
        await self.deliver_all(taken)
        failpoint("mqtt.sent")
        for message in batch:
            if self._can_answer(message):
                client.ack(message.mid, message.qos)
        failpoint("mqtt.acked")

    def _can_answer(self, message: _Message) -> bool:
        # After a reconnect the broker counts anew and sends again what it has no answer to.
        return message.qos > 0 and message.connection == self._connection

    def _taken(self, message: _Message) -> MappedMessage:
        if not message.payload:
            self._mapper.counts["empty"] += 1
            return MappedMessage()
        if len(message.payload) > LARGEST_MESSAGE:
            fault = InvalidEvent(
                "too_large", f"a message of {len(message.payload)} bytes; {LARGEST_MESSAGE} are allowed"
            )
            return MappedMessage(dead_letter=self._mapper.refused(message.payload, fault, address=message.topic))
        return self._mapper.take(
            message.payload,
            payload=payload_of(self._way, message.topic),
            address=message.topic,
            retained=message.retained,
        )

    def _client(self, loop: asyncio.AbstractEventLoop) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=self._client_id, clean_session=False, manual_ack=True
        )
        if self._server.user:
            secret = self._server.password
            client.username_pw_set(self._server.user, secret.get_secret_value() if secret else None)
        if self._server.tls:
            client.tls_set_context(_tls(self._server))
        client.reconnect_delay_set(1, 30)

        # paho calls these from its own thread.
        def on_connect(_client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            if not reason.is_failure:
                client.subscribe([(topic, 1) for topic in self._way.topics])
            loop.call_soon_threadsafe(self._connected, loop, "" if not reason.is_failure else str(reason))

        def on_subscribe(_client: paho.Client, _data: Any, _mid: int, reasons: Sequence[Any], _properties: Any) -> None:
            refused = [topic for topic, reason in zip(self._way.topics, reasons, strict=False) if reason.is_failure]
            loop.call_soon_threadsafe(self._subscribed, refused)

        def on_disconnect(_client: paho.Client, _data: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
            loop.call_soon_threadsafe(self._darken, loop, "disconnected")

        def on_message(_client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
            loop.call_soon_threadsafe(
                self._received, _text(message), bytes(message.payload), message.mid, message.qos, message.retain
            )

        client.on_connect = on_connect
        client.on_subscribe = on_subscribe
        client.on_disconnect = on_disconnect
        client.on_message = on_message
        return client

    def _connected(self, loop: asyncio.AbstractEventLoop, refusal: str) -> None:
        self._connection += 1
        if refusal:
            if refusal != self._last_refusal:
                log.error("%s: the MQTT broker refuses the log-in: %s", self._id, refusal)
            self._darken(loop, "refused")
        self._last_refusal = refusal

    def _subscribed(self, refused: list[str]) -> None:
        if refused:
            log.error("%s: the MQTT broker refuses the topics %s", self._id, ", ".join(refused))
            self._source_status.down("topics_refused")
            return
        self._lighten()
        self.is_subscribed = True
        if self._rhythm.is_alive():
            self._source_status.up("heard_before")

    def _lighten(self) -> None:
        if self._darkness is not None:
            self._darkness.cancel()
            self._darkness = None

    def _darken(self, loop: asyncio.AbstractEventLoop, cause: str) -> None:
        """Report the source as down, unless the connection is back soon; one that was never heard is not missed."""
        self.is_subscribed = False
        if self._darkness is None and (self._rhythm.was_heard or cause == "refused"):
            self._darkness = loop.call_later(PATIENCE.total_seconds(), self._source_status.down, cause)

    def _received(self, topic: str, payload: bytes, mid: int, qos: int, retained: bool) -> None:
        if not retained:  # what the broker repeats from memory says nothing about who said it
            self._rhythm.heard()
            self._source_status.up()
        if qos == 0 and self._queue.qsize() >= MOST_QUEUED:
            self._mapper.counts["dropped"] += 1
            return
        self._queue.put_nowait(_Message(topic, payload, mid, qos, retained, self._connection))


def payload_of(way: Subscription, topic: str) -> TypeAdapter[Any] | None:
    """The type of messages on a topic, where it is not the connector's own."""
    for filter_, payload in way.payloads.items():
        if paho.topic_matches_sub(filter_, topic):
            return payload
    return None


def _text(message: paho.MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return ""


def _tls(server: MqttServer) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:
        raise ConfigurationError(f"IOC_CONNECTORS_MQTT_CA_FILE={server.ca_file} cannot be used: {error}") from error
    context.check_hostname = not server.any_host_name
    return context
