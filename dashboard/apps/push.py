"""Push: how changes reach the browsers - pushed over one WebSocket, or asked for slowly while that is dead.

Each browser gets only the updates that changed since its page left the board, then since its last frame. The next frame is made when the browser has answered that
it has taken in the last one: a slow browser gets fewer, newer frames, and nothing piles up here.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any

from dash import Dash, Input, State, ctx, dcc, html, set_props
from dash.development.base_component import Component
from dash.exceptions import WebsocketDisconnected

from dashboard.access.viewer import viewer
from dashboard.apps.html import version
from dashboard.board import alarm_signal, wall_tour
from dashboard.board.filled_pages import PageKey
from dashboard.board.layout import changed_properties, component_properties
from dashboard.board.live import BoardFrame, Live, page_key
from dashboard.state.page import Page, PageAddress, PropertyUpdates
from ingest.contract.label import Label

LEAST_INTERVAL = 0.1
"""Seconds between two frames to one browser; the first after a quiet while goes at once."""
CHART_INTERVAL = 1.0
"""Seconds between two redraws of a chart, which cost the browser more than a text."""
FALLBACK_MS = 5000

ANSWER_WITHIN = 30.0
NOWHERE: PageKey = ("", "", "vi")
"""The key of no page."""
MAY_FALL_BACK = 4.0
"""Seconds without a frame after which a browser asks by itself (`assets/transport.js`)."""
_NOTHING = PageAddress(Page("", Label("", ""), "", lambda state: html.Div()))


def push_widgets(path: str | None = None, mark: str = "") -> list[Component]:
    """What every page needs for it, invisible.

    Args:
        path: the page that is there from the start, if one is.
        mark: that of `Live.page`.
    """
    return [
        dcc.Store(id="page-shown", data=[path, mark]),
        dcc.Interval(id="fallback", interval=FALLBACK_MS, disabled=True),
        html.Div(id="pulse", hidden=True),
        alarm_signal.alarm_signal_widget(),
        wall_tour.absent_widget(),
    ]


def register(app: Dash, live: Live) -> None:
    """Attach both ways."""

    @app.callback(websocket=True, persistent=True)
    async def push() -> None:
        if ctx.websocket is None:
            return  # a browser without shared workers: it has the fallback
        try:
            await push_updates(live, ctx.websocket)
        except WebsocketDisconnected:
            return

    @app.callback(
        Input("fallback", "n_intervals"),
        State("page-shown", "data"),
        prevent_initial_call=True,
    )
    def fall_back(_ticks: int, shown: object) -> None:
        path, mark = _path_and_mark(shown)
        live.filled.take(mark, NOWHERE)  # it shows something else from now on
        frame = live.frame(_allowed(live, path), viewer().language, live.number)
        set_updates(frame.updates, _pulse(live, frame, "fallback"))


async def push_updates(live: Live, socket: Any) -> None:
    """Send a browser what changes on the page that it shows, until its socket ends.

    Args:
        live: the board's figures.
        socket: Dash's, of this browser.
    """
    path, mark = await _asked(socket)
    while not path:  # the page itself comes by HTTP; nothing can be set before it is there
        await asyncio.sleep(0.05)
        path, mark = await _asked(socket)
    place, language = _allowed(live, path), viewer().language
    shown: PropertyUpdates = live.filled.take(mark, page_key(place, language))
    number, charted, began = live.number, 0.0, time.monotonic()
    while not socket.is_shutdown:
        before, began = began, time.monotonic()
        frame = live.frame(place, language, number)
        fresh = changed_properties(frame.updates, shown)
        if began - charted < CHART_INTERVAL:
            fresh = {update: value for update, value in fresh.items() if "." not in update.path}
        elif any("." in update.path for update in fresh):
            charted = began
        set_updates(fresh, _pulse(live, frame, "push"))
        shown |= fresh
        number = frame.number
        now_at, mark = await _asked(socket)  # the browser has taken it in
        if now_at != path:  # a wall has turned its page
            path, place, charted = now_at, _allowed(live, now_at), 0.0
            shown = live.filled.take(mark, page_key(place, language))
            # What was set last may have come after the page, in places that both pages have; and so may what the browser asked for.
            is_sure = time.monotonic() - before < MAY_FALL_BACK
            shown = {update: value for update, value in shown.items() if is_sure and update not in fresh}
            continue
        await asyncio.sleep(max(0.0, began + LEAST_INTERVAL - time.monotonic()))
        await live.changed(number)


async def _asked(socket: Any) -> tuple[object, object]:
    """Which page the browser shows, once it answers; one that sleeps is asked again until it does, or its connection ends."""
    while True:
        with suppress(TimeoutError):
            return _path_and_mark(await socket.get_prop("page-shown", "data", ANSWER_WITHIN))


def _path_and_mark(shown: object) -> tuple[object, object]:
    """What a browser says that it shows; nothing where it says something else."""
    return (shown[0], shown[1]) if isinstance(shown, list) and len(shown) == 2 else (None, None)


def set_updates(updates: PropertyUpdates, pulse: dict[str, Any]) -> None:
    """Set properties of the page, and its pulse, from within a callback."""
    for id, values in component_properties(updates).items():
        set_props(id, values)
    set_props("pulse", pulse)


def _pulse(live: Live, frame: BoardFrame, way: str) -> dict[str, Any]:
    """What tells the browser that the board lives, and how old the events of this frame are."""
    return {
        "data-way": way,
        "data-recorded": " ".join(map(str, frame.recorded_ms)),
        "data-frame": f"{frame.number}-{live.now_ms()}",
        "data-version": version(),
    }


def _allowed(live: Live, path: object) -> PageAddress:
    """What the address shows, if there is such a page and the person may see it; else a page without any figure."""
    place = live.pages.find(path)
    return place if place and place.page.may_be_seen_by(viewer()) else _NOTHING
