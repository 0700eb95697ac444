"""Schema: the shapes of the city's feed - what an indicator is, and its figure in one window."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from ingest.contract.clock import moment
from ingest.contract.label import Label
from warehouse.catalogue import indicator
from warehouse.meaning import adds_up, is_partial, keyed_by_ward, period_of, steps_text
from warehouse.model.aggregate import RANKED
from warehouse.model.indicator import Derived, Indicator
from warehouse.query.feed import FeedRow, is_complete, window_end_ms


class BilingualName(BaseModel):
    """A text in both languages."""

    vi: str
    en: str


class FeedQuantile(BaseModel):
    """How a quantile is read from its members, added up over windows and wards."""

    percent: int
    """The quantile is the smallest member that so many per cent of the numerators lie at or below."""
    dimension: str
    """Its members are amounts, rounded up, in the measure before `factor`; numerators count how many."""
    step: int
    """Amounts are rounded up to a multiple of this."""


class FeedDerivation(BaseModel):
    """How a measure without rows of its own is calculated from others."""

    made_of: list[str]
    formula: BilingualName


class FeedDeclaration(BaseModel):
    """What an indicator is."""

    id: str
    label: BilingualName
    definition: BilingualName
    unit: BilingualName
    factor: float
    """What numerator (over denominator) is multiplied with to be in the unit."""
    is_ratio: bool
    period: BilingualName
    """How far back the shown figure reaches."""
    adds_up: BilingualName
    """How rows of several windows and wards make one figure; where it says the largest, they are not summed."""
    keyed_by_ward: BilingualName | None
    """Set where members are things of one ward, whose codes another ward may use as well."""
    leaves_out: BilingualName
    law: BilingualName
    """Act and article in force that it follows, and what of it is not verified."""
    life_cycle: BilingualName
    """What happens to it when things are reopened, withdrawn, refused, stopped, supplemented, corrected, transferred."""
    version: int
    """How many definitions it has had."""
    since: date
    """From when on this definition holds."""
    dimensions: list[str]
    window_seconds: int
    """0 for a derived measure."""
    span: str
    quantile: FeedQuantile | None = None
    baseline: str | None = None
    """Indicator of what was counted before this system counted: its rows are added to the shown figure, each at the last day that it
    covers, and rows of this indicator only from the day after."""
    derived: FeedDerivation | None = None


class FeedFigure(BaseModel):
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
    """In the indicator's unit; null for a ratio over nothing, and for a ratio of flow and stock, of which one row tells a part."""
    newest_event_at: datetime | None
    as_of: datetime
    complete: bool
    """Whether the window is over and may change only by a correction."""
    revision: int
    written_at: datetime


class FeedFigures(BaseModel):
    """One page of figures."""

    rows: list[FeedFigure]
    cursor: str | None
    """Ask with it for what comes after: the rest, and later what is new or corrected."""
    more: bool
    """Whether there is more now."""


class FeedDeclarations(BaseModel):
    """Every indicator of the feed."""

    indicators: list[FeedDeclaration]


def declaration(one: Indicator | Derived) -> FeedDeclaration:
    """A measure as the feed declares it."""
    declared = FeedDeclaration(
        id=one.id,
        label=_names(one.label),
        definition=_names(one.definition),
        unit=_names(one.unit.label),
        factor=one.unit.factor,
        is_ratio=one.is_ratio,
        period=_names(period_of(one)),
        adds_up=_names(adds_up(one)),
        keyed_by_ward=_names(keyed) if (keyed := keyed_by_ward(one)) else None,
        leaves_out=_names(one.leaves_out),
        law=_names(one.law),
        life_cycle=_names(steps_text(one)),
        version=one.version,
        since=one.since,
        dimensions=list(one.by)
        if isinstance(one, Derived)
        else [dimension.name for dimension in one.dimensions if dimension.name not in one.inside],
        window_seconds=0,
        span="derived",
    )
    if isinstance(one, Derived):
        declared.derived = FeedDerivation(made_of=[part.id for part in one.made_of], formula=_names(one.formula))
        return declared
    declared.window_seconds = round(one.window.total_seconds())
    declared.span = one.span if isinstance(one.span, str) else f"PT{round(one.span.total_seconds())}S"
    if rank := one.value.rank:
        declared.quantile = FeedQuantile(percent=rank.percent, dimension=RANKED, step=rank.step)
    declared.baseline = one.baseline.id if one.baseline else None
    return declared


def _names(label: Label) -> BilingualName:
    return BilingualName(vi=label.vi, en=label.en)


def feed_figure(row: FeedRow, now_ms: int) -> FeedFigure:
    """A row as the feed gives it."""
    one = indicator(row.indicator)
    return FeedFigure(
        ward=row.ward,
        indicator=row.indicator,
        grain="stock" if row.grain == "stock" else "flow",
        window_start=moment(row.window_ms),
        window_end=moment(window_end_ms(one, row)),
        dimension=row.dimension,
        member=row.member,
        numerator=row.numerator,
        denominator=row.denominator if one.is_ratio else None,
        value=None if is_partial(one) else one.figure(row.numerator, row.denominator),
        newest_event_at=moment(row.newest_ms) if row.newest_ms else None,
        as_of=moment(row.as_of_ms),
        complete=is_complete(one, row, now_ms),
        revision=row.revision,
        written_at=moment(row.written_ms),
    )
