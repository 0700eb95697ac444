"""Taking up a partition, by a real warehouse and without a Kafka, which has let go of everything that is stored."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS, topic_of
from ingest.kafka.offsets import Extent, HeldRecords
from streams.fold.plan import plans
from streams.partition.state import PartitionState
from streams.poison.attempts import Attempts
from streams.recovery import recovery, take_up
from streams.recovery.recovery import Recovery
from streams.recovery.take_up import Tools
from streams.validate import RecordValidator
from streams.warehouse_connections import Stopping, WorkerWarehouse
from streams.watchdog.freeze import FreezeWatchdog
from streams.write.announcer import Announcer
from streams.write.writer import BatchWriter
from tests.connectors.support.taking import Still
from tests.support.made import START, events
from tests.support.raw import store
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect

pytestmark = pytest.mark.embedded

TOPIC = topic_of("queue")
PLACE = (TOPIC, 0)
COUNT = 6_000


@pytest.fixture(scope="module")
def client(warehouse: WarehouseSettings) -> Iterator[Client]:
    """A warehouse that holds events of one partition, and nothing that was made of them."""
    kinds = list(dict.fromkeys(event for plan in plans(TOPIC) for event in plan.entity.events))
    with connect(warehouse) as opened:
        store(opened, events(seed=4, count=COUNT, kinds=kinds, keys=400))
        yield opened


class Deaf:
    """A Kafka that hears of nothing."""

    async def push(self, records: object) -> None:
        pass


async def taken_up(client: Client, folder, monkeypatch) -> PartitionState:
    """The partition, by a recovery of a worker that has just begun."""
    gone = Extent(COUNT, COUNT)
    monkeypatch.setattr(
        recovery, "held_records", lambda *_: HeldRecords("cluster", {PLACE: gone, (DEAD_LETTERS, 0): Extent(0, 0)})
    )
    stopping, clock, deaf = Stopping(), Still(START), Deaf()
    with connect(client.settings) as reader:
        connections = WorkerWarehouse(client, reader, stopping, FreezeWatchdog())
        validator = RecordValidator(deaf, clock, stopping)  # type: ignore[arg-type]
        writing = BatchWriter(connections, Announcer(deaf, stopping), clock, stopping)  # type: ignore[arg-type]
        tools = Tools(
            IngestSettings(_env_file=None, pseudonym_secret=SecretStr("0123456789abcdefghijklmnopqrstuv")),
            connections, validator, writing, Attempts(folder), clock, stopping, lambda: None,
        )  # fmt: skip
        made = Recovery(tools)
        (partition,) = [partition async for partition in made.partitions({PLACE}, {})]
    return partition


def snapshots(client: Client) -> list[int]:
    return sorted(
        {row[0] for row in client.query("SELECT offset FROM fold_snapshots WHERE topic = %(t)s", {"t": TOPIC})}
    )


@pytest.mark.long
async def test_a_long_way_back_is_stored_midway(client, tmp_path, monkeypatch):
    """Whoever dies on it goes on from there; what was written is that of everything folded so far."""
    monkeypatch.setattr(take_up, "WRITTEN_AFTER", 10 * COUNT)
    partition = await taken_up(client, tmp_path / "first", monkeypatch)
    assert (partition.next, partition.fold.offset, partition.written) == (COUNT, COUNT - 1, -1)
    assert snapshots(client) == []
    monkeypatch.setattr(take_up, "WRITTEN_AFTER", COUNT // 3)
    partition = await taken_up(client, tmp_path / "second", monkeypatch)
    found = snapshots(client)
    assert found
    assert all(COUNT // 3 - 1 <= offset < COUNT for offset in found)
    assert partition.next == COUNT
    assert partition.snapshot == found[-1]
    assert client.query("SELECT max(offset) FROM raw_values WHERE topic = %(t)s", {"t": TOPIC}) == [(found[-1],)]
    assert not partition.is_open
