"""Catalogue: everything that is declared - measures, entities, alarm rules - by its id and in the order of the files."""

from functools import cache

import warehouse.alarms
import warehouse.indicators
from ingest.discovery import declared
from warehouse.model.alarm_rule import AlarmRule
from warehouse.model.entity import Entity
from warehouse.model.indicator import Derived, Indicator, Measure


@cache
def measures() -> tuple[Indicator | Derived, ...]:
    """Every declared measure, in file order."""
    return tuple(one for one in declared(warehouse.indicators, Measure) if isinstance(one, Indicator | Derived))


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
