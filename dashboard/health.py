"""Health of the board's process: what it needs, and how old the newest heartbeat is that it can show and hand on."""

import logging
import math
import socket
import threading
from datetime import timedelta

from dashboard.board.live import Live
from ingest.contract.clock import milliseconds
from ingest.contract.errors import IocError, NotReady
from ingest.contract.settings import IngestSettings
from ingest.kafka import checks
from ingest.runtime import metrics
from ingest.runtime.health import Health, serve_health
from ingest.runtime.liveness import Liveness
from ingest.runtime.readiness import Readiness
from warehouse.health import check_warehouse
from warehouse.query.feed import FeedQuestion, feed_rows
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, ServerError

log = logging.getLogger(__name__)

HEARTBEATS = ("H01", "H07")
"""Indicators that every heartbeat moves: those of sources, those of our own."""

LOOK_EVERY = timedelta(seconds=5)
LOOK_BACK = timedelta(minutes=10)
"""How far back the newest heartbeat is looked for; what is older is counted on from when it was last seen."""


def serve_board_health(
    live: Live, ingest: IngestSettings, warehouse: WarehouseSettings, listener: socket.socket | None
) -> None:
    """Serve this process's health from now on.

    Args:
        live: the figures that it shows.
        ingest: Kafka, and the clock.
        warehouse: where its figures come from.
        listener: where to tell it.
    """

    def figures() -> None:
        if not live.loaded:
            raise NotReady("the figures have not been read yet")

    ready = Readiness(
        {
            "kafka": checks.check_kafka(ingest),
            "warehouse": check_warehouse(Client(warehouse, database="")),
            "figures": figures,
        }
    )
    feed = _Feed(Client(warehouse), ingest)
    threading.Thread(target=feed.look, name="heartbeat of the feed", daemon=True).start()
    metrics.HEARTBEAT_AGE.labels(metrics.ON_BOARD).set_function(lambda: _age(newest_ms(live), live.now_ms()))
    metrics.HEARTBEAT_AGE.labels(metrics.IN_FEED).set_function(lambda: _age(feed.newest_ms, live.now_ms()))
    state = Health(
        "dashboard",
        Liveness(live.pulse, [live.pushes], ready),
        ready,
        metrics.registry(*metrics.OF_BOARD),
        lambda: {"frame": live.number, "loaded": live.loaded, "heartbeat_ms": newest_ms(live)},
    )
    serve_health(state, listener)


def newest_ms(live: Live) -> int:
    """When the newest heartbeat that the board knows of was sent; 0 when it knows of none."""
    now_ms = live.now_ms()
    return max(live.readings.read(id, now_ms).newest_ms for id in HEARTBEATS)


def _age(at_ms: int, now_ms: int) -> float:
    return max(0.0, (now_ms - at_ms) / 1000) if at_ms else math.nan


class _Feed:
    """The newest heartbeat that whoever reads the city's feed gets."""

    def __init__(self, client: Client, ingest: IngestSettings) -> None:
        self.newest_ms = 0
        self._client = client
        self._clock = ingest.clock()
        self._ward = ingest.ward

    def look(self) -> None:
        """Look, for ever."""
        pause = threading.Event()
        while True:
            try:
                self.newest_ms = max(self.newest_ms, self._newest())
            except (IocError, ServerError) as error:
                log.debug("cannot check the feed: %s", error)
            pause.wait(LOOK_EVERY.total_seconds())

    def _newest(self) -> int:
        now = self._clock.now()
        question = FeedQuestion((self._ward,), HEARTBEATS, now - LOOK_BACK, now + LOOK_BACK, "", None, 1000)
        at_ms = [row.newest_ms for row in feed_rows(self._client, question)]
        return max((one for one in at_ms if one <= milliseconds(now)), default=0)
