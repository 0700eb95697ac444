import pytest

from ingest.kafka.producer import Producer
from tests.support import broker


@pytest.fixture(scope="package")
def kafka(tmp_path_factory):
    with broker.running(tmp_path_factory.mktemp("kafka")) as settings:
        yield settings


@pytest.fixture
async def producer(kafka):
    made = Producer(kafka)
    await made.start()
    yield made
    await made.stop()
