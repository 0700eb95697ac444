"""Petition: how many came in, and whether they were answered in time."""

from typing import Any

from ingest.contract.label import Label
from warehouse.entities.petition import PETITION
from warehouse.figures.kind import BaselineUnit, baseline
from warehouse.indicators import law
from warehouse.model.aggregate import Count, Level, Ratio
from warehouse.model.deadline import working_days
from warehouse.model.expression import NEVER, choose, least, ward_month
from warehouse.model.indicator import PERCENT, Indicator, Threshold, Unit

PETITIONS = Unit(Label("PAKN", "petitions", "petition"))

ANSWER, ASK, REFUSE, PUBLISH, NEAR = 15, 5, 2, 2, 2
"""Working days for the answer, the first request for a supplement, a refusal or handing on, publication (QĐ 766, item 5.2); near due."""


def since_it_came(p: Any, at: Any) -> Any:
    """A time that is not before the petition came the last time; `NEVER` else: what was before it was opened again is over."""
    return choose(at >= p.came_at, at, NEVER)


def petition_closed_at(p: Any) -> Any:
    """When it was answered, refused or handed to another body."""
    return least(since_it_came(p, p.answered_at), since_it_came(p, p.refused_at), since_it_came(p, p.transferred_at))


def petition_asked_at(p: Any) -> Any:
    """When a supplement was first asked for; once the petition had been asked about and came again, the last time."""
    return choose(p.first_asked_at >= p.came_at, p.first_asked_at, since_it_came(p, p.asked_at))


def petition_handled_at(p: Any) -> Any:
    """When it was closed, or a supplement was asked for: to the portal that is handled as long as nothing comes (QĐ 766, item 5.2)."""
    return choose(petition_closed_at(p) < NEVER, petition_closed_at(p), petition_asked_at(p))


def was_handled_in_time(p: Any) -> Any:
    """By working days from when it came: answered within 15 and published within 2 more, refused or handed on within 2, asked within 5."""
    taken = working_days(p.came_at, petition_handled_at(p))
    is_answer = petition_handled_at(p) == p.answered_at
    was_published = choose(
        p.published_at >= p.answered_at,
        choose(p.published_at < NEVER, working_days(p.answered_at, p.published_at), 0),
        0,
    )
    answered_in_time = (taken <= ANSWER) & (was_published <= PUBLISH)
    others = choose(petition_closed_at(p) < NEVER, REFUSE, ASK)
    return (p.received_at <= petition_handled_at(p)) & choose(is_answer, answered_in_time, taken <= others)


def open_petition(p: Any, now: Any) -> Any:
    """It came, and is neither closed nor waiting for the petitioner."""
    return (p.received_at <= now) & (petition_handled_at(p) > now)


def days_left(p: Any, now: Any) -> Any:
    """Working days until the channel's due date, if it gave one since the petition came; else until the 15th after it came."""
    of_channel = (p.due_at < NEVER) & (p.due_at >= p.came_at)
    return choose(of_channel, working_days(now, p.due_at), ANSWER - working_days(p.came_at, now))


def petition_open_in_time(p: Any, now: Any) -> Any:
    """Open, and it came no longer than 15 working days ago (QĐ 766, item 5.2)."""
    return open_petition(p, now) & (working_days(p.came_at, now) <= ANSWER)


def is_content(p: Any) -> Any:
    """Nobody said that the answer does not satisfy, nor was the petition opened again."""
    return (p.dissatisfied_at == NEVER) & (p.reopened_at == NEVER)


def was_handled(p: Any) -> Any:
    """It was handled, whatever came of it."""
    return petition_handled_at(p) < NEVER


def was_handled_well(p: Any) -> Any:
    """It was handled in time, and the petitioner is content."""
    return was_handled(p) & was_handled_in_time(p) & is_content(p)


def open_of_month(p: Any, now: Any) -> Any:
    """Open, and first received in the month that is now; midnight still closes the month that ends."""
    return open_petition(p, now) & (ward_month(p.received_at) == ward_month(now - 1))


def open_and_content(p: Any, now: Any) -> Any:
    """First received in the month that is now, open and in time, and the petitioner is content so far."""
    return open_of_month(p, now) & petition_open_in_time(p, now) & is_content(p)


RECEIVED = Indicator(
    id="P01",
    label=Label("PAKN tiếp nhận lũy kế", "Petitions received so far"),
    definition=Label(
        "Số nền (NP01) cộng PAKN nguồn cho biết là tiếp nhận lần đầu sau ngày cuối của số nền, theo kênh và lĩnh vực",
        "The baseline (NP01) plus petitions that the source says were first received after its last day, by channel and field",
    ),
    version=3,
    since=law.REVISED,
    unit=PETITIONS,
    of=PETITION,
    value=Count(at=lambda p: p.received_at),
    by=("channel", "field_code", "area_code"),
    inside=("area_code",),
    span="period",
    baseline=baseline("P01", BaselineUnit(Label("PAKN tiếp nhận", "petitions received"), PETITIONS)),
)

ON_TIME = Indicator(
    id="P02",
    label=Label("PAKN xử lý đúng hạn", "Petitions on time"),
    definition=Label(
        "(đã xử lý đúng hạn + đang xử lý trong hạn) / (đã xử lý + đang xử lý), trong tháng; tính theo ngày làm việc từ ngày PAKN đến lần cuối "
        "(công dân gửi, nơi khác chuyển đến, bổ sung, mở lại): trả lời trong 15 ngày và công khai trong 2 ngày sau đó, từ chối hoặc chuyển "
        "nơi khác trong 2 ngày, yêu cầu bổ sung trong 5 ngày; chuyển nội bộ không phải xử lý xong; nguồn không báo công khai thì không xét "
        "(QĐ 766 mục 5.2)",
        "(handled in time + open and in time) / (handled + open), in the month; in working days from when it came the last time (from the "
        "citizen, from another body, supplemented, opened again): answered within 15 and published within 2 more, refused or handed on "
        "within 2, a supplement asked for within 5; a transfer within the ward is not the end; where the source reports no publication, "
        "none is judged (QĐ 766, item 5.2)",
    ),
    law=law.decision_766("5.2"),
    leaves_out=Label(
        "PAKN đã trả lời mà chưa báo công khai: Cổng tính muộn sau 2 ngày làm việc, ở đây không xét, vì nguồn có thể không báo bước này",
        "answers of which no publication was told: to the portal they are late after 2 working days, here they are not judged, as a source may not "
        "tell of that step",
    ),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=PETITION,
    value=Ratio(
        numerator=Count(at=petition_handled_at, where=was_handled_in_time) + Level(petition_open_in_time),
        denominator=Count(at=petition_handled_at, where=lambda p: p.received_at <= petition_handled_at(p))
        + Level(open_petition),
    ),
    span="month",
    threshold=Threshold(warning=100, critical=90, below=True),
)

NEAR_DUE_OPEN = Indicator(
    id="P03",
    label=Label("PAKN sắp đến hạn", "Petitions near due"),
    definition=Label(
        "PAKN chưa trả lời, không chờ bổ sung, chưa quá hạn, còn không quá 2 ngày làm việc",
        "Petitions not answered, not awaiting a supplement, not overdue, with at most 2 working days left",
    ),
    law=law.PETITION,
    version=2,
    since=law.REVISED,
    unit=PETITIONS,
    of=PETITION,
    value=Level(lambda p, now: open_petition(p, now) & (days_left(p, now) >= 0) & (days_left(p, now) <= NEAR)),
    by=("channel", "field_code", "area_code"),
    inside=("area_code",),
    threshold=Threshold(warning=0, critical=None),
)

OVERDUE_OPEN = Indicator(
    id="P04",
    label=Label("PAKN quá hạn", "Petitions overdue"),
    definition=Label(
        "PAKN chưa trả lời, không chờ bổ sung, đã qua ngày hạn của kênh; kênh không ghi hạn, hoặc PAKN đã bổ sung, mở lại sau hạn đó, thì quá 15 "
        "ngày làm việc từ khi đến (QĐ 766 mục 5.2)",
        "Petitions not answered, not awaiting a supplement, and past the day of the channel's due date; where it gives none, or the "
        "petition was supplemented or opened again after it, past 15 working days from when it came (QĐ 766, item 5.2)",
    ),
    law=law.PETITION,
    version=2,
    since=law.REVISED,
    unit=PETITIONS,
    of=PETITION,
    value=Level(lambda p, now: open_petition(p, now) & (days_left(p, now) < 0)),
    by=("channel", "field_code", "area_code"),
    inside=("area_code",),
    threshold=Threshold(warning=None, critical=0),
)

SATISFIED = Indicator(
    id="P06",
    label=Label("Hài lòng xử lý PAKN", "Petition satisfaction"),
    definition=Label(
        "(PAKN − không hài lòng, mở lại hoặc quá hạn) / PAKN tiếp nhận lần đầu trong tháng, đã hay đang xử lý; mỗi PAKN trừ một lần (QĐ 766 "
        "mục 5.3, ước tính nội bộ)",
        "(petitions − dissatisfied, opened again or overdue) / petitions first received in the month, handled or not; each taken off once "
        "(QĐ 766, item 5.3, own estimate)",
    ),
    law=law.decision_766("5.3"),
    since=law.REVISED,
    unit=PERCENT,
    of=PETITION,
    value=Ratio(
        numerator=Count(at=lambda p: p.received_at, where=was_handled_well) + Level(open_and_content),
        denominator=Count(at=lambda p: p.received_at, where=was_handled) + Level(open_of_month),
    ),
    span="month",
)
