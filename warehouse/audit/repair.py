"""Repair: stored figures that an audit found wrong, written again as the events give them - as new revisions, so that everybody sees it.

A figure is only as right as the events behind it. While records of a stream are missing, nothing made of it is fixed: the workers
fetch what Kafka still holds when they start.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import NamedTuple

from ingest.contract.calendar import ward_moment
from ingest.contract.clock import milliseconds
from ingest.contract.topic import topic_of
from warehouse.audit.report import AuditReport, FigureKey, Mismatch, name_figure
from warehouse.catalogue import indicator
from warehouse.model.correction import Cause, Correction, correction
from warehouse.model.expression import MINUTE
from warehouse.model.value import Value
from warehouse.store.client import Client
from warehouse.store.sink import write_corrections, write_values

KIND = "audit"
"""What stands in the place of the event that caused a correction."""
DEFINITION = "definition"
"""The same, where the figure was counted before the definition of today held."""


class RepairPlan(NamedTuple):
    """What a repair would write."""

    values: list[Value]
    corrections: list[Correction]
    at: datetime
    """When it was planned, by the install's clock."""
    held_back: dict[str, int]
    """By topic whose records are missing or doubled, how many figures are left as they are."""

    def lines(self) -> list[str]:
        """The figures as people read them, in the order in which they are written."""
        return [
            f"{name_figure(value[:6])}: {value.numerator}{f'/{value.denominator}' if value.denominator else ''} (revision {value.revision})"
            for value in self.values
        ]


def plan_repair(client: Client, report: AuditReport, now: datetime) -> RepairPlan:
    """What would fix the figures that an audit found; writes nothing.

    Args:
        client: an open connection.
        report: of the audit.
        now: the present by the install's clock.
    """
    wanting = {topic for topic, stream in report.streams.items() if stream.missing or stream.doubled}
    held_back: dict[str, int] = {}
    fixed: list[Mismatch] = []
    for mismatch in report.mismatches:
        topic = _topic(mismatch.place)
        if topic in wanting:
            held_back[topic] = held_back.get(topic, 0) + 1
        else:
            fixed.append(mismatch)
    known = _known(client, fixed)
    newest = _newest(client)
    now_ms = milliseconds(now)
    values: list[Value] = []
    corrections: list[Correction] = []
    for number, mismatch in enumerate(fixed):
        topic, ward = _topic(mismatch.place), mismatch.place[0]
        partition, offset, at_ms = newest.get((topic, ward), (0, 0, 0))
        value = _mended(mismatch, known.get(mismatch.place), Value(*mismatch.place, 0, 0, at_ms, at_ms, topic, partition, offset, offset))  # fmt: skip
        values.append(value)
        if mismatch.place[4:] == ("", "") and mismatch.found != mismatch.expected:
            kind = reason_of(mismatch.place)
            cause = Cause(kind, "", f"{kind}-{now_ms}", now_ms, now_ms * 1000 + number % 1000)
            # Not at a place of Kafka's, so that no event's own correction is replaced.
            corrections.append(correction(value, mismatch.found, cause)._replace(topic=KIND, partition=0))
    return RepairPlan(values, corrections, now, held_back)


def write_repair(client: Client, planned: RepairPlan) -> None:
    """Write what was planned."""
    write_corrections(client, planned.corrections, planned.at)
    write_values(client, planned.values)


def reason_of(place: FigureKey) -> str:
    """Why a figure is written again: `definition` if it was counted before its definition changed, else what the audit found."""
    one, window_ms = indicator(place[1]), place[3]
    return DEFINITION if one.version > 1 and window_ms < milliseconds(ward_moment(one.since, time())) else KIND


def _mended(mismatch: Mismatch, known: Value | None, empty: Value) -> Value:
    """The figure as the events give it, in front of whatever is stored."""
    numerator, denominator = mismatch.expected
    place = mismatch.place
    before = known or empty
    revision = before.revision + 1
    if place[2] == "stock":
        as_of = place[3] + MINUTE
        version = max(as_of + revision, before.version + 1 if known else 0)
        return before._replace(
            numerator=numerator, denominator=denominator, as_of_ms=as_of, version=version, revision=revision
        )
    return before._replace(numerator=numerator, denominator=denominator, version=before.version + 1, revision=revision)


def _known(client: Client, fixed: Sequence[Mismatch]) -> dict[FigureKey, Value]:
    """The stored rows of these figures."""
    found: dict[FigureKey, Value] = {}
    for start in range(0, len(fixed), 1000):
        places = tuple(mismatch.place for mismatch in fixed[start : start + 1000])
        rows = client.query(
            f"SELECT {', '.join(Value._fields)} FROM raw_values FINAL "
            "WHERE (ward, indicator, grain, window_ms, dimension, member) IN %(places)s",
            {"places": places},
        )
        found |= {row[:6]: Value(*row) for row in rows}
    return found


def _newest(client: Client) -> dict[tuple[str, str], tuple[int, int, int]]:
    """By topic and ward, partition and offset of the newest record, and the newest event's time."""
    rows = client.query(
        "SELECT topic, ward, argMax(partition, offset), max(offset), max(at_ms) FROM raw_events GROUP BY topic, ward"
    )
    return {(topic, ward): (partition, offset, at_ms) for topic, ward, partition, offset, at_ms in rows}


def _topic(place: FigureKey) -> str:
    return topic_of(indicator(place[1]).of.events[0].stream)


def describe_plan(lines: Iterable[str], most: int = 20) -> list[str]:
    """The first lines, and how many more there are."""
    whole = list(lines)
    return whole if len(whole) <= most else [*whole[:most], f"… + {len(whole) - most}"]
