"""Centre: the devices of the pretend service centre, each on a port of its own on loopback, and the list that names them."""

import asyncio
import csv
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from connectors.simulator.protocols.snmp_agent import SnmpAgent
from connectors.simulator.systems.equipment import DEVICES, PretendDevice, answers, says
from connectors.simulator.ward import Pretend
from ingest.contract.clock import Clock
from ingest.probe.device_list import ADDRESS, BY, CATEGORY, CODE, PLACE

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
LOOK_EVERY = 1.0


class Centre:
    """Plays the devices.

    Args:
        pretend: the ward.
        clock: the shared clock.
        community: of the devices that speak SNMP.
        file: where the list of the devices is written, with the ports that they have.
    """

    def __init__(self, pretend: Pretend, clock: Clock, community: str, file: Path) -> None:
        self._pretend = pretend
        self._clock = clock
        self._community = community
        self._file = file
        self._open: dict[str, asyncio.Server] = {}
        self._ports: dict[str, int] = {}

    async def run(self) -> None:
        """Play for ever: a device that is away does not listen."""
        async with AsyncExitStack() as stack:
            for device in DEVICES:
                if device.by == "snmp":
                    await self._speak_snmp(device, stack)
                elif device.by != "unwatched":
                    await self._listen(device)
            await asyncio.to_thread(self._write_list)
            try:
                while True:
                    await self._switch()
                    await asyncio.sleep(LOOK_EVERY)
            finally:
                for server in self._open.values():
                    server.close()

    async def _switch(self) -> None:
        for device in DEVICES:
            if device.by in ("tcp", "http"):
                is_on = answers(self._pretend, device, self._clock.now())
                if is_on and device.id not in self._open:
                    with suppress(OSError):  # somebody else has its port for a while
                        await self._listen(device)
                elif not is_on and device.id in self._open:
                    self._open.pop(device.id).close()

    async def _listen(self, device: PretendDevice) -> None:
        server = await asyncio.start_server(_answer, HOST, self._ports.get(device.id, 0))
        self._open[device.id] = server
        self._ports[device.id] = server.sockets[0].getsockname()[1]

    async def _speak_snmp(self, device: PretendDevice, stack: AsyncExitStack) -> None:
        values = self._values(device)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: SnmpAgent(self._community, values), local_addr=(HOST, 0)
        )
        stack.callback(transport.close)
        self._ports[device.id] = transport.get_extra_info("sockname")[1]

    def _values(self, device: PretendDevice) -> Callable[[], dict[str, int | bytes] | None]:
        def now() -> dict[str, int | bytes] | None:
            at = self._clock.now()
            return says(self._pretend, device, at) if answers(self._pretend, device, at) else None

        return now

    def _write_list(self) -> None:
        """Write the list as the ward's officials would."""
        lines = [[CODE, CATEGORY, PLACE, BY, ADDRESS]]
        for one in DEVICES:
            port = self._ports.get(one.id)
            address = "" if port is None else f"http://{HOST}:{port}/" if one.by == "http" else f"{HOST}:{port}"
            lines.append([one.id, one.kind, one.place, "không" if one.by == "unwatched" else one.by.upper(), address])
        fresh = self._file.with_suffix(".new")
        fresh.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows(lines)
        fresh.replace(self._file)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer whatever is asked: that it runs."""
    with suppress(OSError, TimeoutError, asyncio.LimitOverrunError, asyncio.IncompleteReadError):
        async with asyncio.timeout(5):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
    writer.close()
