"""Dossier delay: who is waited for, who was asked twice, and whether a citizen whose dossier is late was told."""

from typing import Any

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.indicators.dossier import DOSSIERS, REQUESTED, due, finished_at, open_, unfinished
from warehouse.model.aggregate import Count, Level, Ratio
from warehouse.model.expression import NEVER, choose, ward_day
from warehouse.model.indicator import PERCENT, Indicator, Threshold


def promised_at(d: Any) -> Any:
    """When the result was due before any re-appointment."""
    was_moved = (d.rescheduled_at < NEVER) & (d.original_due_at < NEVER)
    return choose(was_moved, d.original_due_at, due(d, "restart"))


def asked_again(d: Any) -> Any:
    """The citizen was asked for a supplement more than once."""
    return d.asked_again_at < NEVER


def moved_again(d: Any) -> Any:
    """The due date was moved more than once."""
    return d.first_rescheduled_at < d.rescheduled_at


def finished_after_promise(d: Any) -> Any:
    """Received, and finished on a later day than was promised first."""
    return (d.received_at <= finished_at(d)) & (ward_day(finished_at(d)) > ward_day(promised_at(d)))


def open_after_promise(d: Any, now: Any) -> Any:
    """Being worked on, and past what was promised first."""
    return open_(d, now) & (promised_at(d) < now)


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
        "Hồ sơ đã xong từ đầu kỳ hoặc chưa xong bị yêu cầu bổ sung quá một lần; quy định chỉ được một lần (NĐ 61 Đ17.2a)",
        "Dossiers finished since the start of the period or unfinished whose supplement was asked for more than once; the law allows "
        "once (NĐ 61 Đ17.2a)",
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=finished_at, where=asked_again) + Level(lambda d, now: unfinished(d, now) & asked_again(d)),
    by=("field_code",),
    span="period",
    threshold=Threshold(warning=0, critical=None),
)

APOLOGISED = Indicator(
    id="D15",
    label=Label("Hẹn lại có phiếu xin lỗi", "Late with apology"),
    definition=Label(
        "Hồ sơ trễ so với hẹn trả ban đầu có phiếu xin lỗi và hẹn lại (Mẫu 04) / hồ sơ trễ so với hẹn trả ban đầu, đã xong từ đầu kỳ "
        "hoặc đang xử lý",
        "Dossiers late by their first due date with an apology and a new date (Mẫu 04) / dossiers late by their first due date, "
        "finished since the start of the period or open",
    ),
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=finished_at, where=lambda d: finished_after_promise(d) & (d.apologised_at < NEVER))
        + Level(lambda d, now: open_after_promise(d, now) & (d.apologised_at <= now)),
        denominator=Count(at=finished_at, where=finished_after_promise) + Level(open_after_promise),
    ),
    span="period",
    threshold=Threshold(warning=100, critical=None, below=True),
)

RESCHEDULED_AGAIN = Indicator(
    id="D21",
    label=Label("Hẹn lại > 1 lần", "Re-appointed > 1×"),
    definition=Label(
        "Hồ sơ đã xong từ đầu kỳ hoặc chưa xong bị hẹn lại quá một lần; quy định chỉ được một lần (NĐ 61 Đ19.9)",
        "Dossiers finished since the start of the period or unfinished whose due date was moved more than once; the law allows once "
        "(NĐ 61 Đ19.9)",
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=finished_at, where=moved_again) + Level(lambda d, now: unfinished(d, now) & moved_again(d)),
    by=("field_code",),
    span="period",
    threshold=Threshold(warning=0, critical=None),
)
