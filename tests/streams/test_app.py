"""What keeps Faust's known losses out (reliability: commits that run ahead, messages that are skipped): each is asserted of our app."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.types import TP
from pydantic import SecretStr

from ingest.contract.errors import Unavailable
from ingest.contract.events import streams
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS, topic_of
from streams.app import build_app
from streams.partition.record_batch import FOLDED_AT_ONCE, RecordBatch
from streams.partition.state import PartitionState
from streams.settings import StreamsSettings
from streams.transport import RecordBatchConsumer
from streams.watchdog import exit
from streams.worker import Worker
from tests.support.broker import SECRET
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client


class NoSigns:
    def take(self, place: tuple[str, int], chunk: RecordBatch) -> None:
        pass

    async def run(self, worker: Worker) -> None:
        pass


@pytest.fixture
def worker() -> Worker:
    warehouse = WarehouseSettings(_env_file=None, password=SecretStr("a long enough password"))
    ingest = IngestSettings(_env_file=None, kafka_own_secret=SECRET)
    return Worker(
        StreamsSettings(_env_file=None), ingest, Client(warehouse), Client(warehouse), object(), ingest.clock()  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.fixture
async def app(worker: Worker) -> Any:  # in the test's loop: outside one, Faust makes a loop that nobody closes
    return build_app(
        StreamsSettings(_env_file=None), IngestSettings(_env_file=None, kafka_own_secret=SECRET), worker, NoSigns()
    )


def test_nothing_of_fausts_own_bookkeeping_is_relied_on(app: Any) -> None:
    conf = app.conf
    assert (
        conf.processing_guarantee.value == "at_least_once"
    )  # exactly_once fences, doubles and hangs (#136, #323, #517)
    assert conf.consumer_auto_offset_reset == "earliest"  # "latest" turns a lost position into lost records
    assert not conf.topic_allow_declare
    assert not conf.stream_wait_empty  # a stop would wait for agents that wait for the warehouse
    assert conf.store.scheme == "memory"
    assert not app.tables
    assert not conf.web_enabled  # /table and /router answer without any log-in


def test_records_reach_the_worker_as_they_are(app: Any) -> None:
    assert (app.conf.value_serializer, app.conf.key_serializer) == (
        "raw",
        "raw",
    )  # JSON drops what is bad; pickle runs it
    assert {agent.channel.value_type for agent in app.agents.values()} == {bytes}
    assert issubclass(app.transport.Consumer, RecordBatchConsumer)


def test_each_topic_has_one_agent_that_takes_one_chunk_at_a_time_and_acknowledges_nothing(app: Any) -> None:
    assert set(app.agents) == {*map(topic_of, streams()), DEAD_LETTERS}
    assert {agent.concurrency for agent in app.agents.values()} == {
        1
    }  # with more, commits pass what is in flight (#606)
    assert {agent.channel.acks for agent in app.agents.values()} == {False}
    assert not any(app.topics.acks_enabled_for(agent.channel.get_topic_name()) for agent in app.agents.values())


async def test_faust_cannot_drop_what_it_believes_to_have_read() -> None:
    """What is read again after a seek has lower offsets, and Faust's fetcher would drop it without a word."""
    place, record = TP("ioc.queue.v1", 0), SimpleNamespace(offset=5)

    async def fetched(timeout: float) -> Any:
        return {place: [record]}, None

    consumer: Any = SimpleNamespace(
        app=SimpleNamespace(consumer_generation_id=1),
        should_stop=False,
        flow_active=True,
        _wait_next_records=fetched,
        _to_message=lambda tp, chunk: chunk[-1].offset,
        _read_offset={place: 17},
    )
    async for tp, offset in RecordBatchConsumer.getmany(consumer, 1.0):
        assert (tp, offset) == (place, 5)
        assert consumer._read_offset[place] is None  # noqa: SLF001  # Faust's, which the fetcher of aiokafka goes by


class EndedError(BaseException):
    pass


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    codes: list[int] = []

    def end(code: int) -> None:
        codes.append(code)
        raise EndedError

    monkeypatch.setattr(exit, "end_process", end)
    return codes


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("another"), MemoryError(), SystemExit(1)])
async def test_no_error_leaves_an_agent(ended: list[int], error: BaseException) -> None:
    """It would be committed and skipped (#527, #189): the process ends instead, whatever it is."""

    async def work() -> None:
        raise error

    with pytest.raises(EndedError):
        await exit.or_end(work())
    assert ended == [exit.BUG]


async def test_a_cancelled_agent_is_no_error(ended: list[int]) -> None:
    task = asyncio.create_task(exit.or_end(asyncio.sleep(60)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not ended


def failing(error: Exception) -> Callable[..., Awaitable[None]]:
    async def work(*_: object) -> None:
        raise error

    return work


async def test_what_is_away_is_no_error_of_a_worker_that_is_stopping(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("ioc.queue.v1", 0)
    part = worker.parts[place] = PartitionState(place, 0)
    part.open()
    monkeypatch.setattr(worker, "_take", failing(Unavailable("ClickHouse", "away")))
    with pytest.raises(Unavailable):
        await worker.take(place, RecordBatch([0], [b""]))
    worker.stopping.tell()
    await worker.take(place, RecordBatch([0], [b""]))


async def test_others_get_their_turn_while_a_long_chunk_is_folded(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signs of life come from the same loop: a day's backlog of dossiers would look like a worker that hangs."""
    place = (topic_of("dossier"), 0)
    part = worker.parts[place] = PartitionState(place, 0)
    part.open()
    turns, folded = 0, []

    async def fold(_: PartitionState, piece: RecordBatch) -> bool:
        folded.append((turns, piece.offsets[0]))
        part.advance(piece.offsets[-1])
        return True

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(worker, "_fold", fold)
    other = asyncio.create_task(take_turns())
    await worker.take(place, RecordBatch(list(range(3 * FOLDED_AT_ONCE)), [b""] * (3 * FOLDED_AT_ONCE)))
    other.cancel()
    assert [first for _, first in folded] == [0, FOLDED_AT_ONCE, 2 * FOLDED_AT_ONCE]
    assert len({turn for turn, _ in folded}) == 3


async def test_a_partition_that_another_has_taken_meanwhile_has_no_end_and_no_word(app: Any) -> None:
    """Whoever asks does so in another thread than the one that gives partitions up (aiokafka asserts that it is still ours)."""
    told, place = AIOKafkaConsumer(), TP("ioc.queue.v1", 0)
    consumer = app.consumer
    assert (consumer.highwater(place), consumer.is_heard(place)) == (None, False)
    consumer._thread.thread_loop.close()  # noqa: SLF001  # Faust's
    consumer._thread = SimpleNamespace(_ensure_consumer=lambda: told)  # noqa: SLF001  # Faust's
    assert (consumer.highwater(place), consumer.is_heard(place)) == (None, False)
    told.assign([TopicPartition(*place)])
    state = told._subscription.subscription.assignment.state_value(place)  # noqa: SLF001  # aiokafka's
    state.highwater, state.timestamp = 7, time.time() * 1000
    assert (consumer.highwater(place), consumer.is_heard(place)) == (7, True)
    told.assign([TopicPartition("ioc.queue.v1", 1)])
    assert (consumer.highwater(place), consumer.is_heard(place)) == (None, False)
    await told.stop()
