"""Indicator: a declared measure. The fold, its SQL, the tile, the feed, the data dictionary and the report read this one value."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal, NamedTuple

import warehouse.indicators
from ingest.clock import WARD_ZONE
from ingest.declared import declared
from ingest.label import Label
from warehouse.aggregate import Aggregate, Flow, Part, Stock
from warehouse.entity import Entity
from warehouse.expression import DAY

Span = timedelta | Literal["today", "period"]
"""How far back a shown figure reaches: a rolling time, the ward's local day, or the reporting period."""

PERIOD_START = datetime(2025, 7, 1, tzinfo=WARD_ZONE)
"""Since when the ward exists and counts."""

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

    def status(self, value: float) -> Status:
        """What the value means."""
        for status, limit in (("critical", self.critical), ("warning", self.warning)):
            if limit is not None and (value < limit if self.below else value > limit):
                return status  # type: ignore[return-value]
        return "normal"


@dataclass(frozen=True)
class Indicator:
    """One of the ward's figures, declared once."""

    id: str
    """Its number in domain.md (b), for example `Q03`."""
    label: Label
    unit: Unit
    of: Entity
    value: Aggregate
    definition: Label
    """One sentence that says exactly what is counted, for the data dictionary."""
    by: tuple[str, ...] = ()
    """Fields of the entity by which it is also shown."""
    window: timedelta = DAY
    """Grain in which flows are kept."""
    span: Span = "today"
    """How far back the shown figure of a flow reaches."""
    threshold: Threshold | None = None
    late_after: timedelta = timedelta(seconds=60)
    """Age of the source's last sign from which the figure is late."""
    stale_after: timedelta = timedelta(minutes=5)
    """Age of the source's last sign from which the figure is stale."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part, numerator first."""
        return self.value.numerator + self.value.denominator

    @property
    def is_ratio(self) -> bool:
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
        """The value in its unit; `None` for a ratio over nothing."""
        if not self.is_ratio or self.unit.out_of:
            return numerator * self.unit.factor
        return numerator / denominator * self.unit.factor if denominator else None

    def __hash__(self) -> int:
        return hash(self.id)


@cache
def indicators() -> tuple[Indicator, ...]:
    """Every declared indicator, in file order."""
    return tuple(declared(warehouse.indicators, Indicator))


@cache
def indicator(id: str) -> Indicator:
    """The indicator of that id.

    Raises:
        KeyError: there is none.
    """
    return {one.id: one for one in indicators()}[id]


@cache
def entities() -> tuple[Entity, ...]:
    """Every entity that an indicator counts, in the order of the indicators."""
    return tuple(dict.fromkeys(one.of for one in indicators()))
