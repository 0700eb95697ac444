"""What Kafka itself can tell: whether it answers, and how far a group is behind, in records and in seconds."""

import asyncio
import socket
import threading
import time
from datetime import timedelta

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from commands.install.ports import free_ports
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of
from ingest.kafka.client import client_options, ping_kafka
from ingest.kafka.lag import Lag, group_lags
from tests.ingest.support.toy import frozen
from tests.support import broker
from tests.support.made import events

pytestmark = pytest.mark.embedded

TOPIC = topic_of("petition")
GROUP = "readers"


async def commit(settings, positions):
    consumer = AIOKafkaConsumer(**client_options(settings), group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    places = {TopicPartition(TOPIC, partition): position for partition, position in positions.items()}
    consumer.assign(list(places))
    await consumer.commit(places)
    await consumer.stop()


async def ends(settings):
    consumer = AIOKafkaConsumer(**client_options(settings))
    await consumer.start()
    places = [TopicPartition(TOPIC, partition) for partition in range(settings.kafka_partitions)]
    found = await consumer.end_offsets(places)
    await consumer.stop()
    return {place.partition: end for place, end in found.items()}


async def asked(settings):
    return (await asyncio.to_thread(group_lags, settings, GROUP)).get(TOPIC)


async def test_lag_is_told_in_records_and_in_the_age_of_the_oldest(kafka, producer):
    assert await asked(kafka) is None
    sent = [one for one in events(seed=3, count=400) if one.data.stream == "petition"]
    before = time.time()
    await send_in_two_parts(producer, sent)
    done = await ends(kafka)
    await commit(kafka, done)
    assert await asked(kafka) == Lag(0, 0.0)
    (partition,) = [number for number, end in done.items() if end][:1]
    await commit(kafka, {**done, partition: 1})
    lag = await asked(kafka)
    assert lag.records == done[partition] - 1
    assert 1.0 <= lag.seconds <= time.time() - before + 0.1
    await commit(kafka, {**done, partition: done[partition] - 1})
    newest = await asked(kafka)
    assert newest.records == 1
    assert newest.seconds < lag.seconds


async def send_in_two_parts(producer, sent):
    """Sends events of one ward, half of them a second and a half later."""
    ours = [one for one in sent if one.ward == sent[0].ward]
    await producer.send(ours[: len(ours) // 2])
    await asyncio.sleep(1.5)
    await producer.send(ours[len(ours) // 2 :])


def test_a_kafka_that_lives_answers_and_a_frozen_one_does_not(kafka, monkeypatch):
    ping_kafka(kafka)
    with frozen(kafka), monkeypatch.context() as briefly:
        briefly.setattr("ingest.kafka.client.PATIENCE", timedelta(seconds=1))
        with pytest.raises(Unavailable, match="timed out"):
            ping_kafka(kafka)
    ping_kafka(kafka)


def test_nobody_and_somebody_else_are_no_kafka(free_port_server):
    nobody = IngestSettings(_env_file=None, kafka_port=free_ports(1)[0], kafka_own_secret=broker.SECRET)
    with pytest.raises(Unavailable, match="refused"):
        ping_kafka(nobody)
    with pytest.raises(Unavailable, match=r"closed the connection|no Kafka"):
        ping_kafka(IngestSettings(_env_file=None, kafka_port=free_port_server, kafka_own_secret=broker.SECRET))


@pytest.fixture
def free_port_server():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse():
            connection, _ = server.accept()
            with connection:
                connection.recv(100)

        threading.Thread(target=refuse, daemon=True).start()
        yield server.getsockname()[1]
