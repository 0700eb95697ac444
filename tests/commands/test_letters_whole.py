"""A dead letter's whole way: into the warehouse, replayed after a mend, counted once however often it comes; and a flood of them."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from commands import letters as command
from commands.supervision.stack import Stack
from ingest.contract.envelope import encode
from ingest.contract.errors import InvalidEvent
from ingest.contract.events.queue import TicketIssued
from ingest.contract.topic import topic_of
from ingest.kafka.client import client_options
from ingest.kafka.producer import Producer
from ingest.source.failure_rate import FEWEST
from ingest.untrusted.dead_letter import from_source
from tests.declarations.test_connectors import CONNECTORS, lines, mapper, sent
from tests.support import made
from warehouse.store.client import Client, connect
from warehouse.store.halted_partitions import read_halted_partitions

pytestmark = [pytest.mark.embedded, pytest.mark.long]

QUEUE = topic_of("queue")
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
REGISTER = next(one for one in CONNECTORS if one.id == "ward_register")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("letters"), ("ingest", "warehouse", "streams")) as one:
        yield one


@pytest.fixture
def stack(running: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The stack, which commands find as their install."""
    for name, value in running.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(running.folder)
    return running


def until(condition: Callable[[], object], patience: float = 30) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)


def counted(client: Client, id_: str) -> tuple[int, int]:
    """How often an event is in the raw rows, and how many residential groups are registered."""
    rows = client.query("SELECT uniqExact(topic, partition, offset) FROM raw_events WHERE id = %(id)s", {"id": id_})
    areas = client.query("SELECT count() FROM area")
    return rows[0][0], areas[0][0]


def test_a_dead_letter_that_is_replayed_counts_once(stack: Stack) -> None:
    message = sent(REGISTER, lines(REGISTER)[0])
    (event,) = mapper(REGISTER).take(message.body).envelopes
    bug = InvalidEvent("mapping_bug", "KeyError in mapping.py, line 1")
    dead_letter = from_source(REGISTER, message.body, bug, ward="hong-bang", received_at=NOW)

    async def into_kafka(*what: Any) -> None:
        producer = Producer(stack.install.ingest)
        await producer.start()
        for one in what:
            await (producer.dead_letter(one) if one is dead_letter else producer.send([one]))
        await producer.stop()

    with connect(stack.install.warehouse) as client:
        asyncio.run(into_kafka(dead_letter))
        until(lambda: client.query("SELECT id FROM dead_letters") == [(dead_letter.id,)])
        assert command.main(["replay", "--all", "--send"]) == 0
        until(lambda: counted(client, event.id) == (1, 1))
        assert command.main(["replay", "--id", dead_letter.id, "--send"]) == 0  # again: it is there already
        asyncio.run(into_kafka(event))  # and by itself
        until(lambda: client.query("SELECT count() FROM raw_repeats WHERE id = %(id)s", {"id": event.id}) == [(1,)])
        assert counted(client, event.id) == (1, 1)
        asked = "SELECT outcome, events FROM raw_letter_replays FINAL"
        assert client.query(asked) == [("sent", 1)]


async def put(stack: Stack, records: Iterable[tuple[bytes | None, bytes | None]]) -> None:
    """Write records, key and value, into one partition as no producer of ours would."""
    client = AIOKafkaProducer(**client_options(stack.install.ingest))
    await client.start()
    for key, value in records:
        await client.send(QUEUE, value, key=key, partition=0, headers=[("h", b"x" * 1000)] * 20)
    await client.stop()


def test_records_of_any_kind_stop_nothing_and_a_flood_stops_its_stream_until_somebody_decides(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    good = [(one.ward.encode(), encode(one)) for one in made.events(8, 40, kinds=[TicketIssued])]
    odd = [(None, good[0][1]), (b"\xff", None), (None, b""), (b"w" * 5000, b"\xff\xfe"), (b"", b"[" * 5000)]
    bad = [(b"hong-bang", f'{{"type": "new", "n": {number}}}'.encode()) for number in range(FEWEST + 10)]

    def stored() -> int:
        return int(client.query("SELECT uniqExact(id) FROM raw_events WHERE topic = %(topic)s", {"topic": QUEUE})[0][0])

    def dead_letters() -> int:
        asked = "SELECT uniqExact(offset) FROM raw_dead_letters WHERE original_topic = %(topic)s"
        return int(client.query(asked, {"topic": QUEUE})[0][0])

    with connect(stack.install.warehouse) as client:
        asyncio.run(put(stack, [*odd, *good[:20]]))
        until(lambda: (stored(), dead_letters()) == (20, 4))
        asyncio.run(put(stack, bad + good[20:]))
        until(lambda: read_halted_partitions(client).get((QUEUE, 0)))
        stop = read_halted_partitions(client)[QUEUE, 0]
        assert stop.is_stopped
        assert dead_letters() < FEWEST  # the flood did not go on into the dead letters
        assert command.main([]) == 0
        assert stop.reason in capsys.readouterr().out
        assert command.main(["resume", "queue", "--allow", str(len(bad))]) == 0
        until(lambda: (stored(), dead_letters()) == (40, 4 + len(bad)))
        assert command.main(["replay", "--stream", "queue"]) == command.SOME_STAY
        assert not read_halted_partitions(client)[QUEUE, 0].is_stopped
