"""The report of an audit, and which positions it compares: without any service."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.kafka.offsets import LogExtent, LogExtents
from warehouse.audit import kafka
from warehouse.audit.report import (
    MOST_SHOWN,
    AuditedFigures,
    AuditedHour,
    AuditedStream,
    AuditReport,
    Difference,
    Mismatch,
)
from warehouse.audit.scope import merge_ranges
from warehouse.store.positions import PositionBase

NOW = datetime(2026, 11, 24, 10, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACE = ("ioc.queue.v1", 0)


def report() -> AuditReport:
    return AuditReport("7d", NOW, NOW, NOW)


def test_every_difference_is_counted_and_the_first_of_each_part_are_kept() -> None:
    made = report()
    made.add(Difference("values", "wrong", f"place {number}", "1", "2") for number in range(MOST_SHOWN + 5))
    made.add([Difference("records", "missing", "ioc.queue.v1/0 7", "0", "1")])
    assert made.differences == MOST_SHOWN + 6
    assert [one.section for one in made.found].count("values") == MOST_SHOWN
    assert made.found[-1].section == "records"


def test_the_report_for_programs_has_numbers_and_is_json() -> None:
    made = report()
    made.indicators["Q01"] = AuditedFigures(40, 1)
    made.shown["feed"] = AuditedFigures(30, 0)
    made.streams["ioc.queue.v1"] = AuditedStream()
    made.streams["ioc.queue.v1"].add(AuditedHour(NOW, kafka=10, raw=9, missing=1, kinds={"ticket.issued": 9}))
    made.mismatches = [Mismatch(("hong-bang", "Q01", "flow", 0, "", ""), "wrong", (1, 0), (2, 0))]
    made.add(mismatch.difference() for mismatch in made.mismatches)
    found = json.loads(json.dumps(made.as_json()))
    assert (found["compared"], found["differences"]) == (80, 1)
    assert found["streams"]["ioc.queue.v1"]["hours"][0]["start"] == NOW.isoformat()
    assert found["found"] == [
        {"part": "values", "fault": "wrong", "place": "hong-bang Q01 flow", "found": "1", "expected": "2"}
    ]
    assert "mismatches" not in found


def test_partitions_of_a_topic_add_up_by_the_hour() -> None:
    stream = AuditedStream()
    stream.add(AuditedHour(NOW, kafka=3, raw=3, kinds={"a": 3}))
    stream.add(AuditedHour(NOW, kafka=2, raw=1, repeats=1, kinds={"a": 1}))
    stream.add(AuditedHour(NOW + HOUR, kafka=1, dead_letters=1))
    assert (stream.kafka, stream.raw, stream.repeats, stream.dead_letters, stream.kinds) == (6, 4, 1, 1, {"a": 4})
    assert [(hour.start, hour.kafka) for hour in stream.hours] == [(NOW, 5), (NOW + HOUR, 1)]


def test_hours_are_whole_and_what_is_very_old_is_one() -> None:
    assert kafka.audit_hours(NOW - HOUR, NOW) == [NOW.replace(minute=0) - HOUR, NOW.replace(minute=0)]
    ever = kafka.audit_hours(None, NOW)
    assert ever[0].year == 1970
    assert len(ever) == kafka.MOST_HOURS + 2


def spans(log: LogExtent, known: list[PositionBase], stored: int) -> tuple[dict[Any, Any], dict[Any, Any]]:
    moments = [NOW + number * HOUR for number in range(len(log.starts))]
    return kafka.comparable_spans(
        LogExtents("mine", {PLACE: log}), moments, {PLACE: known} if known else {}, {PLACE: stored}
    )


def test_what_is_compared_ends_where_the_workers_are() -> None:
    found, behind = spans(LogExtent(0, 100, 80, (10, 40, 90)), [], 70)
    assert found[PLACE] == kafka.PositionSpan(10, 80, ((10, NOW), (40, NOW + HOUR)))
    assert behind[PLACE] == 20


def test_without_a_word_of_the_group_what_is_stored_counts() -> None:
    found, behind = spans(LogExtent(0, 100, None, (0,)), [], 70)
    assert (found[PLACE].start, found[PLACE].end, behind[PLACE]) == (0, 70, 30)


def test_positions_go_on_where_kafka_began_anew() -> None:
    logs = [PositionBase("old", 0, 0), PositionBase("mine", 500, 500)]
    found, behind = spans(LogExtent(2, 30, 20, (0,)), logs, 515)
    assert (found[PLACE].start, found[PLACE].end, behind[PLACE]) == (502, 520, 10)
    found, behind = spans(LogExtent(2, 30, None, (0,)), [PositionBase("old", 0, 0)], 500)
    assert (found, behind) == ({}, {PLACE: 28})


def test_more_than_kafka_ever_had_is_a_difference() -> None:
    logs = LogExtents("mine", {PLACE: LogExtent(0, 30, 40, ())})
    faults = [one.found for one in kafka.partitions_beyond_kafka(logs, {}, {PLACE: 35})]
    assert faults == ["stored to 34", "processed to 39"]


def test_days_that_touch_are_one_range() -> None:
    assert merge_ranges([(0, 5), (5, 9), (20, 30)]) == [(0, 9), (20, 30)]
