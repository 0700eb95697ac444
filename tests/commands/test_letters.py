"""`./ioc dead_letters` against the real Kafka and the real warehouse."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands import letters as command
from commands.supervision.stack import Stack
from ingest.contract.envelope import Envelope, encode
from ingest.contract.errors import InvalidEvent
from ingest.contract.events.queue import TicketIssued
from ingest.contract.topic import topic_of
from ingest.kafka import offsets
from ingest.kafka.producer import Producer
from ingest.kafka.reader import read_records
from ingest.runtime import failpoint
from ingest.untrusted.dead_letter import DeadLetter, from_record, from_source
from tests.connectors.test_letter_replay import BUG
from tests.declarations.test_connectors import CONNECTORS, lines, sent
from tests.support import made, raw
from warehouse.store.client import Client, connect
from warehouse.store.halted_partitions import halt_partition, read_halted_partitions

pytestmark = pytest.mark.embedded

QUEUE = topic_of("queue")
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("letters")) as running:
        yield running


@pytest.fixture
def client(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The stack's warehouse without dead letters; the command finds the stack as its install."""
    for name, value in stack.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(stack.folder)
    with connect(stack.install.warehouse) as opened:
        for table in ("raw_dead_letters", "raw_letter_replays", "raw_stops", "raw_events", "kafka_logs"):
            opened.execute(f"TRUNCATE TABLE {table}")
        yield opened


def store(client: Client, *dead_letters: DeadLetter) -> None:
    """One by one, so that the sink does not see that two of them are the same; a second worker would not either."""
    for dead_letter in dead_letters:
        row = {
            "original_topic": dead_letter.original_topic or "",
            "partition": -1 if dead_letter.partition is None else dead_letter.partition,
            "offset": -1 if dead_letter.offset is None else dead_letter.offset,
            "connector": dead_letter.connector or "",
            **dead_letter.model_dump(
                include={"id", "reason_code", "error", "payload_redacted", "received_at", "ward", "address"}
            ),
        }
        client.insert("raw_dead_letters", {name: [value] for name, value in row.items()})


def of_record(envelope: Envelope, partition: int, offset: int, reason: str = "unknown_type") -> DeadLetter:
    fault = InvalidEvent(reason, "the type is not one of the declared event types")
    return from_record(QUEUE, partition, offset, encode(envelope), fault, ward="unknown", received_at=NOW)


def of_source(id_: str, number: int = 0, reason: str = "mapping_bug", at: datetime = NOW) -> DeadLetter:
    connector = next(one for one in CONNECTORS if one.id == id_)
    message = sent(connector, lines(connector)[number])
    fault = InvalidEvent(reason, BUG.detail)
    return from_source(connector, message.body, fault, ward="hong-bang", received_at=at, address=message.address)


def in_kafka(stack: Stack, *envelopes: Envelope) -> tuple[int, int]:
    """Write envelopes of one ward; the partition, and the offset of the first."""

    async def send() -> None:
        producer = Producer(stack.install.ingest)
        await producer.start()
        await producer.send(envelopes)
        await producer.stop()

    before = ends(stack)
    asyncio.run(send())
    (grown,) = [place for place, end in ends(stack).items() if end > before[place]]
    return grown[1], before[grown]


def ends(stack: Stack) -> dict[tuple[str, int], int]:
    return {place: extent.end for place, extent in offsets.held_records(stack.install.ingest).extents.items()}


def newest(stack: Stack, partition: int, topic: str = QUEUE) -> bytes | None:
    position = topic, partition, ends(stack)[topic, partition] - 1
    return asyncio.run(read_records(stack.install.ingest, [position]))[position]


def notes(client: Client) -> list[Any]:
    return client.query("SELECT id, outcome, detail, events FROM raw_letter_replays FINAL ORDER BY id")


def tickets(seed: int, count: int) -> list[Envelope]:
    return [
        one.model_copy(update={"partitionkey": "hong-bang"}) for one in made.events(seed, count, kinds=[TicketIssued])
    ]


def run(*arguments: str) -> int:
    return command.main(list(arguments))


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    run(*arguments, "--json")
    return json.loads(capsys.readouterr().out)


def test_lists_each_dead_letter_once_by_what_is_asked(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    again = of_source("ward_register", 0)
    (ticket,) = tickets(1, 1)
    store(client, again, of_source("ward_register", 0, at=NOW + timedelta(hours=1)))
    store(client, of_record(ticket, 2, 7), of_source("frigate", 3, "invalid_field", NOW - timedelta(days=3)))
    halt_partition(client, QUEUE, 2, 8, "51/1000")

    told = printed(capsys)
    assert [(one["stream"], one["reason"], one["letters"], one["still_open"]) for one in told["groups"]] == [
        ("frigate", "invalid_field", 1, 1), (QUEUE, "unknown_type", 1, 1), ("ward_register", "mapping_bug", 1, 1),
    ]  # fmt: skip
    assert len(told["letters"]) == 3
    assert [(one["topic"], one["reason"]) for one in told["stops"]] == [(QUEUE, "51/1000")]
    for choice, count in {
        ("--reason", "mapping_bug"): 1,
        ("--stream", "queue"): 1,
        ("--stream", QUEUE): 1,
        ("--stream", "frigate"): 1,
        ("--stream", "nobody"): 0,
        ("--since", "2026-11-20"): 2,
        ("--since", "2026-11-20T10:30"): 1,  # it came again
        ("--since", "2026-11-20T11:30"): 0,
        ("--limit", "2"): 2,
        ("--open",): 3,
    }.items():
        assert len(printed(capsys, "list", *choice)["letters"]) == count, choice
    assert run("list", "--since", "yesterday") == 2
    capsys.readouterr()
    assert run() == 0
    shown = capsys.readouterr()
    for text in (again.id, "lý do | reason", "2/7", "51/1000"):
        assert text in shown.out
    assert "./ioc letters resume" in shown.err


def test_an_empty_list_says_so(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    assert "There are no dead letters." in capsys.readouterr().err
    assert run("replay", "--all") == 2
    assert run("replay") == 2


def test_a_record_is_sent_again_as_it_was_and_counted_once(
    stack: Stack, client: Client, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (ticket,) = tickets(2, 1)
    partition, offset = in_kafka(stack, ticket)
    dead_letter = of_record(ticket, partition, offset)
    store(client, dead_letter)
    before = ends(stack)

    assert run("replay", "--all") == 0
    assert "This was only a trial" in capsys.readouterr().err
    assert ends(stack) == before
    assert notes(client) == []

    monkeypatch.setenv("IOC_FAILPOINTS", "dead_letters.sent:1:fail")  # dies between sending and noting
    with pytest.raises(failpoint.FailpointError):
        run("replay", "--all", "--send")
    monkeypatch.delenv("IOC_FAILPOINTS")
    assert notes(client) == []
    assert run("replay", "--reason", "unknown_type", "--send") == 0
    assert notes(client) == [(dead_letter.id, "sent", "", 1)]
    assert ends(stack)[QUEUE, partition] == offset + 3  # the worker counts the second one as a repeat
    assert newest(stack, partition) == encode(ticket)
    assert run("replay", "--all", "--send") == 2  # nothing is open any more
    assert printed(capsys, "list", "--open")["letters"] == []

    raw.store(client, [ticket])
    assert run("replay", "--id", dead_letter.id, "--send") == 0
    assert ends(stack)[QUEUE, partition] == offset + 3
    assert notes(client) == [(dead_letter.id, "sent", "", 1)]


def test_what_came_again_by_itself_is_not_sent(stack: Stack, client: Client) -> None:
    (ticket,) = tickets(3, 1)
    partition, offset = in_kafka(stack, ticket)
    store(client, dead_letter := of_record(ticket, partition, offset))
    raw.store(client, [ticket])
    assert run("replay", "--all", "--send") == 0
    assert ends(stack)[QUEUE, partition] == offset + 1
    assert notes(client) == [(dead_letter.id, "sent", "already_there", 0)]


def test_records_that_kafka_no_longer_has_are_lost(
    stack: Stack, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    events = tickets(4, 2)
    partition, offset = in_kafka(stack, *events)
    cluster = offsets.held_records(stack.install.ingest).cluster
    # This log is the second one: positions of the first are gone with it, and ours begin at 1000.
    rows = [(QUEUE, partition, "another", 0, 0), (QUEUE, partition, cluster, 1000, 1000)]
    for seconds, (topic, part, name, base, first) in enumerate(rows):
        client.insert(
            "kafka_logs",
            {"topic": [topic], "partition": [part], "cluster": [name], "base": [base], "first": [first],
             "since": [NOW + timedelta(seconds=seconds)]},
        )  # fmt: skip
    places = [offset, 1000 + offset, 1000 + offset + 1, 1000 + offset + 2]
    store(client, *(of_record(events[0], partition, place) for place in places))
    assert run("replay", "--all") == command.SOME_STAY
    capsys.readouterr()
    told = printed(capsys, "replay", "--all", "--send")
    assert sorted(one["outcome"] for one in told) == ["lost", "lost", "sent", "sent"]
    assert newest(stack, partition) == encode(events[1])
    assert (
        printed(capsys, "replay", "--all", "--send")[0]["outcome"] == "lost"
    )  # lost ones stay open, and are tried again


def test_dead_letters_of_connectors_are_mapped_again_or_asked_for_again(
    stack: Stack, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, cut = of_source("ward_register"), of_source("dossier_portal")
    store(client, whole, cut)
    told = {one["id"]: one for one in printed(capsys, "replay", "--all", "--send")}
    assert told[whole.id]["outcome"] == "sent"
    assert told[cut.id]["outcome"] == "redacted"
    assert {id_: outcome for id_, outcome, _, _ in notes(client)} == {whole.id: "sent", cut.id: "redacted"}
    assert run("replay", "--id", cut.id) == command.SOME_STAY
    assert "ask the source to send it again" in capsys.readouterr().out


def test_a_stopped_stream_goes_on(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    halt_partition(client, QUEUE, 1, 5, "50/50")
    halt_partition(client, QUEUE, 2, 5, "50/50")
    halt_partition(client, topic_of("camera"), 1, 5, "50/50")
    assert run("resume", "speaker") == 2
    assert QUEUE in capsys.readouterr().out
    assert run("resume", "queue", "--allow", "70") == 0
    stops = read_halted_partitions(client)
    assert [stops[QUEUE, part].is_stopped for part in (1, 2)] == [False, False]
    assert stops[QUEUE, 1].allowance == 70
    assert stops[QUEUE, 1].changed_by.endswith("@pc")
    assert stops[topic_of("camera"), 1].is_stopped


def test_a_warehouse_that_is_away_is_said(stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for name, value in {**stack.variables, "IOC_WAREHOUSE_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(stack.folder)
    assert run("list") == 1
    assert "./ioc status" in capsys.readouterr().err
