"""Health: how a worker tells that it is at work - its pulse, how far it is behind, and what keeps it waiting."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from ingest.contract.errors import NotReady
from ingest.contract.settings import HealthSettings, IngestSettings
from ingest.kafka import checks
from ingest.runtime import metrics
from ingest.runtime.health import Health, listener_of, serve_health
from ingest.runtime.liveness import Liveness, Progress, Pulse
from ingest.runtime.readiness import Readiness
from streams.partition.record_batch import RecordBatch
from streams.settings import StreamsSettings
from streams.watchdog.lag import NOTHING, Backlog, PartitionLag
from warehouse.health import check_warehouse
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client
from warehouse.store.positions import PartitionKey

EVERY = timedelta(seconds=1)

UNWRITTEN = timedelta(seconds=30)
"""How long nothing may have been written, though something waits, of a worker that is ready."""


class WatchedTask(Protocol):
    """What is asked of a worker."""

    moves: int
    """Grows with everything that it takes or recovers."""

    def positions(self) -> Mapping[PartitionKey, int]:
        """Kafka's offset of the next record of each partition that should get on; of one that has not recovered, -1."""
        ...

    def committed(self) -> Mapping[PartitionKey, int]:
        """Kafka's offset after the last queryable record of each partition."""
        ...

    def highwater(self, place: PartitionKey) -> int | None:
        """Kafka's offset after the last record."""
        ...


class WorkerHealth:
    """One worker's signs of life; they are told from the moment this is made."""

    def __init__(
        self, settings: StreamsSettings, health: HealthSettings, ingest: IngestSettings, warehouse: WarehouseSettings
    ) -> None:
        self._pulse, self.progress = Pulse(), Progress("records from Kafka", ("kafka", "warehouse"))
        self._backlogs: dict[PartitionKey, Backlog] = {}
        self._waiting: dict[PartitionKey, PartitionLag] = {}
        self._positions: dict[PartitionKey, int] = {}
        ready = Readiness(
            {
                "kafka": checks.check_kafka(ingest),
                "warehouse": check_warehouse(Client(warehouse, database="")),
                "partitions": self.has_partitions,
                "writes": self.writes,
            }
        )
        live = Liveness(self._pulse, [self.progress], ready)
        told = Health(f"streams-{settings.worker}", live, ready, metrics.registry(*metrics.OF_STREAMS), self._stages)
        serve_health(told, listener_of(health, settings.own_health_port))

    def take(self, place: PartitionKey, batch: RecordBatch) -> None:
        """Note a batch, with Kafka's offsets, that the worker is about to take."""
        backlog = self._backlogs.setdefault(place, Backlog())
        backlog.take(batch.offsets[-1], batch.first_ms / 1000, batch.last_ms / 1000)

    async def run(self, worker: WatchedTask) -> None:
        """Look at a worker, in its own loop, for ever."""
        while True:
            self._pulse.beat()
            self.look(worker, time.time())
            await asyncio.sleep(EVERY.total_seconds())

    def look(self, worker: WatchedTask, now: float) -> None:
        """Note how far the worker is.

        Args:
            worker: the worker.
            now: seconds since 1970 by the real clock.
        """
        positions, written = dict(worker.positions()), dict(worker.committed())
        found: dict[PartitionKey, PartitionLag] = {}
        for place in positions.keys() | written.keys():
            backlog = self._backlogs.setdefault(place, Backlog())
            found[place] = waiting = backlog.measure(written.get(place, 0), worker.highwater(place), now)
            metrics.LAG_RECORDS.labels(*place).set(waiting.records)
            metrics.LAG_SECONDS.labels(*place).set(waiting.seconds)
            metrics.OFFSET_AGE.labels(*place).set(waiting.unmoved)
        for place in self._waiting.keys() - found.keys():
            del self._backlogs[place]
            for gauge in (metrics.LAG_RECORDS, metrics.LAG_SECONDS, metrics.OFFSET_AGE):
                gauge.remove(*place)
        self._waiting, self._positions = found, positions
        # Those that are stopped wait for a person and not for us.
        waits = any(position < 0 or found[place].records for place, position in positions.items())
        self.progress.note(waits, (worker.moves, sum(written.values())))

    def has_partitions(self) -> None:
        """See that the worker has partitions, and that all have recovered.

        Raises:
            NotReady: they have not.
        """
        positions = self._positions
        if not positions:
            raise NotReady("no partitions yet")
        if recovering := sum(position < 0 for position in positions.values()):
            raise NotReady(f"{recovering} of {len(positions)} partitions are still recovering")

    def writes(self) -> None:
        """See that what waits gets written.

        Raises:
            NotReady: nothing could be written for a while.
        """
        waiting, positions = self._waiting, self._positions
        still = max((waiting.get(place, NOTHING).unmoved for place in positions), default=0.0)
        if still > UNWRITTEN.total_seconds():
            raise NotReady(f"nothing could be written for {still:.0f} s, though something waits")

    def _stages(self) -> dict[str, Any]:
        waiting, positions = self._waiting, self._positions
        return {
            f"{topic}/{partition}": {
                "next": positions.get((topic, partition)),
                "waiting": one.records,
                "waiting_s": round(one.seconds, 1),
            }
            for (topic, partition), one in sorted(waiting.items())
        }
