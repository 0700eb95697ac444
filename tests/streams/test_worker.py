"""The worker on the real Kafka and the real engine: counted once, whatever happens to it."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient

from commands.supervision.stack import Stack
from dashboard.board.live import Live
from dashboard.state import agreement
from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope, encode
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS
from ingest.kafka import offsets as kafka_extent
from ingest.kafka.client import client_options
from ingest.kafka.producer import Producer
from streams.watchdog import exit
from tests.streams.support import counting
from tests.streams.support.board_beside import beside, wrong
from tests.streams.support.counting import a_clock, expected, flows, later, made, send, until
from tests.support.made import events
from warehouse.model.reading import key_of
from warehouse.model.value import Value
from warehouse.model.value_push import Push, encode_push
from warehouse.settings import WarehouseSettings
from warehouse.store import halted_partitions, positions, sink
from warehouse.store.client import Client, connect

__all__ = ["a_clock", "expected", "flows", "made", "send", "until"]

pytestmark = pytest.mark.embedded

FEW = ("queue", "petition", "content")
"""The streams of what is sent while somebody is killed; of all others there is something from before."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("worker"), ("ingest", "warehouse", "streams"), a_clock()) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def board(stack: Stack) -> Iterator[Live]:
    with beside(stack) as running:
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


@pytest.fixture(scope="module")
def sent() -> list[Envelope]:
    """What this file's stack was sent so far, and counts."""
    return []


def check(client: Client, sent: list[Envelope]) -> None:
    counting.check(client, sent)


def test_what_is_sent_is_counted(stack: Stack, client: Client, sent: list[Envelope]) -> None:
    sent.extend(made(11, 600))
    send(stack, sent)
    check(client, sent)


def test_what_is_sent_again_is_not_counted_again(stack: Stack, client: Client, sent: list[Envelope]) -> None:
    before = flows(client)
    send(stack, sent[:200])
    asked = "SELECT count(), countIf(is_conflict), countIf(event != '') FROM raw_repeats FINAL"
    assert until(lambda: client.query(asked)[0] == (200, 0, 0))
    assert client.query("SELECT count() FROM raw_events FINAL")[0][0] == len(sent)
    assert flows(client) == before == expected(sent)


def test_another_content_under_the_same_id_is_kept_and_not_counted(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    """The first copy lies in the warehouse, or only a few records before; the worker is another one or the same."""
    first, second, third = made(13, 3)
    taken = [
        events(seed, 1, kinds=[type(one.data)])[0].model_copy(update={"id": one.id, "partitionkey": one.partitionkey})
        for seed, one in ((14, sent[0]), (15, first), (16, second))
    ]
    send(stack, [first, taken[0], second, taken[1]])
    sent.extend([first, second])
    check(client, sent)
    stack.restart("streams")
    send(stack, [taken[2], third, first])
    sent.append(third)
    check(client, sent)
    asked = "SELECT id, is_conflict, event, first_offset FROM raw_repeats FINAL WHERE id NOT IN %(known)s OR is_conflict ORDER BY id"
    assert until(lambda: len(client.query(asked, {"known": tuple(one.id for one in sent[:200])})) == 4)
    rows = client.query(asked, {"known": tuple(one.id for one in sent[:200])})
    assert {(id, event) for id, is_conflict, event, _ in rows if is_conflict} == {
        (one.id, encode(one).decode()) for one in taken
    }
    assert [(id, event) for id, is_conflict, event, _ in rows if not is_conflict] == [(first.id, "")]
    for id, _, _, offset in rows:
        assert client.query("SELECT offset FROM raw_events FINAL WHERE id = %(id)s", {"id": id}) == [(offset,)]


def test_a_record_that_is_no_event_becomes_a_dead_letter_and_stops_nothing(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    more = made(12, 100)
    send(stack, [], raw=[b"no letter", b""], topic=DEAD_LETTERS)
    poison = b'{"type": "nonsense", "hoTen": "Nguyen Van A"}'
    send(stack, [], raw=[*map(encode, of_queue(more)[:5]), poison, *map(encode, of_queue(more)[5:])])
    send(stack, [one for one in more if one not in of_queue(more)])
    sent.extend(more)
    check(client, sent)
    asked = "SELECT reason_code, original_topic, payload_redacted, ward, log_offset FROM raw_dead_letters FINAL"
    assert until(lambda: len(client.query(asked)) == 1)
    ((reason, topic, payload, ward, log_offset),) = client.query(asked)
    assert (reason, topic, ward, log_offset) == ("unknown_type", "ioc.queue.v1", "hong-bang", 2)
    assert "Nguyen" not in payload


def of_queue(envelopes: list[Envelope]) -> list[Envelope]:
    return [one for one in envelopes if one.data.stream == "queue" and one.ward == "hong-bang"]


def test_every_record_of_kafka_is_a_row_a_repeat_or_a_dead_letter(stack: Stack, client: Client) -> None:
    check_nothing_is_missing(stack, client)


def check_nothing_is_missing(stack: Stack, client: Client) -> None:
    held = {
        place: extent.end for place, extent in kafka_extent.held_records(stack.settings(IngestSettings)).extents.items()
    }
    asked = (
        "SELECT topic, partition, count(), uniqExact(offset), max(offset) FROM ("
        "SELECT topic, partition, offset FROM raw_events FINAL "
        "UNION ALL SELECT topic, partition, offset FROM raw_repeats FINAL "
        "UNION ALL SELECT original_topic, toUInt32(partition), offset FROM raw_dead_letters FINAL WHERE partition >= 0"
        ") GROUP BY topic, partition"
    )
    full = {place: (end, end, end - 1) for place, end in held.items() if end}

    def found() -> dict[tuple[str, int], tuple[int, int, int]]:
        return {(row[0], row[1]): tuple(row[2:]) for row in client.query(asked)}

    until(lambda: found() == full)
    assert found() == full


@pytest.mark.long
def test_an_error_that_nobody_expects_ends_the_worker_and_loses_nothing(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    """Faust would go on behind the chunk, and commit it (faust-streaming #527, #189)."""
    stack.kill("streams")
    stack.variables["IOC_FAILPOINTS"] = "streams.folded:2:fail"
    stack.start("streams")
    del stack.variables["IOC_FAILPOINTS"]
    more = made(17, 200, FEW)
    send(stack, more)
    sent.extend(more)
    process = stack.process("streams-1")
    assert process.wait(60) == exit.BUG
    stack.restart("streams")
    check(client, sent)


@pytest.mark.long
def test_a_flood_of_bad_records_stops_its_partition_alone_until_somebody_lets_it_go_on(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    dead_letters = "SELECT count() FROM raw_dead_letters FINAL"
    before = client.query(dead_letters)[0][0]
    send(stack, [], raw=[b"flood"] * 300, topic="ioc.petition.v1")
    assert until(
        lambda: [one.is_stopped for one in halted_partitions.read_halted_partitions(client).values()] == [True]
    )
    ((place, stop),) = halted_partitions.read_halted_partitions(client).items()
    assert place[0] == "ioc.petition.v1"
    more = made(18, 300, FEW)
    send(stack, more)
    waiting = [one for one in more if one.data.stream == "petition" and one.ward == "hong-bang"]
    assert waiting
    sent.extend(one for one in more if one not in waiting)
    check(client, sent)
    stack.restart("streams")
    check(client, sent)
    newest = "SELECT max(offset) FROM raw_events WHERE topic = %(topic)s AND partition = %(partition)s"
    assert client.query(newest, {"topic": place[0], "partition": place[1]})[0][0] == stop.offset - 1
    assert client.query(dead_letters)[0][0] == before
    assert halted_partitions.resume_partition(client, *place, "test", 300)
    sent.extend(waiting)
    check(client, sent)
    assert until(lambda: client.query(dead_letters)[0][0] == before + 300)
    check_nothing_is_missing(stack, client)


@pytest.mark.long
def test_what_kafka_is_told_never_runs_ahead_of_what_is_stored(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    more = made(19, 1800, FEW)
    options = client_options(stack.settings(IngestSettings))
    seen: list[dict[tuple[str, int], int]] = []
    with closing(KafkaAdminClient(**options)) as admin:
        for start in range(0, len(more), 300):
            send(stack, more[start : start + 300])
            for _ in range(3):
                offsets = admin.list_group_offsets("ioc-streams")["ioc-streams"]
                committed = {
                    (one.topic, one.partition): told.offset for one, told in offsets.items() if told.offset > 0
                }
                stored = {
                    place: system_status.newest for place, system_status in positions.read_progress(client).items()
                }
                assert {
                    place: offset for place, offset in committed.items() if offset > stored.get(place, -1) + 1
                } == {}
                seen.append(committed)
                time.sleep(0.2)
    assert len({tuple(sorted(one.items())) for one in seen}) > 1
    sent.extend(more)
    check(client, sent)


@pytest.mark.parametrize(
    "part", ["streams", *(pytest.param(one, marks=pytest.mark.long) for one in ("warehouse", "kafka"))]
)
def test_a_killed_part_loses_nothing_and_doubles_nothing(
    stack: Stack, client: Client, part: str, sent: list[Envelope]
) -> None:
    more = made(len(sent), 1000, FEW)
    send(stack, more[:500])
    sent.extend(more)
    stack.kill(part)
    if part == "kafka":
        stack.restart("ingest")
    else:
        stack.restart(part)
    send(stack, more[500:])
    check(client, sent)


@pytest.mark.long
def test_a_second_worker_shares_the_partitions_and_takes_over(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    stack.start("streams-2")
    stack.wait("streams-2")
    more = made(len(sent), 1000, FEW)
    send(stack, more[:500])
    stack.kill("streams")
    send(stack, more[500:])
    sent.extend(more)
    check(client, sent)


@pytest.mark.long
def test_an_event_for_a_window_long_gone_changes_it_visibly(stack: Stack, client: Client, sent: list[Envelope]) -> None:
    """Weeks later the fold has let go of the first windows; what still comes for them is a new revision."""
    first = next(one for one in sent if one.data.kind == "post.published")
    newer = events(seed=99, count=40, kinds=[type(first.data)], keys=10_000)
    shifted = [later(one, days=30) for one in newer]
    send(stack, shifted)
    sent.extend(shifted)
    check(client, sent)
    stack.restart("streams-2")  # a clean stop takes a snapshot, in which the old windows are forgotten
    late = [later(one, days=0, id=f"late-{number}") for number, one in enumerate(newer[:5])]
    send(stack, late)
    sent.extend(late)
    check(client, sent)
    window = milliseconds(late[0].time)
    revisions = client.query(
        "SELECT max(revision) FROM raw_values FINAL WHERE indicator = 'V02' AND window_ms <= %(at)s", {"at": window}
    )
    assert revisions[0][0] > 0


def test_a_board_beside_all_that_never_had_to_correct_itself(board: Live, client: Client) -> None:
    """With everybody killed in turn, under load, and compared every two seconds."""
    assert until(
        lambda: board.agreement.comparisons > 20 and not wrong(board, client) and not board.agreement.awaited
    ), wrong(board, client)
    assert board.agreement.corrected == 0


def test_a_board_that_was_told_what_is_not_stored_corrects_itself(
    stack: Stack, board: Live, client: Client, sent: list[Envelope]
) -> None:
    known = settled(stack, client, board, sent)
    phantoms = [
        known._replace(member="nobody", dimension="nothing"),
        known._replace(numerator=77, version=known.version + 9),
    ]
    _push(stack, Push(board.ingest.ward, phantoms, 0))
    assert until(lambda: board.agreement.corrected == len(phantoms) and not wrong(board, client))


@pytest.mark.long
def test_a_board_that_was_not_told_what_is_stored_corrects_itself(
    stack: Stack, board: Live, client: Client, monkeypatch: pytest.MonkeyPatch, sent: list[Envelope]
) -> None:
    """It counts when the partition has told something that was stored later, for until then the push may be on its way.

    What is told meanwhile, for stocks are computed again some time after a late event, is on its way for as long.
    """
    monkeypatch.setattr(agreement, "SETTLED_AFTER", 0.1)
    before = board.agreement.corrected
    known = settled(stack, client, board, sent)
    hear, held = board.agreement.hear, list[Push]()

    def hold(push: Push) -> set[str]:
        held.append(push)
        return set()

    def hear_all(push: Push) -> set[str]:
        waiting = [*held, push]
        held.clear()
        return set[str]().union(*map(hear, waiting))

    monkeypatch.setattr(board.agreement, "hear", hold)
    lost = known._replace(member="lost", dimension="service_code", numerator=5)
    sink.write_values(client, [lost])
    assert until(lambda: board.readings.at(key_of(lost)) == lost)
    comparisons = board.agreement.comparisons
    assert until(lambda: board.agreement.comparisons > comparisons + 1)
    assert board.agreement.corrected == before
    assert board.agreement.awaited >= 1
    monkeypatch.setattr(board.agreement, "hear", hear_all)
    time.sleep(agreement.SKEW_MS / 1000)
    more = made(len(sent), 50)
    send(stack, more)
    sent.extend(more)
    assert until(lambda: board.agreement.corrected == before + 1 and not wrong(board, client))
    assert board.agreement.awaited == 0


def settled(stack: Stack, client: Client, board: Live, sent: list[Envelope]) -> Value:
    """A figure that nobody writes or tells but for a new event.

    Stocks are computed again some time after a late event, with all that is stored. And a worker that has just got a partition tells
    what was stored before; it has done so when it counts what is new there.
    """
    more = of_queue(made(len(sent), 100))
    send(stack, more)
    sent.extend(more)
    check(client, sent)
    return next(value for value in board.readings.values() if value.grain == "flow" and value.topic == "ioc.queue.v1")


def _push(stack: Stack, push: Push) -> None:
    async def work() -> None:
        producer = Producer(stack.settings(IngestSettings))
        await producer.start()
        await producer.push([(push.ward, encode_push(push))])
        await producer.stop()

    asyncio.run(work())
