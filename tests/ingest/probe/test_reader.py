"""Devices of a list are asked round after round: what changes is told once, over restarts too, and nobody is missed who never answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.declared.load import load_text
from connectors.declared.ready import READY
from connectors.equipment import CONNECTOR
from connectors.simulator.protocols.snmp_agent import SnmpAgent
from ingest.administration.reach import check_host
from ingest.contract.clock import RealClock
from ingest.contract.connector import Connector
from ingest.contract.envelope import Envelope
from ingest.probe import question
from ingest.probe.device_mib import UP_TIME
from ingest.probe.reader import ProbeReader
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.cursor import Cursor
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from tests.connectors.support.taking import CONTEXT
from tests.ingest.support.toy import until

HOST = "127.0.0.1"
COMMUNITY = "phuong-hong-bang"
RUNNING = replace(CONTEXT, clock=RealClock())


class Kafka:
    """What was sent."""

    def __init__(self) -> None:
        self.events: list[Envelope] = []
        self.dead_letters: list[Any] = []

    async def send(self, events: Any) -> None:
        self.events += [one for one in events if one.data.stream != "health"]

    async def dead_letter(self, *dead_letters: Any) -> None:
        self.dead_letters += dead_letters

    def kinds(self) -> list[str]:
        return [one.data.kind for one in self.events]


class Watched:
    """A reader at work."""

    def __init__(self, mapper: Mapper, status: SourceStatus, kafka: Kafka) -> None:
        self.counts, self.status, self.kafka = mapper.counts, status, kafka


@asynccontextmanager
async def watching(
    folder: Path, secret: str = "", guard: Callable[[str], None] | None = None, connector: Connector = CONNECTOR
) -> AsyncIterator[Watched]:
    kafka: Any = Kafka()
    mapper = Mapper(connector, RUNNING)
    status = SourceStatus(connector, RUNNING, kafka)
    cursor = Cursor(folder, connector.id, CONTEXT.pseudonym)
    key = SecretStr(secret) if secret else None
    reader = ProbeReader(
        mapper, status, CircuitBreaker(status), kafka, cursor, folder, key, timedelta(milliseconds=20), guard
    )
    task = asyncio.create_task(reader.run())
    try:
        yield Watched(mapper, status, kafka)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result()


def write(folder: Path, *lines: str) -> None:
    (folder / "equipment.csv").write_text("Mã,Loại,Nơi đặt,Theo dõi,Địa chỉ\n" + "\n".join(lines), encoding="utf-8")


async def listening(port: int = 0, status: int = 200) -> tuple[asyncio.Server, int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 %d x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % status)
        writer.close()

    server = await asyncio.start_server(answer, HOST, port)
    return server, server.sockets[0].getsockname()[1]


async def test_a_device_comes_goes_and_comes_back_over_a_restart(tmp_path: Path) -> None:
    server, port = await listening()
    write(tmp_path, f"MT-01,Máy tính,Quầy 1,TCP,{HOST}:{port}", "LOA-S1,Loa sảnh,Sảnh,không,")
    async with watching(tmp_path) as watched:
        await until(lambda: "equipment.up" in watched.kafka.kinds() and watched.status.reachable)
        server.close()
        await until(lambda: "outage.started" in watched.kafka.kinds())
        assert watched.status.reachable, "that a device is away is what a probe is there to find"
    assert watched.kafka.kinds() == [
        "equipment.registered", "equipment.registered", "equipment.up", "equipment.down", "outage.started",
    ]  # fmt: skip
    (started,) = [one.data for one in watched.kafka.events if one.data.kind == "outage.started"]
    async with watching(tmp_path) as again:
        await until(lambda: again.status.reachable)
        server, _ = await listening(port)
        await until(lambda: "outage.ended" in again.kafka.kinds())
        write(tmp_path, f"MT-01,Máy tính,Quầy 2,TCP,{HOST}:{port}")
        await until(lambda: "equipment.removed" in again.kafka.kinds())
    server.close()
    # What was told just before the end may be told again, under the same ids.
    known = {one.id for one in watched.kafka.events}
    fresh = [one.data for one in again.kafka.events if one.id not in known]
    kinds = [one.kind for one in fresh]
    assert kinds == ["equipment.up", "outage.ended", "equipment.registered", "equipment.removed"]
    assert fresh[1].outage_ref == started.outage_ref


async def test_without_a_list_or_an_answer_nothing_is_known_and_nobody_is_missed(tmp_path: Path) -> None:
    async with watching(tmp_path) as watched:
        await asyncio.sleep(0.1)
        write(tmp_path, f"MT-01,Máy tính,,TCP,{HOST}:9", f"MH-01,Màn hình quầy,,HTTP,http://{HOST}:9/")
        await until(lambda: len(watched.kafka.events) == 2)
        await asyncio.sleep(0.2)
    assert not watched.status.is_known
    assert watched.kafka.kinds() == ["equipment.registered"] * 2


async def test_a_wrong_list_is_a_dead_letter_that_names_the_row_and_the_devices_stay(tmp_path: Path) -> None:
    server, port = await listening()
    write(tmp_path, f"MT-01,Máy tính,,HTTP,http://{HOST}:{port}/")
    async with watching(tmp_path) as watched:
        await until(lambda: "equipment.up" in watched.kafka.kinds())
        write(tmp_path, "MT 01,Máy tính,,không,")
        await until(lambda: watched.kafka.dead_letters)
        (letter,) = watched.kafka.dead_letters
        assert (letter.reason_code, "row 2" in letter.error) == ("device_list", True)
        (tmp_path / "equipment.csv").unlink()
        await asyncio.sleep(0.1)
    server.close()
    assert watched.kafka.kinds() == ["equipment.registered", "equipment.up"]


async def test_a_printer_s_faults_become_events_and_without_a_key_it_is_not_asked(tmp_path: Path) -> None:
    values: dict[str, int | bytes] = {UP_TIME: 1, "1.3.6.1.2.1.25.3.5.1.2.1": b"\x00"}
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: SnmpAgent(COMMUNITY, lambda: values), local_addr=(HOST, 0)
    )
    printer = f"MI-01,Máy in,Quầy 1,SNMP,{HOST}:{transport.get_extra_info('sockname')[1]}"
    write(tmp_path, printer)
    server, port = await listening()
    async with watching(tmp_path) as unkeyed:
        await until(lambda: unkeyed.counts["not_asked"])
        assert not unkeyed.status.is_known
        write(tmp_path, printer, f"MT-01,Máy tính,Quầy 1,TCP,{HOST}:{port}")
        await until(lambda: unkeyed.status.reachable)  # the others are asked all the same
    server.close()
    write(tmp_path, printer)
    async with watching(tmp_path, COMMUNITY) as watched:
        await until(lambda: "equipment.up" in watched.kafka.kinds())
        values["1.3.6.1.2.1.25.3.5.1.2.1"] = b"\x40"
        await until(lambda: "equipment.fault" in watched.kafka.kinds())
        values["1.3.6.1.2.1.25.3.5.1.2.1"] = b"\x00"
        await until(lambda: watched.kafka.kinds().count("equipment.fault") == 2)
    async with watching(tmp_path) as unkeyed:
        await until(lambda: unkeyed.status.cause == "no_key")
    transport.close()
    assert [(one.data.code, one.data.state) for one in watched.kafka.events if one.data.kind == "equipment.fault"] == [
        ("no_paper", "active"), ("no_paper", "inactive"),
    ]  # fmt: skip


async def test_an_address_that_may_not_be_asked_is_not_asked(tmp_path: Path) -> None:
    server, port = await listening()
    write(tmp_path, f"MT-01,Máy tính,,TCP,{HOST}:{port}")
    async with watching(tmp_path, guard=lambda host: check_host(host, [])) as watched:
        await until(lambda: watched.counts["not_asked"] > 2)
    server.close()
    assert watched.kafka.kinds() == ["equipment.registered"]


async def test_loudspeakers_that_have_a_status_page_only(tmp_path: Path) -> None:
    server, port = await listening()
    text = (READY / "loudspeaker_http.toml").read_text("utf-8").replace("http://10.20.0.17/", f"http://{HOST}:{port}/")
    connector = load_text("loudspeaker_http", text.replace("http://10.20.0.18/", f"http://{HOST}:9/"))
    async with watching(tmp_path, connector=connector) as watched:
        await until(lambda: watched.kafka.kinds().count("device.online") > 1)
        server.close()
        await until(lambda: "device.offline" in watched.kafka.kinds())
    assert {one.data.device_id for one in watched.kafka.events} == {"tdp-017-l1"}, "the other never answered"


async def test_loudspeakers_that_speak_snmp_only(tmp_path: Path) -> None:
    values: dict[str, int | bytes] = {UP_TIME: 1, "1.3.6.1.4.1.99999.1.1.0": 1, "1.3.6.1.4.1.99999.1.2.0": 60}
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: SnmpAgent(COMMUNITY, lambda: values), local_addr=(HOST, 0)
    )
    port = transport.get_extra_info("sockname")[1]
    text = (READY / "loudspeaker_snmp.toml").read_text("utf-8").replace("10.20.0.21", f"{HOST}:{port}")
    async with watching(tmp_path, COMMUNITY, connector=load_text("loudspeaker_snmp", text)) as watched:
        await until(lambda: watched.kafka.events)
        values |= {"1.3.6.1.4.1.99999.1.3.0": 2}
        await until(lambda: "device.fault" in watched.kafka.kinds())
    transport.close()
    first = watched.kafka.events[0].data
    assert (first.kind, first.status, first.volume) == ("device.heartbeat", "playing", 60)


@pytest.mark.parametrize(("status", "reached"), [(200, True), (403, True), (503, False)])
async def test_http_answers(status: int, reached: bool) -> None:
    server, port = await listening(status=status)
    said = await question.ask_once(f"http://{HOST}:{port}/", "http")
    server.close()
    assert (said.reached, said.status) == (reached, status)


async def test_ping_where_the_system_lets_us() -> None:
    with suppress(question.CannotAsk):
        said = await question.ask_once(HOST, "ping")
        assert (said.reached, said.sent) == (True, question.PINGS)
