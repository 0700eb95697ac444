"""Camera: the cameras, and what they noticed."""

from ingest.events.camera import (
    AlertAcknowledged,
    DetectionEnded,
    DetectionStarted,
    HealthFault,
    HealthOffline,
    HealthOnline,
)
from ingest.label import Label
from warehouse.entity import Attr, Constant, Entity, First, Latest
from warehouse.expression import NEVER

CAMERA = Entity(
    id="camera",
    label=Label(vi="Camera", en="Camera"),
    fields={
        "registered_at": First((HealthOnline, HealthOffline, HealthFault)),
        "online": Latest({HealthOnline: 1, HealthOffline: 0}, empty=0),
        "fault": Latest({HealthFault: Attr("code")}, empty=""),
        "fault_state": Latest({HealthFault: Attr("state")}, empty="inactive"),
    },
    born=(HealthOnline, HealthOffline, HealthFault),
    settled=lambda c: False,
    sources=("frigate",),
)

DETECTION = Entity(
    id="detection",
    label=Label(vi="Sự kiện camera", en="Camera detection"),
    fields={
        "camera_id": Constant((DetectionStarted, DetectionEnded), "camera_id"),
        "detection": Constant((DetectionStarted, DetectionEnded), "detection"),
        "object_class": Constant((DetectionStarted, DetectionEnded), "object_class"),
        "severity": Constant((DetectionStarted, DetectionEnded), "severity"),
        "started_at": First((DetectionStarted,)),
        "ended_at": First((DetectionEnded,)),
        "acknowledged_at": First((AlertAcknowledged,)),
    },
    born=(DetectionStarted,),
    settled=lambda d: d.ended_at < NEVER,
    sources=("frigate",),
)
