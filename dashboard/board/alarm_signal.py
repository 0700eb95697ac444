"""Alarm signal: the newest alarm on every page, invisible, for whatever has to react to it - a banner, a sound, a jump of the wall.

`#alarm-signal` has `data-severity` (that of the worst that calls; empty: none does), `data-count` (how many call: active, and
acknowledged by nobody), `data-newest` (of the worst the one that called last; with how bad it is, so that a rise is news too),
`data-text` (its sentence), `data-page` (where its subject is seen) and `data-quiet` (`true`: make no sound).
"""

from dash import html
from dash.development.base_component import Component

from dashboard.alarm.sentence import alarm_sentence
from dashboard.state.page import BoardState, PageList, PropertyUpdate, PropertyUpdates
from warehouse.catalogue import alarm_rules

ID = "alarm-signal"


def alarm_signal_widget() -> Component:
    """The element."""
    return html.Div(id=ID, hidden=True)


def updates(state: BoardState) -> PropertyUpdates:
    """What it says now."""
    calling = state.alarms.calling
    worst = calling[0].severity if calling else ""
    newest = max(
        (one for one in calling if one.severity == worst), key=lambda one: (one.alerted_ms, one.id), default=None
    )
    passes = not state.alarms.is_quiet or (worst == "critical" and state.alarms.critical_passes)
    said = {
        "data-severity": worst,
        "data-count": len(calling),
        "data-newest": f"{newest.id}-{newest.severity}" if newest else "",
        "data-text": alarm_sentence(newest, state) if newest else "",
        "data-page": page_of(newest.key[0], state.pages) if newest else "",
        "data-quiet": "" if passes else "true",
    }
    return {PropertyUpdate(ID, name): value for name, value in said.items()}


def page_of(rule: str, pages: PageList) -> str:
    """The page on which a rule's subject is seen."""
    page = alarm_rules()[rule].page if rule in alarm_rules() else ""
    return page if pages.find(page) else "/"
