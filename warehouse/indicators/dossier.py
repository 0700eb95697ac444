"""Dossier: what came in, what is open, what is due, and whether it was in time."""

from datetime import timedelta
from typing import Any

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.indicators import queue
from warehouse.model.aggregate import Count, Level, Ratio
from warehouse.model.deadline import SupplementRule, due_after, due_paused, working_time
from warehouse.model.expression import MINUTE, NEVER, choose, ward_day
from warehouse.model.indicator import PERCENT, Ask, Derived, Indicator, Threshold, Unit, reported

DOSSIERS = Unit(Label("hồ sơ", "dossiers"))

REQUESTED = 5
"""State "Yêu cầu bổ sung giấy tờ"."""
NEAR_DUE = 8 * 60 * MINUTE
"""One working day: an apology has to go out a day before the due date (NĐ 61/2018 Đ19.9)."""


def open_in_time(ask: Ask) -> tuple[int, int]:
    """Those being worked on that are not overdue."""
    return ask("D05").numerator - ask("D08").numerator, 0


def finished_at(d: Any) -> Any:
    """When processing ended: finished, else returned, else withdrawn (QĐ 766/QĐ-TTg); `NEVER` while it goes on."""
    return choose(d.completed_at < NEVER, d.completed_at, choose(d.returned_at < NEVER, d.returned_at, d.withdrawn_at))


def due(d: Any, rule: SupplementRule) -> Any:
    """When the result is due: the date that the portal gave last; after a supplement for which it gave none, by the rule."""
    limit = choose(d.limit_value > 0, due_after(d.received_at, d.limit_value, d.limit_unit), NEVER)
    promised = choose(d.due_at < NEVER, d.due_at, limit)
    if rule == "restart":
        moved = choose(d.limit_value > 0, due_after(d.supplemented_at, d.limit_value, d.limit_unit), promised)
    else:
        moved = due_paused(promised, d.limit_unit, d.requested_at, d.supplemented_at)
    was_rescheduled_since = (d.rescheduled_at < NEVER) & (d.rescheduled_at >= d.supplemented_at)
    keeps = (d.supplemented_at == NEVER) | (d.supplement_due_at < NEVER) | was_rescheduled_since
    return choose(keeps | (promised == NEVER), promised, moved)


def finished_in_time(d: Any) -> Any:
    """Processing ended on or before the due date, and the citizen was asked for supplements at most once (QĐ 766)."""
    return (ward_day(finished_at(d)) <= ward_day(due(d, "pause"))) & (d.asked_again_at == NEVER)


def unfinished(d: Any, now: Any) -> Any:
    """Received and not finished, whether it is being worked on or waits for somebody."""
    return (d.received_at <= now) & (finished_at(d) > now)


def open_(d: Any, now: Any) -> Any:
    """Being worked on: states 2 and 4."""
    return unfinished(d, now) & ((d.state == 2) | (d.state == 4))


def overdue(d: Any, now: Any) -> Any:
    """Being worked on, and past the due date of the law."""
    return open_(d, now) & (due(d, "restart") < now)


def is_dossier_near_due(d: Any, now: Any) -> Any:
    """Being worked on, not overdue, and soon to be."""
    return open_(d, now) & is_near(due(d, "restart"), now)


def is_near(at: Any, now: Any) -> Any:
    """A due date that is near."""
    return (at >= now) & (at < NEVER) & (working_time(now, at) <= NEAR_DUE)


def unfinished_in_time(d: Any, now: Any) -> Any:
    """Not finished and still in time; while a supplement is awaited, the request's time decides (QĐ 766)."""
    in_time = choose(d.state == REQUESTED, d.requested_at, now) <= due(d, "pause")
    return unfinished(d, now) & in_time & (d.asked_again_at == NEVER)


RECEIVED = Indicator(
    id="D01",
    label=Label("Hồ sơ tiếp nhận hôm nay", "Received today"),
    definition=Label(
        "Hồ sơ được tiếp nhận trong ngày (lần đầu sang trạng thái 2)", "Dossiers first received on the local day"
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=lambda d: d.received_at),
    by=("field_code", "channel"),
    window=timedelta(hours=1),
)

RECEIVED_SO_FAR = Indicator(
    id="D02",
    label=Label("Tiếp nhận lũy kế", "Received in the period"),
    definition=Label(
        "4.293 hồ sơ của báo cáo (01/7–29/8/2025) cộng hồ sơ tiếp nhận từ 30/8/2025; không có kỳ trước chuyển sang vì phường thành "
        "lập ngày 01/7/2025",
        "The report's 4,293 dossiers (1 July to 29 August 2025) plus those received since 30 August 2025; none are carried over, as "
        "the ward began on 1 July 2025",
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=lambda d: d.received_at),
    by=("field_code", "channel"),
    span="period",
    baseline=reported(4_293),
)

FINISHED_SO_FAR = Indicator(
    id="D03",
    label=Label("Đã giải quyết", "Finished in the period"),
    definition=Label(
        "4.288 hồ sơ của báo cáo (01/7–29/8/2025) cộng hồ sơ đã giải quyết (trạng thái 7, 9, 10) từ 30/8/2025",
        "The report's 4,288 dossiers (1 July to 29 August 2025) plus those finished (states 7, 9, 10) since 30 August 2025",
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=finished_at, where=lambda d: d.received_at <= finished_at(d)),
    by=("field_code",),
    span="period",
    baseline=reported(4_288),
)

COMPLETION = Indicator(
    id="D04",
    label=Label("Tỷ lệ giải quyết", "Completion rate"),
    definition=Label(
        "Hồ sơ đã giải quyết (trạng thái 7, 9, 10) / hồ sơ tiếp nhận, từ đầu kỳ (D03/D02); không phải tỷ lệ đúng hạn",
        "Dossiers finished (states 7, 9, 10) / dossiers received, since the start of the period (D03/D02); not the on-time rate",
    ),
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=finished_at, where=lambda d: d.received_at <= finished_at(d)),
        denominator=Count(at=lambda d: d.received_at),
    ),
    span="period",
    baseline=reported(4_288, 4_293),
)

OPEN = Indicator(
    id="D05",
    label=Label("Đang xử lý", "Open"),
    definition=Label("Hồ sơ đang ở trạng thái 2 hoặc 4", "Dossiers in state 2 or 4"),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Level(open_),
    by=("field_code",),
)

NEAR_DUE_OPEN = Indicator(
    id="D07",
    label=Label("Sắp đến hạn (≤ 8 giờ làm việc)", "Near due (≤ 8 working hours)"),
    definition=Label(
        "Hồ sơ đang xử lý, chưa quá hạn, còn không quá 8 giờ làm việc; sau khi bổ sung, thời hạn tính lại từ đầu (NĐ 61 Đ19.4)",
        "Open dossiers, not overdue, with at most 8 working hours left; after a supplement the limit restarts (NĐ 61 Đ19.4)",
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Level(is_dossier_near_due),
    by=("field_code",),
    threshold=Threshold(warning=0, critical=None),
)

OVERDUE_OPEN = Indicator(
    id="D08",
    label=Label("Quá hạn đang xử lý", "Overdue, open"),
    definition=Label(
        "Hồ sơ đang xử lý đã qua hẹn trả; tách theo lý do hẹn lại (sự cố phần mềm); sau khi bổ sung, thời hạn tính lại từ đầu "
        "(NĐ 61 Đ19.4)",
        "Open dossiers past their due date; split by the reason of re-appointment (software outage); after a supplement the "
        "limit restarts (NĐ 61 Đ19.4)",
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Level(overdue),
    by=("field_code", "delay_reason"),
    threshold=Threshold(warning=None, critical=0),
)

OPEN_IN_TIME = Derived(
    id="D06",
    label=Label("Đang xử lý trong hạn", "Open in time"),
    definition=Label(
        "Hồ sơ đang xử lý chưa qua hẹn trả, hoặc không có hẹn trả",
        "Open dossiers not past their due date, or without one",
    ),
    unit=DOSSIERS,
    made_of=(OPEN, OVERDUE_OPEN),
    value=open_in_time,
    formula=Label("D05 − D08", "D05 − D08"),
    by=("field_code",),
)

ON_TIME = Indicator(
    id="D09",
    label=Label("Tỷ lệ đúng hạn (QĐ 766, ước tính nội bộ)", "On-time rate (QĐ 766, own estimate)"),
    definition=Label(
        "(xong trước và đúng hạn + đang xử lý trong hạn) / (tiếp nhận trong kỳ + kỳ trước chuyển sang); thời gian chờ bổ sung "
        "không tính (QĐ 766)",
        "(finished early or on time + unfinished and in time) / (received in the period + carried over); the wait for a "
        "supplement does not count (QĐ 766)",
    ),
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=finished_at, where=lambda d: (d.received_at <= finished_at(d)) & finished_in_time(d))
        + Level(unfinished_in_time),
        denominator=Count(at=finished_at, where=lambda d: d.received_at <= finished_at(d)) + Level(unfinished),
    ),
    span="period",
    threshold=Threshold(warning=100, critical=95, below=True),
)

VISITS_PER_DOSSIER = Derived(
    id="D20",
    label=Label("Số lượt trên một hồ sơ", "Visits per dossier"),
    definition=Label(
        "Lượt công dân lũy kế / hồ sơ tiếp nhận lũy kế, cùng từ 01/7/2025; theo báo cáo là 2,75",
        "Visits since 1 July 2025 / dossiers received since then; 2.75 by the report",
    ),
    unit=Unit(Label("lượt/hồ sơ", "visits a dossier"), decimals=2),
    made_of=(queue.VISITS_SO_FAR, RECEIVED_SO_FAR),
    value=lambda ask: (ask("Q11").numerator, ask("D02").numerator),
    formula=Label("Q11 / D02", "Q11 / D02"),
    is_ratio=True,
)
