"""Plan: the declarations, laid out for the fold's inner loop - what each event type touches, and what each entity contributes to."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from xxhash import xxh3_64_hexdigest

from ingest.contract.topic import topic_of
from warehouse.model.aggregate import Dimension, Flow, Part, Stock
from warehouse.model.entity import Entity, EntityState, Update, state_type, updates
from warehouse.model.entity_sql import SqlState, entity_sql
from warehouse.model.indicator import GAUGE_WINDOW, Indicator, entities, indicators
from warehouse.recompute.sql import flow_sql, stock_sql

MILLISECOND = timedelta(milliseconds=1)
GAUGE_MS = GAUGE_WINDOW // MILLISECOND
"""The grain of a stock's history."""


class FlowPart(NamedTuple):
    """One flow of one indicator; `side` is 0 for the numerator, 1 for the denominator."""

    at: Callable[[Any], int]
    where: Callable[[Any], bool] | None
    amount: Callable[[Any], int] | None
    side: int


class StockPart(NamedTuple):
    """One stock of one indicator; `side` is 0 for the numerator, 1 for the denominator."""

    where: Callable[[Any, int], bool]
    amount: Callable[[Any, int], int] | None
    side: int


class FlowPlan(NamedTuple):
    """The flows of one indicator."""

    id: str
    window_ms: int
    by: tuple[Dimension, ...]
    parts: tuple[FlowPart, ...]


class StockPlan(NamedTuple):
    """The stocks of one indicator."""

    id: str
    by: tuple[Dimension, ...]
    parts: tuple[StockPart, ...]
    largest: bool
    each: str


class EntityPlan(NamedTuple):
    """All that the fold needs to know of one entity kind."""

    entity: Entity
    state: type[EntityState]
    flows: tuple[FlowPlan, ...]
    stocks: tuple[StockPlan, ...]
    is_clocked: bool


class Touch(NamedTuple):
    """What an event type does to one entity kind."""

    plan: EntityPlan
    counted: tuple[Update, ...]
    """Of fields that flows look at: when none of them changes, neither does what the entity contributes."""
    others: tuple[Update, ...]
    is_birth: bool
    only: Callable[[Any], Any] | None
    """Whether an event of the type is about such an entity; all are, when `None`."""


@cache
def touches(topic: str) -> dict[str, tuple[Touch, ...]]:
    """What each event type of the topic does, by its kind, for the event types that do anything."""
    found: dict[str, list[Touch]] = {}
    for entity in entities():
        plan = _plan(entity)
        counted = _counted(plan)
        for event, steps in updates(entity).items():
            if topic_of(event.stream) == topic:
                sides = [
                    tuple(step for name, step in steps.items() if (name in counted) is side) for side in (True, False)
                ]
                found.setdefault(event.kind, []).append(
                    Touch(plan, sides[0], sides[1], event in entity.born, entity.only.get(event))
                )
    return {kind: tuple(touched) for kind, touched in found.items()}


@cache
def plans(topic: str) -> tuple[EntityPlan, ...]:
    """The plans of the entities that live on the topic."""
    return tuple(dict.fromkeys(touch.plan for touched in touches(topic).values() for touch in touched))


@cache
def declarations_fingerprint(topic: str) -> str:
    """A fingerprint of all that is declared of the topic: sums that were made by other declarations are sums of something else."""
    mine = [plan.entity for plan in plans(topic)]
    told = [entity_sql(entity) for entity in mine]
    for one in indicators():
        if one.of in mine:
            told += [one.id, flow_sql(one) if one.has_flow else "", stock_sql(one, 0) if one.has_stock else ""]
    return xxh3_64_hexdigest("\n".join(told).encode())


@cache
def _plan(entity: Entity) -> EntityPlan:
    mine = [one for one in indicators() if one.of == entity]
    stocks = tuple(_stock_plan(one) for one in mine if one.has_stock)
    return EntityPlan(
        entity, state_type(entity), tuple(_flow_plan(one) for one in mine if one.has_flow), stocks, bool(stocks)
    )


def _counted(plan: EntityPlan) -> set[str]:
    """The fields that the entity's flows look at, as their SQL names them."""
    state = SqlState()
    for flow in plan.flows:
        for _, member in flow.by:
            member(state)
        for part in flow.parts:
            for look in (part.at, part.where, part.amount):
                if look is not None:
                    look(state)
    return state.asked


def _sided(one: Indicator) -> list[tuple[Part, int]]:
    return [(part, 0) for part in one.value.numerator] + [(part, 1) for part in one.value.denominator]


def _flow_plan(one: Indicator) -> FlowPlan:
    parts = tuple(
        FlowPart(part.at, part.where, part.added, side) for part, side in _sided(one) if isinstance(part, Flow)
    )
    return FlowPlan(one.id, one.window // MILLISECOND, one.dimensions, parts)


def _stock_plan(one: Indicator) -> StockPlan:
    parts = tuple(StockPart(part.where, part.added, side) for part, side in _sided(one) if isinstance(part, Stock))
    return StockPlan(one.id, one.dimensions, parts, one.takes_largest, one.value.each)
