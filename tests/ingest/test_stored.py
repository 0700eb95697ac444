"""What was stored by an earlier version is read as it was, as far as figures can hold it."""

import json

import pytest

from ingest.contract.code import PERSONAL_DATA
from ingest.contract.decoder import DecodedEvent
from ingest.contract.envelope import Envelope, decode, decode_stored, encode
from ingest.contract.errors import InvalidEvent
from ingest.contract.events import event_types
from ingest.contract.events.camera import DetectionStarted, OccupancySampled
from ingest.contract.events.dossier import DossierCorrected
from ingest.contract.events.petition import PetitionReceived
from ingest.contract.events.queue import TicketIssued
from ingest.contract.events.speaker import BroadcastCompleted
from streams.fold.fold import Fold
from tests.support.made import events

TICKET, BROADCAST, HALL, SEEN = (
    events(9, 1, [kind])[0] for kind in (TicketIssued, BroadcastCompleted, OccupancySampled, DetectionStarted)
)


def changed(one: Envelope, **fields: object) -> bytes:
    record = json.loads(encode(one))
    record["data"] |= fields
    return json.dumps(record).encode()


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (changed(TICKET, service_code="0912345678"), PERSONAL_DATA),
        (changed(TICKET, ticket_no="15A-99887"), PERSONAL_DATA),
        (changed(TICKET, site_id="a|b+c"), "invalid_field"),
    ],
)
def test_a_code_that_was_accepted_once_stays_what_it_was(record, reason):
    (today,) = decode([record]).events
    assert isinstance(today, InvalidEvent)
    assert today.reason == reason
    (stored,) = decode_stored([record])
    assert isinstance(stored, DecodedEvent)
    assert stored.type == TicketIssued.type()
    assert json.loads(encode(stored)) == json.loads(record)
    fold = Fold("ioc.queue.v1", 0)
    fold.fold([stored], [0])
    assert any(value.indicator == "Q01" and value.numerator == 1 for value in fold.take())


@pytest.mark.parametrize("kind", event_types().values(), ids=lambda kind: kind.kind)
def test_events_of_every_type_may_be_about_what_had_another_name_once(kind):
    record = json.loads(encode(events(9, 1, [kind])[0])) | {"subject": "a(b"}
    (today,) = decode([json.dumps(record).encode()]).events
    (stored,) = decode_stored([json.dumps(record).encode()])
    assert isinstance(today, InvalidEvent)
    assert isinstance(stored, DecodedEvent)
    assert json.loads(encode(stored)) == record


def test_codes_in_lists_and_those_that_may_be_absent_are_taken_as_they_were():
    amended = changed(events(9, 1, [DossierCorrected])[0], fields=["due|at", "fee"])
    petition = changed(events(9, 1, [PetitionReceived])[0], area_code="tdp-5|6")
    first, second = decode_stored([amended, petition])
    assert isinstance(first, DecodedEvent)
    assert isinstance(second, DecodedEvent)
    assert (first.data.fields, second.data.area_code) == (["due|at", "fee"], "tdp-5|6")


@pytest.mark.parametrize(
    "record",
    [
        changed(SEEN, score=1.5),
        changed(BROADCAST, played_s=9_300_000_000_000_000),
        changed(HALL, count=2**63 - 1),
        changed(TICKET, issued_at="1969-12-31T00:00:00Z"),
    ],
)
def test_a_number_that_no_figure_can_hold_is_none_for_ever(record):
    (stored,) = decode_stored([record])
    assert isinstance(stored, InvalidEvent)


def test_neighbours_of_what_is_older_are_read_as_ever():
    old = changed(TICKET, service_code="0912345678")
    stored = decode_stored([encode(TICKET), old, encode(BROADCAST), b"{"])
    assert [one if isinstance(one, InvalidEvent) else one.id for one in stored[:3]] == [
        TICKET.id,
        TICKET.id,
        BROADCAST.id,
    ]
    assert isinstance(stored[3], InvalidEvent)
