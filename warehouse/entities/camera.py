"""Camera: the cameras and their faults, what they noticed, which of it somebody has to look at, and how many people are where."""

from ingest.contract.event import Event
from ingest.contract.events.camera import (
    AlertAcknowledged,
    DetectionEnded,
    DetectionStarted,
    HealthDecommissioned,
    HealthFault,
    HealthOffline,
    HealthOnline,
    OccupancySampled,
)
from ingest.contract.label import Label
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.expression import NEVER

_TELLING = ("frigate", "isapi", "onvif")
"""Connectors that tell of cameras."""

_HEALTH = (HealthOnline, HealthOffline, HealthFault)
_DETECTION = (DetectionStarted, DetectionEnded)


def _fault(code: str, more: dict[type[Event], str] | None = None) -> Latest:
    """Whether a camera has one kind of fault: `active` or `inactive`.

    Args:
        code: the kind, as in `HealthFault`.
        more: other events that say so.
    """
    return Latest({**(more or {}), HealthFault: Attr("state", lambda e: e.code == code)}, empty="inactive")


CAMERA = Entity(
    id="camera",
    label=Label(vi="Camera", en="Camera"),
    fields={
        "area_code": Constant(_HEALTH, "area_code"),
        "registered_at": First(_HEALTH),
        "heard_at": Latest(dict.fromkeys(_HEALTH, Attr("at")), empty=0),
        "decommissioned_at": Latest({HealthDecommissioned: Attr("at")}, empty=0),
        "online": Latest({HealthOnline: 1, HealthOffline: 0}, empty=0),
        "video_loss": _fault("video_loss", {HealthOffline: "active", HealthOnline: "inactive"}),
        "tamper": _fault("tamper"),
        "blur": _fault("blur"),
        "dark": _fault("dark"),
        "disk_full": _fault("disk_full"),
        "disk_error": _fault("disk_error"),
        "network": _fault("network"),
        "temperature": _fault("temperature"),
    },
    born=_HEALTH,
    settled=lambda c: False,
    sources=_TELLING,
    behaviour={
        "stop": Label(
            "có quyết định thôi dùng thì không tính; không có tín hiệu thì vẫn tính",
            "decommissioned: left out; silent: still counted",
        ),
        "reopen": Label("có tín hiệu sau đó là tính lại", "with a sign after that it counts again"),
    },
)

DETECTION = Entity(
    id="detection",
    label=Label(vi="Sự kiện camera", en="Camera detection"),
    fields={
        "camera_id": Constant(_DETECTION, "camera_id"),
        "detection": Constant(_DETECTION, "detection"),
        "object_class": Constant(_DETECTION, "object_class"),
        "direction": Constant(_DETECTION, "direction"),
        # A detection can rise to an alert, and does not fall again.
        "severity": Latest(
            dict.fromkeys(_DETECTION, Attr("severity", lambda e: e.severity == "alert")), empty="detection"
        ),
        "started_at": First((DetectionStarted,)),
        "ended_at": First((DetectionEnded,)),
    },
    born=(DetectionStarted,),
    settled=lambda d: d.ended_at < NEVER,
    sources=_TELLING,
)

ALERT = Entity(
    id="alert",
    label=Label(vi="Cảnh báo camera", en="Camera alert"),
    fields={
        "camera_id": Constant((DetectionStarted,), "camera_id"),
        "detection": Constant((DetectionStarted,), "detection"),
        "started_at": First((DetectionStarted,)),
        "acknowledged_at": First((AlertAcknowledged,)),
    },
    born=(DetectionStarted,),
    settled=lambda a: a.acknowledged_at < NEVER,
    sources=(*_TELLING, "camera_desk"),
    only={DetectionStarted: lambda e: e.severity == "alert"},
)

ZONE = Entity(
    id="zone",
    label=Label(vi="Vùng đếm người", en="Zone in which people are counted"),
    fields={
        "zone_id": Constant((OccupancySampled,), "zone_id"),
        "registered_at": First((OccupancySampled,)),
        "people": Latest({OccupancySampled: Attr("count")}, empty=0),
        "counted_at": Latest({OccupancySampled: Attr("at")}, empty=0),
    },
    born=(OccupancySampled,),
    settled=lambda z: False,
    sources=("frigate",),
)
