"""Groups tables: devices, their alarms and what they told, as rows; every state by sign and word."""

from collections.abc import Set
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.alarm.sentence import alarm_members, alarm_sentence
from dashboard.components import tile
from dashboard.components.alarm_panel import CALM, lasted
from dashboard.components.table import Cell, data_table
from dashboard.state.page import BoardState
from dashboard.words import number, text
from dashboard.words.freshness import freshness
from ingest.contract.event import Event
from ingest.contract.label import Label
from warehouse.catalogue import alarm_rules
from warehouse.query.devices import KINDS, DeviceChange, DeviceHappening, DeviceNow

HEADS = (
    Label("Tình trạng", "State"),
    Label("Thiết bị", "Device"),
    Label("Loại", "Kind"),
    Label("Tín hiệu cuối", "Last sign"),
    Label("Lỗi", "Faults"),
)
NO_DEVICES = Label("Chưa thiết bị nào báo là ở tổ này.", "No device has said that it stands in this group.")
AREA = Label("Nơi đặt", "Where")
NO_AREA = Label("không ghi tổ dân phố", "no residential group told")
SINCE = Label("Từ lúc", "Since")
SILENT_FOR = Label("{time}, đã {length}", "{time}, for {length}")
NO_FAULT = Label("không có lỗi nào đang báo", "none open")
TRY = Label("Cách xử lý", "What to try")
CHANGES = Label("Thiết bị đã báo, 31 ngày", "What it told, 31 days")
NO_CHANGES = Label("Không báo gì trong 31 ngày.", "It told nothing within 31 days.")
CHANGE_HEADS = (Label("Lúc", "Time"), Label("Việc", "What"))
ALARMS = Label("Cảnh báo đang báo", "Active alarms")

WORKS = {
    "speaker": Label("đang kết nối", "connected"),
    "camera": Label("có hình", "has a picture"),
    "equipment": Label("đang hoạt động", "at work"),
}
LOST = {
    "speaker": Label("mất kết nối", "offline"),
    "camera": Label("mất hình", "no picture"),
    "equipment": Label("mất liên lạc", "out of reach"),
}
IDLE = Label("không trả lời; ngoài giờ hoặc chưa từng trả lời", "does not answer; after hours, or it never did")
REMOVED = Label("đã thôi dùng", "no longer in use")
FAULTY = Label("{state}, có lỗi", "{state}, with a fault")

SUBJECTS = {"speaker": "S01", "camera": "C01", "equipment": "E01"}
"""The figure whose freshness tells whether what is said of such devices is live."""
RULES = {"speaker": ("speaker.offline", "speaker.silent"), "camera": ("camera.fault",), "equipment": ("equipment.lost", "equipment.fault")}  # fmt: skip
"""The alarms whose checklists say what to try."""

CODES: dict[str, Label] = {
    "amplifier": Label("âm ly", "amplifier"),
    "power": Label("nguồn điện", "power"),
    "storage": Label("bộ nhớ", "storage"),
    "network": Label("mạng", "network"),
    "mute": Label("không có tiếng", "mute"),
    "video_loss": Label("mất hình", "no picture"),
    "tamper": Label("bị che hoặc xoay", "covered or turned"),
    "blur": Label("hình mờ", "blurred"),
    "dark": Label("hình tối", "dark"),
    "disk_full": Label("đầy ổ đĩa", "disk full"),
    "disk_error": Label("lỗi ổ đĩa", "disk error"),
    "temperature": Label("quá nhiệt", "too hot"),
    "no_paper": Label("hết giấy", "no paper"),
    "jammed": Label("kẹt giấy", "paper jam"),
    "door_open": Label("mở nắp", "door open"),
    "no_toner": Label("hết mực", "no toner"),
    "no_supply": Label("hết vật tư", "no supplies"),
    "offline": Label("ngoại tuyến", "offline"),
    "service": Label("cần sửa", "needs service"),
    "output_full": Label("đầy khay ra", "output full"),
    "overdue_maintenance": Label("quá hạn bảo trì", "maintenance overdue"),
    "paper": Label("sắp hết giấy", "paper low"),
    "toner": Label("sắp hết mực", "toner low"),
    "ink": Label("sắp hết mực", "ink low"),
    "drum": Label("trống sắp hết", "drum nearly worn"),
    "fuser": Label("bộ sấy sắp hết", "fuser nearly worn"),
    "waste": Label("hộp mực thải sắp đầy", "waste box nearly full"),
    "other": Label("vật tư khác sắp hết", "another supply low"),
}
"""What faults and low supplies are called."""
FAULT = Label("lỗi: {code}", "fault: {code}")
OVER = Label("hết lỗi: {code}", "no longer: {code}")
RESTORED = Label("hết lỗi", "the fault is gone")

HAPPENED: dict[str, tuple[Label, Label]] = {
    "speaker": (Label("Lượt phát, 7 ngày", "Broadcasts, 7 days"), Label("Không phát gì trong 7 ngày.", "It played nothing within 7 days.")),
    "camera": (Label("Camera ghi nhận, 7 ngày", "Detections, 7 days"), Label("Không ghi nhận gì trong 7 ngày.", "It noticed nothing within 7 days.")),
    "equipment": (Label("Lần mất liên lạc, 7 ngày", "Outages, 7 days"), Label("Không mất liên lạc lần nào trong 7 ngày.", "No outage within 7 days.")),
}  # fmt: skip
HAPPENED_HEADS = (Label("Bắt đầu", "Began"), Label("Loại", "Kind"), Label("Kết thúc", "Ended"))
ENDS = {
    "completed": Label("phát hết", "played to the end"),
    "failed": Label("không phát được", "failed"),
    "pre_empted": Label("nhường bản tin ưu tiên hơn", "gave way to a more urgent one"),
    "ended": Label("đã hết", "over"),
}
RUNNING = Label("đang tiếp diễn", "going on")


def alarm_list(about: Set[str], state: BoardState) -> Component:
    """The active alarms that name one of these groups or devices, each a link to its page."""
    found = [one for one in state.alarms.active if about & alarm_members(one, state).keys()]
    rows = [
        html.Li(
            [
                html.Span(className=tile.sign(one.severity)),
                html.A(alarm_sentence(one, state), href=f"/alarm/{one.id}", className="what"),
                html.Span(
                    f"{text.clock_time(one.raised_ms, state.now_ms)} · {lasted(state.now_ms - one.raised_ms, state)}",
                    className="quiet",
                ),
            ]
        )
        for one in found
    ]
    return html.Ul(rows, className="device-alarms") if rows else html.P(state.say(CALM), className="quiet")


def device_table(devices: list[DeviceNow], state: BoardState) -> list[Component]:
    """Devices, those that somebody has to look at first."""
    marks = [_fresh(kind, state) for kind in dict.fromkeys(one.kind for one in devices)]
    rows: list[list[Cell]] = [
        [
            _mark(one, state),
            html.A(one.id, href=f"/device/{one.id}"),
            _kind_name(one, state),
            text.clock_time(one.heard_ms, state.now_ms),
            _faults(one, state) or number.NONE,
        ]
        for one in sorted(devices, key=lambda one: (not _needs_look(one), one.kind, one.id))
    ]
    return [
        html.Div(marks, className="device-fresh"),
        data_table([state.say(head) for head in HEADS], rows, (), state.say(NO_DEVICES)),
    ]


def device_page(
    device: DeviceNow, changes: list[DeviceChange], happenings: list[DeviceHappening], state: BoardState
) -> Component:
    """Everything of a device: how it is, since when and what to try; then what it told and did."""
    say, group = state.say, text.group_number(device.area_code)
    where: Cell = say(NO_AREA)
    if group:
        where = html.A(say(text.GROUP, number=group), href=f"/group/{group}", className="back")
    facts: dict[Label, Cell] = {HEADS[0]: _mark(device, state)}
    if not device.works:
        since_ms = _lost_ms(device, changes)
        length = lasted(state.now_ms - since_ms, state)
        facts[SINCE] = say(SILENT_FOR, time=text.clock_time(since_ms, state.now_ms), length=length)
    facts |= {
        HEADS[3]: text.clock_time(device.heard_ms, state.now_ms),
        HEADS[4]: _faults(device, state) or say(NO_FAULT),
        HEADS[2]: _kind_name(device, state),
        AREA: where,
    }
    title, nothing = HAPPENED[device.kind]
    left = [
        html.Div([html.H2(_kind_name(device, state)), _fresh(device.kind, state, is_named=False)], className="block-head"),
        html.Dl([part for label, what in facts.items() for part in (html.Dt(say(label)), html.Dd(what))], className="facts-list"),
        *_advice(device, state),
        html.H2(say(ALARMS)),
        alarm_list({device.id}, state),
    ]  # fmt: skip
    right = [
        html.H2(say(title)),
        data_table([say(head) for head in HAPPENED_HEADS], [_happening(one, state) for one in happenings], (), say(nothing)),
        html.H2(say(CHANGES)),
        data_table([say(head) for head in CHANGE_HEADS], [_change(one, device, state) for one in changes], (), say(NO_CHANGES)),
    ]  # fmt: skip
    return html.Div([html.Section(left), html.Section(right)], className="device-page")


def _advice(device: DeviceNow, state: BoardState) -> list[Component]:
    """What to try where something is wrong: the steps of the alarms that would be raised."""
    if not _needs_look(device):
        return []
    steps = dict.fromkeys(step for id in RULES[device.kind] for step in alarm_rules()[id].checklist)
    return [html.H2(state.say(TRY)), html.Ol([html.Li(state.say(step)) for step in steps], className="named")]


def _needs_look(device: DeviceNow) -> bool:
    return device.is_missed or (device.is_in_use and bool(device.faults))


def _mark(device: DeviceNow, state: BoardState) -> Component:
    """How a device is: sign, word and colour; one that is silent is as severe as on its tile and in its group's cell."""
    if not device.is_in_use:
        label = REMOVED
    elif device.works:
        label = WORKS[device.kind]
    else:
        label = LOST[device.kind] if device.is_missed else IDLE
    if not _needs_look(device):
        return html.Span(state.say(label))
    said = state.say(FAULTY, state=state.say(label)) if device.works else state.say(label)
    return html.Span([html.Span(className=tile.sign("warning")), said], className="look")


def _faults(device: DeviceNow, state: BoardState) -> str:
    return ", ".join(_code(one, state) for one in device.faults)


def _code(code: str, state: BoardState) -> str:
    return state.say(CODES[code]) if code in CODES else text.name_of_code(code, state.language)


def _kind_name(device: DeviceNow, state: BoardState) -> str:
    """What it is: of the service centre's devices what the list says."""
    if device.category:
        return text.name_of_code(device.category, state.language)
    return state.say(KINDS[device.kind].entity.label)


def _fresh(kind: str, state: BoardState, *, is_named: bool = True) -> Component:
    """How fresh what is said of a kind of device is."""
    found = freshness(state.read(SUBJECTS[kind]), state.signs, state.now_ms)
    look = tile.freshness_look(found, state)
    since: dict[str, Any] = {"data-since": look.since_ms}
    name = f"{state.say(KINDS[kind].entity.label)}: " if is_named else ""
    parts = [
        html.Span(className="dot"),
        html.Span(f"{name}{look.word}", className="word"),
        html.Span(className="age", **since),
    ]
    return html.Span(parts, className=look.classes)


def _lost_ms(device: DeviceNow, changes: list[DeviceChange]) -> int:
    """Since when a device does not work: when that was told, else since its last sign."""
    signs, losses = _kinds(KINDS[device.kind].signs), _kinds(KINDS[device.kind].losses)
    last = next((one for one in changes if one.kind in signs | losses), None)
    return last.at_ms if last and last.kind in losses else device.heard_ms


def _kinds(events: tuple[type[Event], ...]) -> set[str]:
    return {event.kind for event in events}


def _change(one: DeviceChange, device: DeviceNow, state: BoardState) -> list[Cell]:
    kind = KINDS[device.kind]
    said = state.say(REMOVED)
    if one.kind in _kinds(kind.signs):
        said = state.say(WORKS[device.kind])
    elif one.kind in _kinds(kind.losses):
        said = state.say(LOST[device.kind])
    elif one.code:
        over = one.state in ("inactive", "enough")
        said = state.say(OVER if over else FAULT, code=_code(one.code, state))
    elif one.kind == "device.restored":
        said = state.say(RESTORED)
    return [f"{text.local_time(one.at_ms):%H:%M %d/%m/%Y}", said]


def _happening(one: DeviceHappening, state: BoardState) -> list[Cell]:
    ended = (
        f"{text.clock_time(one.ended_ms, state.now_ms)} · {state.say(ENDS[one.end])}" if one.end else state.say(RUNNING)
    )
    return [text.clock_time(one.began_ms, state.now_ms), text.name_of_code(one.what, state.language), ended]
