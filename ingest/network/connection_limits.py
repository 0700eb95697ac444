"""Connection limits: which connections of one listener stay when more come than it has places for.

A client is a stranger until it has shown who it is: by a log-in, a key, a signature, a password. Strangers have places of their own,
so that they never take the places of people and programs that are known. When all of them are taken, a newcomer is let in all the same
and another stranger is dropped: the one that has kept us waiting for longest, of the address that holds most places. Whoever has
something to say shows who it is within milliseconds and is never among them, so silent clients only ever shut out each other.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Generic, Protocol, TypeVar

_NETWORK_BITS = 64
_LONGEST_ADDRESS = 64


class Connection(Protocol):
    """What has a place."""

    @property
    def keeps_waiting(self) -> bool:
        """Whether we wait for its client, and have nothing in work for it."""
        ...

    def drop(self) -> None:
        """End it at once; may be called in another thread."""
        ...


@dataclass(frozen=True)
class ConnectionQuota:
    """How many connections a listener has places for."""

    strangers: int = 512
    of_one_address: int = 256
    """Strangers of one address (IPv6: of one network of 64 bits, which one client has to itself)."""
    known: int = 2048
    of_one_client: int = 256
    """Connections of one account, screen, key or source."""

    def fitting(self, open_files: int) -> "ConnectionQuota":
        """As many as a process can hold that may have so many files open: half of them, a quarter for strangers."""
        strangers = min(self.strangers, open_files // 4)
        return replace(
            self,
            strangers=strangers,
            of_one_address=min(self.of_one_address, max(1, strangers // 2)),
            known=min(self.known, open_files // 4),
        )


Held = TypeVar("Held")


class ConnectionsByHolder(Generic[Held]):
    """Connections and who holds each, counted by holder, the oldest first."""

    def __init__(self) -> None:
        self._holder: dict[Held, str] = {}
        self._of: dict[str, dict[Held, None]] = {}

    def __len__(self) -> int:
        return len(self._holder)

    def __iter__(self) -> Iterator[Held]:
        return iter(self._holder)

    def __contains__(self, connection: object) -> bool:
        return connection in self._holder

    def add(self, holder: str, connection: Held) -> None:
        """Note a connection that has none yet as its holder's newest."""
        self._holder[connection] = holder
        self._of.setdefault(holder, {})[connection] = None

    def remove(self, connection: Held) -> None:
        """Forget a connection; does nothing if it is not known."""
        holder = self._holder.pop(connection, None)
        if holder is not None:
            del self._of[holder][connection]
            if not self._of[holder]:
                del self._of[holder]

    def holder(self, connection: Held) -> str | None:
        """To whom a connection belongs."""
        return self._holder.get(connection)

    def of(self, holder: str) -> list[Held]:
        """A holder's connections, the oldest first."""
        return list(self._of.get(holder, ()))

    def count(self, holder: str) -> int:
        """How many a holder has."""
        return len(self._of.get(holder, ()))

    def fullest(self) -> str:
        """The holder that has most; there must be one."""
        return max(self._of, key=self.count)


class ConnectionLimits:
    """The connections of one listener. May be used by several threads.

    Args:
        places: how many there are.
    """

    def __init__(self, places: ConnectionQuota) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._strangers: ConnectionsByHolder[Connection] = ConnectionsByHolder()
        """By network."""
        self._known: ConnectionsByHolder[Connection] = ConnectionsByHolder()
        """By client."""

    def enter(self, connection: Connection, address: str) -> None:
        """Give a newcomer a place; drops another stranger when all are taken.

        Args:
            connection: the newcomer.
            address: from where.
        """
        network = network_of(address)
        with self._lock:
            victim = self._victim(network)
            if victim is not None:
                self._forget(victim)
            self._strangers.add(network, connection)
        if victim is not None:
            victim.drop()

    def know(self, connection: Connection, client: str, most: int | None = None) -> bool:
        """Take note of who the client of a connection is, which gives it a place among the known.

        When this client, or all together, have as many as they may, one of its own (of the client's with most) that keeps us
        waiting is dropped.

        Args:
            connection: whose client has shown who it is.
            client: who it is.
            most: how many it may have, where that is not the listener's usual number.

        Returns:
            Whether there is a place; otherwise the connection stays a stranger's.
        """
        with self._lock:
            if self._known.holder(connection) == client:
                return True
            if connection not in self._known and connection not in self._strangers:
                return False  # dropped meanwhile
            victim = None
            if self._known.count(client) >= (self._places.of_one_client if most is None else most):
                victim = self._waiting_of(client)
            elif connection not in self._known and len(self._known) >= self._places.known:
                victim = self._waiting_of(self._known.fullest())
            else:
                self._move(connection, client)
                return True
            if victim is None:
                return False
            self._forget(victim)
            self._move(connection, client)
        victim.drop()
        return True

    def leave(self, connection: Connection) -> None:
        """Free the place of a connection that has ended; does nothing if it has none."""
        with self._lock:
            self._forget(connection)

    def all(self) -> list[Connection]:
        """Every connection that has a place."""
        with self._lock:
            return [*self._strangers, *self._known]

    def strangers(self) -> list[Connection]:
        """Those of clients that have not shown who they are, the oldest first."""
        with self._lock:
            return list(self._strangers)

    def __len__(self) -> int:
        return len(self._strangers) + len(self._known)

    def _victim(self, network: str) -> Connection | None:
        """Who goes when one more of a network comes in."""
        if self._strangers.count(network) < self._places.of_one_address:
            if len(self._strangers) < self._places.strangers:
                return None
            network = self._strangers.fullest()
        of_it = self._strangers.of(network)
        return next((one for one in of_it if one.keeps_waiting), of_it[0])

    def _waiting_of(self, client: str) -> Connection | None:
        return next((one for one in self._known.of(client) if one.keeps_waiting), None)

    def _move(self, connection: Connection, client: str) -> None:
        self._forget(connection)
        self._known.add(client, connection)

    def _forget(self, connection: Connection) -> None:
        self._strangers.remove(connection)
        self._known.remove(connection)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """What counts as one client of an address: an IPv4 address, or the network of 64 bits of an IPv6 address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:_LONGEST_ADDRESS]
    if not isinstance(ip, IPv6Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return f"{IPv6Address(int(ip) >> _NETWORK_BITS << _NETWORK_BITS)}/{_NETWORK_BITS}"
