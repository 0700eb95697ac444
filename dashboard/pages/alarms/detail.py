"""Detail: one of them, `/alarm/<id>` - how it stands, what was done about it, and what a person can do.

Everything but the controls is pushed, so that two people who handle the same alarm see each other's acts. What the controls do
is in `callbacks`.
"""

from collections.abc import Collection, Iterator
from secrets import token_urlsafe
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.alarm.sentence import alarm_members, alarm_sentence, subject_name
from dashboard.components import header, tile
from dashboard.components.alarm_panel import NOBODY, lasted
from dashboard.pages.alarms.log import (
    HEADS,
    SEVERITIES,
    act_rows,
    alarm_state_text,
    delivery_text,
    escalation,
    measured_text,
)
from dashboard.state.alarm import Alarm
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from ingest.contract.code import LONGEST_COMMENT
from ingest.contract.label import Label
from warehouse.catalogue import alarm_rules

RIGHT = "leader"
"""Who may see an alarm's page, and act on it."""
STEPS = 6
"""Places of a checklist."""

BACK = Label("← Cảnh báo", "← Alarms")
FACTS = {
    "severity": Label("Mức", "Severity"),
    "since": Label("Từ lúc", "Since"),
    "subject": Label("Đối tượng", "Subject"),
    "value": Label("Hiện nay", "Now"),
    "state": Label("Tình trạng", "State"),
    "escalation": Label("Báo cấp trên", "Escalation"),
    "assigned": Label("Giao cho", "Assigned to"),
    "told": Label("Báo ra ngoài", "Told outside"),
}
ACKNOWLEDGE = Label("Nhận cảnh báo", "Acknowledge")
TO = Label("Giao cho ai", "Assign to whom")
ASSIGN = Label("Giao", "Assign")
COMMENT = Label(
    "Ghi chú (không ghi tên, số điện thoại công dân)", "Comment (no names or telephone numbers of citizens)"
)
SAY = Label("Ghi", "Note")
CHECKLIST = Label("Việc cần làm", "What to do")
LOG = Label("Nhật ký", "Log")
BY_DEFAULT = Label("{nobody}; thường do {team}", "{nobody}; usually {team}")
SEE = Label("Xem số liệu", "See the figures")


class Ids(Collection[str]):
    """Everything that an alarm's id can be: 32 hexadecimal digits, or 16 in an address of an earlier version."""

    def __contains__(self, id: object) -> bool:
        """Whether an address may end with it."""
        return isinstance(id, str) and len(id) in (16, 32) and set(id) <= set("0123456789abcdef")

    def __iter__(self) -> Iterator[str]:
        """None is known beforehand."""
        return iter(())

    def __len__(self) -> int:
        """None is known beforehand."""
        return 0


def layout(state: BoardState) -> Component:
    """How it stands and what can be done on the left, what is to do and what was done on the right."""
    say = state.say
    head = html.Header(
        [
            header.navigation(state, viewer(), f"/alarm/{state.argument}"),
            header.way_back(say(BACK), "/alarms"),
            header.transport_mark(state),
        ],
        className="desk-head",
    )
    facts = [part for id, label in FACTS.items() for part in (html.Dt(say(label)), html.Dd(id=f"alarm-{id}"))]
    left = html.Section(
        [
            html.H1([html.Span(id="alarm-sign"), html.Span(id="alarm-what")]),
            html.Dl(facts, className="facts-list"),
            html.A(say(SEE), id="alarm-see", className="back"),
            html.Div(id="alarm-fault", className="fault", role="alert"),
            html.Fieldset(_controls(state), id="alarm-acts", className="acts"),
        ]
    )
    log = dmc.Table(id="alarm-log", data={"head": [], "body": []}, className="plain", withRowBorders=False)
    right = html.Section(
        [html.H2(say(CHECKLIST)), html.Fieldset(_steps(), id="alarm-steps", className="acts"), html.H2(say(LOG)), log]
    )
    stores = [dcc.Store(id="alarm-id", data=whole_id(state.argument)), dcc.Store(id="alarm-click", data=new_click())]
    main = html.Main([left, right, *stores], className="desk-scroll alarm")
    return html.Div([head, main], className="desk")


def whole_id(argument: str) -> str:
    """An alarm's id by what an address says; ids of an earlier version had half as many digits, and are filled up with zeros."""
    return f"{argument:0<32}"


def new_click() -> str:
    """What tells the next click of this page apart from all others; it stays until that one is done."""
    return token_urlsafe(16)


def _controls(state: BoardState) -> list[Component]:
    say = state.say
    return [
        dmc.Button(say(ACKNOWLEDGE), id="alarm-acknowledge"),
        dmc.Group(
            [
                dmc.Select(
                    id="alarm-to",
                    data=[],
                    debounce=True,
                    searchable=True,
                    placeholder=say(TO),
                    flex=1,
                    **{"aria-label": say(TO)},
                ),
                dmc.Button(say(ASSIGN), id="alarm-assign", variant="default"),
            ],
            gap="sm",
        ),
        dmc.TextInput(
            id="alarm-comment", debounce=True, label=say(COMMENT), attributes={"input": {"maxLength": LONGEST_COMMENT}}
        ),
        dmc.Button(say(SAY), id="alarm-say", variant="default"),
    ]


def _steps() -> list[Component]:
    return [
        html.Button(id=f"alarm-step-{step}", role="checkbox", type="button", className="step", hidden=True)
        for step in range(STEPS)
    ]


def updates(state: BoardState) -> PropertyUpdates:
    """Everything that changes; nothing of one that is long gone, which is asked for."""
    alarm = state.alarms.find(whole_id(state.argument))
    return alarm_updates(alarm, state) if alarm else {}


def alarm_updates(alarm: Alarm, state: BoardState, *, is_gone: bool = False) -> PropertyUpdates:
    """An alarm as it is.

    Args:
        alarm: which one.
        state: the moment, and the language.
        is_gone: whether it is so old that nothing can be done about it.
    """
    say, rule = state.say, alarm_rules().get(alarm.key[0])
    since = text.clock_time(alarm.raised_ms, state.now_ms)
    nobody = say(BY_DEFAULT, nobody=say(NOBODY), team=rule.team) if rule and rule.team else say(NOBODY)
    subject = (subject_name(rule, alarm.key[1], state.language) if alarm.key[1] else "") if rule else alarm.key[1]
    shown: dict[str, Any] = {
        "what": alarm_sentence(alarm, state),
        "severity": say(SEVERITIES[alarm.severity]),
        "since": f"{since} · {lasted((alarm.cleared_ms or state.now_ms) - alarm.raised_ms, state)}",
        "subject": _about(alarm, state) or subject or number.NONE,
        "value": measured_text(alarm, state) or number.NONE,
        "state": alarm_state_text(alarm, state),
        "escalation": escalation(alarm, state) or number.NONE,
        "assigned": alarm.assigned_to or nobody,
        "told": delivery_text(alarm, state) or number.NONE,
    }
    page = state.pages.find(rule.page) if rule else None
    found: PropertyUpdates = {
        **{PropertyUpdate(f"alarm-{name}", "children"): words for name, words in shown.items()},
        PropertyUpdate("alarm-sign", "className"): tile.sign(alarm.severity),
        PropertyUpdate("alarm-see", "href"): page.page.path if page else "/",
        PropertyUpdate("alarm-log", "data"): {"head": [say(head) for head in HEADS], "body": act_rows(alarm, state)},
        PropertyUpdate("alarm-acts", "disabled"): is_gone,
        PropertyUpdate("alarm-steps", "disabled"): is_gone,
        PropertyUpdate("alarm-acknowledge", "disabled"): is_gone or not alarm.calls,
    }
    checklist = rule.checklist if rule else ()
    for step in range(STEPS):
        is_step = step < len(checklist)
        found[PropertyUpdate(f"alarm-step-{step}", "hidden")] = not is_step
        found[PropertyUpdate(f"alarm-step-{step}", "children")] = say(checklist[step]) if is_step else ""
        found[PropertyUpdate(f"alarm-step-{step}", "aria-checked")] = "true" if step in alarm.ticked else "false"
    return found


def _about(alarm: Alarm, state: BoardState) -> list[Component]:
    """The residential groups and devices that it is about, each a link to its page."""
    return [
        html.A(
            state.say(text.GROUP, number=text.group_number(one)) if address.startswith("/group/") else one,
            href=address,
            className="back",
        )
        for one, address in alarm_members(alarm, state).items()
    ]


PAGE = Page(path="/alarm", label=text.ALARMS, right=RIGHT, layout=layout, updates=updates, arguments=Ids)
