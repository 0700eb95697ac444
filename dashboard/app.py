"""App: puts the board together - one server with Dash, log-in and feed, behind the guard."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, NamedTuple

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import DependencyException
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp

import dashboard.pages
from dashboard import theme
from dashboard.access import login
from dashboard.access.accounts import Accounts
from dashboard.access.callback_request import CallbackCheck
from dashboard.access.display_entry import CLOCK as WALL_CLOCK
from dashboard.access.display_entry import DisplayEntry
from dashboard.access.guard import BOARD, CLOCK, FEED, LIVEZ, Guard
from dashboard.access.session import Sessions
from dashboard.access.viewer import chosen_scheme, viewer
from dashboard.alarm.settings import AlarmSettings
from dashboard.apps import push
from dashboard.apps import wall_app as wall
from dashboard.apps.html import make_dash
from dashboard.apps.static_files import StaticFiles
from dashboard.board.alarm_desk import AlarmDesk
from dashboard.board.layout import fill_layout
from dashboard.board.live import Live
from dashboard.board.page_services import AskSql, Services
from dashboard.board.source_list import SourceList
from dashboard.charts import graph
from dashboard.components import group_map, header, page_help
from dashboard.feed import audit_view, routes
from dashboard.feed.city_cut import CityCuts
from dashboard.pages.past import callbacks as past_callbacks
from dashboard.settings import BoardSettings
from dashboard.state.queries import WarehouseQueries
from dashboard.ward_map import card as map_card
from dashboard.words import moment, text
from ingest.contract.clock import RealClock, milliseconds
from ingest.discovery import modules

log = logging.getLogger("dashboard")


class BoardServer(NamedTuple):
    """The board's server, ready to be run."""

    server: ASGIApp
    live: Live
    dash: Dash
    desk: AlarmDesk


def build_board(
    live: Live,
    settings: BoardSettings,
    ask_sql: AskSql,
    ask_feed: routes.FeedRequest,
    reader: WarehouseQueries,
    alarms: AlarmSettings,
    accounts: Accounts,
    desk: AlarmDesk | None = None,
) -> BoardServer:
    """Make the server.

    Args:
        live: the ward's figures; the server keeps them up to date while it runs.
        settings: the board's.
        ask_sql: runs an ad-hoc query for a person.
        ask_feed: reads rows of the city's feed.
        reader: asks the warehouse for what pages show.
        alarms: to whom alarms can be given, and when they make no sound.
        accounts: who may enter.
        desk: what shows the alarms and sends what people do; made here if left out.
    """
    sessions = Sessions(settings, accounts)
    desk = desk or AlarmDesk(live, reader, alarms)
    sources = SourceList(live, settings)
    cuts = CityCuts(settings, live.ingest, live.clock)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = [asyncio.create_task(one.run()) for one in (live, desk, cuts, sources)]
        for task in running:
            task.add_done_callback(_crash)
        yield
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    server = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)

    @server.get(LIVEZ, include_in_schema=False)
    async def alive() -> dict[str, bool]:
        return {"alive": True}

    @server.get(CLOCK, include_in_schema=False)
    @server.get(WALL_CLOCK, include_in_schema=False)
    async def clock() -> dict[str, float]:
        real_ms = milliseconds(RealClock().now())
        return {"real_ms": real_ms, "now_ms": live.now_ms(), "speed": live.clock_speed or 1.0}

    confirm = login.register(server, accounts, sessions, settings)
    server.mount(BOARD, audit_view.build_audit_view(live, settings))
    server.mount(FEED, routes.build_feed(settings, live.clock, ask_feed, cuts))
    wall_app = wall.build_wall(server, live)
    app = _dash(server, live)
    services = Services(settings, live, reader, ask_sql, accounts, desk, confirm)
    for module in modules(dashboard.pages, deep=True):
        if hasattr(module, "register"):
            module.register(app, services)
    app._setup_server()  # type: ignore[no-untyped-call]  # noqa: SLF001  # Dash does this at its first own request, too late when another page than / is asked for first
    server.add_middleware(CallbackCheck, apps={one.config.requests_pathname_prefix: one for one in (app, wall_app)})
    server.add_middleware(StaticFiles)
    server.add_exception_handler(DependencyException, _no_such_file)
    hashes = {*wall_app.csp_hashes(), *app.csp_hashes()}
    guard = Guard(server, sessions, DisplayEntry(settings), settings, sorted(hashes))
    return BoardServer(guard, live, app, desk)


def _dash(server: FastAPI, live: Live) -> Dash:
    app = make_dash(server, live, clock=CLOCK, without="wall")
    app.layout = lambda: _shell(live)

    @app.callback(
        Output("page", "children"),
        Output("page-shown", "data"),
        Input("url", "pathname"),
        State("url", "search"),
    )
    def show(path: object, search: object) -> tuple[Component, list[str]]:
        place, asked = live.pages.find(path), moment.requested_moment(search, live.now_ms())
        if asked and place and not place.page.reads_moment and place.page.may_be_seen_by(viewer()):
            return past_callbacks.show(place.page, live, asked), [past_callbacks.PATH, ""]
        page, mark = _page(path, live, search)
        return page, [path if isinstance(path, str) else "", mark]

    push.register(app, live)
    graph.register(app)
    group_map.register(app)
    map_card.register(app)
    page_help.register(app, live.pages)
    return app


def _shell(live: Live) -> Component:
    """What stands around every page."""
    place = f"Phường {live.board.ward_name}, thành phố {live.board.city_name}"
    facts: dict[str, Any] = {"data-ward": place, "data-pretend": str(live.ingest.pretend).lower()}
    shell: Component = dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh=False),
            html.Div(id="print-head", **facts),
            html.Div(id="page"),
            *push.push_widgets(),
            page_help.help_dialog(),
        ],
        id="scheme",
        theme=theme.mantine(),
        defaultColorScheme="auto",
        forceColorScheme=chosen_scheme(),
    )
    return shell


def _page(path: object, live: Live, search: object) -> tuple[Component, str]:
    place = live.pages.find(path)
    if place is None or not place.page.may_be_seen_by(viewer()):
        state = live.board_state(viewer().language)
        why = text.NOT_FOUND if place is None else text.FORBIDDEN
        return html.Div([header.navigation(state, viewer(), ""), html.P(state.say(why))], className="alone"), ""
    if place.page.reads_moment and isinstance(search, str):
        state = replace(live.board_state(viewer().language, place.argument), search=search)
        return fill_layout(place.page.layout(state), place.page.updates(state)), ""
    return live.page(place, viewer().language)


async def _no_such_file(request: Request, error: Exception) -> JSONResponse:
    """Dash raises for a script that it does not have."""
    return JSONResponse({"detail": "there is no such file"}, 404)


def _crash(task: "asyncio.Task[None]") -> None:
    """A bug in what keeps the figures up to date ends the process: better none than old figures that look live."""
    if not task.cancelled() and (error := task.exception()) is not None:
        raise SystemExit(1) from error
