"""Heatmap: when people come - a cell for every hour of every weekday of the last seven days, with its number in it."""

from dash import html
from dash.development.base_component import Component

from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from dashboard.words.day import holiday
from warehouse.model.expression import DAY_MS, window_start

HOURS = tuple(range(7, 18))
DAYS = 7
HOUR_MS = 3_600_000


def heat(state: BoardState, name: str) -> Component:
    """The cells: a row a day, oldest first, a column an hour."""
    head = [html.Span(), *[html.Span(f"{hour}h", className="heat-hour") for hour in HOURS]]
    rows = [
        part
        for day in range(DAYS)
        for part in (
            html.Span(id=f"{name}-{day}-day", className="heat-day"),
            *[html.Span(id=f"{name}-{day}-{hour}", className="heat-cell") for hour in HOURS],
        )
    ]
    return html.Div([*head, *rows], className="heat")


def heat_updates(state: BoardState, name: str, id: str) -> PropertyUpdates:
    """How many of a flow came in each hour; hours to come are empty. A holiday on which nobody came is named instead."""
    today_ms = int(window_start(state.now_ms, DAY_MS))
    start_ms = today_ms - (DAYS - 1) * DAY_MS
    sums: dict[tuple[int, int], int] = {}
    for value in state.readings.series(id, start_ms, state.now_ms + 1):
        day, rest = divmod(value.window_ms - start_ms, DAY_MS)
        place = (day, rest // HOUR_MS)
        sums[place] = sums.get(place, 0) + value.numerator
    largest = max(sums.values(), default=1)
    updates: PropertyUpdates = {}
    for day in range(DAYS):
        at = text.local_time(start_ms + day * DAY_MS)
        updates[PropertyUpdate(f"{name}-{day}-day", "children")] = (
            f"{state.say(text.DAYS_SHORT[at.weekday()])} {at:%d/%m}"
        )
        closed = holiday(at.date(), state.language) if not any(sums.get((day, hour)) for hour in HOURS) else ""
        for hour in HOURS:
            is_over = start_ms + day * DAY_MS + hour * HOUR_MS <= state.now_ms
            count = sums.get((day, hour), 0)
            cell = f"{name}-{day}-{hour}"
            named = closed if hour == HOURS[0] else ""
            updates[PropertyUpdate(cell, "children")] = (
                number.whole_number(count, state.language) if is_over and count else named
            )
            updates[PropertyUpdate(cell, "className")] = "heat-cell is-named" if named else "heat-cell"
            updates[PropertyUpdate(cell, "style")] = {"--heat": f"{100 * count / largest:.0f}%"}
    return updates
