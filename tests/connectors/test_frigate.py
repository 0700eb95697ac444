"""Frigate's rules: an object counts once, false positives and pictures never, watched zones by their reviews."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.frigate import CONNECTOR, direction_of, kind_of
from ingest.contract.events import camera, health
from tests.connectors.support.taking import NOW, Conversation, events, reason, take

START = NOW.timestamp() - 20


def tracked(**changed: Any) -> dict[str, Any]:
    return {
        "id": "1794790800.1-abc", "camera": "nga_tu_01", "label": "car", "false_positive": False,
        "start_time": START, "end_time": None, "top_score": 0.9, "entered_zones": [], **changed,
    }  # fmt: skip


class Recorder(Conversation):
    """One Frigate; of what it says of cameras' pictures by the way, nothing."""

    def __init__(self) -> None:
        super().__init__(CONNECTOR)

    def said(self, kind: str, after: dict[str, Any]) -> list[Any]:
        topic = "frigate/reviews" if "data" in after else "frigate/events"
        told = self.events({"type": kind, "before": after, "after": after}, topic)
        return [one for one in told if not isinstance(one, camera.HealthOnline)]


def test_an_object_counts_when_it_first_enters_a_line() -> None:
    frigate, line = Recorder(), tracked(entered_zones=["vach_nga_tu_01_vao"])
    assert frigate.said("new", tracked()) == []
    (started,) = frigate.said("update", line)
    assert (started.detection, started.zone_id, started.direction) == ("line_cross", "vach_nga_tu_01_vao", "vao")
    assert frigate.said("update", {**line, "entered_zones": ["vach_nga_tu_01_vao", "vach_b"]}) == []
    (ended,) = frigate.said("end", {**line, "end_time": START + 9})
    assert isinstance(ended, camera.DetectionEnded)
    assert ended.event_ref == started.event_ref


def test_an_object_of_which_nothing_came_before_its_end_counts_with_it() -> None:
    """Frigate sends with QoS 0, so what it says while nobody listens is lost."""
    end = tracked(entered_zones=["vach_a"], end_time=START + 9)
    assert [type(one) for one in Recorder().said("end", end)] == [camera.DetectionStarted, camera.DetectionEnded]


@pytest.mark.parametrize(
    ("name", "area"),
    [("tdp017-cong-cho", "TDP-017"), ("TDP-003_nga_tu", "TDP-003"), ("nga_tu_01", None), ("tdp0171-x", None)],
)
def test_a_cameras_name_shows_its_group(name: str, area: str | None) -> None:
    """In what it sees, in how it is, and in who is before it."""
    seen = {**tracked(entered_zones=["vach_a"]), "camera": name}
    looked_at = {**review("alert", ["cam_cong_sau"]), "camera": name}
    told = [
        *Recorder().said("update", seen),
        *Recorder().said("new", looked_at),
        *events(CONNECTOR, "online", f"frigate/{name}/status/detect"),
        *events(CONNECTOR, "offline", f"frigate/{name}/status/detect"),
        *events(CONNECTOR, "3", f"frigate/{name}/person"),
    ]
    assert [(one.camera_id, one.area_code) for one in told] == [(name, area)] * 5


def test_a_repeated_message_is_the_same_event() -> None:
    message = {"type": "update", "before": tracked(), "after": tracked(entered_zones=["vach_a"])}
    later = {**message, "after": tracked(entered_zones=["vach_a", "vach_b"], top_score=0.95, frame_time=START + 3)}
    told = [take(CONNECTOR, one, "frigate/events").envelopes[-1] for one in (message, message, later)]
    assert len({one.id for one in told}) == 1
    assert told[0].data == told[1].data == told[2].data, "with the same content, whatever has been forgotten meanwhile"


@pytest.mark.parametrize(
    "after",
    [
        tracked(entered_zones=["vach_a"], false_positive=True),
        tracked(entered_zones=["vach_a"], label="dog"),
        tracked(entered_zones=["sanh_mot_cua"]),
        tracked(entered_zones=["cam_cong_sau"]),  # told by its review
        tracked(),
    ],
)
def test_what_does_not_count(after: dict[str, Any]) -> None:
    assert Recorder().said("update", after) == []


def review(severity: str, zones: list[str], end: float | None = None) -> dict[str, Any]:
    data = {
        "detections": ["1794790800.1-abc"],
        "objects": ["person"],
        "zones": zones,
        "sub_labels": ["Somebody"],
    }
    return {"id": "r1", "camera": "ubnd_02", "start_time": START, "end_time": end, "severity": severity, "data": data}


def test_a_watched_zone_is_told_once_for_each_severity() -> None:
    frigate = Recorder()
    quiet, loud = review("detection", ["cam_cong_sau"]), review("alert", ["cam_cong_sau"])
    (first,) = frigate.said("new", quiet)
    (second,) = frigate.said("update", loud)
    assert (first.severity, second.severity, second.detection) == ("detection", "alert", "intrusion")
    assert frigate.said("update", {**loud, "data": {**loud["data"], "detections": ["another"]}}) == []
    (end,) = frigate.said("end", review("alert", ["cam_cong_sau"], START + 30))
    assert isinstance(end, camera.DetectionEnded)
    assert Recorder().said("new", review("alert", ["vach_a"])) == []


def test_a_watched_zone_that_is_entered_later_begins_then() -> None:
    frigate = Recorder()
    inside = tracked(label="person", entered_zones=["cam_cong_sau"], frame_time=START + 8)
    assert frigate.said("new", review("alert", [])) == []
    assert frigate.said("update", inside) == []
    started, ended = frigate.said("end", review("alert", ["cam_cong_sau"], START + 12))
    assert (started.started_at.timestamp(), ended.ended_at.timestamp()) == (START + 8, START + 12)
    assert started.started_at == ended.started_at


@pytest.mark.parametrize(
    ("label", "called", "counted"),
    [
        ("person", "person-verified", "person"),
        ("car", "amazon", "car"),
        ("person", "amazon", "person"),
        ("truck", "license_plate", "truck"),
        (None, "person-verified", "person"),
        (None, "dhl", "car"),
        (None, "face", "person"),
        ("dog", "dog-verified", None),
        (None, "dog", None),
    ],
)
def test_what_is_detected_says_what_a_review_is_about(label: str | None, called: str, counted: str | None) -> None:
    """By the message of the object, whatever the review calls it; without that message, by what the name can mean."""
    frigate, looked_at = Recorder(), review("alert", ["cam_cong_sau"])
    looked_at["data"]["objects"] = [called]
    if label is not None:
        frigate.said("new", tracked(label=label, entered_zones=["cam_cong_sau"]))
    assert [one.object_class for one in frigate.said("new", looked_at)] == ([counted] if counted else [])


def test_who_is_in_the_zone_counts_and_not_who_is_elsewhere() -> None:
    frigate, looked_at = Recorder(), review("alert", ["un_tac_lan_trai"])
    looked_at["data"] |= {"objects": ["person", "car"], "detections": ["1", "2"]}
    frigate.said("new", tracked(id="1", label="person"))
    frigate.said("new", tracked(id="2", label="car", entered_zones=["un_tac_lan_trai"]))
    assert [one.object_class for one in frigate.said("new", looked_at)] == ["car"]


@pytest.mark.parametrize("kind", ["genai", "something_new"])
def test_messages_of_other_kinds_are_not_ours(kind: str) -> None:
    for content in (review("alert", ["cam_cong_sau"]), {"shape": "of another version"}, None):
        assert Recorder().events({"type": kind, "after": content}, "frigate/reviews") == []
    assert reason(CONNECTOR, {"type": "new", "after": {}}, "frigate/reviews") == "invalid_field"
    assert reason(CONNECTOR, {"after": {}}, "frigate/reviews") == "invalid_field"


def test_without_a_status_the_rates_show_whether_a_camera_sees() -> None:
    frigate = Recorder()

    def rates(fps: float) -> list[str]:
        return [one.kind for one in frigate.events({"cameras": {"cho_01": {"camera_fps": fps}}}, "frigate/stats")]

    assert (rates(5.0), rates(4.9)) == (["health.online"], []), "again only after a while"
    frigate.now(NOW + timedelta(seconds=60))
    assert (rates(0), rates(0)) == (["health.offline"], [])
    frigate.now(NOW + timedelta(seconds=400))
    assert rates(0) == ["health.offline"]
    frigate.now(NOW + timedelta(seconds=460))
    frigate.events("OFF", "frigate/cho_01/enabled/state", retained=True)
    assert rates(0) == [], "it is switched off"
    frigate.events("ON", "frigate/cho_01/enabled/state")
    assert rates(5) == ["health.online"]
    frigate.events("offline", "frigate/cho_01/status/detect")
    frigate.now(NOW + timedelta(seconds=1000))
    assert rates(5) == [], "Frigate's own word is better"
    assert frigate.events({"cameras": {}}, "frigate/stats") == []
    assert reason(CONNECTOR, {"cameras": {str(n): {"camera_fps": 1} for n in range(501)}}, "frigate/stats")


def test_a_camera_is_registered_by_whatever_shows_that_it_sees() -> None:
    moved = {"cho_01": {"motion": True, "objects": []}, "cho_02": {"motion": False, "objects": []}}
    for content, topic in (
        ({"type": "new", "after": tracked(camera="cho_01", label="dog")}, "frigate/events"),
        ({"type": "new", "after": {**review("detection", []), "camera": "cho_01"}}, "frigate/reviews"),
        ({"cameras": {"cho_01": {"camera_fps": 5}}}, "frigate/stats"),
        (moved, "frigate/camera_activity"),
        ("online", "frigate/cho_01/status/detect"),
    ):
        assert [(one.kind, one.camera_id) for one in events(CONNECTOR, content, topic)] == [("health.online", "cho_01")]
    assert events(CONNECTOR, {"type": "new", "after": tracked(false_positive=True)}, "frigate/events") == []
    assert events(CONNECTOR, moved, "frigate/camera_activity", retained=True) == []


def test_an_object_that_is_gone_since_shows_nothing_of_now() -> None:
    frigate = Recorder()
    frigate.events({"cameras": {"nga_tu_01": {"camera_fps": 0}}}, "frigate/stats")
    assert frigate.events({"type": "end", "after": tracked(end_time=START, frame_time=START)}, "frigate/events") == []


@pytest.mark.parametrize(
    ("word", "kind"), [("online", camera.HealthOnline), ("offline", camera.HealthOffline), ("disabled", None)]
)
def test_a_cameras_picture(word: str, kind: type | None) -> None:
    made = events(CONNECTOR, word, "frigate/nga_tu_01/status/detect")
    assert [type(one) for one in made] == ([kind] if kind else [])
    assert all(one.camera_id == "nga_tu_01" and one.at == NOW for one in made)


@pytest.mark.parametrize(
    ("word", "kind"), [("online", health.SourceUp), ("offline", health.SourceDown), ("stopped", health.SourceDown)]
)
def test_frigate_itself(word: str, kind: type[Any]) -> None:
    (made,) = events(CONNECTOR, word, "frigate/available", retained=True)
    assert type(made) is kind
    assert made.source_id == "frigate"


def test_people_in_a_hall() -> None:
    (hall,) = events(CONNECTOR, 17, "frigate/sanh_mot_cua/person")
    assert (hall.zone_id, hall.count) == ("sanh_mot_cua", 17)
    (camera_,) = events(CONNECTOR, 3, "frigate/cho_01/person")
    assert camera_.zone_id is None
    assert events(CONNECTOR, 17, "frigate/sanh_mot_cua/person", retained=True) == []
    assert reason(CONNECTOR, -1, "frigate/sanh_mot_cua/person") == "invalid_field"


@pytest.mark.parametrize("time", [0, -1, 1e18, "2026-11-19T00:00:00Z", True, None])
def test_a_time_that_is_none(time: Any) -> None:
    message = {"type": "new", "before": None, "after": tracked(start_time=time, entered_zones=["vach_a"])}
    assert reason(CONNECTOR, message, "frigate/events") == "invalid_field"


def test_zones_by_name() -> None:
    assert (kind_of("cam_x"), kind_of("lang_vang_x"), kind_of("anything")) == ("intrusion", "loitering", "line_cross")
    assert (direction_of("vach_a_ra"), direction_of("vach_a")) == ("ra", None)


def test_only_the_end_with_its_time_ends_something() -> None:
    """An update may name the time at which an object was lost; it may be found again."""
    lost = {"entered_zones": ["vach_a"], "end_time": START + 5}
    frigate = Recorder()
    assert [type(one) for one in frigate.said("update", tracked(**lost))] == [camera.DetectionStarted]
    assert frigate.said("end", tracked(entered_zones=["vach_a"])) == []
    frigate = Recorder()
    happening = frigate.said("update", review("alert", ["cam_cong_sau"], START + 5))
    assert [type(one) for one in happening] == [camera.DetectionStarted]
    assert frigate.said("end", review("alert", ["cam_cong_sau"])) == []


def test_a_happening_begins_when_the_first_object_was_first_in_the_zone() -> None:
    frigate, looked_at = Recorder(), review("alert", ["cam_cong_sau"])
    looked_at["data"]["detections"] = ["1", "2"]
    for id, seconds in (("1", 9), ("2", 5), ("2", 7)):
        inside = tracked(id=id, label="person", entered_zones=["cam_cong_sau"], frame_time=START + seconds)
        frigate.said("update", inside)
    (started,) = frigate.said("update", looked_at)
    assert started.started_at.timestamp() == START + 5


def test_a_happening_stays_what_it_was_told_as_first() -> None:
    frigate, looked_at = Recorder(), review("detection", ["un_tac_lan_trai"])
    looked_at["data"] |= {"objects": ["car"], "detections": ["1", "2"]}
    frigate.said("new", tracked(id="1", label="car", entered_zones=["un_tac_lan_trai"]))
    (first,) = frigate.said("new", looked_at)
    frigate.said("new", tracked(id="2", label="person", entered_zones=["un_tac_lan_trai"]))
    (second,) = frigate.said("update", {**looked_at, "severity": "alert"})
    assert (first.object_class, second.object_class, second.severity) == ("car", "car", "alert")


def test_a_camera_is_told_again_after_five_minutes_and_never_twice_of_one_moment() -> None:
    frigate = Recorder()

    def rates(fps: float, seconds: float) -> list[str]:
        frigate.now(NOW + timedelta(seconds=seconds))
        return [one.kind for one in frigate.events({"cameras": {"cho_01": {"camera_fps": fps}}}, "frigate/stats")]

    assert rates(0.5, 0) == ["health.online"]
    assert rates(0, 0) == []
    assert rates(0.5, 299.999) == []
    assert rates(0.5, 300) == ["health.online"]
    assert rates(0.5, 600) == ["health.online"]


def test_of_a_camera_that_is_switched_off_nothing_is_told() -> None:
    frigate = Recorder()

    def seen(seconds: float) -> list[str]:
        frigate.now(NOW + timedelta(seconds=seconds))
        rates = {"cameras": {name: {"camera_fps": 5} for name in ("cho_01", "cho_02")}}
        return [one.camera_id for one in frigate.events(rates, "frigate/stats")]

    assert seen(0) == ["cho_01", "cho_02"]
    assert frigate.events("OFF", "frigate/cho_01/enabled/state") == []
    assert seen(600) == ["cho_02"]
    assert frigate.events("ON", "frigate/cho_01/enabled/state") == []
    assert seen(1200) == ["cho_01", "cho_02"]


def test_an_activity_without_motion_shows_nothing() -> None:
    assert events(CONNECTOR, {"cho_01": {"objects": []}, "cho_02": {"motion": 0}}, "frigate/camera_activity") == []


def test_ids_and_labels_have_so_many_characters_and_no_more() -> None:
    def said(length: int) -> dict[str, Any]:
        return {"type": "new", "after": tracked(id="i" * length, label="car", entered_zones=["vach_a"])}

    assert [one.kind for one in events(CONNECTOR, said(80), "frigate/events")] == ["health.online", "detection.started"]
    assert reason(CONNECTOR, said(81), "frigate/events") == "invalid_field"
