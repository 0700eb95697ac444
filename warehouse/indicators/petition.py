"""Petition: how many came in, and whether they were answered in time."""

from typing import Any

from ingest.contract.label import Label
from warehouse.entities.petition import PETITION
from warehouse.model.aggregate import Count, Level, Ratio
from warehouse.model.deadline import working_time
from warehouse.model.expression import MINUTE, NEVER, choose, least, ward_day
from warehouse.model.indicator import PERCENT, Indicator, Threshold, Unit

PETITIONS = Unit(Label("PAKN", "petitions"))

LIMIT = 15 * 8 * 60 * MINUTE
"""15 working days, where the channel gives no date of its own (QĐ 766, item 5.2)."""

NEAR_DUE = 2 * 8 * 60 * MINUTE
"""Two working days."""


def petition_closed_at(p: Any) -> Any:
    """When it was answered, refused or handed to another body."""
    return least(p.answered_at, p.refused_at, p.transferred_at)


def left(p: Any, at: Any) -> Any:
    """What is left of the limit, below 0 when it is over: days until the channel's due date, else of 15 working days."""
    return choose(p.due_at < NEVER, ward_day(p.due_at) - ward_day(at), LIMIT - working_time(p.received_at, at))


def is_in_time(p: Any, at: Any) -> Any:
    """Whether a time is within the limit."""
    return left(p, at) >= 0


def unanswered(p: Any, now: Any) -> Any:
    """Received and not closed."""
    return (p.received_at <= now) & (petition_closed_at(p) > now)


def is_petition_near_due(p: Any, now: Any) -> Any:
    """Not closed, in time, and at most two working days are left."""
    remaining = choose(p.due_at < NEVER, working_time(now, p.due_at), left(p, now))
    return unanswered(p, now) & is_in_time(p, now) & (remaining <= NEAR_DUE)


RECEIVED = Indicator(
    id="P01",
    label=Label("PAKN tiếp nhận", "Petitions received"),
    definition=Label(
        "Phản ánh, kiến nghị tiếp nhận từ đầu kỳ, theo kênh và lĩnh vực",
        "Petitions received since the start of the period, by channel and field",
    ),
    unit=PETITIONS,
    of=PETITION,
    value=Count(at=lambda p: p.received_at),
    by=("channel", "field_code", "area_code"),
    inside=("area_code",),
    span="period",
)

ON_TIME = Indicator(
    id="P02",
    label=Label("PAKN trả lời đúng hạn", "Petitions on time"),
    definition=Label(
        "(đã trả lời đúng hạn + đang xử lý trong hạn) / tổng, từ đầu kỳ",
        "(answered in time + open and in time) / all, since the start of the period",
    ),
    unit=PERCENT,
    of=PETITION,
    value=Ratio(
        numerator=Count(
            at=petition_closed_at,
            where=lambda p: (p.received_at <= petition_closed_at(p)) & is_in_time(p, petition_closed_at(p)),
        )
        + Level(lambda p, now: unanswered(p, now) & is_in_time(p, now)),
        denominator=Count(at=petition_closed_at, where=lambda p: p.received_at <= petition_closed_at(p))
        + Level(unanswered),
    ),
    span="period",
    threshold=Threshold(warning=100, critical=90, below=True),
)

NEAR_DUE_OPEN = Indicator(
    id="P03",
    label=Label("PAKN sắp đến hạn", "Petitions near due"),
    definition=Label(
        "PAKN chưa trả lời, chưa quá hạn, còn không quá 2 ngày làm việc",
        "Petitions not answered, not overdue, with at most 2 working days left",
    ),
    unit=PETITIONS,
    of=PETITION,
    value=Level(is_petition_near_due),
    by=("channel", "field_code", "area_code"),
    inside=("area_code",),
    threshold=Threshold(warning=0, critical=None),
)

OVERDUE_OPEN = Indicator(
    id="P04",
    label=Label("PAKN quá hạn", "Petitions overdue"),
    definition=Label(
        "PAKN chưa trả lời đã qua hạn của kênh; kênh không ghi hạn thì quá 15 ngày làm việc từ khi tiếp nhận (QĐ 766)",
        "Petitions not answered and past the channel's due date; where it gives none, past 15 working days from receipt (QĐ 766)",
    ),
    unit=PETITIONS,
    of=PETITION,
    value=Level(lambda p, now: unanswered(p, now) & (left(p, now) < 0)),
    by=("channel", "field_code", "area_code"),
    inside=("area_code",),
    threshold=Threshold(warning=None, critical=0),
)
