"""Frigate's rules: an object counts once, false positives and pictures never, watched zones by their reviews."""

from typing import Any

import pytest

from connectors.frigate import CONNECTOR, direction_of, kind_of
from ingest.events import camera, health
from tests.connectors.taking import NOW, events, reason, take

START = NOW.timestamp() - 20


def tracked(**changed: Any) -> dict[str, Any]:
    return {
        "id": "1794790800.1-abc", "camera": "nga_tu_01", "label": "car", "false_positive": False,
        "start_time": START, "end_time": None, "top_score": 0.9, "entered_zones": [], **changed,
    }  # fmt: skip


def said(kind: str, before: dict[str, Any] | None, after: dict[str, Any]) -> list[Any]:
    return events(CONNECTOR, {"type": kind, "before": before, "after": after}, "frigate/events")


def test_an_object_counts_when_it_first_enters_a_line() -> None:
    line = tracked(entered_zones=["vach_nga_tu_01_vao"])
    assert said("new", tracked(false_positive=True), tracked()) == []
    (started,) = said("update", tracked(), line)
    assert (started.detection, started.zone_id, started.direction) == ("line_cross", "vach_nga_tu_01_vao", "vao")
    assert said("update", line, {**line, "entered_zones": ["vach_nga_tu_01_vao", "vach_b"]}) == []
    (ended,) = said("end", line, {**line, "end_time": START + 9})
    assert isinstance(ended, camera.DetectionEnded)
    assert ended.event_ref == started.event_ref


@pytest.mark.parametrize(
    ("name", "area"),
    [("tdp017-cong-cho", "TDP-017"), ("TDP-003_nga_tu", "TDP-003"), ("nga_tu_01", None), ("tdp0171-x", None)],
)
def test_a_cameras_name_shows_its_group(name: str, area: str | None) -> None:
    """In what it sees, in how it is, and in who is before it."""
    seen = {**tracked(entered_zones=["vach_a"]), "camera": name}
    looked_at = {**review("alert", ["cam_cong_sau"]), "camera": name}
    told = [
        *events(CONNECTOR, {"type": "update", "before": tracked(), "after": seen}, "frigate/events"),
        *events(CONNECTOR, {"type": "new", "before": looked_at, "after": looked_at}, "frigate/reviews"),
        *events(CONNECTOR, "online", f"frigate/{name}/status/detect"),
        *events(CONNECTOR, "offline", f"frigate/{name}/status/detect"),
        *events(CONNECTOR, "3", f"frigate/{name}/person"),
    ]
    assert [(one.camera_id, one.area_code) for one in told] == [(name, area)] * 5


def test_a_repeated_message_is_the_same_event() -> None:
    message = {"type": "update", "before": tracked(), "after": tracked(entered_zones=["vach_a"])}
    ids = {take(CONNECTOR, message, "frigate/events").envelopes[0].id for _ in range(2)}
    later = {**message, "after": tracked(entered_zones=["vach_a"], top_score=0.95)}
    ids.add(take(CONNECTOR, later, "frigate/events").envelopes[0].id)
    assert len(ids) == 1


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
    assert said("update", tracked(), after) == []


def review(severity: str, zones: list[str], end: float | None = None) -> dict[str, Any]:
    data = {"objects": ["person"], "zones": zones, "sub_labels": ["Somebody"]}
    return {"id": "r1", "camera": "ubnd_02", "start_time": START, "end_time": end, "severity": severity, "data": data}


def test_a_watched_zone_is_told_once_for_each_severity() -> None:
    quiet, loud = review("detection", ["cam_cong_sau"]), review("alert", ["cam_cong_sau"])

    def told(kind: str, before: dict[str, Any], after: dict[str, Any]) -> list[Any]:
        return events(CONNECTOR, {"type": kind, "before": before, "after": after}, "frigate/reviews")

    (first,) = told("new", quiet, quiet)
    (second,) = told("update", quiet, loud)
    assert (first.severity, second.severity, second.detection) == ("detection", "alert", "intrusion")
    assert told("update", loud, loud) == []
    (end,) = told("end", loud, review("alert", ["cam_cong_sau"], START + 30))
    assert isinstance(end, camera.DetectionEnded)
    assert told("new", quiet, review("alert", ["vach_a"])) == []


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
def test_frigate_itself(word: str, kind: type) -> None:
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
