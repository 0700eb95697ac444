"""Day total: what a ward counted on one day before this system did, for an indicator - of which indicators, and in what it is written.

Those that add up over the day take them. They are shown in the indicator's history, with their source, and are added to nothing.
"""

from datetime import date

from ingest.contract.label import Label
from warehouse.entities.figure import DAY_TOTAL
from warehouse.figures.kind import STRETCH, FigureKind, FigurePeriod
from warehouse.model.indicator import Derived, Indicator, Measure

LARGEST = 200_000_000_000
"""Of a numerator, in its smallest unit: 55,000 hours."""

TIME_DECIMALS = 2
"""Digits after the comma of an amount of time; what is counted has none."""

MADE_OF = Label(
    "{id} được tính từ {parts}: nhập tổng ngày của các chỉ số ấy",
    "{id} is calculated from {parts}: enter the day totals of these",
)
OF_A_MOMENT = Label(
    "{id} là số tại một thời điểm, không cộng được trong ngày: không nhận tổng ngày",
    "{id} is what is so at a moment and does not add up over a day: it takes no day totals",
)
RANKED = Label(
    "{id} là mức mà một tỷ lệ lượt không vượt quá, tử số và mẫu số không nói được: không nhận tổng ngày",
    "{id} is a quantile, which no numerator and denominator tell: it takes no day totals",
)
OWN = Label(
    "{id} do chính IOC đo, hoặc do người nhập theo kỳ: không nhận tổng ngày",
    "{id} is measured by this system itself, or entered by period: it takes no day totals",
)


def no_day_totals(one: Measure) -> Label | None:
    """Why a measure takes no day totals; `None`: it does."""
    parts = ", ".join(part.id for part in one.made_of) if isinstance(one, Derived) else ""
    if parts:
        said = MADE_OF
    elif not isinstance(one, Indicator) or not one.sources:
        said = OWN
    elif one.value.rank:
        said = RANKED
    elif one.has_stock:
        said = OF_A_MOMENT
    else:
        return None
    return said.filled(id=one.id, parts=parts)


def day_kind(one: Indicator) -> FigureKind:
    """How day totals of an indicator are entered: by an administrator, as baselines are."""
    return FigureKind(
        code=f"{DAY_TOTAL}{one.id}",
        id=one.id,
        label=one.label,
        definition=one.definition,
        unit=one.unit,
        of_whole=one.unit.label if one.is_ratio and day_scale(one) == 1 else None,
        period=None,
        most=LARGEST // day_scale(one),
        enters="admin",
        confirms=None,
    )


def is_of_a_day(kind: FigureKind) -> bool:
    """Whether what is entered of a kind are day totals."""
    return kind.code.startswith(DAY_TOTAL)


def day_scale(one: Indicator) -> int:
    """How many of the smallest unit of a numerator one of its unit has: a minute has 60,000 ms; of what is counted, 1."""
    return round(1 / one.unit.factor) if one.unit.factor < 1 else 1


def one_day(day: date) -> FigurePeriod:
    """A day as a period."""
    return FigurePeriod(f"{day}{STRETCH}{day}", day, day)
