"""Dossier finish: early or late, how long it took, and whether the citizen is satisfied."""

from typing import Any

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.indicators import law
from warehouse.indicators.dossier import (
    DOSSIERS,
    ended_in_time,
    finished_at,
    handled,
    handled_in_time,
    processing_ended_at,
    promised,
    receipt_at,
    resolved_at,
    waited,
)
from warehouse.model.aggregate import Count, Level, Mean, Ratio
from warehouse.model.deadline import working_time
from warehouse.model.expression import NEVER, choose, greatest, ward_day
from warehouse.model.indicator import PERCENT, Indicator, Threshold, Unit


def was_finished(d: Any) -> Any:
    """Received, and finished after that."""
    return receipt_at(d) <= finished_at(d)


def resolved(d: Any) -> Any:
    """Received, and the result was there after that."""
    return receipt_at(d) <= resolved_at(d)


def resolved_early(d: Any) -> Any:
    """With a result, less the wait for a supplement, on a day before the promised one."""
    return resolved(d) & (promised(d) < NEVER) & (ward_day(resolved_at(d) - waited(d)) < ward_day(promised(d)))


def finished_late(d: Any) -> Any:
    """Finished, less the wait for a supplement, on a day after the promised one."""
    return was_finished(d) & (ward_day(finished_at(d) - waited(d)) > ward_day(promised(d)))


def worked(d: Any) -> Any:
    """Working time from receipt to the result, without that in which a supplement was awaited."""
    asked = choose(d.supplemented_at < NEVER, greatest(0, working_time(d.requested_at, d.supplemented_at)), 0)
    return greatest(0, working_time(receipt_at(d), resolved_at(d)) - asked)


EARLY = Indicator(
    id="D10",
    label=Label("Giải quyết trước hạn", "Finished early"),
    definition=Label(
        "Hồ sơ có kết quả trước ngày hẹn trả / hồ sơ có kết quả (trạng thái 9, 10), trong tháng; hồ sơ rút hoặc bị từ chối không tính; "
        "trừ thời gian chờ bổ sung (QĐ 766 mục 2.1)",
        "Dossiers with a result on a day before the due date / dossiers with a result (states 9, 10), in the month; withdrawn and "
        "refused ones are left out; the wait for a supplement does not count (QĐ 766, item 2.1)",
    ),
    law=law.decision_766("2.1"),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=resolved_at, where=resolved_early),
        denominator=Count(at=resolved_at, where=resolved),
    ),
    by=("field_code",),
    span="month",
)

LATE = Indicator(
    id="D11",
    label=Label("Giải quyết quá hạn", "Finished late"),
    definition=Label(
        "Hồ sơ giải quyết sau ngày hẹn trả (kể cả rút, từ chối sau ngày đó), trên số đã giải quyết, trong tháng; so theo ngày như Cổng, trừ "
        "thời gian chờ bổ sung (QĐ 766 mục 2.1); bổ sung quá một lần xem D14",
        "Dossiers finished on a day after the due date (withdrawn or refused after it included), out of those finished, in the month; by "
        "days, as the portal does, less the wait for a supplement (QĐ 766, item 2.1); for more than one supplement see D14",
    ),
    law=law.decision_766("2.1"),
    version=2,
    since=law.REVISED,
    unit=DOSSIERS._replace(out_of=True),
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=finished_at, where=finished_late),
        denominator=Count(at=finished_at, where=was_finished),
    ),
    by=("field_code",),
    span="month",
    threshold=Threshold(warning=0, critical=None),
)

MEAN_PROCESSING = Indicator(
    id="D12",
    label=Label("Thời gian xử lý bình quân", "Mean processing time"),
    definition=Label(
        "Trung bình số giờ làm việc từ tiếp nhận đến khi có kết quả, trừ thời gian chờ bổ sung (lần yêu cầu cuối), của hồ sơ có kết quả "
        "(trạng thái 9, 10) trong tháng; hồ sơ rút, từ chối không tính (QĐ 766 mục 2.2); so với thời hạn của từng thủ tục",
        "Mean working hours from receipt to result, less the wait for a supplement (the last request), over the dossiers with a result "
        "(states 9, 10) in the month; withdrawn and refused ones are left out (QĐ 766, item 2.2); to be compared with each procedure's limit",
    ),
    law=law.decision_766("2.2"),
    leaves_out=Label(
        "Mục 2.2 lấy hồ sơ bắt đầu xử lý trong kỳ, dù xong ở kỳ khác, theo đơn vị của từng thủ tục; ở đây lấy hồ sơ có kết quả trong tháng, bằng "
        "giờ làm việc: nếu không, đầu tháng nào cũng chỉ có hồ sơ ngắn hạn",
        "Item 2.2 takes the dossiers that began in the period, whenever they end, in each procedure's own unit; here it is those with a result in "
        "the month, in working hours: else each month would begin with the short ones alone",
    ),
    version=2,
    since=law.REVISED,
    unit=Unit(Label("giờ làm việc", "working h"), 1 / 3_600_000, 1, short=Label("giờ", "h")),
    counted=DOSSIERS.label,
    of=DOSSIER,
    value=Mean(
        amount=worked,
        at=resolved_at,
        where=resolved,
    ),
    by=("procedure_code",),
    span="month",
)

SATISFIED = Indicator(
    id="P05",
    label=Label("Hài lòng giải quyết TTHC", "Dossier satisfaction"),
    definition=Label(
        "(hồ sơ − không hài lòng − quá hạn) / hồ sơ đã kết thúc trong tháng hoặc đang xử lý, mỗi hồ sơ trừ một lần (QĐ 766 mục 5.4, ước tính "
        "nội bộ); hồ sơ không ai đánh giá không bị trừ, như công thức của Cổng; hồ sơ có PAKN chưa trừ được vì nguồn PAKN không cho biết hồ "
        "sơ nào",
        "(dossiers − dissatisfied − overdue) / dossiers ended in the month or unfinished, each taken off once (QĐ 766, item 5.4, own "
        "estimate); a dossier that nobody rated is not taken off, as in the portal's formula; those with a petition cannot be, as the "
        "petitions' source does not name the dossier",
    ),
    law=law.decision_766("5.4"),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=processing_ended_at, where=lambda d: ended_in_time(d) & (d.dissatisfied_at == NEVER))
        + Level(lambda d, now: handled_in_time(d, now) & (d.dissatisfied_at > now)),
        denominator=Count(at=processing_ended_at, where=lambda d: receipt_at(d) <= processing_ended_at(d))
        + Level(handled),
    ),
    span="month",
    threshold=Threshold(warning=90, critical=None, below=True),
)
