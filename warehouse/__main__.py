"""`python -m warehouse [--as-it-is]`: keeps ClickHouse ready.

Without an outside server it owns the embedded engine and serves clients on loopback; with one it waits for that. Either
way it brings the tables and views up to date first. The port opens when they are: a ping answered means ready.
`--as-it-is` opens our own engine and changes nothing, for restoring a backup and for looking into an old store.
"""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import HealthSettings, IngestSettings, read_settings
from ingest.network import sockets
from ingest.runtime import failpoint
from ingest.runtime.backoff import BackOff
from ingest.runtime.health import listener_of
from ingest.runtime.liveness import Pulse
from ingest.runtime.process import give_back_memory, prepare_process, share_heaps
from warehouse import health, views
from warehouse.server.engine import config
from warehouse.server.engine.definitions import keep_definitions
from warehouse.server.sandbox import confine, interpreter_files
from warehouse.settings import WarehouseSettings
from warehouse.store import analyst_account
from warehouse.store.client import connect
from warehouse.store.migrate import migrate

log = logging.getLogger("warehouse")

WATCH_EVERY = timedelta(seconds=3)
LONGEST_WAIT = timedelta(seconds=30)
NOTICED_WITHIN = timedelta(seconds=0.5)
"""How late the end may be noticed: Python looks at signals between two waits only, where another thread took them or just before one began."""

_CODE = Path(__file__).parent


def main() -> int:
    """Run until told to stop; the exit code is 0 only then."""
    prepare_process("warehouse")
    as_it_is = _arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    try:
        settings, ingest = read_settings(WarehouseSettings), read_settings(IngestSettings)
        failpoint.arm_failpoints(ingest.failpoints)
        listener = None if as_it_is else listener_of(read_settings(HealthSettings), settings.health_port)
        if settings.embedded:
            run_engine(settings, ingest, stop, listener, as_it_is)
        else:
            watch_outside_warehouse(settings, ingest, stop, listener)
    except ConfigurationError as error:
        log.error("%s", error)
        return 1
    return 0


def run_engine(
    settings: WarehouseSettings,
    ingest: IngestSettings,
    stop: threading.Event,
    listener: socket.socket | None,
    as_it_is: bool = False,
) -> None:
    """Run our own engine until told to stop; `as_it_is`: with the tables that are there."""
    began = time.monotonic()
    tables = views.public_names()
    # A port that nobody else knows: tables and views are made through it before others come in.
    public, private = _bound(settings.port), _bound(0)
    private_port = private.getsockname()[1]
    confine(
        [config.engine_store(settings), config.engine_home(settings)],
        [_CODE, _CODE.parent / "ingest"],
        [private_port],
        programs=interpreter_files(),
    )
    # The engine's library begins with a database in memory that wants a folder for temporary files.
    os.putenv("TMPDIR", str(config.engine_home(settings)))
    share_heaps()  # the engine has sixty threads; a stream worker would be slower by a fifteenth
    # Only now: the engine's threads are confined from the start, and where it is an outside one it is never loaded.
    from warehouse.server.listener import Listener

    front, by_ourselves = Listener(settings, tables), settings.model_copy(update={"port": private_port})
    try:
        front.open(private)
        if not as_it_is:
            health.serve_warehouse_health(by_ourselves, ingest, listener)
            prepare_tables(by_ourselves)
            keep_definitions(config.engine_store(settings), tables)
        front.open(public)
        give_back_memory()  # two fifths of what is resident: most of the engine's 130 MB runs at the start only
        log.info("ready on port %d after %.1f s", settings.port, time.monotonic() - began)
        while not stop.wait(NOTICED_WITHIN.total_seconds()):
            pass
        log.info("stopping")
    finally:
        front.close()


def watch_outside_warehouse(
    settings: WarehouseSettings, ingest: IngestSettings, stop: threading.Event, listener: socket.socket | None
) -> None:
    """Prepare an outside server once it answers, then say when it goes away and comes back."""
    pulse = Pulse()
    health.serve_warehouse_health(settings, ingest, listener, pulse)
    backoff = BackOff(timedelta(seconds=1), LONGEST_WAIT)
    while not stop.is_set():
        try:
            prepare_tables(settings)
            log.info("ready at %s", ", ".join(f"{host}:{port}" for host, port in settings.addresses))
            backoff.reset()
            with connect(settings) as client:
                pulse.beat()
                while not stop.wait(WATCH_EVERY.total_seconds()):
                    client.ping()
                    pulse.beat()
        except Unavailable as error:
            if not backoff.failures:
                log.warning("waiting: %s", error)
            pulse.rest()
            stop.wait(backoff.seconds())


def prepare_tables(settings: WarehouseSettings) -> None:
    """Bring tables and views up to date, and on an outside server the analysts' user."""
    with connect(settings, database="") as client:
        for migration in migrate(client):
            log.info("migration %04d_%s applied", migration.version, migration.name)
    with connect(settings) as client:
        views.sync_views(client)
        if not settings.embedded:
            analyst_account.ensure_account(client, views.public_names())


def _bound(port: int) -> socket.socket:
    """A socket on a loopback port, taken before anything else is loaded, so that a port that is taken costs no time; 0: any free one.

    Raises:
        ConfigurationError: the port cannot be used.
    """
    try:
        return sockets.bind_socket("127.0.0.1", port)
    except OSError as error:
        raise ConfigurationError(
            f"IOC_WAREHOUSE_PORT: port {port} cannot be used ({error.strerror}). End what uses it, or set another port."
        ) from None


def _arguments() -> bool:
    parser = argparse.ArgumentParser(prog="python -m warehouse", description=__doc__)
    parser.add_argument("--as-it-is", action="store_true", help="our own engine without changing any table")
    return bool(parser.parse_args().as_it_is)


if __name__ == "__main__":
    sys.exit(main())
