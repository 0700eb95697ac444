"""The board of known figures on a port of its own, for a browser: no Kafka and no warehouse behind it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from commands.install.ports import free_ports
from dashboard.__main__ import board_names
from dashboard.access.displays import Displays
from dashboard.state.alarm import Alarms
from ingest.contract.clock import RealClock
from ingest.network.http_server import HttpConfig, HttpServer
from tests.dashboard.support.board import BoardOfTests
from tests.dashboard.support.ward import NOW, ingest_settings
from warehouse.model.value import Value
from warehouse.model.value_push import Push


class Served:
    """A board in this process that a browser can reach."""

    def __init__(self, tested: BoardOfTests, server: HttpServer) -> None:
        self.live = tested.live
        self.accounts = tested.accounts
        self.displays = Displays(tested.settings)
        self.url = tested.settings.url
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[server.serve()], daemon=True)

    def start(self) -> None:
        """Serve; returns once it does."""
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)

    def stop(self) -> None:
        """Serve no more."""
        self._server.should_exit = True
        self._thread.join()
        self._loop.close()

    def push(self, *values: Value) -> None:
        """Let the streams change some figures."""
        pushed = Push(values[0].ward, list(values), self.live.now_ms())
        self._loop.call_soon_threadsafe(self.live.take, [pushed])

    def show(self, alarms: Alarms) -> None:
        """Let the alarms be these."""
        self._loop.call_soon_threadsafe(self.live.show, alarms)

    def add_display(self, *stops: tuple[str, float]) -> tuple[str, str]:
        """Let a screen in that shows these pages for so many seconds; its id, and its address."""
        paces = tuple((path, timedelta(seconds=seconds)) for path, seconds in stops)
        one, token = self.displays.add("hall", RealClock().now(), paces)
        return one.id, f"{self.url}/wall?token={token}"


@contextmanager
def served(
    folder, ws: Literal["auto", "none"] = "auto", clock_speed: float = 1.0, began: datetime = NOW, **changed: Any
) -> Iterator[Served]:
    """A board that runs meanwhile.

    Args:
        folder: for its files.
        ws: how WebSockets are served; `none` as behind a proxy that lets none through.
        clock_speed: how fast its clock runs.
        began: what its clock shows first.
        changed: settings of it that are others.
    """
    clock = {"clock_origin": began, "clock_real_origin": datetime.now(UTC), "clock_speed": clock_speed}
    shared = {"letters_secret": changed.pop("letters_secret", None)}
    tested = BoardOfTests(folder, ingest_settings(folder, **clock, **shared), port=free_ports(1)[0], **changed)
    settings = tested.settings
    sockets: dict[str, Any] = {"ws": "none"} if ws == "none" else {}
    config = HttpConfig(
        tested.server, settings.host, settings.port, names=board_names(settings), timeout_graceful_shutdown=1, **sockets
    )
    found = Served(tested, HttpServer(config))
    found.start()
    try:
        yield found
    finally:
        found.stop()
