"""Dossier: what came in, what is open, what is due, and whether it was in time."""

from datetime import timedelta
from typing import Any

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.figures.kind import BaselineUnit, baseline
from warehouse.indicators import law, queue
from warehouse.model.aggregate import Count, Level, Ratio
from warehouse.model.deadline import due_after, working_time
from warehouse.model.expression import MINUTE, NEVER, choose, greatest, least, ward_day
from warehouse.model.indicator import PERCENT, Ask, Derived, Indicator, Threshold, Unit

DOSSIERS = Unit(Label("hồ sơ", "dossiers", "dossier"))

REFUSED, REQUESTED, UNPAID, WITHDRAWN, STOPPED, COMPLETED, RETURNED = 3, 5, 6, 7, 8, 9, 10
"""States of the national portal: refused, supplement asked for, payment asked for, withdrawn, stopped, finished, given out."""

NEAR_DUE = 16 * 60 * MINUTE
"""Two working days: an apology goes out a day before the due date (NĐ 61/2018 Đ19.9, repealed; that NĐ 118/2025 keeps it is not verified)."""


def open_in_time(ask: Ask) -> tuple[int, int]:
    """Those being worked on that are not overdue."""
    return ask("D05").numerator - ask("D08").numerator, 0


def receipt_at(d: Any) -> Any:
    """When the office received it: as the portal told first, or as it corrected that; `NEVER` before it told of a receipt."""
    was_corrected = (d.received_at < NEVER) & (d.receipt_corrected_to < NEVER)
    return choose(was_corrected, d.receipt_corrected_to, d.received_at)


def resolved_at(d: Any) -> Any:
    """When the result was there: finished, else given out; `NEVER` while it is not, and again from when the dossier is opened anew."""
    ended = choose((d.completed_at < NEVER) & (d.completed_at >= d.reopened_at), d.completed_at, d.returned_at)
    return choose((d.state == COMPLETED) | (d.state == RETURNED), ended, NEVER)


def finished_at(d: Any) -> Any:
    """When the office was done with it: the result, or that the citizen took it back, or that it was refused after receipt."""
    given_up = choose(d.state == WITHDRAWN, d.withdrawn_at, choose(d.state == REFUSED, d.refused_at, NEVER))
    return least(resolved_at(d), given_up)


def processing_ended_at(d: Any) -> Any:
    """The same, and that work was stopped: what the portal takes for the end of processing (QĐ 766, item 2.1)."""
    return choose(d.state == STOPPED, d.stopped_at, finished_at(d))


def promised_by(d: Any, given: Any) -> Any:
    """A date that the portal gave; where it gave none, the end of the procedure's limit."""
    limit = choose(d.limit_value > 0, due_after(receipt_at(d), d.limit_value, d.limit_unit), NEVER)
    return choose(given < NEVER, given, limit)


def promised(d: Any) -> Any:
    """The date that the portal gave last, else the end of the limit."""
    return promised_by(d, d.due_at)


def due_unless_moved(d: Any, given: Any) -> Any:
    """When the result is due by law, by the date that the portal gave: after a supplement since which it gave no new one, the limit begins anew.

    The time for a procedure runs from when the dossier is complete (NĐ 118/2025 Đ17.3 as amended by NĐ 309/2026 Đ8.3); that it is
    calculated anew after a supplement was NĐ 61/2018 Đ19.4, and that NĐ 118/2025 says the same is not verified.
    """
    date = promised_by(d, given)
    is_anew = (d.supplemented_at < NEVER) & (d.due_named_at < d.supplemented_at) & (d.limit_value > 0) & (date < NEVER)
    return choose(is_anew, due_after(d.supplemented_at, d.limit_value, d.limit_unit), date)


def due(d: Any) -> Any:
    """When the result is due by law; where it was re-appointed since the last supplement, by that date."""
    is_moved = (d.rescheduled_at < NEVER) & (d.rescheduled_at >= d.supplemented_at)
    return choose(is_moved, promised(d), due_unless_moved(d, d.due_at))


def waited(d: Any) -> Any:
    """For how long the citizen's supplement was awaited; of several requests, the last."""
    return choose(d.supplemented_at < NEVER, greatest(0, d.supplemented_at - d.requested_at), 0)


def is_counted_in_time(d: Any, at: Any) -> Any:
    """Whether a time, less the wait for a supplement, is no later than the promised day (QĐ 766, item 2.1)."""
    return ward_day(at - waited(d)) <= ward_day(promised(d))


def ended_in_time(d: Any) -> Any:
    """Received, and processing ended in time (QĐ 766)."""
    return (receipt_at(d) <= processing_ended_at(d)) & is_counted_in_time(d, processing_ended_at(d))


def unfinished(d: Any, now: Any) -> Any:
    """Received and not finished, whether it is being worked on, waits for somebody or was stopped."""
    is_on_its_way = (
        (d.state == 2) | (d.state == 4) | (d.state == REQUESTED) | (d.state == UNPAID) | (d.state == STOPPED)
    )
    return (receipt_at(d) <= now) & is_on_its_way


def open_(d: Any, now: Any) -> Any:
    """Being worked on: states 2 and 4."""
    return unfinished(d, now) & ((d.state == 2) | (d.state == 4))


def overdue(d: Any, now: Any) -> Any:
    """Being worked on, and past the due date of the law, to the hour: the receipt names one."""
    return open_(d, now) & (due(d) < now)


def is_dossier_near_due(d: Any, now: Any) -> Any:
    """Being worked on, not overdue, and soon to be."""
    return open_(d, now) & is_near(d, due(d), now)


def is_near(d: Any, at: Any, now: Any) -> Any:
    """A due date that is near: at most a third of the limit is left, and at most two working days."""
    began = choose(d.supplemented_at < NEVER, d.supplemented_at, receipt_at(d))
    return (at >= now) & (at < NEVER) & (working_time(now, at) * 3 <= least(working_time(began, at), 3 * NEAR_DUE))


def late_before_it_paused(d: Any, now: Any) -> Any:
    """Not being worked on, and past the due date of the law: by now where the citizen has to pay, else when the pause began."""
    since = choose(d.state == REQUESTED, d.requested_at, choose(d.state == STOPPED, d.stopped_at, now))
    is_paused = (d.state == REQUESTED) | (d.state == UNPAID) | (d.state == STOPPED)
    return unfinished(d, now) & is_paused & (due(d) < since)


def asked_again(d: Any) -> Any:
    """The citizen was asked for a supplement more than once: counted, or so the portal says."""
    return (d.asked_again_at < NEVER) | (d.asked_at < d.requested_at)


def handled(d: Any, now: Any) -> Any:
    """Received, and neither finished nor stopped."""
    return unfinished(d, now) & (d.state != STOPPED)


def handled_in_time(d: Any, now: Any) -> Any:
    """Not ended and still in time; while a supplement is awaited the request's time decides, and a second request is late (QĐ 766)."""
    while_asked = (ward_day(d.requested_at) <= ward_day(promised(d))) & (choose(asked_again(d), 1, 0) == 0)
    return handled(d, now) & choose(d.state == REQUESTED, while_asked, is_counted_in_time(d, now))


RECEIVED = Indicator(
    id="D01",
    label=Label("Hồ sơ tiếp nhận hôm nay", "Received today"),
    definition=Label(
        "Hồ sơ được tiếp nhận trong ngày (lần đầu sang trạng thái 2)", "Dossiers first received on the local day"
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=receipt_at),
    by=("field_code", "channel"),
    window=timedelta(hours=1),
)

RECEIVED_SO_FAR = Indicator(
    id="D02",
    label=Label("Tiếp nhận lũy kế", "Received so far"),
    definition=Label(
        "Số nền (ND02) cộng hồ sơ nguồn cho biết là tiếp nhận sau ngày cuối của số nền; không có kỳ trước chuyển sang vì phường thành lập "
        "ngày 01/7/2025",
        "The baseline (ND02) plus dossiers that the source says were received after its last day; none are carried over, as the ward began "
        "on 1 July 2025",
    ),
    version=2,
    since=law.REVISED,
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=receipt_at),
    by=("field_code", "channel"),
    span="period",
    baseline=baseline("D02", BaselineUnit(Label("hồ sơ tiếp nhận", "dossiers received"), DOSSIERS)),
)

FINISHED_SO_FAR = Indicator(
    id="D03",
    label=Label("Đã giải quyết lũy kế", "Finished so far"),
    definition=Label(
        "Số nền (ND03) cộng hồ sơ đã giải quyết sau ngày cuối của số nền: xong hoặc đã trả (trạng thái 9, 10), công dân rút "
        "(7), bị từ chối sau khi đã tiếp nhận (3); hồ sơ mở lại thì thôi tính, đến khi xong lần nữa",
        "The baseline (ND03) plus dossiers finished after its last day: result ready or given out "
        "(states 9, 10), withdrawn (7), refused after receipt (3); one that is opened again no longer counts until it is finished anew",
    ),
    version=3,
    since=law.REVISED,
    unit=DOSSIERS,
    of=DOSSIER,
    value=Count(at=finished_at, where=lambda d: receipt_at(d) <= finished_at(d)),
    by=("field_code",),
    span="period",
    baseline=baseline("D03", BaselineUnit(Label("hồ sơ đã giải quyết", "dossiers finished"), DOSSIERS)),
)

COMPLETION = Derived(
    id="D04",
    label=Label("Tỷ lệ giải quyết", "Completion rate"),
    definition=Label(
        "Hồ sơ đã giải quyết / hồ sơ tiếp nhận, lũy kế (D03/D02); không phải tỷ lệ đúng hạn; chỉ có nghĩa khi tính lũy kế, vì hồ sơ giải "
        "quyết trong một ngày không phải là hồ sơ tiếp nhận trong ngày đó",
        "Dossiers finished / dossiers received, since the beginning (D03/D02); not the on-time rate; it has a meaning only as a whole, as "
        "the dossiers that are finished on a day are not those that came in on it",
    ),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    made_of=(FINISHED_SO_FAR, RECEIVED_SO_FAR),
    value=lambda ask: (ask("D03").numerator, ask("D02").numerator),
    formula=Label("D03 / D02", "D03 / D02"),
    is_ratio=True,
    is_running=True,
)

OPEN = Indicator(
    id="D05",
    label=Label("Đang xử lý", "Open"),
    definition=Label(
        "Hồ sơ đang ở trạng thái 2 hoặc 4; chờ bổ sung xem D13, chờ nộp phí hoặc dừng xử lý xem D23",
        "Dossiers in state 2 or 4; for those awaiting a supplement see D13, awaiting payment or stopped D23",
    ),
    unit=DOSSIERS,
    of=DOSSIER,
    value=Level(open_),
    by=("field_code",),
)

PAUSED = Indicator(
    id="D23",
    label=Label("Chờ nộp phí hoặc dừng xử lý", "Awaiting payment or stopped"),
    definition=Label(
        "Hồ sơ đang ở trạng thái 6 (yêu cầu thực hiện nghĩa vụ tài chính) hoặc 8 (dừng xử lý); D02 = D03 + D05 + D13 + D23, trừ 5 hồ sơ "
        "còn lại của báo cáo",
        "Dossiers in state 6 (asked to pay) or 8 (stopped); D02 = D03 + D05 + D13 + D23, but for the 5 dossiers that the report left open",
    ),
    since=law.REVISED,
    unit=DOSSIERS,
    of=DOSSIER,
    value=Level(lambda d, now: unfinished(d, now) & ((d.state == UNPAID) | (d.state == STOPPED))),
    by=("state", "field_code"),
)

PAUSED_OVERDUE = Indicator(
    id="D24",
    label=Label("Tạm dừng khi đã quá hạn", "Paused when overdue"),
    definition=Label(
        "Hồ sơ chờ bổ sung (5) hoặc dừng xử lý (8) mà khi yêu cầu, khi dừng đã quá ngày hẹn trả, và hồ sơ chờ nộp phí (6) nay quá ngày hẹn "
        "trả: việc tạm dừng không che hồ sơ quá hạn",
        "Dossiers awaiting a supplement (5) or stopped (8) that were past their due date when that began, and those awaiting payment (6) "
        "that are past it now: a pause hides no overdue dossier",
    ),
    law=law.LIMIT,
    since=law.REVISED,
    unit=DOSSIERS,
    of=DOSSIER,
    value=Level(late_before_it_paused),
    by=("state", "field_code"),
    threshold=Threshold(warning=0, critical=None),
)

NEAR_DUE_OPEN = Indicator(
    id="D07",
    label=Label("Sắp đến hạn", "Near due"),
    definition=Label(
        "Hồ sơ đang xử lý, chưa quá hạn, còn không quá một phần ba thời hạn và không quá 16 giờ làm việc; là danh sách việc cần làm, "
        "không phải cảnh báo",
        "Open dossiers, not overdue, with at most a third of their limit and at most 16 working hours left; a list of work to do, not a warning",
    ),
    law=law.LIMIT,
    version=2,
    since=law.REVISED,
    unit=DOSSIERS,
    of=DOSSIER,
    value=Level(is_dossier_near_due),
    by=("field_code",),
)

OVERDUE_OPEN = Indicator(
    id="D08",
    label=Label("Quá hạn đang xử lý", "Overdue, open"),
    definition=Label(
        "Hồ sơ đang xử lý đã quá ngày giờ hẹn trả ghi trên giấy hẹn; tách theo lý do hẹn lại (sự cố phần mềm); sau khi bổ sung mà không có "
        "ngày hẹn mới, thời hạn tính lại từ đầu",
        "Open dossiers past the day and hour of their receipt; split by the reason of re-appointment (software outage); after a "
        "supplement without a new date the limit begins anew",
    ),
    law=law.LIMIT,
    version=2,
    since=law.REVISED,
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
        "Hồ sơ đang xử lý chưa quá ngày giờ hẹn trả, hoặc không có hẹn trả",
        "Open dossiers not past their due date, or without one",
    ),
    law=law.LIMIT,
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
        "(kết thúc trước và đúng hạn + đang xử lý trong hạn) / (kết thúc + đang xử lý), trong tháng; kết thúc gồm cả dừng xử lý, rút, từ "
        "chối; so ngày với ngày hẹn trả Cổng ghi lần cuối, trừ thời gian chờ bổ sung; đang chờ bổ sung thì lấy lúc yêu cầu, yêu cầu quá "
        "một lần là quá hạn (QĐ 766 mục 2.1)",
        "(ended early or on time + unfinished and in time) / (ended + unfinished), in the month; stopped, withdrawn and refused are "
        "ends too; by days, against the due date that the portal gave last, less the wait for a supplement; while one is awaited the "
        "request's time counts, and a second request is late (QĐ 766, item 2.1)",
    ),
    law=law.decision_766("2.1"),
    leaves_out=Label(
        "yêu cầu bổ sung nhiều lần thì chỉ trừ lần chờ cuối: tài liệu không nói trừ mấy lần",
        "where a supplement was asked for several times, all waits but the last: the document does not say how many are taken off",
    ),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=processing_ended_at, where=ended_in_time) + Level(handled_in_time),
        denominator=Count(at=processing_ended_at, where=lambda d: receipt_at(d) <= processing_ended_at(d))
        + Level(handled),
    ),
    span="month",
    threshold=Threshold(warning=100, critical=95, below=True),
)

VISITS_PER_DOSSIER = Derived(
    id="D20",
    label=Label("Số lượt trên một hồ sơ", "Visits per dossier"),
    definition=Label(
        "Lượt công dân lũy kế / hồ sơ tiếp nhận lũy kế, cùng từ 01/7/2025; theo báo cáo là 2,75",
        "Visits since 1 July 2025 / dossiers received since then; 2.75 by the report",
    ),
    unit=Unit(
        Label("lượt/hồ sơ", "visits a dossier", "visit a dossier"), decimals=2, short=Label("lượt", "visits", "visit")
    ),
    counted=DOSSIERS.label,
    made_of=(queue.VISITS_SO_FAR, RECEIVED_SO_FAR),
    value=lambda ask: (ask("Q11").numerator, ask("D02").numerator),
    formula=Label("Q11 / D02", "Q11 / D02"),
    is_ratio=True,
)
