"""Broadcasts: what the loudspeakers play today, one line for each time, and whether it is over, on the air or still to come."""

from dash import html
from dash.development.base_component import Component

from dashboard.charts.chart import is_told
from dashboard.components.widget import Widget
from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from ingest.contract.label import Label
from warehouse.model.reading import Reading

INDICATOR = "S04"
OVER = Label("đã phát xong", "over")
NEXT = Label("sắp tới", "to come")
ON_AIR = Label("trong giờ phát", "on the air")
COUNT = Label("{count} lịch", "{count} planned")
MORE = Label("còn {count} giờ phát nữa", "{count} more times")
NONE = Label("Chưa được báo lịch phát nào hôm nay", "No broadcast is announced for today")


def schedule(name: str, count: int) -> Widget:
    """The day's broadcasts.

    Args:
        name: beginning of the components' ids.
        count: for how many times there are places; those that are over longest give way.
    """

    def layout(_board_state: BoardState) -> Component:
        rows = [
            html.Li(
                [html.Span(id=f"{name}-{place}-{part}", className=part) for part in ("at", "what", "detail")],
                id=f"{name}-{place}",
                className="row",
            )
            for place in range(count)
        ]
        return html.Ul(rows, className="rows")

    def updates(state: BoardState) -> PropertyUpdates:
        found = broadcast_starts(state)
        over = [at_ms for at_ms, reading in found if reading.numerator == reading.denominator]
        found = found[max(0, min(len(over), len(found) - count)) :]
        rest = found[count - 1 :] if len(found) > count else []
        lines = [_line(at_ms, reading, state) for at_ms, reading in (found[: count - 1] if rest else found)]
        if rest:
            lines.append(("", state.say(MORE, count=len(rest)), "", "row"))
        if not lines:
            none = state.say(NONE) if is_told(state, [INDICATOR]) else number.NONE
            lines = [("", none, "", "row row-seen")]
        updates: PropertyUpdates = {}
        for place in range(count):
            *said, classes = lines[place] if place < len(lines) else ("", "", "", "row row-empty")
            updates[PropertyUpdate(f"{name}-{place}", "className")] = classes
            for part, words in zip(("at", "what", "detail"), said, strict=True):
                updates[PropertyUpdate(f"{name}-{place}-{part}", "children")] = words
        return updates

    return Widget(layout, updates, (INDICATOR,))


def broadcast_starts(state: BoardState) -> list[tuple[int, Reading]]:
    """The starts of today, in their order, each with how many are over of how many."""
    members = state.members(INDICATOR, "start_at")
    return sorted((int(start), reading) for start, reading in members.items() if reading.denominator)


def _line(at_ms: int, reading: Reading, state: BoardState) -> tuple[str, str, str, str]:
    """When, how many, how it stands, and its classes."""
    is_over = reading.numerator == reading.denominator
    phase = OVER if is_over else NEXT if at_ms > state.now_ms else ON_AIR
    count = state.say(COUNT, count=number.whole_number(reading.denominator, state.language))
    return f"{text.local_time(at_ms):%H:%M}", count, state.say(phase), "row row-seen" if is_over else "row"
