"""Chart: now against usual. Figures are plain data for Plotly; what changes in them are arrays, pushed as patches.

Bars for today, the current one lighter; the same weekday last week as a thin dashed line; direct labels, no frames, two or
three grid lines. Sizes are given for a screen of 1080 lines; the browser multiplies them (`SIZES`).
"""

from datetime import datetime, time, timedelta
from typing import Any

from dashboard import number, text, theme
from dashboard.graph import graph_id
from dashboard.page import Leaf, Leaves, Scene
from ingest.clock import milliseconds
from warehouse.expression import DAY_MS
from warehouse.reading import Readings
from warehouse.value import Value

ARRIVALS = "arrivals"
FIELDS = "fields"

SLOT = timedelta(minutes=15)
OPENS = time(7, 0)
CLOSES = time(17, 30)
SLOTS = 42
STEP_MINUTES = 5
HOUR = timedelta(hours=1)
_FIELD_ROWS = 6
_TICKS = {30: "07:30", 180: "10:00", 300: "12:00", 420: "14:00", 600: "17:00"}
"""Minutes after opening -> label."""
_MINUTES = 630

SIZES: dict[str, dict[str, float]] = {
    ARRIVALS: {
        "layout.font.size": 15,
        "layout.margin.l": 40,
        "layout.margin.r": 10,
        "layout.margin.t": 24,
        "layout.margin.b": 26,
        "layout.annotations.0.font.size": 18,
        "layout.annotations.0.xshift": 10,
        "layout.annotations.1.font.size": 15,
        "layout.annotations.2.font.size": 15,
        "layout.annotations.3.font.size": 15,
        "data.1.line.width": 1.6,
        "data.2.line.width": 3,
        "data.3.marker.size": 9,
    },
    FIELDS: {
        "layout.font.size": 16,
        "layout.margin.l": 140,
        "layout.margin.r": 52,
        "layout.margin.t": 0,
        "layout.margin.b": 0,
        "data.3.textfont.size": 16,
    },
}
"""What grows with the screen: graph -> place in its figure -> size at 1080 lines."""


def arrivals_figure(scene: Scene) -> dict[str, Any]:
    """Arrivals by quarter of an hour below, the mean wait of the last hour above, on one day's axis."""
    hidden = {"showgrid": False, "zeroline": False, "fixedrange": True}
    grid = {"gridcolor": theme.LINE, "zeroline": False, "fixedrange": True, "nticks": 4}
    quiet = {"hoverinfo": "skip", "showlegend": False}
    note = {"showarrow": False, "xanchor": "left", "yanchor": "middle"}
    corner = {**note, "xref": "paper", "yref": "paper", "yanchor": "bottom", "font": {}}
    weekday = scene.say(text.DAYS[text.local(scene.now_ms).weekday()])
    weekday = weekday[0].lower() + weekday[1:] if scene.language == "vi" else weekday
    middles = [15 * slot + 7.5 for slot in range(SLOTS)]
    return {
        "data": [
            {"type": "bar", "x": middles, "y": [], "marker": {"color": []}, "width": 11.5, **quiet},
            {"type": "scatter", "mode": "lines", "x": middles, "y": [], "line": {"color": theme.DIM, "dash": "dot"}, **quiet},
            {"type": "scatter", "mode": "lines", "x": [], "y": [], "yaxis": "y2", "line": {"color": theme.WAIT}, **quiet},
            {"type": "scatter", "mode": "markers", "x": [], "y": [], "yaxis": "y2", "marker": {"color": theme.WAIT}, **quiet},
        ],
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": theme.FONT, "color": theme.DIM},
            "margin": {},
            "bargap": 0,
            "xaxis": {
                **hidden,
                "range": [0, _MINUTES],
                "tickvals": list(_TICKS),
                "ticktext": list(_TICKS.values()),
                "anchor": "y",
            },
            "yaxis": {**grid, "domain": [0, 0.55], "range": [0, 1]},
            "yaxis2": {**grid, "domain": [0.69, 1], "range": [0, 1]},
            "annotations": [
                {**note, "x": 0, "y": 0, "yref": "y2", "text": "", "font": {"color": theme.WAIT}},
                {**corner, "x": 0, "y": 1, "text": scene.say(text.WAIT_AXIS)},
                {**corner, "x": 0, "y": 0.55, "text": scene.say(text.ARRIVALS_AXIS)},
                {**corner, "x": 1, "y": 0.55, "xanchor": "right", "text": f"- - - {scene.say(text.LAST_WEEK, day=weekday)}"},
            ],
        },
    }  # fmt: skip


def arrivals_leaves(scene: Scene) -> Leaves:
    """The arrays of the arrivals chart."""
    start_ms = _opening(scene.now_ms)
    slot_ms = SLOT // timedelta(milliseconds=1)
    current = (scene.now_ms - start_ms) // slot_ms
    today = _by_slot(scene.readings.series("Q01", start_ms, start_ms + SLOTS * slot_ms), start_ms, slot_ms)
    before_ms = start_ms - 7 * DAY_MS
    before = _by_slot(scene.readings.series("Q01", before_ms, before_ms + SLOTS * slot_ms), before_ms, slot_ms)
    bars = [today.get(slot, 0) if slot <= current else None for slot in range(SLOTS)]
    usual = [before.get(slot, 0) for slot in range(SLOTS)] if before else [None] * SLOTS
    x, y = mean_wait(scene.readings, start_ms, scene.now_ms)
    highest = max([10, *today.values(), *before.values()])
    reading = scene.read("Q03")
    ends = bool(x) and reading.figure is not None and scene.now_ms - start_ms <= _MINUTES * 60_000
    leaves: dict[str, Any] = {
        "data.0.y": bars,
        "data.0.marker.color": [theme.LIGHT_BLUE if slot == current else theme.BLUE for slot in range(SLOTS)],
        "data.1.y": usual,
        "data.2.x": x,
        "data.2.y": y,
        "data.3.x": x[-1:],
        "data.3.y": y[-1:],
        "layout.annotations.0.x": x[-1] if x else 0,
        "layout.annotations.0.y": y[-1] if y else 0,
        "layout.annotations.0.text": f"<b>{number.with_unit(reading, scene.language)}</b>" if ends else "",
        "layout.annotations.3.visible": bool(before),
        "layout.yaxis.range": [0, highest * 1.1],
        "layout.yaxis2.range": [0, max([10.0, *y]) * 1.25],
    }
    return {Leaf(graph_id(ARRIVALS), f"figure.{path}"): value for path, value in leaves.items()}


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


def fields_figure(scene: Scene) -> dict[str, Any]:
    """Open dossiers by field: in time, near due, overdue, and how many."""
    rows = list(range(_FIELD_ROWS))
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": rows,
        "x": [],
        "hoverinfo": "skip",
        "showlegend": False,
        "width": 0.5,
    }
    colours = (theme.BLUE, theme.AMBER, theme.RED)
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True}
    return {
        "data": [
            *({**bar, "marker": {"color": colour}} for colour in colours),
            {
                "type": "scatter", "mode": "text", "x": [], "y": rows, "text": [], "textposition": "middle right",
                "textfont": {"color": theme.TEXT, "weight": 600}, "hoverinfo": "skip", "showlegend": False, "cliponaxis": False,
            },
        ],
        "layout": {
            "barmode": "stack",
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": theme.FONT, "color": theme.TEXT},
            "margin": {},
            "xaxis": {**axis, "showticklabels": False, "rangemode": "tozero", "range": [0, 1]},
            "yaxis": {**axis, "range": [_FIELD_ROWS - 0.4, -0.6], "tickvals": rows, "ticktext": [""] * _FIELD_ROWS},
        },
    }  # fmt: skip


def fields_leaves(scene: Scene) -> Leaves:
    """The arrays of the chart of fields: the largest first, what does not fit in one row."""
    near, overdue = scene.members("D07", "field_code"), scene.members("D08", "field_code")
    rows = []
    for member, reading in scene.members("D05", "field_code").items():
        if reading.numerator:
            due = near[member].numerator if member in near else 0
            late = overdue[member].numerator if member in overdue else 0
            rows.append((text.code(member, scene.language), reading.numerator, due, late))
    rows.sort(key=lambda row: (-row[1], row[0]))
    if len(rows) > _FIELD_ROWS:
        rest = rows[_FIELD_ROWS - 1 :]
        others = (scene.say(text.OTHERS), sum(r[1] for r in rest), sum(r[2] for r in rest), sum(r[3] for r in rest))
        rows = [*rows[: _FIELD_ROWS - 1], others]
    missing = _FIELD_ROWS - len(rows)
    largest = max((row[1] for row in rows), default=1)
    leaves: dict[str, Any] = {
        "data.0.x": [row[1] - row[2] - row[3] for row in rows] + [0] * missing,
        "data.1.x": [row[2] for row in rows] + [0] * missing,
        "data.2.x": [row[3] for row in rows] + [0] * missing,
        "data.3.x": [row[1] for row in rows] + [0] * missing,
        "data.3.text": [f" {number.whole(row[1], scene.language)}" for row in rows] + [""] * missing,
        "layout.xaxis.range": [0, largest * 1.02],
        "layout.yaxis.ticktext": [f"{row[0]}  " for row in rows] + [""] * missing,
    }
    return {Leaf(graph_id(FIELDS), f"figure.{path}"): value for path, value in leaves.items()}


def _opening(now_ms: int) -> int:
    day = text.local(now_ms).date()
    return milliseconds(datetime.combine(day, OPENS, text.local(now_ms).tzinfo))


def _by_slot(values: list[Value], start_ms: int, slot_ms: int) -> dict[int, int]:
    return {(value.window_ms - start_ms) // slot_ms: value.numerator for value in values}
