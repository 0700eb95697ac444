"""Frigate: what the cameras saw, over the MQTT topics of the recorder Frigate.

- `frigate/events` counts passages: one detection an object, when it first enters a zone that counts (`vach_…`, and
  zones without a known prefix). Only `after` is believed; what Frigate holds for a false positive is ignored.
- `frigate/reviews` brings what has to be looked at, once a happening and with its severity: zones to watch
  (`cam_…`, `lang_vang_…`, `do_vat_…`, `dam_dong_…`, `un_tac_…`).
- `frigate/<zone or camera>/person` is how many people are there now; `frigate/<camera>/status/detect` whether a
  camera's picture is there (repeated by Frigate, so each is a fresh statement); `frigate/available` whether it runs.

A zone's name says what it is for (`ZONE_KINDS`) and, with `_vao` or `_ra` at its end, which way objects pass. A camera's name
begins with the residential group in which it stands (`tdp017-cong-cho` in `TDP-017`); that of another camera is unknown.
`frigate/tracked_object_update` (faces, plates, descriptions) and pictures are not subscribed; names, plates, boxes and
thumbnails inside events are not read.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.connector import Connector, Context, Identified, Mapped, Received, Subscription
from ingest.errors import InvalidEvent
from ingest.event import Event
from ingest.events import camera, health
from ingest.foreign_area import named_area
from ingest.foreign_number import PlainFloat, PlainInt
from ingest.foreign_time import Seconds
from ingest.label import Label

Kind = Literal["line_cross", "intrusion", "loitering", "abandoned_object", "crowd", "congestion"]

ZONE_KINDS: dict[str, Kind] = {
    "vach_": "line_cross",
    "cam_": "intrusion",
    "lang_vang_": "loitering",
    "do_vat_": "abandoned_object",
    "dam_dong_": "crowd",
    "un_tac_": "congestion",
}
"""What a detection in a zone means, by the beginning of the zone's name; others are `line_cross`."""

ZONE_PREFIXES = (*ZONE_KINDS, "sanh_", "khu_")
"""Beginnings of names that belong to zones and not to cameras."""

DIRECTIONS = {"_vao": "vao", "_ra": "ra"}
"""Which way objects pass a zone, by the end of its name."""

CLASSES = ("person", "car", "motorcycle", "truck", "bus", "bicycle")
"""Frigate's labels that we count."""


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Tracked(_Foreign):
    """A tracked object as of one moment, without whatever could show a person."""

    id: str
    camera: str
    label: str
    false_positive: bool
    start_time: Seconds
    end_time: Seconds | None = None
    top_score: PlainFloat | None = None
    entered_zones: list[str] = Field(default_factory=list)


class Before(_Foreign):
    """What was known before: only what tells whether the object had been counted."""

    false_positive: bool = True
    entered_zones: list[str] = Field(default_factory=list)


class TrackedEvent(_Foreign):
    """`frigate/events`."""

    type: Literal["new", "update", "end"]
    before: Before | None = None
    after: Tracked


class ReviewData(_Foreign):
    """What a review item is made of."""

    objects: list[str] = Field(default_factory=list)
    zones: list[str] = Field(default_factory=list)


class Review(_Foreign):
    """A review item as of one moment."""

    id: str
    camera: str
    start_time: Seconds
    end_time: Seconds | None = None
    severity: Literal["detection", "alert"]
    data: ReviewData


class ReviewBefore(_Foreign):
    """What was known of a review item before."""

    severity: Literal["detection", "alert"] | None = None
    data: ReviewData = Field(default_factory=ReviewData)


class ReviewEvent(_Foreign):
    """`frigate/reviews`."""

    type: Literal["new", "update", "end"]
    before: ReviewBefore | None = None
    after: Review


PAYLOADS: dict[str, TypeAdapter[Any]] = {
    "frigate/events": TypeAdapter(TrackedEvent),
    "frigate/reviews": TypeAdapter(ReviewEvent),
    "frigate/available": TypeAdapter(Literal["online", "offline", "stopped"]),
    "frigate/+/status/detect": TypeAdapter(Literal["online", "offline", "disabled"]),
    "frigate/+/person": TypeAdapter(PlainInt),
}


def kind_of(zone: str) -> Kind:
    """What a detection in the zone means."""
    return next((kind for prefix, kind in ZONE_KINDS.items() if zone.startswith(prefix)), "line_cross")


def direction_of(zone: str) -> str | None:
    """Which way objects pass the zone, if its name says so."""
    return next((direction for ending, direction in DIRECTIONS.items() if zone.endswith(ending)), None)


def _camera(name: str) -> dict[str, Any]:
    """What every event of a camera carries."""
    return {"camera_id": name, "origin": "frigate", "area_code": named_area(name)}


def _counting(zones: list[str]) -> str | None:
    """The first zone entered that counts passages."""
    return next(
        (zone for zone in zones if kind_of(zone) == "line_cross" and not zone.startswith(("sanh_", "khu_"))), None
    )


def _watched(zones: list[str]) -> str | None:
    """The first zone entered that has to be watched."""
    return next((zone for zone in zones if kind_of(zone) != "line_cross"), None)


def _passage(message: TrackedEvent) -> list[Identified]:
    """The beginning of a passage when the object first enters a counting zone, its end when the object is gone."""
    after, before = message.after, message.before or Before()
    zone = _counting(after.entered_zones)
    if after.false_positive or zone is None or after.label not in CLASSES:
        return []
    common = {
        **_camera(after.camera),
        "zone_id": zone,
        "event_ref": after.id,
        "detection": "line_cross",
        "object_class": after.label,
        "direction": direction_of(zone),
        "started_at": after.start_time,
        "score": after.top_score,
    }
    counted = not before.false_positive and _counting(before.entered_zones) is not None
    events = [] if counted else [Identified(camera.DetectionStarted(**common), f"{after.id}|started")]
    if message.type == "end" and after.end_time is not None:
        events.append(Identified(camera.DetectionEnded(**common, ended_at=after.end_time), f"{after.id}|ended"))
    return events


def _happening(message: ReviewEvent) -> list[Identified]:
    """The beginning of a happening in a watched zone, once for each severity that it reaches, and its end."""
    after, before = message.after, message.before or ReviewBefore()
    zone = _watched(after.data.zones)
    label = next((label for label in after.data.objects if label in CLASSES), None)
    if zone is None or label is None:
        return []
    common = {
        **_camera(after.camera),
        "zone_id": zone,
        "event_ref": after.id,
        "detection": kind_of(zone),
        "object_class": label,
        "direction": direction_of(zone),
        "severity": after.severity,
        "started_at": after.start_time,
    }
    told = message.type != "new" and before.severity == after.severity and _watched(before.data.zones) is not None
    started = f"{after.id}|started|{after.severity}"
    events = [] if told else [Identified(camera.DetectionStarted(**common), started)]
    if message.type == "end" and after.end_time is not None:
        events.append(Identified(camera.DetectionEnded(**common, ended_at=after.end_time), f"{after.id}|ended"))
    return events


def _presence(count: int, received: Received) -> list[Event]:
    """How many people are in a zone or before a camera now; a number from the broker's memory says nothing of now."""
    if received.retained:
        return []
    name = received.address.split("/")[1]
    zone = name if name.startswith(ZONE_PREFIXES) else None
    return [camera.OccupancySampled(**_camera(name), zone_id=zone, count=count, at=received.received_at)]


def _picture(state: str, received: Received) -> list[Event]:
    """Whether a camera's picture is there."""
    common = {**_camera(received.address.split("/")[1]), "at": received.received_at}
    if state == "online":
        return [camera.HealthOnline(**common)]
    return [camera.HealthOffline(**common)] if state == "offline" else []


def _running(state: str, received: Received) -> list[Event]:
    """Whether Frigate runs."""
    common: dict[str, Any] = {"source_id": CONNECTOR.id, "at": received.received_at, "cause_code": f"frigate_{state}"}
    return [health.SourceUp(**common) if state == "online" else health.SourceDown(**common)]


def to_events(received: Received, context: Context) -> Mapped:
    """One MQTT message of Frigate as our events."""
    said = received.payload
    if isinstance(said, TrackedEvent):
        return _passage(said)
    if isinstance(said, ReviewEvent):
        return _happening(said)
    if isinstance(said, int):
        return _presence(said, received)
    if received.address == "frigate/available":
        return _running(said, received)
    if received.address.endswith("/status/detect"):
        return _picture(said, received)
    raise InvalidEvent("unknown_kind", "Frigate says nothing that we know on topics like this one")


CONNECTOR = Connector(
    id="frigate",
    label=Label(vi="Camera (Frigate)", en="Cameras (Frigate)"),
    system="camera",
    way=Subscription(topics=tuple(PAYLOADS), payloads=PAYLOADS),
    payload=PAYLOADS["frigate/events"],
    events=(
        camera.DetectionStarted,
        camera.DetectionEnded,
        camera.OccupancySampled,
        camera.HealthOnline,
        camera.HealthOffline,
        health.SourceUp,
        health.SourceDown,
    ),
    map=to_events,
    sample="frigate.jsonl",
    personal=frozenset(
        {
            "sub_label",
            "sub_labels",
            "thumbnail",
            "snapshot",
            "thumb_path",
            "box",
            "region",
            "path_data",
            "attributes",
            "current_attributes",
            "recognized_license_plate",
            "description",
        }
    ),
    guide=Label(
        vi=(
            "Trong cấu hình Frigate, mục mqtt: đặt host, port, user, password in ở trên và giữ topic_prefix “frigate”. "
            "Đặt tên camera bắt đầu bằng mã tổ dân phố nơi đặt camera, ví dụ tdp017-cong-cho, để camera hiện trên bản đồ tổ "
            "dân phố; tên khác vẫn dùng được. Camera đã có tên thì nên giữ: đổi tên là thành camera mới. "
            "Đặt tên vùng (zone) theo quy ước: vach_… đếm lượt qua, cam_… vùng cấm, lang_vang_…, do_vat_…, "
            "dam_dong_…, un_tac_… cần theo dõi, sanh_… đếm người trong sảnh; thêm _vao hoặc _ra ở cuối nếu có hướng. "
            "Nên tắt nhận diện khuôn mặt và biển số: hệ thống không đọc các dữ liệu này."
        ),
        en=(
            "In Frigate's configuration under mqtt set the host, port, user and password printed above and keep "
            "topic_prefix “frigate”. Begin a camera's name with the residential group in which it stands, for example "
            "tdp017-cong-cho, so that the map of the groups shows it; other names do as well. Better keep the name of a camera that "
            "has one: under a new name it is a new camera. Name zones by convention: vach_… counts passages, cam_… is forbidden ground, "
            "lang_vang_…, do_vat_…, dam_dong_…, un_tac_… are watched, sanh_… counts people in a hall; end with _vao or "
            "_ra for a direction. Better switch face and plate recognition off: they are not read."
        ),
    ),
)
