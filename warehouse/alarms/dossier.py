"""Dossier: what will soon be too late, and what is too late already."""

from datetime import timedelta
from typing import Any

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.indicators import dossier, dossier_delay
from warehouse.indicators.dossier import due, is_dossier_near_due, receipt_at
from warehouse.model.alarm_rule import ONE_STOP, AlarmRule, MeasuredFigure, Remaining, Rise
from warehouse.model.deadline import WORKING_DAY, working_time
from warehouse.model.indicator import Threshold

SHORTEST = 3 * WORKING_DAY
"""The shortest limit of which the last third is a whole working day."""


def needs_apology(d: Any, now: Any) -> Any:
    """Being worked on, near its due date and not overdue: the overdue ones have a rule of their own; an apology that was sent is enough.

    Only where the limit leaves time for an apology a day before: shorter limits are on the list of D07 and raise no alarm.
    """
    has_time = working_time(receipt_at(d), due(d)) >= SHORTEST
    return is_dossier_near_due(d, now) & has_time & (d.apologised_at > now)


APOLOGY = AlarmRule(
    id="dossier.apology",
    sentence=Label(
        "Hồ sơ còn {value} là đến hạn: giải quyết ngay, hoặc gửi Phiếu xin lỗi và hẹn lại ngày trả kết quả",
        "A dossier is due in {value}: finish it, or send the apology",
    ),
    measure=Remaining(DOSSIER, is_open=needs_apology, due=due),
    page="/dossiers",
    # A day before the due date at the latest: NĐ 61/2018 Đ19.9, repealed; that NĐ 118/2025 keeps it is not verified.
    # What is due in a day is on the list of D07, every day; an alarm is what nobody has finished half a day before.
    limits=Threshold(warning=4, critical=2, below=True),
    in_opening_hours=True,
    team=ONE_STOP,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label(
            "Xem danh sách sắp đến hạn, hỏi bộ phận đang giữ hồ sơ", "See the near-due list, ask who has the dossier"
        ),
        Label(
            "Không kịp: gửi Phiếu xin lỗi và hẹn lại ngày trả kết quả, mỗi hồ sơ một lần",
            "Cannot be in time: send the apology and a new date, once per dossier",
        ),
        Label("Cập nhật ngày hẹn mới trong hệ thống", "Enter the new date in the system"),
    ),
)

OVERDUE = AlarmRule(
    id="dossier.overdue",
    sentence=Label("{value} quá hạn: {names}", "{value} overdue: {names}"),
    measure=MeasuredFigure(dossier.OVERDUE_OPEN, names="field_code"),
    page="/dossiers",
    in_opening_hours=True,
    team=ONE_STOP,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label("Tìm nguyên nhân; do sự cố phần mềm thì ghi nhận", "Find the cause; note it where software was at fault"),
        Label("Gửi Phiếu xin lỗi và hẹn lại ngày trả kết quả", "Apologise and give a new date"),
        Label("Báo lãnh đạo phường", "Tell the ward's leadership"),
    ),
)

ASKED_AGAIN = AlarmRule(
    id="dossier.asked_again",
    sentence=Label(
        "Thêm {value} bị yêu cầu bổ sung quá một lần trong 4 giờ qua",
        "{value} more asked for a supplement more than once within 4 hours",
    ),
    # What has happened stays in the month's figure; it is said when it happens.
    measure=Rise(dossier_delay.ASKED_AGAIN, within=timedelta(hours=4)),
    page="/dossiers",
    limits=Threshold(warning=0, critical=None),
    in_opening_hours=True,
    team=ONE_STOP,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label(
            "Xem vì sao lần đầu hướng dẫn chưa đủ (NĐ 118/2025 Đ17.2a)",
            "See why the first guidance was not complete (NĐ 118/2025 Đ17.2a)",
        ),
        Label("Rút kinh nghiệm với người tiếp nhận", "Talk it over with who received it"),
    ),
)

NO_APOLOGY = AlarmRule(
    id="dossier.no_apology",
    sentence=Label("{value} trễ hạn chưa có phiếu xin lỗi: {names}", "{value} late without an apology: {names}"),
    measure=MeasuredFigure(dossier_delay.NOT_APOLOGISED, names="field_code"),
    page="/dossiers",
    in_opening_hours=True,
    team=ONE_STOP,
    escalate_after=timedelta(hours=4),
    checklist=(
        Label(
            "Tìm hồ sơ trễ chưa xin lỗi trong danh sách quá hạn",
            "Find those without one in the list of overdue dossiers",
        ),
        Label("Gửi Phiếu xin lỗi và hẹn lại ngày trả kết quả", "Send the apology with a new date"),
    ),
)
