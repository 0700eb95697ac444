"""Wall app: the wall's own app of Dash. It has the pages, what pushes their figures and draws their charts and the map, and no other callback.

Which page is shown is a value in the browser that `assets/wall.js` sets; the page is swapped in place, in one document for hours.
`./ioc soak` watches that nothing stays behind.
"""

import json
from datetime import timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash.development.base_component import Component
from fastapi import FastAPI

from dashboard import theme
from dashboard.access.display_entry import CLOCK, HOME
from dashboard.access.viewer import chosen_scheme, viewer
from dashboard.apps import push
from dashboard.apps.html import make_dash
from dashboard.board.live import Live
from dashboard.board.wall_tour import turns, wall_pages
from dashboard.charts import graph
from dashboard.ward_map import card as map_card
from ingest.contract.label import Label
from warehouse.model.indicator import Status

REPEAT: dict[Status, timedelta] = {"critical": timedelta(minutes=1), "warning": timedelta(minutes=15)}
"""After how long the sound of an alarm that nobody has acknowledged comes again."""

LOST = Label("Số liệu ngừng cập nhật", "Figures stand still")
BLOCKED = Label("Trình duyệt chặn âm thanh cảnh báo", "The browser blocks the alarm sound")


def build_wall(server: FastAPI, live: Live) -> Dash:
    """Make the app on the board's server."""
    app = make_dash(server, live, clock=CLOCK, without="sql|help|print", prefix=HOME)

    @app.callback(
        Output("page", "children"),
        Output("page-shown", "data"),
        Input("wall-path", "data"),
        prevent_initial_call=True,
    )
    def show(path: object) -> tuple[Component | None, list[str]]:
        page, mark = _page(path, live)
        return page, [path if isinstance(path, str) else "", mark]

    push.register(app, live)
    graph.register(app)
    map_card.register(app)
    app.layout = html.Div()  # Dash looks at it once, when there is no screen yet
    app._setup_server()  # type: ignore[no-untyped-call]  # noqa: SLF001  # Dash does this at the first request; it has no public way
    app.layout = lambda: _shell(live)
    return app


def _shell(live: Live) -> Component:
    """The first page at once, and what `wall.js` reads and fills."""
    stops = turns(viewer(), live.pages)
    first = stops[0][0].path
    words: dict[str, Any] = {
        "data-stops": json.dumps([[page.path, pace.total_seconds()] for page, pace in stops]),
        "data-skips": "false" if viewer().stops else "true",
        "data-repeat": json.dumps({severity: every.total_seconds() for severity, every in REPEAT.items()}),
        "data-pages": json.dumps([page.path for page in wall_pages(live.pages)]),
    }
    language = viewer().language
    page, mark = _page(first, live)
    shell: Component = dmc.MantineProvider(
        [
            dcc.Store(id="wall-path", data=first),
            html.Div(page, id="page"),
            _banner("wall-alarm", "alert", "sign sign-critical"),
            _banner("wall-lost", "status", "sign sign-critical", LOST.text(language)),
            html.Div(BLOCKED.text(language), id="wall-blocked", hidden=True, role="status"),
            html.Div(id="wall-tour", hidden=True, **words),
            *push.push_widgets(first, mark),
        ],
        theme=theme.mantine(),
        forceColorScheme=chosen_scheme(),
    )
    return shell


def _page(path: object, live: Live) -> tuple[Component | None, str]:
    place = live.pages.find(path)
    if place is None or not place.page.may_be_seen_by(viewer()):
        return None, ""
    return live.page(place, viewer().language)


def _banner(id: str, role: str, sign: str, small: str = "") -> Component:
    parts = [html.Span(className=sign), html.Strong(), html.Small(small)]
    return html.Div(parts, id=id, className="wall-banner", hidden=True, role=role)
