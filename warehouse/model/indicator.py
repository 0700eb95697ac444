"""Indicator: a declared measure. The fold, its SQL, the tile, the feed, the data dictionary and the report read this one value.

A `Derived` measure has no values of its own: it is calculated from what others show, at the moment at which it is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Literal, NamedTuple, Protocol

from ingest.contract.clock import WARD_ZONE
from ingest.contract.label import Label
from warehouse.model.aggregate import Aggregate, Dimension, Flow, Part, Stock
from warehouse.model.entity import Entity
from warehouse.model.expression import DAY

Span = timedelta | Literal["window", "today", "month", "period", "latest"]
"""How far back a shown figure reaches: a rolling time, the last whole window, the ward's local day or month, all that the ward has counted,
or the latest window of which anything is known."""

PERIOD_START = datetime(2025, 7, 1, tzinfo=WARD_ZONE)
"""Since when there are wards of today's kind, which count: the law that made them (72/2025/QH15) has two levels of local government."""

GAUGE_WINDOW = timedelta(minutes=1)
"""The grain in which the history of a stock is kept."""


class Unit(NamedTuple):
    """What a value is counted in, and how it is written."""

    label: Label
    factor: float = 1.0
    """What numerator (over denominator) is multiplied with to be in this unit."""
    decimals: int = 0
    out_of: bool = False
    """Whether a ratio is written as numerator out of denominator, like 11/13, instead of divided."""
    short: Label | None = None
    """What is written where there is little room and a name beside it says the rest; `None`: the label."""


PERCENT = Unit(Label("%", "%"), 100.0, 2)
MINUTES = Unit(Label("phút", "min"), 1 / 60_000, 1)
SECONDS = Unit(Label("giây", "s"), 1 / 1000, 0)

Status = Literal["normal", "warning", "critical"]


class Threshold(NamedTuple):
    """From which value on somebody must look, and somebody must act."""

    warning: float | None
    critical: float | None
    below: bool = False
    """Whether less is worse."""
    share: bool = False
    """Whether it is about the per cent that the numerator is of the denominator, though the figure is written as n out of m."""

    def status(self, value: float) -> Status:
        """What the value means."""
        for status, limit in (("critical", self.critical), ("warning", self.warning)):
            if limit is not None and (value < limit if self.below else value > limit):
                return status  # type: ignore[return-value]
        return "normal"


OWN_RULE = Label("Không có quy định của pháp luật: chỉ tiêu của phường", "No rule of law: the ward's own figure")
NOTHING = Label("Không", "Nothing")

FIRST_VERSION = date(2026, 11, 1)
"""Since when definitions are counted by version."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One of the ward's figures, declared once."""

    id: str
    """Its id, for example `Q03`: the letter of its domain and a number."""
    label: Label
    unit: Unit
    definition: Label
    """One sentence that says exactly what is counted, for the data dictionary."""
    counted: Label | None = None
    """What its denominator counts, where the value is not a part of it: a mean or a quantile is made of so many."""
    threshold: Threshold | None = None
    late_after: timedelta = timedelta(seconds=60)
    """Age of the source's last sign from which the figure is late."""
    stale_after: timedelta = timedelta(minutes=5)
    """Age of the source's last sign from which the figure is stale."""
    law: Label = OWN_RULE
    """Act and article in force that it follows, and what of it could not be verified."""
    leaves_out: Label = NOTHING
    """What one could expect to be counted and is not."""
    version: int = 1
    """How many definitions it has had."""
    since: date = FIRST_VERSION
    """From when on this definition holds; what was counted before and lies in raw events is recomputed by it."""
    is_ratio = False
    """Whether the value has a denominator."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the connectors that the figure comes from."""
        return ()

    def figure(self, numerator: int, denominator: int) -> float | None:
        """The value in its unit; `None` for a ratio over nothing."""
        if not self.is_ratio or self.unit.out_of:
            return numerator * self.unit.factor
        return numerator / denominator * self.unit.factor if denominator else None


@dataclass(frozen=True, kw_only=True)
class Indicator(Measure):
    """A measure that is counted from events and stored by window."""

    of: Entity
    value: Aggregate
    by: tuple[str | Dimension, ...] = ()
    """By what it is also shown: fields of the entity, or what is calculated from them."""
    inside: tuple[str, ...] = ()
    """Dimensions that do not leave the ward: so few people stand behind a member that its figure could tell of one of them."""
    window: timedelta = DAY
    """Grain in which flows are kept."""
    span: Span = "today"
    """How far back the shown figure of a flow reaches."""
    baseline: Indicator | None = None
    """What people imported of the time before this system counted: it is added to what is shown, and to nothing that is stored."""
    also_from: tuple[str, ...] = ()
    """Ids of further connectors that report on its entities."""
    is_known_by_denominator: bool = False
    """Whether it is no ratio: the denominator is 1 where the figure is known and 0 where it is not."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the connectors that the figure comes from."""
        return self.of.sources + self.also_from

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Everything by which it is split."""
        given = [Dimension(one, attrgetter(one)) if isinstance(one, str) else one for one in self.by]
        return (*given, *self.value.dimensions)

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part, numerator first."""
        return self.value.numerator + self.value.denominator

    @property
    def is_ratio(self) -> bool:  # type: ignore[override]
        """Whether the value has a denominator."""
        return bool(self.value.denominator)

    @property
    def has_flow(self) -> bool:
        """Whether any part is a flow."""
        return any(isinstance(part, Flow) for part in self.parts)

    @property
    def has_stock(self) -> bool:
        """Whether any part is a stock, so that the figure moves with the clock."""
        return any(isinstance(part, Stock) for part in self.parts)

    @property
    def takes_largest(self) -> bool:
        """Whether figures are merged by the largest instead of the sum."""
        return any(isinstance(part, Stock) and part.largest for part in self.parts)

    def figure(self, numerator: int, denominator: int) -> float | None:
        """The value in its unit; `None` for a ratio over nothing, and for a quantile, which its members tell together."""
        return None if self.value.rank else super().figure(numerator, denominator)

    def __hash__(self) -> int:
        return hash(self.id)


class AskedReading(Protocol):
    """What a formula may read of another measure's reading."""

    @property
    def numerator(self) -> int: ...  # noqa: D102
    @property
    def denominator(self) -> int: ...  # noqa: D102
    @property
    def known(self) -> bool:
        """Whether there is any value behind it."""
        ...


Ask = Callable[..., AskedReading]
"""(id, split) -> what a measure shows; without a split, the one that is asked of the derived measure itself."""


@dataclass(frozen=True, kw_only=True)
class Derived(Measure):
    """A measure calculated from what others show; of it nothing is stored."""

    made_of: tuple[Indicator, ...]
    """The indicators that it asks."""
    value: Callable[[Ask], tuple[int, int] | None]
    """Numerator and denominator, whole numbers; `None` where they cannot be told."""
    formula: Label
    """The same as one writes it on paper."""
    is_ratio: bool = False
    by: tuple[str, ...] = ()
    """Dimensions that all of these indicators have."""
    is_whole: bool = True
    """Whether it is unknown as long as any of them is."""
    is_running: bool = False
    """Whether it has a meaning only since the beginning, as what ends on a day did not begin on it: its history is told so too."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the connectors that the figure comes from."""
        return tuple(dict.fromkeys(source for one in self.made_of for source in one.sources))

    def __hash__(self) -> int:
        return hash(self.id)
