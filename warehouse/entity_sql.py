"""Entity, the SQL rendering: an entity's states as a SELECT over the raw events."""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from ingest.event import Event
from ingest.topic import topic_of
from warehouse.entity import Attr, Entity, First, Latest, Rule
from warehouse.expression import NEVER, Sql, sql


class SqlEvent:
    """A symbolic event: an attribute is its value in the JSON of the record."""

    def __init__(self, event: type[Event]) -> None:
        self._event = event

    def __getattr__(self, name: str) -> Sql:
        return Sql(attribute_sql(self._event, name))


class SqlState:
    """A symbolic state: an attribute is the column of the entity's SELECT."""

    def __getattr__(self, name: str) -> Sql:
        return Sql(name)


def entity_sql(
    entity: Entity, until_ms: str | None = None, source: str = "raw_events", with_origins: bool = False
) -> str:
    """The entity's states: columns ward, key, newest_at and one a field; times in ms, `NEVER` while unset.

    Args:
        entity: the kind.
        until_ms: SQL of a time; only events that happened by then count. All, when `None`.
        source: table or subquery with the columns of `raw_events`.
        with_origins: also give, for each latest value, (time in ms, id) of the event that gave it, as `<field>_origin`.
    """
    named = [f"{_rule_sql(rule)} AS {name}" for name, rule in entity.fields.items()]
    if with_origins:
        named += [
            f"maxIf((at_ms, id), {_gives(rule)}) AS {name}_origin"
            for name, rule in entity.fields.items()
            if isinstance(rule, Latest)
        ]
    columns = ",\n    ".join(named)
    kinds = ", ".join(sql(event.kind) for event in entity.events)
    topics = ", ".join(sql(topic) for topic in sorted({topic_of(event.stream) for event in entity.events}))
    until = f" AND at_ms <= {until_ms}" if until_ms else ""
    return (
        f"SELECT ward, subject AS key, max(at_ms) AS newest_at,\n    {columns}\n"
        f"FROM {source}\nWHERE topic IN ({topics}) AND kind IN ({kinds}){until}\nGROUP BY ward, subject"
    )


def attribute_sql(event: type[Event], name: str) -> str:
    """An event's attribute, typed as its Python value is folded: times as ms, truth values and numbers as Int64, else text."""
    leaves = set(_leaves(event.model_fields[name].annotation))
    path = f"event, 'data', {sql(name)}"
    if leaves == {datetime}:
        return f"toUnixTimestamp64Milli(parseDateTime64BestEffortOrZero(JSONExtractString({path}), 3, 'UTC'))"
    if leaves == {bool}:
        return f"toInt64(JSONExtractBool({path}))"
    if leaves == {int}:
        return f"JSONExtractInt({path})"
    return f"JSONExtractString({path})"


def _leaves(annotation: Any) -> Iterator[type]:
    """The plain types an annotation comes down to, without None."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif origin is Literal:
        yield from (type(value) for value in get_args(annotation))
    elif origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from _leaves(part)
    elif getattr(annotation, "__name__", "") == "AwareDatetime":
        yield datetime
    elif annotation is not type(None):
        yield annotation


def _rule_sql(rule: Rule) -> str:
    if isinstance(rule, First):
        matches = " OR ".join(_match_sql(event, rule.where) for event in rule.events)
        return f"min(if({matches}, at_ms, {NEVER}))"
    if isinstance(rule, Latest):
        return _latest_sql(rule)
    kinds = ", ".join(sql(event.kind) for event in rule.events)
    return f"max(if(kind IN ({kinds}), {attribute_sql(rule.events[0], rule.attribute)}, {sql(rule.empty)}))"


def _match_sql(event: type[Event], where: Callable[[Any], Any] | None) -> str:
    return f"({_is(event)})" if where is None else f"({_is(event)} AND {sql(where(SqlEvent(event)))})"


def _latest_sql(rule: Latest) -> str:
    cases = " ".join(
        f"WHEN {_is(event)} THEN {attribute_sql(event, value.name) if isinstance(value, Attr) else sql(value)}"
        for event, value in rule.values.items()
    )
    empty, gives = sql(rule.empty), _gives(rule)
    return f"if(countIf({gives}) = 0, {empty}, argMaxIf(CASE {cases} ELSE {empty} END, (at_ms, id), {gives}))"


def _gives(rule: Latest) -> str:
    """Whether an event gives a value: it is of the right type and its attribute is set."""
    return " OR ".join(
        f"({_is(event)} AND JSONHas(event, 'data', {sql(value.name)}))"
        if isinstance(value, Attr)
        else f"({_is(event)})"
        for event, value in rule.values.items()
    )


def _is(event: type[Event]) -> str:
    return f"kind = {sql(event.kind)}"
