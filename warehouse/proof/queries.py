"""Prepared query: SQL over the open views that shows what is behind an indicator, for people to run and change themselves.

What is made here passes the gate as any other query. `recomputed` is the recomputation itself, over the view of events.
"""

from datetime import timedelta
from typing import Literal, get_args

from ingest.contract.topic import topic_of
from warehouse.model.expression import DAY_MS, sql
from warehouse.model.indicator import Indicator
from warehouse.model.reading import span_end, span_start
from warehouse.proof.evidence import event_condition_sql
from warehouse.recompute.sql import flow_sql, stock_sql
from warehouse.server.sql_gate.gate import LONGEST

ProofQuery = Literal["stored", "recomputed", "events", "corrections"]
PROOF_QUERIES: tuple[ProofQuery, ...] = get_args(ProofQuery)

_LOCAL = "'Asia/Ho_Chi_Minh'"
_WINDOWS_BACK = timedelta(days=2)


def indicator_query(one: Indicator, ward: str, part: ProofQuery, at_ms: int) -> str | None:
    """A query about an indicator, over open views only.

    Args:
        one: the indicator.
        ward: of this ward.
        part: what about it.
        at_ms: at which moment.

    Returns:
        `None` where it would be longer than what the gate looks at.
    """
    text = _QUERIES[part](one, ward, at_ms)
    return text if len(text.encode()) <= LONGEST else None


def _stored(one: Indicator, ward: str, at_ms: int) -> str:
    start = min(span_start(one, at_ms), at_ms - _WINDOWS_BACK // timedelta(milliseconds=1))
    return (
        "SELECT window_start, grain, dimension, member, numerator, denominator, value, revision, as_of\nFROM indicator_values\n"
        f"WHERE ward = {sql(ward)} AND indicator = {sql(one.id)} AND window_start BETWEEN {_moment(start)} AND {_moment(at_ms)}\n"
        "ORDER BY window_start DESC, dimension, member"
    )


def _recomputed(one: Indicator, ward: str, at_ms: int) -> str:
    topics = ", ".join(sql(topic) for topic in sorted({topic_of(event.stream) for event in one.of.events}))
    events = (
        "(SELECT topic, ward, kind, subject, id, toUnixTimestamp64Milli(occurred_at) AS at_ms, "
        f"concat('{{\"data\":', data, '}}') AS event FROM events WHERE topic IN ({topics}) AND ward = {sql(ward)})"
    )
    columns = (
        f"fromUnixTimestamp64Milli(window_ms, {_LOCAL}) AS window_start, dimension, member, numerator, denominator"
    )
    parts = []
    if one.has_flow:
        parts.append(
            f"SELECT 'flow' AS grain, {columns}\nFROM (\n{flow_sql(one, events)}\n)\n"
            f"WHERE window_ms BETWEEN {_first(one, ward, at_ms)} AND {span_end(one, at_ms)}"
        )
    if one.has_stock:
        parts.append(f"SELECT 'stock' AS grain, {columns}\nFROM (\n{stock_sql(one, at_ms, events)}\n)")
    return (
        "SELECT * FROM (\n" + "\nUNION ALL\n".join(parts) + "\n)\nORDER BY grain, window_start DESC, dimension, member"
    )


def _first(one: Indicator, ward: str, at_ms: int) -> str:
    """The first moment at which a window may begin that is shown: after what a baseline covers, or in the newest period told of."""
    start = span_start(one, at_ms)
    if one.baseline:
        told, beyond = one.baseline.id, DAY_MS
    elif one.span == "latest":
        told, beyond = one.id, 0
    else:
        return str(start)
    return (
        f"(SELECT greatest({start}, toUnixTimestamp64Milli(max(window_start)) + {beyond}) FROM indicator_values "
        f"WHERE ward = {sql(ward)} AND indicator = {sql(told)} AND dimension = '' AND denominator > 0 AND window_start <= {_moment(at_ms)})"
    )


def _newest(one: Indicator, ward: str, at_ms: int) -> str:
    return (
        "SELECT occurred_at, kind, subject, id, data, topic, partition, offset\nFROM events\n"
        f"WHERE {event_condition_sql(one, ward)}\n    AND occurred_at <= {_moment(at_ms)}\nORDER BY occurred_at DESC\nLIMIT 100"
    )


def _corrections(one: Indicator, ward: str, at_ms: int) -> str:
    return f"SELECT *\nFROM corrections\nWHERE ward = {sql(ward)} AND indicator = {sql(one.id)}\nORDER BY corrected_at DESC\nLIMIT 100"


_QUERIES = {"stored": _stored, "recomputed": _recomputed, "events": _newest, "corrections": _corrections}


def record_query(topic: str, partition: int, offset: int) -> str:
    """The query for one event, by its place."""
    return f"SELECT *\nFROM events\nWHERE topic = {sql(topic)} AND partition = {partition} AND offset = {offset}"


def _moment(ms: int) -> str:
    return f"fromUnixTimestamp64Milli({ms}, {_LOCAL})"
