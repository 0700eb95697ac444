"""Dossier delay: who is waited for, who was asked twice, and whether a citizen whose dossier is late was told."""

from typing import Any

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.indicators import law
from warehouse.indicators.dossier import (
    DOSSIERS,
    REQUESTED,
    asked_again,
    due_unless_moved,
    finished_at,
    receipt_at,
    unfinished,
)
from warehouse.model.aggregate import Count, Level, Ratio
from warehouse.model.expression import choose, ward_day
from warehouse.model.indicator import PERCENT, Indicator, Threshold


def promised_at(d: Any) -> Any:
    """When the result was due before any re-appointment."""
    return due_unless_moved(d, d.original_due_at)


def moved_again(d: Any) -> Any:
    """The due date was moved more than once."""
    return d.first_rescheduled_at < d.rescheduled_at


def finished_after_promise(d: Any) -> Any:
    """Received, and finished on a later day than was promised first."""
    return (receipt_at(d) <= finished_at(d)) & (ward_day(finished_at(d)) > ward_day(promised_at(d)))


def open_after_promise(d: Any, now: Any) -> Any:
    """Not finished, and past what was promised first; while a supplement is awaited, the request's time decides."""
    return unfinished(d, now) & (promised_at(d) < choose(d.state == REQUESTED, d.requested_at, now))


def apologised_in_time(d: Any) -> Any:
    """The apology went out no later than on the day that was promised first."""
    return ward_day(d.apologised_at) <= ward_day(promised_at(d))


AWAITING = Indicator(
    id="D13",
    label=Label("Chờ công dân bổ sung", "Awaiting supplement"),
    definition=Label(
        "Hồ sơ đang ở trạng thái 5 (yêu cầu bổ sung giấy tờ)", "Dossiers in state 5 (supplement requested)"
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Level(lambda d, now: unfinished(d, now) & (d.state == REQUESTED)),
    by=("field_code",),
)

ASKED_AGAIN = Indicator(
    id="D14",
    label=Label("Yêu cầu bổ sung > 1 lần", "Supplement asked > 1×"),
    definition=Label(
        "Hồ sơ đã giải quyết trong tháng hoặc chưa xong bị yêu cầu bổ sung quá một lần; phải hướng dẫn đầy đủ trong một lần (NĐ 118/2025 "
        "Đ17.2a, sửa đổi tại NĐ 309/2026 Đ8.1); đếm số lần yêu cầu, không dựa vào số thứ tự Cổng ghi",
        "Dossiers finished in the month or unfinished whose supplement was asked for more than once; the guidance has to be complete at "
        "once (NĐ 118/2025 Đ17.2a as amended by NĐ 309/2026 Đ8.1); requests are counted, whatever number the portal gives them",
    ),
    law=law.ASKED_ONCE,
    version=2,
    since=law.REVISED,
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=finished_at, where=asked_again) + Level(lambda d, now: unfinished(d, now) & asked_again(d)),
    by=("field_code",),
    span="month",
    threshold=Threshold(warning=0, critical=None),
)

APOLOGISED = Indicator(
    id="D15",
    label=Label("Tỷ lệ hồ sơ trễ hạn có phiếu xin lỗi", "Late with apology"),
    definition=Label(
        "Hồ sơ trễ so với hẹn trả ban đầu mà Phiếu xin lỗi và hẹn lại ngày trả kết quả gửi chậm nhất trong ngày hẹn ban đầu / hồ sơ trễ so "
        "với hẹn trả ban đầu, đã giải quyết trong tháng hoặc chưa xong; phiếu gửi sau ngày hẹn không tính",
        "Dossiers late by their first due date whose apology with a new date went out by that day / dossiers late by their first due "
        "date, finished in the month or unfinished; an apology after the day does not count",
    ),
    law=law.APOLOGY,
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=finished_at, where=lambda d: finished_after_promise(d) & apologised_in_time(d))
        + Level(lambda d, now: open_after_promise(d, now) & apologised_in_time(d)),
        denominator=Count(at=finished_at, where=finished_after_promise) + Level(open_after_promise),
    ),
    span="month",
    threshold=Threshold(warning=100, critical=None, below=True),
)

NOT_APOLOGISED = Indicator(
    id="D28",
    label=Label("Hồ sơ trễ chưa có phiếu xin lỗi", "Late without apology"),
    definition=Label(
        "Hồ sơ chưa giải quyết xong, đã trễ so với hẹn trả ban đầu, chưa có phiếu nào gửi công dân; D15 là tỷ lệ gửi đúng lúc, đây là việc còn làm "
        "được",
        "Unfinished dossiers past their first due date for which no apology went out; D15 is the share that went out in time, this is what "
        "can still be done",
    ),
    law=law.APOLOGY,
    since=law.REVISED,
    unit=DOSSIERS,
    of=DOSSIER,
    value=Level(lambda d, now: open_after_promise(d, now) & (d.apologised_at > now)),
    by=("field_code",),
    threshold=Threshold(warning=0, critical=None),
)

RESCHEDULED_AGAIN = Indicator(
    id="D21",
    label=Label("Hẹn lại > 1 lần", "Re-appointed > 1×"),
    definition=Label(
        "Hồ sơ đã giải quyết trong tháng hoặc chưa xong bị hẹn lại quá một lần; chỉ hẹn lại một lần là quy định của NĐ 61/2018 Đ19.9 (đã hết "
        "hiệu lực), chưa xác minh được NĐ 118/2025 còn giữ",
        "Dossiers finished in the month or unfinished whose due date was moved more than once; that once is allowed was NĐ 61/2018 Đ19.9 "
        "(repealed), and that NĐ 118/2025 keeps it is not verified",
    ),
    law=law.APOLOGY,
    version=2,
    since=law.REVISED,
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=finished_at, where=moved_again) + Level(lambda d, now: unfinished(d, now) & moved_again(d)),
    by=("field_code",),
    span="month",
    threshold=Threshold(warning=0, critical=None),
)
