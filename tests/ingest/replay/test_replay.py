import json

import pytest
from pydantic import TypeAdapter

from ingest.contract.connector import Connector
from ingest.contract.envelope import decoded, encode
from ingest.contract.errors import InvalidEvent
from ingest.replay.replay import SourceReplay, plan_record
from ingest.source.mapper import Mapper
from ingest.untrusted.dead_letter import from_record, from_source
from tests.ingest.support.toy import POSTING, SUBSCRIBED, StillClock, context, issued, note

NOW = StillClock().now()
BUG = InvalidEvent("mapping_bug", "KeyError in toy.py, line 1")


def dead_letter_of(value, connector=POSTING, fault=BUG, address=""):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return from_source(connector, body, fault, ward="w", received_at=NOW, address=address)


def planned(dead_letter, *connectors):
    return SourceReplay(connectors or (POSTING, SUBSCRIBED), "w", context("w").pseudonym).plan(dead_letter)


def changed(connector, **values):
    return Connector(**{**vars(connector), **values})


def test_a_record_that_makes_sense_now_is_sent_as_it_was():
    (event,) = Mapper(POSTING, context("w")).take(json.dumps(note(1)).encode()).envelopes
    dead_letter = from_record("ioc.queue.v1", 0, 5, encode(event), BUG, ward="w", received_at=NOW)
    plan = plan_record(dead_letter, encode(event))
    assert (plan.outcome, plan.envelopes) == ("sent", (decoded(event),))


@pytest.mark.parametrize("value", [None, b"", b"{", b"\xff", b"{}", b"[]"])
def test_a_record_that_still_makes_no_sense_says_why(value):
    dead_letter = from_record("ioc.queue.v1", 0, 5, value, BUG, ward="w", received_at=NOW)
    plan = plan_record(dead_letter, value)
    assert (plan.outcome, plan.envelopes) == ("refused", ())
    assert plan.detail


def test_a_message_that_is_kept_whole_is_mapped_as_it_would_have_been():
    (event,) = Mapper(POSTING, context("w")).take(json.dumps(note(1)).encode()).envelopes
    plan = planned(dead_letter_of(note(1, hoTen="Nguyễn Văn A", quyDanh="A")))
    assert (plan.outcome, plan.envelopes) == ("sent", (event,))


def test_the_time_of_its_arrival_counts_and_not_todays():
    dead_letter = dead_letter_of(note(1, at="2026-03-02T11:00:00+07:00"), fault=InvalidEvent("time_in_future", ""))
    plan = planned(dead_letter)
    assert (plan.outcome, plan.detail[:14]) == ("refused", "time_in_future")


@pytest.mark.parametrize(
    ("dead_letter", "outcome"),
    [
        (dead_letter_of(note("refuse")), "refused"),
        (dead_letter_of({"id": "x"}), "refused"),
        (dead_letter_of(note(1), fault=InvalidEvent("conflict", "")), "refused"),
        (dead_letter_of(note(1), changed(POSTING, id="gone")), "refused"),
        (dead_letter_of(note(1, number="Nguyen Van A")), "redacted"),
        (dead_letter_of(note(1, kiosk="0912345678")), "redacted"),
        (dead_letter_of(note(1, number=7)), "refused"),
        (dead_letter_of(note(1) | {"id": 10**16}), "redacted"),
        (dead_letter_of(b"{", fault=InvalidEvent("not_json", "")), "redacted"),
        (dead_letter_of(json.dumps(note(1))[:-1].encode() + b', "at": 1}', fault=InvalidEvent("duplicate_keys", "")), "redacted"),
        (dead_letter_of(note(1) | {"other": ["x"] * 1500}), "redacted"),  # only its beginning is kept
        (dead_letter_of(b"0912", fault=BUG), "redacted"),  # kept as `9999`, which is a number of nobody
        (dead_letter_of(b"word"), "redacted"),
        (dead_letter_of(note(1), SUBSCRIBED), "redacted"),  # without its topic
        (dead_letter_of(note(1), SUBSCRIBED, address="toy/1/note"), "sent"),
        (dead_letter_of(b"offline", SUBSCRIBED, address="toy/1/word"), "redacted"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_for_certain_is_not_sent(dead_letter, outcome):
    plan = planned(dead_letter)
    assert plan.outcome == outcome
    assert (outcome == "sent") == bool(plan.envelopes)
    assert (outcome == "sent") != bool(plan.detail)


def map_by_kind(received, context):
    """A mapping that takes what it does not know for something usual."""
    number = 1 if received.payload["kind"] is True else 2
    return issued(received._replace(payload=POSTING.payload.validate_python(note(number))), context)


def test_a_pseudonym_is_never_made_of_a_mark():
    """Even where the payload type does not tell which fields it reads, or a mapping looks where it should not."""
    loose = changed(POSTING, payload=TypeAdapter(dict))

    def map_loosely(received, context):
        number = context.pseudonym(received.payload["owner"])
        return issued(received._replace(payload=POSTING.payload.validate_python(note(number))), context)

    loose = changed(loose, map=map_loosely)
    assert planned(dead_letter_of({"owner": "Nguyễn Văn A"}, loose), loose).outcome == "redacted"
    choosy = changed(loose, map=map_by_kind)
    assert planned(dead_letter_of({"kind": "Nguyễn Văn A"}, choosy), choosy).outcome == "redacted"
    assert planned(dead_letter_of({"kind": True}, choosy), choosy).outcome == "sent"
    sneaky = changed(POSTING, map=lambda received, context: [context.pseudonym("x [text] y")])
    assert planned(dead_letter_of(note(1), sneaky), sneaky).outcome == "redacted"


def test_what_depends_on_mqtts_memory_is_not_sent():
    shy = changed(SUBSCRIBED, map=lambda received, context: [] if received.retained else issued(received, context))
    assert planned(dead_letter_of(note(1), shy, address="toy/1/note"), shy).outcome == "redacted"


def test_a_mapping_that_is_still_broken_is_refused():
    broken = changed(POSTING, map=lambda received, context: 1 / 0)
    plan = planned(dead_letter_of(note(1)), broken)
    assert (plan.outcome, plan.detail[:12]) == ("refused", "mapping_bug:")


def test_a_sign_of_life_brings_no_event():
    silent = changed(POSTING, map=lambda received, context: [])
    plan = planned(dead_letter_of(note(1)), silent)
    assert (plan.outcome, plan.envelopes, plan.detail) == ("sent", (), "only a heartbeat")
