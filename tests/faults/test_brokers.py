"""Three real brokers: a killed one loses and doubles nothing, whoever is restarted in which order."""

import asyncio
import json
import random
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from commands.developers.nemesis.faults.brokers import BrokerNode, cluster_variables, plan_brokers, start_brokers
from commands.developers.nemesis.oracle.figures import flows, recompute_flows
from commands.developers.nemesis.oracle.kafka_log import event_records, read_log
from commands.install.ports import free_ports
from commands.supervision.stack import Stack
from ingest.contract.clock import WARD_ZONE
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.errors import Unavailable
from ingest.contract.events.queue import TicketIssued
from ingest.contract.settings import IngestSettings
from ingest.kafka.admin import connect_admin, make_topics, wanted_topics
from ingest.kafka.producer import Producer
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, ServerError, connect

pytestmark = [pytest.mark.faults, pytest.mark.embedded, pytest.mark.timeout(1500)]

WARDS = ("hong-bang", "le-chan", "ngo-quyen", "hai-an", "kien-an", "do-son")
PATIENCE = 240.0


class Ledger:
    """A source that sends tickets as fast as it is answered, each again until it is, and keeps which were acknowledged.

    Args:
        settings: Kafka, as every process of ours reaches it.
        pause: seconds between two batches.
    """

    def __init__(self, settings: IngestSettings, pause: float) -> None:
        self._settings, self._pause = settings, pause
        self._ending = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.acked: list[str] = []
        """Ids of what was acknowledged, in its order."""
        self.refused = 0
        """Times that a batch was not acknowledged and sent again."""
        self.longest = 0.0
        """Seconds that a batch took at most until it was acknowledged."""

    def __enter__(self) -> "Ledger":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def more(self, count: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted, end = len(self.acked) + count, time.monotonic() + PATIENCE
        while len(self.acked) < wanted:
            assert time.monotonic() < end, f"{len(self.acked)} acknowledged, {self.refused} refused"
            time.sleep(0.02)

    async def _run(self) -> None:
        producer, choose = Producer(self._settings), random.Random(1)
        await producer.start()
        number = 0
        while not self._ending.is_set():
            batch = [_ticket(number + n, choose.choice(WARDS)) for n in range(choose.randint(1, 40))]
            number += len(batch)
            began = time.monotonic()
            while True:
                try:
                    await producer.send(batch)
                    break
                except Unavailable:
                    self.refused += 1
                    await asyncio.sleep(0.2)
            self.longest = max(self.longest, time.monotonic() - began)
            self.acked += [one.id for one in batch]
            await asyncio.sleep(self._pause)
        await producer.stop()


def _ticket(number: int, ward: str) -> Envelope:
    now = datetime.now(UTC)
    at = now - timedelta(microseconds=now.microsecond % 1000)
    event = TicketIssued(
        ticket_id=f"TTHCC-{number}",
        site_id="TTHCC",
        local_date=f"{at.astimezone(WARD_ZONE):%Y-%m-%d}",
        ticket_no=f"A{number % 1000:03}",
        service_code="ho_tich",
        queue_id="ho_tich",
        issued_at=at,
        kiosk_id="KIOSK-01",
    )
    return envelope(event, ward=ward, source="/test/queue", recorded_at=at, id=f"ledger-{number}")


class Cluster:
    """Three brokers, and what uses them.

    Args:
        folder: everything that they write.
        parts: processes of ours beside them.
    """

    def __init__(self, folder: Path, parts: tuple[str, ...] = ()) -> None:
        ports = iter(free_ports(6))
        self.nodes: list[BrokerNode] = plan_brokers([(next(ports), next(ports)) for _ in range(3)])
        self.parts = parts
        self.stack = Stack(
            folder,
            (*(node.name for node in self.nodes), *parts),
            cluster_variables(self.nodes),
            patience=PATIENCE,
            further=[node.process() for node in self.nodes],
        )
        self.ingest = self.stack.settings(IngestSettings)

    def __enter__(self) -> "Cluster":
        try:
            start_brokers(self.stack, self.nodes)
            for part in self.parts:
                self.stack.start(part)
            for part in self.parts:
                self.stack.wait(part)
            make_topics(self.ingest)
            self.wait_in_sync()
        except BaseException:
            self.stack.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.stop()

    def out_of_sync(self) -> int:
        """How many of our partitions lack one of their three copies."""
        with connect_admin(self.ingest) as admin:
            described = admin.describe_topics([topic.name for topic in wanted_topics(self.ingest)])
        return sum(len(one["isr_nodes"]) < 3 for topic in described for one in topic["partitions"])

    def wait_in_sync(self) -> None:
        """Until all copies of all partitions are."""
        end, left = time.monotonic() + PATIENCE, -1
        while left:
            try:
                left = self.out_of_sync()
            except (Unavailable, KafkaError):
                left = -1
            assert time.monotonic() < end, f"{left} partitions are not in sync"
            time.sleep(0.2 if left else 0)

    def back(self, name: str) -> None:
        """Start a broker again, and wait until it has all."""
        self.stack.start(name)
        self.stack.wait(name)
        self.wait_in_sync()


@pytest.fixture
def kafka_alone(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path) as cluster:
        yield cluster


def in_kafka(cluster: Cluster) -> list[str]:
    """The ids of all events that Kafka has, each as often as it is there."""
    return [
        record.id for (topic, _), records in read_log(cluster.ingest).items() if "queue" in topic for record in records
    ]


def test_what_was_acknowledged_outlives_the_broker_that_took_it(kafka_alone: Cluster) -> None:
    with connect_admin(kafka_alone.ingest) as admin:
        names = [topic.name for topic in wanted_topics(kafka_alone.ingest)]
        for described in admin.describe_topics(names):
            assert {len(one["replica_nodes"]) for one in described["partitions"]} == {3}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        found = admin.describe_configs(resources, config_filter="all")["topic"]
    assert {found[name]["min.insync.replicas"]["value"] for name in names} == {"2"}
    with Ledger(kafka_alone.ingest, pause=0.02) as ledger:
        ledger.more(300)
        kafka_alone.stack.kill("kafka-1")
        ledger.more(600)
    assert set(ledger.acked) <= set(in_kafka(kafka_alone))
    # With one broker of three nothing can be acknowledged, and nothing is.
    kafka_alone.stack.kill("kafka-2")
    with pytest.raises(Unavailable):
        asyncio.run(_send_one(kafka_alone.ingest))


async def _send_one(settings: IngestSettings) -> None:
    producer = Producer(settings)
    try:
        async with asyncio.timeout(20):
            await producer.start()
            await producer.send([_ticket(10**9, "hong-bang")])
    except TimeoutError:
        raise Unavailable("Kafka", "it cannot be reached at all") from None
    finally:
        await producer.stop()


def test_brokers_and_workers_killed_and_restarted_in_turn_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    told: dict[str, Any] = {}
    parts = ("ingest", "warehouse", "streams-1", "streams-2")
    with Cluster(tmp_path, parts) as cluster, Ledger(cluster.ingest, pause=0.05) as ledger:
        stack = cluster.stack
        for part in ("kafka-1", "kafka-2"):  # each with -9, the second once the first has all again
            ledger.more(300)
            stack.kill(part)
            ledger.more(300)
            cluster.back(part)
        told["acked with two kills"] = len(ledger.acked)
        for node in cluster.nodes:  # as for an upgrade
            ledger.more(150)
            stack.kill(node.name, signal.SIGTERM)
            ledger.more(150)
            cluster.back(node.name)
        for part in ("streams-1", "streams-2"):
            ledger.more(150)
            stack.kill(part, signal.SIGTERM)
            stack.start(part)
            ledger.more(150)
            stack.wait(part)
        ledger.__exit__()
        told |= {"acked": len(ledger.acked), "refused": ledger.refused, "longest": round(ledger.longest, 2)}
        with connect(stack.settings(WarehouseSettings)) as client:
            _wait_stored(client, event_records(cluster.ingest))
            stored = [id for (id,) in client.query("SELECT id FROM raw_events FINAL WHERE id LIKE 'ledger-%'")]
            told |= {
                "lost": len(set(ledger.acked) - set(stored)),
                "doubled": len(stored) - len(set(stored)),
                "invented": len(set(stored) - set(ledger.acked)),
                "repeats": client.query("SELECT count() FROM raw_repeats FINAL")[0][0],
            }
            print(json.dumps(told))
            assert {told[kind] for kind in ("lost", "doubled", "invented")} == {0}
            assert sum(sides[0] for key, sides in flows(client).items() if key[1] == "Q01" and not key[4]) == len(
                stored
            )


def _wait_stored(client: Client, records: int) -> None:
    """Until the warehouse has every record, and the figures are those of the events."""
    end, there = time.monotonic() + PATIENCE, -1
    asked = "SELECT (SELECT count() FROM raw_events FINAL) + (SELECT count() FROM raw_repeats FINAL)"
    while there < records or flows(client) != recompute_flows(client):
        assert time.monotonic() < end, f"{there} of {records} records"
        try:
            there = client.query(asked)[0][0]
        except (Unavailable, ServerError):
            continue
        time.sleep(0.5)
