"""Story: a case of the book as it is written, and as events and expectations.

A case has a `title`, the `rule` by which its figures were worked out by hand, and a `story`, line by line:

    02/11/2026 08:00 tiếp nhận | due_at=04/11/2026 17:00, limit_value=2
    = D01 1, D05 1, D09 1/1
    03/11/2026 10:00 xem
    = D08 0

A line with a time (the ward's, to the minute or second) is something that happened, in the words of `WORDS`; a name after `#` tells
several of a kind apart; what stands after `|` are fields of the event. `xem` only looks. A line that begins with `=` says what
figures show then: `n` the numerator, `n/m` numerator and denominator, `~x` the figure in its unit, `-` nothing known or nothing to
divide by; `D08[delay_reason:su_co]` asks for one member.
"""

import hashlib
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ingest.contract.clock import WARD_ZONE
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.event import Event
from ingest.contract.events import event_types
from warehouse.model.reading import TOTAL, Split

FOLDER = Path(__file__).parent.parent

_DOSSIER = {"unit_id": "H24.1", "procedure_code": "1.000001", "field_code": "ho_tich", "channel": 1}
_LIMIT = {"limit_value": 1, "limit_unit": "ngay_lam_viec"}
_PETITION = {"channel": "city", "category": "hien_truong", "field_code": "do_thi"}
_TICKET = {
    "site_id": "hb", "local_date": "2026-11-02", "ticket_no": "A001", "service_code": "ho_tich", "queue_id": "hang-1",
    "counter_id": "quay-1", "kiosk_id": "kiosk-1", "from_queue": "hang-1", "to_queue": "hang-2", "reason": "khac",
}  # fmt: skip
_COUNTER = {"site_id": "hb", "counter_id": "quay-1"}
_DEVICE = {
    "area_code": "TDP-001",
    "status": "idle",
    "volume": 50,
    "reason": "khac",
    "code": "power",
    "severity": "warning",
}
_BROADCAST = {
    "device_id": "loa-1", "area_code": "TDP-001", "bulletin_id": "bt-1", "bulletin_type": "thong_thuong", "played_s": 60,
    "error_code": "khac",
}  # fmt: skip
_SCHEDULE = {"bulletin_type": "thong_thuong", "source_level": "xa", "duration_s": 600, "target_devices_n": 1}
_CAMERA = {"camera_id": "cam-1", "origin": "frigate", "zone_id": "sanh_1"}
_DETECTION = {**_CAMERA, "detection": "line_cross", "object_class": "person"}
_HEALTH = {
    "cause_code": "khac",
    "app": "ho_tich",
    "detected_by": "probe",
    "dataset": "figures",
    "rows": 1,
    "sha256": "0" * 64,
}

_EQUIPMENT = {
    "device_id": "thiet-bi-1",
    "category": "may_in",
    "watched_by": "snmp",
    "code": "no_paper",
    "supply": "toner",
    "loss": 0,
}

WORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "đăng ký": ("dossier.registered", {**_DOSSIER, "state_to": 1}),
    "tiếp nhận": ("dossier.received", {**_DOSSIER, **_LIMIT, "state_to": 2}),
    "từ chối tiếp nhận": (
        "dossier.refused_intake",
        {**_DOSSIER, "state_from": 2, "state_to": 3, "reason_code": "khac"},
    ),
    "xử lý": (
        "dossier.step_changed",
        {**_DOSSIER, "state_from": 2, "state_to": 4, "step_code": "b1", "dept_code": "p1"},
    ),
    "mở lại": (
        "dossier.step_changed",
        {**_DOSSIER, "state_from": 9, "state_to": 4, "step_code": "b1", "dept_code": "p1"},
    ),
    "yêu cầu bổ sung": ("dossier.supplement_requested", {**_DOSSIER, "state_from": 4, "state_to": 5}),
    "bổ sung xong": ("dossier.supplemented", {**_DOSSIER, "state_from": 5, "state_to": 4}),
    "yêu cầu nộp phí": ("dossier.payment_requested", {**_DOSSIER, "state_from": 4, "state_to": 6}),
    "nộp phí": ("dossier.paid", {**_DOSSIER, "state_from": 6, "state_to": 4, "online": 1}),
    "dừng xử lý": ("dossier.suspended", {**_DOSSIER, "state_from": 4, "state_to": 8, "reason_code": "khac"}),
    "tiếp tục": ("dossier.resumed", {**_DOSSIER, "state_from": 8, "state_to": 4, "reason_code": "khac"}),
    "hẹn lại": ("dossier.rescheduled", {**_DOSSIER, "state_to": 4, "apology_sent": True, "reason_code": "khac"}),
    "công dân rút": ("dossier.withdrawn", {**_DOSSIER, "state_from": 4, "state_to": 7}),
    "xong": ("dossier.completed", {**_DOSSIER, "state_from": 4, "state_to": 9}),
    "trả kết quả": ("dossier.returned", {**_DOSSIER, "state_from": 9, "state_to": 10}),
    "đánh giá": ("dossier.rated", {**_DOSSIER, "state_to": 10, "score": 5}),
    "đính chính": ("dossier.corrected", {**_DOSSIER, "state_to": 4, "fields": ["NgayHenTra"], "reason": "khac"}),
    "PAKN đến": ("petition.received", _PETITION),
    "PAKN yêu cầu bổ sung": ("petition.supplement_requested", _PETITION),
    "PAKN bổ sung xong": ("petition.supplemented", _PETITION),
    "PAKN chuyển": ("petition.transferred", {**_PETITION, "to_unit": "H24.2"}),
    "PAKN từ chối": ("petition.refused", {**_PETITION, "reason_code": "khac"}),
    "PAKN trả lời": ("petition.answered", _PETITION),
    "PAKN công khai": ("petition.published", _PETITION),
    "PAKN đánh giá": ("petition.rated", {**_PETITION, "satisfied": True}),
    "PAKN mở lại": ("petition.reopened", _PETITION),
    "lấy số": ("ticket.issued", _TICKET),
    "gọi số": ("ticket.called", _TICKET),
    "gọi lại": ("ticket.recalled", _TICKET),
    "bắt đầu phục vụ": ("ticket.serving_started", _TICKET),
    "phục vụ xong": ("ticket.served", _TICKET),
    "vắng mặt": ("ticket.no_show", _TICKET),
    "chuyển quầy": ("ticket.transferred", _TICKET),
    "hủy số": ("ticket.cancelled", _TICKET),
    "hết hạn số": ("ticket.expired", _TICKET),
    "mở quầy": ("counter.opened", _COUNTER),
    "tạm dừng quầy": ("counter.paused", _COUNTER),
    "đóng quầy": ("counter.closed", _COUNTER),
    "thôi dùng quầy": ("counter.decommissioned", {**_COUNTER, "decided_by": "van_phong", "reason_code": "khac"}),
    "bắt đầu phiên": ("counter.session_started", _COUNTER),
    "kết thúc phiên": ("counter.session_ended", _COUNTER),
    "loa báo": ("device.heartbeat", _DEVICE),
    "loa kết nối": ("device.online", _DEVICE),
    "loa mất kết nối": ("device.offline", _DEVICE),
    "loa hỏng": ("device.fault", _DEVICE),
    "loa sửa xong": ("device.restored", _DEVICE),
    "tháo loa": ("device.decommissioned", {**_DEVICE, "decided_by": "van_hoa", "reason_code": "khac"}),
    "bắt đầu phát": ("broadcast.started", _BROADCAST),
    "phát hết": ("broadcast.completed", _BROADCAST),
    "phát lỗi": ("broadcast.failed", _BROADCAST),
    "nhường phát": ("broadcast.pre_empted", _BROADCAST),
    "lên lịch": ("schedule.created", _SCHEDULE),
    "đổi lịch": ("schedule.changed", _SCHEDULE),
    "bỏ lịch": ("schedule.cancelled", _SCHEDULE),
    "camera có hình": ("health.online", _CAMERA),
    "camera mất hình": ("health.offline", _CAMERA),
    "camera lỗi": ("health.fault", {**_CAMERA, "code": "blur", "state": "active"}),
    "camera hết lỗi": ("health.fault", {**_CAMERA, "code": "blur", "state": "inactive"}),
    "tháo camera": ("health.decommissioned", {**_CAMERA, "decided_by": "cong_an", "reason_code": "khac"}),
    "sự kiện": ("detection.started", _DETECTION),
    "cảnh báo": ("detection.started", {**_DETECTION, "detection": "intrusion", "severity": "alert"}),
    "sự kiện hết": ("detection.ended", _DETECTION),
    "xác nhận": ("alert.acknowledged", {**_CAMERA, "actor_ref": "0" * 32, "outcome": "true"}),
    "đếm người": ("occupancy.sampled", {**_CAMERA, "count": 10}),
    "thiết bị vào danh sách": ("equipment.registered", _EQUIPMENT),
    "thiết bị bỏ khỏi danh sách": ("equipment.removed", _EQUIPMENT),
    "thiết bị trả lời": ("equipment.up", _EQUIPMENT),
    "thiết bị mất liên lạc": ("equipment.down", _EQUIPMENT),
    "thiết bị tự báo": ("equipment.heartbeat", _EQUIPMENT),
    "thiết bị báo lỗi": ("equipment.fault", {**_EQUIPMENT, "state": "active"}),
    "thiết bị hết lỗi": ("equipment.fault", {**_EQUIPMENT, "state": "inactive"}),
    "thiết bị sắp hết": ("equipment.supply", {**_EQUIPMENT, "state": "low"}),
    "thiết bị đủ lại": ("equipment.supply", {**_EQUIPMENT, "state": "enough"}),
    "đo đường truyền": ("equipment.measured", {**_EQUIPMENT, "category": "duong_truyen"}),
    "lên lịch họp": ("meeting.scheduled", {}),
    "hủy họp": ("meeting.cancelled", {}),
    "họp xong": ("meeting.ended", {"line": "held"}),
    "tra cứu": ("lookup.made", {**_EQUIPMENT, "procedure_code": "1.000001"}),
    "bắt đầu gián đoạn": ("outage.started", _EQUIPMENT),
    "hết gián đoạn": ("outage.ended", _EQUIPMENT),
    "nguồn báo": ("source.heartbeat", _HEALTH),
    "nguồn mất": ("source.down", _HEALTH),
    "nguồn có lại": ("source.up", _HEALTH),
    "tắt nguồn": ("source.off", _HEALTH),
    "hệ thống báo": ("system.heartbeat", _HEALTH),
    "kiểm đếm": ("events.tallied", {"valid": 100, "rejected": 0, "waiting": 0}),
    "phần mềm hỏng": ("app.outage_started", _HEALTH),
    "phần mềm chạy lại": ("app.outage_ended", _HEALTH),
    "gửi thành phố": ("feed.delivered", _HEALTH),
    "gửi hỏng": ("feed.failed", {**_HEALTH, "reason_code": "khac"}),
    "văn bản đi": ("document.issued", {"kind_code": "cv", "signed": True}),
    "đăng tin": ("post.published", {"platform": "zalo", "topic_code": "khac"}),
    "có tổ dân phố": ("area.registered", {}),
    "bỏ tổ dân phố": ("area.dissolved", {"decided_by": "van_phong", "reason_code": "khac"}),
    "lập tổ số": ("team.formed", {"team_ref": "t1"}),
    "giải thể tổ số": ("team.dissolved", {"team_ref": "t1"}),
}
"""An official's words, the event that each is, and what its fields are unless the line says otherwise."""

LOOK = "xem"

_LINE = re.compile(r"(\d\d/\d\d/\d{4} \d\d:\d\d(?::\d\d)?) ([^#|]+?)(?: #(\S+))?(?: \| (.+))?")
_FIGURE = re.compile(r"([A-Z]\d\d)(?:\[(\w+):([^\]]*)\])? (\S+)")
_AT = re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d(:\d\d)?")


class Shows(NamedTuple):
    """What a figure must show."""

    id: str
    split: Split
    value: str


class Look(NamedTuple):
    """A moment at which figures were worked out."""

    at: datetime
    happened: int
    """How many of the case's events have happened by then."""
    shows: tuple[Shows, ...]


class Case(NamedTuple):
    """A case of the book."""

    area: str
    title: str
    rule: str
    ward: str
    events: tuple[Envelope, ...]
    looks: tuple[Look, ...]


def book() -> list[Case]:
    """Every case, file by file."""
    found = []
    for file in sorted(FOLDER.glob("*.toml")):
        for number, told in enumerate(tomllib.loads(file.read_text(encoding="utf-8"))["case"], 1):
            found.append(case(file.stem, number, **told))
    return found


def case(area: str, number: int, title: str, rule: str, story: str) -> Case:
    """A case as it is written.

    Raises:
        ValueError: a line is not of the form; says which.
    """
    ward = f"{area}-{number}"
    events: list[Envelope] = []
    looks: list[Look] = []
    at: datetime | None = None
    for line in filter(None, map(str.strip, story.splitlines())):
        if line.startswith("="):
            if at is None:
                raise ValueError(f"{title}: figures before anything happened")
            looks.append(Look(at, len(events), tuple(_shows(title, one) for one in line[1:].split(","))))
            continue
        found = _LINE.fullmatch(line)
        if not found:
            raise ValueError(f"{title}: cannot read “{line}”")
        when, word, name, fields = found.groups()
        at = moment(when)
        if word != LOOK:
            events.append(_event(ward, len(events), at, word, name or "1", fields or ""))
    return Case(area, title, rule, ward, tuple(events), tuple(looks))


def moment(text: str) -> datetime:
    """A time of the ward as an official writes it."""
    pattern = "%d/%m/%Y %H:%M:%S" if text.count(":") == 2 else "%d/%m/%Y %H:%M"
    return datetime.strptime(text, pattern).replace(tzinfo=WARD_ZONE)


def _shows(title: str, text: str) -> Shows:
    found = _FIGURE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{title}: cannot read “{text.strip()}”")
    id, dimension, member, value = found.groups()
    return Shows(id, (dimension, member) if dimension else TOTAL, value)


def _event(ward: str, number: int, at: datetime, word: str, name: str, fields: str) -> Envelope:
    kind_name, given = WORDS[word]
    kind = next(one for one in event_types().values() if one.kind == kind_name)
    values: dict[str, Any] = {field: value for field, value in given.items() if field in kind.model_fields}
    values[kind.occurred] = at
    values[kind.about] = key_of(kind, ward, name)
    for field in filter(None, re.split(r", (?=\w+=)", fields)):
        key, _, value = field.partition("=")
        values[key] = moment(value) if _AT.fullmatch(value) else _plain(value)
    event = kind.model_validate(values)
    return envelope(event, ward=ward, source=f"/book/{kind.stream}", recorded_at=at, id=f"{ward}-{number:03}")


def key_of(kind: type[Event], ward: str, name: str) -> str:
    """What an event is about, by its name in the story."""
    if any(getattr(part, "min_length", 0) == 32 for part in kind.model_fields[kind.about].metadata):
        return hashlib.sha256(f"{ward} {name}".encode()).hexdigest()[:32]
    prefix = {"counter_id": "quay-", "device_id": "loa-", "camera_id": "cam-", "area_code": "TDP-00"}
    return prefix.get(kind.about, f"{kind.about[:3]}-") + name


def _plain(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdecimal() else text
