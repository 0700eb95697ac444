"""Figure: the shapes of the city's feed - what an indicator is, and its figure in one window."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from ingest.clock import moment
from warehouse.feed import FeedRow, is_complete, window_end_ms
from warehouse.indicator import Indicator, indicator


class Names(BaseModel):
    """A text in both languages."""

    vi: str
    en: str


class Declaration(BaseModel):
    """What an indicator is."""

    id: str
    label: Names
    definition: Names
    unit: Names
    factor: float
    """What numerator (over denominator) is multiplied with to be in the unit."""
    is_ratio: bool
    dimensions: list[str]
    window_seconds: int
    span: str


class Figure(BaseModel):
    """An indicator's figure in one window."""

    ward: str
    indicator: str
    grain: Literal["flow", "stock"]
    window_start: datetime
    window_end: datetime
    dimension: str
    """Field by which it is split; empty for the total."""
    member: str
    numerator: int
    denominator: int | None
    """Null unless the indicator is a ratio."""
    value: float | None
    """In the indicator's unit; null for a ratio over nothing."""
    newest_event_at: datetime | None
    as_of: datetime
    complete: bool
    """Whether the window is over and may change only by a correction."""
    revision: int
    written_at: datetime


class Figures(BaseModel):
    """One page of figures."""

    rows: list[Figure]
    cursor: str | None
    """Ask with it for what comes after: the rest, and later what is new or corrected."""
    more: bool
    """Whether there is more now."""


class Declarations(BaseModel):
    """Every indicator of the feed."""

    indicators: list[Declaration]


def declaration(one: Indicator) -> Declaration:
    """An indicator as the feed declares it."""
    return Declaration(
        id=one.id,
        label=Names(**one.label._asdict()),
        definition=Names(**one.definition._asdict()),
        unit=Names(**one.unit.label._asdict()),
        factor=one.unit.factor,
        is_ratio=one.is_ratio,
        dimensions=list(one.by),
        window_seconds=round(one.window.total_seconds()),
        span=one.span if isinstance(one.span, str) else f"PT{round(one.span.total_seconds())}S",
    )


def figure(row: FeedRow, now_ms: int) -> Figure:
    """A row as the feed gives it."""
    one = indicator(row.indicator)
    return Figure(
        ward=row.ward,
        indicator=row.indicator,
        grain="stock" if row.grain == "stock" else "flow",
        window_start=moment(row.window_ms),
        window_end=moment(window_end_ms(one, row)),
        dimension=row.dimension,
        member=row.member,
        numerator=row.numerator,
        denominator=row.denominator if one.is_ratio else None,
        value=one.figure(row.numerator, row.denominator),
        newest_event_at=moment(row.newest_ms) if row.newest_ms else None,
        as_of=moment(row.as_of_ms),
        complete=is_complete(one, row, now_ms),
        revision=row.revision,
        written_at=moment(row.written_ms),
    )
