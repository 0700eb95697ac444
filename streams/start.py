"""Start: makes a worker with all that it needs, and runs it until it is told to stop."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import faust

from ingest.contract.errors import Unavailable
from ingest.contract.events import streams
from ingest.contract.settings import HealthSettings, IngestSettings, read_settings
from ingest.contract.topic import DEAD_LETTERS, topic_of
from ingest.kafka.admin import missing_topics
from ingest.kafka.offsets import held_records
from ingest.kafka.producer import Producer
from ingest.runtime import failpoint, process
from ingest.runtime.backoff import BackOff
from streams import garbage
from streams.app import attach_worker, build_app
from streams.settings import StreamsSettings
from streams.transport import AppConsumer
from streams.watchdog import exit
from streams.watchdog.health import WorkerHealth
from streams.watchdog.stall import StallWatchdog, WorkerActivity
from streams.worker import Worker
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client

log = logging.getLogger(__name__)

STOPS_WITHIN = timedelta(seconds=7)
"""How long an orderly end may take. Ending at once is safe as well, and that is what comes then."""


class WorkerRunner(faust.Worker):  # type: ignore[misc]
    """Faust's way to run an app, with an end in time whatever is away."""

    def __init__(self, app: faust.App, worker: Worker) -> None:
        super().__init__(app, quiet=True, override_logging=False, redirect_stdouts=False)
        self._worker = worker

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        self._worker.stopping.tell()
        # Threads that wait for an answer of the warehouse cannot be called back, and Python would wait for them.
        late = threading.Timer(STOPS_WITHIN.total_seconds(), _end_now)
        late.daemon = True
        late.start()
        super()._schedule_shutdown(signal)


def main() -> None:
    """Wait for Kafka's topics and the warehouse's tables, then work until told to stop."""
    garbage.begin()
    settings, ingest, warehouse = (
        read_settings(StreamsSettings),
        read_settings(IngestSettings),
        read_settings(WarehouseSettings),
    )
    process.prepare_process(f"streams-{settings.worker}")
    failpoint.arm_failpoints(ingest.failpoints)
    signs = WorkerHealth(settings, read_settings(HealthSettings), ingest, warehouse)
    _wait(lambda: not missing_topics(ingest), "Kafka's topics")
    reader, writer = Client(warehouse), Client(warehouse)
    _wait(lambda: bool(reader.query("EXISTS TABLE kafka_logs")[0][0]), "the warehouse's tables")
    producer = Producer(ingest)
    app = build_app(settings, ingest)
    worker = Worker(settings, ingest, writer, reader, producer, ingest.clock(), AppConsumer(lambda: app.consumer))
    attach_worker(app, worker, signs)

    settings.folder(ingest.data_folder).mkdir(parents=True, exist_ok=True)
    _stall_watch(app, ingest, warehouse, worker).start()
    WorkerRunner(app, worker).execute_from_commandline()


def _stall_watch(app: Any, ingest: IngestSettings, warehouse: WarehouseSettings, worker: Worker) -> StallWatchdog:
    topics = [*map(topic_of, streams()), DEAD_LETTERS]
    return StallWatchdog(
        lambda: WorkerActivity(worker.moves, worker.positions(), app.rebalancing),
        lambda: {place: extent.end for place, extent in held_records(ingest, topics).extents.items()},
        Client(warehouse).ping,
    )


def _end_now() -> None:
    log.warning(
        "no orderly end within %.0f s, because a service does not answer: ending now", STOPS_WITHIN.total_seconds()
    )
    exit.end_process(0)


def _wait(is_there: Callable[[], bool], what: str) -> None:
    """Try until it is there, with back-off."""
    backoff = BackOff(timedelta(seconds=0.1), timedelta(seconds=2))
    while True:
        try:
            if is_there():
                return
        except Unavailable:
            pass
        time.sleep(backoff.seconds())
