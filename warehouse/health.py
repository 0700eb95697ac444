"""Health of the warehouse's process: its heartbeat, what it needs, and gauges of what it holds."""

import logging
import math
import socket
import threading
from contextlib import suppress
from datetime import timedelta

from ingest.contract.clock import Clock, milliseconds
from ingest.contract.errors import IocError, NotReady, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of
from ingest.kafka import checks
from ingest.runtime import metrics
from ingest.runtime.health import Health, serve_health
from ingest.runtime.liveness import Liveness, Pulse
from ingest.runtime.readiness import Readiness, ReadinessCheck
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, ServerError
from warehouse.store.migrate import plan_migrations

_NEWEST = """
SELECT max(at_ms) FROM raw_events
WHERE topic = %(topic)s AND at_ms > %(after)s AND kind IN ('source.heartbeat', 'system.heartbeat')
"""
_OLDEST_DEAD_LETTER = """
SELECT count(), toUnixTimestamp64Milli(min(received_at)) FROM raw_dead_letters
WHERE id NOT IN (SELECT id FROM raw_letter_replays FINAL WHERE outcome = 'sent')
"""
_PARTS = "SELECT table, count() FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table"
_FREE = "SELECT min(free_space) FROM system.disks"
_AUDIT = "SELECT differences FROM audits ORDER BY started_at DESC LIMIT 1"


class StoreGauges:
    """Measures the warehouse.

    Args:
        client: an open connection, used only here.
        clock: the install's.
    """

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._newest_ms = 0
        self._oldest_dead_letter_ms: int | None = None
        metrics.HEARTBEAT_AGE.labels(metrics.STORED).set_function(self.heartbeat_age)
        metrics.DLQ_OLDEST.set_function(self._dead_letter_age)
        for unknown in (metrics.FREE_BYTES, metrics.MISMATCHES):
            unknown.set(math.nan)

    def look_for_heartbeat(self) -> None:
        """Look whether there is a newer heartbeat; its age goes on growing by itself, also while nobody can look.

        Raises:
            Unavailable: the warehouse is away.
        """
        asked = {"topic": topic_of("health"), "after": self._newest_ms}
        self._newest_ms = max(self._newest_ms, self._client.query(_NEWEST, asked)[0][0])

    def take(self) -> None:
        """Measure everything else.

        Raises:
            Unavailable: the warehouse is away.
        """
        count, oldest = self._client.query(_OLDEST_DEAD_LETTER)[0]
        self._oldest_dead_letter_ms = oldest if count else None
        for table, parts in self._client.query(_PARTS):
            metrics.PARTS.labels(table).set(parts)
        metrics.FREE_BYTES.set(self._client.query(_FREE)[0][0])
        for (differences,) in self._client.query(_AUDIT):
            metrics.MISMATCHES.set(differences)

    def heartbeat_age(self) -> float:
        """Seconds since the newest heartbeat that can be queried, by the install's clock; NaN when there never was one."""
        return self._age(self._newest_ms) if self._newest_ms else math.nan

    def _dead_letter_age(self) -> float:
        return 0.0 if self._oldest_dead_letter_ms is None else self._age(self._oldest_dead_letter_ms)

    def _age(self, at_ms: int) -> float:
        return max(0.0, (milliseconds(self._clock.now()) - at_ms) / 1000)


log = logging.getLogger(__name__)

BEAT_EVERY = timedelta(seconds=2)
GAUGES_EVERY = 5
"""Every so many beats everything is measured, and not only the heartbeat's age."""


def check_warehouse(client: Client) -> ReadinessCheck:
    """Whether the warehouse answers, and its tables are those that this version needs.

    Args:
        client: a connection that is used only for this.
    """

    def check() -> None:
        try:
            pending = plan_migrations(client)
        except ServerError as error:
            raise Unavailable("the warehouse", str(error.message)[:200]) from error
        if pending:
            raise NotReady(f"migration {pending[0].version:04} is not applied yet")

    return check


def serve_warehouse_health(
    settings: WarehouseSettings, ingest: IngestSettings, listener: socket.socket | None, pulse: Pulse | None = None
) -> None:
    """Serve this process's health from now on. Its threads are the caller's children: call it where they are confined as well.

    Args:
        settings: where the warehouse answers.
        ingest: the clock, and the disk.
        listener: where to tell it.
        pulse: whoever gives it; `None`: the warehouse's own answers do.
    """
    if pulse is None:
        pulse = Pulse()
        threading.Thread(target=_beat, args=(Client(settings), pulse), name="heart", daemon=True).start()
    gauges = StoreGauges(Client(settings), ingest.clock())
    threading.Thread(target=_measure, args=(gauges,), name="gauges", daemon=True).start()
    ready = Readiness(
        {"tables": check_warehouse(Client(settings, database="")), "disk": checks.check_disk_space(ingest)}
    )
    registry = metrics.registry(*metrics.OF_WAREHOUSE)
    serve_health(Health("warehouse", Liveness(pulse, (), ready), ready, registry), listener)


def _beat(client: Client, pulse: Pulse) -> None:
    """Beat as long as the warehouse gives answers, good or bad ones."""
    pause = threading.Event()
    while True:
        with suppress(IocError, ServerError):
            client.query("SELECT 1")
        pulse.beat()
        pause.wait(BEAT_EVERY.total_seconds())


def _measure(gauges: StoreGauges) -> None:
    pause = threading.Event()
    due = 0
    while True:
        try:
            gauges.look_for_heartbeat()
            if due == 0:
                gauges.take()
            due = (due + 1) % GAUGES_EVERY
        except (IocError, ServerError) as error:
            log.debug("cannot measure: %s", error)
        pause.wait(BEAT_EVERY.total_seconds())
