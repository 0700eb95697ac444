"""`python -m dashboard`: serves the board, the analysts' page and the city's feed until told to stop."""

import gc
import logging
import signal
import socket
import sys
from functools import partial
from typing import NoReturn
from urllib.parse import urlsplit

from dashboard import health
from dashboard.access.accounts import FIRST, Accounts, ensure_first, first_password
from dashboard.access.guard import MESSAGE_LIMIT
from dashboard.alarm.settings import AlarmSettings
from dashboard.app import build_board
from dashboard.apps.page_list import pages
from dashboard.board.live import Live
from dashboard.board.page_services import AskSql
from dashboard.feed.audit_view import leave_key
from dashboard.settings import BoardSettings
from dashboard.state.queries import WarehouseReader, load_values
from dashboard.store.store import BoardStore, StoreUnavailable
from dashboard.system_status import read_status
from ingest.contract.errors import ConfigurationError, QueryRefused
from ingest.contract.settings import HealthSettings, IngestSettings, read_settings
from ingest.kafka.client import client_options
from ingest.network.http_server import HostNames, HttpConfig, HttpServer, host_names
from ingest.runtime import failpoint
from ingest.runtime.health import listener_of
from ingest.runtime.process import prepare_process
from warehouse.query.adhoc import Adhoc, QueryResult
from warehouse.query.feed import FeedQuestion, FeedRow, feed_rows
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect
from warehouse.views import public_names

log = logging.getLogger("dashboard")

STOP_WITHIN = 3
"""Seconds that open requests get to end."""


def main() -> int:
    """Run until SIGTERM; the exit code is 0 only then."""
    prepare_process("dashboard")
    try:
        ingest, board, warehouse, alarms = (
            read_settings(IngestSettings),
            read_settings(BoardSettings),
            read_settings(WarehouseSettings),
            read_settings(AlarmSettings),
        )
        failpoint.arm_failpoints(ingest.failpoints)
        client_options(ingest)  # what is missing to reach Kafka is told now, and not by the first try
        prepare_store(board, ingest.ward)
        listener = listener_of(read_settings(HealthSettings), board.health_port)
    except ConfigurationError as error:
        log.error("%s", error)
        return 1
    reader = WarehouseReader(warehouse)
    stand = partial(reader.ask, partial(read_status, ingest))
    live = Live(ingest, board, partial(load_values, warehouse, ingest.ward), pages(), stand)
    server = HttpServer(
        HttpConfig(
            build_board(
                live, board, ad_hoc(warehouse), partial(ask_feed, warehouse), reader, alarms, Accounts(board)
            ).server,
            board.host,
            board.port,
            certificate=board.tls_certificate,
            key=board.tls_key,
            names=board_names(board),
            proxy_headers=board.behind_proxy,
            forwarded_allow_ips=board.proxies,
            ws_max_size=MESSAGE_LIMIT,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=STOP_WITHIN,
        )
    )
    health.serve_board_health(live, ingest, warehouse, listener)
    log.info("board on %s", board.url)
    # uvicorn shuts down cleanly, then raises the signal once more for us.
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    gc.collect()
    gc.freeze()  # what is there now stays, and to look for garbage in all of it would hold up whoever asks for a third of a second
    server.run()
    return 0 if server.started else 1


def prepare_store(board: BoardSettings, ward: str) -> None:
    """See that the store serves, leave the audit its key, and make the first account where that is asked for. A damaged store is said and does not stop the wall.

    Raises:
        ConfigurationError: a newer version has migrated it.
    """
    try:
        BoardStore(board.folder).check()
        leave_key(board, ward)
        if board.first_account and ensure_first(board, leave=True):
            log.info(
                "the first account is “%s”; its password is in %s until the first log-in", FIRST, first_password(board)
            )
    except StoreUnavailable as error:
        log.error("%s", error)


def _end(_signal: int, _frame: object) -> NoReturn:
    sys.exit(0)


def board_names(board: BoardSettings) -> HostNames:
    """By which names browsers reach the board."""
    here, public = socket.gethostname(), urlsplit(board.public_url).hostname or ""
    return host_names("IOC_BOARD_NAMES", here, f"{here}.local", board.host, public, more=board.names)


def ad_hoc(settings: WarehouseSettings) -> AskSql:
    """What runs the analysts' queries; refuses every one where they have no password."""
    try:
        return Adhoc(settings, public_names()).run
    except ConfigurationError as error:
        why = str(error)

        def refuse(sql: str, person: str) -> QueryResult:
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
