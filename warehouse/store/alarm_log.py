"""Alarm acts: the log of everything that was done about alarms, by the system and by people; rows are only ever added.

An act is told apart by its alarm and its number there, so writing it twice does no harm. What an alarm is follows from its acts
(`dashboard/alarm/alarm.py`); the views `alarm_acts` and `alarms` show analysts both.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from ingest.contract.clock import milliseconds, moment
from warehouse.model.indicator import Status
from warehouse.store.client import Client

Kind = Literal[
    "raised", "risen", "cleared", "escalated",
    "acknowledged", "assigned", "commented", "ticked", "unticked",
    "told", "not_told",
]  # fmt: skip

SYSTEM = "system"
"""Who acts when no person does."""

_COLUMNS = "alarm, number, kind, rule, subject, severity, value, who, what, about, at"


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
    """To whom it was given, what was said, which step (from 0), by which way it was told, or why."""
    about: int
    """The number of the act that was told; -1 where it is about none."""
    at_ms: int
    """When, by the install's clock."""


class AcknowledgementTimes(NamedTuple):
    """How long it took until alarms were acknowledged."""

    alarms: int
    acknowledged: int
    mean_s: float
    """Of those that were acknowledged; 0 when there was none."""
    median_s: float


def write_acts(client: Client, ward: str, acts: Sequence[Act]) -> None:
    """Store acts; those that are stored already do no harm."""
    if not acts:
        return
    columns = dict(zip(Act._fields, map(list, zip(*acts, strict=True)), strict=True))
    at = [moment(ms) for ms in columns.pop("at_ms")]
    client.insert("raw_alarm_acts", {"ward": [ward] * len(acts), **columns, "at": at})


def read_acts(client: Client, ward: str, since: datetime) -> list[Act]:
    """All acts of the alarms that are not cleared, or about which something was done lately.

    Args:
        client: an open connection.
        ward: whose.
        since: what counts as lately.
    """
    mine = (
        "SELECT alarm FROM raw_alarm_acts WHERE ward = %(ward)s GROUP BY alarm "
        "HAVING countIf(kind = 'cleared') = 0 OR max(at) >= %(since)s"
    )
    return _read(client, f"ward = %(ward)s AND alarm IN ({mine})", ward=ward, since=since)


def read_alarm(client: Client, ward: str, alarm: str) -> list[Act]:
    """All acts of one alarm."""
    return _read(client, "ward = %(ward)s AND alarm = %(alarm)s", ward=ward, alarm=alarm)


def read_history(client: Client, ward: str, since: datetime, most: int) -> list[Act]:
    """All acts of the newest alarms that were raised since then, at most so many alarms."""
    mine = (
        "SELECT alarm FROM raw_alarm_acts FINAL WHERE ward = %(ward)s AND kind = 'raised' AND at >= %(since)s "
        "ORDER BY at DESC LIMIT %(most)s"
    )
    return _read(client, f"ward = %(ward)s AND alarm IN ({mine})", ward=ward, since=since, most=most)


def acknowledgement_times(client: Client, ward: str, since: datetime) -> AcknowledgementTimes:
    """How long it took, from raising to the first acknowledgement, for the alarms that were raised since then."""
    rows = client.query(
        "SELECT count(), countIf(is_acknowledged), avgIf(seconds, is_acknowledged), quantileExactInclusiveIf(0.5)(seconds, is_acknowledged) "
        "FROM (SELECT alarm, minIf(at, kind = 'raised') AS raised, minIf(at, kind = 'acknowledged') AS acknowledged, "
        "countIf(kind = 'acknowledged') > 0 AS is_acknowledged, dateDiff('millisecond', raised, acknowledged) / 1000 AS seconds "
        "FROM raw_alarm_acts FINAL WHERE ward = %(ward)s GROUP BY alarm HAVING raised >= %(since)s)",
        {"ward": ward, "since": since},
    )
    alarms, acknowledged, mean, median = rows[0]
    return AcknowledgementTimes(alarms, acknowledged, *((mean, median) if acknowledged else (0.0, 0.0)))


def _read(client: Client, where: str, **parameters: object) -> list[Act]:
    rows = client.query(
        f"SELECT {_COLUMNS} FROM raw_alarm_acts FINAL WHERE {where} ORDER BY alarm, number",
        parameters,
    )
    return [Act._make([*row, milliseconds(at)]) for *row, at in rows]
