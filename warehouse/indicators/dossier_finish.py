"""Dossier finish: early or late, how long it took, and whether the citizen is satisfied."""

from typing import Any

from ingest.contract.label import Label
from warehouse.entities.dossier import DOSSIER
from warehouse.indicators.dossier import (
    DOSSIERS,
    due,
    finished_at,
    finished_in_time,
    unfinished,
    unfinished_in_time,
)
from warehouse.model.aggregate import Aggregate, Count, Flow, Level, Mean, Ratio
from warehouse.model.deadline import working_time
from warehouse.model.expression import NEVER, choose, greatest, least, ward_day
from warehouse.model.indicator import PERCENT, Indicator, Threshold, Unit


def finished(d: Any) -> Any:
    """Received, and finished after that."""
    return d.received_at <= finished_at(d)


def finished_early(d: Any) -> Any:
    """Finished on a day before the due date."""
    return finished(d) & (due(d, "pause") < NEVER) & (ward_day(finished_at(d)) < ward_day(due(d, "pause")))


def waited(d: Any) -> Any:
    """Working time for which the citizen's supplement was awaited; of several requests, after the last."""
    answered = choose(d.supplemented_at >= d.requested_at, d.supplemented_at, NEVER)
    return greatest(0, working_time(d.requested_at, least(answered, finished_at(d))))


EARLY = Indicator(
    id="D10",
    label=Label("Trả trước hạn", "Finished early"),
    definition=Label(
        "Hồ sơ xong trước ngày hẹn trả / hồ sơ đã giải quyết, từ đầu kỳ; thời gian chờ bổ sung không tính (QĐ 766)",
        "Dossiers finished on a day before the due date / dossiers finished, since the start of the period; the wait for a "
        "supplement does not count (QĐ 766)",
    ),
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=finished_at, where=finished_early),
        denominator=Count(at=finished_at, where=finished),
    ),
    by=("field_code",),
    span="period",
)

LATE = Indicator(
    id="D11",
    label=Label("Trả quá hạn", "Finished late"),
    definition=Label(
        "Hồ sơ xong sau ngày hẹn trả, trên số đã giải quyết, từ đầu kỳ; thời gian chờ bổ sung không tính (QĐ 766), bổ sung quá một lần xem D14",
        "Dossiers finished on a day after the due date, out of those finished, since the start of the period; the wait for a "
        "supplement does not count (QĐ 766), for more than one supplement see D14",
    ),
    unit=DOSSIERS._replace(out_of=True),
    of=DOSSIER,
    value=Ratio(
        numerator=Count(
            at=finished_at, where=lambda d: finished(d) & (ward_day(finished_at(d)) > ward_day(due(d, "pause")))
        ),
        denominator=Count(at=finished_at, where=finished),
    ),
    by=("field_code",),
    span="period",
    threshold=Threshold(warning=0, critical=None),
)

MEAN_PROCESSING = Indicator(
    id="D12",
    label=Label("Thời gian xử lý bình quân", "Mean processing time"),
    definition=Label(
        "Trung bình số giờ làm việc từ tiếp nhận đến khi xong, trừ thời gian chờ bổ sung (lần yêu cầu cuối), của hồ sơ đã giải quyết "
        "từ đầu kỳ; so với thời hạn của từng thủ tục",
        "Mean working hours from receipt to finish, less the wait for a supplement (the last request), over the dossiers finished "
        "since the start of the period; to be compared with each procedure's limit",
    ),
    unit=Unit(Label("giờ LV", "working h"), 1 / 3_600_000, 1),
    of=DOSSIER,
    value=Mean(
        amount=lambda d: greatest(0, working_time(d.received_at, finished_at(d)) - waited(d)),
        at=finished_at,
        where=finished,
    ),
    by=("procedure_code",),
    span="period",
)

SATISFIED = Indicator(
    id="P05",
    label=Label("Hài lòng giải quyết TTHC", "Dossier satisfaction"),
    definition=Label(
        "(tổng hồ sơ − không hài lòng − quá hạn) / tổng hồ sơ, từ đầu kỳ (QĐ 766, ước tính nội bộ); hồ sơ có PAKN chưa trừ được vì "
        "nguồn PAKN không cho biết hồ sơ nào",
        "(all dossiers − dissatisfied − overdue) / all dossiers, since the start of the period (QĐ 766, own estimate); dossiers with "
        "a petition cannot be taken off, as the petitions' source does not name the dossier",
    ),
    unit=PERCENT,
    of=DOSSIER,
    value=Ratio(
        numerator=Count(at=finished_at, where=lambda d: finished(d) & finished_in_time(d))
        + Level(unfinished_in_time)
        + Aggregate(
            (
                Flow(
                    at=lambda d: d.dissatisfied_at,
                    where=lambda d: finished(d) & finished_in_time(d),
                    amount=lambda d: -1,
                ),
            )
        ),
        denominator=Count(at=finished_at, where=finished) + Level(unfinished),
    ),
    span="period",
    threshold=Threshold(warning=90, critical=None, below=True),
)
