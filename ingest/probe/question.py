"""Question: whether a device answers, asked once by ping, TCP or HTTP; nothing that it holds is read."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from icmplib import ICMPLibError, SocketPermissionError, async_ping

from ingest.contract.connector import host_and_port
from ingest.contract.errors import NotReady
from ingest.contract.events.equipment import Watching

PATIENCE = timedelta(seconds=5)
"""Time for one question; whoever has not answered by then has not."""

PINGS = 3
"""Packets of one ping: one that gets lost on the way is no outage."""


class CannotAsk(NotReady):
    """Nothing is known of the device, because we cannot ask.

    Args:
        cause: code for the source's status.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass
class ProbeAnswer:
    """What came of asking one device."""

    reached: bool = False
    sent: int = 0
    answered: int = 0
    delay_ms: float | None = None
    """Time until the answer; the mean of several."""
    status: int = 0
    """HTTP status; 0: no answer, or not asked by HTTP."""
    open: dict[str, int | None] | None = None
    """What the device says is wrong with it, with a level in per cent where that is a supply; `None`: it was not asked."""
    values: dict[str, Any] = field(default_factory=dict)
    """SNMP: what else was asked for."""

    def add(self, other: "ProbeAnswer") -> None:
        """Take in the answer at another of the device's addresses."""
        delays = [one for one in (self.delay_ms, other.delay_ms) if one is not None]
        self.reached |= other.reached
        self.sent, self.answered = self.sent + other.sent, self.answered + other.answered
        self.delay_ms = min(delays, default=None)
        self.status = self.status or other.status
        self.open = other.open if self.open is None else self.open
        self.values |= other.values


async def ask_once(address: str, by: Watching) -> ProbeAnswer:
    """Ask at one address, in at most `PATIENCE`.

    Raises:
        CannotAsk: the operating system does not let us.
    """
    host, port = host_and_port(address, by)
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            if by == "ping":
                return await _ping(host)
            status = await _status(address) if by == "http" else await _connect(host, port)
    except (OSError, TimeoutError, httpx.HTTPError, httpx.InvalidURL):
        return ProbeAnswer(sent=1)
    # An answer below 500 means that it runs, even one that refuses us.
    reached = by == "tcp" or 0 < status < 500
    return ProbeAnswer(reached, 1, int(reached), (time.monotonic() - began) * 1000, status)


async def _ping(host: str) -> ProbeAnswer:
    for privileged in (False, True):
        try:
            said = await async_ping(host, count=PINGS, interval=0.2, timeout=1, privileged=privileged)
        except SocketPermissionError:
            continue  # first as everybody may where the system allows it, then as only root may
        except ICMPLibError:
            return ProbeAnswer(sent=PINGS)
        delay = said.avg_rtt if said.is_alive else None
        return ProbeAnswer(said.is_alive, said.packets_sent, said.packets_received, delay)
    raise CannotAsk("no_ping_right")


async def _connect(host: str, port: int) -> int:
    _, writer = await asyncio.open_connection(host, port)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return 0


async def _status(url: str) -> int:
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as http, http.stream("GET", url) as answer:
        return answer.status_code
