"""What the board asks of the system's own tables: audits, what is stored, repeats beside the first record, dead letters by day."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from warehouse.audit.history import recent_audits, stored_partitions
from warehouse.dead_letters.by_day import count_by_day
from warehouse.store.client import connect
from warehouse.store.duplicates import read_duplicates

pytestmark = pytest.mark.embedded

AT = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
"""23:30 in the ward."""
QUEUE = "ioc.queue.v1"


@pytest.fixture(scope="module")
def client(warehouse):
    with connect(warehouse) as opened:
        _fill(opened)
        yield opened


def insert(client, table, **columns):
    client.insert(table, {name: [value] for name, value in columns.items()})


def event(**data):
    return json.dumps({"id": "e", "time": "2026-11-24T10:00:00+07:00", "source": "/k", "data": data})


def _fill(client):
    place = {"topic": QUEUE, "partition": 1, "ward": "w", "kind": "ticket.issued", "subject": "s", "id": "e"}
    insert(client, "raw_events", **place, offset=3, at_ms=1000, event=event(service_code="ho_tich", n=1))
    insert(client, "raw_events", **{**place, "id": "f"}, offset=4, at_ms=2000, event=event(n=9))
    insert(client, "raw_repeats", **place, offset=5, at_ms=1000, is_conflict=True, first_offset=3, ingested_at=AT, event=event(service_code="dat_dai", n=1))  # fmt: skip
    insert(client, "raw_repeats", **place, offset=6, at_ms=1000, is_conflict=False, first_offset=3, ingested_at=AT + timedelta(seconds=1), event=event(service_code="ho_tich", n=1))  # fmt: skip
    for id, received_at in (("a", AT), ("a", AT + timedelta(days=2)), ("b", AT + timedelta(hours=1))):
        insert(client, "raw_dead_letters", id=id, ward="w", reason_code="not_json", error="", connector="", original_topic=QUEUE,
               partition=1, offset=7 if id == "a" else 8, payload_redacted="", received_at=received_at)  # fmt: skip
    for hours, report in ((0, '{"streams": {}}'), (24, "no json")):
        insert(client, "audits", started_at=AT - timedelta(hours=hours), finished_at=AT, scope="all", compared=7,
               differences=hours, repaired=0, report=report)  # fmt: skip


def test_a_repeat_stands_beside_the_first_record(client):
    same, conflict = read_duplicates(client)
    assert (conflict.is_conflict, conflict.first_offset, conflict.offset) == (True, 3, 5)
    assert conflict.differing == [("service_code", "ho_tich", "dat_dai")]
    assert same.differing == []
    assert same.first == {"time": "2026-11-24T10:00:00+07:00", "service_code": "ho_tich", "n": 1}
    assert read_duplicates(client, only_conflicts=True) == [conflict]
    assert read_duplicates(client, place=(QUEUE, 1, 6)) == [same]
    assert read_duplicates(client, place=(QUEUE, 0, 6)) == []


def test_dead_letters_are_counted_on_the_wards_day_on_which_they_first_came(client):
    days = count_by_day(client, AT - timedelta(days=1))
    assert days == [(date(2026, 11, 24), "not_json", 1), (date(2026, 11, 25), "not_json", 1)]
    assert count_by_day(client, AT + timedelta(minutes=30))[0] == (date(2026, 11, 25), "not_json", 1)


def test_the_last_audit_comes_first(client):
    last, before = recent_audits(client, 5)
    assert (last.differences, before.differences) == (0, 24)
    assert (last.report, before.report) == ({"streams": {}}, {})
    assert len(recent_audits(client, 1)) == 1


def test_everything_that_is_stored_of_a_stream_is_counted_once(client):
    (one,) = stored_partitions(client)
    assert (one.topic, one.partition, one.events, one.repeats, one.dead_letters) == (QUEUE, 1, 2, 2, 2)
    assert (one.last_offset, one.newest_ms) == (8, 2000)
