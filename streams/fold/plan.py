"""Plan: the declarations, laid out for the fold's inner loop - what each event type touches, and what each entity contributes to."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from xxhash import xxh3_64_hexdigest

from ingest.contract.topic import topic_of
from streams.fold.compiled import Contributions, LevelsOf, compile_contributions, compile_levels
from warehouse.catalogue import entities, indicators
from warehouse.model.aggregate import Flow
from warehouse.model.entity import Entity, EntityState, Update, compile_update, state_type
from warehouse.model.entity_sql import SqlState, entity_sql
from warehouse.model.indicator import GAUGE_WINDOW, Indicator
from warehouse.recompute.sql import flow_sql, stock_sql

MILLISECOND = timedelta(milliseconds=1)
EVERY_FIELD = -1
"""Of the fields that have changed, as `compile_update` tells them: all."""
GAUGE_MS = GAUGE_WINDOW // MILLISECOND
"""The grain of a stock's history."""


class FlowPlan(NamedTuple):
    """The flows of one indicator."""

    id: str
    window_ms: int


class Recount(NamedTuple):
    """What has to be counted anew when some fields have changed."""

    flows: tuple[int, ...]
    """Which of the entity's flows look at any of these fields."""
    contributions: Contributions
    """What a state adds to each of them."""


class Recounts(dict[int, Recount]):
    """By the fields that have changed, as `compile_update` tells them, what has to be counted anew.

    Args:
        flows: the indicators with flows.
        fields: all the fields that flows look at.
    """

    def __init__(self, flows: Sequence[Indicator], fields: Sequence[str]) -> None:
        super().__init__()
        self._flows = flows
        self._looked_at = [sum(1 << fields.index(field) for field in _looked_at(one)) for one in flows]
        self._made: dict[tuple[int, ...], Recount] = {}
        """By flows: hundreds of changes ask for some thirty sets of them."""

    def __missing__(self, changed: int) -> Recount:
        flows = tuple(index for index, looked_at in enumerate(self._looked_at) if looked_at & changed)
        if flows not in self._made:
            self._made[flows] = Recount(flows, compile_contributions([self._flows[index] for index in flows]))
        made = self[changed] = self._made[flows]
        return made


class EntityPlan(NamedTuple):
    """All that the fold needs to know of one entity kind."""

    entity: Entity
    state: type[EntityState]
    flows: tuple[FlowPlan, ...]
    contributions: Contributions
    """What a state adds to each of the flows."""
    recounts: Mapping[int, Recount]
    """The same for those flows that look at what has changed."""
    stocks: tuple[str, ...]
    """Ids of the indicators that count states as they are."""
    levels: LevelsOf
    """What states make of the stocks."""


class Touch(NamedTuple):
    """What an event type does to one entity kind."""

    plan: EntityPlan
    update: Update
    """Tells which fields changed that flows look at: when none has, the entity contributes what it did."""
    is_birth: bool
    only: Callable[[Any], Any] | None
    """Whether an event of the type is about such an entity; all are, when `None`."""


@cache
def touches(topic: str) -> dict[str, tuple[Touch, ...]]:
    """What each event type of the topic does, by its kind, for the event types that do anything."""
    found: dict[str, list[Touch]] = {}
    for entity in entities():
        plan, counted = _plan(entity), _counted(entity)
        for event in entity.events:
            if topic_of(event.stream) == topic:
                update = compile_update(entity, event, counted)
                touch = Touch(plan, update, event in entity.born, entity.only.get(event))
                found.setdefault(event.kind, []).append(touch)
    return {kind: tuple(touched) for kind, touched in found.items()}


@cache
def plans(topic: str) -> tuple[EntityPlan, ...]:
    """The plans of the entities that live on the topic."""
    found = {touch.plan.entity.id: touch.plan for touched in touches(topic).values() for touch in touched}
    return tuple(found.values())


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
    flows, stocks = [one for one in mine if one.has_flow], [one for one in mine if one.has_stock]
    return EntityPlan(
        entity,
        state_type(entity),
        tuple(FlowPlan(one.id, one.window // MILLISECOND) for one in flows),
        compile_contributions(flows),
        Recounts(flows, _counted(entity)),
        tuple(one.id for one in stocks),
        compile_levels(stocks),
    )


def _counted(entity: Entity) -> list[str]:
    """The fields that the entity's flows look at."""
    return sorted({field for one in indicators() if one.of == entity for field in _looked_at(one)})


def _looked_at(one: Indicator) -> set[str]:
    """The fields that an indicator's flows look at, as their SQL names them."""
    state = SqlState()
    flows = [part for part in one.parts if isinstance(part, Flow)]
    for part in flows:
        for look in (part.at, part.where, part.added):
            if look is not None:
                look(state)
    for _, member in one.dimensions if flows else ():
        member(state)
    return state.asked
