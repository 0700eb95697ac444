"""History: a measure's figures through time, as a chart and as a table, beside those of a week and a year before.

`/history/<indicator>`. The figure itself is live, as on the wall; the rest is asked by `callbacks`: until now, or with
`?at=2026-11-24T10:15` until then, as it is known now. From here it goes on to the proof, and from there to the queries.
"""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.charts.chart import figure, middle
from dashboard.charts.graph import graph
from dashboard.charts.period_ways import PERIODS
from dashboard.components import header, tile
from dashboard.pages.history.choice import HistoryChoice, history_choice, periods, splits
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from dashboard.words.csv import CSV
from dashboard.words.dimension_name import dimension_name
from ingest.contract.label import Label
from warehouse.catalogue import measure, measures
from warehouse.history.series import Grain, grains
from warehouse.model.indicator import PERIOD_START, Derived, Indicator

PROOF = Label("Kiểm chứng số này →", "Proof of this figure →")
BY = Label("Theo", "By")
GRAINS: dict[Grain, Label] = {
    "hour": Label("giờ", "hour"),
    "day": Label("ngày", "day"),
    "month": Label("tháng", "month"),
    "quarter": Label("quý", "quarter"),
    "year": Label("năm", "year"),
    "whole": Label("cả khoảng", "all of it"),
}
SPAN = Label("Trong", "Over")
SPANS: dict[str, Label] = {
    "2": Label("2 ngày", "2 days"),
    "7": Label("7 ngày", "7 days"),
    "31": Label("31 ngày", "31 days"),
    "92": Label("3 tháng", "3 months"),
    "366": Label("1 năm", "1 year"),
    "731": Label("2 năm", "2 years"),
    "1827": Label("5 năm", "5 years"),
}
"""How many days back, and what that is called."""
FIRST: dict[Grain, str] = {"hour": "2", "day": "31", "month": "366", "quarter": "731", "year": "1827", "whole": "31"}
"""The span that goes with a grain at first."""
PERIOD = Label("Kỳ", "Period")
ANY = Label("Khoảng khác", "Another span")
SPLIT = Label("Chia theo", "Split by")
UNSPLIT = Label("không chia", "not at all")
SINCE = Label("Hoặc từ ngày", "Or since")
UNTIL = Label("Đến hết ngày", "Until the end of")
NOW = Label("Hiện nay", "Now")
TABLE = Label("Từng giá trị", "Each value")
CHART = Label("Diễn biến", "Through time")
REVISED = Label(
    "Định nghĩa lần {version}, từ {day}: số của trước ngày ấy được tính lại từ sự kiện gốc; nơi sự kiện đã hết hạn lưu thì giữ số theo định nghĩa trước.",
    "Definition number {version}, since {day}: figures of before are recomputed from raw events; where these are gone, they are those of the "
    "definition before.",
)


def layout(state: BoardState) -> Component:
    """The figure and its definition, the choice, the chart, the table."""
    say, one = state.say, measure(state.argument)
    head = html.Header(
        [
            header.navigation(state, viewer(), f"/history/{one.id}"),
            header.way_back(say(text.BACK), "/"),
            html.H1(f"{one.id} · {say(one.label)}"),
        ],
        className="desk-head",
    )
    main = html.Main([_meaning(state, one), _timeline(state, one)], className="desk-scroll proof", tabIndex=0)
    return html.Div([head, main], className="desk")


def _meaning(state: BoardState, one: Indicator | Derived) -> Component:
    """The figure as it is now, and its definition."""
    say = state.say
    meaning = [
        tile.card(
            "timeline",
            say(NOW),
            tile.big(one.id.lower(), second=True),
            html.Div(id="timeline-parts", className="caption"),
        ),
        html.P(say(one.definition), className="definition"),
        *(
            [html.P(say(REVISED, version=one.version, day=f"{one.since:%d/%m/%Y}"), className="quiet")]
            if one.version > 1
            else []
        ),
        html.A(say(PROOF), href=f"/proof/{one.id}", id="timeline-proof", className="back"),
    ]
    return html.Section(meaning, className="proof-meaning")


def _choice(state: BoardState, one: Indicator | Derived) -> Component:
    """How finely, and of which days."""
    say, offered, today = state.say, grains(one), f"{text.local_time(state.now_ms):%Y-%m-%d}"
    asked = history_choice(state.search, one)
    grain = next((known for known in offered if known == asked.grain), offered[0])
    choice = [
        dmc.Select(
            id="timeline-grain",
            label=say(BY),
            data=[{"value": grain, "label": say(GRAINS[grain])} for grain in offered],
            value=grain,
            allowDeselect=False,
            w=110,
        ),
        dmc.Select(
            id="timeline-span",
            label=say(SPAN),
            data=[{"value": days, "label": say(label)} for days, label in SPANS.items()],
            value=asked.span if asked.span in SPANS else FIRST[grain],
            allowDeselect=False,
            w=130,
        ),
        dmc.DatePickerInput(
            id="timeline-since",
            value=asked.since or None,
            label=say(SINCE),
            placeholder="…",
            valueFormat="DD/MM/YYYY",
            clearable=True,
            minDate=f"{PERIOD_START:%Y-%m-%d}",
            maxDate=today,
            w=150,
        ),
        dmc.DatePickerInput(
            id="timeline-until",
            value=asked.at[:10] or None,
            label=say(UNTIL),
            placeholder=say(NOW),
            valueFormat="DD/MM/YYYY",
            maxDate=today,
            w=150,
        ),
        dmc.Button(say(CSV), id="timeline-csv", variant="default"),
    ]
    if asked.period:  # the browser keeps them, and nobody needs them
        hidden = html.Div(choice[:-1], hidden=True)
        return html.Div([*_ways(state, one, asked), hidden, choice[-1]], className="timeline-choice")
    return html.Div([*_ways(state, one, asked), *choice], className="timeline-choice")


def _ways(state: BoardState, one: Indicator | Derived, asked: HistoryChoice) -> list[Component]:
    """Links to the periods, and to how each is split: they can be sent, and the browser's way back leads through them."""
    say, path = state.say, f"/history/{one.id}"

    def way(label: str, to: HistoryChoice, is_here: bool) -> Component:
        here: dict[str, Any] = {"className": "here", "aria-current": "true"} if is_here else {}
        return html.A(label, href=f"{path}{to.search()}", **here)

    def nav(name: str, parts: list[Component]) -> Component:
        named: dict[str, Any] = {"aria-label": name}
        return html.Nav(parts, className="choice-ways", **named)

    found: list[Component] = []
    if offered := periods(one):
        ways = [
            way(say(PERIODS[period]), HistoryChoice(period, asked.split, at=asked.at), asked.period == period)
            for period in offered
        ]
        found.append(nav(say(PERIOD), [*ways, way(say(ANY), HistoryChoice(at=asked.at), not asked.period)]))
    if asked.period and (known := splits(one)):
        ways = [way(say(dimension_name(name)), asked._replace(split=name), asked.split == name) for name in known]
        whole = way(say(UNSPLIT), asked._replace(split=""), not asked.split)
        found.append(nav(say(SPLIT), [html.Span(say(SPLIT)), whole, *ways]))
    return found


_UNDRAWN = {"visible": False}
"""An axis of a chart that nothing has been read for yet."""


def _timeline(state: BoardState, one: Indicator | Derived) -> Component:
    """The choice, and the chart and the table that `callbacks` fills."""
    say = state.say
    return html.Section(
        [
            _choice(state, one),
            html.H2(say(CHART)),
            html.Div(id="timeline-said", className="quiet", role="status"),
            graph(
                "timeline",
                figure(
                    [], state.language, "desk", xaxis=_UNDRAWN, yaxis=_UNDRAWN, annotations=[middle(say(text.READING))]
                ),
                f"{say(CHART)}: {say(one.label)}. {say(TABLE)} ↓",
                at_desk=True,
            ),
            html.H2(say(TABLE)),
            html.Div(say(text.READING), id="timeline-table", className="block-body"),
            dcc.Store(id="timeline-of", data=one.id),
            dcc.Download(id="timeline-download"),
        ],
        className="proof-said",
    )


def updates(state: BoardState) -> PropertyUpdates:
    """The figure as it is now."""
    one = measure(state.argument)
    found = {
        **tile.big_updates(one.id, state),
        **tile.card_updates("timeline", state, [one.id]),
        PropertyUpdate("timeline-parts", "children"): number.fraction_text(state.read(one.id), state.language),
    }
    found[PropertyUpdate(f"{one.id.lower()}-figure", "href")] = f"/proof/{one.id}"
    return found


PAGE = Page(
    path="/history",
    label=text.HISTORY,
    right="leader",
    layout=layout,
    updates=updates,
    arguments=lambda: [one.id for one in measures()],
    reads_moment=True,
)
