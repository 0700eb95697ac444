"""One client of the embedded MQTT broker: amqtt's protocol handler, made to lose nothing.

amqtt acknowledges a message when it has read it, and forgets one that its receiver does not acknowledge within five
seconds. Here an acknowledgement goes back only after every subscriber has acknowledged, which our connectors do after
Kafka has: what a device may forget is on disk. Messages wait as long as it takes and are sent again after a reconnect;
a device with too many unanswered ones is read no further. A client that is silent for longer than it promised is taken
for dead, so that its last will is told.
"""

import asyncio
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from amqtt.adapters import ReaderAdapter, WriterAdapter
from amqtt.mqtt.packet import PUBLISH
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.puback import PubackPacket
from amqtt.mqtt.pubcomp import PubcompPacket
from amqtt.mqtt.pubrec import PubrecPacket
from amqtt.mqtt.pubrel import PubrelPacket
from amqtt.session import OUTGOING, ApplicationMessage, OutgoingApplicationMessage, Session

from ingest.mqtt.limits import BrokerLimits, InFlight, ReadingPace


class SessionLimits(NamedTuple):
    """What bounds a client."""

    limits: BrokerLimits
    pace: ReadingPace
    in_work: InFlight


NONE = SessionLimits(BrokerLimits(), ReadingPace(), InFlight(sys.maxsize))
"""For our own clients, which only subscribe and acknowledge."""


class Outgoing(OutgoingApplicationMessage):  # type: ignore[misc]  # amqtt has no types
    """A message on its way to a subscriber."""

    def __init__(self, packet_id: int, topic: str, data: bytes, *, retain: bool) -> None:
        super().__init__(packet_id, topic, 1, data, retain)
        self.sent = False
        self.acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class SessionHandler(BrokerProtocolHandler):  # type: ignore[misc]
    """The broker's side of one connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.bounds = NONE
        """Set after the log-in."""
        self._unanswered = self._unanswered_bytes = 0
        self._room = asyncio.Event()
        self._room.set()
        self._answers: set[asyncio.Task[None]] = set()
        self._open = False

    def attach(self, session: Session, reader: ReaderAdapter, writer: WriterAdapter) -> None:
        """Serve a session over a connection."""
        self._admit()
        super().attach(session, BoundedReader(reader, self._room, self.bounds), writer)

    def send(self, message: Outgoing) -> None:
        """Send a message now; before and after a connection it waits for the next one."""
        if self._open:
            self._run(self._transmit(message))

    def answer_after(self, message: ApplicationMessage, deliveries: Iterable[asyncio.Future[None]]) -> None:
        """Acknowledge a client's message once it has been delivered."""
        self._run(self._answer(message, list(deliveries)))

    async def stop(self) -> None:
        """End; what is not acknowledged stays so, and comes again."""
        self._open = False
        for task in list(self._answers):
            if task is not asyncio.current_task():
                task.cancel()
        await super().stop()

    def handle_read_timeout(self) -> None:
        """The client was silent for longer than it promised, unless it was us who did not read."""
        if not self.reader.is_held and self.writer is not None:
            self._run(self._dropped(self.writer))

    async def handle_puback(self, puback: PubackPacket) -> None:
        """A subscriber has a message."""
        if self.session is None or puback.variable_header is None:
            return
        message = self.session.inflight_out.pop(puback.variable_header.packet_id, None)
        if isinstance(message, Outgoing) and not message.acknowledged.done():
            message.acknowledged.set_result(None)

    async def handle_pubrel(self, pubrel: PubrelPacket) -> None:
        """Close the second half of QoS 2; the message itself was delivered before the first."""
        await self._send_packet(PubcompPacket.build(pubrel.packet_id))

    async def _handle_message_flow(self, app_message: Any) -> None:
        """A message came in: hand it to the broker, which answers later."""
        if app_message.direction == OUTGOING:
            raise RuntimeError("messages go out through `send`")
        self._count(1, len(app_message.data or b""))
        if self.session is not None:
            await self.session.delivered_message_queue.put(app_message)

    async def _retry_deliveries(self) -> None:
        """Send again what this client has not acknowledged on an earlier connection."""
        self._open = True
        for message in list(self.session.inflight_out.values()) if self.session else ():
            self.send(message)

    async def _transmit(self, message: Outgoing) -> None:
        packet = message.build_publish_packet(dup=message.sent)
        message.sent = True
        await self._send_packet(packet)

    def _count(self, messages: int, size: int) -> None:
        """Note what is on its way to Kafka, or has arrived, and whether more may be read."""
        self._unanswered += messages
        self._unanswered_bytes += size
        self._admit()

    def _admit(self) -> None:
        """See whether more may be read: of one that takes much room in all, sooner not than of one that takes none."""
        limits, in_work = self.bounds.limits, self.bounds.in_work
        if self._unanswered >= limits.unanswered or self._unanswered_bytes >= limits.unanswered_bytes:
            self._room.clear()
        elif in_work.is_full(whole=not self._unanswered):
            self._room.clear()
            in_work.tell(self._admit)
        else:
            self._room.set()

    async def _answer(self, message: ApplicationMessage, deliveries: list[asyncio.Future[None]]) -> None:
        if deliveries:
            await asyncio.wait(deliveries)
        self._count(-1, -len(message.data or b""))
        if message.qos == 1:
            await self._send_packet(PubackPacket.build(message.packet_id))
        elif message.qos == 2:
            await self._send_packet(PubrecPacket.build(message.packet_id))

    async def _dropped(self, writer: WriterAdapter) -> None:
        try:
            async with asyncio.timeout(1):
                await writer.close()
        except (TimeoutError, OSError):
            pass  # a peer without a cable: amqtt ends the session all the same
        await self.handle_connection_closed()

    def _run(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._answers.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._answers.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.logger.debug("connection ended: %s", error)


class PacketReader(ReaderAdapter):  # type: ignore[misc]
    """Reads a client's bytes packet by packet, none longer than allowed.

    Args:
        reader: amqtt's reader of the connection.
        message: the largest message in bytes.
        other: the largest packet that is none.
    """

    def __init__(self, reader: ReaderAdapter, message: int, other: int) -> None:
        self._reader = reader
        self._message = message
        self._other = other
        self._packet = bytearray()

    async def read(self, n: int = -1) -> bytes:
        """The next bytes of the packet, or of the next one.

        Raises:
            ConnectionError: a packet is longer than allowed, or shorter than it says.
        """
        if not self._packet:
            await self._fill()
        wanted = len(self._packet) if n < 0 else n
        if wanted > len(self._packet):
            raise ConnectionError("a packet is shorter than its parts")
        part = bytes(self._packet[:wanted])
        del self._packet[:wanted]
        return part

    def feed_eof(self) -> None:
        """No more will come."""
        self._reader.feed_eof()

    async def _fill(self) -> None:
        self._packet += await self._next()

    async def _next(self) -> bytes:
        packet = bytearray(await self._reader.read(1))
        length = 0
        for place in range(4):
            byte = (await self._reader.read(1))[0]
            packet.append(byte)
            length += (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                break
        if length > (self._message if packet[0] >> 4 == PUBLISH else self._other):
            raise ConnectionError(f"a packet of {length} bytes is too long")
        return bytes(packet) + (await self._reader.read(length) if length else b"")


class BoundedReader(PacketReader):
    """Reads a client that has logged in: no further while too much of it is unanswered, and not faster than it may send.

    Args:
        reader: amqtt's reader of the connection.
        room: set while another packet may be read.
        bounds: how large packets may be, and how fast they may come.
    """

    def __init__(self, reader: ReaderAdapter, room: asyncio.Event, bounds: SessionLimits) -> None:
        super().__init__(reader, bounds.limits.packet, bounds.limits.small_packet)
        self._room = room
        self._pace = bounds.pace
        self.is_held = False
        """Whether it is us who do not read."""

    async def _fill(self) -> None:
        self.is_held = True
        await self._room.wait()
        self.is_held = False
        # Kept before the pause: a keep-alive that ends meanwhile must not lose it.
        self._packet += await self._next()
        self.is_held = True
        await self._pace.keep(len(self._packet))
        self.is_held = False
