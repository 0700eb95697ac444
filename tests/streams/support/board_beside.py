"""A board without pages beside a stack of tests: it hears the real pushes and reads the real warehouse, in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial

from commands.supervision.stack import Stack
from dashboard.apps.page_list import pages
from dashboard.board.live import Live
from dashboard.state.queries import load_values
from ingest.contract.settings import IngestSettings
from tests.dashboard.support.ward import board_settings
from warehouse.model.reading import ValueKey, key_of
from warehouse.model.value import Value
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client
from warehouse.store.values import current_values


@contextmanager
def beside(stack: Stack) -> Iterator[Live]:
    """The board, which compares itself every two seconds."""
    ingest = stack.settings(IngestSettings)
    settings = board_settings(stack.folder, compare_every=timedelta(seconds=2))
    live = Live(ingest, settings, partial(load_values, stack.settings(WarehouseSettings), ingest.ward), pages())
    loop = asyncio.new_event_loop()
    running = loop.create_task(live.run())
    thread = threading.Thread(target=_until_done, args=(loop, running), name="board", daemon=True)
    thread.start()
    try:
        yield live
        assert not running.done()
    finally:
        loop.call_soon_threadsafe(running.cancel)
        thread.join(30)
        loop.close()


def wrong(live: Live, client: Client) -> dict[ValueKey, tuple[Value | None, Value | None]]:
    """Where the board holds something else than what is stored: both."""
    now_ms = live.now_ms()
    stored = {key_of(value): value for value in current_values(client, live.ingest.ward, now_ms)}
    shown = {key_of(value): value for value in list(live.readings.values())}
    oldest = min((window for _, _, window in stored if window is not None), default=0)
    shown = {key: value for key, value in shown.items() if key[2] is None or key[2] >= oldest}
    return {
        key: (shown.get(key), stored.get(key))
        for key in shown.keys() | stored.keys()
        if shown.get(key) != stored.get(key)
    }


def _until_done(loop: asyncio.AbstractEventLoop, running: "asyncio.Task[None]") -> None:
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(running)
