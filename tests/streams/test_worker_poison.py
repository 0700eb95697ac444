"""Records whose content ends a worker: each is set aside, and everything else is counted as if it had never come."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from commands.stack import Stack
from ingest.envelope import Envelope
from ingest.settings import IngestSettings
from tests.made import events
from tests.streams import counting
from tests.streams.counting import a_clock, made, send, until
from warehouse.client import Client, connect
from warehouse.letter_resend import resend
from warehouse.letters import Chosen, read_letters
from warehouse.settings import WarehouseSettings

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(400)]

STUMBLING = "tests.streams.poisoned"

SENT: list[Envelope] = []
"""Everything that the tests of this module have sent so far and that counts: they build on each other."""

BAD: list[Envelope] = []
"""Everything that was set aside."""


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


def poison(name: str) -> Envelope:
    """An event of the hall that a stumbling worker stumbles over."""
    kinds = [type(one.data) for one in made(1, 400) if one.data.kind == "broadcast.completed"][:1]
    (one,) = events(100 + len(BAD), 1, kinds=kinds)
    BAD.append(one.model_copy(update={"id": f"{name}-{len(BAD)}", "partitionkey": "hong-bang"}))
    return BAD[-1]


def send_among_others(stack: Stack, *bad: Envelope) -> None:
    """Send events before, between and behind those that are bad."""
    more = made(40 + len(BAD), 200)
    send(stack, [*more[:100], *bad[:1], *more[100:150], *bad[1:], *more[150:]])
    SENT.extend(more)


def check_set_aside(client: Client, reasons: Sequence[str]) -> None:
    """The bad ones are letters with reason and place, and all others are counted as if these had not come."""
    asked = (
        "SELECT reason_code, original_topic, partition, offset, error FROM raw_dead_letters FINAL ORDER BY received_at"
    )
    until(lambda: len(client.query(asked)) >= len(BAD), 200)
    counting.check(client, SENT)
    rows = client.query(asked)
    assert [row[0] for row in rows] == [*reasons]
    assert {row[1] for row in rows} <= {"ioc.speaker.v1"}
    assert all(offset >= 0 and partition >= 0 for _, _, partition, offset, _ in rows)
    assert not any("too deep" in error or "nothing" in error for *_, error in rows), "texts of errors may say anything"


def test_what_the_fold_the_sink_and_the_engine_refuse_is_set_aside(stack: Stack, client: Client) -> None:
    client.execute("ALTER TABLE raw_events ADD CONSTRAINT c CHECK NOT startsWith(id, 'refused-')")
    client.execute("ALTER TABLE raw_values ADD CONSTRAINT c CHECK numerator < 1000000000")
    with kept_running(stack) as codes:
        send_among_others(stack, poison("raises"), poison("overflows"))
        check_set_aside(client, ["not_foldable", "not_storable"])
        send_among_others(stack, poison("refused"), poison("grows"))
        check_set_aside(client, ["not_foldable", "not_storable", "not_storable", "not_storable"])
        pid = stack.pid("streams")
        send_among_others(stack)
        counting.check(client, SENT)
    assert codes == []
    assert pid is not None


def test_a_letter_that_is_sent_again_once_mended_counts_once(stack: Stack, client: Client) -> None:
    """Until then it becomes a letter once more."""
    ingest = stack.settings(IngestSettings)
    with kept_running(stack):
        first = [one for one in read_letters(client, Chosen(reason="not_foldable")) if not one.outcome]
        assert [one.outcome for one in resend(client, ingest, first, "test", lambda letters: [], is_dry=False)] == [
            "sent"
        ]
        letters = "SELECT count(), uniqExact(offset) FROM raw_dead_letters FINAL WHERE reason_code = 'not_foldable'"
        assert until(lambda: client.query(letters) == [(2, 2)])
        counting.check(client, SENT)
    for table in ("raw_events", "raw_values"):
        client.execute(f"ALTER TABLE {table} DROP CONSTRAINT c")
    stack.restart("streams")
    open_letters = read_letters(client, Chosen(is_open=True))
    sent = resend(client, ingest, open_letters, "test", lambda letters: [], is_dry=False)
    assert {one.outcome for one in sent} == {"sent"}
    SENT.extend(BAD)
    counting.check(client, SENT)
    assert all(
        one.detail == "already_there" for one in resend(client, ingest, open_letters, "test", lambda letters: [])
    )
    found = counting.audit(stack, patience=90)
    assert (found.differences, found.found) == (0, [])
