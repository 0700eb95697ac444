import json
from datetime import timedelta

import pytest

from ingest.contract.envelope import FUTURE_LIMIT, decode, decoded, encode, judge
from ingest.contract.errors import InvalidEvent
from tests.support.made import events

GOOD = sorted(events(5, 9), key=lambda one: -len(type(one.data).model_fields))[:3]
"""Those with the most fields, of which several can be wrong."""


def broken(**changed):
    """A good record with something changed; `None` takes a field away."""
    value = {**json.loads(encode(GOOD[0])), **changed}
    return json.dumps({name: one for name, one in value.items() if one is not None}).encode()


def of_data(**changed):
    return broken(data={**json.loads(encode(GOOD[0]))["data"], **changed})


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"", "not_json"),  # a tombstone
        (b"{", "not_json"),
        (b"\xff\xfe{", "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b"null", "invalid_field"),
        (b"[]", "invalid_field"),
        (b"{}", "unknown_type"),
        (b"{},{}", "not_json"),  # nobody makes two records of one
        (broken(type="vn.hongbang.queue.ticket.melted.v1"), "unknown_type"),
        (broken(type="vn.hongbang.queue.ticket.issued.v2"), "unknown_type"),
        (broken(type=7), "unknown_type"),
        (broken(specversion="0.3"), "invalid_field"),
        (broken(id=None), "invalid_field"),
        (broken(id=""), "invalid_field"),
        (broken(id="x" * 201), "invalid_field"),
        (broken(time=None), "invalid_field"),
        (broken(time="2026-02-30T00:00:00Z"), "invalid_field"),
        (broken(time="2026-11-20T08:00:00"), "invalid_field"),  # without its zone
        (broken(time="1969-12-31T23:59:59Z"), "invalid_field"),
        (broken(time="2200-01-01T00:00:00Z"), "time_in_future"),
        (broken(time=1795140000000000), "invalid_field"),  # microseconds
        (broken(partitionkey="<script>"), "invalid_field"),
        (broken(data=None), "invalid_field"),
        (broken(data=[]), "invalid_field"),
    ],
)
def test_a_bad_record_is_refused_and_its_neighbours_are_not(record, reason):
    first, bad, last = decode([encode(GOOD[0]), record, encode(GOOD[1])]).events
    assert (first, last) == (decoded(GOOD[0]), decoded(GOOD[1]))
    assert isinstance(bad, InvalidEvent)
    assert bad.reason == reason


def test_a_field_that_is_not_known_yet_is_ignored_and_counted():
    batch = decode([encode(GOOD[1]), broken(trace="x"), of_data(new_field=1)])
    assert batch.unknown_fields == 2
    assert batch.events == [decoded(GOOD[1]), decoded(GOOD[0]), decoded(GOOD[0])]


def test_what_was_ahead_of_the_clock_that_took_it_in_is_refused_for_ever():
    taken_in = GOOD[0].time - timedelta(minutes=5, seconds=1)
    (late,) = decode([broken(recordedtime=taken_in.isoformat())]).events
    assert isinstance(late, InvalidEvent)
    (in_time,) = decode([broken(recordedtime=(GOOD[0].time - timedelta(minutes=5)).isoformat())]).events
    assert in_time.id == GOOD[0].id


def test_the_models_take_what_is_just_in_time():
    """As the decoder does, which reads most records."""
    one = GOOD[0].model_copy(update={"recordedtime": GOOD[0].time - FUTURE_LIMIT})
    assert judge(encode(one), one.recordedtime) == (one, False)
    late, _ = judge(encode(one), one.recordedtime - timedelta(microseconds=1))
    assert isinstance(late, InvalidEvent)
    early = one.model_copy(update={"recordedtime": one.recordedtime - timedelta(microseconds=1)})
    assert isinstance(judge(encode(early), one.time)[0], InvalidEvent)


def test_what_is_written_in_another_way_has_no_unknown_field():
    """The decoder leaves it to the models."""
    record = encode(GOOD[0]).replace(b'"id":"', b'"id":"\\u0061')
    batch = decode([record])
    assert batch.unknown_fields == 0
    assert batch.events[0].id == f"a{GOOD[0].id}"
    assert batch.events[0].ward == GOOD[0].ward == GOOD[0].partitionkey


def test_at_most_five_fields_are_named_and_personal_ones_before_others():
    data = json.loads(encode(GOOD[0]))["data"]
    (fault,) = decode([broken(data={name: [] for name in data}, id="", source="")]).events
    assert isinstance(fault, InvalidEvent)
    assert len(str(fault).split("; ")) == 5
    name = next(name for name, value in data.items() if isinstance(value, str) and "T" not in value)
    (personal,) = decode([of_data(**{name: "0912345678"})]).events
    assert isinstance(personal, InvalidEvent)
    assert personal.reason == "personal_data"
    assert name in str(personal)
    assert "0912345678" not in str(personal)


def test_a_batch_has_as_many_events_as_records_and_no_unknown_fields():
    found = decode([encode(one) for one in GOOD])
    assert found.events == [decoded(one) for one in GOOD]
    assert found.unknown_fields == 0
    assert [one.ward for one in found.events if not isinstance(one, InvalidEvent)] == [one.partitionkey for one in GOOD]
    two_in_one = encode(GOOD[0]) + b"," + encode(GOOD[1])
    (refused,) = decode([two_in_one]).events
    assert isinstance(refused, InvalidEvent)
    assert refused.reason == "not_json"


def test_a_refused_record_has_no_unknown_fields():
    assert decode([broken(id=""), broken(id="", trace="x")]).unknown_fields == 0


def test_a_time_that_is_too_late_is_the_reason_whatever_else_is_wrong():
    (refused,) = decode([broken(time="2200-01-01T00:00:00Z", id="")]).events
    assert isinstance(refused, InvalidEvent)
    assert refused.reason == "time_in_future"


def test_a_connector_s_clock_may_be_45_days_ahead_of_the_reader_s():
    now = GOOD[0].recordedtime - timedelta(days=45)
    assert decode([encode(GOOD[0])], now).events == [decoded(GOOD[0])]
    (refused,) = decode([encode(GOOD[0])], now - timedelta(milliseconds=1)).events
    assert isinstance(refused, InvalidEvent)
    assert refused.reason == "time_in_future"
    assert decode([encode(GOOD[0])]).events == [decoded(GOOD[0])]
