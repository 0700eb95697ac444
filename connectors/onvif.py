"""ONVIF: cameras and recorders of any make that have the event service of ONVIF, asked by PullPoint.

- `LineDetector/Crossed` counts passages; `FieldDetector/ObjectsInside` and `LoiteringDetector/ObjectIsLoitering` are to be looked at.
- Motion (`CellMotionDetector`, `MotionRegionDetector`, `MotionAlarm`) is no happening: it shows that the camera sees, and is passed over.
- `TamperDetector`, `GlobalSceneChange`, `ImageTooBlurry`, `ImageTooDark`, `SignalLoss`, `StorageFailure` and `TemperatureCritical` are states: a
  device tells them at the beginning and when they change.
- A device that does not answer has no picture for the ward, and a fault of its network.

What is told is dated by our clock: devices tell what happens now, and their own clocks are often wrong. Topics of faces and plates are not
taken at all, and of a notification only the items in `ITEMS`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from ingest.contract.connector import Connector, Context, Mapped, PullPoint, ReceivedMessage
from ingest.contract.event import Event
from ingest.contract.events import camera
from ingest.contract.label import Label
from ingest.devices.said import DeviceMessage
from ingest.untrusted.foreign_fields import named_area

CROSSED, INSIDE = "RuleEngine/LineDetector/Crossed", "RuleEngine/FieldDetector/ObjectsInside"
LOITERING = "RuleEngine/LoiteringDetector/ObjectIsLoitering"
NO_SIGNAL = "VideoSource/SignalLoss"

FAULTS: dict[str, str] = {
    "RuleEngine/TamperDetector/Tamper": "tamper",
    "VideoSource/GlobalSceneChange": "tamper",
    "VideoSource/ImageTooBlurry": "blur",
    "VideoSource/ImageTooDark": "dark",
    "Device/HardwareFailure/StorageFailure": "disk_error",
    "Device/HardwareFailure/TemperatureCritical": "temperature",
}
"""Beginnings of topics -> the fault."""

STATES = ("State", "IsInside", "IsTamper", "Failed", "Critical")
"""Items that say whether what a topic is about is so."""

SOURCES = ("Source", "VideoSource", "VideoSourceConfigurationToken", "VideoSourceToken", "Token")
"""Items that say which of a recorder's channels it is about."""

ITEMS = frozenset({*STATES, *SOURCES, "Rule", "ObjectId"})

MOST_OPEN = 500
"""Areas of a device in which somebody is at a time."""

Text = Annotated[str, StringConstraints(max_length=120, strip_whitespace=True)]


class Notification(BaseModel):
    """A notification, without whatever could show a person."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: Text
    operation: Literal["", "Initialized", "Changed", "Deleted"] = ""
    """`Initialized`: it is the state at the beginning."""
    State: Text = ""
    IsInside: Text = ""
    IsTamper: Text = ""
    Failed: Text = ""
    Critical: Text = ""
    Source: Text = ""
    VideoSource: Text = ""
    VideoSourceConfigurationToken: Text = ""
    VideoSourceToken: Text = ""
    Token: Text = ""
    Rule: Text = ""
    ObjectId: Text = ""

    @property
    def is_so(self) -> bool:
        """Whether what it is about is so."""
        said = next((value for name in STATES if (value := getattr(self, name))), "")
        return said.lower() in ("true", "1") and self.operation != "Deleted"

    @property
    def channel(self) -> str:
        """Token of the channel."""
        return next((value for name in SOURCES if (value := getattr(self, name))), "")


class OnvifMessage(DeviceMessage):
    """What a device said, or what is seen of it."""

    said: Notification | None = None

    def camera_of(self, notification: Notification) -> str:
        """The name of the camera that a notification is about; what is on no listed channel is the device's own."""
        return self.cameras.get(notification.channel, self.device)


Open = dict[tuple[str, str, str], datetime]
"""Areas in which somebody is, by camera, rule and object, and since when; and cameras without a signal, by `NO_SIGNAL` as the rule."""


def _of(name: str) -> dict[str, Any]:
    """What every event of a camera carries."""
    return {"camera_id": name, "origin": "onvif", "area_code": named_area(name)}


def _fault(name: str, code: str, is_so: bool, at: datetime) -> Event:
    state = "active" if is_so else "inactive"
    return camera.HealthFault.model_validate({**_of(name), "code": code, "state": state, "at": at})


def _seen(message: OnvifMessage, at: datetime, known: Open) -> Iterator[Event]:
    """What it means for its cameras that a device answers, or does not."""
    for name in message.all_cameras():
        if message.contact == "lost":
            yield camera.HealthOffline(**_of(name), at=at)
        elif (name, NO_SIGNAL, "") not in known:
            yield camera.HealthOnline(**_of(name), at=at)
        if message.contact != "kept":
            yield _fault(name, "network", message.contact == "lost", at)


def _noticed(kind: str, name: str, rule: str, object_id: str, since: datetime, context: Context) -> dict[str, Any]:
    return {
        **_of(name),
        "event_ref": context.pseudonym("|".join((name, kind, rule, object_id, since.isoformat()))),
        "detection": kind,
        "object_class": "unknown",
        "severity": "detection" if kind == "line_cross" else "alert",
        "started_at": since,
    }


def _told(said: Notification, name: str, at: datetime, known: Open, context: Context) -> Iterator[Event]:
    """What a notification means."""
    if said.topic in (CROSSED, LOITERING):  # which have no state, so they are over at once
        kind = "line_cross" if said.topic == CROSSED else "loitering"
        about = _noticed(kind, name, said.Rule, said.ObjectId, at, context)
        yield camera.DetectionStarted(**about)
        yield camera.DetectionEnded(**about, ended_at=at)
    elif said.topic == INSIDE:
        key = (name, said.Rule, said.ObjectId)
        if said.is_so and key not in known and len(known) < MOST_OPEN:
            known[key] = at
            yield camera.DetectionStarted(**_noticed("intrusion", *key, at, context))
        elif not said.is_so and key in known:
            about = _noticed("intrusion", *key, known.pop(key), context)
            yield camera.DetectionEnded(**about, ended_at=at)
    elif said.topic.startswith(NO_SIGNAL):
        if said.is_so:
            known[name, NO_SIGNAL, ""] = at
        else:
            known.pop((name, NO_SIGNAL, ""), None)
        yield (camera.HealthOffline if said.is_so else camera.HealthOnline)(**_of(name), at=at)
    else:
        code = next((code for topic, code in FAULTS.items() if said.topic.startswith(topic)), None)
        if code is not None:
            yield _fault(name, code, said.is_so, at)


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """What a device said, or that it answers, as our events."""
    message: OnvifMessage = received.payload
    at = received.received_at
    known: Open = dict(context.memory.recall(message.device) or {})
    made: list[Event] = []
    if message.contact in ("begun", "lost"):
        made += [
            camera.DetectionEnded(**_noticed("intrusion", *key, since, context), ended_at=at)
            for key, since in known.items()
            if key[1] != NO_SIGNAL
        ]
        known = {}
    if message.contact is not None:
        made += _seen(message, at, known)
    if message.said is not None:
        made += _told(message.said, message.camera_of(message.said), at, known, context)
    context.memory.keep(message.device, known)
    return made


CONNECTOR = Connector(
    id="onvif",
    label=Label(vi="Camera ONVIF", en="Cameras by ONVIF"),
    system="camera",
    way=PullPoint(
        path="/onvif/device_service",
        kinds=frozenset({CROSSED, INSIDE, LOITERING, NO_SIGNAL, *FAULTS}),
        items=ITEMS,
        sign_of_life=timedelta(seconds=20),
    ),
    payload=TypeAdapter(OnvifMessage),
    events=(
        camera.DetectionStarted,
        camera.DetectionEnded,
        camera.HealthOnline,
        camera.HealthOffline,
        camera.HealthFault,
    ),
    map=to_events,
    sample="onvif.jsonl",
    personal=frozenset({"Plate", "PlateNumber", "Name", "PersonId", "Likelihood", "FaceId", "Snapshot"}),
    guide=Label(
        vi=(
            "Dùng cho camera, đầu ghi có ONVIF Profile S, T hoặc G với dịch vụ sự kiện. Trên thiết bị: bật ONVIF, tạo một tài khoản ONVIF "
            "riêng (quyền User hoặc Operator), bật các luật cần báo (vạch, vùng cấm, che ống kính, mất hình, ổ cứng). Trên máy này: "
            "ghi mỗi thiết bị một mục vào tệp devices/onvif.toml (tên, url, user; đầu ghi thêm cameras = {VideoSource_1 = “tên "
            "camera”}) và mật khẩu vào tệp secrets/device_<tên>. Tên camera nên bắt đầu bằng mã tổ dân phố, ví dụ tdp017-cong-cho. Có "
            "hiệu lực sau vài giây. Đồng hồ thiết bị sai vẫn đăng nhập được. Khuôn mặt, biển số, hình ảnh không được đọc."
        ),
        en=(
            "For cameras and recorders with ONVIF Profile S, T or G and its event service. On the device: switch ONVIF on, make an ONVIF "
            "account of its own (User or Operator), switch on the rules that are to be told (line, forbidden area, covered lens, video "
            "loss, disk). On this PC: one entry for each device in the file devices/onvif.toml (name, url, user; a recorder also cameras "
            "= {VideoSource_1 = “name of the camera”}), and its password in the file secrets/device_<name>. Begin a camera's name with its "
            "residential group, for example tdp017-cong-cho. It takes effect within seconds. A device whose clock is wrong lets us "
            "in all the same. Faces, plates and pictures are not read."
        ),
    ),
)
