"""Active: the active alarms one below the other, and those that cleared lately; both pushed, so that they are never old."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.alarm.sentence import alarm_sentence
from dashboard.components import tile
from dashboard.components.alarm_panel import ACKNOWLEDGED, CALLING, CALM, MORE, NOBODY, lasted
from dashboard.pages.alarms.log import SEVERITIES, alarm_state_text, escalation, measured_text, took
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


def active(_scene: BoardState) -> Component:
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


def active_leaves(scene: BoardState) -> PropertyUpdates:
    """The active ones, those that call first."""
    alarms = scene.alarms.active
    calling = len(scene.alarms.calling)
    counts = [(CALLING, calling), (ACKNOWLEDGED, len(alarms) - calling), (MORE, max(0, len(alarms) - PLACES))]
    parts = [scene.say(label, count=number.whole_number(count, scene.language)) for label, count in counts if count]
    leaves: PropertyUpdates = {PropertyUpdate("active-count", "children"): " · ".join(parts) or scene.say(CALM)}
    for place in range(PLACES):
        leaves |= _row(f"active-{place}", alarms[place] if place < len(alarms) else None, scene)
    return leaves


def _row(id: str, alarm: Alarm | None, scene: BoardState) -> PropertyUpdates:
    if alarm is None:
        empty: PropertyUpdates = {PropertyUpdate(f"{id}-{part}", "children"): "" for part in (*_PARTS[1:], "what")}
        return {PropertyUpdate(id, "hidden"): True, PropertyUpdate(f"{id}-what", "href"): None, **empty}
    since = f"{text.clock_time(alarm.raised_ms, scene.now_ms)} · {lasted(scene.now_ms - alarm.raised_ms, scene)}"
    parts = (alarm_state_text(alarm, scene), escalation(alarm, scene), alarm.assigned_to or scene.say(NOBODY))
    shown: dict[tuple[str, str], Any] = {
        (id, "hidden"): False,
        (id, "className"): f"row-{alarm.severity if alarm.calls else 'seen'}",
        (f"{id}-sign", "className"): tile.sign(alarm.severity),
        (f"{id}-word", "children"): scene.say(SEVERITIES[alarm.severity]),
        (f"{id}-at", "children"): since,
        (f"{id}-what", "children"): alarm_sentence(alarm, scene),
        (f"{id}-what", "href"): alarm_address(alarm),
        (f"{id}-value", "children"): measured_text(alarm, scene),
        (f"{id}-state", "children"): " · ".join(filter(None, parts)),
    }
    return {PropertyUpdate(*place): what for place, what in shown.items()}


def cleared(_scene: BoardState) -> Component:
    """The place of those that cleared within a day."""
    table = dmc.Table(id="alarms-cleared", data={"head": [], "body": []}, className="plain", withRowBorders=False)
    return html.Div(table, className="block-body", tabIndex=0)


def cleared_leaves(scene: BoardState) -> PropertyUpdates:
    """Those that cleared within a day, the newest first."""
    rows = [
        [
            text.clock_time(alarm.raised_ms, scene.now_ms),
            alarm_sentence(alarm, scene, now=False),
            took(alarm.raised_ms, alarm.first_acknowledged_ms, scene),
            took(alarm.raised_ms, alarm.cleared_ms, scene),
            alarm.acknowledged_by or number.NONE,
        ]
        for alarm in scene.alarms.cleared[:CLEARED]
    ]
    return {PropertyUpdate("alarms-cleared", "data"): {"head": [scene.say(head) for head in HEADS], "body": rows}}
