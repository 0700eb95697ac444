"""Arrivals: the chart of who comes and how long they wait, through one day - now against usual.

Bars for today, the current one lighter; the same weekday last week as a thin dashed line; above them the mean wait as it was shown.
"""

from datetime import datetime, time, timedelta
from typing import Any

import plotly.graph_objects as go
from dash.development.base_component import Component

from dashboard.charts.chart import bar_trace, compared, corner, figure, middle, nothing_drawn
from dashboard.charts.graph import graph, graph_id
from dashboard.charts.slot_chart import last_week
from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.theme import token
from dashboard.words import number, text
from ingest.contract.clock import milliseconds
from warehouse.model.expression import DAY_MS
from warehouse.model.value import Value
from warehouse.readings import Readings

ARRIVALS = "arrivals"

SLOT = timedelta(minutes=15)
OPENS = time(7, 0)
SLOTS = 42
STEP_MINUTES = 5
HOUR = timedelta(hours=1)
_TICKS = {60: "08:00", 180: "10:00", 300: "12:00", 420: "14:00", 600: "17:00"}
"""Minutes after opening -> label."""
_MINUTES = 630

INDICATORS = ("Q01", "Q03")


def layout(state: BoardState) -> Component:
    """Arrivals by quarter of an hour below, the mean wait of the last hour above, on one day's axis."""
    middles = [15 * slot + 7.5 for slot in range(SLOTS)]
    wait = token("wait")
    drawn = figure(
        [
            bar_trace("blue", x=middles, y=[], width=11.5),
            bar_trace("light-blue", x=middles, y=[], width=11.5),
            compared("dim", "dot", x=middles, y=[]),
            go.Scatter(x=[], y=[], yaxis="y2", mode="lines", line={"color": wait, "width": 3}),
            go.Scatter(x=[], y=[], yaxis="y2", mode="markers", marker={"color": wait, "size": 9}),
        ],
        state.language,
        barmode="overlay",
        xaxis={"range": [0, _MINUTES], "tickvals": list(_TICKS), "ticktext": list(_TICKS.values()), "anchor": "y"},
        yaxis={"domain": [0, 0.55], "range": [0, 1]},
        yaxis2={"domain": [0.69, 1], "range": [0, 1]},
        annotations=[
            {"x": 0, "y": 0, "yref": "y2", "text": "", "font": {"color": wait, "size": 18}, "xshift": 10},
            corner(0, 1, state.say(text.WAIT_AXIS)),
            corner(0, 0.55, state.say(text.ARRIVALS_AXIS)),
            corner(1, 0.55, f"- - - {last_week(state)}"),
            middle(""),
        ],
    )
    return graph(ARRIVALS, drawn, state.say(text.ARRIVALS))


def updates(state: BoardState) -> PropertyUpdates:
    """The arrays of the chart."""
    start_ms = _opening(state.now_ms)
    slot_ms = SLOT // timedelta(milliseconds=1)
    current = (state.now_ms - start_ms) // slot_ms
    today = _by_slot(state.readings.series("Q01", start_ms, start_ms + SLOTS * slot_ms), start_ms, slot_ms)
    before_ms = start_ms - 7 * DAY_MS
    before = _by_slot(state.readings.series("Q01", before_ms, before_ms + SLOTS * slot_ms), before_ms, slot_ms)
    usual = [before.get(slot, 0) for slot in range(SLOTS)] if before else [None] * SLOTS
    x, y = mean_wait(state.readings, start_ms, state.now_ms)
    highest = max([10, *today.values(), *before.values()])
    reading = state.read("Q03")
    ends = bool(x) and reading.figure is not None and state.now_ms - start_ms <= _MINUTES * 60_000
    found: dict[str, Any] = {
        "data.0.y": [today.get(slot, 0) if slot < current else None for slot in range(SLOTS)],
        "data.1.y": [today.get(slot, 0) if slot == current else None for slot in range(SLOTS)],
        "data.2.y": usual,
        "data.3.x": x,
        "data.3.y": y,
        "data.4.x": x[-1:],
        "data.4.y": y[-1:],
        "layout.annotations.0.x": x[-1] if x else 0,
        "layout.annotations.0.y": y[-1] if y else 0,
        "layout.annotations.0.text": f"<b>{number.with_unit(reading, state.language)}</b>" if ends else "",
        "layout.annotations.3.visible": bool(before),
        "layout.yaxis.range": [0, highest * 1.1],
        "layout.yaxis2.range": [0, max([10.0, *y]) * 1.25],
        "layout.annotations.4.text": nothing_drawn(
            state, INDICATORS, is_drawn=bool(x) or any(today.values()), is_compared=bool(before), of_office=True
        ),
    }
    return {PropertyUpdate(graph_id(ARRIVALS), f"figure.{path}"): value for path, value in found.items()}


def mean_wait(readings: Readings, start_ms: int, now_ms: int) -> tuple[list[float], list[float]]:
    """The mean wait of the hour before each five minutes since opening: the shown figure, as it was through the day.

    Returns:
        Minutes after opening, and minutes of waiting; times without a call in the hour before are left out.
    """
    step_ms = STEP_MINUTES * 60_000
    hour_ms = HOUR // timedelta(milliseconds=1)
    windows = {value.window_ms: value for value in readings.series("Q03", start_ms - hour_ms, now_ms + 1)}
    x, y = [], []
    end_ms = min(now_ms, start_ms + _MINUTES * 60_000)
    for last in range(start_ms, end_ms + 1, step_ms):
        hour = [
            windows[window] for window in range(last + step_ms - hour_ms, last + step_ms, step_ms) if window in windows
        ]
        calls = sum(value.denominator for value in hour)
        if calls:
            x.append((min(last + step_ms, now_ms) - start_ms) / 60_000)
            y.append(round(sum(value.numerator for value in hour) / calls / 60_000, 2))
    return x, y


def _opening(now_ms: int) -> int:
    day = text.local_time(now_ms).date()
    return milliseconds(datetime.combine(day, OPENS, text.local_time(now_ms).tzinfo))


def _by_slot(values: list[Value], start_ms: int, slot_ms: int) -> dict[int, int]:
    return {(value.window_ms - start_ms) // slot_ms: value.numerator for value in values}
