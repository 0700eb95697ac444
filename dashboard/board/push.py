"""Transport: how changes reach the browsers - pushed over one WebSocket, or asked for slowly while that is dead.

Each browser gets only the leaves that changed since its last frame. The next frame is made when the browser has answered that
it has taken in the last one: a slow browser gets fewer, newer frames, and nothing piles up here.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any

from dash import Dash, Input, State, ctx, dcc, html, set_props
from dash.development.base_component import Component
from dash.exceptions import WebsocketDisconnected

from dashboard.board import alarm_signal
from dashboard.board.html import version
from dashboard.board.live import Frame, Live
from dashboard.board.page import Leaves, Page, Place, changes, find, properties
from dashboard.board.viewer import viewer
from ingest.contract.label import Label

LEAST_INTERVAL = 0.1
"""Seconds between two frames to one browser; the first after a quiet while goes at once."""
CHART_INTERVAL = 1.0
"""Seconds between two redraws of a chart, which cost the browser more than a text."""
FALLBACK_MS = 5000

_ANSWER_WITHIN = 30.0
_NOTHING = Place(Page("", Label("", ""), "", lambda scene: html.Div()))


def parts(path: str | None = None) -> list[Component]:
    """What every page needs for it, invisible.

    Args:
        path: the page that is there from the start, if one is.
    """
    return [
        dcc.Store(id="page-path", data=path),
        dcc.Interval(id="fallback", interval=FALLBACK_MS, disabled=True),
        html.Div(id="pulse", hidden=True),
        alarm_signal.part(),
    ]


def register(app: Dash, live: Live) -> None:
    """Attach both ways."""

    @app.callback(websocket=True, persistent=True)
    async def push() -> None:
        if ctx.websocket is None:
            return  # a browser without shared workers: it has the fallback
        try:
            await _push(live, ctx.websocket)
        except WebsocketDisconnected:
            return

    @app.callback(Input("fallback", "n_intervals"), State("page-path", "data"), prevent_initial_call=True)
    def fall_back(_ticks: int, path: object) -> None:
        frame = live.frame(_allowed(path), viewer().language, live.number)
        _send(frame.leaves, _pulse(live, frame, "fallback"))


async def _push(live: Live, socket: Any) -> None:
    path = None
    while not path:  # the page itself comes by HTTP; nothing can be set before it is there
        path = await _shown_path(socket)
        if not path:
            await asyncio.sleep(0.05)
    place, language = _allowed(path), viewer().language
    shown: Leaves = {}
    number, charted = live.number, 0.0
    while not socket.is_shutdown:
        began = time.monotonic()
        frame = live.frame(place, language, number)
        fresh = changes(frame.leaves, shown)
        if began - charted < CHART_INTERVAL:
            fresh = {leaf: value for leaf, value in fresh.items() if "." not in leaf.path}
        elif any("." in leaf.path for leaf in fresh):
            charted = began
        _send(fresh, _pulse(live, frame, "push"))
        shown |= fresh
        number = frame.number
        now_at = await _shown_path(socket)  # the browser has taken it in
        if now_at != path:  # a wall has turned its page
            path, place, shown, charted = now_at, _allowed(now_at), {}, 0.0
            continue
        await asyncio.sleep(max(0.0, began + LEAST_INTERVAL - time.monotonic()))
        await live.changed(number)


async def _shown_path(socket: Any) -> Any:
    """Where the browser is, once it answers; one that sleeps is asked again until it does, or its connection ends."""
    while True:
        with suppress(TimeoutError):
            return await socket.get_prop("page-path", "data", _ANSWER_WITHIN)


def _send(leaves: Leaves, pulse: dict[str, Any]) -> None:
    for id, values in properties(leaves).items():
        set_props(id, values)
    set_props("pulse", pulse)


def _pulse(live: Live, frame: Frame, way: str) -> dict[str, Any]:
    """What tells the browser that the board lives, and how old the events of this frame are."""
    return {
        "data-way": way,
        "data-recorded": " ".join(map(str, frame.recorded_ms)),
        "data-frame": f"{frame.number}-{live.now_ms()}",
        "data-version": version(),
    }


def _allowed(path: object) -> Place:
    """What the address shows, if there is such a page and the person may see it; else a page without any figure."""
    place = find(path)
    return place if place and place.page.may_be_seen_by(viewer()) else _NOTHING
