"""The report of 2025 as messages: read back through the connectors, it gives the report's figures."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from pydantic import SecretStr

from connectors import catalogue
from connectors.simulator.report import Arrived, report_messages
from ingest.contract.calendar import OFFICE, local_day
from ingest.contract.connector import Context
from ingest.contract.event import Event
from ingest.contract.events.content import PostPublished
from ingest.contract.events.document import DocumentIssued
from ingest.contract.events.dossier import DossierCompleted, DossierReceived, DossierWithdrawn
from ingest.contract.events.petition import PetitionAnswered, PetitionReceived
from ingest.contract.events.queue import TicketIssued, TicketServed
from ingest.contract.events.reference import AreaRegistered, TeamFormed
from ingest.source.mapper import Mapper
from ingest.untrusted.pseudonym import pseudonymiser

pytestmark = pytest.mark.long

FIRST, LAST = date(2025, 7, 1), date(2025, 8, 29)
PERIOD_END = datetime(2025, 8, 29, 17, tzinfo=UTC)


class _At:
    """A clock that shows when the message at hand arrived."""

    def __init__(self) -> None:
        self.moment = datetime(2025, 7, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def mapped(messages: Iterator[Arrived] | list[Arrived]) -> list[Event]:
    clock = _At()
    context = Context(
        clock=clock, ward="hong-bang", pseudonym=pseudonymiser(SecretStr("thirty-two characters at the least"))
    )
    mappings = {connector.id: Mapper(connector, context) for connector in catalogue()}
    found: dict[str, Event] = {}
    for message in messages:
        clock.moment = message.received_at
        taken = mappings[message.connector].take(message.payload, address=message.address)
        assert taken.dead_letter is None, taken.dead_letter
        found |= {envelope.id: envelope.data for envelope in taken.envelopes}
    return list(found.values())


@pytest.fixture(scope="module")
def messages() -> list[Arrived]:
    return list(report_messages())


@pytest.fixture(scope="module")
def events(messages: list[Arrived]) -> list[Event]:
    return mapped(messages)


def of(events: list[Event], kind: type[Event]) -> list[Event]:
    return [event for event in events if type(event) is kind]


def test_in_order_and_within_the_period(messages: list[Arrived]) -> None:
    assert all(before.received_at <= after.received_at for before, after in pairwise(messages))
    assert {local_day(message.received_at) for message in messages} <= {
        FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)
    }


def test_visits(events: list[Event]) -> None:
    issued = of(events, TicketIssued)
    assert len({event.subject for event in issued}) == len(issued) == 11_796
    assert all(OFFICE.is_open(event.occurred_at) for event in issued)
    assert len({local_day(event.occurred_at) for event in issued}) == 44


def test_dossiers(events: list[Event]) -> None:
    received = {event.subject: event for event in of(events, DossierReceived)}
    completed = {event.subject: event for event in of(events, DossierCompleted)}
    assert (len(received), len(completed)) == (4_293, 4_288)
    assert of(events, DossierWithdrawn) == []
    assert completed.keys() <= received.keys()
    for subject, done in completed.items():
        assert received[subject].received_at < done.completed_at <= received[subject].due_at  # type: ignore[attr-defined]
    still_open = [received[subject] for subject in received.keys() - completed.keys()]
    assert len(still_open) == 5
    assert all(event.due_at > PERIOD_END for event in still_open)  # type: ignore[attr-defined]


def test_a_served_ticket_and_its_dossier_meet(events: list[Event]) -> None:
    received = {event.subject for event in of(events, DossierReceived)}
    handed_in = {event.dossier_ref for event in of(events, TicketServed) if event.dossier_ref}  # type: ignore[attr-defined]
    assert len(handed_in) > 1_000
    assert handed_in <= received


def test_petitions(events: list[Event]) -> None:
    received = {event.subject: event for event in of(events, PetitionReceived)}
    answered = {event.subject: event for event in of(events, PetitionAnswered)}
    assert len(received) == len(answered) == 7
    assert {event.field_code for event in received.values()} == {"dat_dai", "ho_kinh_doanh", "ho_tich"}  # type: ignore[attr-defined]
    for subject, answer in answered.items():
        assert answer.occurred_at <= received[subject].due_at  # type: ignore[attr-defined]


def test_documents_items_and_teams(events: list[Event]) -> None:
    issued = of(events, DocumentIssued)
    assert len({event.subject for event in issued}) == 1_768
    assert all(event.signed and event.direction == "di" for event in issued)  # type: ignore[attr-defined]
    platforms = Counter(event.platform for event in of(events, PostPublished))  # type: ignore[attr-defined]
    assert platforms.total() > 600
    assert platforms.keys() == {"zalo", "portal", "fanpage", "speaker"}
    areas = {event.subject for event in of(events, AreaRegistered)}
    assert len(areas) == 70
    assert {event.subject for event in of(events, TeamFormed)} == areas


def test_the_figures_do_not_depend_on_the_seed() -> None:
    marks = {
        b'"event":"ticket.created"': 11_796,
        b'"TrangThaiHoSoId":2,': 4_293,
        b'"TrangThaiHoSoId":9,': 4_288,
        b'"loai":"phat_hanh"': 1_768,
        b'"loai":"tra_loi"': 7,
        b'"loai":"dang_bai"': 614,
    }
    counted = Counter(mark for message in report_messages(seed=2) for mark in marks if mark in message.payload)
    assert counted == marks
