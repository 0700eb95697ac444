"""The portal's score of the pretend ward, recomputed from raw events by the formula document alone, is D16."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from connectors.declared.ready import standing_connectors
from connectors.dossier_portal import CONNECTOR as DOSSIERS
from connectors.simulator.message import encoded
from connectors.simulator.systems import office
from connectors.simulator.systems.dossier_system import item
from connectors.simulator.systems.dossiers import dossiers
from connectors.simulator.ward import Pretend
from ingest.contract.calendar import ward_moment
from ingest.contract.clock import milliseconds
from ingest.contract.connector import Connector
from ingest.contract.envelope import Envelope, encode
from ingest.contract.topic import topic_of
from tests.declarations.test_connectors import mapper
from tests.figures.support.portal_score import portal_score
from tests.figures.support.shown import FoldOfMoments
from tests.figures.support.story import Case, book
from warehouse.indicators.score import PARTS, hundredths
from warehouse.readings import Readings

(PETITIONS,) = [one for one in standing_connectors() if one.id == office.PETITIONS]
FIRST, LAST = date(2026, 10, 12), date(2026, 11, 27)
BEGINS, NOW = ward_moment(date(2026, 11, 1), time()), ward_moment(LAST, time(17, 0))


def sent() -> Iterator[tuple[Connector, datetime, bytes]]:
    """What the dossier system and the petition portal of the pretend ward sent until now."""
    pretend = Pretend(1, "hong-bang")
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=n)
        for one in dossiers(pretend, day):
            for index, change in enumerate(one.changes):
                yield DOSSIERS, change.at, encoded(item(pretend, one, index))
        for message in office.petitions(pretend, day):
            yield PETITIONS, message.at, message.body


@pytest.fixture(scope="module")
def events() -> list[Envelope]:
    mappers = {one.id: mapper(one) for one in (DOSSIERS, PETITIONS)}
    found: list[Envelope] = []
    for connector, at, body in sorted(sent(), key=lambda one: one[1]):
        if at <= NOW:
            taken = mappers[connector.id].take(body)
            assert taken.dead_letter is None, taken.dead_letter
            found += taken.envelopes
    return found


def shown(events: list[Envelope], now: int) -> Readings:
    """What the figures show after all events."""
    readings = Readings()
    folds: dict[str, FoldOfMoments] = {}
    for offset, event in enumerate(events):
        topic = topic_of(event.data.stream)
        folds.setdefault(topic, FoldOfMoments(topic, 0)).fold([event], [offset])
    for fold in folds.values():
        fold.look(now, only_stirred=False)
        readings.apply(fold.take())
    return readings


@pytest.mark.long
def test_the_score_is_what_raw_events_and_the_document_say(events: list[Envelope]) -> None:
    assert len(events) > 5_000
    told = portal_score([encode(one) for one in events], BEGINS, NOW)
    now = milliseconds(NOW)
    score = shown(events, now).read("D16", now)
    assert (score.numerator, score.denominator) == tuple(map(sum, zip(*told.values(), strict=True))), told
    assert score.denominator == 6_600
    assert NOW.tzinfo is UTC


ITEMS = {
    "2.1": "D09", "3.3": "D17", "3.6": "D18", "4.1": "D25", "4.2": "D19", "4.3": "D22", "4.4": "D26", "5.2": "P02", "5.3": "P06", "5.4": "P05",
}  # fmt: skip
"""The indicator that is each item's share."""


@pytest.mark.parametrize("at", [date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 30), date(2026, 12, 2)])
def test_item_by_item_over_all_lives_of_the_book(at: date) -> None:
    """Reopened, withdrawn, refused, stopped, corrected: all dossiers and petitions of the book as if of one ward."""
    now, begins = ward_moment(at, time(17, 0)), ward_moment(at.replace(day=1), time())
    events = [
        one.model_copy(update={"partitionkey": "book"})
        for case in book()
        for one in case.events
        if one.data.stream in ("dossier", "petition") and one.time <= now and has_a_date(case)
    ]
    told = portal_score([encode(one) for one in events], begins, now, tells_publication=False)
    readings = shown(sorted(events, key=lambda one: one.time), milliseconds(now))
    parts = {part.of.id: part for part in PARTS}
    for item_, id in ITEMS.items():
        reading, (found, most) = readings.read(id, milliseconds(now)), told[item_]
        expected = found if most else None
        assert hundredths(parts[id], reading) == expected, (item_, reading.numerator, reading.denominator)


def has_a_date(case: Case) -> bool:
    """Whether the portal gave each of its dossiers a due date; without one the document's rule is another."""
    return all(getattr(one.data, "due_at", True) for one in case.events if one.data.kind == "dossier.received")
