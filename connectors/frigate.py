"""Frigate: what the cameras saw, over the MQTT topics of the recorder Frigate, from version 0.14 on.

- `frigate/events` counts passages: one detection an object, when it first enters a zone that counts (`vach_…`, and
  zones without a known prefix). Only `after` is believed; what Frigate holds for a false positive is ignored.
- `frigate/reviews` brings what has to be looked at, once a happening and with its severity: zones to watch
  (`cam_…`, `lang_vang_…`, `do_vat_…`, `dam_dong_…`, `un_tac_…`). It begins when the zone is first entered. What kind of object it
  is about says the object itself, in `frigate/events`: a review calls an object that somebody was recognised in `person-verified`,
  and one with a logo or a plate by that. Other messages there, as descriptions that a language model wrote (0.17), are not ours.
- `frigate/<zone or camera>/person` is how many people are there now; `frigate/available` whether Frigate runs.
- Whether a camera's picture is there says `frigate/<camera>/status/detect` (0.17). Before it came, `frigate/stats` shows it by the
  pictures a second, and whatever a camera sees shows that it does; `frigate/<camera>/enabled/state` (0.16) that it is switched off.

Frigate's `before` is not read: Frigate does not always tell when something changed, and it does not know what reached us. What has
been told is remembered here; what that memory has lost is told again, with the same id and content, and counts once.

A zone's name says what it is for (`ZONE_KINDS`) and, with `_vao` or `_ra` at its end, which way objects pass. A camera's name
begins with the residential group in which it stands (`tdp017-cong-cho` in `TDP-017`); that of another camera is unknown.
`frigate/tracked_object_update` (faces, plates, descriptions) and pictures are not subscribed; names, plates, boxes and
thumbnails inside events are not read.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Discriminator, Field, RootModel, StringConstraints, Tag, TypeAdapter

from ingest.contract.connector import (
    Connector,
    ConnectorMemory,
    Context,
    Identified,
    Mapped,
    ReceivedMessage,
    Subscription,
)
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import camera, health
from ingest.contract.label import Label
from ingest.untrusted.foreign_fields import EpochSeconds, PlainFloat, PlainInt, named_area

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
"""Frigate's labels that we count; of several in a happening, the first of these."""

ATTRIBUTES: dict[str, str] = {"face": "person"} | dict.fromkeys(
    (
        "amazon", "an_post", "canada_post", "dhl", "dpd", "fedex", "gls", "license_plate", "nzpost", "postnl", "postnord",
        "purolator", "royal_mail", "ups", "usps",
    ),
    "car",
)  # fmt: skip
"""What Frigate recognises on objects, and may call them by in a review -> what such an object is, as far as nothing says better."""

VERIFIED = "-verified"
"""End of the label of an object in which somebody or something was recognised."""

SEEN_EVERY = timedelta(minutes=5)
"""How often it is told that a camera sees, as long as nothing changes."""

MOST_CAMERAS = 500
"""Cameras of one Frigate."""

Id = Annotated[str, StringConstraints(max_length=80)]


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Tracked(_Foreign):
    """A tracked object as of one moment, without whatever could show a person."""

    id: Id
    camera: str
    label: Id
    false_positive: bool
    frame_time: EpochSeconds | None = None
    start_time: EpochSeconds
    end_time: EpochSeconds | None = None
    top_score: Annotated[PlainFloat, Field(ge=0, le=1)] | None = None
    entered_zones: list[str] = Field(default_factory=list)


class TrackedEvent(_Foreign):
    """`frigate/events`."""

    type: Literal["new", "update", "end"]
    after: Tracked


class ReviewData(_Foreign):
    """What a review item is made of."""

    detections: list[str] = Field(default_factory=list)
    """Ids of the tracked objects."""
    objects: list[str] = Field(default_factory=list)
    """What they are called: the label, the label and `-verified`, or the name of an attribute."""
    zones: list[str] = Field(default_factory=list)


class Review(_Foreign):
    """A review item as of one moment."""

    id: Id
    camera: str
    start_time: EpochSeconds
    end_time: EpochSeconds | None = None
    severity: Literal["detection", "alert"]
    data: ReviewData


class ReviewEvent(_Foreign):
    """`frigate/reviews`."""

    type: Literal["new", "update", "end"]
    after: Review


class Other(_Foreign):
    """A message of another kind, which is not ours."""

    type: str


class Rates(_Foreign):
    """How a camera does."""

    camera_fps: PlainFloat
    """Pictures a second that come from it."""


class Stats(_Foreign):
    """`frigate/stats`."""

    cameras: dict[str, Rates] = Field(default_factory=dict, max_length=MOST_CAMERAS)


class Activity(_Foreign):
    """What a camera sees now."""

    motion: int = 0
    """Whether something moves, or how much."""


class Activities(RootModel[Annotated[dict[str, Activity], Field(max_length=MOST_CAMERAS)]]):
    """`frigate/camera_activity`."""


def _kind_of_review(said: Any) -> str:
    kind = said.get("type") if isinstance(said, dict) else None
    return "review" if kind in ("new", "update", "end") else "other"


PAYLOADS: dict[str, TypeAdapter[Any]] = {
    "frigate/events": TypeAdapter(TrackedEvent),
    "frigate/reviews": TypeAdapter(
        Annotated[
            Annotated[ReviewEvent, Tag("review")] | Annotated[Other, Tag("other")], Discriminator(_kind_of_review)
        ]
    ),
    "frigate/stats": TypeAdapter(Stats),
    "frigate/camera_activity": TypeAdapter(Activities),
    "frigate/available": TypeAdapter(Literal["online", "offline", "stopped"]),
    "frigate/+/status/detect": TypeAdapter(Literal["online", "offline", "disabled"]),
    "frigate/+/enabled/state": TypeAdapter(Literal["ON", "OFF"]),
    "frigate/+/person": TypeAdapter(PlainInt),
}


class TrackedObject(NamedTuple):
    """What is remembered of a tracked object."""

    label: str
    entered: dict[str, datetime]
    """Zones to watch that it has been in, and since when."""


class Happening(NamedTuple):
    """What is remembered of a review item since its zone was entered; it stays as it was told first."""

    zone: str
    object_class: str
    started_at: datetime


class Sight(NamedTuple):
    """What is remembered of a camera."""

    sees: bool | None = None
    at: datetime | None = None
    """When that was told last."""
    by_status: bool = False
    """Whether Frigate says by itself how its picture is."""
    is_off: bool = False
    """Whether it is switched off in Frigate."""


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


def _label(name: str) -> str:
    """What kind of object it is, whatever was recognised in it."""
    return name.removesuffix(VERIFIED)


def _passage(message: TrackedEvent, memory: ConnectorMemory) -> Iterator[Identified]:
    """The beginning of a passage when the object first enters a counting zone, its end when the object is gone."""
    after = message.after
    if after.false_positive:
        return
    _remember(after, memory)
    zone = _counting(after.entered_zones)
    if zone is None or _label(after.label) not in CLASSES:
        return
    common = {
        **_camera(after.camera),
        "zone_id": zone,
        "event_ref": after.id,
        "detection": "line_cross",
        "object_class": _label(after.label),
        "direction": direction_of(zone),
        "started_at": after.start_time,
    }
    if memory.is_told_by(("passage", after.id), _mark(message)):
        yield Identified(camera.DetectionStarted(**common), f"{after.id}|started")
    if message.type == "end" and after.end_time is not None:
        ended = camera.DetectionEnded(**common, score=after.top_score, ended_at=after.end_time)
        yield Identified(ended, f"{after.id}|ended")


def _remember(tracked: Tracked, memory: ConnectorMemory) -> None:
    """Note what an object is, and since when it has been in zones to watch, for the review that will name it."""
    known: TrackedObject | None = memory.recall(("object", tracked.id))
    zone = _watched(tracked.entered_zones)
    entered = known.entered if known else {}
    if zone is not None and zone not in entered:
        entered = {**entered, zone: tracked.frame_time or tracked.start_time}
    memory.keep(("object", tracked.id), TrackedObject(_label(tracked.label), entered))


def _happening(message: ReviewEvent, memory: ConnectorMemory) -> Iterator[Identified]:
    """The beginning of a happening in a watched zone, once for each severity that it reaches, and its end."""
    after = message.after
    known: Happening | None = memory.recall(("review", after.id)) or _begun(after, memory)
    if known is None or known.zone not in after.data.zones:
        return
    memory.keep(("review", after.id), known)
    common = {
        **_camera(after.camera),
        "zone_id": known.zone,
        "event_ref": after.id,
        "detection": kind_of(known.zone),
        "object_class": known.object_class,
        "direction": direction_of(known.zone),
        "severity": after.severity,
        "started_at": known.started_at,
    }
    if memory.is_told_by(("happening", after.id, after.severity), _mark(message)):
        yield Identified(camera.DetectionStarted(**common), f"{after.id}|started|{after.severity}")
    if message.type == "end" and after.end_time is not None:
        ended = camera.DetectionEnded(**common, ended_at=max(after.end_time, known.started_at))
        yield Identified(ended, f"{after.id}|ended")


def _begun(review: Review, memory: ConnectorMemory) -> Happening | None:
    """What a review is about, once one of its objects is in a zone to watch and is of a kind that counts."""
    zone = _watched(review.data.zones)
    if zone is None:
        return None
    objects: list[TrackedObject] = [seen for id in review.data.detections if (seen := memory.recall(("object", id)))]
    inside = [seen for seen in objects if zone in seen.entered]
    if inside:
        labels: Iterable[str] = [seen.label for seen in inside]
    else:  # Frigate's messages of the objects did not reach us, or not yet
        labels = [*(seen.label for seen in objects), *map(_label, review.data.objects)]
        labels = labels if set(labels) & set(CLASSES) else [ATTRIBUTES.get(label, label) for label in labels]
    counted = next((one for one in CLASSES if one in labels), None)
    if counted is None:
        return None
    entered_at = min((seen.entered[zone] for seen in inside), default=review.start_time)
    return Happening(zone, counted, max(review.start_time, entered_at))


def _mark(message: TrackedEvent | ReviewEvent) -> int:
    """Tells a message from the others about the same thing."""
    return hash(message.model_dump_json())


def _presence(count: int, received: ReceivedMessage) -> Iterator[Event]:
    """How many people are in a zone or before a camera now; a number from the broker's memory says nothing of now."""
    if received.retained:
        return
    name = received.address.split("/")[1]
    zone = name if name.startswith(ZONE_PREFIXES) else None
    yield camera.OccupancySampled(**_camera(name), zone_id=zone, count=count, at=received.received_at)


def _sight(name: str, memory: ConnectorMemory) -> Sight:
    return memory.recall(("camera", name)) or Sight()


def _picture(state: str, received: ReceivedMessage, memory: ConnectorMemory) -> Iterator[Event]:
    """Whether a camera's picture is there, in Frigate's own word."""
    name = received.address.split("/")[1]
    memory.keep(("camera", name), _sight(name, memory)._replace(by_status=True))
    common = {**_camera(name), "at": received.received_at}
    if state == "online":
        yield camera.HealthOnline(**common)
    elif state == "offline":
        yield camera.HealthOffline(**common)


def _shown(name: str, sees: bool, at: datetime, memory: ConnectorMemory) -> Iterator[Event]:
    """What something shows of a camera's picture, where Frigate does not say it; as often as it has to be told."""
    known = _sight(name, memory)
    if known.by_status or known.is_off:
        return
    if known.at is not None and (at <= known.at or (sees == known.sees and at - known.at < SEEN_EVERY)):
        return
    memory.keep(("camera", name), known._replace(sees=sees, at=at))
    yield (camera.HealthOnline if sees else camera.HealthOffline)(**_camera(name), at=at)


def _running(state: str, received: ReceivedMessage) -> Iterator[Event]:
    """Whether Frigate runs."""
    common: dict[str, Any] = {"source_id": CONNECTOR.id, "at": received.received_at, "cause_code": f"frigate_{state}"}
    yield health.SourceUp(**common) if state == "online" else health.SourceDown(**common)


def _told(received: ReceivedMessage, memory: ConnectorMemory) -> Iterator[Event | Identified]:
    """The events of a message of objects, reviews or cameras as a whole."""
    match received.payload:
        case TrackedEvent(after=after) as said:
            if not after.false_positive:
                yield from _shown(after.camera, True, after.frame_time or after.start_time, memory)
            yield from _passage(said, memory)
        case ReviewEvent(after=after) as said:
            yield from _shown(after.camera, True, after.end_time or after.start_time, memory)
            yield from _happening(said, memory)
        case Stats(cameras=cameras) if not received.retained:
            for name, rates in cameras.items():
                yield from _shown(name, rates.camera_fps > 0, received.received_at, memory)
        case Activities(root=cameras) if not received.retained:
            for name, activity in cameras.items():
                if activity.motion > 0:
                    yield from _shown(name, True, received.received_at, memory)


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One MQTT message of Frigate as our events."""
    said, memory, address = received.payload, context.memory, received.address
    if isinstance(said, BaseModel):
        return _told(received, memory)
    if isinstance(said, int):
        return _presence(said, received)
    if address == "frigate/available":
        return _running(said, received)
    if address.endswith("/status/detect"):
        return _picture(said, received, memory)
    if address.endswith("/enabled/state"):
        name = address.split("/")[1]
        memory.keep(("camera", name), _sight(name, memory)._replace(is_off=said == "OFF"))
        return []
    raise InvalidEvent("unknown_kind", "Frigate says nothing that we know on topics like this one")


CONNECTOR = Connector(
    id="frigate",
    label=Label(vi="Camera (Frigate)", en="Cameras (Frigate)"),
    system="camera",
    way=Subscription(
        topics=tuple(PAYLOADS),
        payloads=PAYLOADS,
        device_topics=("frigate/{device}/status/detect", "frigate/{device}/person"),
        device_field=("after", "camera"),
    ),
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
            "metadata",
            "title",
            "scene",
            "shortSummary",
            "other_concerns",
        }
    ),
    guide=Label(
        vi=(
            "Cần Frigate 0.14 trở lên; từ 0.17, Frigate tự báo camera mất hình, bản cũ hơn được đoán qua frigate/stats. "
            "Trong cấu hình Frigate, mục mqtt: đặt host, port, user, password in ở trên và giữ topic_prefix “frigate”. "
            "Đặt tên camera bắt đầu bằng mã tổ dân phố nơi đặt camera, ví dụ tdp017-cong-cho, để camera hiện trên bản đồ tổ "
            "dân phố; tên khác vẫn dùng được. Camera đã có tên thì nên giữ: đổi tên là thành camera mới. "
            "Đặt tên vùng (zone) theo quy ước: vach_… đếm lượt qua, cam_… vùng cấm, lang_vang_…, do_vat_…, "
            "dam_dong_…, un_tac_… cần theo dõi, sanh_… đếm người trong sảnh; thêm _vao hoặc _ra ở cuối nếu có hướng. "
            "Nên tắt nhận diện khuôn mặt và biển số: hệ thống không đọc các dữ liệu này."
        ),
        en=(
            "Frigate 0.14 or newer; from 0.17 on it tells itself when a camera has no picture, with an older one frigate/stats "
            "shows it. In Frigate's configuration under mqtt set the host, port, user and password printed above and keep "
            "topic_prefix “frigate”. Begin a camera's name with the residential group in which it stands, for example "
            "tdp017-cong-cho, so that the map of the groups shows it; other names do as well. Better keep the name of a camera that "
            "has one: under a new name it is a new camera. Name zones by convention: vach_… counts passages, cam_… is forbidden ground, "
            "lang_vang_…, do_vat_…, dam_dong_…, un_tac_… are watched, sanh_… counts people in a hall; end with _vao or "
            "_ra for a direction. Better switch face and plate recognition off: they are not read."
        ),
    ),
)
