"""Audit of records: Kafka against the tables, partition by partition, and the dead letters' topic against theirs."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import ValidationError

from ingest.contract.clock import RealClock
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS
from ingest.kafka.offsets import LogExtents, read_logs
from ingest.kafka.reader import read_records
from ingest.untrusted.dead_letter import DeadLetter
from warehouse.audit import kafka
from warehouse.audit.kafka import PositionSpan, name_positions
from warehouse.audit.report import AuditedHour, AuditedStream, AuditReport, Difference
from warehouse.store.client import Client
from warehouse.store.positions import PartitionKey, PositionBase, read_bases

LOST_WITHIN = timedelta(days=35)
"""So far back it is looked for records that neither the tables nor Kafka have."""

_MARGIN = timedelta(hours=1)


class AuditScopeQuestion(NamedTuple):
    """Where Kafka is, and of what time."""

    ingest: IngestSettings
    group: str | None
    """Consumer group of the workers; without it what is stored says how far they are."""
    since: datetime | None
    """Real time; `None`: all that Kafka holds."""


def compare_records(client: Client, asked: AuditScopeQuestion, report: AuditReport, patience: Sequence[float]) -> None:
    """Put into the report what became of Kafka's records.

    Args:
        client: an open connection.
        asked: what of Kafka.
        report: gets the streams and the differences.
        patience: pauses, in seconds, after which a difference is looked at again before it counts.

    Raises:
        Unavailable: Kafka does not answer.
    """
    moments = kafka.audit_hours(asked.since, RealClock().now())
    stored = kafka.stored_ends(client)  # before Kafka is asked: what comes meanwhile is not a surplus
    logs = read_logs(asked.ingest, kafka.event_topics(), moments, asked.group)
    known = read_bases(client)
    since = moments[0] - _MARGIN
    spans, behind = kafka.comparable_spans(logs, moments, known, stored)
    counted = {place: kafka.count_records(client, place, span, since) for place, span in spans.items()}
    for pause in patience:
        again = [place for place, hours in counted.items() if any(hour.missing or hour.doubled for hour in hours)]
        if not again:
            break
        time.sleep(pause)
        counted |= {place: kafka.count_records(client, place, spans[place], since) for place in again}
    for place in logs.logs:
        kafka.add_hours(report.streams, place, counted.get(place, ()), behind.get(place, 0))
    for place, hours in counted.items():
        report.add(_faults(client, place, spans[place], hours, since))
    report.add(kafka.partitions_beyond_kafka(logs, known, stored))
    report.add(_lost(client, logs, known, max(since, RealClock().now() - LOST_WITHIN)))
    report.add(_repeated(client, since))


def compare_dead_letters(
    client: Client, asked: AuditScopeQuestion, report: AuditReport, patience: Sequence[float]
) -> None:
    """Put into the report whether every dead letter of the dead letters' topic is in their table.

    Raises:
        Unavailable: Kafka does not answer.
    """
    moments = kafka.audit_hours(asked.since, RealClock().now())[:1]
    ends = client.query(
        "SELECT toUInt32(log_partition), max(log_offset) + 1 FROM raw_dead_letters WHERE log_partition >= 0 GROUP BY log_partition"
    )
    logs = read_logs(asked.ingest, [DEAD_LETTERS], moments, asked.group)
    known = read_bases(client)
    spans, behind = kafka.comparable_spans(
        logs, moments, known, {(DEAD_LETTERS, partition): end for partition, end in ends}
    )
    stream = report.streams.setdefault(DEAD_LETTERS, AuditedStream())
    stream.behind = sum(behind.values())
    for place, span in spans.items():
        bad = _unknown_dead_letters(client, asked.ingest, place, span, logs, known)
        for pause in patience if bad else ():
            time.sleep(pause)
            bad = _unknown_dead_letters(client, asked.ingest, place, span, logs, known)
            if not bad:
                break
        size = span.end - span.start
        stream.add(AuditedHour(span.cuts[0][1], kafka=size, dead_letters=size - len(bad), missing=len(bad)))
        report.add(Difference("letters", "missing", name_positions(place, position), "", id) for position, id in bad)


def _faults(
    client: Client, place: PartitionKey, span: PositionSpan, hours: Sequence[AuditedHour], since: datetime
) -> Iterator[Difference]:
    if any(hour.missing for hour in hours):
        for first, last in kafka.missing_ranges(client, place, span, since):
            count = last - first + 1
            yield Difference("records", "missing", name_positions(place, first, last), "0", str(count))
    if any(hour.doubled for hour in hours):
        for offset, raws, repeats, dead_letters in kafka.doubled_positions(client, place, span, since):
            found = f"{raws} events, {repeats} repeats, {dead_letters} dead letters"
            yield Difference("records", "doubled", name_positions(place, offset), found, "1")


def _lost(
    client: Client, logs: LogExtents, known: dict[PartitionKey, list[PositionBase]], since: datetime
) -> Iterator[Difference]:
    """Records that were missing when Kafka let go of them."""
    firsts = client.query(
        f"SELECT topic, partition, min(offset) FROM raw_events WHERE ingested_at >= fromUnixTimestamp({int(since.timestamp())}) "
        "GROUP BY topic, partition"
    )
    for topic, partition, first in firsts:
        place = (topic, partition)
        base = kafka.base_of(known.get(place), logs.cluster)
        if place not in logs.logs or base is None:
            continue
        start, end = max(first, base.first), logs.logs[place].earliest + base.base
        if start < end:
            for begin, last in kafka.missing_ranges(client, place, PositionSpan(start, end, ()), since - LOST_WITHIN):
                yield Difference("records", "lost", name_positions(place, begin, last), "0", str(last - begin + 1))


def _repeated(client: Client, since: datetime) -> Iterator[Difference]:
    """Events that are stored twice although their id tells that they are the same."""
    # Before there was a table for repeats, they were stored among the events; every rule takes them for one.
    ((applied,),) = client.query("SELECT max(applied_at) FROM schema_migrations WHERE version = 2")
    since = max(since - kafka.SAME_ID, applied)
    for topic in kafka.event_topics():
        for partition, id, places in kafka.repeated_ids(client, topic, since):
            found = ", ".join(map(str, places))
            yield Difference(
                "records", "doubled", f"{name_positions((topic, partition))} id {id}", found, str(places[0])
            )


def _unknown_dead_letters(
    client: Client,
    ingest: IngestSettings,
    place: PartitionKey,
    span: PositionSpan,
    logs: LogExtents,
    known: dict[PartitionKey, list[PositionBase]],
) -> list[tuple[int, str]]:
    """Dead letters of the topic that the table does not have: position and id. The same dead letter sent twice is one row of it."""
    missing = client.query(
        "SELECT toInt64(number) FROM numbers({start:UInt64}, {count:UInt64}) WHERE number NOT IN ("
        "SELECT toUInt64(log_offset) FROM raw_dead_letters WHERE log_partition = {partition:Int32} AND log_offset >= 0) LIMIT 1000",
        {"start": span.start, "count": span.end - span.start, "partition": place[1]},
    )
    base = kafka.base_of(known.get(place), logs.cluster)
    if not missing or base is None:
        return []
    positions = [(*place, position - base.base) for (position,) in missing]
    records = asyncio.run(read_records(ingest, positions))
    ids = {offset + base.base: _id(value) for (_, _, offset), value in records.items() if value}
    rows = client.query("SELECT DISTINCT id FROM raw_dead_letters WHERE id IN %(ids)s", {"ids": ("", *ids.values())})
    there = {id for (id,) in rows}
    return [(position, id) for position, id in sorted(ids.items()) if id not in there]


def _id(value: bytes) -> str:
    try:
        return DeadLetter.model_validate_json(value).id
    except ValidationError:
        return "?"
