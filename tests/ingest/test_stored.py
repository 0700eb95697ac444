"""What was stored by an earlier version is read as it was, as far as figures can hold it."""

import json

import pytest

from ingest.contract.code import PERSONAL_DATA
from ingest.contract.decoder import DecodedEvent
from ingest.contract.envelope import Envelope, decode, decode_stored, encode
from ingest.contract.errors import InvalidEvent
from ingest.contract.events.camera import OccupancySampled
from ingest.contract.events.queue import TicketIssued
from ingest.contract.events.speaker import BroadcastCompleted
from streams.fold.fold import Fold
from tests.support.made import events

TICKET, BROADCAST, HALL = (events(9, 1, [kind])[0] for kind in (TicketIssued, BroadcastCompleted, OccupancySampled))


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


@pytest.mark.parametrize(
    "record",
    [
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
