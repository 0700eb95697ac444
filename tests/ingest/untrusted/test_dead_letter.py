import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from connectors import catalogue
from ingest.contract.connector import Subscription
from ingest.contract.errors import InvalidEvent
from ingest.untrusted.dead_letter import LONGEST_ERROR, DeadLetter, from_record, from_source, known_fields
from tests.ingest.support.toy import POSTING, SUBSCRIBED, note

NOW = datetime(2026, 3, 2, tzinfo=UTC)
FAULT = InvalidEvent("invalid_field", "at: should have a zone")


def test_dead_letter_of_a_source_tells_what_a_person_needs_and_nothing_personal():
    body = json.dumps(note(1, quyDanh="Nguyen-Van-A", hoTen="Nguyễn Văn A", extra="B")).encode()
    dead_letter = from_source(SUBSCRIBED, body, FAULT, ward="w", received_at=NOW, address="toy/1/note")
    assert (dead_letter.reason_code, dead_letter.error) == ("invalid_field", "at: should have a zone")
    assert (dead_letter.connector, dead_letter.address, dead_letter.ward) == ("subscribed", "toy/1/note", "w")
    assert (dead_letter.original_topic, dead_letter.partition, dead_letter.offset) == (None, None, None)
    assert json.loads(dead_letter.payload_redacted) == note(1, quyDanh="[personal]", hoTen="[personal]", extra="[text]")
    assert DeadLetter.model_validate_json(dead_letter.encode()) == dead_letter


def test_dead_letter_of_a_record_says_where_it_lies():
    value = json.dumps({"id": "n-1", "data": {"ticket_id": "s|1", "hoTen": "A"}, "x": 1}).encode()
    dead_letter = from_record("ioc.queue.v1", 3, 42, value, FAULT, ward="w", received_at=NOW)
    assert (dead_letter.original_topic, dead_letter.partition, dead_letter.offset) == ("ioc.queue.v1", 3, 42)
    assert json.loads(dead_letter.payload_redacted) == {
        "id": "n-1", "data": {"ticket_id": "s|1", "hoTen": "[personal]"}, "x": "[number]",
    }  # fmt: skip
    assert dead_letter.id == from_record("ioc.queue.v1", 3, 42, None, FAULT, ward="w", received_at=NOW).id
    assert dead_letter.id != from_record("ioc.queue.v1", 3, 43, value, FAULT, ward="w", received_at=NOW).id


def test_a_tombstone_and_garbage_have_dead_letters():
    assert from_record("t", 0, 0, None, FAULT, ward="w", received_at=NOW).payload_redacted == ""
    assert from_record("t", 0, 0, b"\xff\xfe", FAULT, ward="w", received_at=NOW).payload_redacted.startswith("base64:")


def test_the_same_message_refused_again_is_the_same_dead_letter():
    first = from_source(POSTING, b"{}", FAULT, ward="w", received_at=NOW)
    again = from_source(POSTING, b"{}", FAULT, ward="w", received_at=NOW.replace(hour=5))
    other = from_source(POSTING, b"{}", InvalidEvent("conflict", ""), ward="w", received_at=NOW)
    assert first.id == again.id != other.id


def test_error_and_address_are_bounded():
    dead_letter = from_source(
        POSTING, b"{}", InvalidEvent("x", "y" * 9999), ward="w", received_at=NOW, address="Nguyễn"
    )
    assert len(dead_letter.error) == LONGEST_ERROR
    assert dead_letter.address == ""


def test_known_fields_are_those_of_every_topic():
    assert known_fields(SUBSCRIBED) == {"id", "at", "number", "kiosk"}

    class Second(BaseModel):
        volume: int = Field(alias="vol")

    class Third(BaseModel):
        parts: list[Second]

    assert isinstance(SUBSCRIBED.way, Subscription)
    payloads = {"a": TypeAdapter(Second), "b/+": TypeAdapter(list[Third]), "c": TypeAdapter(str)}
    way = replace(SUBSCRIBED.way, payloads=cast(Any, payloads))
    several = replace(SUBSCRIBED, way=way)
    assert known_fields(several) == {"id", "at", "number", "kiosk", "volume", "vol", "parts"}
    only = replace(several, payload=TypeAdapter(str))
    assert known_fields(only) == {"volume", "vol", "parts"}
    body = json.dumps({"vol": 7, "id": "n-1", "parts": [{"vol": 8}]}).encode()
    dead_letters = [from_source(one, body, FAULT, ward="w", received_at=NOW) for one in (SUBSCRIBED, several, only)]
    assert [json.loads(one.payload_redacted) for one in dead_letters] == [
        {"vol": "[number]", "id": "n-1", "parts": [{"vol": "[number]"}]},
        {"vol": 7, "id": "n-1", "parts": [{"vol": 8}]},
        {"vol": 7, "id": "[text]", "parts": [{"vol": 8}]},
    ]


@pytest.mark.parametrize("connector", catalogue(), ids=lambda one: one.id)
def test_every_field_that_a_connector_reads_is_known(connector):
    """By every one of its topics; a field that is renamed for the source is known by the source's name."""
    adapters = [connector.payload, *getattr(connector.way, "payloads", {}).values()]
    schemas = [adapter.json_schema(by_alias=True) for adapter in adapters]
    asked = {
        name
        for schema in schemas
        for one in (schema, *schema.get("$defs", {}).values())
        for name in one.get("properties", {})
    }
    assert asked <= known_fields(connector)
