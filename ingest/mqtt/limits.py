"""What one client of the embedded MQTT broker may cost: connections, messages and bytes a second, bytes in work, bytes retained.

Every limit is kept for a holder - an address, an account, a connector - and in all. What one holder takes beyond its share is
taken from itself: the newest log-in ends the oldest connection of the fullest holder, a fast publisher is read more slowly.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.network.connection_limits import ConnectionsByHolder
from ingest.network.rate_limit import RateLimit

BURST = 2.0
"""Seconds of a rate that may come at once."""

CLIENTS = 2_000
"""Whose rates are remembered."""


@dataclass(frozen=True)
class BrokerLimits:
    """The limits of one broker."""

    strangers: int = 64
    """Connections that have not logged in yet, in all."""
    strangers_each: int = 32
    """Of them from one address."""
    log_in_time: float = 10.0
    """Seconds for the handshake, TLS included, and the log-in, as a whole."""
    log_in_bytes: int = 8_192
    """Largest log-in, with its last will."""
    will_bytes: int = 4_096
    """Largest last will."""

    connections: int = 400
    """Connections that have logged in, in all; ours are not counted."""
    of_address: int = 300
    """Of them from one address: a network of loudspeakers may stand behind one."""
    of_account: int = 300
    """Of them of a connector's account, which all its devices may share."""
    of_device: int = 4
    """Of them of a device's own account."""
    keep_alive: int = 1_200
    """Seconds for which a client may be silent, also where it promises nothing."""

    messages: float = 500.0
    """Packets a second of one client; twice as many at once."""
    messages_of_connector: float = 1_000.0
    """Of all clients of one connector."""
    messages_in_all: float = 2_000.0
    """Of all."""
    octets: float = 1_048_576.0
    """Bytes a second of one client; twice as many at once."""
    octets_of_connector: float = 4_194_304.0
    """Of all clients of one connector."""
    octets_in_all: float = 8_388_608.0
    """Of all."""

    packet: int = 524_288
    """Largest message in bytes."""
    small_packet: int = 4_096
    """Largest packet that is not a message: a subscription, an answer."""
    unanswered: int = 100
    """Messages of one client that may be on their way to Kafka; then it is not read until some have arrived."""
    unanswered_bytes: int = 2_097_152
    """Their bytes."""
    unanswered_in_all: int = 67_108_864
    """Bytes of all clients on their way to Kafka; beyond, a client is read only while it has none, and beyond twice as many none is."""

    topic: int = 200
    """Longest topic in characters."""
    retained_packet: int = 16_384
    """Largest message that is retained; a larger one is passed on and not kept."""
    retained: int = 2_000
    """Retained messages of one connector."""
    retained_bytes: int = 4_194_304
    """Their bytes, with their topics."""
    retained_in_all: int = 16_777_216
    """Bytes of all retained messages."""


class MqttConnection(Protocol):
    """What can be ended."""

    def end(self) -> None:
        """End it now."""


class MqttConnections:
    """Connections by holder, bounded in all and for each: the newest has a place, the oldest of the fullest holder loses its own.

    Args:
        most: in all.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: ConnectionsByHolder[MqttConnection] = ConnectionsByHolder()

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, holder: str, connection: MqttConnection, most: int) -> None:
        """Give a connection a place.

        Args:
            holder: whose it is.
            connection: ended when another one needs its place.
            most: places of this holder.
        """
        if self._taken.count(holder) >= most:
            self._drop(holder)
        elif len(self._taken) >= self._most:
            self._drop(self._taken.fullest())
        self._taken.add(holder, connection)

    def leave(self, connection: MqttConnection) -> None:
        """Its place is free again; nothing happens if it was taken from it before."""
        self._taken.remove(connection)

    def _drop(self, holder: str) -> None:
        oldest = self._taken.of(holder)[0]
        self._taken.remove(oldest)
        oldest.end()


class ReadingPace:
    """How fast a client is read.

    Args:
        rates: in packets and in bytes, those that it is subject to.
    """

    def __init__(self, rates: Sequence[tuple[RateLimit, RateLimit]] = ()) -> None:
        self._rates = rates

    async def keep(self, size: int) -> None:
        """Wait until a packet of this size may be taken."""
        now = time.monotonic()
        waits = [rate.take(units, now) for both in self._rates for rate, units in zip(both, (1, size), strict=True)]
        if (longest := max(waits, default=0.0)) > 0:
            await asyncio.sleep(longest)


class InFlight:
    """Bytes of all clients that are on their way to Kafka.

    Args:
        most: bytes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.octets = 0
        self._waiting: dict[Callable[[], None], None] = {}

    def is_full(self, *, whole: bool) -> bool:
        """Whether nothing more may be read: of a client that has something on its way already, or, twice as late, of any.

        Args:
            whole: whether it has nothing on its way.
        """
        return self.octets >= self._most * (2 if whole else 1)

    def add(self, size: int) -> None:
        """So many more, or fewer: then those who wait look again."""
        self.octets += size
        if self._waiting and size < 0:
            waiting, self._waiting = self._waiting, {}
            for go_on in waiting:
                go_on()

    def tell(self, go_on: Callable[[], None]) -> None:
        """Call this when there are fewer."""
        self._waiting[go_on] = None


class RetainedMessages:
    """What is retained for whom, in messages and bytes.

    Args:
        limits: the broker's.
    """

    def __init__(self, limits: BrokerLimits) -> None:
        self._limits = limits
        self._of: dict[str, tuple[str, int]] = {}
        self._messages: Counter[str] = Counter()
        self._octets: Counter[str] = Counter()

    @property
    def octets(self) -> int:
        """Bytes of all."""
        return self._octets.total()

    def keep(self, holder: str, topic: str, size: int) -> bool:
        """Take room for a topic's newest message; False, and the room of its older one free, if there is none."""
        self.drop(topic)
        whole = len(topic.encode()) + size
        limits = self._limits
        if (
            size > limits.retained_packet
            or self._messages[holder] >= limits.retained
            or self._octets[holder] + whole > limits.retained_bytes
            or self.octets + whole > limits.retained_in_all
        ):
            return False
        self._of[topic] = (holder, whole)
        self._messages[holder] += 1
        self._octets[holder] += whole
        return True

    def drop(self, topic: str) -> None:
        """A topic's message is kept no longer."""
        holder, whole = self._of.pop(topic, ("", 0))
        if whole:
            self._messages[holder] -= 1
            self._octets[holder] -= whole
