"""Records whose content ends a worker: each is set aside, and everything else is counted as if it had never come."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from commands.stack import Stack
from ingest.envelope import Envelope
from tests.made import events
from tests.streams import counting
from tests.streams.counting import a_clock, made, send, until
from warehouse.client import Client, connect
from warehouse.settings import WarehouseSettings

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]

STUMBLING = "tests.streams.poisoned"

SENT: list[Envelope] = []
"""Everything that the tests of this module have sent so far and that counts: they build on each other."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("poison"), ("ingest", "warehouse"), a_clock()) as running:
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
            code = stack._processes["streams-1"].poll()
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
        stack._end(["streams-1"])


def poison(name: str, seed: int, stream: str = "speaker") -> Envelope:
    """An event that the worker stumbles over, of a kind that counts in windows and stocks."""
    kinds = [type(one.data) for one in made(1, 400) if one.data.kind == "broadcast.completed"][:1]
    (one,) = events(seed, 1, kinds=kinds)
    return one.model_copy(update={"id": f"{name}-{seed}", "partitionkey": "hong-bang"})


def test_it(stack: Stack, client: Client) -> None:
    seen = {}
    with kept_running(stack) as codes:
        SENT.extend(made(31, 300))
        send(stack, SENT)
        counting.check(client, SENT)
        for number, name in enumerate(("raises", "overflows", "dies")):
            more = made(40 + number, 300)
            bad = poison(name, 100 + number)
            before = len(codes)
            send(stack, [*more[:150], bad, *more[150:]])
            SENT.extend(more)
            counting.check(client, SENT)
            asked = "SELECT reason_code, original_topic, offset, error, payload_redacted FROM raw_dead_letters FINAL ORDER BY received_at"
            assert until(lambda: len(client.query(asked)) == number + 1)
            seen[name] = client.query(asked)[-1], codes[before:]
        print(seen)
        found = counting.audit(stack, patience=60)
        assert (found.differences, found.found) == (0, [])
    raise AssertionError(seen)
