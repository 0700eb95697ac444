"""From the device's protocol to the warehouse: no personal value of the recorded samples is found anywhere on the way."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx
import paho.mqtt.client as mqtt
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from paho.mqtt.enums import CallbackAPIVersion
from standardwebhooks import Webhook as Signer

from commands.install.ports import free_ports
from commands.supervision.stack import Stack
from connectors import catalogue
from connectors.settings import ConnectorsSettings
from ingest.contract.connector import AlertStream, Connector, DeviceProbe, Poll, PullPoint, Subscription, Webhook
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import all_topics
from ingest.kafka.client import client_options
from ingest.kafka.lag import group_lags
from streams.settings import StreamsSettings
from tests.declarations.test_connectors import lines, personal_values
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

pytestmark = [pytest.mark.embedded, pytest.mark.long]

CONNECTORS = catalogue()
PERSONAL = {value for one in CONNECTORS for line in lines(one) for value in personal_values(line, one.personal)}


class DossierSystem(BaseHTTPRequestHandler):
    """A dossier system that has one page: the recorded sample."""

    items: ClassVar[list[Any]] = []

    def do_GET(self) -> None:
        page = {"DuLieu": [] if "conTro=1" in self.path else self.items, "ConTroTiepTheo": "1", "ConNua": False}
        body = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    (port,) = free_ports(1)
    DossierSystem.items = [line for one in CONNECTORS if one.id == "dossier_portal" for line in lines(one)]
    server = ThreadingHTTPServer(("127.0.0.1", port), DossierSystem)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables = {
        "IOC_CONNECTORS_URLS__DOSSIER_PORTAL": f"http://127.0.0.1:{port}",
        # The samples were recorded in the week before; what they tell is not in the future.
        "IOC_CLOCK_ORIGIN": "2026-11-24T09:00:00+07:00",
        "IOC_CLOCK_REAL_ORIGIN": datetime.now(UTC).isoformat(),
        # After a snapshot Kafka is told how far the worker is, which is waited for.
        "IOC_STREAMS_SNAPSHOT_EVERY": "PT2S",
    }
    parts = ("ingest", "warehouse", "connectors", "streams")
    with Stack(tmp_path_factory.mktemp("privacy"), parts, variables) as running:
        yield running
    server.shutdown()
    server.server_close()


def post(settings: ConnectorsSettings, one: Connector) -> None:
    """Post the sample as its source would."""
    signer = Signer(settings.webhook_secrets(one.id)[0])
    for number, line in enumerate(lines(one)):
        body, id, now = json.dumps(line, ensure_ascii=False), f"{one.id}-{number}", datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(id, now, body),
        }
        url = f"http://127.0.0.1:{settings.intake_port}/intake/{one.id}"
        answer = httpx.post(url, content=body.encode(), headers=headers)
        for _ in range(30):
            if answer.status_code != 503:
                break
            time.sleep(1)  # Kafka is busy: a source posts the same again
            answer = httpx.post(url, content=body.encode(), headers=headers)
        assert answer.status_code in (200, 202), answer.text


def publish(settings: ConnectorsSettings, one: Connector) -> None:
    """Publish the sample as its devices would."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"sample-{one.id}")
    client.username_pw_set(one.id, settings.mqtt_account_password(one.id))
    client.connect("127.0.0.1", settings.mqtt_port)
    client.loop_start()
    for line in lines(one):
        payload = (
            line["payload"] if isinstance(line["payload"], str) else json.dumps(line["payload"], ensure_ascii=False)
        )
        client.publish(line["topic"], payload.encode(), qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


async def in_kafka(settings: IngestSettings) -> list[bytes]:
    """Every record of every topic, keys included."""
    found: list[bytes] = []
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False, group_id=None)
    await consumer.start()
    try:
        places = [TopicPartition(one.name, n) for one in all_topics(1) for n in range(settings.kafka_partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        await consumer.seek_to_beginning(*places)
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [part for record in records for part in (record.key, record.value) if part]
    finally:
        await consumer.stop()
    return found


def in_warehouse(settings: WarehouseSettings) -> list[str]:
    """Every row of every table of ours, as JSON."""
    with connect(settings) as client:
        tables = client.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
        )
        return [str(row) for (table,) in tables for row in client.query(f"SELECT * FROM {table}")]  # noqa: S608 - names from the engine


def test_nothing_personal_gets_further_than_the_connector(stack: Stack) -> None:
    settings = stack.settings(ConnectorsSettings)
    for one in CONNECTORS:
        if isinstance(one.way, Webhook):
            post(settings, one)
        elif isinstance(one.way, Subscription):
            publish(settings, one)
        else:
            # Devices are read in `test_cameras_whole` and `test_equipment`.
            assert isinstance(one.way, Poll | AlertStream | PullPoint | DeviceProbe)
    warehouse = stack.settings(WarehouseSettings)
    wanted = {"ioc.queue.v1", "ioc.dossier.v1", "ioc.speaker.v1", "ioc.camera.v1", "ioc.petition.v1", "ioc.document.v1"}
    with connect(warehouse) as client:
        end = time.monotonic() + 60
        while wanted - {topic for (topic,) in client.query("SELECT DISTINCT topic FROM raw_events")}:
            assert time.monotonic() < end, stack.log("connectors")
            time.sleep(0.2)
        ingest = stack.settings(IngestSettings)
        while any(lag.records for lag in group_lags(ingest, stack.settings(StreamsSettings).group).values()):
            assert time.monotonic() < end + 60, "what is in Kafka does not get into the warehouse"
            time.sleep(0.5)
    everything = [part.decode() for part in asyncio.run(in_kafka(stack.settings(IngestSettings)))] + in_warehouse(
        warehouse
    )
    assert len(everything) > 100
    haystack = "\n".join(everything)
    assert [value for value in PERSONAL if value in haystack] == []
    logs = "\n".join(stack.log(part, lines=10_000) for part in ("ingest", "warehouse", "connectors", "streams"))
    assert [value for value in PERSONAL if value in logs] == []
