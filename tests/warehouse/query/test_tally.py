from datetime import timedelta

import pytest

from ingest.contract.errors import InvalidEvent
from ingest.contract.events.content import PostPublished
from ingest.contract.events.health import SourceHeartbeat
from ingest.untrusted.dead_letter import from_record
from tests.support.made import START, events
from tests.support.raw import store
from warehouse.dead_letters.stored import ReplayOutcome, write_replays
from warehouse.query.tally import Tally, tally
from warehouse.store.client import connect
from warehouse.store.sink import DeadLetterRecord, write_dead_letters

pytestmark = pytest.mark.embedded

NOW = START + timedelta(days=2)
DAY = timedelta(hours=24)


@pytest.fixture(scope="module")
def client(warehouse):
    with connect(warehouse) as opened:
        yield opened


def dead_letter(offset, received_at):
    made = from_record(
        "ioc.queue.v1", 0, offset, b"", InvalidEvent("not_json", "no"), ward="w", received_at=received_at
    )
    return DeadLetterRecord(made, 0, offset)


def test_what_came_within_a_day_and_what_waits(client):
    assert tally(client, NOW) == Tally(0, 0, 0)
    made = events(seed=4, count=60, kinds=[PostPublished, SourceHeartbeat])
    store(client, made)
    store(client, made[:10], first=60)
    old, new, sent = dead_letter(1, NOW - 2 * DAY), dead_letter(2, NOW), dead_letter(3, NOW)
    write_dead_letters(client, [old, new, sent])
    write_replays(client, [ReplayOutcome(sent.dead_letter.id, "sent", "", 1, "lan", NOW)])
    lately = [one for one in made if one.data.stream == "content" and NOW - DAY < one.time <= NOW]
    assert 0 < len(lately) < 30
    assert tally(client, NOW) == Tally(len(lately), 2, 2)
