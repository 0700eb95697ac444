"""Camera: what the cameras counted and noticed, and their own health.

Never a plate, face, name, thumbnail, snapshot, clip, box or description (Luật 91/2025/QH15).
"""

from typing import ClassVar, Literal

from ingest.contract.code import AreaCode, DeviceName, Pseudonym, Reference, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import Certainty, Moment, People

ObjectClass = Literal["person", "car", "motorcycle", "truck", "bus", "bicycle", "unknown"]
"""`unknown`: the camera does not tell what it noticed."""

Origin = Literal["frigate", "isapi", "onvif"]


class _Camera(Event):
    """What every event of a camera carries."""

    stream: ClassVar[str] = "camera"
    about: ClassVar[str] = "camera_id"

    camera_id: DeviceName
    origin: Origin
    zone_id: DeviceName | None = None
    area_code: AreaCode | None = None
    """The residential group in which the camera stands, if that is known."""


class _Detection(_Camera):
    """What both ends of a detection carry; `event_ref` is the source's id of the detection."""

    about: ClassVar[str] = "event_ref"

    event_ref: Reference
    detection: Literal["line_cross", "intrusion", "loitering", "abandoned_object", "crowd", "congestion"]
    object_class: ObjectClass
    direction: Word | None = None
    severity: Literal["detection", "alert"] = "detection"
    started_at: Moment
    score: Certainty | None = None


class DetectionStarted(_Detection):
    """The camera noticed something."""

    kind: ClassVar[str] = "detection.started"
    label: ClassVar[Label] = Label("Camera phát hiện", "Camera detection began")
    occurred: ClassVar[str] = "started_at"


class DetectionEnded(_Detection):
    """What the camera had noticed is over."""

    kind: ClassVar[str] = "detection.ended"
    label: ClassVar[Label] = Label("Hết phát hiện của camera", "Camera detection ended")
    occurred: ClassVar[str] = "ended_at"

    ended_at: Moment


class OccupancySampled(_Camera):
    """How many people are in the zone."""

    kind: ClassVar[str] = "occupancy.sampled"
    label: ClassVar[Label] = Label("Đếm người trong khu vực", "People in a zone counted")
    natural: ClassVar[tuple[str, ...]] = ("zone_id",)

    count: People
    at: Moment


class HealthOnline(_Camera):
    """The camera's picture is there."""

    kind: ClassVar[str] = "health.online"
    label: ClassVar[Label] = Label("Camera có hình", "Camera online")

    at: Moment


class HealthOffline(_Camera):
    """The camera's picture is gone."""

    kind: ClassVar[str] = "health.offline"
    label: ClassVar[Label] = Label("Camera mất hình", "Camera offline")

    at: Moment


class HealthFault(_Camera):
    """A fault of the camera or its recorder began or ended."""

    kind: ClassVar[str] = "health.fault"
    label: ClassVar[Label] = Label("Lỗi camera", "Camera fault")
    natural: ClassVar[tuple[str, ...]] = ("code", "state")

    code: Literal["video_loss", "tamper", "blur", "dark", "disk_full", "disk_error", "network", "temperature"]
    state: Literal["active", "inactive"]
    at: Moment


class HealthDecommissioned(_Camera):
    """The camera was taken down for good; what is heard of it later means that it is in use again."""

    kind: ClassVar[str] = "health.decommissioned"
    label: ClassVar[Label] = Label("Tháo bỏ camera", "Camera taken down")

    at: Moment
    decided_by: Word
    """The unit of the ward that decided it."""
    reason_code: Word


class AlertAcknowledged(_Camera):
    """A person looked at an alert and judged it."""

    about: ClassVar[str] = "event_ref"
    kind: ClassVar[str] = "alert.acknowledged"
    label: ClassVar[Label] = Label("Xem cảnh báo của camera", "Camera alert judged")

    event_ref: Reference
    at: Moment
    actor_ref: Pseudonym
    outcome: Literal["true", "false_alarm"]


class CameraImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "camera"
    kind: ClassVar[str] = "camera.import_withdrawn"
