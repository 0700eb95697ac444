"""`python -m dashboard`: serves the board, the analysts' page and the city's feed until told to stop."""

import logging
import signal
import socket
import sys
from functools import partial
from typing import NoReturn
from urllib.parse import urlsplit

from dashboard import health
from dashboard.alarm.settings import AlarmSettings
from dashboard.app import build
from dashboard.asking import Ask
from dashboard.guard import MESSAGE_LIMIT
from dashboard.live import Live
from dashboard.reader import WarehouseReader
from dashboard.readings import leave_key
from dashboard.settings import BoardSettings
from dashboard.standing import look
from dashboard.store.store import BoardStore, StoreUnavailable
from ingest import failpoint
from ingest.errors import ConfigurationError, QueryRefused, Unavailable
from ingest.health import listener_of
from ingest.http_server import HttpConfig, HttpServer, Names, names_of
from ingest.kafka_client import client_options
from ingest.process import start
from ingest.settings import HealthSettings, IngestSettings, read_settings
from warehouse.adhoc import Adhoc, Answer
from warehouse.client import ServerError, connect
from warehouse.feed import FeedQuestion, FeedRow, feed_rows
from warehouse.query import current_values
from warehouse.settings import WarehouseSettings
from warehouse.value import Value
from warehouse.views import public_names

log = logging.getLogger("dashboard")

STOP_WITHIN = 3
"""Seconds that open requests get to end."""

_NO_TABLE = 60


def main() -> int:
    """Run until SIGTERM; the exit code is 0 only then."""
    start("dashboard")
    try:
        ingest, board, warehouse, alarms = (
            read_settings(IngestSettings),
            read_settings(BoardSettings),
            read_settings(WarehouseSettings),
            read_settings(AlarmSettings),
        )
        failpoint.arm(ingest.failpoints)
        client_options(ingest)  # what is missing to reach Kafka is told now, and not by the first try
        prepare_store(board, ingest.ward)
        listener = listener_of(read_settings(HealthSettings), board.health_port)
    except ConfigurationError as error:
        log.error("%s", error)
        return 1
    reader = WarehouseReader(warehouse)
    stand = partial(reader.ask, partial(look, ingest))
    live = Live(ingest, board, partial(load, warehouse, ingest.ward), stand)
    server = HttpServer(
        HttpConfig(
            build(live, board, ad_hoc(warehouse), partial(ask_feed, warehouse), reader, alarms).server,
            board.host,
            board.port,
            certificate=board.tls_certificate,
            key=board.tls_key,
            names=names(board),
            proxy_headers=board.behind_proxy,
            forwarded_allow_ips=board.proxies,
            ws_max_size=MESSAGE_LIMIT,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=STOP_WITHIN,
        )
    )
    health.serve(live, ingest, warehouse, listener)
    log.info("board on %s", board.url)
    # uvicorn shuts down cleanly, then raises the signal once more for us.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    server.run()
    return 0 if server.started else 1


def prepare_store(board: BoardSettings, ward: str) -> None:
    """See that the store serves, and leave the audit its key. A damaged store is said and does not stop the wall.

    Raises:
        ConfigurationError: a newer version has migrated it.
    """
    try:
        BoardStore(board.folder).check()
        leave_key(board, ward)
    except StoreUnavailable as error:
        log.error("%s", error)


def _end(_signal: int, _frame: object) -> NoReturn:
    sys.exit(0)


def names(board: BoardSettings) -> Names:
    """By which names browsers reach the board."""
    here, public = socket.gethostname(), urlsplit(board.public_url).hostname or ""
    return names_of("IOC_BOARD_NAMES", here, f"{here}.local", board.host, public, more=board.names)


def load(settings: WarehouseSettings, ward: str, now_ms: int, stocks_from_ms: int = 0) -> list[Value]:
    """A ward's current values; without the stocks that have stood since before a time.

    Raises:
        Unavailable: the warehouse is away, or not set up yet.
    """
    try:
        with connect(settings) as client:
            return current_values(client, ward, now_ms, stocks_from_ms=stocks_from_ms)
    except ServerError as error:
        if error.code == _NO_TABLE:
            raise Unavailable("the warehouse", "its tables are not there yet") from error
        raise


def ad_hoc(settings: WarehouseSettings) -> Ask:
    """What runs the analysts' queries; refuses every one where they have no password."""
    try:
        return Adhoc(settings, public_names()).run
    except ConfigurationError as error:
        why = str(error)

        def refuse(sql: str, person: str) -> Answer:
            raise QueryRefused("off", why)

        log.warning("%s", why)
        return refuse


def ask_feed(settings: WarehouseSettings, question: FeedQuestion) -> list[FeedRow]:
    """Rows of the city's feed.

    Raises:
        Unavailable: the warehouse is away.
    """
    with connect(settings) as client:
        return feed_rows(client, question)


if __name__ == "__main__":
    sys.exit(main())
