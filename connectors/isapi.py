"""ISAPI: cameras and recorders of Hikvision and HiLook, by the stream in which they tell what they notice (`alertStream`).

- `linedetection` counts passages; `fielddetection`, `regionEntrance`, `loitering`, `unattendedBaggage` and `group` are to be looked at: a
  device tells only what somebody has ticked “Notify Surveillance Center” for.
- `VMD` (motion) is no happening: it shows that the camera sees. What moves in front of a camera all day would drown what matters.
- `videoloss`, `shelteralarm`, `tamperdetection`, `defocus`, `diskfull`, `diskerror`, `nicbroken`, `highHDTemperature` are faults;
  `videoloss` that is inactive, and `heartBeat`, are how a device says that it is there.
- A device that does not answer has no picture for the ward, and a fault of its network.

A device says what lasts again and again, at least every few seconds; not all say when it is over. So a happening is over that was not said
for `QUIET`; a fault of the picture after `PICTURE_QUIET`, one of disk and network, which some say only once, after `DISK_QUIET`.

Devices tell what happens now, and their clocks are often wrong: what they tell is dated by ours. Faces, plates and pictures are told
beside it by some (`facedetection`, `ANPR`): these messages are passed over, and no field of them is read.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter

from ingest.contract.connector import AlertStream, Connector, Context, Mapped, ReceivedMessage
from ingest.contract.event import Event
from ingest.contract.events import camera
from ingest.contract.label import Label
from ingest.devices.said import DeviceMessage
from ingest.untrusted.foreign_fields import named_area

QUIET = timedelta(seconds=15)
PICTURE_QUIET = timedelta(minutes=1)
DISK_QUIET = timedelta(days=1)

Noticed = Literal["line_cross", "intrusion", "loitering", "abandoned_object", "crowd"]
FaultCode = Literal["tamper", "blur", "disk_full", "disk_error", "network", "temperature"]

NOTICED: dict[str, Noticed] = {
    "linedetection": "line_cross",
    "fielddetection": "intrusion",
    "regionentrance": "intrusion",
    "loitering": "loitering",
    "unattendedbaggage": "abandoned_object",
    "group": "crowd",
}
"""What a device notices -> what it is for us; names in small letters."""

FAULTS: dict[str, FaultCode] = {
    "shelteralarm": "tamper",
    "tamperdetection": "tamper",
    "scenechangedetection": "tamper",
    "defocus": "blur",
    "defocusdetection": "blur",
    "diskfull": "disk_full",
    "diskerror": "disk_error",
    "nicbroken": "network",
    "highhdtemperature": "temperature",
}
"""What is wrong with a device -> the fault."""

PICTURE: tuple[FaultCode, ...] = ("tamper", "blur")
"""Faults of the picture: a device says them again at once to whoever begins to listen, so until then there are none."""

TARGETS: dict[str, camera.ObjectClass] = {"human": "person", "vehicle": "car"}
"""What a device recognises in what it notices, if it does."""

MOST_OPEN = 500
"""What lasts at a time, of one device."""


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


Text = Annotated[str, StringConstraints(max_length=64, strip_whitespace=True)]


class Region(_Foreign):
    """The line or area in which something was noticed."""

    id: Text = Field("", validation_alias="regionID")
    target: Text = Field("", validation_alias="detectionTarget")


class Regions(_Foreign):
    """Those of an alert, of which the first counts."""

    first: Annotated[Region, BeforeValidator(_first)] = Field(Region(), validation_alias="DetectionRegionEntry")


class Alert(_Foreign):
    """`EventNotificationAlert`, without whatever could show a person."""

    kind: Text = Field(validation_alias="eventType")
    state: Literal["active", "inactive"] = Field(validation_alias="eventState")
    fixed_channel: Text = Field("", validation_alias="channelID")
    network_channel: Text = Field("", validation_alias="dynChannelID")
    """Of a recorder: that of a camera on the network."""
    target: Text = Field("", validation_alias="detectionTarget")
    regions: Annotated[Regions, BeforeValidator(lambda value: value or {})] = Field(
        Regions(), validation_alias="DetectionRegionList"
    )


class IsapiMessage(DeviceMessage):
    """What a device said, or what is seen of it."""

    said: Alert | None = None

    def camera_of(self, alert: Alert) -> str:
        """The name of the camera that an alert is about; a device that names none, and its first channel, is a camera itself."""
        channel = alert.network_channel or alert.fixed_channel
        alone = self.device if channel in ("", "0", "1") else f"{self.device}-{channel}"
        return self.cameras.get(channel, alone)


class Lasting(NamedTuple):
    """What lasts: a fault, or something that was noticed."""

    camera: str
    kind: str
    region: str
    object_class: camera.ObjectClass
    since: datetime
    said_at: datetime


Open = dict[tuple[str, str, str], Lasting]


def _of(name: str) -> dict[str, Any]:
    """What every event of a camera carries."""
    return {"camera_id": name, "origin": "isapi", "area_code": named_area(name)}


def _fault(name: str, code: str, state: Literal["active", "inactive"], at: datetime) -> Event:
    return camera.HealthFault.model_validate({**_of(name), "code": code, "state": state, "at": at})


def _seen(contact: str, message: DeviceMessage, at: datetime, known: Open) -> Iterator[Event]:
    """What it means for its cameras that a device answers, or does not."""
    for name in message.all_cameras():
        if contact == "lost":
            yield camera.HealthOffline(**_of(name), at=at)
            yield _fault(name, "network", "active", at)
            continue
        if (name, "video_loss", "") not in known:
            yield camera.HealthOnline(**_of(name), at=at)
        if contact == "begun":
            yield from (_fault(name, code, "inactive", at) for code in ("network", *PICTURE))


def _changed(alert: Alert, name: str, at: datetime, known: Open, context: Context) -> Iterator[Event]:
    """What an alert begins, ends, or says again."""
    kind = alert.kind.lower()
    is_on = alert.state == "active"
    code = "video_loss" if kind == "videoloss" else FAULTS.get(kind) or NOTICED.get(kind)
    if code is None or (code == "video_loss" and not is_on and (name, code, "") not in known):
        return  # of another kind, or how a device says that it is there
    region = alert.regions.first.id if kind in NOTICED else ""
    key = (name, code, region)
    before = known.get(key)
    if not is_on:
        if before is not None:
            yield from _ended(known.pop(key), at, context)
        elif kind in FAULTS:
            yield _fault(name, code, "inactive", at)
        return
    if before is not None:
        known[key] = before._replace(said_at=at)
        return
    if len(known) >= MOST_OPEN:
        return
    target = TARGETS.get((alert.regions.first.target or alert.target).lower(), "unknown")
    known[key] = begun = Lasting(name, code, region, target, at, at)
    if kind in NOTICED:
        yield camera.DetectionStarted(**_noticed(begun, context))
    elif code == "video_loss":
        yield camera.HealthOffline(**_of(name), at=at)
    else:
        yield _fault(name, code, "active", at)


def _noticed(one: Lasting, context: Context) -> dict[str, Any]:
    is_count = one.kind == "line_cross"
    return {
        **_of(one.camera),
        "zone_id": f"{one.camera}-{one.kind}-{one.region}"[:80] if one.region.isalnum() else None,
        "event_ref": context.pseudonym(f"{one.camera}|{one.kind}|{one.region}|{one.since.isoformat()}"),
        "detection": one.kind,
        "object_class": one.object_class,
        "severity": "detection" if is_count else "alert",
        "started_at": one.since,
    }


def _ended(one: Lasting, at: datetime, context: Context) -> Iterator[Event]:
    if one.kind == "video_loss":
        yield camera.HealthOnline(**_of(one.camera), at=at)
    elif one.kind in FAULTS.values():
        yield _fault(one.camera, one.kind, "inactive", at)
    else:
        yield camera.DetectionEnded(**_noticed(one, context), ended_at=max(one.said_at, one.since))


def _quiet(one: Lasting) -> timedelta:
    if one.kind in NOTICED.values():
        return QUIET
    return PICTURE_QUIET if one.kind in ("video_loss", *PICTURE) else DISK_QUIET


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """What a device said, or that it answers, as our events; besides, what has not been said for long is over."""
    message: IsapiMessage = received.payload
    at = received.received_at
    known: Open = dict(context.memory.recall(message.device) or {})
    made: list[Event] = []
    if message.contact in ("begun", "lost"):
        for one in known.values():
            if one.kind in NOTICED.values():
                made += _ended(one, at, context)
        known = {}
    if message.contact is not None:
        made += _seen(message.contact, message, at, known)
    if message.said is not None:
        made += _changed(message.said, message.camera_of(message.said), at, known, context)
    for key, one in list(known.items()):
        if at - one.said_at > _quiet(one):
            made += _ended(known.pop(key), at, context)
    context.memory.keep(message.device, known)
    return made


CONNECTOR = Connector(
    id="isapi",
    label=Label(vi="Camera Hikvision, HiLook (ISAPI)", en="Cameras by Hikvision, HiLook (ISAPI)"),
    system="camera",
    way=AlertStream(
        path="/ISAPI/Event/notification/alertStream", root="EventNotificationAlert", sign_of_life=timedelta(seconds=30)
    ),
    payload=TypeAdapter(IsapiMessage),
    events=(
        camera.DetectionStarted,
        camera.DetectionEnded,
        camera.HealthOnline,
        camera.HealthOffline,
        camera.HealthFault,
    ),
    map=to_events,
    sample="isapi.jsonl",
    personal=frozenset(
        {
            "name",
            "licensePlate",
            "originalLicensePlate",
            "ANPR",
            "FaceRect",
            "Faces",
            "FaceSnapDetection",
            "employeeNoString",
            "cardNo",
            "certificateNumber",
            "channelName",
            "eventDescription",
            "RegionCoordinatesList",
            "TargetRect",
            "bkgUrl",
        }
    ),
    guide=Label(
        vi=(
            "Dùng cho camera, đầu ghi Hikvision, HiLook nói ISAPI. Trên thiết bị: tạo một tài khoản riêng chỉ có quyền “Remote: Notify "
            "Surveillance Center / Trigger Alarm Output”, bật xác thực digest; ở từng loại sự kiện (vạch, vùng cấm, che ống kính, mất "
            "hình, ổ cứng) đánh dấu “Notify Surveillance Center”. Trên máy này: ghi mỗi thiết bị một mục vào tệp devices/isapi.toml "
            "(tên, url, user; đầu ghi thêm cameras = {1 = “tên camera kênh 1”}) và mật khẩu vào tệp secrets/device_<tên>. Tên camera "
            "nên bắt đầu bằng mã tổ dân phố, ví dụ tdp017-cong-cho. Có hiệu lực sau vài giây. Khuôn mặt, biển số, hình ảnh không được đọc. "
            "Thiết bị từ chối tài khoản thì 10 phút sau mới thử lại, vì nhập sai nhiều lần sẽ bị khóa."
        ),
        en=(
            "For cameras and recorders of Hikvision and HiLook that speak ISAPI. On the device: make an account of its own that has only the "
            "right “Remote: Notify Surveillance Center / Trigger Alarm Output”, with digest authentication; tick “Notify Surveillance "
            "Center” for each kind of event (line, forbidden area, covered lens, video loss, disk). On this PC: one entry for each "
            "device in the file devices/isapi.toml (name, url, user; a recorder also cameras = {1 = “name of the camera on channel "
            "1”}), and its password in the file secrets/device_<name>. Begin a camera's name with its residential group, for example "
            "tdp017-cong-cho. It takes effect within seconds. Faces, plates and pictures are not read. A device that refuses the "
            "account is asked again after 10 minutes, as wrong attempts lock it."
        ),
    ),
)
