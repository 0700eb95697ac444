"""Entity: something with a life cycle - a ticket, a dossier, a device - and how events make up its state.

Each field is a rule whose result does not depend on the order or repetition of events: the earliest time, the latest value, a
constant attribute. So any permutation of the same events gives the same state, and a rule can be written as SQL as well:
`declared once` holds for entities as it does for indicators.

`EntityState` is the Python rendering; `entity_sql` holds the other.
"""

from __future__ import annotations

import types
from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, NamedTuple, get_args

from pydantic import AwareDatetime

from ingest.contract.clock import milliseconds
from ingest.contract.event import Event
from ingest.contract.label import Label
from warehouse.model.expression import NEVER
from warehouse.model.program import function

HORIZON_MS = 10 * 60_000
"""How far back, behind its newest event, an entity can still be seen as it was."""


class Attr(NamedTuple):
    """An event's attribute, as the value of a field."""

    name: str
    where: Callable[[Any], Any] | None = None
    """Takes it only from events for which this holds; called with the event."""
    given: str | None = None
    """Takes it only from events in which this other attribute is set."""


@dataclass(frozen=True)
class First:
    """When the first of these events happened; `NEVER` before that."""

    events: tuple[type[Event], ...]
    where: Callable[[Any], Any] | None = None
    """Counts only events for which this holds; called with the event."""


@dataclass(frozen=True)
class Latest:
    """The value that the latest of these events gives: an attribute or a constant. Events whose attribute is unset give none."""

    values: Mapping[type[Event], Any]
    empty: Any
    """The value before any event."""


@dataclass(frozen=True)
class Constant:
    """An attribute that all these events share; should the source contradict itself, the greatest value so far stands."""

    events: tuple[type[Event], ...]
    attribute: str
    empty: Any = ""


Rule = First | Latest | Constant


@dataclass(frozen=True)
class Entity:
    """A kind of entity, declared once."""

    id: str
    """Name of the kind, and of its view in SQL."""
    label: Label
    fields: Mapping[str, Rule]
    born: tuple[type[Event], ...]
    """Events that begin a life. Any other event of an entity that the fold does not know asks the warehouse for its past; so does
    a beginning older than `keep_ms`. A source does not give the id of a life that is over to a new one."""
    settled: Callable[[Any], Any]
    """State -> whether its life is over."""
    sources: tuple[str, ...]
    """Ids of the connectors that report such entities: their heartbeats tell whether a figure is live."""
    keep_ms: int = 2 * 3_600_000
    """How long a settled entity stays in the fold's memory; later events ask the warehouse for its past."""
    counts_ms: int = 0
    """How long after its newest event a settled entity may still be counted in a stock."""
    silent_after_ms: int = 0
    """Silence after which one of them counts as gone; before its source has been in sight for so long, none can be missed. 0: they need
    not speak."""
    only: Mapping[type[Event], Callable[[Any], Any]] = field(default_factory=dict)
    """Event -> whether it is about such an entity, for event types of which only some are."""
    behaviour: Mapping[str, Label] = field(default_factory=dict)
    """By step of `warehouse.meaning.STEPS`, what it does to the figures that count such entities; others do nothing to them."""

    @cached_property
    def events(self) -> tuple[type[Event], ...]:
        """The event types that touch it, each once."""
        found: dict[type[Event], None] = {}
        for rule in self.fields.values():
            found.update(dict.fromkeys(rule.values if isinstance(rule, Latest) else rule.events))
        return tuple(found)

    def __hash__(self) -> int:
        return hash(self.id)


class EntityState:
    """One entity as the events so far make it; a subclass an entity kind holds its fields as attributes.

    A field of a latest value has a second slot with what the latest values were: (time, id, value) by time, or nothing yet; one of a constant
    has one with since when it has its value. What is done for every minute and entity is compiled from the rules (`state_type`).
    """

    __slots__ = ("given", "key", "lesser", "newest_at", "ward")
    entity: Entity
    rules: tuple[tuple[str, Rule], ...]

    ward: str
    key: str
    newest_at: int
    given: Any
    """What the fold last counted it as; the fold's own."""
    lesser: dict[str, dict[Any, int]] | None
    """Other values of constants that the source gave before the one that stands, and since when; seldom any."""

    def __init__(self, ward: str, key: str) -> None:
        raise NotImplementedError("a kind of entity has its own")

    def as_of(self, ms: int) -> EntityState:
        """The state as it was at a time, at most `HORIZON_MS` before its newest event."""
        raise NotImplementedError

    def dump(self) -> list[Any]:
        """The state as JSON values, which stay as they are when it goes on; `load` takes it back."""
        fields: list[Any] = []
        for name, rule in self.rules:
            if isinstance(rule, Constant):
                lesser = (self.lesser or {}).get(name, {})
                fields.append([getattr(self, f"_{name}"), getattr(self, name), *lesser.items()])
            elif isinstance(rule, Latest):
                fields.append([*getattr(self, f"_{name}")])
            else:
                fields.append(getattr(self, name))
        return [self.ward, self.key, self.newest_at, fields]

    @classmethod
    def load(cls, dumped: list[Any]) -> EntityState:
        """The state that `dump` gave; a constant may also be its value alone, if it is not known since when."""
        ward, key, newest_at, fields = dumped
        state = cls(ward, key)
        state.newest_at = newest_at
        for (name, rule), value in zip(cls.rules, fields, strict=True):
            if isinstance(rule, Latest):
                entries = [tuple(entry) for entry in value]
                setattr(state, f"_{name}", entries)
                setattr(state, name, entries[-1][2] if entries else rule.empty)
            elif isinstance(rule, Constant):
                since, constant, *lesser = value if isinstance(value, list) else (0, value)
                setattr(state, f"_{name}", since)
                setattr(state, name, constant)
                if lesser:
                    state.lesser = {**(state.lesser or {}), name: dict(lesser)}
            else:
                setattr(state, name, value)
        return state


Update = Callable[[Any, Any, int, str], int]
"""Folds an event into a state: (state, event, its time in ms, its id) -> which of the counted fields have changed, a bit for each."""


@cache
def state_type(entity: Entity) -> type[EntityState]:
    """The class of the entity's states, with a slot a field."""
    histories = tuple(f"_{name}" for name, rule in entity.fields.items() if isinstance(rule, Latest))
    constants = tuple(f"_{name}" for name, rule in entity.fields.items() if isinstance(rule, Constant))
    members = {
        "__slots__": (*entity.fields, *histories, *constants),
        "entity": entity,
        "rules": tuple(entity.fields.items()),
        "__init__": _compile_init(entity),
        "as_of": _compile_as_of(entity),
    }
    return types.new_class(f"State_{entity.id}", (EntityState,), exec_body=lambda namespace: namespace.update(members))


def _compile_init(entity: Entity) -> Callable[..., None]:
    """A state before any event."""
    lines = ["self.ward, self.key, self.newest_at, self.given, self.lesser = ward, key, 0, None, None"]
    for name, rule in entity.fields.items():
        lines.append(f"self.{name} = {NEVER if isinstance(rule, First) else repr(rule.empty)}")
        lines += [f"self._{name} = ()"] if isinstance(rule, Latest) else []
        lines += [f"self._{name} = {NEVER}"] if isinstance(rule, Constant) else []
    return function("__init__(self, ward, key)", lines, {})


def _compile_as_of(entity: Entity) -> Callable[[Any, int], Any]:
    """A state as it was at a time."""
    lines = ["if self.newest_at <= ms:", "    return self", "past = type(self)(self.ward, self.key)"]
    for name, rule in entity.fields.items():
        if isinstance(rule, First):
            lines += [f"if self.{name} <= ms:", f"    past.{name} = self.{name}"]
        elif isinstance(rule, Latest):
            lines += [
                f"for at, _, value in self._{name}:",
                "    if at > ms:",
                "        break",
                f"    past.{name} = value",
            ]
        else:
            lines += [f"if self._{name} <= ms:", f"    past.{name} = self.{name}"]
            lines += ["elif self.lesser:", f"    past.{name} = lesser(self, {name!r}, ms, {rule.empty!r})"]
    return function("as_of(self, ms)", [*lines, "past.newest_at = ms", "return past"], {"lesser": _lesser})


def _lesser(state: EntityState, name: str, ms: int, empty: Any) -> Any:
    """The value that a constant had at a time before it got the one that stands."""
    return max((value for value, at in (state.lesser or {}).get(name, {}).items() if at <= ms), default=empty)


def compile_update(entity: Entity, event: type[Event], counted: Sequence[str]) -> Update:
    """What an event type does to a state of the entity, compiled from the rules of all fields that it touches.

    Args:
        entity: the kind.
        event: one of its event types.
        counted: the fields of which a change is told, the first of them by the lowest bit.
    """
    names: dict[str, Any] = {
        "contradict": _contradict,
        "latest": _latest,
        "milliseconds": milliseconds,
    }
    lines = ["changed = 0"]
    for name, rule in entity.fields.items():
        if event in (rule.values if isinstance(rule, Latest) else rule.events):
            told = f"changed |= {1 << counted.index(name)}" if name in counted else "pass"
            lines += _update_lines(name, rule, event, told, names)
    made: Update = function("update(state, event, at, id)", [*lines, "return changed"], names)
    return made


def _update_lines(name: str, rule: Rule, event: type[Event], told: str, names: dict[str, Any]) -> list[str]:
    field = f"state.{name}"
    if isinstance(rule, First):
        return [f"if at < {field}{_condition(name, rule.where, names)}:", f"    {field} = at", f"    {told}"]
    if isinstance(rule, Constant):
        return [
            f"value = event.{rule.attribute}",
            f"if value == {field}:",
            f"    if at < state._{name}:",
            f"        state._{name} = at",
            f"elif value is not None and value != {rule.empty!r}:",
            f"    if {field} == {rule.empty!r}:",
            f"        {field} = value",
            f"        state._{name} = at",
            f"        {told}",
            f"    elif contradict(state, {name!r}, value, at):",
            f"        {told}",
        ]
    value = rule.values[event]
    attribute, where, given = value if isinstance(value, Attr) else (None, None, None)
    names[f"given_{name}"] = value
    lines = [f"value = event.{attribute}" if attribute else f"value = given_{name}"]
    is_given = f" and event.{given} is not None" if given else ""
    lines.append(f"if value is not None{is_given}{_condition(name, where, names)}:")
    if attribute and is_moment(event, attribute):
        lines.append("    value = milliseconds(value)")
    return [
        *lines,
        f"    if state._{name}:",
        f"        value = latest(state._{name}, (at, id, value), {field})",
        "    else:",
        f"        state._{name} = [(at, id, value)]",
        f"    if value != {field}:",
        f"        {field} = value",
        f"        {told}",
    ]


def is_moment(event: type[Event], attribute: str) -> bool:
    """Whether an attribute is a time, if it is set."""
    return _is_moment(event.model_fields[attribute].annotation)


def _is_moment(annotation: Any) -> bool:
    return annotation is AwareDatetime or any(map(_is_moment, get_args(annotation)))


def _condition(name: str, where: Callable[[Any], Any] | None, names: dict[str, Any]) -> str:
    """The end of a condition that asks `where`, if there is one."""
    if where is None:
        return ""
    names[f"where_{name}"] = where
    return f" and where_{name}(event)"


def _contradict(state: Any, name: str, value: Any, at: int) -> bool:
    """Take another value of a constant than the one known."""
    known, since = getattr(state, name), getattr(state, f"_{name}")
    if value < known and at >= since:
        return False
    if state.lesser is None:
        state.lesser = {}
    lesser = state.lesser.setdefault(name, {})
    if value < known:
        lesser[value] = min(at, lesser.get(value, at))
        return False
    lesser[known] = since
    setattr(state, name, value)
    setattr(state, f"_{name}", at)
    return True


def _latest(entries: list[tuple[int, str, Any]], entry: tuple[int, str, Any], known: Any) -> Any:
    """The latest value after one more, of which those that can still be asked for are kept; `known` when it is there already."""
    if entry > entries[-1]:
        entries.append(entry)
    elif entry in entries:
        return known
    else:
        insort(entries, entry)
    newest = entries[-1]
    while len(entries) > 1 and entries[1][0] < newest[0] - HORIZON_MS:
        del entries[0]
    return newest[2]
