"""Health of the warehouse's process: a heart that asks it the simplest question, what it needs, and gauges of what it holds."""

import logging
import socket
import threading
from contextlib import suppress
from datetime import timedelta

from ingest import checks, metrics
from ingest.errors import IocError, NotReady, Unavailable
from ingest.health import Health
from ingest.health import serve as tell
from ingest.liveness import Liveness, Pulse
from ingest.readiness import Check, Readiness
from ingest.settings import IngestSettings
from warehouse.client import Client, ServerError
from warehouse.migrate import plan
from warehouse.settings import WarehouseSettings
from warehouse.store_gauges import StoreGauges

log = logging.getLogger(__name__)

BEAT_EVERY = timedelta(seconds=2)
GAUGES_EVERY = 5
"""Every so many beats everything is measured, and not only the heartbeat's age."""


def answers(client: Client) -> Check:
    """Whether the warehouse answers, and its tables are those that this version needs.

    Args:
        client: a connection that is used only for this.
    """

    def check() -> None:
        try:
            pending = plan(client)
        except ServerError as error:
            raise Unavailable("the warehouse", str(error.message)[:200]) from error
        if pending:
            raise NotReady(f"migration {pending[0].version:04} is not applied yet")

    return check


def serve(
    settings: WarehouseSettings, ingest: IngestSettings, listener: socket.socket | None, pulse: Pulse | None = None
) -> None:
    """Tell how this process is from now on. Its threads are the caller's children: call it where they are confined as well.

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
    ready = Readiness({"tables": answers(Client(settings, database="")), "disk": checks.disk(ingest)})
    registry = metrics.registry(*metrics.OF_WAREHOUSE)
    tell(Health("warehouse", Liveness(pulse, (), ready), ready, registry), listener)


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
            log.debug("not measured: %s", error)
        pause.wait(BEAT_EVERY.total_seconds())
