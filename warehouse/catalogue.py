"""Catalogue: everything that is declared - measures, entities, kinds of figures, alarm rules - by its id and in the order of the files."""

from functools import cache

import warehouse.alarms
import warehouse.figures
import warehouse.indicators
from ingest.discovery import declared
from warehouse.entities.figure import DAY_TOTAL
from warehouse.figures.day_total import day_kind, no_day_totals
from warehouse.figures.kind import FigureKind, baseline_kind
from warehouse.model.alarm_rule import AlarmRule
from warehouse.model.entity import Entity
from warehouse.model.indicator import Derived, Indicator, Measure


@cache
def measures() -> tuple[Indicator | Derived, ...]:
    """Every measure: those that are declared, in file order, those of the kinds of figures, and the baselines."""
    found = [one for one in declared(warehouse.indicators, Measure) if isinstance(one, Indicator | Derived)]
    baselines = [one.baseline for one in found if isinstance(one, Indicator) and one.baseline]
    return (*found, *(kind.indicator for kind in figure_kinds().values()), *baselines)


@cache
def figure_kinds() -> dict[str, FigureKind]:
    """Every kind of figure that people enter, by its code, in file order."""
    return {kind.code: kind for kind in declared(warehouse.figures, FigureKind)}


@cache
def entered_kinds() -> dict[str, FigureKind]:
    """The same, and the baselines of the indicators that have one."""
    return figure_kinds() | {one.id: baseline_kind(one) for one in indicators() if one.baseline}


@cache
def day_kinds() -> dict[str, FigureKind]:
    """How day totals are entered, by the id of each indicator that takes them."""
    return {one.id: day_kind(one) for one in indicators() if no_day_totals(one) is None}


def entered_kind(code: str) -> FigureKind | None:
    """The kind that an event names, whatever is entered; `None`: there is none any more."""
    return entered_kinds().get(code) or day_kinds().get(code.removeprefix(DAY_TOTAL))


@cache
def indicators() -> tuple[Indicator, ...]:
    """Every measure that is stored, in file order."""
    return tuple(one for one in measures() if isinstance(one, Indicator))


@cache
def indicator(id: str) -> Indicator:
    """The indicator of that id.

    Raises:
        KeyError: there is none.
    """
    return {one.id: one for one in indicators()}[id]


@cache
def measure(id: str) -> Indicator | Derived:
    """The measure of that id, stored or derived.

    Raises:
        KeyError: there is none.
    """
    return {one.id: one for one in measures()}[id]


@cache
def entities() -> tuple[Entity, ...]:
    """Every entity that an indicator counts, in the order of the indicators."""
    return tuple(dict.fromkeys(one.of for one in indicators()))


@cache
def alarm_rules() -> dict[str, AlarmRule]:
    """Every declared rule by its id, in file order."""
    return {rule.id: rule for rule in declared(warehouse.alarms, AlarmRule)}
