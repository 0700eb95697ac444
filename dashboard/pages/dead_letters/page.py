"""Dead letters: what could not be processed, why, and sending it again after a fix; stopped streams; what came twice.

What is asked and done is in `callbacks`; this page only shows.
"""

from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components.header import navigation
from dashboard.pages.dead_letters.tables import COLUMNS, OUTCOMES, REPEAT_COLUMNS
from dashboard.state.page import BoardState, Page
from dashboard.words import text
from dashboard.words.grid_words import grid_words
from ingest.contract.label import Label

REPLAY_RIGHT = "admin"
"""Who may send dead letters again and let stopped streams go on."""

ALL = Label("Tất cả", "All")
REASON = Label("Lý do", "Reason")
STREAM = Label("Luồng hoặc nguồn", "Stream or source")
SINCE = Label("Thời gian", "Time")
OUTCOME = Label("Kết quả gửi lại", "Sent again")
REFRESH = Label("Đọc lại", "Refresh")
DRY_RUN = Label("Chạy thử gửi lại", "Dry run")
REPLAY = Label("Gửi lại", "Replay")
REPLAY_HINT = Label("Chạy thử trước, rồi mới gửi được.", "Dry run first, then it can be sent.")
SELECT = Label("Chọn dòng để xem nội dung và gửi lại.", "Select rows to see them and to send them again.")
REPEATS = Label("Gửi trùng và xung đột", "Repeats and conflicts")
ONLY_CONFLICTS = Label("Chỉ xung đột (nội dung khác)", "Only conflicts (another content)")
BY_DAY = Label("Sự kiện lỗi theo ngày và lý do", "Dead letters by day and reason")

SPANS: dict[str, tuple[Label, int | None]] = {
    **{str(days): (text.last_days(days), days) for days in (1, 7, 30)},
    "all": (ALL, None),
}
"""Spans of time that can be chosen, in days."""


def layout(state: BoardState) -> Component:
    """Stopped streams on top, then dead letters and repeats in tabs."""
    say = state.say
    head = html.Header(
        [navigation(state, viewer(), "/letters"), html.H1(say(text.DEAD_LETTERS))],
        className="desk-head",
    )
    tabs = dmc.Tabs(
        [
            dmc.TabsList(
                [dmc.TabsTab(say(text.DEAD_LETTERS), value="letters"), dmc.TabsTab(say(REPEATS), value="repeats")],
            ),
            dmc.TabsPanel(_dead_letters(state), value="letters"),
            dmc.TabsPanel(_repeats(state), value="repeats"),
        ],
        value="letters",
        keepMounted=True,
        className="letters-tabs",
    )
    stops = [html.Div(id="stops"), html.Div(id="stops-fault", className="fault", role="alert")]
    main = html.Main([*stops, tabs], className="desk-letters")
    return html.Div([head, main], className="desk")


def _dead_letters(state: BoardState) -> Component:
    say = state.say
    spans = [{"value": value, "label": say(label)} for value, (label, _) in SPANS.items()]
    outcomes = [{"value": value, "label": say(label)} for value, label in OUTCOMES.items()]
    filters = dmc.Group(
        [
            _select("letters-span", say(SINCE), spans, "7", 150),
            _select("letters-reason", say(REASON), [], None, 210, say(ALL)),
            _select("letters-stream", say(STREAM), [], None, 210, say(ALL)),
            _select("letters-outcome", say(OUTCOME), outcomes, None, 200, say(ALL)),
            dmc.Button(say(REFRESH), id="letters-refresh", variant="default"),
            html.Span(id="letters-count", className="quiet", role="status"),
        ],
        align="end",
        gap="sm",
    )
    may = viewer().may(REPLAY_RIGHT)
    acts = dmc.Group(
        [
            dmc.Button(say(DRY_RUN), id="letters-try", variant="default", disabled=True),
            dmc.Button(
                say(REPLAY),
                id="letters-send",
                color="sky",
                autoContrast=True,
                disabled=True,
                display=None if may else "none",
            ),
            html.Span(say(SELECT), id="letters-chosen", className="quiet"),
            html.Span(id="letters-status", role="status"),
            html.Span(id="letters-fault", className="fault", role="alert"),
        ],
        gap="sm",
    )
    named: dict[str, Any] = {"aria-label": say(BY_DAY)}
    chart = html.Div(id="letters-chart", role="img", **named)
    left = html.Div(
        [filters, chart, acts, _grid("letters-table", COLUMNS, state, select=True)], className="letters-left"
    )
    return html.Div([left, html.Aside(id="letters-detail", className="letters-detail")], className="letters-panel")


def _repeats(state: BoardState) -> Component:
    choice = dmc.Group(
        [
            dmc.Switch(id="repeats-conflicts", label=state.say(ONLY_CONFLICTS), checked=False),
            html.Span(id="repeats-count", className="quiet", role="status"),
        ],
        gap="lg",
    )
    left = html.Div([choice, _grid("repeats-table", REPEAT_COLUMNS, state, select=False)], className="letters-left")
    return html.Div([left, html.Aside(id="repeats-detail", className="letters-detail")], className="letters-panel wide")


def _select(
    id: str, label: str, data: list[dict[str, str]], value: str | None, width: int, placeholder: str = ""
) -> Component:
    chosen: Component = dmc.Select(
        id=id, label=label, data=data, value=value, w=width, clearable=value is None, placeholder=placeholder
    )
    return chosen


def _grid(id: str, columns: list[tuple[str, Label, int]], state: BoardState, *, select: bool) -> Component:
    several = {"mode": "multiRow", "enableClickSelection": True}
    one = {"mode": "singleRow", "enableClickSelection": True, "checkboxes": False}
    grid: Component = dag.AgGrid(
        id=id,
        rowData=[],
        columnDefs=[
            {"field": field, "headerName": state.say(label), "width": width} for field, label, width in columns
        ],
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "cellDataType": False},
        getRowId="params.data.key",
        dashGridOptions={
            "rowSelection": several if select else one,
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "animateRows": False,
            "suppressCellFocus": False,
            "localeText": grid_words(state.language),
        },
        className="sql-table",
    )
    return grid


PAGE = Page(
    path="/letters",
    label=text.DEAD_LETTERS,
    right="analyst",
    layout=layout,
    order=9,
    menu=text.MENU_OPERATION,
)
