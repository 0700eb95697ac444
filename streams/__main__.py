"""`python -m streams`: one Faust worker. Start as many as there are cores to spare; they share the partitions."""

import gc
import time
from collections.abc import Callable

import faust

from ingest import process
from ingest.errors import Unavailable
from ingest.kafka_admin import missing_topics
from ingest.producer import Producer
from ingest.settings import IngestSettings, read_settings
from streams.app import build
from streams.settings import StreamsSettings
from streams.worker import Worker
from warehouse.client import Client
from warehouse.settings import WarehouseSettings


def main() -> None:
    """Wait for Kafka's topics and the warehouse's tables, then work until told to stop."""
    settings, ingest, warehouse = (
        read_settings(StreamsSettings),
        read_settings(IngestSettings),
        read_settings(WarehouseSettings),
    )
    process.start(f"streams-{settings.worker}")
    _wait(lambda: not missing_topics(ingest), "Kafka's topics")
    reader, writer = Client(warehouse), Client(warehouse)
    _wait(lambda: bool(reader.query("EXISTS TABLE raw_dead_letters")[0][0]), "the warehouse's tables")
    producer = Producer(ingest)
    worker = Worker(settings, writer, reader, producer, ingest.clock())
    app = build(settings, ingest, worker)

    @app.on_before_configured.connect  # type: ignore[untyped-decorator]
    def quiet(*_: object, **__: object) -> None:
        # Validation makes many short-lived objects; what lives long is frozen out of the collector's sight.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)

    settings.folder(ingest.data_folder).mkdir(parents=True, exist_ok=True)
    faust.Worker(app, quiet=True, override_logging=False, redirect_stdouts=False).execute_from_commandline()


def _wait(is_there: Callable[[], bool], what: str) -> None:
    """Try until it is there, with back-off."""
    wait = 0.1
    while True:
        try:
            if is_there():
                return
        except Unavailable:
            pass
        time.sleep(wait)
        wait = min(2 * wait, 2.0)


if __name__ == "__main__":
    main()
