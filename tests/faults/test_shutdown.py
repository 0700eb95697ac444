"""SIGTERM ends everything within 30 seconds, whatever state it is in, and what was accepted is there afterwards."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from commands.supervision.stack import STOP_ORDER, Stack
from ingest.contract.settings import IngestSettings
from ingest.kafka.producer import Producer
from tests.streams.support.counting import a_clock, until
from tests.support.made import events
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

pytestmark = [pytest.mark.faults, pytest.mark.embedded, pytest.mark.timeout(240)]

PARTS = ("ingest", "warehouse", "connectors", "streams", "alarm", "dashboard")
WITHIN = 30
"""Seconds for all of it: the promise."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path, PARTS, a_clock()) as running:  # by the real clock the events would be older from day to day
        yield running


def send(stack: Stack, seed: int, count: int) -> set[str]:
    made = events(seed, count, keys=count // 10, spread=timedelta(minutes=60))

    async def work() -> None:
        producer = Producer(stack.settings(IngestSettings))
        await producer.start()
        await producer.send(made)
        await producer.stop()

    asyncio.run(work())
    return {one.id for one in made}


def freeze(stack: Stack, part: str) -> None:
    stack.kill(part, signal.SIGSTOP)


def kill_both(stack: Stack) -> None:
    stack.kill("warehouse")
    stack.kill("ingest")


STATES: dict[str, Callable[[Stack], None]] = {
    "quiet": lambda stack: None,
    "without the warehouse": lambda stack: stack.kill("warehouse"),
    "without Kafka": lambda stack: stack.kill("ingest"),
    "without both": kill_both,
    "with a warehouse that hangs": lambda stack: freeze(stack, "warehouse"),
    "with a Kafka that hangs": lambda stack: freeze(stack, "kafka"),
}


@pytest.mark.parametrize("state", STATES)
def test_sigterm_ends_all_in_time_and_loses_nothing(stack: Stack, state: str) -> None:
    ids = send(stack, 1, 2000)
    STATES[state](stack)
    if state in ("quiet", "without the warehouse", "with a warehouse that hangs"):
        ids |= send(stack, 2, 2000)
    late = stop(stack)
    assert not late, f"had to be ended by force: {late}"
    for part in ("ingest", "warehouse", "streams"):
        stack.start(part)
    for part in ("ingest", "warehouse", "streams"):
        stack.wait(part)
    with connect(stack.settings(WarehouseSettings)) as client:
        assert until(lambda: ids <= {id for (id,) in client.query("SELECT id FROM raw_events FINAL")})


def stop(stack: Stack) -> list[str]:
    """Stop part after part as the supervisor does; the names of those that SIGTERM did not end in time."""
    left, late = float(WITHIN), []
    for turn in STOP_ORDER:
        named = stack.of_turn(turn)
        found = {psutil.Process(pid): name for name in named if (pid := stack.pid(name)) is not None}
        # A process that hangs is the one that may be ended by force: SIGTERM does not reach it.
        asked = [one for one in found if one.status() != psutil.STATUS_STOPPED]
        for process in asked:
            process.terminate()
        before = time.monotonic()
        _, alive = psutil.wait_procs(asked, timeout=max(left, 0))
        left -= time.monotonic() - before
        late += [found[one] for one in alive]
        for process in [*alive, *set(found) - set(asked)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for name in named:
            if stack.pid(name) is not None:
                stack.process(name).wait(10)
    return late
