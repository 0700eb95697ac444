"""What each version of Frigate says of the same quarter of an hour becomes the same events, and nothing of it names anybody."""

import json
from typing import Any

import pytest

from connectors.frigate import CONNECTOR
from ingest.contract.connector import ConnectorMemory, Subscription
from ingest.contract.events import camera
from tests.connectors.support.taking import Conversation
from tests.declarations.test_connectors import SAMPLES, personal_values

VERSIONS = ("0.14", "0.15", "0.16", "0.17")
START = 1_795_056_000.0
ROAD, GATE, MARKET, DARK = "tdp014-duong-le-loi", "tdp014-ubnd-cong-sau", "tdp022-cho-sat", "tdp031-nga-ba"


def lines(version: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / f"frigate_{version}.jsonl").read_text("utf-8").splitlines()]


def told(version: str, conversation: Conversation | None = None) -> list[Any]:
    """The events of a whole sample, in order."""
    heard = conversation or Conversation(CONNECTOR)
    return [
        event for line in lines(version) for event in heard.events(line["payload"], line["topic"], line["retained"])
    ]


def seconds(event: Any) -> tuple[float, float | None]:
    ended = getattr(event, "ended_at", None)
    return event.started_at.timestamp() - START, ended and ended.timestamp() - START


each = pytest.mark.parametrize("version", VERSIONS)


@each
def test_every_version_tells_the_same(version: str) -> None:
    """A car over the line; somebody known who enters forbidden ground later; a van that is called by its logo; neither a dog nor a sound."""
    seen = [one for one in told(version) if isinstance(one, camera.DetectionStarted | camera.DetectionEnded)]
    kinds = [(one.kind, one.detection, one.object_class, one.zone_id, one.severity, *seconds(one)) for one in seen]
    known = ("intrusion", "person", "cam_sau_ubnd")
    quiet = (
        [("detection.started", *known, "detection", 95.0, None)] if version != "0.14" else []
    )  # which tells only the alert
    assert kinds == [
        ("detection.started", "line_cross", "car", "vach_le_loi_vao", "detection", 10.0, None),
        ("detection.ended", "line_cross", "car", "vach_le_loi_vao", "detection", 10.0, 17.0),
        *quiet,
        ("detection.started", *known, "alert", 95.0, None),
        ("detection.ended", *known, "alert", 95.0, 119.0),
        ("detection.started", "congestion", "car", "un_tac_cho_sat", "alert", 201.0, None),
        ("detection.ended", "congestion", "car", "un_tac_cho_sat", "alert", 201.0, 259.0),
    ]


@each
def test_every_version_registers_its_cameras(version: str) -> None:
    """Also before 0.17, in which no camera has a status of its own."""
    newest = {
        one.camera_id: type(one) for one in told(version) if isinstance(one, camera.HealthOnline | camera.HealthOffline)
    }
    assert newest == {
        ROAD: camera.HealthOnline, GATE: camera.HealthOnline, MARKET: camera.HealthOnline, DARK: camera.HealthOffline,
    }  # fmt: skip


@each
def test_every_message_of_the_sample_is_subscribed(version: str) -> None:
    way = CONNECTOR.way
    assert isinstance(way, Subscription)
    topics = {line["topic"] for line in lines(version)}
    assert {"frigate/events", "frigate/reviews", "frigate/stats"} <= topics
    assert any(topic.endswith("/status/detect") for topic in topics) == (version == "0.17")


@each
def test_a_process_that_starts_anew_tells_nothing_else(version: str) -> None:
    """Whatever is told a second time has the same id and the same content."""
    once = {envelope.id: envelope.data for envelope in Conversation(CONNECTOR).envelopes(lines(version))}
    again = Conversation(CONNECTOR)
    for line in lines(version):
        again = Conversation(CONNECTOR) if "status" not in line["topic"] else again
        for envelope in again.envelopes([line]):
            if isinstance(envelope.data, camera.DetectionStarted) and envelope.data.detection == "line_cross":
                assert once[envelope.id] == envelope.data


@each
def test_a_batch_that_is_held_back_says_the_same_when_it_comes_again(version: str) -> None:
    heard = Conversation(CONNECTOR)
    first, second = (
        [
            one
            for one in heard.envelopes(lines(version))
            if isinstance(one.data, camera.DetectionStarted | camera.DetectionEnded)
        ]
        for _ in range(2)
    )
    assert [(one.id, one.data) for one in second] == [(one.id, one.data) for one in first]


@each
def test_nothing_of_a_person_passes(version: str) -> None:
    """Neither in an event nor in the dead letter of a message that is spoiled."""
    canaries = {value for line in lines(version) for value in personal_values(line, CONNECTOR.personal)}
    assert any("Vũ Thị" in one for one in canaries)
    assert version != "0.17" or any("hộp các-tông" in one for one in canaries)
    heard = Conversation(CONNECTOR)
    texts = [envelope.data.model_dump_json() for envelope in heard.envelopes(lines(version))]
    for line in lines(version):
        spoiled = (
            {**line["payload"], "after": 1, "cameras": 1} if isinstance(line["payload"], dict) else line["payload"]
        )
        dead_letter = heard.take(spoiled, line["topic"], line["retained"]).dead_letter
        texts += [dead_letter.encode().decode()] if dead_letter else []
    assert [value for value in canaries if any(value in text for text in texts)] == []


def test_what_is_remembered_is_bounded() -> None:
    memory = ConnectorMemory(3)
    for number in range(10):
        memory.keep(number, number)
        memory.recall(7)
    assert [number for number in range(10) if memory.recall(number) is not None] == [7, 8, 9]
