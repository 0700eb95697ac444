"""Workers that come and go, freeze and stall: nothing is lost, nothing is counted twice, and every minute is right in the end."""

import asyncio
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from commands.supervision.stack import Stack
from ingest.contract.envelope import Envelope
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import VALUES
from ingest.kafka import offsets
from ingest.kafka.reader import read_records
from streams.watchdog import exit
from tests.streams.support import counting
from tests.streams.support.counting import a_clock, flows, later, made, send, until
from warehouse.model.value_push import decode_push
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.faults, pytest.mark.embedded, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def sent() -> list[Envelope]:
    """What this file's stack was sent so far, and counts."""
    return []


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("faults"), ("ingest", "warehouse", "streams"), a_clock()) as running:
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


def more(stack: Stack, sent: list[Envelope], count: int = 600) -> None:
    envelopes = made(len(sent) + 31, count)
    send(stack, envelopes)
    sent.extend(envelopes)


def test_workers_that_come_and_go_all_the_time(stack: Stack, client: Client, sent: list[Envelope]) -> None:
    for turn in range(6):
        more(stack, sent)
        stack.start("streams-2")
        until(lambda: "connected to Kafka" in stack.log("streams-2"), 20)
        more(stack, sent)
        stack.kill("streams-2" if turn % 2 else "streams-1", (signal.SIGKILL, signal.SIGTERM)[turn % 3 == 0])
        more(stack, sent)
        if not turn % 2:
            stack.start("streams-1")
            stack.kill("streams-2")
    counting.check(client, sent, 120)


@pytest.mark.parametrize("where", ["anywhere", "raw_stored", "values_stored"])
def test_a_worker_that_was_frozen_ends_before_it_writes(
    stack: Stack, client: Client, where: str, sent: list[Envelope]
) -> None:
    """Another one has its partitions by then. When it goes on in the middle of a flush, the next step is not done."""
    stack.kill("streams-1", signal.SIGTERM)
    if where != "anywhere":
        stack.variables["IOC_FAILPOINTS"] = f"streams.{where}:2:freeze"
    stack.start("streams-1")
    stack.variables.pop("IOC_FAILPOINTS", None)
    stack.wait("streams-1")
    zombie = stack.process("streams-1")
    more(stack, sent)
    if where == "anywhere":
        zombie.send_signal(signal.SIGSTOP)
    assert until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_STOPPED)
    stack.start("streams-2")
    more(stack, sent)
    counting.check(client, sent, 90)  # the other one has taken over, which takes longer than the session
    zombie.send_signal(signal.SIGCONT)
    assert zombie.wait(20) == exit.FROZEN
    more(stack, sent)
    counting.check(client, sent, 60)
    stack.start("streams-1")
    stack.kill("streams-2", signal.SIGTERM)
    more(stack, sent)
    counting.check(client, sent, 60)


def test_a_kafka_that_stands_still_for_a_while(stack: Stack, client: Client, sent: list[Envelope]) -> None:
    more(stack, sent)
    stack.kill("kafka", signal.SIGSTOP)
    time.sleep(20)
    stack.kill("kafka", signal.SIGCONT)
    until(lambda: can_send(stack, sent))
    counting.check(client, sent, 90)


def can_send(stack: Stack, sent: list[Envelope]) -> bool:
    more(stack, sent)
    return True


@pytest.mark.parametrize("away", ["warehouse", "kafka"])
def test_a_worker_ends_in_time_though_something_hangs(
    stack: Stack, client: Client, away: str, sent: list[Envelope]
) -> None:
    more(stack, sent)
    stack.kill(away, signal.SIGSTOP)
    if away == "warehouse":
        more(stack, sent)
    worker = stack.process("streams-1")
    worker.terminate()
    assert worker.wait(10) == 0
    stack.kill(away, signal.SIGCONT)
    stack.restart("streams-1")
    counting.check(client, sent, 90)


def test_what_comes_in_when_all_of_it_is_over_is_counted_and_every_minute_is_right(
    stack: Stack, client: Client, sent: list[Envelope]
) -> None:
    more(stack, sent)
    counting.check(client, sent, 60)
    found = counting.audit(stack)
    assert (found.differences, found.found) == (0, [])
    assert set(found.not_checked) == {"feed", "board"}


@pytest.mark.parametrize("step", ["corrections_stored", "values_stored", "snapshot_stored"])
def test_the_boards_hear_of_every_figure_wherever_the_worker_died(
    stack: Stack, client: Client, step: str, sent: list[Envelope]
) -> None:
    """Of windows that only the rows still know, too: when they are counted again, nothing differs from what is stored.

    After what is audited minute by minute: these events are weeks ahead of the clock, which no source's are.
    """
    weeks_later = [later(one, days=30) for one in made(len(sent), 40)]
    send(stack, weeks_later)
    sent.extend(weeks_later)
    counting.check(client, sent, 60)
    stack.kill("streams-1", signal.SIGTERM)  # a clean end takes a snapshot, in which the old windows are forgotten
    more(stack, sent)
    dying = {"IOC_FAILPOINTS": f"streams.{step}:1:kill", "IOC_STREAMS_SNAPSHOT_EVERY": "PT0S"}
    stack.start("streams-1", environment=dying)
    assert until(lambda: stack.pid("streams-1") is None)
    stack.start("streams-1")
    counting.check(client, sent, 60)
    assert until(lambda: heard(stack) == flows(client), 10)


def heard(stack: Stack) -> counting.Figures:
    """The flows that a board knows which has heard all that was ever pushed."""
    ingest = stack.settings(IngestSettings)
    extents = offsets.held_records(ingest, [VALUES]).extents
    places = [(*place, offset) for place, extent in extents.items() for offset in range(extent.first, extent.end)]
    pushed = [decode_push(record) for record in asyncio.run(read_records(ingest, places)).values() if record]
    values = sorted((one for push in pushed for one in push.values if one.grain == "flow"), key=lambda one: one.version)
    newest = {
        (one.ward, one.indicator, one.window_ms, one.dimension, one.member): (one.numerator, one.denominator)
        for one in values
    }
    return {key: sides for key, sides in newest.items() if any(sides)}
