"""Evidence: what is behind an indicator's figures - its events, by their pseudonyms, and the corrections that they made."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from ingest.contract.topic import topic_of
from warehouse.model.aggregate import Flow
from warehouse.model.entity import Latest, Rule
from warehouse.model.entity_sql import SqlState
from warehouse.model.expression import Sql, sql
from warehouse.model.indicator import Indicator
from warehouse.store.client import Client

NEWEST = 20
"""How many of the newest events are shown."""
MOST_CORRECTIONS = 100

EvidenceSides = tuple[int, int]
"""Numerator and denominator."""


class Evidence(NamedTuple):
    """An event behind a figure, by its pseudonym and its place."""

    kind: str
    subject: str
    id: str
    at_ms: int
    topic: str
    partition: int
    offset: int


class CorrectedFigure(NamedTuple):
    """A closed window's figure that an event changed."""

    indicator: str
    grain: str
    window_ms: int
    old: EvidenceSides
    new: EvidenceSides
    revision: int
    cause: Evidence
    corrected_ms: int


def newest_events(client: Client, one: Indicator, ward: str) -> list[Evidence]:
    """The newest events of the kinds that the indicator looks at."""
    query = (
        f"SELECT {', '.join(Evidence._fields)} FROM raw_events WHERE {event_condition_sql(one, ward)} "
        f"ORDER BY at_ms DESC, offset DESC LIMIT 1 BY topic, partition, offset LIMIT {NEWEST}"
    )
    return [Evidence(*row) for row in client.query(query)]


def corrected_figures(
    client: Client, ward: str, id: str | None = None, since_ms: int = 0, until_ms: int | None = None
) -> list[CorrectedFigure]:
    """Figures of closed windows that changed, newest first.

    Args:
        client: an open connection.
        ward: the ward.
        id: of one indicator; all, when `None`.
        since_ms: corrected at or after this.
        until_ms: corrected at or before this; whenever, when `None`.
    """
    only = f" AND indicator = {sql(id)}" if id else ""
    only += f" AND corrected_ms <= {until_ms}" if until_ms is not None else ""
    rows = client.query(
        "SELECT indicator, grain, window_ms, old_numerator, old_denominator, numerator, denominator, revision, kind, subject, id, at_ms, "
        "topic, partition, offset, toUnixTimestamp64Milli(corrected_at) AS corrected_ms FROM raw_corrections FINAL "
        f"WHERE ward = {sql(ward)}{only} AND corrected_ms >= {since_ms} ORDER BY corrected_ms DESC, window_ms DESC LIMIT {MOST_CORRECTIONS}"
    )
    return [
        CorrectedFigure(id, grain, window_ms, (old_n, old_d), (n, d), revision, Evidence(*cause), corrected_ms)
        for id, grain, window_ms, old_n, old_d, n, d, revision, *cause, corrected_ms in rows
    ]


def event_kinds(one: Indicator) -> list[str]:
    """The kinds of event that the indicator's parts look at."""
    fields = evidence_fields(one)
    looked_at = [rule for name, rule in one.of.fields.items() if name in fields]
    touched = {event.kind for rule in looked_at for event in _events(rule)}
    return [event.kind for event in one.of.events if event.kind in touched]


def evidence_fields(one: Indicator) -> set[str]:
    """The entity's fields that the indicator's parts look at."""
    state, now = SqlState(), Sql("now")
    for part in one.parts:
        if isinstance(part, Flow):
            declared = [part.at(state), *(given(state) for given in (part.where, part.amount) if given)]
        else:
            declared = [part.where(state, now), *([part.amount(state, now)] if part.amount else [])]
        for expression in declared:
            sql(expression)
    return state.asked


def _events(rule: Rule) -> Iterable[Any]:
    return rule.values if isinstance(rule, Latest) else rule.events


def event_condition_sql(one: Indicator, ward: str) -> str:
    """SQL of whether an event is a ward's and of the kinds that the indicator looks at."""
    topics = ", ".join(sql(topic_of(stream)) for stream in sorted({event.stream for event in one.of.events}))
    names = ", ".join(sql(kind) for kind in event_kinds(one))
    return f"topic IN ({topics}) AND ward = {sql(ward)} AND kind IN ({names})"
