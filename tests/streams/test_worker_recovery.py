"""What a worker does when the warehouse or Kafka has lost something: everything is there again, counted once."""

import shutil
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from commands.supervision.stack import Stack
from ingest.contract.envelope import Envelope
from ingest.contract.events import streams
from ingest.contract.settings import IngestSettings
from ingest.kafka import admin as kafka_admin
from ingest.kafka import offsets
from ingest.kafka.client import client_options
from tests.streams.support import counting
from tests.streams.support.counting import a_clock, expected, flows, folded, made, send, until
from tests.support.made import events
from warehouse.settings import WarehouseSettings
from warehouse.store import positions
from warehouse.store.client import Client, connect

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def sent() -> list[Envelope]:
    """What this file's stack was sent so far, and counts."""
    return []


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # The worker is started first: Kafka and the warehouse are not there yet, and it waits for them.
    with Stack(tmp_path_factory.mktemp("recovery"), ("streams", "ingest", "warehouse"), a_clock()) as running:
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


@pytest.mark.long
def test_a_worker_whose_group_found_no_topics_takes_them_as_soon_as_they_are_there(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    """As it happens to a group that is formed in the moment in which Kafka has started again."""
    ingest = stack.settings(IngestSettings)
    all_of_them = ingest.kafka_partitions * (len(streams()) + 1)  # and the dead letters
    assert until(lambda: f"reading {all_of_them} partitions" in stack.log("streams"))
    with kafka_admin.connect_admin(ingest) as admin:
        admin.delete_topics([topic.name for topic in kafka_admin.wanted_topics(ingest)])
    # A group that is formed anew meanwhile ignores them; one that stays as it is asks for them again and again.
    missed = ("Ignoring missing topic", "not found in cluster metadata")
    assert until(lambda: any(words in stack.log("streams") for words in missed))
    kafka_admin.make_topics(ingest)
    sent.extend(made(20, 50))
    send(stack, sent)
    counting.check(client, sent, patience=150)


@pytest.mark.long
def test_rows_that_the_warehouse_lost_are_read_from_kafka_again(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    more = made(21, 600, ("queue", "petition", "content"))
    sent.extend(more)
    send(stack, more[:500], raw=[b"nonsense", b"more nonsense"])
    send(stack, [*more[:50], *more[500:]])
    counting.check(client, sent)
    dead_letters = "SELECT count() FROM raw_dead_letters FINAL"
    repeats = "SELECT count() FROM raw_repeats FINAL"
    assert until(lambda: (client.query(dead_letters)[0][0], client.query(repeats)[0][0]) == (2, 50))
    stack.kill("streams")
    for table, some in (("raw_events", "offset % 7 = 3"), ("raw_repeats", "1"), ("raw_dead_letters", "1")):
        client.execute(f"ALTER TABLE {table} DELETE WHERE {some}", settings={"mutations_sync": 2})
    newest = {place: progress.newest for place, progress in positions.read_progress(client).items()}
    assert positions.missing_positions(client, newest)
    stack.restart("streams")
    counting.check(client, sent)
    assert until(lambda: (client.query(dead_letters)[0][0], client.query(repeats)[0][0]) == (2, 50))


@pytest.mark.faults
def test_a_release_that_declares_more_tells_it_of_what_an_earlier_one_has_stored(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    """The snapshot is not taken up, and neither what was counted nor what is counted besides gets lost."""
    ids = {value.indicator for value in folded(sent) if value.dimension == "area_code" and value.indicator[0] in "CP"}
    assert {"C01", "P01"} <= ids, "a stock and a flow"
    added = f"dimension = 'area_code' AND indicator IN {tuple(sorted(ids))}"
    there = f"SELECT uniqExact(indicator) FROM raw_values WHERE {added}"  # noqa: S608
    assert until(lambda: client.query(there)[0][0] == len(ids))
    stack.kill("streams", signal.SIGTERM)
    earlier = "replaceRegexpOne(body, '\"[0-9a-f]{16}\"', '\"of an earlier release\"')"
    for change in (
        f"fold_snapshots UPDATE body = {earlier} WHERE body LIKE '[\"declared\"%'",
        f"raw_values DELETE WHERE {added}",
    ):
        client.execute(f"ALTER TABLE {change}", settings={"mutations_sync": 2})
    assert client.query(there)[0][0] == 0
    stack.restart("streams")
    counting.check(client, sent)
    assert until(lambda: client.query(there)[0][0] == len(ids))
    assert "the snapshot is of other declarations" in stack.log("streams", 400)
    assert counting.audit(stack, patience=120).differences == 0


@pytest.mark.faults
def test_a_power_cut_that_takes_the_newest_parts_of_rows_and_values(stack: Stack, sent: list[Envelope]) -> None:
    cut_power(stack, ("raw_events", "raw_values"), sent)


@pytest.mark.faults
@pytest.mark.parametrize("table", ["raw_events", "raw_values", "fold_snapshots", "raw_dead_letters", "raw_repeats"])
def test_a_power_cut_that_takes_the_newest_parts_of_one_table(stack: Stack, table: str, sent: list[Envelope]) -> None:
    cut_power(stack, (table,), sent)


def cut_power(stack: Stack, tables: Sequence[str], sent: list[Envelope]) -> None:
    """Send all kinds of records, stop, and take away what was stored last, from before and after the last snapshot."""
    with connect(stack.settings(WarehouseSettings)) as client:
        for table in tables:
            client.execute(f"SYSTEM STOP MERGES {table}")
        stack.restart("streams")  # a clean stop, and so a snapshot, is behind us
        repeats, dead_letters = counted(client)
        for seed in (len(sent), len(sent) + 1):
            more = made(seed, 400)
            send(stack, [*more, *sent[:5]], raw=[f"nonsense {seed}".encode()])
            sent.extend(more)
            counting.check(client, sent)
        counts = [repeats + 2 * 5, dead_letters + 2]
        assert until(lambda: counted(client) == counts)
        stack.kill("streams", signal.SIGTERM)
        taken = [part for table in tables for part in newest_parts(client, table)]
        before = sizes(client, tables)
    stack.kill("warehouse")
    for part in taken:
        shutil.rmtree(part)
    stack.restart("warehouse")
    with connect(stack.settings(WarehouseSettings)) as client:
        assert all(left < size for left, size in zip(sizes(client, tables), before, strict=True))
        stack.restart("streams")
        counting.check(client, sent)
        assert until(lambda: counted(client) == counts)


def sizes(client: Client, tables: Sequence[str], final: str = "") -> list[int]:
    return [client.query(f"SELECT count() FROM {table} {final}")[0][0] for table in tables]  # noqa: S608


def counted(client: Client) -> list[int]:
    return sizes(client, ("raw_repeats", "raw_dead_letters"), "FINAL")


def newest_parts(client: Client, table: str) -> list[Path]:
    """Folders of the last parts that were written of a table."""
    rows = client.query(
        "SELECT path FROM system.parts WHERE table = %(table)s AND active ORDER BY max_block_number DESC LIMIT 4",
        {"table": table},
    )
    assert len(rows) > 1
    return [Path(path) for (path,) in rows]


@pytest.mark.faults
def test_what_kafka_has_let_go_of_stops_nothing(stack: Stack, client: Client, sent: list[Envelope]) -> None:
    more = made(len(sent), 600)
    send(stack, more[:300])
    counting.check(client, [*sent, *more[:300]])
    stack.kill("streams")
    send(stack, more[300:500])
    lost = [one for one in more[300:500] if one.data.stream == "queue" and one.ward == "hong-bang"]
    assert lost
    forget(stack, "ioc.queue.v1")
    send(stack, more[500:])
    gone = {one.id for one in more[300:500] if one.data.stream == "queue"}
    sent.extend(one for one in more if one.id not in gone)
    stack.restart("streams")
    counting.check(client, sent)
    assert "are lost" in stack.log("streams", 400)


def forget(stack: Stack, topic: str) -> None:
    """Let Kafka delete everything that it has of a topic now, as it does when the retention is over."""
    settings = stack.settings(IngestSettings)
    ends = {place: extent.end for place, extent in offsets.held_records(settings).extents.items() if place[0] == topic}
    admin = KafkaAdminClient(**client_options(settings))
    admin.delete_records({TopicPartition(*place): end for place, end in ends.items() if end})
    admin.close()


@pytest.mark.faults
def test_a_kafka_that_began_anew_is_read_on(stack: Stack, client: Client, sent: list[Envelope]) -> None:
    """The disk with Kafka's log is lost, or the warehouse was restored on another PC."""
    before = {place: progress.newest for place, progress in positions.read_progress(client).items()}
    lost = positions.missing_positions(client, before)
    stack.kill("streams")
    stack.kill("ingest")
    shutil.rmtree(stack.folder / "kafka")
    stack.restart("ingest")
    more = made(len(sent), 600)
    send(stack, [*more[:300], *sent[-20:]], raw=[b"nonsense of the new one"])
    stack.restart("streams")
    send(stack, more[300:])
    sent.extend(more)
    counting.check(client, sent)
    rows = client.query(
        "SELECT topic, partition, offset FROM raw_events WHERE id IN %(ids)s", {"ids": tuple(one.id for one in more)}
    )
    assert all(offset > before.get((topic, partition), -1) for topic, partition, offset in rows)
    stack.restart("streams")
    send(stack, [], raw=[b"and another"])
    dead_letters = (
        "SELECT uniqExact(offset) FROM raw_dead_letters FINAL WHERE payload_redacted != '' AND offset > %(offset)s"
    )
    queue = {"offset": max(offset for (topic, _), offset in before.items() if topic == "ioc.queue.v1")}
    assert until(lambda: client.query(dead_letters, queue)[0][0] == 2)
    newest = {place: progress.newest for place, progress in positions.read_progress(client).items()}
    assert positions.missing_positions(client, newest) == lost
    assert flows(client) == expected(sent)


@pytest.mark.faults
def test_a_topic_that_was_made_again_is_read_on(stack: Stack, client: Client, sent: list[Envelope]) -> None:
    settings = stack.settings(IngestSettings)
    stack.kill("streams")
    admin = KafkaAdminClient(**client_options(settings))
    admin.delete_topics(["ioc.petition.v1"])
    assert until(lambda: "ioc.petition.v1" not in set(admin.list_topics()))
    admin.close()
    stack.restart("ingest")  # which makes what is missing
    kinds = [type(one.data) for one in sent if one.data.stream == "petition"]
    more = events(seed=len(sent), count=200, kinds=kinds, keys=20)
    stack.restart("streams")
    send(stack, more)
    sent.extend(more)
    counting.check(client, sent)


@pytest.mark.faults
def test_the_audit_finds_what_is_lost_and_nothing_else(stack: Stack, client: Client) -> None:
    newest = {place: progress.newest for place, progress in positions.read_progress(client).items()}
    lost = sum(
        last - first + 1 for ranges in positions.missing_positions(client, newest).values() for first, last in ranges
    )
    found = counting.audit(stack, lost)
    assert [one for one in found.found if one.section != "records"] == []
    assert found.differences == lost
