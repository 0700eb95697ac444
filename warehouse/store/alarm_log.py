"""Alarm log: the events of the topic `ioc.alarm.v1` as the warehouse has them - what was decided, done and told about alarms.

They are rows of `raw_events` as all others. What an alarm is follows from its events in their order (`dashboard/alarm/event_log/fold.py`); the
views `alarm_acts` and `alarms` show analysts both. `raw_alarm_acts` is what an earlier version kept; the alarm process sends each of its
rows once as an event, and nothing is written there any more.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from ingest.contract.clock import milliseconds
from ingest.contract.topic import ALARMS
from warehouse.model.indicator import Status
from warehouse.store.client import Client

Decision = Literal["raised", "risen", "cleared", "escalated"]
Kind = Literal[
    Decision,
    "acknowledged", "assigned", "commented", "ticked", "unticked",
    "told", "not_told",
]  # fmt: skip

DECISIONS: tuple[Decision, ...] = get_args(Decision)
"""What the alarm process does of itself; people do the rest, but for what was told."""

SYSTEM = "system"
"""Who acts when no person does."""

_PREFIX = "alarm."
_DECIDED = tuple(f"{_PREFIX}{kind}" for kind in DECISIONS)


class Act(NamedTuple):
    """One thing that was done about an alarm."""

    alarm: str
    number: int
    """Its place in the alarm's log, from 0."""
    kind: Kind
    rule: str
    subject: str
    severity: Status
    """What the alarm is after it."""
    value: float
    """What was measured, for what the system does."""
    who: str
    """An account, or `SYSTEM`."""
    what: str
    """To whom it was given, what was said, which step (from 0), by which channel it was told, or why."""
    about: int
    """The number of the act that was told; -1 where it is about none."""
    at_ms: int
    """When, by the install's clock."""
    id: str = ""
    """The event's."""


class OlderLog(NamedTuple):
    """What lies before the part of the log that Kafka still has."""

    events: list[bytes]
    """Of the alarms that were not cleared, or about which something was done lately, in the order of the log."""
    decided: dict[tuple[str, str], int]
    """By rule and subject, how many decisions there were."""


class AcknowledgementTimes(NamedTuple):
    """How long it took until alarms were acknowledged."""

    alarms: int
    acknowledged: int
    mean_s: float
    """Of those that were acknowledged; 0 when there was none."""
    median_s: float


_TEXT = "JSONExtractString(event, 'data', '{}')"
_OWN = ", ".join(f"{_TEXT.format(name)} AS {name}" for name in ("rule", "member", "severity"))
_WHO = f"if({_TEXT.format('who')} = '', '{SYSTEM}', {_TEXT.format('who')}) AS who"
_WHAT = (
    f"multiIf(kind IN ('{_PREFIX}told', '{_PREFIX}not_told'), "
    f"{_TEXT.format('channel')} || if(kind = '{_PREFIX}not_told', ': ' || {_TEXT.format('cause_code')}, ''), "
    f"kind IN ('{_PREFIX}ticked', '{_PREFIX}unticked'), JSONExtractRaw(event, 'data', 'step'), "
    f"kind = '{_PREFIX}assigned', {_TEXT.format('to')}, kind = '{_PREFIX}commented', {_TEXT.format('comment')}, "
    f"kind = '{_PREFIX}cleared', replaceOne({_TEXT.format('cause_code')}, 'value', ''), "
    "arrayStringConcat(JSONExtract(event, 'data', 'names', 'Array(String)'), ' '))"
)
ACTS = (  # within, no alias bears the name of a column: the engine would take it for that
    "SELECT ward, alarm_ref AS alarm, toUInt32(row_number() OVER (PARTITION BY ward, alarm_ref ORDER BY offset) - 1) AS number, "
    f"substring(event_kind, {len(_PREFIX) + 1}) AS kind, rule, member AS subject, severity, value, who, what, about, "
    "at, stored_at AS written_at, event_id AS id FROM ("
    f"SELECT ward, subject AS alarm_ref, kind AS event_kind, offset, id AS event_id, ingested_at AS stored_at, {_OWN}, {_WHO}, "
    f"JSONExtractFloat(event, 'data', 'value') AS value, {_WHAT} AS what, {_TEXT.format('act_ref')} AS about, "
    f"fromUnixTimestamp64Milli(at_ms, 'UTC') AS at FROM raw_events FINAL WHERE topic = '{ALARMS}' AND startsWith(kind, '{_PREFIX}'))"
)
"""SQL of every act of every alarm, in the terms of `Act`; `about` is the id of the act that was told."""


def read_older(client: Client, ward: str, before: str, since: datetime) -> OlderLog:
    """What lies in the log before an event.

    Args:
        client: an open connection.
        ward: whose.
        before: the id of the first event that is known; empty: none is.
        since: what counts as lately.
    """
    limit = 2**62
    place = {"topic": ALARMS, "ward": ward}
    if before:
        asked = (
            "SELECT min(offset), count() FROM raw_events WHERE topic = %(topic)s AND ward = %(ward)s AND id = %(id)s"
        )
        ((found, count),) = client.query(asked, {**place, "id": before})
        limit = found if count else limit
    where = "topic = %(topic)s AND ward = %(ward)s AND offset < %(limit)s"
    given = {**place, "limit": limit, "since_ms": milliseconds(since), "decisions": _DECIDED}
    mine = (
        f"SELECT subject FROM raw_events WHERE {where} GROUP BY subject "
        f"HAVING countIf(kind = '{_PREFIX}cleared') = 0 OR max(at_ms) >= %(since_ms)s"
    )
    rows = client.query(
        f"SELECT event FROM raw_events FINAL WHERE {where} AND subject IN ({mine}) ORDER BY offset", given
    )
    decided = client.query(
        f"SELECT {_TEXT.format('rule')}, {_TEXT.format('member')}, max(JSONExtractUInt(event, 'data', 'number')) + 1 "
        f"FROM raw_events WHERE {where} AND kind IN %(decisions)s GROUP BY ALL",
        given,
    )
    return OlderLog([event.encode() for (event,) in rows], {(rule, member): number for rule, member, number in decided})


def read_standing(client: Client, ward: str, at_ms: int, since: datetime) -> list[bytes]:
    """What had happened by a moment, of the alarms that had not cleared, or about which something was done lately, in the order of the log.

    Args:
        client: an open connection.
        ward: whose.
        at_ms: the moment.
        since: what counts as lately.
    """
    mine = (
        "SELECT subject FROM raw_events WHERE topic = %(topic)s AND ward = %(ward)s AND at_ms <= %(at_ms)s "
        f"AND startsWith(kind, '{_PREFIX}') GROUP BY subject HAVING countIf(kind = '{_PREFIX}cleared') = 0 OR max(at_ms) >= %(since_ms)s"
    )
    where = f"at_ms <= %(at_ms)s AND subject IN ({mine})"
    return _read(client, where, ward=ward, at_ms=at_ms, since_ms=milliseconds(since))


def read_alarm(client: Client, ward: str, alarm: str) -> list[bytes]:
    """All events of one alarm, in the order of the log."""
    return _read(client, "subject = %(alarm)s", ward=ward, alarm=alarm)


def read_history(client: Client, ward: str, since: datetime, most: int, until: datetime | None = None) -> list[bytes]:
    """All events until a time of the newest alarms that were raised since then, at most so many alarms, in the order of the log."""
    by_then = " AND at_ms <= %(until_ms)s" if until else ""
    mine = (
        "SELECT subject FROM raw_events FINAL WHERE topic = %(topic)s AND ward = %(ward)s "
        f"AND kind = '{_PREFIX}raised' AND at_ms >= %(since_ms)s{by_then} ORDER BY at_ms DESC LIMIT %(most)s"
    )
    until_ms = milliseconds(until) if until else 0
    where = f"subject IN ({mine}){by_then}"
    return _read(client, where, ward=ward, since_ms=milliseconds(since), until_ms=until_ms, most=most)


def stored_ids(client: Client, ward: str, ids: Collection[str]) -> set[str]:
    """Those of these ids that are stored."""
    if not ids:
        return set()
    asked = "SELECT DISTINCT id FROM raw_events WHERE topic = %(topic)s AND ward = %(ward)s AND id IN %(ids)s"
    return {id for (id,) in client.query(asked, {"topic": ALARMS, "ward": ward, "ids": tuple(ids)})}


def acknowledgement_times(client: Client, ward: str, since: datetime) -> AcknowledgementTimes:
    """How long it took, from raising to the first acknowledgement, for the alarms that were raised since then."""
    rows = client.query(
        "SELECT count(), countIf(is_acknowledged), avgIf(seconds, is_acknowledged), quantileExactInclusiveIf(0.5)(seconds, is_acknowledged) "
        "FROM (SELECT alarm, minIf(at, kind = 'raised') AS raised, minIf(at, kind = 'acknowledged') AS acknowledged, "
        "countIf(kind = 'acknowledged') > 0 AS is_acknowledged, dateDiff('millisecond', raised, acknowledged) / 1000 AS seconds "
        f"FROM ({ACTS}) WHERE ward = %(ward)s GROUP BY alarm HAVING raised >= %(since)s)",
        {"ward": ward, "since": since},
    )
    alarms, acknowledged, mean, median = rows[0]
    return AcknowledgementTimes(alarms, acknowledged, *((mean, median) if acknowledged else (0.0, 0.0)))


def read_former_acts(client: Client, ward: str) -> list[Act]:
    """What an earlier version kept in a table of its own, each alarm's acts in order."""
    rows = client.query(
        "SELECT alarm, number, kind, rule, subject, severity, value, who, what, about, at FROM raw_alarm_acts FINAL "
        "WHERE ward = %(ward)s ORDER BY alarm, number",
        {"ward": ward},
    )
    return [Act._make([*row, milliseconds(at)]) for *row, at in rows]


def _read(client: Client, where: str, **parameters: object) -> list[bytes]:
    rows = client.query(
        f"SELECT event FROM raw_events FINAL WHERE topic = %(topic)s AND ward = %(ward)s AND {where} ORDER BY offset",
        {"topic": ALARMS, **parameters},
    )
    return [event.encode() for (event,) in rows]
