"""Dead letters tables: dead letters, repeats and stopped streams as the page shows them. All text is shown as text, whatever it holds."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.charts.columns import day_columns
from dashboard.components.table import Cell, data_table
from dashboard.words import number, text
from dashboard.words.event_name import event_name
from ingest.contract.clock import WARD_ZONE
from ingest.contract.label import Label, Language
from ingest.replay.replay import OUTCOMES as RESENT
from warehouse.dead_letters.by_day import DeadLetterDay
from warehouse.dead_letters.resend import ResentDeadLetter
from warehouse.dead_letters.stored import StoredDeadLetter
from warehouse.store.duplicates import Duplicate
from warehouse.store.halted_partitions import HaltedPartition

OUTCOMES: dict[str, Label] = {
    "open": Label("chưa gửi được", "not sent"),
    "untried": Label("chưa thử", "never tried"),
    "sent": Label("đã gửi lại", "sent again"),
    "refused": Label("vẫn không đọc được", "still invalid"),
    "lost": Label("Kafka không còn giữ", "no longer in Kafka"),
    "redacted": Label("thiếu phần đã che", "parts were taken out"),
}

COLUMNS: list[tuple[str, Label, int]] = [
    ("received", Label("Lúc nhận", "Received"), 175),
    ("reason", Label("Lý do", "Reason"), 150),
    ("stream", Label("Luồng", "Stream"), 120),
    ("error", Label("Chi tiết", "Detail"), 220),
    ("place", Label("Vị trí", "Place"), 200),
    ("outcome", Label("Đã gửi lại", "Sent again"), 160),
    ("result", Label("Kết quả thử", "Result"), 250),
]
REPEAT_COLUMNS: list[tuple[str, Label, int]] = [
    ("came", Label("Lúc nhận", "Received"), 180),
    ("conflict", Label("Nội dung", "Content"), 140),
    ("kind", Label("Loại", "Kind"), 260),
    ("subject", Label("Đối tượng", "Subject"), 260),
    ("id", Label("Mã sự kiện", "Event id"), 290),
    ("place", Label("Vị trí", "Place"), 200),
]

STOPPED = Label("Luồng đang dừng", "Stopped streams")
ALLOWANCE = Label("Bỏ qua tối đa bao nhiêu bản ghi hỏng nữa", "How many more bad records may pass")
RESUME = Label("Cho chạy tiếp", "Resume")
CONFIRM = Label(
    "Cho luồng {stream} chạy tiếp? Chỉ làm khi nguyên nhân đã được sửa.",
    "Let the stream {stream} go on? Only once the cause is fixed.",
)
WAITS = Label(
    "bản ghi hỏng {reason} · dừng từ {time} · phân vùng {partition}, vị trí {offset}",
    "bad records {reason} · stopped since {time} · partition {partition}, offset {offset}",
)
CONFLICT = Label("xung đột", "conflict")
SAME = Label("giống lần đầu", "the same again")
NO_FIRST = Label("Bản ghi đầu không còn trong kho.", "The first record is no longer stored.")
NO_DIFFERENCE = Label("Nội dung giống hệt bản ghi đầu.", "The content is the same as the first record's.")
FIELD = Label("Trường", "Field")
FIRST = Label("Lần đầu (được tính)", "First (counts)")
SECOND = Label("Lần này", "This one")
PAYLOAD = Label("Nội dung đã che thông tin cá nhân", "Payload, personal data taken out")
EVENTS = Label("{count} sự kiện", "{count} events", "{count} event")

_FACTS = (
    Label("Lý do", "Reason"),
    Label("Chi tiết", "Detail"),
    Label("Nguồn hoặc luồng", "Source or stream"),
    Label("Vị trí", "Place"),
    Label("Địa chỉ", "Address"),
    Label("Lúc nhận", "Received"),
    Label("Đã gửi lại", "Sent again"),
    Label("Mã", "Id"),
)


def dead_letter_row(
    stored: StoredDeadLetter, language: Language, resent: ResentDeadLetter | None = None
) -> dict[str, str]:
    """A dead letter as a row of the table."""
    dead_letter = stored.dead_letter
    return {
        "key": dead_letter.id,
        "received": f"{dead_letter.received_at.astimezone(WARD_ZONE):%H:%M:%S %d/%m/%Y}",
        "reason": dead_letter.reason_code,
        "stream": stream_of(stored.stream, language),
        "error": dead_letter.error,
        "place": _place(stored),
        "outcome": outcome_of(stored, language),
        "result": "" if resent is None else _result(resent, language),
    }


def dead_letter_detail(stored: StoredDeadLetter, language: Language) -> list[Component]:
    """Everything that is kept of a dead letter."""
    dead_letter = stored.dead_letter
    tried = outcome_of(stored, language)
    if stored.replayed_at:
        tried += f" · {stored.replayed_at.astimezone(WARD_ZONE):%H:%M %d/%m/%Y} · {stored.replayed_by}"
    if stored.detail:
        tried += f" · {stored.detail}"
    values = (
        dead_letter.reason_code,
        dead_letter.error,
        stream_of(stored.stream, language),
        _place(stored),
        dead_letter.address or number.NONE,
        f"{dead_letter.received_at.astimezone(WARD_ZONE):%H:%M:%S %d/%m/%Y}",
        tried,
        dead_letter.id,
    )
    rows = [
        part
        for label, value in zip(_FACTS, values, strict=True)
        for part in (html.Dt(label.text(language)), html.Dd(value))
    ]
    payload = html.Pre(_pretty(dead_letter.payload_redacted), className="payload", tabIndex="0")
    return [html.Dl(rows, className="facts-list"), html.P(PAYLOAD.text(language), className="quiet"), payload]


def repeat_row(repeat: Duplicate, came_at: datetime, language: Language) -> dict[str, str]:
    """A repeat as a row of the table; `came_at` by the install's clock."""
    return {
        "key": f"{repeat.topic}:{repeat.partition}:{repeat.offset}",
        "came": f"{came_at.astimezone(WARD_ZONE):%H:%M:%S %d/%m/%Y}",
        "conflict": (CONFLICT if repeat.is_conflict else SAME).text(language),
        "kind": event_name(repeat.kind).text(language),
        "subject": repeat.subject,
        "id": repeat.id,
        "place": f"{repeat.topic} / {repeat.partition} / {repeat.offset}",
    }


def repeat_detail(repeat: Duplicate, language: Language) -> list[Component]:
    """Both contents side by side: the fields in which they differ, then both as a whole."""
    if not repeat.first:
        told: Component = html.P(NO_FIRST.text(language), className="quiet")
    elif not repeat.differing:
        told = html.P(NO_DIFFERENCE.text(language), className="quiet")
    else:
        rows: list[list[Cell]] = [[name, _said(first), _said(second)] for name, first, second in repeat.differing]
        told = data_table([label.text(language) for label in (FIELD, FIRST, SECOND)], rows)
    sides = [
        html.Div(
            [
                html.P(label.text(language), className="quiet"),
                html.Pre(_json(content), className="payload", tabIndex="0"),
            ]
        )
        for label, content in ((FIRST, repeat.first), (SECOND, repeat.content))
    ]
    return [told, html.Div(sides, className="sides")]


def stop_list(stops: list[HaltedPartition], language: Language, now_ms: int, *, may_resume: bool) -> list[Component]:
    """Streams that are stopped, each with the way to let it go on."""
    if not stops:
        return []
    rows = []
    for stop in stops:
        stream = text.stream_name(stop.topic, language)
        since = text.clock_time(round(stop.changed_at.timestamp() * 1000), now_ms)
        said = WAITS.text(language, reason=stop.reason, time=since, partition=stop.partition, offset=stop.offset)
        parts: list[Component] = [
            html.Span(className="sign sign-critical"),
            html.Strong(stream),
            html.Span(said, className="what"),
        ]
        if may_resume:
            place = {"topic": stop.topic, "partition": stop.partition}
            parts += [
                html.Span(ALLOWANCE.text(language), className="quiet"),
                dmc.NumberInput(
                    id={"type": "allowance", **place},
                    value=0,
                    min=0,
                    max=100_000,
                    w=110,
                    size="xs",
                    **{"aria-label": ALLOWANCE.text(language)},
                ),
                dcc.ConfirmDialogProvider(
                    dmc.Button(RESUME.text(language), variant="default", size="xs"),
                    id={"type": "resume", **place},
                    message=CONFIRM.text(language, stream=stream),
                ),
            ]
        rows.append(html.Li(parts))
    return [html.Section([html.H2(STOPPED.text(language)), html.Ul(rows)], className="stopped", role="alert")]


def day_chart(days: list[DeadLetterDay], until: date, span: int, language: Language) -> list[Component]:
    """Dead letters by day, the reasons stacked, the one with most dead letters lowest."""
    shown = [until - timedelta(days=back) for back in reversed(range(span))]
    return day_columns(shown, {(day.day, day.reason): day.dead_letters for day in days}, language)


def stream_of(stream: str, language: Language) -> str:
    """What a topic or a connector is called."""
    return text.stream_name(stream, language) if stream.startswith("ioc.") else text.source_name(stream, language)


def outcome_of(stored: StoredDeadLetter, language: Language) -> str:
    """What became of a dead letter, in words."""
    known = OUTCOMES.get(stored.outcome or "untried")
    return known.text(language) if known else stored.outcome


def _result(resent: ResentDeadLetter, language: Language) -> str:
    known = next((label for outcome, label in RESENT.items() if outcome == resent.outcome), None)
    words = [known.text(language) if known else resent.outcome]
    if resent.events:
        words.append(EVENTS.text(language, count=resent.events))
    if resent.detail:
        words.append(resent.detail)
    return " · ".join(words)


def _place(stored: StoredDeadLetter) -> str:
    dead_letter = stored.dead_letter
    return (
        f"{dead_letter.original_topic} / {dead_letter.partition} / {dead_letter.offset}"
        if dead_letter.original_topic
        else number.NONE
    )


def _pretty(payload: str) -> str:
    """JSON with its lines set apart; anything else as it is."""
    try:
        return _json(json.loads(payload))
    except ValueError:
        return payload


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _said(value: Any) -> str:
    return number.NONE if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def ward_date(moment: datetime) -> date:
    """The ward's day."""
    return moment.astimezone(WARD_ZONE).date()
