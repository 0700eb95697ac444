"""Records whose content ends a worker: each is set aside, and everything else is counted as if it had never come."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest

from commands.supervision.stack import Stack
from ingest.contract.envelope import Envelope
from ingest.contract.settings import IngestSettings
from streams.poison.attempts import DEATHS, FOLDED, WRITTEN
from tests.streams.support import counting
from tests.streams.support.counting import a_clock, send, until
from tests.support.made import HAPPENINGS, events
from warehouse.dead_letters.resend import resend
from warehouse.dead_letters.stored import DeadLetterChoice, read_dead_letters
from warehouse.settings import WarehouseSettings
from warehouse.store import halted_partitions
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(400)]

STUMBLING = "tests.streams.support.poisoned"

KINDS = [kind for kind in HAPPENINGS if kind.stream in ("speaker", "queue")]
"""The stream in which the bad ones come, and another one."""

SPREAD = timedelta(minutes=20)
"""Over how long they happen: every minute of it is recomputed for what comes late."""


@pytest.fixture(scope="module")
def sent() -> list[Envelope]:
    """What this file's stack was sent so far, and counts."""
    return []


BAD: list[Envelope] = []
"""Everything that was set aside."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    clock = {**a_clock(SPREAD + timedelta(minutes=10), speed=10), "IOC_STREAMS_RECOMPUTE_EVERY": "PT5S"}
    with Stack(tmp_path_factory.mktemp("poison"), ("ingest", "warehouse"), clock) as running:
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


@contextmanager
def kept_running(stack: Stack, module: str | None = STUMBLING) -> Iterator[list[int]]:
    """A worker that is started again whenever it ends, as a supervisor does; the exit codes."""
    codes: list[int] = []
    is_over = threading.Event()
    stack.start("streams", module)

    def keep() -> None:
        while not is_over.wait(0.1):
            code = stack.process("streams-1").poll()
            if code is not None and not is_over.is_set():
                codes.append(code)
                stack.start("streams", module)

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        yield codes
    finally:
        is_over.set()
        keeper.join()
        stack.end(["streams-1"])


def made(seed: int, count: int) -> list[Envelope]:
    """Events of both streams, close enough in time that no life is over and begun again."""
    return events(seed, count, kinds=KINDS, keys=max(1, count // 10), spread=SPREAD)


def poison(name: str, kind: str = "broadcast.completed") -> Envelope:
    """An event that a stumbling worker stumbles over."""
    kinds = [type(one.data) for one in made(1, 400) if one.data.kind == kind][:1]
    (one,) = events(100 + len(BAD), 1, kinds=kinds, spread=SPREAD)
    id = f"{name}-{len(BAD)}"
    data = one.data.model_copy(update={one.data.about: id})
    BAD.append(one.model_copy(update={"id": id, "subject": id, "partitionkey": "hong-bang", "data": data}))
    return BAD[-1]


def send_among_others(stack: Stack, sent: list[Envelope], *bad: Envelope) -> None:
    """Send events before, between and behind those that are bad."""
    more = made(40 + len(BAD), 200)
    send(stack, [*more[:100], *bad[:1], *more[100:150], *bad[1:], *more[150:]])
    sent.extend(more)


def check_set_aside(client: Client, reasons: Sequence[str], sent: list[Envelope], patience: float = 200) -> None:
    """The bad ones are dead letters with reason and place, and all others are counted as if these had not come."""
    asked = (
        "SELECT reason_code, original_topic, partition, offset, error FROM raw_dead_letters FINAL ORDER BY received_at"
    )
    until(lambda: len(client.query(asked)) >= len(BAD), patience)
    counting.check(client, sent)
    rows = client.query(asked)
    assert Counter(row[0] for row in rows) == Counter(reasons)
    assert {row[1] for row in rows} <= {"ioc.speaker.v1"}
    assert all(offset >= 0 and partition >= 0 for _, _, partition, offset, _ in rows)
    assert not any("too deep" in error or "nothing" in error for *_, error in rows), "texts of errors may say anything"


@pytest.mark.long
def test_what_the_fold_the_sink_and_the_engine_refuse_is_set_aside(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    client.execute("ALTER TABLE raw_events ADD CONSTRAINT c CHECK NOT startsWith(id, 'refused-')")
    client.execute("ALTER TABLE raw_values ADD CONSTRAINT c CHECK numerator < 1000000000")
    with kept_running(stack) as codes:
        send_among_others(stack, sent, poison("raises"), poison("overflows"))
        check_set_aside(client, ["not_foldable", "not_storable"], sent)
        send_among_others(stack, sent, poison("refused"), poison("grows"))
        check_set_aside(client, ["not_foldable", "not_storable", "not_storable", "not_storable"], sent)
        pid = stack.pid("streams")
        send_among_others(stack, sent)
        counting.check(client, sent)
    assert codes == []
    assert pid is not None


@pytest.mark.faults
def test_what_fails_only_when_stocks_are_looked_at_is_found_among_what_came_before(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    before = dead_letters_of(client)
    with kept_running(stack) as codes:
        send_among_others(stack, sent, poison("looms", "device.heartbeat"))
        check_set_aside(client, [*before, "not_storable"], sent)
    assert codes == []


@pytest.mark.faults
def test_what_was_counted_before_and_fails_in_another_release_is_counted_no_more(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    """In no minute of the past either."""
    before = dead_letters_of(client)
    with kept_running(stack, None):
        send_among_others(stack, sent, poison("raises", "device.heartbeat"))
        counted = [*sent, BAD[-1]]
        counting.check(client, counted)
        assert counting.audit(stack).differences == 0
    earlier = "replaceRegexpOne(body, '\"[0-9a-f]{16}\"', '\"of an earlier release\"')"
    change = f"ALTER TABLE fold_snapshots UPDATE body = {earlier} WHERE body LIKE '[\"declared\"%'"
    client.execute(change, settings={"mutations_sync": 2})
    with kept_running(stack) as codes:
        check_set_aside(client, [*before, "not_foldable"], sent)
        found = counting.audit(stack)
        assert (found.differences, found.found) == (0, [])
    assert codes == []


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["dies", "sinks"])
def test_what_kills_the_worker_is_set_aside_after_few_deaths(
    stack: Stack, client: Client, name: str, sent: list[Envelope]
) -> None:
    """While it is folded, or while what comes of it is written; the supervisor starts the worker again each time."""
    before = dead_letters_of(client)
    with kept_running(stack) as codes:
        send_among_others(stack, sent, poison(name))
        check_set_aside(client, [*before, "ends_worker"], sent, patience=600)  # a dozen starts of a worker
    assert set(codes) == {-signal.SIGKILL}
    assert DEATHS + FOLDED <= len(codes) <= DEATHS + (200).bit_length() + WRITTEN


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_a_flood_of_them_stops_its_partition_alone_until_somebody_lets_it_go_on(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    before = dead_letters_of(client)
    with kept_running(stack) as codes:
        many = [poison("raises") for _ in range(53)]
        send_among_others(stack, sent, *many)
        assert until(lambda: bool(stopped(client)), 400)
        ((topic, partition, _, _, reason, *_),) = stopped(client)
        assert topic == "ioc.speaker.v1"
        assert reason.endswith("/1000")
        more = made(77, 100)
        send(stack, more)
        elsewhere = [one for one in more if one.data.stream != "speaker"]
        known = "SELECT uniqExact(id) FROM raw_events WHERE id IN %(ids)s"
        ids = tuple(one.id for one in elsewhere)
        assert until(lambda: client.query(known, {"ids": ids}) == [(len(ids),)])
        assert len(dead_letters_of(client)) < len(before) + 53
        sent.extend(more)
        assert halted_partitions.resume_partition(client, topic, partition, "test", 60)
        check_set_aside(client, [*before, *["not_foldable"] * 53], sent)
    assert codes == []


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_who_kills_the_worker_from_outside_gets_nothing_set_aside(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    before, random = dead_letters_of(client), Random(5)
    with kept_running(stack, None) as codes:
        while len(codes) < 10:
            more = made(1000 + len(sent), 100)
            send(stack, more)
            sent.extend(more)
            time.sleep(random.uniform(1, 8))
            if (pid := stack.pid("streams")) is not None:
                os.kill(pid, signal.SIGKILL)
        counting.check(client, sent)
    assert dead_letters_of(client) == before


def dead_letters_of(client: Client) -> list[str]:
    """The reasons of all dead letters."""
    return [reason for (reason,) in client.query("SELECT reason_code FROM raw_dead_letters FINAL ORDER BY received_at")]


def stopped(client: Client) -> list[halted_partitions.HaltedPartition]:
    return [one for one in halted_partitions.read_halted_partitions(client).values() if one.is_stopped]


@pytest.mark.long
def test_a_dead_letter_that_is_sent_again_once_mended_counts_once(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    """Until then it becomes a dead letter once more."""
    ingest = stack.settings(IngestSettings)
    with kept_running(stack):
        first = [one for one in read_dead_letters(client, DeadLetterChoice(reason="not_foldable")) if not one.outcome]
        assert [
            one.outcome for one in resend(client, ingest, first, "test", lambda dead_letters: [], is_dry=False)
        ] == ["sent"]
        dead_letters = (
            "SELECT count(), uniqExact(offset) FROM raw_dead_letters FINAL WHERE reason_code = 'not_foldable'"
        )
        assert until(lambda: client.query(dead_letters) == [(2, 2)])
        counting.check(client, sent)
    for table in ("raw_events", "raw_values"):
        client.execute(f"ALTER TABLE {table} DROP CONSTRAINT c")
    stack.restart("streams")
    open_dead_letters = read_dead_letters(client, DeadLetterChoice(is_open=True))
    resent = resend(client, ingest, open_dead_letters, "test", lambda dead_letters: [], is_dry=False)
    assert {one.outcome for one in resent} == {"sent"}
    sent.extend(BAD)
    counting.check(client, sent)
    assert all(
        one.detail == "already_there"
        for one in resend(client, ingest, open_dead_letters, "test", lambda dead_letters: [])
    )
    found = counting.audit(stack)
    assert (found.differences, found.found) == (0, [])
