"""Day lives: the entities that can count in a window of a day, and the states in which they stood at any minute of it.

The states are folded from the events, by the rules by which the streams fold them: so a minute needs no question, and what was not
known yet is left out.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from ingest.contract.envelope import decode_stored
from ingest.contract.errors import InvalidEvent
from warehouse.catalogue import indicators
from warehouse.model.entity import Entity, EntityState, Update, compile_update, state_type
from warehouse.model.expression import NEVER


class LifeEvent(NamedTuple):
    """An event of an entity."""

    at_ms: int
    id: str
    data: Any
    stored_ms: int
    """By the machine's clock."""
    withdrawn_ms: int
    """When it was taken back, by the machine's clock; `NEVER`: it counts."""

    def is_known(self, known_ms: int | None) -> bool:
        """Whether it counted at a moment; `None`: whether it does today."""
        return self.withdrawn_ms == NEVER if known_ms is None else self.stored_ms <= known_ms < self.withdrawn_ms


class DayLives:
    """The lives of one kind of entity.

    Args:
        kind: which.
        ward: whose.
        events: by entity, in any order.
    """

    def __init__(self, kind: Entity, ward: str, events: Mapping[str, Iterable[LifeEvent]]) -> None:
        self._kind = kind
        self._ward = ward
        self.is_empty = not events
        self._lives = {key: sorted(life, key=attrgetter("at_ms", "id")) for key, life in events.items()}

    def standing(self, at_ms: int, known_ms: int | None = None) -> list[EntityState] | None:
        """The states at the end of a minute.

        Args:
            at_ms: the minute's end.
            known_ms: of the events that were stored by then, and not taken back; `None`: of those that count today.

        Returns:
            One a life that had begun; `None`: it had for some, and nothing was known of any.
        """
        updates, new = _updates(self._kind), state_type(self._kind)
        found, had_begun = [], False
        for key, life in self._lives.items():
            state = None
            for event in life:
                if event.at_ms > at_ms:
                    break
                had_begun = True
                if event.is_known(known_ms):
                    state = state or new(self._ward, key)
                    updates[event.data.kind](state, event.data, event.at_ms, event.id)
            if state is not None:
                found.append(state)
        return found if found or not had_begun else None


def kinds_that_flow() -> tuple[Entity, ...]:
    """The kinds of entity that flows count."""
    return tuple(dict.fromkeys(one.of for one in indicators() if one.has_flow))


def lives_of(ward: str, stored: Iterable[tuple[str, int, int]]) -> dict[str, DayLives]:
    """The lives that stored events tell of, by kind of entity.

    Args:
        ward: whose.
        stored: each event as it is in Kafka, and when it was stored and taken back.
    """
    rows = list(stored)
    events: dict[str, dict[str, list[LifeEvent]]] = {kind.id: {} for kind in kinds_that_flow()}
    for one, (_, *times) in zip(decode_stored([event.encode() for event, *_ in rows]), rows, strict=True):
        if isinstance(one, InvalidEvent):
            continue
        for kind in kinds_that_flow():
            if one.data.kind in _updates(kind) and _is_about(kind, one.data):
                life = events[kind.id].setdefault(one.subject, [])
                life.append(LifeEvent(one.at_ms, one.id, one.data, *times))
    return {kind.id: DayLives(kind, ward, events[kind.id]) for kind in kinds_that_flow()}


@cache
def _updates(kind: Entity) -> dict[str, Update]:
    return {event.kind: compile_update(kind, event, ()) for event in kind.events}


def _is_about(kind: Entity, data: Any) -> bool:
    return all(bool(holds(data)) for event, holds in kind.only.items() if event.kind == data.kind)
