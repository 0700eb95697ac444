"""Active: the active alarms one below the other, and those that cleared lately; both pushed, so that they are never old."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.alarm.sentence import alarm_sentence
from dashboard.components import tile
from dashboard.components.alarm_panel import ACKNOWLEDGED, CALLING, CALM, MORE, NOBODY, lasted
from dashboard.components.table import table_look
from dashboard.pages.alarms.log import SEVERITIES, alarm_state_text, escalation, measured_text, time_taken
from dashboard.state.alarm import Alarm
from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from ingest.contract.label import Label

PLACES = 20
CLEARED = 12

HEADS = (
    Label("Lúc báo", "Raised"),
    Label("Cảnh báo", "Alarm"),
    Label("Nhận sau", "Acknowledged after"),
    Label("Hết sau", "Cleared after"),
    Label("Ai nhận", "By"),
)
_PARTS = ("sign", "word", "at", "value", "state")


def alarm_address(alarm: Alarm) -> str:
    """The page of one alarm."""
    return f"/alarm/{alarm.id}"


def active(_board_state: BoardState) -> Component:
    """The standing places of the active ones."""
    places = [
        html.Li(
            [
                html.Span(id=f"active-{place}-sign"),
                html.Span(id=f"active-{place}-word", className="word"),
                html.Span(id=f"active-{place}-at", className="at"),
                html.A(id=f"active-{place}-what", className="what"),
                html.Div(
                    [html.Strong(id=f"active-{place}-value"), html.Span(id=f"active-{place}-state")], className="detail"
                ),
            ],
            id=f"active-{place}",
            hidden=True,
        )
        for place in range(PLACES)
    ]
    return html.Div(
        [html.P(id="active-count", className="caption"), html.Ul(places, className="alarm-list")],
        className="block-body",
    )


def active_updates(state: BoardState) -> PropertyUpdates:
    """The active ones, those that call first."""
    alarms = state.alarms.active
    calling = len(state.alarms.calling)
    counts = [(CALLING, calling), (ACKNOWLEDGED, len(alarms) - calling), (MORE, max(0, len(alarms) - PLACES))]
    parts = [state.say(label, count=number.whole_number(count, state.language)) for label, count in counts if count]
    updates: PropertyUpdates = {
        PropertyUpdate("active-count", "children"): " · ".join(parts) or state.say(CALM),
        PropertyUpdate("active-card", "className"): "card" if alarms else "card says-nothing",
        PropertyUpdate("cleared-card", "className"): "card says-nothing",
    }
    for place in range(PLACES):
        updates |= _row(f"active-{place}", alarms[place] if place < len(alarms) else None, state)
    return updates


def _row(id: str, alarm: Alarm | None, state: BoardState) -> PropertyUpdates:
    if alarm is None:
        empty: PropertyUpdates = {PropertyUpdate(f"{id}-{part}", "children"): "" for part in (*_PARTS[1:], "what")}
        return {PropertyUpdate(id, "hidden"): True, PropertyUpdate(f"{id}-what", "href"): None, **empty}
    since = f"{text.clock_time(alarm.raised_ms, state.now_ms)} · {lasted(state.now_ms - alarm.raised_ms, state)}"
    parts = (alarm_state_text(alarm, state), escalation(alarm, state), alarm.assigned_to or state.say(NOBODY))
    shown: dict[tuple[str, str], Any] = {
        (id, "hidden"): False,
        (id, "className"): f"row-{alarm.severity if alarm.calls else 'seen'}",
        (f"{id}-sign", "className"): tile.sign(alarm.severity),
        (f"{id}-word", "children"): state.say(SEVERITIES[alarm.severity]),
        (f"{id}-at", "children"): since,
        (f"{id}-what", "children"): alarm_sentence(alarm, state),
        (f"{id}-what", "href"): alarm_address(alarm),
        (f"{id}-value", "children"): measured_text(alarm, state),
        (f"{id}-state", "children"): " · ".join(filter(None, parts)),
    }
    return {PropertyUpdate(*place): what for place, what in shown.items()}


def cleared(state: BoardState) -> Component:
    """The place of those that cleared within a day."""
    look = table_look([state.say(head) for head in HEADS])
    table = dmc.Table(id="alarms-cleared", data={"head": [], "body": []}, withRowBorders=False, **look)
    return html.Div(table, className="block-body", tabIndex=0)


def cleared_updates(state: BoardState) -> PropertyUpdates:
    """Those that cleared within a day, the newest first."""
    rows = [
        [
            text.clock_time(alarm.raised_ms, state.now_ms),
            alarm_sentence(alarm, state, now=False),
            time_taken(alarm.raised_ms, alarm.first_acknowledged_ms, state),
            time_taken(alarm.raised_ms, alarm.cleared_ms, state),
            alarm.acknowledged_by or number.NONE,
        ]
        for alarm in state.alarms.cleared[:CLEARED]
    ]
    heads = [state.say(head) for head in HEADS]
    data = {"head": heads, "body": rows} if rows else {"head": [], "body": [[state.say(text.NOTHING)]]}
    return {PropertyUpdate("alarms-cleared", "data"): data}
