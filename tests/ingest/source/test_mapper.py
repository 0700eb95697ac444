import json
import logging

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ingest.contract.connector import Identified, ReceivedMessage
from ingest.contract.events.queue import TicketCancelled
from ingest.source.mapper import Mapper
from tests.ingest.support.toy import POSTING, SUBSCRIBED, StillClock, context, note


def received_note():
    return ReceivedMessage(POSTING.payload.validate_python(note(1)), "", StillClock().now(), False)


def mapper(**changed):
    connector = POSTING if not changed else POSTING.__class__(**{**vars(POSTING), **changed})
    return Mapper(connector, context("w"))


def take(value, **options):
    return mapper().take(value if isinstance(value, bytes) else json.dumps(value).encode(), **options)


def test_a_message_becomes_its_event_with_the_sources_id():
    (made,), dead_letter = take(note(7))
    assert dead_letter is None
    assert (made.id, made.ward, made.source) == ("n-7", "w", "/w/queue/posting")
    assert made.data.ticket_no == "7"
    assert made.recordedtime == StillClock().now()


def test_without_an_id_of_the_source_the_same_happening_has_the_same_id():
    bare = mapper(map=lambda received, context: [one.event for one in POSTING.map(received, context)])
    body = json.dumps(note(1)).encode()
    (one,), (again,) = bare.take(body).envelopes, bare.take(body).envelopes
    (other,) = bare.take(json.dumps(note(2)).encode()).envelopes
    assert one.id == again.id != other.id


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\xff", "encoding"),
        (b"{", "not_json"),
        (b"[]", "invalid_field"),
        ({"id": "n"}, "invalid_field"),
        (note(1, at=None), "invalid_field"),
        (note(1, at="2026-03-02T08:00:00"), "invalid_field"),  # no zone
        (note(1, at="2026-02-30T08:00:00Z"), "invalid_field"),
        (note(1, at="1999-12-31T23:59:59Z"), "invalid_field"),
        (note(1, at="1969-12-31T00:00:00Z"), "invalid_field"),
        (note(1, at="2200-01-01T00:00:00Z"), "time_in_future"),
        (note(1, at="2026-03-02T08:05:01+07:00"), "time_in_future"),
        (note(1, at=17724132000000), "time_in_future"),
        (note(1, id="x" * 201), "invalid_field"),
        (note("no code"), "invalid_field"),
        (note("refuse"), "no_such_ticket"),
        (note(1, number=None), "invalid_field"),
        (note(1, extra=float("nan")), "non_finite"),
    ],
)
def test_what_makes_no_sense_is_a_dead_letter_with_its_reason(value, reason):
    taken = take(value)
    assert taken.envelopes == ()
    assert taken.dead_letter.reason_code == reason
    assert "n-1" not in taken.dead_letter.error


def test_five_minutes_ahead_is_clocks_differing():
    assert take(note(1, at="2026-03-02T08:05:00+07:00")).dead_letter is None


def test_unknown_fields_are_kept_out_and_counted_and_no_log_names_them(caplog):
    caplog.set_level(logging.INFO)
    one = mapper()
    body = json.dumps(note(1, firmware="2.0", hoTen="Nguyễn", quyDanh="A", NguyenVanA=1, **{"not a name": 1})).encode()
    (made,), _ = one.take(body)
    for _ in range(20):
        one.take(body)
    assert one.counts["unknown_fields"] == 21 * 5
    assert "firmware" not in made.model_dump_json()
    (record,) = caplog.records  # once, however many
    assert not any(name in record.getMessage() for name in ("firmware", "hoTen", "quyDanh", "NguyenVanA", "not a name"))


def test_counts_what_became_of_messages():
    one = mapper()
    for value in (note(1), note(2), note("refuse")):
        one.take(json.dumps(value).encode())
    assert (one.counts["messages"], one.counts["events"], one.counts["dead_letters"]) == (3, 2, 1)


def test_each_mapper_remembers_for_itself_and_from_its_beginning():
    """Also if both are given the same context."""

    def remembering(received, context):
        if context.memory.recall("seen"):
            return []
        context.memory.keep("seen", True)
        return POSTING.map(received, context)

    connector = POSTING.__class__(**{**vars(POSTING), "map": remembering})
    body, given = json.dumps(note(1)).encode(), context("w")
    first, second = Mapper(connector, given), Mapper(connector, given)
    assert [len(first.take(body).envelopes) for _ in range(2)] == [1, 0]
    assert len(second.take(body).envelopes) == 1
    first.forget()
    assert len(first.take(body).envelopes) == 1


def test_what_a_probe_finds_is_wrapped_and_counted():
    one = mapper()
    made = [each.event for each in POSTING.map(received_note(), one.context)]
    (found,) = one.probed(made)
    assert (found.data, found.ward, found.recordedtime) == (made[0], "w", StillClock().now())
    assert (one.counts["events"], one.counts["messages"]) == (1, 0)
    assert one.probed([]) == ()
    assert one.counts["events"] == 1


def test_a_bare_word_is_offered_to_a_payload_type_that_takes_one():
    words = TypeAdapter(str)
    assert Mapper(SUBSCRIBED, context("w")).take(b"offline", payload=words).dead_letter is None
    assert take(b"offline").dead_letter.reason_code == "not_json"
    assert Mapper(SUBSCRIBED, context("w")).take(b"x" * 201, payload=words).dead_letter.reason_code == "not_json"


def test_a_bug_in_a_mapping_is_a_dead_letter_and_a_traceback_without_the_message(caplog):
    def broken(received, context):
        return {"A": 1}[received.payload.number]

    one = mapper(map=broken)
    for name in ("Nguyen", "Nguyen", "Tran"):
        envelopes, dead_letter = one.take(json.dumps(note(1, number=name)).encode())
        assert envelopes == ()
        assert dead_letter.reason_code == "mapping_bug"
        assert dead_letter.error.startswith("KeyError in test_mapper.py, line ")
    (record,) = caplog.records  # once, however often
    assert "in broken" in record.getMessage()
    assert "Nguyen" not in record.getMessage()
    assert one.counts["dead_letters"] == 3


def test_what_is_not_the_messages_fault_is_not_caught():
    def broken(received, context):
        raise MemoryError

    with pytest.raises(MemoryError):
        mapper(map=broken).take(json.dumps(note(1)).encode())


def test_what_is_held_back_is_not_counted():
    one = mapper()
    one.take(json.dumps(note(1)).encode())
    before = one.counts.copy()
    one.take(json.dumps(note("refuse", other=1)).encode())
    one.hold_back(before, 1)
    assert +one.counts == {"messages": 1, "events": 1, "held_back": 1}


def test_an_event_that_the_connector_does_not_declare_is_a_bug(caplog):
    cancelled = TicketCancelled(
        ticket_id="s|1", site_id="s", local_date="2026-03-02", ticket_no="1", service_code="x", queue_id="q",
        at=StillClock().now(), reason="x",
    )  # fmt: skip
    wrong = mapper(map=lambda received, context: [Identified(cancelled, "n")])
    dead_letter = wrong.take(json.dumps(note(1)).encode()).dead_letter
    assert (dead_letter.reason_code, dead_letter.error[:9]) == ("mapping_bug", "TypeError")


GOOD = json.dumps(note(1)).encode()


@st.composite
def spliced(draw):
    """A good message in which some bytes are others."""
    first, last = sorted(draw(st.tuples(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)))))
    return GOOD[:first] + draw(st.binary(max_size=6) | st.just(GOOD[first:last]) | st.just(b" ")) + GOOD[last:]


@given(st.binary(max_size=300) | spliced())
@example(GOOD)
@example(GOOD + b" ")
@example(GOOD[:-1])
@example(GOOD.replace(b"n-1", "ñ-1".encode()))
def test_any_bytes_are_accepted_or_refused(body):
    taken = mapper().take(body)
    assert bool(taken.envelopes) != (taken.dead_letter is not None)
    if taken.envelopes:
        assert {one.data.type() for one in taken.envelopes} == {"vn.hongbang.queue.ticket.issued.v1"}
        assert [taken.envelopes[0].id] == [json.loads(body)["id"]]
    else:
        assert json.loads(taken.dead_letter.encode())["reason_code"] == taken.dead_letter.reason_code


def test_a_good_message_is_accepted_whatever_stands_around_it():
    for body in (GOOD, b" " + GOOD + b"\n", json.dumps(note(1, other=["x"]), ensure_ascii=False).encode()):
        assert [one.id for one in mapper().take(body).envelopes] == ["n-1"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["id", "at", "number", "kiosk", "other"]), VALUES), st.booleans())
def test_any_values_in_known_fields_are_accepted_or_refused(changed, whole):
    taken = take(note(1, **changed) if whole else changed)
    assert bool(taken.envelopes) != (taken.dead_letter is not None)
