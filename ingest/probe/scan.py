"""Scan: what answers in a network of the ward's own, asked once by ping, a few TCP ports and SNMP; nothing is logged in to or written.

A network is at most a /24 of private addresses (RFC 1918), and one that this PC stands in or that the install names. Few addresses are
asked at a time, and few begin in a second: nobody's network feels it.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING, NamedTuple

import psutil

from ingest.contract.errors import InvalidInput
from ingest.contract.label import Label
from ingest.probe.question import CannotAsk, ask_once

if TYPE_CHECKING:
    from ingest.probe.snmp import SnmpSession

SMALLEST_PREFIX = 24
"""A network has at most 254 addresses."""

PORTS = (80, 443, 445, 515, 554, 631, 3389, 8000, 9100)
"""Web page, file share, printing (515, 631, 9100), video (554, 8000), remote desktop."""

AT_ONCE = 8
"""Addresses that are asked at the same time."""

PAUSE = timedelta(milliseconds=100)
"""Between the beginnings of two of them."""

PORT_PATIENCE = timedelta(seconds=1)

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
LONGEST_DESCRIPTION = 120

_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


class ScanRefused(InvalidInput):
    """A network that may not be scanned; the label says why."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.label = Label(vi, en)


class ScanFinding(NamedTuple):
    """What answers at one address."""

    address: str
    pings: bool
    ports: tuple[int, ...]
    description: str = ""
    """What the device says it is (SNMP `sysDescr`)."""


def own_networks() -> list[IPv4Network]:
    """The private networks that this PC stands in, each at most a /24 around its own address."""
    found = {
        ip_network(f"{one.address}/{max(_prefix(one.netmask), SMALLEST_PREFIX)}", strict=False)
        for addresses in psutil.net_if_addrs().values()
        for one in addresses
        if one.family == socket.AF_INET and one.netmask
    }
    return sorted(one for one in found if isinstance(one, IPv4Network) and any(map(one.subnet_of, _PRIVATE)))


def _prefix(netmask: str) -> int:
    return ip_network(f"0.0.0.0/{netmask}").prefixlen


def checked_network(text: str, allowed: Sequence[IPv4Network | IPv6Network]) -> IPv4Network:
    """A network that may be scanned.

    Args:
        text: as it is typed, for example `192.168.1.0/24`.
        allowed: networks that the install names; those of this PC may be scanned besides.

    Raises:
        ScanRefused: it may not be, or is none.
    """
    try:
        network = IPv4Network(text.strip(), strict=False)
    except ValueError:
        raise ScanRefused("cần dạng 192.168.1.0/24", "it has the form 192.168.1.0/24") from None
    if network.prefixlen < SMALLEST_PREFIX:
        raise ScanRefused(
            f"mỗi lần quét tối đa một mạng /{SMALLEST_PREFIX}", f"at most one /{SMALLEST_PREFIX} is scanned at a time"
        )
    may_be = [*own_networks(), *(one for one in allowed if isinstance(one, IPv4Network))]
    if not network.is_private or not any(map(network.subnet_of, may_be)):
        raise ScanRefused(
            "chỉ quét mạng nội bộ mà máy này đang ở trong, hoặc mạng ghi trong IOC_CONNECTORS_REACHABLE",
            "only a private network that this PC stands in is scanned, or one that IOC_CONNECTORS_REACHABLE names",
        )
    return network


async def scan(network: IPv4Network, session: "SnmpSession | None", told: Callable[[ScanFinding | None], None]) -> None:
    """Ask every address of a network once.

    Args:
        network: a checked one.
        session: asks by SNMP, if there is a key for it.
        told: called for each address, with what answers there.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(address: str) -> None:
        async with gate:
            told(await _asked(address, session))

    async with asyncio.TaskGroup() as group:
        for address in network.hosts():
            group.create_task(ask(str(address)))
            await asyncio.sleep(PAUSE.total_seconds())


async def _asked(address: str, session: "SnmpSession | None") -> ScanFinding | None:
    pings, *ports = await asyncio.gather(_pings(address), *(_opens(address, port) for port in PORTS))
    description = await _description(address, session) if session is not None else ""
    opened = tuple(port for port, is_open in zip(PORTS, ports, strict=True) if is_open)
    return ScanFinding(address, pings, opened, description) if pings or opened or description else None


async def _pings(address: str) -> bool:
    with suppress(CannotAsk):
        return (await ask_once(address, "ping")).reached
    return False


async def _opens(address: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PORT_PATIENCE.total_seconds()):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


async def _description(address: str, session: "SnmpSession") -> str:
    from ingest.probe.snmp import NoAnswer

    try:
        (said,) = await session.values(address, 161, [SYS_DESCR])
    except NoAnswer:
        return ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said or "")
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:LONGEST_DESCRIPTION]
