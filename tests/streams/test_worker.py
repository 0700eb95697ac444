"""The worker on the real Kafka and the real engine: counted once, whatever happens to it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from commands.stack import Stack
from ingest.clock import milliseconds
from ingest.envelope import Envelope, envelope
from ingest.errors import Unavailable
from ingest.producer import Producer
from ingest.settings import IngestSettings
from ingest.topic import topic_of
from streams.fold import Fold
from tests.made import events
from warehouse.client import Client, connect
from warehouse.settings import WarehouseSettings

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(120)]

Figures = dict[tuple[str, str, int, str, str], tuple[int, int]]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("worker"), ("ingest", "warehouse", "streams")) as running:
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


def send(stack: Stack, envelopes: list[Envelope], raw: bytes | None = None) -> None:
    async def work() -> None:
        producer = Producer(stack.settings(IngestSettings))
        await producer.start()
        await producer.send(envelopes)
        if raw is not None:
            await producer._deliver([("ioc.queue.v1", b"hong-bang", raw)])
        await producer.stop()

    asyncio.run(work())


def until(condition: Callable[[], bool], patience: float = 45) -> bool:
    """Whether it comes about in time."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except Unavailable:
            pass
        time.sleep(0.1)
    return False


def flows(client: Client) -> Figures:
    rows = client.query(
        "SELECT ward, indicator, window_ms, dimension, member, numerator, denominator FROM raw_values FINAL "
        "WHERE grain = 'flow' AND (numerator != 0 OR denominator != 0)"
    )
    return {tuple(row[:5]): (row[5], row[6]) for row in rows}  # type: ignore[misc]


def expected(envelopes: list[Envelope]) -> Figures:
    """What a fold without Kafka, warehouse or interruption makes of the events."""
    folds: dict[str, Fold] = {}
    for one in envelopes:
        topic = topic_of(one.data.stream)
        folds.setdefault(topic, Fold(topic, 0)).fold([one], [0])
    return {
        (value.ward, value.indicator, value.window_ms, value.dimension, value.member): (
            value.numerator,
            value.denominator,
        )
        for fold in folds.values()
        for value in fold.take()
        if value.grain == "flow" and (value.numerator or value.denominator)
    }


SENT: list[Envelope] = []
"""Everything that the tests of this module have sent so far: they build on each other."""


def made(seed: int, count: int) -> list[Envelope]:
    """Events close enough in time that no life is over and begun again, which no source does."""
    return events(seed=seed, count=count, keys=count // 10, spread=timedelta(minutes=90))


def check(client: Client) -> None:
    ids, figures = {one.id for one in SENT}, expected(SENT)
    until(lambda: client.query("SELECT uniqExact(id) FROM raw_events")[0][0] == len(ids) and flows(client) == figures)
    stored = {id for (id,) in client.query("SELECT DISTINCT id FROM raw_events")}
    assert stored == ids
    rows, places = client.query("SELECT count(), uniqExact(topic, partition, offset) FROM raw_events")[0]
    assert rows == places
    found = flows(client)
    assert {key: found.get(key) for key in found.keys() | figures.keys() if found.get(key) != figures.get(key)} == {}


def test_what_is_sent_is_counted(stack: Stack, client: Client) -> None:
    SENT.extend(made(11, 600))
    send(stack, SENT)
    check(client)


def test_what_is_sent_again_is_not_counted_again(stack: Stack, client: Client) -> None:
    before = flows(client)
    send(stack, SENT[:200])
    assert until(lambda: client.query("SELECT count() FROM raw_events")[0][0] == len(SENT) + 200)
    time.sleep(0.5)
    assert flows(client) == before == expected(SENT)


def test_a_record_that_is_no_event_becomes_a_dead_letter_and_stops_nothing(stack: Stack, client: Client) -> None:
    more = made(12, 100)
    send(stack, more, raw=b'{"type": "nonsense", "hoTen": "Nguyen Van A"}')
    SENT.extend(more)
    check(client)
    asked = "SELECT reason_code, original_topic, payload_redacted FROM dead_letters"
    assert until(lambda: len(client.query(asked)) == 1)
    ((reason, topic, payload),) = client.query(asked)
    assert (reason, topic) == ("unknown_type", "ioc.queue.v1")
    assert "Nguyen" not in payload


@pytest.mark.parametrize("part", ["streams", "warehouse", "kafka"])
def test_a_killed_part_loses_nothing_and_doubles_nothing(stack: Stack, client: Client, part: str) -> None:
    more = made(len(SENT), 3000)
    send(stack, more[:1500])
    SENT.extend(more)
    stack.kill(part)
    if part == "kafka":
        stack.restart("ingest")
    else:
        stack.restart(part)
    send(stack, more[1500:])
    check(client)


def test_a_second_worker_shares_the_partitions_and_takes_over(stack: Stack, client: Client) -> None:
    stack.start("streams-2")
    stack.wait("streams-2")
    more = made(len(SENT), 1000)
    send(stack, more[:500])
    stack.kill("streams")
    send(stack, more[500:])
    SENT.extend(more)
    check(client)


def test_an_event_for_a_window_long_gone_changes_it_visibly(stack: Stack, client: Client) -> None:
    """Weeks later the fold has let go of the first windows; what still comes for them is a new revision."""
    first = next(one for one in SENT if one.data.kind == "post.published")
    newer = events(seed=99, count=40, kinds=[type(first.data)], keys=10_000)
    shifted = [later(one, days=30) for one in newer]
    send(stack, shifted)
    SENT.extend(shifted)
    check(client)
    stack.restart("streams-2")  # a clean stop takes a snapshot, in which the old windows are forgotten
    late = [later(one, days=0, id=f"late-{number}") for number, one in enumerate(newer[:5])]
    send(stack, late)
    SENT.extend(late)
    check(client)
    window = milliseconds(late[0].time)
    revisions = client.query(
        "SELECT max(revision) FROM raw_values FINAL WHERE indicator = 'V02' AND window_ms <= %(at)s", {"at": window}
    )
    assert revisions[0][0] > 0


def later(one: Envelope, days: int, id: str | None = None) -> Envelope:
    """The same happening, to something else and so many days later."""
    at = one.time + timedelta(days=days)
    data = one.data.model_copy(update={one.data.occurred: at, one.data.about: f"{one.subject}-{days}-{id}"})
    return envelope(data, ward=one.ward, source=one.source, recorded_at=at, id=id or f"{one.id}-later-{days}")
