"""`python -m warehouse`: keeps ClickHouse ready.

Without an outside server it owns the embedded engine and serves clients on loopback; with one it waits for that. Either
way it brings the tables and views up to date first. The port opens when they are: a ping answered means ready.
"""

import logging
import os
import signal
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from ingest.errors import ConfigurationError, Unavailable
from ingest.process import start
from ingest.settings import read_settings
from warehouse import views
from warehouse.client import connect
from warehouse.migrate import migrate
from warehouse.server import engine_config
from warehouse.server.confine import confine
from warehouse.server.ports import bound
from warehouse.settings import WarehouseSettings

log = logging.getLogger("warehouse")

WATCH_EVERY = timedelta(seconds=10)
LONGEST_WAIT = timedelta(seconds=30)

_CODE = Path(__file__).parent


def main() -> int:
    """Run until told to stop; the exit code is 0 only then."""
    start("warehouse")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    try:
        settings = read_settings(WarehouseSettings)
        if settings.embedded:
            serve(settings, stop)
        else:
            watch(settings, stop)
    except ConfigurationError as error:
        log.error("%s", error)
        return 1
    return 0


def serve(settings: WarehouseSettings, stop: threading.Event) -> None:
    """Run our own engine until told to stop."""
    began = time.monotonic()
    tables = views.public_names()
    # A port that nobody else knows: tables and views are made through it before others come in.
    public, private = bound(settings.port), bound(0)
    private_port = private.getsockname()[1]
    confine(
        [engine_config.store(settings), engine_config.home(settings)], [_CODE, _CODE.parent / "ingest"], [private_port]
    )
    # The engine's library begins with a database in memory that wants a folder for temporary files.
    os.putenv("TMPDIR", str(engine_config.home(settings)))
    # Only now: the engine's threads are confined from the start, and where it is an outside one it is never loaded.
    from warehouse.server.front import Front

    front = Front(settings, tables)
    try:
        front.open(private)
        prepare(settings.model_copy(update={"port": private_port}))
        front.open(public)
        log.info("ready on port %d after %.1f s", settings.port, time.monotonic() - began)
        stop.wait()
        log.info("stopping")
    finally:
        front.close()


def watch(settings: WarehouseSettings, stop: threading.Event) -> None:
    """Prepare an outside server once it answers, then say when it goes away and comes back."""
    wait, said = timedelta(seconds=1), False
    while not stop.is_set():
        try:
            prepare(settings)
            log.info("ready at %s:%d", *settings.address)
            wait, said = timedelta(seconds=1), False
            with connect(settings) as client:
                while not stop.wait(WATCH_EVERY.total_seconds()):
                    client.ping()
        except Unavailable as error:
            if not said:
                log.warning("waiting: %s", error)
            said = True
            stop.wait(wait.total_seconds())
            wait = min(2 * wait, LONGEST_WAIT)


def prepare(settings: WarehouseSettings) -> None:
    """Bring tables and views up to date."""
    with connect(settings, database="") as client:
        for migration in migrate(client):
            log.info("migration %04d_%s applied", migration.version, migration.name)
    with connect(settings) as client:
        views.sync(client)


if __name__ == "__main__":
    sys.exit(main())
