"""What becomes of the sample of each connector in code, field by field: `expected/<connector>.jsonl` holds the events, read and approved line by line.

Whoever changes a mapping on purpose changes these lines with it; a connector remembers what it was told before, so a line stands for
the events of one message after those before it.
"""

import json
from typing import Any

import pytest

from connectors import catalogue
from ingest.contract.connector import Connector, Poll, Subscription
from tests.connectors.support.expected import EXPECTED, told
from tests.declarations.test_connectors import IN_CODE, lines

CONNECTORS = [one for one in IN_CODE if not (isinstance(one.way, Poll) and one.way.status)]


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: one.id)
def test_each_message_becomes_these_events(connector: Connector) -> None:
    expected = [json.loads(line) for line in (EXPECTED / f"{connector.id}.jsonl").read_text("utf-8").splitlines()]
    sample = lines(connector)
    found = told(connector, sample)
    assert len(found) == len(expected) == len(sample)
    for number, (events, wanted) in enumerate(zip(found, expected, strict=True), 1):
        assert events == wanted, f"line {number} of {connector.sample}"


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: one.id)
def test_how_messages_are_asked_for(connector: Connector) -> None:
    """The ways of the sources' interfaces: pages, paths, topics."""
    way = connector.way
    if isinstance(way, Subscription):
        assert way.topics
        assert set(way.payloads) <= set(way.topics)
    if isinstance(way, Poll):
        assert way.path.startswith("/") or way.form == "icalendar"
        first: dict[str, Any] = dict(way.parameters(None))
        assert {**first, **dict(way.parameters("c"))} != first or way.form == "icalendar", (
            "a cursor goes on from where the last page ended"
        )


def test_how_often_sources_are_asked_and_show_life() -> None:
    """In seconds; what the guide of each source promises its operator."""
    found = {
        one.id: seconds.total_seconds()
        for one in catalogue()
        if (seconds := getattr(one.way, "every", None) or getattr(one.way, "sign_of_life", None)) is not None
    }
    assert found == OFTEN


OFTEN = {
    "civil_status": 5, "content_post": 60, "document_office": 60, "dossier_portal": 5, "equipment": 30, "isapi": 30, "online_meeting": 60, "onvif": 20, "petition_portal": 60, "queue_kiosk": 10,
    "smart_loudspeaker": 60, "ward_register": 60,
}  # fmt: skip
