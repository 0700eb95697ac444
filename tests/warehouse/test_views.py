"""What analysts see is what the data dictionary says, with nothing counted twice."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from warehouse.query.adhoc import Adhoc
from warehouse.store.client import connect
from warehouse.views import dictionary, public_names

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def settings(warehouse):
    return warehouse


@pytest.fixture(scope="module")
def client(settings):
    with connect(settings) as opened:
        yield opened


def plain(kind: str) -> str:
    """A type without what the dictionary leaves out: zone and precision, and how a text is kept."""
    return re.sub(r"LowCardinality\((\w+)\)", r"\1", re.sub(r"DateTime64\([^)]*\)", "DateTime64", kind))


@pytest.mark.parametrize("view", dictionary(), ids=lambda view: view.name)
def test_columns_are_those_of_the_dictionary(client, view):
    live = {name: plain(kind) for name, kind, *_ in client.query(f"DESCRIBE {view.name}")}
    assert list(live) == [column.name for column in view.columns]
    for column in view.columns:
        assert column.label.vi
        assert column.label.en
        # How large a number an entity's field can hold is not documented.
        assert live[column.name] == column.type or (column.type == "Int64" and "Int" in live[column.name])


def test_analysts_may_read_each(settings):
    adhoc = Adhoc(settings, public_names())
    for view in dictionary():
        assert adhoc.run(f"SELECT * FROM {view.name} LIMIT 1", "lan").columns  # noqa: S608


def insert(client, table, **columns):
    client.insert(table, {name: [value] for name, value in columns.items()})


AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
EVENT = {"topic": "ioc.queue.v1", "partition": 0, "ward": "w", "kind": "k", "subject": "s", "id": "e", "at_ms": 1, "event": '{"data":{"a":1}}'}  # fmt: skip


def test_an_event_that_two_writers_stored_is_one(client):
    for _ in range(2):
        insert(client, "raw_events", **EVENT, offset=7)
    assert client.query("SELECT id, data FROM events") == [("e", '{"a":1}')]
    insert(client, "raw_repeats", **EVENT, offset=9, is_conflict=True, first_offset=7)
    assert client.query("SELECT offset, is_conflict, first_offset FROM repeats") == [(9, True, 7)]
    assert client.query("SELECT count() FROM events") == [(1,)], "a repeat is no event"


def test_a_dead_letter_says_what_became_of_it(client):
    for id in ("a", "b"):
        insert(client, "raw_dead_letters", id=id, ward="w", reason_code="bad_json", error="", connector="c",
               original_topic="", partition=-1, offset=-1, payload_redacted="", received_at=AT)  # fmt: skip
    for outcome, minute in (("refused", 1), ("sent", 2)):
        insert(client, "raw_letter_replays", id="a", outcome=outcome, detail="", events=1, replayed_by="lan",
               replayed_at=AT + timedelta(minutes=minute))  # fmt: skip
    found = client.query("SELECT id, outcome, replayed_at IS NULL FROM dead_letters ORDER BY id")
    assert found == [("a", "sent", 0), ("b", None, 1)]
