"""Day plan: whether a total of a day may stand beside what there is of that day."""

from collections.abc import Mapping
from datetime import date

from dashboard.entry.act import Statement
from dashboard.entry.amount import EntryRefused, refusal
from ingest.contract.label import Label
from warehouse.catalogue import entered_kind
from warehouse.figures.day_total import is_of_a_day
from warehouse.figures.kind import read_period
from warehouse.model.indicator import PERIOD_START
from warehouse.query.day_totals import CountedDays
from warehouse.query.entered import EnteredFigure

NOT_OVER = Label("ngày này chưa hết", "this day is not over")
NO_WARD = Label(
    "phường hoạt động từ {day}: số của ngày trước đó là của đơn vị hành chính cũ",
    "the ward has existed since {day}: figures of days before are those of other administrative units",
)
COUNTED = Label(
    "IOC tự đếm {id} từ ngày {day}: chỉ nhận các ngày trước đó",
    "this system counts {id} by itself since {day}: only days before are taken",
)
IMPORTED = Label(
    "IOC đã đếm ngày này từ các sự kiện được nhập từ tệp: tổng ngày sẽ tính hai lần",
    "this system has counted this day from events that were imported: its total would tell it twice",
)
OTHERWISE_SPLIT = Label(
    "ngày này đã có số {way}: một ngày hoặc ghi tổng, hoặc tách theo một chiều",
    "of this day there are figures {way}: a day is told in total, or by parts of one kind",
)
IN_TOTAL, BY = Label("tổng", "in total"), Label("tách theo {name}", "by {name}")


class PlannedDays:
    """What there is of the days that a file is about: no day is told twice.

    Args:
        known: the totals of days that were entered.
        counted: by indicator, what this system counts by itself.
        today: the ward's day.
    """

    def __init__(self, known: Mapping[str, EnteredFigure], counted: Mapping[str, CountedDays], today: date) -> None:
        self._counted = counted
        self._today = today
        self._ways: dict[tuple[str, date], str] = {}
        for figure in known.values():
            if (
                (standing := figure.standing)
                and (kind := entered_kind(standing.data["kind_code"]))
                and is_of_a_day(kind)
            ):
                day = read_period(standing.data["period"]).first
                self._ways[kind.id, day] = standing.data.get("dimension") or ""

    def see(self, what: Statement) -> None:
        """See that a total may stand, and know that it does.

        Raises:
            EntryRefused: the day is not over, is of before the ward, is counted by this system itself, or is told in another way already.
        """
        day, counted = what.period.first, self._counted[what.kind.id]
        if day >= self._today:
            raise EntryRefused(NOT_OVER, "day")
        if day < PERIOD_START.date():
            raise refusal(NO_WARD, "day", day=f"{PERIOD_START:%d/%m/%Y}")
        if counted.since and day >= counted.since:
            raise refusal(COUNTED, "day", id=what.kind.id, day=f"{counted.since:%d/%m/%Y}")
        if day in counted.imported:
            raise EntryRefused(IMPORTED, "day")
        way = self._ways.setdefault((what.kind.id, day), what.split[0])
        if way != what.split[0]:
            said = (BY if way else IN_TOTAL).filled(name=way)
            raise EntryRefused(OTHERWISE_SPLIT.filled(way=said), "dimension")
