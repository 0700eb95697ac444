"""Alarm panel: the alarms as a list on the wall - sign, time, what is wrong, for how long and who has it.

Those that call come first, those that somebody has acknowledged are dim, those that cleared within the last hour end it. It is
tinted only while one calls.
"""

from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard.alarm.sentence import alarm_sentence
from dashboard.components import tile
from dashboard.state.alarm import Alarm
from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from ingest.contract.label import Label

ROWS = 4
"""Places in the list; when there is more, the last one counts the rest."""

CALLING = Label("{count} cảnh báo chưa nhận", "{count} unacknowledged alarms", "{count} unacknowledged alarm")
ACKNOWLEDGED = Label("{count} cảnh báo đang xử lý", "{count} alarms being dealt with", "{count} alarm being dealt with")
CALM = Label("Không có cảnh báo", "No alarms")
LONGEST = Label("lâu nhất {time}", "longest {time}")
NOBODY = Label("chưa giao", "not assigned")
SEEN = Label("đã nhận", "acknowledged")
DONE = Label("đã xong {time}", "cleared {time}")
MORE = Label("và {count} cảnh báo nữa", "and {count} more")
MINUTES = Label("{count} phút", "{count} min")
HOURS = Label("{count} giờ", "{count} h")
DAYS = Label("{count} ngày", "{count} d")

_CLEARED_WITHIN_MS = 3_600_000


class AlarmRow(NamedTuple):
    """One line of the list."""

    look: str = "empty"
    """`critical`, `warning`, `seen`, `done` or `empty`."""
    sign: str = "sign sign-normal"
    time: str = ""
    what: str = ""
    detail: str = ""
    href: str | None = None


def panel() -> Component:
    """The list's standing places."""
    places = [
        html.Li(
            [
                html.Span(id=f"alarm-{place}-sign"),
                html.Span(id=f"alarm-{place}-time", className="at"),
                html.A(id=f"alarm-{place}-what", className="what"),
                html.Span(id=f"alarm-{place}-detail", className="detail"),
            ],
            id=f"alarm-{place}",
        )
        for place in range(ROWS)
    ]
    return html.Ul(places, className="alarms")


def alarm_rows(state: BoardState) -> list[AlarmRow]:
    """Every alarm that belongs on the list."""
    recent = (one for one in state.alarms.cleared if state.now_ms - one.cleared_ms <= _CLEARED_WITHIN_MS)
    return [_row(alarm, state) for alarm in (*state.alarms.active, *recent)]


def updates(state: BoardState) -> PropertyUpdates:
    """The list as it is now, and its title."""
    say, calling, found = state.say, state.alarms.calling, alarm_rows(state)
    shown = found[:ROWS]
    if len(state.alarms.active) > ROWS:
        count = number.whole_number(len(state.alarms.active) - ROWS + 1, state.language)
        shown = [*found[: ROWS - 1], AlarmRow("seen", what=say(MORE, count=count), href="/alarms")]
    shown += [AlarmRow()] * (ROWS - len(shown))
    title, worst, longest = CALM, "normal", ""
    if calling:
        title, worst = CALLING, calling[0].severity
        longest = say(LONGEST, time=lasted(state.now_ms - min(one.raised_ms for one in calling), state))
    elif state.alarms.active:
        title = ACKNOWLEDGED
    count = number.whole_number(len(calling) or len(state.alarms.active), state.language)
    pushed: PropertyUpdates = {
        PropertyUpdate("alarms-title", "children"): say(title, count=count),
        PropertyUpdate("alarms-longest", "children"): longest,
        PropertyUpdate("alarms-sign", "className"): f"sign sign-{worst}",
        PropertyUpdate("alarms-card", "className"): f"card alarms-{worst}{'' if found else ' says-nothing'}",
    }
    for place, row in enumerate(shown):
        pushed[PropertyUpdate(f"alarm-{place}", "className")] = f"row row-{row.look}"
        pushed[PropertyUpdate(f"alarm-{place}-sign", "className")] = row.sign
        pushed[PropertyUpdate(f"alarm-{place}-time", "children")] = row.time
        pushed[PropertyUpdate(f"alarm-{place}-what", "children")] = row.what
        pushed[PropertyUpdate(f"alarm-{place}-what", "href")] = row.href
        pushed[PropertyUpdate(f"alarm-{place}-detail", "children")] = row.detail
    return pushed


def lasted(ms: int, state: BoardState) -> str:
    """A length of time, for people: `34 phút`."""
    minutes = max(0, ms // 60_000)
    for label, size in ((DAYS, 2880), (HOURS, 120)):
        if minutes >= size:
            return state.say(label, count=minutes // (size // 2))
    return state.say(MINUTES, count=minutes)


def _row(alarm: Alarm, state: BoardState) -> AlarmRow:
    say, what, href = state.say, alarm_sentence(alarm, state), f"/alarm/{alarm.id}"
    at = text.clock_time(alarm.raised_ms, state.now_ms)
    if not alarm.is_active:
        done = say(DONE, time=text.clock_time(alarm.cleared_ms, state.now_ms))
        return AlarmRow("done", "sign sign-done", at, what, done, href)
    who = alarm.assigned_to or say(NOBODY)
    if alarm.is_acknowledged:
        return AlarmRow("seen", tile.sign(alarm.severity), at, what, f"{say(SEEN)} · {who}", href)
    detail = f"{lasted(state.now_ms - alarm.raised_ms, state)} · {who}"
    return AlarmRow(alarm.severity, tile.sign(alarm.severity), at, what, detail, href)
