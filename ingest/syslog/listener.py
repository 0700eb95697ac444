"""Syslog listener: takes messages by UDP and TCP (RFC 6587: counted, or a line each) from the networks that may send.

Syslog confirms nothing, so what cannot be kept is lost: a queue of a fixed length stands between the network and Kafka, and what
does not fit is counted.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from ingest.syslog.message import LONGEST

log = logging.getLogger(__name__)

MOST_WAITING = 10_000
"""Messages that wait for Kafka: a minute of a router that says a lot."""

MOST_CONNECTIONS = 32

PATIENCE = timedelta(minutes=10)
"""How long a connection may say nothing."""


class SyslogListener(asyncio.DatagramProtocol):
    """Listens on one port.

    Args:
        networks: from where messages may come; empty: from anywhere.
        counts: what is dropped is counted here.
    """

    def __init__(self, networks: Sequence[IPv4Network | IPv6Network], counts: Counter[str]) -> None:
        self._networks = networks
        self._counts = counts
        self._connections = 0
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(MOST_WAITING)
        """What has come, oldest first."""
        self.port = 0
        """The one that was taken."""

    async def open(self, host: str, port: int, stack: AsyncExitStack) -> None:
        """Listen until the stack is closed.

        Args:
            host: address to listen on.
            port: by UDP and TCP; 0: any free one.
            stack: closes the listener.

        Raises:
            OSError: the port cannot be used.
        """
        server = await asyncio.start_server(self._connected, host, port, limit=LONGEST + 16)
        stack.callback(server.close)
        self.port = server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, self.port))
        stack.callback(transport.close)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Take a datagram, which is a message."""
        if self._may_send(str(addr[0])):
            self._take(data)

    def _may_send(self, host: str) -> bool:
        address = ip_address(host.partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        is_allowed = not self._networks or any(address in network for network in self._networks)
        self._counts["refused_senders"] += not is_allowed
        return is_allowed

    def _take(self, raw: bytes) -> None:
        raw = raw.strip(b"\r\n\0 ")
        if not raw:
            return
        try:
            self.waiting.put_nowait(raw)
        except asyncio.QueueFull:
            self._counts["dropped"] += 1

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connections < MOST_CONNECTIONS and self._may_send(str(writer.get_extra_info("peername")[0])):
            self._connections += 1
            try:
                with suppress(
                    OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
                ):
                    while await self._read_one(reader):
                        pass
            finally:
                self._connections -= 1
        writer.close()

    async def _read_one(self, reader: asyncio.StreamReader) -> bool:
        """Read one message of a connection; whether there may be another.

        Raises:
            ValueError: it is none, or too long.
        """
        async with asyncio.timeout(PATIENCE.total_seconds()):
            first = await reader.readexactly(1)
            if first.isdigit() and first != b"0":
                count = int(first + await reader.readuntil(b" "))
                if count > LONGEST:
                    raise ValueError("too long")
                self._take(await reader.readexactly(count))
                return True
            rest = b"" if first == b"\n" else await reader.readline()
        self._take(first + rest)
        return bool(first + rest)
