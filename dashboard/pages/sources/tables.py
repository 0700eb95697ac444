"""Source tables: a source as a card, what its vendor has to know, and what became of a sample."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components.table import Cell, data_table
from dashboard.words import number
from dashboard.words.event_name import event_name
from ingest.administration.message import (
    WAY,
    FieldChoice,
    LastMessage,
    MessageTrial,
    SampleTrial,
    SetupLine,
    SourceCard,
    SourceTrial,
)
from ingest.contract.clock import WARD_ZONE
from ingest.contract.label import Label, Language

WAYS: dict[str, Label] = {
    "webhook": Label("Nguồn gửi đến (webhook)", "The source posts (webhook)"),
    "files": Label("Tệp CSV, XLSX", "CSV, XLSX files"),
    "rest": Label("Hỏi REST", "REST, asked"),
    "sql": Label("Bảng dữ liệu (SQL)", "Table of a database (SQL)"),
    "mqtt": Label("MQTT", "MQTT"),
    "devices": Label("Nghe từng thiết bị", "Devices, listened to"),
    "probe": Label("Hỏi từng thiết bị", "Devices, asked"),
    "syslog": Label("Syslog", "Syslog"),
    "other": Label("Cách khác", "Another way"),
    "faulty": Label("Khai báo sai", "Faulty declaration"),
}
LIGHTS: dict[str, Label] = {
    "none": Label("CHƯA KẾT NỐI", "NOT CONNECTED"),
    "up": Label("ĐANG KẾT NỐI", "CONNECTED"),
    "down": Label("MẤT KẾT NỐI", "DOWN"),
}
CAUSES: dict[str, Label] = {
    "no_key": Label("chưa có khóa SNMP: đặt khóa của nguồn", "no key for SNMP: set the source's key"),
    "no_ping_right": Label(
        "hệ điều hành không cho ping: xem connectors.md", "the system does not let us ping: see connectors.md"
    ),
    "reached": Label("nguồn trả lời hoặc đã gửi tin", "the source answers or has sent"),
    "heard_before": Label("đã gửi tin trước khi khởi động lại", "it sent before the restart"),
    "read_before": Label("đã đọc tệp trước khi khởi động lại", "a file was read before the restart"),
    "flood": Label("quá nhiều tin không đọc được: xem Sự kiện lỗi", "too many invalid messages: see the dead letters"),
    "flood_over": Label("tin đã đọc được trở lại", "its messages are valid again"),
    "silent": Label("không có tín hiệu lâu hơn thường lệ", "silent for longer than usual"),
    "no_answer": Label(
        "không trả lời: kiểm tra địa chỉ, mạng, tài khoản", "no answer: check address, network, account"
    ),
    "bad_answer": Label("trả lời không đọc được", "its answer cannot be read"),
    "account_refused": Label("thiết bị từ chối tài khoản", "the devices refuse the account"),
    "another_server": Label("máy chủ có khóa khác: kiểm tra host_key", "the server has another key: check host_key"),
    "forbidden_address": Label("địa chỉ không được phép", "its address is not allowed"),
    "declaration": Label("khai báo sai", "its declaration is faulty"),
    "settings": Label("cài đặt sai", "a setting of it is wrong"),
    "refused": Label("máy chủ MQTT từ chối tài khoản", "the MQTT broker refuses the account"),
    "topics_refused": Label("máy chủ MQTT từ chối chủ đề", "the MQTT broker refuses the topics"),
    "disconnected": Label("mất kết nối với máy chủ MQTT", "the MQTT broker is away"),
}
"""What the codes of a light's reason say; others are shown as they are."""

OFF = Label("ĐÃ TẮT", "OFF")
_SETTINGS = ("IOC_", "<IOC_")
"""What the line of an address begins with that has to be set; which setting that is, its supplier's page tells."""
UNSET = Label("chưa có địa chỉ", "its address is not set")
DECLARED, IN_CODE = Label("khai báo", "declared"), Label("có sẵn", "built in")
NO_MESSAGE = Label("Chưa có tin nào từ lúc khởi động.", "No message since the start.")
LAST = Label("Tin cuối {at}: {became}", "Last message {at}: {became}")
DEAD_LETTER = Label("sự kiện lỗi – {why}", "dead letter – {why}")
NO_EVENT = Label("tín hiệu hoạt động, không có sự kiện", "a heartbeat, no event")
PER_HOUR = Label("{messages} tin/giờ · {letters} lỗi/giờ", "{messages} messages/h · {letters} dead letters/h")
OPEN = Label("Mở", "Open")
HIDDEN = Label("•••• (bấm Xem khóa)", "•••• (press Show secret)")
SEPARATE = Label("gửi riêng, không ghi ở đây", "given separately, not written here")
TRIAL = Label(
    "{messages} tin: {events} sự kiện, {faults} tin không đọc được",
    "{messages} messages: {events} events, {faults} invalid",
)
CUT = Label(" (chỉ xem phần đầu)", " (only the beginning was looked at)")
TRIAL_HEADS = (
    Label("Sự kiện", "Event"), Label("Trường", "Field"), Label("Trong tin", "In the message"), Label("Thành", "Becomes"),
)  # fmt: skip
TRIALS: dict[str, Label] = {
    "mapped": Label("tin gần nhất thành {events}", "the newest message becomes {events}"),
    "nothing": Label("chưa có tin nào thành sự kiện", "no message has become an event yet"),
    "refused": Label("tin gần nhất không đọc được: {fault}", "the newest message makes no sense: {fault}"),
}
TRIED = Label(
    "Thử lúc {at}: {outcome}. Dấu thử (source.tested) đã vào Kafka; không tính vào số liệu nào.",
    "Tried at {at}: {outcome}. The mark of it (source.tested) is in Kafka; it counts in no figure.",
)
SETUP_HEADS = (Label("Mục", "Entry"), Label("Giá trị", "Value"))
DROPPED = Label("Bỏ: {names}", "Dropped: {names}")
EVENT = Label("Sự kiện: {event}", "Event: {event}")
WAY_IN = Label("Cách vào", "Way in")
TAKEN = {
    "pseudonym": Label("mã; được giả danh", "code; made a pseudonym"),
    "day": Label("ngày", "day"),
    "time": Label("ngày giờ", "time"),
    "truth": Label("có hoặc không", "yes or no"),
    "whole": Label("số nguyên", "whole number"),
    "number": Label("số", "number"),
    "list": Label("danh sách", "list"),
    "text": Label("mã", "code"),
    "setting": Label("thiết lập", "setting"),
    "condition": Label("điều kiện", "condition"),
    "name": Label("tên trường", "name of a field"),
}
"""What a field takes, by `FieldChoice.kind`."""
FAULT = Label("Lỗi: {why}", "Fault: {why}")
NEEDED = Label("bắt buộc", "needed")


def card_list(cards: Sequence[SourceCard], language: Language) -> list[Component]:
    """The sources, those that need somebody first."""
    order = {"down": 0, "up": 1, "none": 2}
    ranked = sorted(cards, key=lambda one: (one.is_off, order[one.light]))
    return [_card(one, language) for one in ranked]


def _card(card: SourceCard, language: Language) -> Component:
    origin = (DECLARED if card.is_declared else IN_CODE).text(language)
    return html.Article(
        [
            html.Div(
                [html.H2(card.label.text(language), className="title"), status_badge(card, language)],
                className="source-head",
            ),
            html.P([html.Code(card.id), f" · {WAYS[card.way].text(language)} · {origin}"], className="quiet"),
            html.P(card.fault.text(language), className="fault") if card.fault else None,
            html.P(source_address(card, language), className="source-address"),
            html.P(last_message(card.last, language)),
            html.Div(
                [
                    html.Span(
                        PER_HOUR.text(
                            language,
                            messages=number.whole_number(card.messages_per_hour, language),
                            letters=number.whole_number(card.dead_letters_per_hour, language),
                        ),
                        className="other" if card.dead_letters_per_hour else "quiet",
                    ),
                    dmc.Button(
                        OPEN.text(language), id={"type": "source-open", "id": card.id}, variant="default", size="xs"
                    ),
                ],
                className="source-head",
            ),
        ],
        className="source-card",
        **{"data-source": card.id, "data-light": "off" if card.is_off else card.light},  # type: ignore[arg-type]
    )


def status_badge(card: SourceCard, language: Language) -> Component:
    """The source's light: a word beside the colour, and the reason."""
    word = (OFF if card.is_off else LIGHTS[card.light]).text(language)
    state = "none" if card.is_off else {"up": "live", "down": "down", "none": "none"}[card.light]
    reason = (
        "" if card.is_off or not card.cause else CAUSES.get(card.cause, Label(card.cause, card.cause)).text(language)
    )
    if not card.is_off and not card.is_read and card.way in ("rest", "sql", "files", "devices"):
        reason = UNSET.text(language)
    since = f" · {shown_time(card.since)}" if card.since and not card.is_off else ""
    return html.Span(
        [html.Span(className="dot"), word, html.Small(f" · {reason}{since}" if reason else "")],
        className=f"fresh is-{state}",
    )


def source_address(card: SourceCard, language: Language) -> str:
    """Where the source sends, or is asked; as long as that is not set, that it is not."""
    said = next((line.text for line in card.setup if not line.is_secret), "")
    if said.startswith(_SETTINGS):  # a pretend source is read without one
        return "" if card.is_read else UNSET.text(language).capitalize()
    return said


def last_message(last: LastMessage | None, language: Language) -> str:
    """The newest message, and what became of it."""
    if last is None:
        return NO_MESSAGE.text(language)
    became = DEAD_LETTER.text(language, why=last.fault) if last.fault else _named(last.events, language)
    return LAST.text(language, at=shown_time(last.at), became=became or NO_EVENT.text(language))


def source_trial(trial: SourceTrial, language: Language) -> str:
    """What came of trying a source."""
    outcome = TRIALS[trial.outcome].text(language, events=_named(trial.events, language), fault=trial.fault)
    return TRIED.text(language, at=shown_time(trial.at), outcome=outcome)


def setup_table(lines: Sequence[SetupLine], language: Language, hidden: Label = HIDDEN) -> Component:
    """What the person at the device has to know."""
    rows: list[list[Cell]] = [
        [one.label.text(language), one.text or (hidden.text(language) if one.is_secret else number.NONE)]
        for one in lines
    ]
    return data_table([head.text(language) for head in SETUP_HEADS], rows)


def trial_report(trial: SampleTrial, language: Language) -> list[Component]:
    """What became of a sample, message by message and field by field."""
    said = TRIAL.text(language, messages=trial.messages, events=trial.events, faults=trial.faults)
    head = html.P(html.Strong(said + (CUT.text(language) if trial.is_cut else "")), id="trial-sum")
    return [head, *(_trial_of(one, language) for one in trial.shown)]


def _trial_of(one: MessageTrial, language: Language) -> Component:
    rows: list[list[Cell]] = [
        [event_name(part.event).text(language), part.field, part.found or number.NONE, part.value or "∅"]
        for part in one.fields
    ]
    return html.Details(
        [
            html.Summary(f"{'✗' if one.fault else '✓'} {one.place}"),
            data_table([head.text(language) for head in TRIAL_HEADS], rows),
            *([html.P(DROPPED.text(language, names=", ".join(one.dropped)), className="quiet")] if one.dropped else []),
            *(html.P(EVENT.text(language, event=event)) for event in one.events),
            *([html.P(FAULT.text(language, why=one.fault), className="fault")] if one.fault else []),
        ],
        open=bool(one.fault),
    )


def field_rows(fields: Sequence[FieldChoice], language: Language) -> list[dict[str, Any]]:
    """The fields of a declaration, as rows that can be filled in."""
    return [
        {
            "key": f"{_numbered(one, fields, one.event)}/{one.field}",
            "shown": _numbered(one, fields, (WAY_IN if one.event == WAY else event_name(one.event)).text(language)),
            "takes": " | ".join(one.options) or TAKEN.get(one.kind, Label(one.kind, one.kind)).text(language),
            "needed": NEEDED.text(language) if one.is_needed else "",
            **one.model_dump(exclude={"options", "is_needed"}),
        }
        for one in fields
    ]


def _named(kinds: Sequence[str], language: Language) -> str:
    return ", ".join(event_name(kind).text(language) for kind in kinds)


def _numbered(one: FieldChoice, fields: Sequence[FieldChoice], name: str) -> str:
    """A name of the field's event, with a number where several are of its kind."""
    rules = sorted({other.rule for other in fields if other.event == one.event})
    number = rules.index(one.rule) + 1
    return name if number == 1 else f"{name} ({number})"


def shown_time(at: datetime) -> str:
    """A time as people read it."""
    return f"{at.astimezone(WARD_ZONE):%H:%M:%S %d/%m/%Y}"
