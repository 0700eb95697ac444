"""What a worker tells of itself, from how it stands."""

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from ingest.contract.errors import NotReady
from ingest.contract.settings import HealthSettings, IngestSettings
from ingest.runtime import metrics
from streams.partition.record_batch import RecordBatch
from streams.settings import StreamsSettings
from streams.watchdog.health import WorkerHealth
from tests.support.broker import SECRET
from warehouse.settings import WarehouseSettings
from warehouse.store.positions import PartitionKey

A, B = ("ioc.queue.v1", 0), ("ioc.queue.v1", 1)


class Worker:
    """A worker that stands as a test says."""

    def __init__(self) -> None:
        self.moves = 0
        self.at: dict[PartitionKey, int] = {}
        self.written: dict[PartitionKey, int] = {}
        self.ends: dict[PartitionKey, int] = {}

    def positions(self) -> dict[PartitionKey, int]:
        return self.at

    def committed(self) -> dict[PartitionKey, int]:
        return self.written

    def highwater(self, place: PartitionKey) -> int | None:
        return self.ends.get(place)


@pytest.fixture
def signs(monkeypatch: pytest.MonkeyPatch) -> WorkerHealth:
    monkeypatch.setattr("streams.watchdog.health.serve_health", lambda health, listener: None)
    monkeypatch.setattr("streams.watchdog.health.Readiness", lambda checks: None)
    warehouse = WarehouseSettings(_env_file=None, password=SecretStr("0123456789abcdef"), port=1)
    settings = StreamsSettings(_env_file=None, health_port=0)
    return WorkerHealth(
        settings,
        HealthSettings(_env_file=None),
        IngestSettings(_env_file=None, kafka_port=1, kafka_own_secret=SECRET),
        warehouse,
    )


def gauge(name: str, place: PartitionKey) -> float | None:
    registry = CollectorRegistry()
    for one in (metrics.LAG_RECORDS, metrics.LAG_SECONDS, metrics.OFFSET_AGE):
        registry.register(one)
    return registry.get_sample_value(name, {"topic": place[0], "partition": str(place[1])})


def test_how_far_it_is_behind_is_measured(signs: WorkerHealth) -> None:
    worker = Worker()
    worker.at, worker.written, worker.ends = {A: 10, B: 5}, {A: 4, B: 5}, {A: 12, B: 5}
    signs.take(A, RecordBatch([8, 9], [b"", b""], first_ms=90_000, last_ms=95_000))
    signs.look(worker, now=100.0)
    assert gauge("ioc_consumer_lag_records", A) == 8
    assert gauge("ioc_consumer_lag_seconds", A) == 10
    assert gauge("ioc_consumer_lag_records", B) == 0
    signs.look(worker, now=107.0)
    assert gauge("ioc_committed_offset_age_seconds", A) == 7
    worker.written = {A: 12, B: 5}
    signs.look(worker, now=108.0)
    assert [gauge(f"ioc_{name}", A) for name in ("consumer_lag_records", "consumer_lag_seconds")] == [0, 0]


def test_partitions_that_were_given_away_are_not_told_of(signs: WorkerHealth) -> None:
    worker = Worker()
    worker.at = worker.written = {A: 10, B: 5}
    signs.look(worker, now=1.0)
    worker.at = worker.written = {B: 5}
    signs.look(worker, now=2.0)
    assert gauge("ioc_consumer_lag_records", A) is None
    assert gauge("ioc_consumer_lag_records", B) == 0


def test_it_is_ready_when_its_partitions_have_recovered(signs: WorkerHealth) -> None:
    worker = Worker()
    signs.look(worker, now=1.0)
    with pytest.raises(NotReady, match="no partitions yet"):
        signs.has_partitions()
    worker.at = {A: -1, B: 5}
    signs.look(worker, now=2.0)
    with pytest.raises(NotReady, match="1 of 2 partitions are still recovering"):
        signs.has_partitions()
    worker.at = {A: 0, B: 5}
    signs.look(worker, now=3.0)
    signs.has_partitions()


def test_it_is_not_ready_when_nothing_can_be_written(signs: WorkerHealth) -> None:
    worker = Worker()
    worker.at, worker.written, worker.ends = {A: 12}, {A: 4}, {A: 12}
    signs.look(worker, now=100.0)
    signs.writes()
    signs.look(worker, now=131.0)
    with pytest.raises(NotReady, match="nothing could be written for 31 s"):
        signs.writes()
    worker.written = {A: 5}
    signs.look(worker, now=132.0)
    signs.writes()


def test_a_stopped_partition_waits_for_a_person(signs: WorkerHealth) -> None:
    worker = Worker()
    worker.written, worker.ends = {A: 4}, {A: 12}  # it is not among those that should get on
    for now in (100.0, 200.0):
        signs.look(worker, now=now)
    signs.writes()
    assert gauge("ioc_consumer_lag_records", A) == 8
    assert signs.progress.stalled() == 0
