"""ISAPI: what lasts, and when it is over; what a device says over its real protocol: `tests/ingest/devices/test_reader.py`."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.isapi import CONNECTOR, DISK_QUIET, MOST_OPEN, PICTURE_QUIET, QUIET
from tests.connectors.support.taking import NOW, Conversation

MOMENT = timedelta(seconds=1)


def said(kind: str, state: str = "active", **more: Any) -> dict[str, Any]:
    return {"device": "cong", "said": {"eventType": kind, "eventState": state, **more}}


def told(events: list[Any]) -> list[str]:
    return [f"{one.kind} {getattr(one, 'code', '')} {getattr(one, 'state', '')}".strip() for one in events]


def test_what_is_said_again_and_again_happened_once_and_ends_when_it_was_said_last() -> None:
    device = Conversation(CONNECTOR)
    (started,) = device.events(said("linedetection"))
    for second in range(1, 9):
        device.now(NOW + second * MOMENT)
        assert device.events(said("linedetection")) == []
    device.now(NOW + 8 * MOMENT + QUIET)
    assert device.events(said("heartBeat")) == []
    device.now(NOW + 9 * MOMENT + QUIET)
    (ended,) = device.events(said("heartBeat"))
    assert (ended.event_ref, ended.started_at, ended.ended_at) == (started.event_ref, NOW, NOW + 8 * MOMENT)
    (again,) = device.events(said("linedetection"))
    assert again.event_ref != started.event_ref


@pytest.mark.parametrize(
    ("kind", "quiet", "begins", "ends"),
    [
        ("shelteralarm", PICTURE_QUIET, "health.fault tamper active", "health.fault tamper inactive"),
        ("diskerror", DISK_QUIET, "health.fault disk_error active", "health.fault disk_error inactive"),
        ("videoloss", PICTURE_QUIET, "health.offline", "health.online"),
    ],
)
def test_a_fault_ends_when_it_is_said_or_not_said_any_more(kind: str, quiet: timedelta, begins: str, ends: str) -> None:
    device = Conversation(CONNECTOR)
    assert told(device.events(said(kind))) == [begins]
    assert told(device.events(said(kind, "inactive"))) == [ends]
    assert told(device.events(said(kind))) == [begins]
    device.now(NOW + quiet)
    assert told(device.events(said("VMD"))) == []
    device.now(NOW + quiet + MOMENT)
    assert told(device.events(said("VMD"))) == [ends]


def test_a_lost_picture_is_not_told_to_be_there_because_the_recorder_answers() -> None:
    device = Conversation(CONNECTOR)
    recorder = {"device": "nvr", "cameras": {"1": "a", "2": "b"}}
    device.events({**recorder, "said": said("videoloss", channelID="2")["said"]})
    assert [(one.camera_id, one.kind) for one in device.events({**recorder, "contact": "kept"})] == [
        ("a", "health.online")
    ]


def test_the_channel_of_a_camera_on_the_network_goes_before_that_of_the_recorder() -> None:
    (event,) = Conversation(CONNECTOR).events(said("shelteralarm", channelID="1", dynChannelID="33"))
    assert event.camera_id == "cong-33"


def test_what_lasts_is_bounded() -> None:
    device = Conversation(CONNECTOR)
    made = [device.events(said("shelteralarm", channelID=str(number))) for number in range(2, MOST_OPEN + 12)]
    assert sum(map(len, made)) == MOST_OPEN
