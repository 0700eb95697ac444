"""The loudspeakers' rules: last wills, words from the broker's memory, groups by name."""

from typing import Any

import pytest

from connectors.smart_loudspeaker import CONNECTOR
from ingest.contract.events import speaker
from tests.connectors.support.taking import NOW, events, reason, take

AT = NOW.timestamp() - 5


def test_a_last_will_happens_when_it_comes() -> None:
    (offline,) = events(CONNECTOR, "offline", "loa/tdp-017-l1/online")
    assert isinstance(offline, speaker.DeviceOffline)
    assert (offline.at, offline.reason, offline.area_code) == (NOW, "last_will", "TDP-017")
    assert events(CONNECTOR, "offline", "loa/tdp-017-l1/online", retained=True) == []


def test_a_retained_word_with_its_time_is_the_same_event() -> None:
    content = {"online": True, "ts": AT, "area": "TDP-017"}
    live = take(CONNECTOR, content, "loa/tdp-017-l1/online").envelopes
    repeated = take(CONNECTOR, content, "loa/tdp-017-l1/online", retained=True).envelopes
    assert live == repeated
    assert isinstance(live[0].data, speaker.DeviceOnline)


@pytest.mark.parametrize(
    ("device", "said", "area"),
    [
        ("tdp-017-l1", None, "TDP-017"),
        ("TDP-003-L2", None, "TDP-003"),
        ("x9", "TDP-040", "TDP-040"),
        ("x9", "tdp040-cong-cho", "TDP-040"),
        ("tdp-017-l1", "TDP-040", "TDP-040"),
        ("x9", None, "TDP-000"),
    ],
)
def test_the_group_of_a_device(device: str, said: str | None, area: str) -> None:
    content = {"ts": AT, "state": "idle", "vol": 50, **({"area": said} if said else {})}
    (beat,) = events(CONNECTOR, content, f"loa/{device}/status")
    assert (beat.device_id, beat.area_code) == (device, area)


def test_a_fault_and_its_end() -> None:
    fault = {"ts": AT, "code": "amplifier", "severity": "critical", "active": True}
    (begun,) = events(CONNECTOR, fault, "loa/tdp-017-l1/fault")
    (ended,) = events(CONNECTOR, {**fault, "active": False, "ts": AT + 1}, "loa/tdp-017-l1/fault")
    assert (type(begun), type(ended)) == (speaker.DeviceFault, speaker.DeviceRestored)


def test_a_schedule_is_named_by_its_topic() -> None:
    content = {
        "event": "changed", "ts": AT, "type": "uu_tien", "source": "xa", "start": AT + 60, "duration_s": 60, "targets": 70,
    }  # fmt: skip
    (changed,) = events(CONNECTOR, content, "loa/schedule/PT-1")
    assert (type(changed), changed.schedule_id) == (speaker.ScheduleChanged, "PT-1")


@pytest.mark.parametrize("content", ["hello", {"online": "maybe"}, {"online": True, "ts": "yesterday"}, {"ts": AT}])
def test_what_is_refused(content: Any) -> None:
    assert reason(CONNECTOR, content, "loa/tdp-017-l1/online")


def test_a_broadcast_is_of_one_loudspeaker() -> None:
    """Whether the software gives each loudspeaker an id of its own or all of them the same."""
    content = {"event": "started", "ts": AT, "bulletin": {"id": "BT-1", "type": "khan_cap", "issued": AT - 9}}
    shared = [
        events(CONNECTOR, {**content, "broadcast_id": "PT-1"}, f"loa/tdp-00{number}-l1/broadcast")[0]
        for number in (1, 2)
    ]
    assert [one.subject for one in shared] == ["PT-1|tdp-001-l1", "PT-1|tdp-002-l1"]
    (own,) = events(CONNECTOR, {**content, "broadcast_id": "PT-1-tdp-001-l1"}, "loa/tdp-001-l1/broadcast")
    assert own.subject == "PT-1-tdp-001-l1"
    assert (own.at - own.issued_at).total_seconds() == 9


def test_what_is_left_out_has_its_usual_value() -> None:
    told = {"ts": AT, "broadcast_id": "PT-1", "bulletin": {"id": "BT-1", "type": "khan_cap"}}
    (completed,) = events(CONNECTOR, {**told, "event": "completed"}, "loa/tdp-017-l1/broadcast")
    assert (completed.played_s, completed.network, completed.issued_at) == (0, "4g", None)
    (failed,) = events(CONNECTOR, {**told, "event": "failed"}, "loa/tdp-017-l1/broadcast")
    assert (failed.played_s, failed.error_code) == (0, "unknown")
    (fault,) = events(CONNECTOR, {"ts": AT, "code": "mute"}, "loa/tdp-017-l1/fault")
    assert (type(fault), fault.severity) == (speaker.DeviceFault, "warning")
    (online,) = events(CONNECTOR, {"ts": AT, "online": True}, "loa/tdp-017-l1/online")
    assert online.reason == "connected"
