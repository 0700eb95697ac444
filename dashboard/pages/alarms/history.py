"""History: the alarms of the last weeks as a table, and how long it takes until somebody acknowledges one."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.alarm.event_log.fold import fold_events
from dashboard.alarm.sentence import alarm_sentence
from dashboard.components import tile
from dashboard.components.table import Cell, data_table
from dashboard.pages.alarms.active import alarm_address
from dashboard.pages.alarms.log import SEVERITIES, alarm_state_text, delivery_text, time_taken
from dashboard.state.alarm import Alarm, ChannelFault
from dashboard.state.page import BoardState, PastQuestion, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from dashboard.words.csv import CSV, csv_text
from ingest.contract.clock import moment
from ingest.contract.label import Label
from warehouse.catalogue import alarm_rules
from warehouse.store.alarm_log import AcknowledgementTimes, read_history

SPANS = {str(days): (text.last_days(days), days) for days in (1, 7, 30, 90)}
DEFAULT = "7"
MOST = 100
"""Rows that are shown; the newest."""
TIMES_DAYS = 30
REFRESH_MS = 15_000

SINCE = Label("Thời gian", "Time")
SEVERITY = Label("Mức", "Severity")
DOMAIN = Label("Lĩnh vực", "Domain")
REFRESH = Label("Đọc lại", "Refresh")
READ_AT = Label("{count} cảnh báo, đọc lúc {time}", "{count} alarms, read at {time}", "{count} alarm, read at {time}")
CUT = Label("{count} mới nhất, đọc lúc {time}", "the newest {count}, read at {time}")
BEFORE = Label(
    "{count} cảnh báo được báo trong {days} ngày trước lúc đó",
    "{count} alarms were raised within the {days} days before",
    "{count} alarm was raised within the {days} days before",
)
NONE = Label("Không có cảnh báo nào.", "No alarms.")
HEADS = (
    Label("Lúc báo", "Raised"),
    Label("Mức", "Severity"),
    Label("Cảnh báo", "Alarm"),
    Label("Nhận sau", "Acknowledged after"),
    Label("Hết sau", "Cleared after"),
    Label("Tình trạng", "State"),
    Label("Giao cho", "Assigned to"),
    Label("Đã báo", "Told"),
)
TIMES = Label(
    "30 ngày: {alarms} cảnh báo, {acknowledged} được nhận",
    "30 days: {alarms} alarms, {acknowledged} acknowledged",
)
ACKNOWLEDGED_AFTER = Label(
    "; từ báo đến nhận trung bình {mean}, trung vị {median}",
    "; raised to acknowledged mean {mean}, median {median}",
)
NO_WAY = Label(
    "Chưa cài cách báo ra ngoài: người cài đặt có thể đặt thư điện tử hoặc Zalo.",
    "Nobody is told outside the board: whoever installed it can set up mail or Zalo.",
)
WORKS = Label("{way}: không có lỗi", "{way}: no fault")
FAILS = Label("{way}: không gửi được từ {time}, {why}", "{way}: fails since {time}, {why}")


def alarm_history_widget(state: BoardState) -> Component:
    """The choices, and the places of what is asked."""
    say = state.say
    table = html.Div(id="alarms-table", className="block-body", tabIndex=0)
    if state.past:
        return html.Div([html.P(id="alarms-count", className="quiet"), table], className="alarms-past")
    spans = [{"value": value, "label": say(label)} for value, (label, _) in SPANS.items()]
    severities = [{"value": value, "label": say(label)} for value, label in SEVERITIES.items()]
    domains = [
        {"value": path, "label": _domain(path, state)}
        for path in sorted({rule.page for rule in alarm_rules().values()})
    ]
    choices = dmc.Group(
        [
            dmc.Select(id="alarms-span", data=spans, value=DEFAULT, allowDeselect=False, w=150, **_named(say(SINCE))),
            dmc.Select(id="alarms-severity", data=severities, clearable=True, w=150, **_named(say(SEVERITY))),
            dmc.Select(id="alarms-domain", data=domains, clearable=True, w=190, **_named(say(DOMAIN))),
            dmc.Button(say(REFRESH), id="alarms-refresh", variant="default", size="sm"),
            dmc.Button(say(CSV), id="alarms-csv", variant="default", size="sm"),
            dcc.Download(id="alarms-download"),
            html.Span(id="alarms-count", className="quiet", role="status"),
        ],
        gap="sm",
    )
    return html.Div(
        [
            html.P([html.Span(id="alarms-times"), html.Span(id="alarms-ways")], className="quiet"),
            choices,
            table,
            dcc.Interval(id="alarms-tick", interval=REFRESH_MS),
        ],
        className="alarms-past",
    )


def past_history(asked: PastQuestion) -> PropertyUpdates:
    """The alarms that were raised in the days before a minute of the past, as they stood then."""
    state, until = asked.state, moment(asked.state.now_ms)
    _, days = SPANS[DEFAULT]
    found = fold_events(read_history(asked.client, asked.ward, until - timedelta(days=days), MOST, until))
    alarms = filter_alarms(found, None, None)
    return {
        PropertyUpdate("alarms-table", "children"): alarm_history_table(alarms, state),
        PropertyUpdate("alarms-count", "children"): state.say(BEFORE, days=days, count=len(alarms)),
    }


def filter_alarms(alarms: Iterable[Alarm], severity: object, domain: object) -> list[Alarm]:
    """Those of a severity and a domain, the newest first; what is not a choice leaves all."""
    by_page = {id: rule.page for id, rule in alarm_rules().items()}
    found = [
        one
        for one in alarms
        if (severity not in SEVERITIES or one.severity == severity)
        and (domain not in by_page.values() or by_page.get(one.key[0]) == domain)
    ]
    return sorted(found, key=lambda one: (-one.raised_ms, one.id))


def alarm_history_table(alarms: list[Alarm], state: BoardState) -> Component:
    """Each alarm as a row."""
    rows: list[list[Cell]] = [
        [
            text.clock_time(one.raised_ms, state.now_ms),
            html.Span([html.Span(className=tile.sign(one.severity)), state.say(SEVERITIES[one.severity])]),
            html.A(alarm_sentence(one, state, now=False), href=alarm_address(one)),
            time_taken(one.raised_ms, one.first_acknowledged_ms, state),
            time_taken(one.raised_ms, one.cleared_ms, state),
            alarm_state_text(one, state),
            one.assigned_to or number.NONE,
            delivery_text(one, state) or number.NONE,
        ]
        for one in alarms[:MOST]
    ]
    return data_table([state.say(head) for head in HEADS], rows, empty=state.say(NONE))


def alarm_history_csv(alarms: list[Alarm], state: BoardState) -> str:
    """The same as a spreadsheet, all of them."""
    columns = ["raised", "severity", "alarm", "acknowledged", "cleared", "assigned_to"]
    rows = [
        [
            text.local_time(one.raised_ms),
            state.say(SEVERITIES[one.severity]),
            alarm_sentence(one, state, now=False),
            text.local_time(one.first_acknowledged_ms) if one.first_acknowledged_ms else None,
            text.local_time(one.cleared_ms) if one.cleared_ms else None,
            one.assigned_to,
        ]
        for one in alarms
    ]
    return csv_text(columns, rows)


def count_text(alarms: list[Alarm], state: BoardState) -> str:
    """How many rows there are, and of when."""
    label = CUT if len(alarms) > MOST else READ_AT
    return state.say(label, count=min(len(alarms), MOST), time=f"{text.local_time(state.now_ms):%H:%M:%S}")


def acknowledgement_text(found: AcknowledgementTimes, state: BoardState) -> str:
    """How long it takes until somebody acknowledges."""
    count = {name: number.whole_number(getattr(found, name), state.language) for name in ("alarms", "acknowledged")}
    said = state.say(TIMES, **count)
    if not found.acknowledged:
        return said
    mean, median = (time_taken(0, max(1, round(seconds * 1000)), state) for seconds in (found.mean_s, found.median_s))
    return said + state.say(ACKNOWLEDGED_AFTER, mean=mean, median=median)


def channels_text(ways: Iterable[str], faults: Mapping[str, ChannelFault], state: BoardState) -> list[Component]:
    """How people are told outside the board, and whether that works."""
    said: list[Component] = []
    for name in ways:
        way, fault = text.way_name(name, state.language), faults.get(name)
        sign = html.Span(className=tile.sign("critical" if fault else "normal"))
        time = text.clock_time(fault.since_ms, state.now_ms) if fault else ""
        words = state.say(FAILS, way=way, time=time, why=fault.why) if fault else state.say(WORKS, way=way)
        said.append(html.Span([sign, words], className="way"))
    return said or [html.Span(state.say(NO_WAY), className="way")]


def _domain(path: str, state: BoardState) -> str:
    place = state.pages.find(path)
    return state.say(place.page.label) if place else path


def _named(name: str) -> dict[str, str]:
    return {"aria-label": name, "placeholder": name, "size": "sm"}
