"""Arrivals: the chart of who comes and how long they wait, through one day - now against usual.

Bars for today, the current one lighter; the same weekday last week as a thin dashed line; above them the mean wait as it was shown.
"""

from datetime import datetime, time, timedelta
from typing import Any

from dash.development.base_component import Component

from dashboard.board.page import Leaf, Leaves, Scene
from dashboard.charts.chart import HIDDEN, NOTE, QUIET, SIZES, axis, frame, last_week
from dashboard.charts.graph import graph, graph_id
from dashboard.theme import token
from dashboard.words import number, text
from ingest.contract.clock import milliseconds
from warehouse.model.expression import DAY_MS
from warehouse.model.reading import Readings
from warehouse.model.value import Value

ARRIVALS = "arrivals"

SLOT = timedelta(minutes=15)
OPENS = time(7, 0)
SLOTS = 42
STEP_MINUTES = 5
HOUR = timedelta(hours=1)
_TICKS = {30: "07:30", 180: "10:00", 300: "12:00", 420: "14:00", 600: "17:00"}
"""Minutes after opening -> label."""
_MINUTES = 630

_SIZES = SIZES | {
    "layout.margin.t": 24,
    "layout.annotations.0.font.size": 18,
    "layout.annotations.0.xshift": 10,
    "layout.annotations.1.font.size": 16,
    "layout.annotations.2.font.size": 16,
    "layout.annotations.3.font.size": 16,
    "data.2.line.width": 1.6,
    "data.3.line.width": 3,
    "data.4.marker.size": 9,
}


def layout(scene: Scene) -> Component:
    """Arrivals by quarter of an hour below, the mean wait of the last hour above, on one day's axis."""
    middles = [15 * slot + 7.5 for slot in range(SLOTS)]
    bar = {"type": "bar", "x": middles, "y": [], "width": 11.5, **QUIET}
    line = {"type": "scatter", "mode": "lines", "x": [], "y": [], **QUIET}
    wait = {"x": [], "y": [], "yaxis": "y2", "type": "scatter", **QUIET}
    corner = {**NOTE, "xref": "paper", "yref": "paper", "yanchor": "bottom", "font": {}}
    figure = {
        "data": [
            {**bar, "marker": {"color": token("blue")}},
            {**bar, "marker": {"color": token("light-blue")}},
            {**line, "x": middles, "line": {"color": token("dim"), "dash": "dot"}},
            {**wait, "mode": "lines", "line": {"color": token("wait")}},
            {**wait, "mode": "markers", "marker": {"color": token("wait")}},
        ],
        "layout": {
            **frame(scene.language),
            "barmode": "overlay",
            "xaxis": {
                **HIDDEN,
                "range": [0, _MINUTES],
                "tickvals": list(_TICKS),
                "ticktext": list(_TICKS.values()),
                "anchor": "y",
            },
            "yaxis": {**axis(), "domain": [0, 0.55], "range": [0, 1]},
            "yaxis2": {**axis(), "domain": [0.69, 1], "range": [0, 1]},
            "annotations": [
                {**NOTE, "x": 0, "y": 0, "yref": "y2", "text": "", "font": {"color": token("wait")}},
                {**corner, "x": 0, "y": 1, "text": scene.say(text.WAIT_AXIS)},
                {**corner, "x": 0, "y": 0.55, "text": scene.say(text.ARRIVALS_AXIS)},
                {**corner, "x": 1, "y": 0.55, "xanchor": "right", "text": f"- - - {last_week(scene)}"},
            ],
        },
    }
    return graph(ARRIVALS, figure, _SIZES, scene.say(text.ARRIVALS))


def leaves(scene: Scene) -> Leaves:
    """The arrays of the chart."""
    start_ms = _opening(scene.now_ms)
    slot_ms = SLOT // timedelta(milliseconds=1)
    current = (scene.now_ms - start_ms) // slot_ms
    today = _by_slot(scene.readings.series("Q01", start_ms, start_ms + SLOTS * slot_ms), start_ms, slot_ms)
    before_ms = start_ms - 7 * DAY_MS
    before = _by_slot(scene.readings.series("Q01", before_ms, before_ms + SLOTS * slot_ms), before_ms, slot_ms)
    usual = [before.get(slot, 0) for slot in range(SLOTS)] if before else [None] * SLOTS
    x, y = mean_wait(scene.readings, start_ms, scene.now_ms)
    highest = max([10, *today.values(), *before.values()])
    reading = scene.read("Q03")
    ends = bool(x) and reading.figure is not None and scene.now_ms - start_ms <= _MINUTES * 60_000
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
        "layout.annotations.0.text": f"<b>{number.with_unit(reading, scene.language)}</b>" if ends else "",
        "layout.annotations.3.visible": bool(before),
        "layout.yaxis.range": [0, highest * 1.1],
        "layout.yaxis2.range": [0, max([10.0, *y]) * 1.25],
    }
    return {Leaf(graph_id(ARRIVALS), f"figure.{path}"): value for path, value in found.items()}


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
    day = text.local(now_ms).date()
    return milliseconds(datetime.combine(day, OPENS, text.local(now_ms).tzinfo))


def _by_slot(values: list[Value], start_ms: int, slot_ms: int) -> dict[int, int]:
    return {(value.window_ms - start_ms) // slot_ms: value.numerator for value in values}
