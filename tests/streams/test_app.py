"""What keeps Faust's known losses out (reliability: commits that run ahead, messages that are skipped): each is asserted of our app."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError
from faust.exceptions import ConsumerNotStarted
from faust.types import TP
from pydantic import SecretStr

from ingest.contract.events import streams
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS, topic_of
from streams.app import RECORDS_AT_ONCE, attach_worker, build_app
from streams.partition.consumer import NullConsumer
from streams.partition.record_batch import RecordBatch
from streams.settings import StreamsSettings
from streams.transport import HEARD, PAUSE, AppConsumer, RecordBatchConsumer, next_fetch
from streams.watchdog import exit
from streams.worker import Worker
from tests.support.broker import SECRET
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client

PLACE = ("ioc.queue.v1", 0)


class NoSigns:
    def take(self, place: tuple[str, int], batch: RecordBatch) -> None:
        pass

    async def run(self, worker: Worker) -> None:
        pass


@pytest.fixture
def worker() -> Worker:
    warehouse = WarehouseSettings(_env_file=None, password=SecretStr("a long enough password"))
    ingest = IngestSettings(_env_file=None, kafka_own_secret=SECRET)
    clients = Client(warehouse), Client(warehouse)
    return Worker(StreamsSettings(_env_file=None), ingest, *clients, object(), ingest.clock(), NullConsumer())  # type: ignore[arg-type]


@pytest.fixture
async def app(worker: Worker) -> Any:  # in the test's loop: outside one, Faust makes a loop that nobody closes
    made = build_app(StreamsSettings(_env_file=None), IngestSettings(_env_file=None, kafka_own_secret=SECRET))
    attach_worker(made, worker, NoSigns())
    return made


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


def test_little_is_held_of_what_was_fetched(app: Any) -> None:
    assert (app.conf.broker_max_poll_records, app.conf.stream_buffer_maxsize) == (RECORDS_AT_ONCE, 1)


def test_records_reach_the_worker_as_they_are(app: Any) -> None:
    assert (app.conf.value_serializer, app.conf.key_serializer) == (
        "raw",
        "raw",
    )  # JSON drops what is bad; pickle runs it
    assert {agent.channel.value_type for agent in app.agents.values()} == {bytes}
    assert issubclass(app.transport.Consumer, RecordBatchConsumer)


def test_each_topic_has_one_agent_that_takes_one_batch_at_a_time_and_acknowledges_nothing(app: Any) -> None:
    assert set(app.agents) == {*map(topic_of, streams()), DEAD_LETTERS}
    assert {agent.concurrency for agent in app.agents.values()} == {
        1
    }  # with more, commits pass what is in flight (#606)
    assert {agent.channel.acks for agent in app.agents.values()} == {False}
    assert not any(app.topics.acks_enabled_for(agent.channel.get_topic_name()) for agent in app.agents.values())


async def test_faust_cannot_drop_what_it_believes_to_have_read() -> None:
    """What is read again after a seek has lower offsets, and Faust's fetcher would drop it without a word."""
    place, record = TP(*PLACE), SimpleNamespace(offset=5)
    read: dict[TP, int | None] = {place: 17}  # Faust's, which the fetcher of aiokafka goes by

    async def fetched(timeout: float) -> Any:
        return {place: [record]}, None

    consumer: Any = SimpleNamespace(
        app=SimpleNamespace(consumer_generation_id=1),
        should_stop=False,
        flow_active=True,
        _wait_next_records=fetched,
        _to_message=lambda tp, batch: batch[-1].offset,
        _read_offset=read,
    )
    async for tp, offset in RecordBatchConsumer.getmany(consumer, 1.0):
        assert (tp, offset) == (place, 5)
        assert read[place] is None


@pytest.mark.parametrize(
    ("opened", "active", "wanted", "patience"),
    [
        ({0, 1}, {0, 1, 2}, {0, 1}, 1.0),
        ({0, 1}, None, {0, 1}, 1.0),
        ({0, 1}, {1}, {1}, PAUSE),
        ({0}, {1}, set(), PAUSE),
        ({0, 1}, set(), set(), PAUSE),
    ],
)
def test_a_partition_that_faust_leaves_out_for_a_moment_is_asked_for_again_soon(
    opened: set[int], active: set[int] | None, wanted: set[int], patience: float
) -> None:
    places = [TP(PLACE[0], number) for number in range(3)]
    some = None if active is None else {places[number] for number in active}
    assert next_fetch({places[number] for number in opened}, some, 1.0) == ({places[n] for n in wanted}, patience)


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


@pytest.mark.parametrize("error", [ConsumerNotStarted, AssertionError, AttributeError, IllegalStateError])
async def test_a_client_that_has_not_started_or_gives_a_partition_up_tells_nothing(error: type[Exception]) -> None:
    class Refusing:
        def client(self) -> AIOKafkaConsumer:
            raise error

    consumer = AppConsumer(Refusing)  # type: ignore[arg-type]
    assert (consumer.highwater(PLACE), consumer.is_heard(PLACE)) == (None, False)


async def test_a_partition_that_another_has_taken_meanwhile_has_no_end_and_no_word() -> None:
    """Whoever asks does so in another thread than the one that gives partitions up (aiokafka asserts that it is still ours)."""
    told = AIOKafkaConsumer()
    consumer = AppConsumer(lambda: SimpleNamespace(client=lambda: told))  # type: ignore[arg-type,return-value]
    assert (consumer.highwater(PLACE), consumer.is_heard(PLACE)) == (None, False)
    told.assign([TopicPartition("ioc.queue.v1", 1)])
    assert (consumer.highwater(PLACE), consumer.is_heard(PLACE)) == (None, False)
    told.assign([TopicPartition(*PLACE)])
    assert (consumer.highwater(PLACE), consumer.is_heard(PLACE)) == (None, False)  # nothing was read of it yet
    await told.stop()


@pytest.mark.parametrize(("seconds_ago", "is_heard"), [(0, True), (HEARD - 1, True), (HEARD + 1, False)])
def test_kafkas_word_holds_for_a_while(monkeypatch: pytest.MonkeyPatch, seconds_ago: float, is_heard: bool) -> None:
    monkeypatch.setattr(AIOKafkaConsumer, "highwater", lambda *_: 7)
    monkeypatch.setattr(AIOKafkaConsumer, "last_poll_timestamp", lambda *_: (time.time() - seconds_ago) * 1000)
    consumer = AppConsumer(lambda: SimpleNamespace(client=lambda: None))  # type: ignore[arg-type,return-value]
    assert (consumer.highwater(PLACE), consumer.is_heard(PLACE)) == (7, is_heard)
