"""App: puts the board together - one server with Dash, log-in and feed, behind the guard."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from fastapi import FastAPI
from starlette.types import ASGIApp

from dashboard import (
    asking,
    feed,
    graph,
    headline,
    letter_desk,
    login,
    proving,
    readings,
    system_desk,
    text,
    theme,
    transport,
)
from dashboard.accounts import Accounts
from dashboard.guard import CLOCK, FEED, LIVEZ, Guard
from dashboard.live import Live
from dashboard.page import fill, find
from dashboard.reader import Reader
from dashboard.saved_query import SavedQueries
from dashboard.session import Sessions
from dashboard.settings import BoardSettings
from dashboard.viewer import viewer
from ingest.clock import RealClock, milliseconds

log = logging.getLogger("dashboard")


class Board(NamedTuple):
    """The board's server, ready to be run."""

    server: ASGIApp
    live: Live
    dash: Dash


class _Dash(Dash):
    """Dash whose page says in which language it is, and carries the theme's tokens."""

    def interpolate_index(self, *args: Any, **parts: Any) -> str:
        """The page around the app."""
        index: str = super().interpolate_index(*args, **parts)  # type: ignore[no-untyped-call]
        lang = viewer().language
        return index.replace("<html>", f'<html lang="{lang}">', 1).replace(
            "</head>", f"<style>{theme.variables()}</style></head>", 1
        )


def build(live: Live, settings: BoardSettings, ask_sql: asking.Ask, ask_feed: feed.Ask, reader: Reader) -> Board:
    """Make the server.

    Args:
        live: the ward's figures; the server keeps them up to date while it runs.
        settings: the board's.
        ask_sql: runs an ad-hoc query for a person.
        ask_feed: reads rows of the city's feed.
        reader: asks the warehouse for what pages show.
    """
    accounts = Accounts(settings)
    sessions = Sessions(settings, accounts)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(live.run())
        running.add_done_callback(_crash)
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    server = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)

    @server.get(LIVEZ, include_in_schema=False)
    async def alive() -> dict[str, bool]:
        return {"alive": True}

    @server.get(CLOCK, include_in_schema=False)
    async def clock() -> dict[str, float]:
        real_ms = milliseconds(RealClock().now())
        return {"real_ms": real_ms, "now_ms": live.now_ms(), "speed": live.clock_speed or 1.0}

    login.register(server, accounts, sessions, settings)
    readings.register(server, live, settings)
    server.mount(FEED, feed.build(settings, live.clock, ask_feed))
    app = _dash(server, live)
    asking.register(app, ask_sql, SavedQueries(settings), live.ingest.ward)
    proving.register(app, live, reader)
    letter_desk.register(app, live, reader)
    system_desk.register(app, live, reader)
    app._setup_server()  # type: ignore[no-untyped-call]  # Dash does this at its first own request, too late when another page than / is asked for first
    guard = Guard(server, sessions, settings, app.csp_hashes())
    return Board(guard, live, app)


def _dash(server: FastAPI, live: Live) -> Dash:
    app = _Dash(
        "dashboard",
        server=server,  # type: ignore[arg-type]  # its annotation knows Flask only
        assets_folder=str(Path(__file__).parent / "assets"),
        use_pages=False,
        serve_locally=True,
        suppress_callback_exceptions=True,  # pages come one at a time
        title=text.CENTRE.vi.format(ward=live.board.ward_name),
        update_title="",
        add_log_handler=False,
        websocket_inactivity_timeout=0,  # a wall is quiet for longer than five minutes
        websocket_batch_delay=0.002,
        enable_mcp=False,
        on_error=_log,
    )
    app.enable_dev_tools(debug=False)
    app.layout = lambda: _shell(live)

    @app.callback(Output("page", "children"), Output("page-path", "data"), Input("url", "pathname"))
    def show(path: object) -> tuple[Component, str]:
        return _page(path, live), path if isinstance(path, str) else ""

    transport.register(app, live)
    graph.register(app)
    return app


def _shell(live: Live) -> Component:
    """What stands around every page."""
    shell: Component = dmc.MantineProvider(
        [dcc.Location(id="url", refresh=False), html.Div(id="page"), *transport.parts()],
        theme=theme.mantine(),
        forceColorScheme="dark",
    )
    return shell


def _page(path: object, live: Live) -> Component:
    place = find(path)
    scene = live.scene(viewer().language, place.argument if place else "")
    if place is None or not viewer().may(place.page.right):
        why = text.NOT_FOUND if place is None else text.FORBIDDEN
        return html.Div([headline.navigation(scene, viewer(), ""), html.P(scene.say(why))], className="alone")
    return fill(place.page.layout(scene), place.page.leaves(scene))


def _log(error: Exception) -> None:
    """Dash answers 500 and says nothing: write down why."""
    log.error("a callback failed", exc_info=error)
    raise error


def _crash(task: "asyncio.Task[None]") -> None:
    """A bug in what keeps the figures up to date ends the process: better none than old figures that look live."""
    if not task.cancelled() and (error := task.exception()) is not None:
        raise SystemExit(1) from error
