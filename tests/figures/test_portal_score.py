"""The portal's score of the pretend ward, recomputed from raw events by the formula document alone, is D16."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from connectors.dossier_portal import CONNECTOR as DOSSIERS
from connectors.petition_portal import CONNECTOR as PETITIONS
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
from warehouse.readings import Readings

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
            assert taken.letter is None, taken.letter
            found += taken.envelopes
    return found


def test_the_score_is_what_raw_events_and_the_document_say(events: list[Envelope]) -> None:
    assert len(events) > 5_000
    told = portal_score([encode(one) for one in events], BEGINS, NOW)
    readings, folds = Readings(), {}
    for offset, event in enumerate(events):
        topic = topic_of(event.data.stream)
        folds.setdefault(topic, FoldOfMoments(topic, 0)).fold([event], [offset])
    now = milliseconds(NOW)
    for fold in folds.values():
        fold.look(now, only_stirred=False)
        readings.apply(fold.take())
    score = readings.read("D16", now)
    assert (score.numerator, score.denominator) == tuple(map(sum, zip(*told.values(), strict=True))), told
    assert score.denominator == 6_600
    assert NOW.tzinfo is UTC
