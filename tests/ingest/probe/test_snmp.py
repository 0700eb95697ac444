"""Printers and PCs are asked by SNMP: Debian's own agent where it is there, ours of the pretend ward, and devices that answer garbage."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.simulator.protocols.snmp_agent import SnmpAgent
from ingest.contract.errors import ConfigurationError
from ingest.probe import snmp
from ingest.probe.device_mib import UP_TIME, said_of_itself
from ingest.probe.snmp import NoAnswer, SnmpSession
from ingest.probe.snmp_secret import read_secret

HOST = "127.0.0.1"
COMMUNITY, V3 = "phuong-hong-bang", "giamsat:mat-khau-xac-thuc:mat-khau-ma-hoa"
SNMPD = shutil.which("snmpd") or shutil.which("/usr/sbin/snmpd")

PRINTER: dict[str, int | bytes] = {
    UP_TIME: 4_200,
    "1.3.6.1.2.1.25.3.5.1.1.1": 4,
    "1.3.6.1.2.1.25.3.5.1.2.1": b"\x44",  # no paper, jammed
    "1.3.6.1.2.1.43.8.2.1.9.1.1": 250,
    "1.3.6.1.2.1.43.8.2.1.10.1.1": 200,
    "1.3.6.1.2.1.43.8.2.1.9.1.2": 500,
    "1.3.6.1.2.1.43.8.2.1.10.1.2": -3,
}
SUPPLIES = ((3, 3, 1000, 40), (3, 3, 1000, 900), (4, 4, 100, 95), (3, 9, 100, 60), (3, 15, -2, -2))
"""Class, type, capacity and level: two toners, a waste box, a drum, and a fuser of which nothing is known."""
for row, values in enumerate(SUPPLIES, 1):
    PRINTER |= {f"1.3.6.1.2.1.43.11.1.1.{col}.1.{row}": one for col, one in zip((4, 5, 8, 9), values, strict=True)}
SAID = {"fault:no_paper": None, "fault:jammed": None, "supply:toner": 4, "supply:waste": 5}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp, "WAIT", snmp.WAIT / 3)


@pytest.fixture(scope="module")
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Debian's agent, with what a printer says."""
    if SNMPD is None:
        pytest.skip("snmpd is not installed")
    folder = tmp_path_factory.mktemp("snmpd")
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    user, authentication, privacy = V3.split(":")
    lines = [
        f"agentaddress udp:{HOST}:{port}", f"rocommunity {COMMUNITY}", f"createUser {user} SHA {authentication} AES {privacy}",
        f"rouser {user} priv",
        *(f"override {oid} integer {value}" for oid, value in PRINTER.items() if isinstance(value, int) and oid != UP_TIME),
        "override 1.3.6.1.2.1.25.3.5.1.2.1 octet_str D",
    ]  # fmt: skip
    (folder / "snmpd.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [
        SNMPD,
        "-f",
        "-Lf",
        str(folder / "log"),
        "-C",
        "-c",
        str(folder / "snmpd.conf"),
        "-m",
        "",
        "-p",
        str(folder / "pid"),
    ]
    with subprocess.Popen(command, env={"SNMP_PERSISTENT_DIR": str(folder)}) as process:
        time.sleep(0.5)
        yield port
        process.terminate()


@asynccontextmanager
async def speaking(protocol: Callable[[], Any]) -> AsyncIterator[int]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(protocol, local_addr=(HOST, 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@asynccontextmanager
async def asking(secret: str = COMMUNITY) -> AsyncIterator[SnmpSession]:
    session = SnmpSession(read_secret(secret))
    try:
        yield session
    finally:
        session.close()


@pytest.mark.embedded
@pytest.mark.parametrize("secret", [COMMUNITY, V3], ids=["v2c", "v3"])
async def test_debians_agent_says_what_a_printer_says(snmpd: int, secret: str) -> None:
    async with asking(secret) as session:
        said = await said_of_itself(session, HOST, snmpd)
        assert {name: level for name, level in said.items() if name != "fault:disk_full"} == SAID
        (up_time,) = await session.values(HOST, snmpd, [UP_TIME])
        assert isinstance(up_time, int)


@pytest.mark.embedded
@pytest.mark.parametrize("secret", ["mot-cong-dong-khac", "giamsat:mat-khau-khac-han", "ai-do:mat-khau-xac-thuc"])
async def test_without_the_secret_a_device_does_not_answer(snmpd: int, secret: str) -> None:
    async with asking(secret) as session:
        with pytest.raises(NoAnswer):
            await session.values(HOST, snmpd, [UP_TIME])


async def test_the_pretend_printer_says_the_same_and_one_value_it_has_not() -> None:
    async with speaking(lambda: SnmpAgent(COMMUNITY, lambda: PRINTER)) as port, asking() as session:
        assert await said_of_itself(session, HOST, port) == SAID
        assert await session.values(HOST, port, [UP_TIME, "1.3.6.1.4.1.1"]) == [4_200, None]


class _Garbage(asyncio.DatagramProtocol):
    """Answers everything with something."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._transport.sendto(self._answer(data), addr)


@pytest.mark.parametrize(
    "answer", [lambda asked: b"\x30", lambda asked: b"\xff" * 1_400, lambda asked: asked, lambda asked: asked[:-4]]
)
async def test_garbage_is_no_answer(answer: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmp, "WAIT", snmp.WAIT / 5)
    async with speaking(lambda: _Garbage(answer)) as port, asking() as session:
        with pytest.raises(NoAnswer):
            await session.table(HOST, port, {"state": "1.3.6.1.2.1.25.3.5.1.2"})


async def test_a_table_without_end_is_left() -> None:
    endless: dict[str, int | bytes] = {f"1.3.6.1.2.1.25.3.5.1.2.{row}": b"\x00" for row in range(1, 2_000)}
    async with speaking(lambda: SnmpAgent(COMMUNITY, lambda: endless)) as port, asking() as session:
        assert len(await session.table(HOST, port, {"state": "1.3.6.1.2.1.25.3.5.1.2"})) == snmp.MOST_ROWS


@pytest.mark.parametrize("secret", ["giamsat:ngan", "", ":mat-khau-xac-thuc", "a:b:c:d"])
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="8 characters"):
        read_secret(secret)
