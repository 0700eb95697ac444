"""Due: which dossiers have to be finished next, one by one.

The only page with dossiers' codes, so it is for people alone: no screen of the wall shows it. `callbacks` asks for the list.
"""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components import tile
from dashboard.components.header import navigation
from dashboard.pages.due.table import due_table
from dashboard.state.page import BoardState, Page, PastQuestion, PropertyUpdate, PropertyUpdates
from dashboard.words import text
from dashboard.words.csv import CSV
from dashboard.words.short_name import short_name
from ingest.contract.label import Label
from warehouse.query.due import due_list

DUE = Label("Hồ sơ đến hạn", "Due dossiers")
FIGURES = ("D07", "D08")
REFRESH_MS = 15_000


def layout(state: BoardState) -> Component:
    """How many are near due and overdue, and which."""
    head = html.Header(
        [navigation(state, viewer(), "/due"), html.H1(state.say(DUE))],
        className="desk-head",
    )
    figures = [tile.small(id.lower(), short_name(id, state.language)) for id in FIGURES]
    main = html.Main(
        [
            tile.card("due", state.say(DUE), tile.smalls(*figures)),
            html.Div(html.P(state.say(text.READING), className="quiet"), id="due-list", className="block-body"),
            *([] if state.past else _asking(state)),
        ],
        className="desk-scroll due",
    )
    return html.Div([head, main], className="desk")


def _asking(state: BoardState) -> list[Component]:
    """What asks for the list, and for it as a spreadsheet."""
    return [
        dmc.Button(state.say(CSV), id="due-csv", variant="default"),
        dcc.Download(id="due-download"),
        dcc.Interval(id="due-tick", interval=REFRESH_MS),
    ]


def updates(state: BoardState) -> PropertyUpdates:
    """How many."""
    found = tile.card_updates("due", state, FIGURES)
    for id in FIGURES:
        found |= tile.small_updates(id, state)
    return found


def past_due_list(asked: PastQuestion) -> PropertyUpdates:
    """Which they were at a minute of the past."""
    found = due_list(asked.client, asked.ward, asked.state.now_ms, asked.known_ms)
    return {PropertyUpdate("due-list", "children"): due_table(found, asked.state.language)}


PAGE = Page(
    path="/due",
    label=text.DUE,
    right="leader",
    layout=layout,
    updates=updates,
    order=8,
    past_updates=past_due_list,
)
