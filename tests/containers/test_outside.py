"""The same code against an outside Kafka and an outside ClickHouse server, where a Docker engine answers."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from ingest.contract.envelope import encode
from ingest.contract.settings import IngestSettings
from ingest.kafka.admin import make_topics, missing_topics
from ingest.kafka.offsets import topic_sizes
from ingest.kafka.producer import Producer
from tests.support.made import events
from tests.support.raw import store
from warehouse import views
from warehouse.__main__ import prepare_tables
from warehouse.catalogue import indicators
from warehouse.query.adhoc import Adhoc
from warehouse.recompute.sql import flow_sql
from warehouse.settings import WarehouseSettings
from warehouse.store.client import ServerError, connect
from warehouse.store.migrate import migrate

PASSWORD = "container-password-of-the-tests"
ANALYST_PASSWORD = "analyst-password-of-the-tests"


def missing_engine() -> str:
    """Why containers cannot be run here; empty where they can."""
    try:
        answer = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"], capture_output=True, text=True, timeout=20
        )
    except FileNotFoundError:
        return "no docker client"
    except subprocess.TimeoutExpired:
        return "the Docker engine does not answer"
    return "" if answer.returncode == 0 else f"no Docker engine answers: {answer.stderr.strip()[:200]}"


MISSING = missing_engine()
pytestmark = [pytest.mark.containers, pytest.mark.skipif(bool(MISSING), reason=MISSING or "-")]


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IngestSettings]:
    from testcontainers.kafka import KafkaContainer

    with KafkaContainer("apache/kafka:4.3.1").with_kraft() as container:
        yield IngestSettings(
            _env_file=None,
            data_folder=tmp_path_factory.mktemp("kafka"),
            kafka_bootstrap=container.get_bootstrap_server(),
        )


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseSettings]:
    from testcontainers.clickhouse import ClickHouseContainer

    with ClickHouseContainer(
        "clickhouse/clickhouse-server:26.9", username="ioc", password=PASSWORD, dbname="ioc"
    ) as container:
        yield WarehouseSettings(
            _env_file=None,
            data_folder=Path(tmp_path_factory.mktemp("clickhouse")),
            host=container.get_container_host_ip(),
            port=int(container.get_exposed_port(9000)),
            password=SecretStr(PASSWORD),
            analyst_password=SecretStr(ANALYST_PASSWORD),
        )


def test_topics_are_made_and_events_arrive(kafka: IngestSettings) -> None:
    make_topics(kafka)
    assert not missing_topics(kafka)
    envelopes = events(seed=1, count=200)

    async def send() -> None:
        producer = Producer(kafka)
        await producer.start()
        await producer.send(envelopes)
        await producer.stop()

    asyncio.run(send())
    assert sum(topic_sizes(kafka).values()) == len(envelopes)
    assert all(encode(one) for one in envelopes)


def test_the_same_tables_views_and_figures(clickhouse: WarehouseSettings) -> None:
    with connect(clickhouse, database="") as owner:
        migrate(owner)
    with connect(clickhouse) as client:
        views.sync_views(client)
        store(client, events(seed=1, count=2000))
        for one in indicators():
            if one.has_flow:
                assert client.query(flow_sql(one)), one.id


def test_the_service_makes_the_analysts_user_who_reads_the_views_alone(clickhouse: WarehouseSettings) -> None:
    prepare_tables(clickhouse)
    prepare_tables(clickhouse)  # every start does it
    with connect(clickhouse) as client:
        store(client, events(seed=2, count=50))
    with connect(clickhouse, "analyst") as analyst:
        for name in views.public_names():
            analyst.query(f"SELECT * FROM {name} LIMIT 1")  # noqa: S608 - a name of ours
        with pytest.raises(ServerError):
            analyst.query("SELECT count() FROM raw_events")
        with pytest.raises(ServerError):
            analyst.execute("SET max_execution_time = 0")
    adhoc = Adhoc(clickhouse, views.public_names())
    assert adhoc.run("SELECT count() FROM events", "reader").rows[0][0] >= 50
