"""Records at known offsets: of several partitions at once, far apart, and of a log whose beginning is gone."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer
from kafka import TopicPartition

from ingest.contract.errors import Unavailable
from ingest.kafka import reader
from ingest.kafka.admin import connect_admin
from ingest.kafka.client import client_options
from ingest.kafka.reader import read_records

pytestmark = pytest.mark.embedded

TOPIC = "records-to-read"
COUNT = 1_200
DELETED = 100


@pytest.fixture(scope="module")
def log(kafka):
    """Two partitions with more records than two answers hold; one is a tombstone, and of the second the oldest are gone."""
    with connect_admin(kafka) as admin:
        admin.create_topics({TOPIC: {"num_partitions": 2, "replication_factor": 1}})
        asyncio.run(fill(kafka))
        admin.delete_records({TopicPartition(TOPIC, 1): DELETED})
    return kafka


async def fill(kafka):
    async with AIOKafkaProducer(**client_options(kafka)) as sender:
        for number in range(COUNT):
            value = None if number == 150 else f"{number}".encode()
            for partition in range(2):
                await sender.send(TOPIC, value, key=b"k", partition=partition)


async def test_records_of_several_partitions_come_at_once_and_those_that_are_gone_are_left_out(log):
    offsets = (3, 4, 99, 100, 150, 151, 620, 1199)
    found = await read_records(log, [(TOPIC, partition, offset) for offset in offsets for partition in (1, 0)])
    expected = {offset: None if offset == 150 else f"{offset}".encode() for offset in offsets}
    assert found == {
        (TOPIC, partition, offset): value
        for partition in (0, 1)
        for offset, value in expected.items()
        if partition == 0 or offset >= DELETED
    }
    assert await read_records(log, []) == {}
    assert await read_records(log, [(TOPIC, 1, 5)]) == {}


async def test_a_record_that_does_not_come_is_no_answer(log, monkeypatch):
    monkeypatch.setattr(reader, "PATIENCE", reader.PATIENCE / 20)
    with pytest.raises(Unavailable, match=f"{TOPIC}-0"):
        await read_records(log, [(TOPIC, 0, COUNT)])
