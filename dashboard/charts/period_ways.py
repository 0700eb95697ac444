"""Period ways: a chart's figure for today, this week or this month, beside the period before - in its place, and on a page of its own."""

from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.state.page import BoardState
from dashboard.words import text
from dashboard.words.moment import SHAPE
from ingest.contract.label import Label
from warehouse.history.period import Period

PERIODS: dict[Period, Label] = {
    "today": Label("Hôm nay", "Today"),
    "week": Label("Tuần này", "This week"),
    "month": Label("Tháng này", "This month"),
}
LIVE = Label("Lúc này", "Now")
COMPARED = Label("So với kỳ trước:", "Against the period before:")


def period_ways(state: BoardState, id: str) -> Component:
    """Links to a measure's history in each period; from the past, until the same minute."""
    at = {"at": f"{text.local_time(state.now_ms):{SHAPE}}"} if state.past else {}
    links = [
        html.A(state.say(label), href=f"/history/{id}?{urlencode({'period': period, **at}, safe=':')}")
        for period, label in PERIODS.items()
    ]
    named: dict[str, Any] = {"aria-label": state.say(COMPARED)}
    return html.Div([html.Span(state.say(COMPARED)), *links], className="period-ways", role="group", **named)


def period_choice(state: BoardState, card: str) -> Component:
    """The choice of a card's period; until one is chosen its chart is that of now."""
    offered: list[tuple[str, Label]] = [("", LIVE), *PERIODS.items()]
    data = [{"value": period, "label": state.say(label)} for period, label in offered]
    named: dict[str, Any] = {"aria-label": state.say(COMPARED)}
    chosen = dmc.SegmentedControl(id=f"{card}-period", data=data, value="", size="xs")
    return html.Div(chosen, className="period-ways", role="group", **named)
