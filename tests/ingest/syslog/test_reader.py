"""A router's and a UPS's syslog, by UDP and by TCP in both framings, become events; nobody else may send, and what floods is counted."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.declared.load import load_text
from ingest.contract.errors import ConfigurationError
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.mapper import Mapper
from ingest.source.rhythm import Rhythm
from ingest.source.status import SourceStatus
from ingest.syslog import listener
from ingest.syslog.reader import SyslogReader
from tests.ingest.probe.test_reader import RUNNING, Kafka
from tests.ingest.support.toy import until

HOST = "127.0.0.1"
TEXT = """
label = {vi = "Bộ lưu điện", en = "UPS"}
ignore = "!contains(['apcupsd', 'pppd'], app)"
[way]
kind = "syslog"
port = PORT
NETWORKS
[fields]
device_id = "host"
category = {value = "ups"}
at = "not_null(at, _received_at)"
[[events]]
event = "equipment.down"
when = "contains(said, 'lost')"
[[events]]
event = "equipment.up"
when = "contains(said, 'back')"
"""
NEW = b"<26>1 2026-11-19T08:15:14+07:00 ups-01 apcupsd - - - Power lost"
OLD = b"<26>Nov 19 08:16:14 router-1 pppd[3]: link back"


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def reading(
    networks: str = "", host: str = HOST
) -> AsyncIterator[tuple[SyslogReader, Kafka, SourceStatus, Mapper]]:
    text = TEXT.replace("PORT", str(free_port())).replace("NETWORKS", networks)
    connector, kafka = load_text("ups", text), Kafka()
    mapper, sink = Mapper(connector, RUNNING), kafka
    status = SourceStatus(connector, RUNNING, sink)
    producer: Any = kafka
    reader = SyslogReader(mapper, status, CircuitBreaker(status), producer, host, Rhythm())
    task = asyncio.create_task(reader.run())
    try:
        await until(lambda: reader.listener.port or status.cause)
        yield reader, kafka, status, mapper
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def send(port: int, *messages: bytes) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        for message in messages:
            one.sendto(message, (HOST, port))


async def write(port: int, content: bytes) -> None:
    _, writer = await asyncio.open_connection(HOST, port)
    writer.write(content)
    await writer.drain()
    writer.close()


async def test_by_udp_and_by_tcp_in_both_framings() -> None:
    async with reading() as (reader, kafka, status, _):
        assert not status.is_known
        send(reader.listener.port, NEW, b"<26>Nov 19 08:16:14 router-1 cron: tick", b"no syslog")
        await until(lambda: kafka.dead_letters and kafka.events)
        await write(reader.listener.port, OLD + b"\n" + b"%d " % len(NEW) + NEW.replace(b":14+", b":15+") + b"\n")
        await until(lambda: len(kafka.events) == 3)
        assert status.reachable
    assert [(one.data.kind, one.data.device_id) for one in kafka.events] == [
        ("equipment.down", "ups-01"), ("equipment.up", "router-1"), ("equipment.down", "ups-01"),
    ]  # fmt: skip
    assert [one.reason_code for one in kafka.dead_letters] == ["not_syslog"]


async def test_only_the_networks_that_are_named_may_send() -> None:
    async with reading('networks = ["10.20.0.0/16"]') as (reader, kafka, _, mapper):
        send(reader.listener.port, NEW)
        await write(reader.listener.port, NEW + b"\n")
        await until(lambda: mapper.counts["refused_senders"] == 2)
    assert kafka.events == []
    with pytest.raises(ConfigurationError, match="networks"):
        async with reading(host="0.0.0.0"):
            pass


async def test_what_does_not_fit_is_dropped_and_counted_and_a_connection_that_floods_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listener, "MOST_WAITING", 5)
    async with reading() as (reader, kafka, _, mapper):
        for number in range(50):
            reader.listener.datagram_received(NEW.replace(b"ups-01", b"ups-%d" % number), (HOST, 1))
        assert mapper.counts["dropped"] == 45
        await until(lambda: len(kafka.events) == 5)
        await write(reader.listener.port, b"x" * 100_000)
        await write(reader.listener.port, b"99999999 x")
        await write(reader.listener.port, OLD + b"\n")
        await until(lambda: len(kafka.events) == 6)


async def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        text = TEXT.replace("PORT", str(taken.getsockname()[1])).replace("NETWORKS", "")
        connector, kafka = load_text("ups", text), Kafka()
        status = SourceStatus(connector, RUNNING, kafka)
        producer: Any = kafka
        reader = SyslogReader(Mapper(connector, RUNNING), status, CircuitBreaker(status), producer, HOST, Rhythm())
        task = asyncio.create_task(reader.run())
        await until(lambda: status.cause == "port_taken")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
