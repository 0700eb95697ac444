"""Entity, the SQL rendering: an entity's states as a SELECT over the raw events - as they are, or minute by minute."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from ingest.contract.event import Event
from ingest.contract.topic import topic_of
from warehouse.model.entity import Attr, Entity, First, Latest, Rule
from warehouse.model.expression import MINUTE, NEVER, Sql, sql


class SqlEvent:
    """A symbolic event: an attribute is its value in the JSON of the record."""

    def __init__(self, event: type[Event]) -> None:
        self._event = event

    def __getattr__(self, name: str) -> Sql:
        return Sql(attribute_sql(self._event, name))


class SqlState:
    """A symbolic state: an attribute is the column of the entity's SELECT."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        """The attributes that a declaration has looked at."""

    def __getattr__(self, name: str) -> Sql:
        self.asked.add(name)
        return Sql(name)


def entity_sql(
    entity: Entity,
    until_ms: str | None = None,
    source: str = "raw_events",
    with_origins: bool = False,
    fields: Collection[str] | None = None,
) -> str:
    """The entity's states: columns ward, key, newest_at and one a field; times in ms, `NEVER` while unset.

    Args:
        entity: the kind.
        until_ms: SQL of a time; only events that happened by then count. All, when `None`.
        source: table or subquery with the columns of `raw_events`.
        with_origins: also give, for each latest value, (time in ms, id) of the event that gave it, as `<field>_origin`.
        fields: the fields that are wanted; all, when `None`.
    """
    rules = {name: rule for name, rule in entity.fields.items() if fields is None or name in fields}
    named = ["max(at_ms) AS newest_at", *(f"{_rule_sql(rule)} AS {name}" for name, rule in rules.items())]
    if with_origins:
        named += [
            f"maxIf((at_ms, id), {_gives(rule)}) AS {name}_origin"
            for name, rule in rules.items()
            if isinstance(rule, Latest)
        ]
    columns = ",\n    ".join(named)
    until = f" AND at_ms <= {until_ms}" if until_ms else ""
    return (
        f"SELECT ward, subject AS key,\n    {columns}\n"
        f"FROM {source}\nWHERE {_is_about(entity)}{until}\nGROUP BY ward, subject"
    )


def minutes_sql(
    entity: Entity, fields: Collection[str], first_ms: int, last_ms: int, source: str = "raw_events"
) -> str:
    """The entity's states at the end of every minute from `first_ms` to `last_ms`: columns ward, key, newest_at, minute, the fields.

    The same states as `entity_sql` gives for each of these moments, except for those that no stock counts any more: of a life
    that is over there are none from `counts_ms` after its newest event on.

    Args:
        entity: the kind.
        fields: the fields that are wanted; what only others need is not read.
        first_ms: end of a whole minute.
        last_ms: end of a whole minute, not before the first.
        source: table or subquery with the columns of `raw_events`.
    """
    settled_on = SqlState()
    settled = sql(entity.settled(settled_on))
    states = changes_sql(entity, {*fields, *settled_on.asked}, first_ms, last_ms, source)
    uncounted = f"(intDiv(newest_at + {entity.counts_ms}, {MINUTE}) + 1) * {MINUTE}"
    return (
        f"SELECT * EXCEPT (since, until),\n"
        f"    arrayJoin(range(since, if({settled}, least(until, {uncounted}), until), {MINUTE})) AS minute\nFROM ({states}\nSETTINGS max_block_size = {_STATES_AT_ONCE})"
    )


def changes_sql(
    entity: Entity, fields: Collection[str], first_ms: int, last_ms: int, source: str = "raw_events"
) -> str:
    """The entity's states, one for each minute that changed one: columns ward, key, newest_at, since, until, the fields.

    A state is that at the end of the minutes from `since` on, and before `until`; arguments as for `minutes_sql`.
    """
    rules = {name: rule for name, rule in entity.fields.items() if name in fields}
    # All events of a minute change the state that its end sees; what is older than the first minute is one change.
    changes = (
        f"SELECT ward, subject AS key, greatest(intDiv(at_ms + {MINUTE - 1}, {MINUTE}) * {MINUTE}, toInt64({first_ms})) AS since,\n"
        "    max(at_ms) AS newest_at_part,\n    "
        + ",\n    ".join(column for name, rule in rules.items() for column in _change_columns(name, rule))
        + f"\nFROM {source}\nWHERE {_is_about(entity)} AND at_ms <= {last_ms}"
        + f"{matters_sql(entity, rules.values(), first_ms, source)}\nGROUP BY ward, subject, since"
    )
    return (
        "SELECT ward, key, since, max(newest_at_part) OVER until_now AS newest_at,\n    "
        + ",\n    ".join(_merged_column(name, rule) for name, rule in rules.items())
        + f",\n    leadInFrame(since, 1, toInt64({last_ms + MINUTE})) OVER from_now AS until\nFROM ({changes})\n"
        "WINDOW until_now AS (PARTITION BY ward, key ORDER BY since ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),\n"
        "    from_now AS (PARTITION BY ward, key ORDER BY since ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"
    )


_STATES_AT_ONCE = 512
"""Each becomes as many rows as it lasts minutes, all of them in memory at the same time."""


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


def _is_about(entity: Entity) -> str:
    """Whether an event is one of the entity's."""
    kinds = ", ".join(sql(event.kind) for event in entity.events)
    topics = ", ".join(sql(topic) for topic in sorted({topic_of(event.stream) for event in entity.events}))
    only = [
        f" AND (kind != {sql(event.kind)} OR {sql(holds(SqlEvent(event)))})" for event, holds in entity.only.items()
    ]
    return f"topic IN ({topics}) AND kind IN ({kinds}){''.join(only)}"


def matters_sql(entity: Entity, rules: Collection[Rule], until_ms: int, source: str) -> str:
    """Leaves out old events that cannot change a state at `until_ms` or later: a device has a heartbeat a minute for ever.

    Where the type of an event alone tells what it gives to these rules, the first and the last of each entity say it all.
    """
    plain = plain_events(entity, rules)
    if not plain:
        return ""
    kinds = ", ".join(sql(event.kind) for event in plain)
    telling = (
        f"SELECT ward, subject, kind, arrayJoin([min(at_ms), max(at_ms)]) FROM {source}\n"
        f"WHERE {_is_about(entity)} AND kind IN ({kinds}) AND at_ms <= {until_ms} GROUP BY ward, subject, kind"
    )
    return f" AND (at_ms > {until_ms} OR kind NOT IN ({kinds}) OR (ward, subject, kind, at_ms) IN ({telling}))"


def plain_events(entity: Entity, rules: Collection[Rule]) -> list[type[Event]]:
    """The event types of which the first and the last of each entity say all there is to say to these rules."""
    return [event for event in entity.events if all(_is_told_by_type(rule, event) for rule in rules)]


def _is_told_by_type(rule: Rule, event: type[Event]) -> bool:
    """Whether each event of the type gives the rule something, and a later one makes all between it and the first void."""
    if isinstance(rule, First):
        return event not in rule.events or rule.where is None
    if isinstance(rule, Latest):
        value = rule.values.get(event)
        if not isinstance(value, Attr):
            return True
        return value.where is None and value.given is None and _is_always_set(event, value.name)
    return event not in rule.events


def _is_always_set(event: type[Event], name: str) -> bool:
    field = event.model_fields[name]
    return field.is_required() and type(None) not in get_args(field.annotation)


def _change_columns(name: str, rule: Rule) -> list[str]:
    """What the events of one group say about a field, in a form that groups are merged by."""
    if not isinstance(rule, Latest):
        return [f"{_rule_sql(rule)} AS {name}_part"]
    gives = _gives(rule)
    return [
        f"countIf({gives}) > 0 AS {name}_given",
        f"maxIf((at_ms, id), {gives}) AS {name}_origin",
        f"{_latest_sql(rule)} AS {name}_part",
    ]


def _merged_column(name: str, rule: Rule) -> str:
    """A field after all groups so far."""
    if isinstance(rule, First):
        return f"min({name}_part) OVER until_now AS {name}"
    if isinstance(rule, Latest):
        latest = f"argMaxIf({name}_part, {name}_origin, {name}_given) OVER until_now"
        return f"if(max({name}_given) OVER until_now, {latest}, {sql(rule.empty)}) AS {name}"
    return f"max({name}_part) OVER until_now AS {name}"


def _rule_sql(rule: Rule) -> str:
    if isinstance(rule, First):
        matches = _any_of({event: sql(rule.where(SqlEvent(event))) if rule.where else "" for event in rule.events})
        return f"min(if({matches}, at_ms, {NEVER}))"
    if isinstance(rule, Latest):
        return f"if(countIf({_gives(rule)}) = 0, {sql(rule.empty)}, {_latest_sql(rule)})"
    return f"max(if({_is(rule.events)}, {attribute_sql(rule.events[0], rule.attribute)}, {sql(rule.empty)}))"


def _latest_sql(rule: Latest) -> str:
    """The value of the newest event that gives one."""
    values = _alike(
        {
            event: attribute_sql(event, value.name) if isinstance(value, Attr) else sql(value)
            for event, value in rule.values.items()
        }
    )
    cases = " ".join(f"WHEN {_is(events)} THEN {value}" for value, events in values.items())
    value = f"CASE {cases} ELSE {sql(rule.empty)} END" if len(values) > 1 else next(iter(values))
    return f"argMaxIf({value}, (at_ms, id), {_gives(rule)})"


def _gives(rule: Latest) -> str:
    """Whether an event gives a value: it is of the right type and its attribute is set."""
    return _any_of({event: _is_given(event, value) for event, value in rule.values.items()})


def _is_given(event: type[Event], value: Any) -> str:
    if not isinstance(value, Attr):
        return ""
    names = [name for name in (value.name, value.given) if name and not _is_always_set(event, name)]
    conditions = [f"JSONHas(event, 'data', {sql(name)})" for name in names]
    if value.where is not None:
        conditions.append(sql(value.where(SqlEvent(event))))
    return " AND ".join(conditions)


def _any_of(conditions: Mapping[type[Event], str]) -> str:
    """Whether an event is of one of the types and what is asked of it holds; an empty text asks nothing."""
    alike = _alike(conditions)
    return " OR ".join(f"({_is(events)}{asked and f' AND {asked}'})" for asked, events in alike.items())


def _alike(texts: Mapping[type[Event], str]) -> dict[str, list[type[Event]]]:
    """The types of each text. Each stands once, for what the engine takes to understand a query grows with its length."""
    found: dict[str, list[type[Event]]] = {}
    for event, text in texts.items():
        found.setdefault(text, []).append(event)
    return found


def _is(events: Sequence[type[Event]]) -> str:
    kinds = ", ".join(sql(event.kind) for event in events)
    return f"kind IN ({kinds})" if len(events) > 1 else f"kind = {kinds}"
