"""System tables: audits, sources, streams, jobs and disks as the page about the system shows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.components.table import Cell, data_table
from dashboard.state.page import BoardState
from dashboard.store.changes import StoreChange
from dashboard.system_status import AUDITED_WITHIN
from dashboard.ward_map.file import ShownMap
from dashboard.words import number, text
from dashboard.words.freshness import declared_sources, source_freshness
from ingest.contract.clock import WARD_ZONE, moment
from ingest.contract.label import Label, Language
from ingest.runtime.disk_space import Disk
from ingest.runtime.restarts import Restarts
from warehouse.audit.history import Audit, StoredPartition
from warehouse.audit.report import FAULTS
from warehouse.maintenance.status import MaintenanceState
from warehouse.store.halted_partitions import HaltedPartition

NO_AUDIT = Label("Chưa đối soát lần nào; hệ thống tự đối soát mỗi đêm.", "No audit yet; there is one every night.")
CLEAN = Label("KHÔNG SAI LỆCH · {compared} giá trị", "NO DIFFERENCES · {compared} values")
DIFFERS = Label("{count} SAI LỆCH · {compared} giá trị", "DIFFERENCES: {count} · {compared} values")
TAKE_MAP = Label("Nạp tệp ở trang Ranh giới phường.", "Choose a file on the page Ward boundaries.")
MISSED = Label("quá 26 giờ chưa đối soát lại", "no audit for over 26 hours")
AUDITED_AT = Label("{start} – {end} · phạm vi {scope}", "{start} – {end} · scope {scope}")
SCOPES = {"nightly": Label("hằng đêm", "nightly"), "all": Label("tất cả", "all")}
FOUND_HEADS = (Label("Ở đâu", "Where"), Label("Sai gì", "Fault"), Label("Có", "Found"), Label("Phải là", "Expected"))
AUDIT_HEADS = (
    Label("Lúc xong", "Finished"),
    Label("Phạm vi", "Scope"),
    Label("So sánh", "Compared"),
    Label("Sai lệch", "Differences"),
    Label("Đã sửa", "Repaired"),
)
RECONCILED_HEADS = (
    Label("Luồng", "Stream"),
    Label("Kafka", "Kafka"),
    Label("Sự kiện", "Events"),
    Label("Gửi trùng", "Repeats"),
    Label("Lỗi", "Dead letters"),
    Label("Thiếu", "Missing"),
    Label("Trùng", "Doubled"),
)
STREAM_HEADS = (
    Label("Luồng", "Stream"),
    Label("Sự kiện", "Events"),
    Label("Gửi trùng", "Repeats"),
    Label("Lỗi", "Dead letters"),
    Label("Sự kiện mới nhất", "Newest event"),
    Label("Chờ trong Kafka", "Waiting in Kafka"),
    Label("Trạng thái", "State"),
)
SOURCE_HEADS = (Label("Nguồn", "Source"), Label("Trạng thái", "State"), Label("Tín hiệu cuối", "Last sign"))
JOB_HEADS = (Label("Việc", "Job"), Label("Lần cuối", "Last"), Label("Kết quả", "Result"))
RESTART_HEADS = (Label("Tiến trình đã chạy lại", "Parts started again"), Label("Làm gì, nhật ký", "What to do, log"))
DISK_HEADS = (Label("Thư mục", "Folder"), Label("Còn trống", "Free"), Label("Trạng thái", "State"))
JOBS = {
    "backup": Label("Sao lưu", "Backup"),
    "audit": Label("Đối soát", "Audit"),
    "retention": Label("Dọn dữ liệu cũ", "Retention"),
}
CHANGE_HEADS = (Label("Lúc", "When"), Label("Ai", "Who"), Label("Thay đổi", "Change"))
CHANGED = {
    "account": Label("Tài khoản", "Account"),
    "feed_key": Label("Khóa", "Key"),
    "display": Label("Màn hình", "Display"),
    "import": Label("Nhập sự kiện", "Imported events"),
    "source": Label("Nguồn", "Source"),
    "map": Label("Bản đồ", "Map"),
}
ACTS = {
    "added": Label("thêm", "added"),
    "removed": Label("xóa", "removed"),
    "reset": Label("cấp lại mật khẩu", "new password made"),
    "password": Label("đổi mật khẩu", "password changed"),
    "saved": Label("lưu khai báo", "declaration saved"),
    "on": Label("bật", "switched on"),
    "off": Label("tắt", "switched off"),
    "redirected": Label("đổi địa chỉ", "address changed"),
    "devices": Label("đổi danh sách thiết bị", "list of devices changed"),
    "scanned": Label("quét mạng", "network scanned"),
    "rotated": Label("đổi khóa", "secret changed"),
    "revealed": Label("xem khóa", "secret shown"),
    "tested": Label("gửi tin thử", "tested"),
    "refused": Label("bị từ chối, không làm", "refused, not done"),
    "taken": Label("nạp ranh giới", "boundaries taken"),
    "withdrawn": Label("quay lại bản trước", "the former taken again"),
}
NEVER = Label("chưa", "never")
FAILED = Label("không được", "failed")
STOPPED = Label("đã dừng", "stopped")
GONE = Label("Tiến trình giữ gìn (keeper) không chạy.", "The keeper does not run.")
ROOM = Label("đủ", "enough")
LOW = Label("cần dọn", "make room")
SHORT = Label("ngừng nhận dữ liệu", "no data accepted")
_MOST_FOUND = 20


def audit_block(audits: list[Audit], now_ms: int, language: Language) -> list[Component]:
    """The last audit's verdict, its streams and what it found; then the ones before."""
    if not audits:
        return [html.P(NO_AUDIT.text(language), className="quiet")]
    last = audits[0]
    compared, count = (number.whole_number(value, language) for value in (last.compared, last.differences))
    said = (DIFFERS if last.differences else CLEAN).text(language, count=count, compared=compared)
    missed = moment(now_ms) - last.finished_at > AUDITED_WITHIN
    when = AUDITED_AT.text(
        language, start=_time(last.started_at), end=_time(last.finished_at), scope=_scope(last, language)
    )
    verdict = html.Div(
        [
            html.Strong(said),
            html.Div(when, className="quiet"),
            *([_bad(MISSED.text(language), "warning")] if missed else []),
        ],
        className=f"verdict {'differs' if last.differences else 'agrees'}",
    )
    rows: list[list[Cell]] = [
        [
            _time(one.finished_at),
            _scope(one, language),
            number.whole_number(one.compared, language),
            _bad(number.whole_number(one.differences, language)) if one.differences else "0",
            number.whole_number(one.repaired, language),
        ]
        for one in audits
    ]
    earlier = data_table(_heads(AUDIT_HEADS, language), rows, (2, 3, 4))
    return [verdict, *_reconciled(last.report, language), *_differences(last.report, language), earlier]


def stream_table(
    kept: list[StoredPartition],
    behind: Mapping[tuple[str, int], int],
    stops: list[HaltedPartition],
    now_ms: int,
    language: Language,
) -> Component:
    """What is stored of each stream, and what still waits."""
    stopped = {one.topic for one in stops}
    rows: list[list[Cell]] = []
    for topic in sorted({one.topic for one in kept}):
        mine = [one for one in kept if one.topic == topic]
        waiting = [behind[place] for place in behind if place[0] == topic]
        newest_ms = max(one.newest_ms for one in mine)
        rows.append(
            [
                text.stream_name(topic, language),
                *(
                    number.whole_number(sum(counts), language)
                    for counts in zip(*[(one.events, one.repeats, one.dead_letters) for one in mine], strict=True)
                ),
                text.clock_time(newest_ms, now_ms) if newest_ms else number.NONE,
                number.whole_number(sum(waiting), language) if waiting else number.NONE,
                _bad(STOPPED.text(language)) if topic in stopped else "",
            ]
        )
    return data_table(_heads(STREAM_HEADS, language), rows, (1, 2, 3, 4, 5))


def source_table(state: BoardState) -> Component:
    """Each source with its light: those that figures come from, then whatever else tells of itself."""
    rows: list[list[Cell]] = []
    known = declared_sources()
    for source in [*known, *sorted(state.signs.keys() - set(known))]:
        fresh = source_freshness(source, state.signs, state.now_ms)
        word = text.state_word(fresh.state, fresh.sign_ms, state.now_ms, state.language)
        light = html.Span([html.Span(className="dot"), word], className=f"fresh is-{fresh.state}")
        since: dict[str, Any] = {"data-since": fresh.sign_ms}
        rows.append([text.source_name(source, state.language), light, html.Span(**since)])
    return data_table(_heads(SOURCE_HEADS, state.language), rows)


def job_table(kept: MaintenanceState, is_alive: bool, language: Language) -> list[Component]:
    """What is done at night, when it was last done and what came of it."""
    rows: list[list[Cell]] = []
    for name, label in JOBS.items():
        job = kept.job(name)
        done = _time(job.done_at) if job.done_at else NEVER.text(language)
        said = job.said.text(language)
        rows.append(
            [
                label.text(language),
                done,
                _bad(f"{FAILED.text(language)}: {said}") if job.failed else said or number.NONE,
            ]
        )
    told = [] if is_alive else [html.P(_bad(GONE.text(language), "warning"))]
    return [*told, data_table(_heads(JOB_HEADS, language), rows)]


def restart_table(restarts: Sequence[Restarts], language: Language) -> list[Component]:
    """Parts that ended lately and were started again; nothing, where none did or nobody tells."""
    rows: list[list[Cell]] = []
    for one in restarts:
        said = one.sentence.text(language)
        what = [one.advice.text(language), *one.said] if one.is_loop else []
        rows.append([_bad(said) if one.is_loop else said, html.Div([html.Div(line) for line in what])])
    return [data_table(_heads(RESTART_HEADS, language), rows)] if rows else []


def disk_table(disks: list[Disk], language: Language) -> Component:
    """The disks that are written on."""
    rows: list[list[Cell]] = []
    for disk in disks:
        word: Cell = ROOM.text(language)
        if disk.is_low:
            label = SHORT if disk.is_short else LOW
            word = _bad(label.text(language), "critical" if disk.is_short else "warning")
        rows.append([str(disk.folder), number.size(disk.free, language), word])
    return data_table(_heads(DISK_HEADS, language), rows, (1,))


def map_lines(shown: ShownMap, language: Language) -> tuple[list[Component], list[Component]]:
    """What is wrong with the ward's own map; or, where nothing is, of which file the map is."""
    said = shown.said.text(language)
    if shown.is_wrong:
        return [html.P([html.Span(className="sign sign-warning"), said], className="quiet broken")], []
    parts = [said, f" {TAKE_MAP.text(language)}"] if shown.is_pretend else [said]
    return [], [html.P(parts, className="quiet broken")]


def change_table(changes: Sequence[StoreChange], fault: Label | None, language: Language) -> list[Component]:
    """What people changed in accounts, keys and screens; before it, what is wrong with the store that holds them."""
    rows: list[list[Cell]] = []
    for one in changes:
        kind, act = CHANGED[one.kind], ACTS[one.act]
        rows.append([_time(one.at), one.by, f"{kind.text(language)} {one.subject}: {act.text(language)}"])
    told: list[Component] = [html.P(_bad(fault.text(language)))] if fault else []
    return [*told, data_table(_heads(CHANGE_HEADS, language), rows)] if rows else told


def _reconciled(report: dict[str, Any], language: Language) -> list[Component]:
    """By stream, what became of Kafka's records."""
    found = report.get("streams")
    names = ("kafka", "raw", "repeats", "dead_letters", "missing", "doubled")
    rows: list[list[Cell]] = []
    for topic, counts in sorted(found.items()) if isinstance(found, dict) else ():
        if isinstance(counts, dict):
            values = [int(counts.get(name) or 0) for name in names]
            cells: list[Cell] = [number.whole_number(value, language) for value in values[:4]]
            cells += [_bad(number.whole_number(value, language)) if value else "0" for value in values[4:]]
            rows.append([text.stream_name(topic, language), *cells])
    return [data_table(_heads(RECONCILED_HEADS, language), rows, (1, 2, 3, 4, 5, 6))] if rows else []


def _differences(report: dict[str, Any], language: Language) -> list[Component]:
    """The first differences that were found."""
    found = report.get("found")
    rows: list[list[Cell]] = [
        [
            str(one.get("place", "")),
            _fault(one.get("fault"), language),
            *(str(one.get(name, "")) for name in ("found", "expected")),
        ]
        for one in (found if isinstance(found, list) else [])[:_MOST_FOUND]
        if isinstance(one, dict)
    ]
    return [data_table(_heads(FOUND_HEADS, language), rows)] if rows else []


def _fault(fault: object, language: Language) -> str:
    """What is wrong, in words; a fault of an earlier version by its name."""
    said = FAULTS.get(str(fault))
    return said.text(language) if said else str(fault or "")


def _bad(said: str, status: str = "critical") -> Component:
    """What somebody must look at: sign, word and colour."""
    return html.Span(
        [html.Span(className=f"sign sign-{status}"), said], className="other" if status == "critical" else "look"
    )


def _scope(audit: Audit, language: Language) -> str:
    """What an audit looked at, as people call it; so many days, and ids of indicators, as they are."""
    first, *rest = audit.scope.split(" ")
    return " ".join([SCOPES[first].text(language) if first in SCOPES else first, *rest])


def _heads(labels: tuple[Label, ...], language: Language) -> list[str]:
    return [label.text(language) for label in labels]


def _time(at: datetime) -> str:
    return f"{at.astimezone(WARD_ZONE):%H:%M %d/%m/%Y}"
