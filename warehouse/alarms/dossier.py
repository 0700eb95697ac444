"""Dossier: what will soon be too late, and what is too late already."""

from datetime import timedelta
from typing import Any

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.indicators import dossier
from warehouse.indicators.dossier import due, open_
from warehouse.model.alarm_rule import ONE_STOP, AlarmRule, MeasuredFigure, Remaining
from warehouse.model.indicator import Threshold


def due_by_law(d: Any) -> Any:
    """When the result is due; after a supplement the limit restarts (NĐ 61/2018 Đ19.4)."""
    return due(d, "restart")


def is_not_overdue(d: Any, now: Any) -> Any:
    """Being worked on, and not overdue: the overdue ones have a rule of their own."""
    return open_(d, now) & (due_by_law(d) >= now)


APOLOGY = AlarmRule(
    id="dossier.apology",
    sentence=Label(
        "Hồ sơ còn {value} là đến hạn: xong ngay, hoặc gửi phiếu xin lỗi",
        "A dossier is due in {value}: finish it, or send the apology",
    ),
    measure=Remaining(DOSSIER, is_open=is_not_overdue, due=due_by_law),
    page="/dossiers",
    # NĐ 61/2018 Đ19.9: the apology (Mẫu 04) goes out a day before the due date at the latest; a working day has eight hours.
    limits=Threshold(warning=8, critical=2, below=True),
    in_opening_hours=True,
    team=ONE_STOP,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label(
            "Xem danh sách sắp đến hạn, hỏi bộ phận đang giữ hồ sơ", "See the near-due list, ask who holds the dossier"
        ),
        Label(
            "Không kịp: gửi phiếu xin lỗi và hẹn lại, mỗi hồ sơ một lần (NĐ 61 Đ19.9)",
            "Not in time: send apology and new date, once a dossier (NĐ 61 Đ19.9)",
        ),
        Label("Cập nhật ngày hẹn mới trong hệ thống", "Enter the new date in the system"),
    ),
)

OVERDUE = AlarmRule(
    id="dossier.overdue",
    sentence=Label("{value} quá hạn: {names}", "{value} overdue: {names}"),
    measure=MeasuredFigure(dossier.OVERDUE_OPEN, names="field_code"),
    page="/dossiers",
    team=ONE_STOP,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label("Tìm nguyên nhân; do sự cố phần mềm thì ghi nhận", "Find the cause; note it where software was at fault"),
        Label("Xin lỗi công dân và hẹn lại", "Apologise and give a new date"),
        Label("Báo lãnh đạo phường", "Tell the ward's leadership"),
    ),
)
