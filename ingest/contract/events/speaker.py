"""Speaker: the smart loudspeakers of the residential groups and what they broadcast."""

from typing import ClassVar, Literal

from ingest.contract.code import AreaCode, DeviceName, Reference, VersionCode, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import Decibels, Devices, Moment, Percent, SecondsWithinDay

NO_AREA = "TDP-000"
"""Group of a loudspeaker that neither says nor shows where it hangs."""

BulletinType = Literal["thong_thuong", "uu_tien", "khan_cap"]


class _Device(Event):
    """What every event of a loudspeaker carries."""

    stream: ClassVar[str] = "speaker"
    about: ClassVar[str] = "device_id"

    device_id: DeviceName
    area_code: AreaCode
    network: Literal["4g", "wifi", "lan"] = "4g"
    at: Moment


class DeviceHeartbeat(_Device):
    """The loudspeaker says that it lives, and what it does."""

    kind: ClassVar[str] = "device.heartbeat"
    label: ClassVar[Label] = Label("Tín hiệu của cụm loa", "Loudspeaker heartbeat")

    status: Literal["idle", "playing", "error"]
    volume: Percent
    signal: Decibels | None = None
    firmware: VersionCode | None = None


class DeviceOnline(_Device):
    """The loudspeaker connected."""

    kind: ClassVar[str] = "device.online"
    label: ClassVar[Label] = Label("Cụm loa trực tuyến", "Loudspeaker online")

    reason: Word


class DeviceOffline(_Device):
    """The loudspeaker's connection was lost (its last will) or closed."""

    kind: ClassVar[str] = "device.offline"
    label: ClassVar[Label] = Label("Cụm loa mất kết nối", "Loudspeaker offline")

    reason: Word


class DeviceFault(_Device):
    """A part of the loudspeaker failed."""

    kind: ClassVar[str] = "device.fault"
    label: ClassVar[Label] = Label("Lỗi cụm loa", "Loudspeaker fault")
    natural: ClassVar[tuple[str, ...]] = ("code",)

    code: Literal["amplifier", "power", "storage", "network", "mute"]
    severity: Literal["warning", "critical"]


class DeviceRestored(_Device):
    """The fault is gone."""

    kind: ClassVar[str] = "device.restored"
    label: ClassVar[Label] = Label("Cụm loa hết lỗi", "Loudspeaker restored")


class DeviceDecommissioned(_Device):
    """The loudspeaker was taken down for good; what it says later means that it is in use again."""

    kind: ClassVar[str] = "device.decommissioned"
    label: ClassVar[Label] = Label("Tháo bỏ cụm loa", "Loudspeaker taken down")

    decided_by: Word
    """The unit of the ward that decided it."""
    reason_code: Word


class _Broadcast(_Device):
    """What every event of one broadcast on one loudspeaker carries; `broadcast_id` is of this loudspeaker alone.

    `issued_at` is when the order to broadcast was given, as far as the broadcasting software tells.
    """

    about: ClassVar[str] = "broadcast_id"
    natural: ClassVar[tuple[str, ...]] = ("device_id",)

    broadcast_id: Reference
    bulletin_id: Reference
    bulletin_type: BulletinType
    schedule_id: Reference | None = None
    issued_at: Moment | None = None


class BroadcastStarted(_Broadcast):
    """The loudspeaker began to play."""

    kind: ClassVar[str] = "broadcast.started"
    label: ClassVar[Label] = Label("Bắt đầu phát thanh", "Broadcast began")


class BroadcastCompleted(_Broadcast):
    """The loudspeaker played to the end."""

    kind: ClassVar[str] = "broadcast.completed"
    label: ClassVar[Label] = Label("Phát thanh xong", "Broadcast completed")

    played_s: SecondsWithinDay


class BroadcastFailed(_Broadcast):
    """The loudspeaker could not play, or not to the end."""

    kind: ClassVar[str] = "broadcast.failed"
    label: ClassVar[Label] = Label("Phát thanh không thành công", "Broadcast failed")

    played_s: SecondsWithinDay = 0
    error_code: Word


class BroadcastPreEmpted(_Broadcast):
    """A bulletin of higher priority took over."""

    kind: ClassVar[str] = "broadcast.pre_empted"
    label: ClassVar[Label] = Label("Nhường bản tin ưu tiên", "Broadcast pre-empted")

    played_s: SecondsWithinDay


class _Schedule(Event):
    """What every event of a broadcast schedule carries."""

    stream: ClassVar[str] = "speaker"
    about: ClassVar[str] = "schedule_id"

    schedule_id: Reference
    at: Moment
    bulletin_type: BulletinType
    source_level: Literal["trung_uong", "tinh", "xa"]
    start_at: Moment
    duration_s: SecondsWithinDay
    target_devices_n: Devices


class ScheduleCreated(_Schedule):
    """A broadcast was planned."""

    kind: ClassVar[str] = "schedule.created"
    label: ClassVar[Label] = Label("Lên lịch phát thanh", "Broadcast planned")


class ScheduleChanged(_Schedule):
    """A planned broadcast was changed."""

    kind: ClassVar[str] = "schedule.changed"
    label: ClassVar[Label] = Label("Đổi lịch phát thanh", "Broadcast plan changed")


class ScheduleCancelled(_Schedule):
    """A planned broadcast was called off."""

    kind: ClassVar[str] = "schedule.cancelled"
    label: ClassVar[Label] = Label("Hủy lịch phát thanh", "Broadcast called off")


class SpeakerImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "speaker"
    kind: ClassVar[str] = "speaker.import_withdrawn"
