"""Figure kind: a figure that no machine tells, declared once - its unit and period, who enters and who confirms it, when it is due.

The indicator that shows it follows from it, and so do its place in SQL, feed, proof, history and audit, the page where it is entered,
the template of its import and its reminder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal, NamedTuple

from ingest.contract.calendar import ward_moment
from ingest.contract.label import Label
from warehouse.entities.figure import FIGURE
from warehouse.model.aggregate import Aggregate, Flow
from warehouse.model.expression import DAY, DAY_MS, NEVER, choose
from warehouse.model.indicator import OWN_RULE, Indicator, Threshold, Unit

PeriodGrain = Literal["month", "quarter", "year"]

MONTHS_OF: dict[PeriodGrain, int] = {"month": 1, "quarter": 3, "year": 12}

STRETCH = "/"
"""Between the first and the last day of a period that is no month, quarter or year."""


class FigurePeriod(NamedTuple):
    """What a figure is about in time, both days included."""

    code: str
    first: date
    last: date

    @property
    def covers(self) -> tuple[datetime, datetime]:
        """Its first moment, and the first after it."""
        return ward_moment(self.first, time()), ward_moment(self.last + timedelta(days=1), time())


def read_period(code: str) -> FigurePeriod:
    """The period of a code.

    Raises:
        ValueError: it is none.
    """
    if STRETCH in code:
        first, last = (date.fromisoformat(day) for day in code.split(STRETCH))
        if last < first:
            raise ValueError(f"{code}: the last day is before the first")
        return FigurePeriod(code, first, last)
    year, _, rest = code.partition("-")
    months = 3 if rest.startswith("Q") else 1 if rest else 12
    number = int(rest.lstrip("Q") or 1)
    return period_at(date(int(year), (number - 1) * (months % 12) + 1, 1), months)


def period_at(day: date, months: int) -> FigurePeriod:
    """The month, quarter or year of a day."""
    month = (day.month - 1) // months * months + 1
    first, next_month = date(day.year, month, 1), month + months
    last = date(day.year + (next_month > 12), (next_month - 1) % 12 + 1, 1) - timedelta(days=1)
    code = {1: f"{day.year}-{month:02}", 3: f"{day.year}-Q{month // 3 + 1}", 12: f"{day.year}"}[months]
    return FigurePeriod(code, first, last)


def grain_of(code: str) -> PeriodGrain | None:
    """Whether a period is a month, a quarter or a year; `None`: it is another stretch of time."""
    if STRETCH in code:
        return None
    return "quarter" if "Q" in code else "month" if "-" in code else "year"


@dataclass(frozen=True, kw_only=True)
class FigureKind:
    """One kind."""

    code: str
    """As events and files name it, for example `mooc_staff`."""
    id: str
    """Of its indicator, for example `K01`."""
    label: Label
    definition: Label
    unit: Unit
    of_whole: Label | None = None
    """What it is out of, for a share; `None`: it is a number by itself."""
    period: PeriodGrain | None
    """`None`: any stretch of days, as a baseline has; it is never due."""
    due_after: timedelta = timedelta()
    """How long after the end of its period it is to be there."""
    least: int = 0
    most: int
    """The range, in the unit that is written."""
    enters: str = "analyst"
    """The right of who enters it."""
    confirms: str | None = "leader"
    """The right of the second person who confirms it; `None`: it counts as it is entered."""
    threshold: Threshold | None = None
    law: Label = OWN_RULE

    @property
    def scale(self) -> int:
        """How many of the smallest unit one of its unit has."""
        return int(10**self.decimals)

    @property
    def decimals(self) -> int:
        """Digits after the mark that may be entered."""
        return 0 if self.of_whole else self.unit.decimals

    @property
    def months(self) -> int:
        """How long its period is."""
        return MONTHS_OF[self.period] if self.period else 0

    @cached_property
    def indicator(self) -> Indicator:
        """What shows it."""
        length = timedelta(days=31 * self.months)
        return Indicator(
            id=self.id,
            label=self.label,
            definition=self.definition,
            law=self.law,
            leaves_out=NOT_CONFIRMED,
            unit=self.unit,
            of=FIGURE,
            value=_stated(self.code, period_begins, is_share=self.of_whole is not None),
            window=DAY,
            span="latest",
            threshold=self.threshold,
            # Its age is counted from the beginning of its period; the next one's is due then.
            late_after=2 * length + self.due_after,
            stale_after=3 * length + self.due_after,
        )

    def due(self, period: FigurePeriod) -> date:
        """The last day on which it is in time."""
        return period.last + self.due_after

    def last_period(self, today: date) -> FigurePeriod:
        """The newest of its periods that is over."""
        running = period_at(today, self.months)
        return period_at(running.first - timedelta(days=1), self.months)

    def __hash__(self) -> int:
        return hash(self.code)


NOT_CONFIRMED = Label("Số chưa được xác nhận, số đã rút", "What is not confirmed, and what was withdrawn")


class BaselineUnit(NamedTuple):
    """What a baseline is counted in."""

    label: Label
    unit: Unit
    is_share: bool = False


def baseline(of: str, base: BaselineUnit) -> Indicator:
    """What was counted before this system counted, for an indicator: people import it, and it is added to what is shown.

    It lies in the window of the last day that it covers; events from the next day on are counted.

    Args:
        of: the indicator's id.
        base: its name and unit.
    """
    return Indicator(
        id=f"N{of}",
        label=Label(f"Số nền: {base.label.vi}", f"Baseline: {base.label.en}"),
        definition=Label(
            f"Số của thời gian trước khi hệ thống đếm, do phường nhập kèm nguồn; cộng vào {of}, sự kiện từ sau ngày cuối của nó mới được đếm",
            f"What was counted before this system counted, entered by the ward with its source; added to {of}, which counts events after its "
            "last day",
        ),
        leaves_out=Label(
            "Giữa ngày cuối của số nền và ngày nguồn được kết nối không có số liệu, trừ khi nguồn gửi lại sự kiện cũ",
            "Between its last day and the one on which the source was connected nothing is counted, unless the source sends its old events",
        ),
        unit=base.unit,
        of=FIGURE,
        value=_stated(of, last_day_covered, is_share=base.is_share),
        by=("source_code", "bound", "dates"),
        window=DAY,
        span="period",
    )


def baseline_kind(one: Indicator) -> FigureKind:
    """How the baseline of an indicator is entered: by an administrator, with the file of what was counted before."""
    base = one.baseline
    if base is None:
        raise ValueError(f"{one.id} has no baseline")
    return FigureKind(
        code=one.id,
        id=base.id,
        label=base.label,
        definition=base.definition,
        unit=base.unit,
        of_whole=one.unit.label if base.value.denominator and not _is_plain(base) else None,
        period=None,
        most=1_000_000_000,
        enters="admin",
        confirms=None,
    )


def _is_plain(base: Indicator) -> bool:
    """Whether it is a number by itself, whose denominator says only that it is there."""
    return all(isinstance(part, Flow) and part.amount is None for part in base.value.denominator)


def period_begins(f: Any) -> Any:
    """When the period begins of a figure that stands."""
    return choose(f.stands == 1, f.covers_from, NEVER)


def last_day_covered(f: Any) -> Any:
    """The last day that a figure covers that stands."""
    return choose(f.stands == 1, f.covers_until - DAY_MS, NEVER)


def _stated(code: str, at: Callable[[Any], Any], *, is_share: bool) -> Aggregate:
    """What is stated of a kind; of a plain number, how many times it is, so that 0 is not nothing."""
    amount = Flow(
        at,
        lambda f: f.kind_code == code,
        lambda f: f.stated,
    )
    whole = Flow(
        at,
        lambda f: f.kind_code == code,
        (lambda f: f.out_of) if is_share else None,
    )
    return Aggregate((amount,), (whole,))
