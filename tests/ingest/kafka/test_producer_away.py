"""When the producer refuses at once, by a client that answers as it is told: a real Kafka does not hang and answer on demand."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest
from aiokafka.errors import KafkaConnectionError
from pydantic import SecretStr

from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka import producer as module
from ingest.kafka.producer import Producer


class Client:
    """Takes records and answers when the test says so."""

    made: "list[Client]"

    def __init__(self, **_: object) -> None:
        self.made.append(self)
        self.sent: list[asyncio.Future[None]] = []

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send(self, topic: str, value: bytes, key: bytes) -> "asyncio.Future[None]":
        self.sent.append(asyncio.get_running_loop().create_future())
        return self.sent[-1]


@pytest.fixture
def now(monkeypatch):
    """The time that the producer sees, in seconds; it stands."""
    seconds = [500.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    return seconds


@pytest.fixture
async def producer(monkeypatch, now):
    monkeypatch.setattr(Client, "made", [], raising=False)
    monkeypatch.setattr(module, "AIOKafkaProducer", Client)
    monkeypatch.setattr(module, "RETRY_AFTER", timedelta(seconds=10))
    monkeypatch.setattr(module, "RENEW_AFTER", timedelta(seconds=100))
    made = Producer(IngestSettings(_env_file=None, kafka_own_secret=SecretStr("0123456789abcdefghijklmnopqrstuv")))
    await made.start()
    return made


async def refused(producer):
    with pytest.raises(Unavailable) as fault:
        await producer.push([("w", b"x")])
    return fault.value


async def failing(producer, error):
    """A push to which Kafka answers with an error."""
    (client,) = Client.made[-1:]
    sending = asyncio.create_task(producer.push([("w", b"x")]))
    while not client.sent or client.sent[-1].done():
        await asyncio.sleep(0)
    client.sent[-1].set_exception(error)
    with pytest.raises(Unavailable):
        await sending
    return client


async def works(producer):
    (client,) = Client.made[-1:]
    count = len(client.sent)
    sending = asyncio.create_task(producer.push([("w", b"x")]))
    while len(client.sent) == count:
        await asyncio.sleep(0)
    client.sent[-1].set_result(None)
    await sending
    assert not producer.away


async def test_after_an_error_it_does_not_ask_again_for_a_while_although_all_is_answered(producer, now):
    client = await failing(producer, KafkaConnectionError())
    assert producer.away
    now[0] += 9.9
    assert (await refused(producer)).retry_after == timedelta(seconds=10)
    assert len(client.sent) == 1
    now[0] += 0.1
    await works(producer)


async def test_while_an_answer_is_missing_it_does_not_ask_again_however_long_ago_it_was(producer, now, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", timedelta(0))
    await refused(producer)
    (client,) = Client.made
    now[0] += 50
    await refused(producer)
    assert len(client.sent) == 1
    client.sent[0].set_result(None)
    monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=60))
    await works(producer)


async def test_a_client_that_does_not_answer_for_too_long_is_replaced(producer, now, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", timedelta(0))
    await refused(producer)
    now[0] += 100
    await refused(producer)
    assert len(Client.made) == 1
    now[0] += 0.1
    await refused(producer)
    monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=60))
    async with asyncio.timeout(20):
        while len(Client.made) == 1 or producer.away:
            await asyncio.sleep(0)
    await works(producer)


async def test_before_it_is_connected_it_refuses():
    made = Producer(IngestSettings(_env_file=None, kafka_own_secret=SecretStr("0123456789abcdefghijklmnopqrstuv")))
    assert made.away
    await refused(made)
