"""Smart loudspeaker: the residential groups' loudspeakers and their broadcasts, over MQTT.

Topics: `loa/<device>/status` (heartbeat), `loa/<device>/online` (retained; the last will is the word `offline`),
`loa/<device>/fault`, `loa/<device>/broadcast`, `loa/schedule/<id>`. Times are seconds since 1970. A device name begins
with its residential group (`tdp-017-l1` hangs in `TDP-017`) unless the message names the group itself.

A loudspeaker that should play and is not in reach says nothing: the broadcasting software reports `failed` for it, so that
every loudspeaker that was meant to play has one end of each broadcast.

A last will has no time of its own, so it happened when it came; one that the broker repeats from memory is a state and
no happening, and brings no event. Everything else has its device's time, so a repeated message is the same event.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ingest.contract.connector import Connector, Context, Mapped, ReceivedMessage, Subscription
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import speaker
from ingest.contract.label import Label
from ingest.untrusted.foreign_fields import EpochSeconds, PlainInt, named_area


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _OfDevice(_Foreign):
    ts: EpochSeconds
    area: str | None = None
    net: Literal["4g", "wifi", "lan"] = "4g"


class Status(_OfDevice):
    """Heartbeat of a device."""

    state: Literal["idle", "playing", "error"]
    vol: PlainInt
    rssi: PlainInt | None = None
    fw: str | None = None


class Online(_OfDevice):
    """A device connected, or leaves on purpose."""

    online: bool
    reason: str = "connected"


class FaultMessage(_OfDevice):
    """A part of a device failed, or works again."""

    code: Literal["amplifier", "power", "storage", "network", "mute"]
    severity: Literal["warning", "critical"] = "warning"
    active: bool = True


class Bulletin(_Foreign):
    """What is broadcast: its code, priority and when the order was given, without title and text."""

    id: str
    type: speaker.BulletinType
    issued: EpochSeconds | None = None


class BroadcastMessage(_OfDevice):
    """A broadcast on one device began or ended."""

    event: Literal["started", "completed", "failed", "preempted"]
    broadcast_id: str
    bulletin: Bulletin
    schedule_id: str | None = None
    played_s: PlainInt = 0
    error: str = "unknown"


class Schedule(_Foreign):
    """A broadcast was planned, changed or called off."""

    event: Literal["created", "changed", "cancelled"]
    ts: EpochSeconds
    type: speaker.BulletinType
    source: Literal["trung_uong", "tinh", "xa"]
    start: EpochSeconds
    duration_s: PlainInt
    targets: PlainInt


ONLINE: TypeAdapter[Any] = TypeAdapter(Online | Literal["online", "offline"])

PAYLOADS: dict[str, TypeAdapter[Any]] = {
    "loa/+/status": TypeAdapter(Status),
    "loa/+/online": ONLINE,
    "loa/+/fault": TypeAdapter(FaultMessage),
    "loa/+/broadcast": TypeAdapter(BroadcastMessage),
    "loa/schedule/+": TypeAdapter(Schedule),
}


def _device(address: str, said: _OfDevice | None) -> dict[str, Any]:
    """Device, group and network of a message on `loa/<device>/…`."""
    device = address.split("/")[1]
    told = said.area if said else None
    area = (told and (named_area(told) or told)) or named_area(device) or speaker.NO_AREA
    return {"device_id": device, "area_code": area, "network": said.net if said else "4g"}


def _of_device(broadcast_id: str, device: str) -> str:
    """The broadcast on one loudspeaker, where the software gives all loudspeakers the same id."""
    return broadcast_id if device in broadcast_id else f"{broadcast_id}|{device}"


def _status(status: Status, common: dict[str, Any]) -> Event:
    return speaker.DeviceHeartbeat(
        **common, at=status.ts, status=status.state, volume=status.vol, signal=status.rssi, firmware=status.fw
    )


def _online(online: Online, common: dict[str, Any]) -> Event:
    kind = speaker.DeviceOnline if online.online else speaker.DeviceOffline
    return kind(**common, at=online.ts, reason=online.reason)


def _fault(fault: FaultMessage, common: dict[str, Any]) -> Event:
    if fault.active:
        return speaker.DeviceFault(**common, at=fault.ts, code=fault.code, severity=fault.severity)
    return speaker.DeviceRestored(**common, at=fault.ts)


def _broadcast(broadcast: BroadcastMessage, common: dict[str, Any]) -> Event:
    told = {
        **common,
        "at": broadcast.ts,
        "broadcast_id": _of_device(broadcast.broadcast_id, common["device_id"]),
        "bulletin_id": broadcast.bulletin.id,
        "bulletin_type": broadcast.bulletin.type,
        "schedule_id": broadcast.schedule_id,
        "issued_at": broadcast.bulletin.issued,
    }
    if broadcast.event == "started":
        return speaker.BroadcastStarted(**told)
    if broadcast.event == "completed":
        return speaker.BroadcastCompleted(**told, played_s=broadcast.played_s)
    if broadcast.event == "failed":
        return speaker.BroadcastFailed(**told, played_s=broadcast.played_s, error_code=broadcast.error)
    return speaker.BroadcastPreEmpted(**told, played_s=broadcast.played_s)


def _schedule(schedule: Schedule, schedule_id: str) -> Event:
    kinds: dict[str, Callable[..., Event]] = {
        "created": speaker.ScheduleCreated,
        "changed": speaker.ScheduleChanged,
        "cancelled": speaker.ScheduleCancelled,
    }
    return kinds[schedule.event](
        schedule_id=schedule_id,
        at=schedule.ts,
        bulletin_type=schedule.type,
        source_level=schedule.source,
        start_at=schedule.start,
        duration_s=schedule.duration_s,
        target_devices_n=schedule.targets,
    )


def _bare(word: str, received: ReceivedMessage) -> list[Event]:
    """The bare word `offline` (last will) or `online`."""
    if received.retained:
        return []
    common = _device(received.address, None)
    if word == "online":
        return [speaker.DeviceOnline(**common, at=received.received_at, reason="connected")]
    return [speaker.DeviceOffline(**common, at=received.received_at, reason="last_will")]


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One MQTT message as one event; none for a last will from the broker's memory."""
    said = received.payload
    if isinstance(said, str):
        return _bare(said, received)
    if isinstance(said, Schedule):
        return [_schedule(said, received.address.rsplit("/", 1)[-1])]
    common = _device(received.address, said)
    if isinstance(said, Status):
        return [_status(said, common)]
    if isinstance(said, Online):
        return [_online(said, common)]
    if isinstance(said, FaultMessage):
        return [_fault(said, common)]
    if isinstance(said, BroadcastMessage):
        return [_broadcast(said, common)]
    raise InvalidEvent("unknown_kind", "no loudspeaker speaks on topics like this one")


CONNECTOR = Connector(
    id="smart_loudspeaker",
    label=Label(vi="Loa truyền thanh thông minh", en="Smart loudspeakers"),
    system="speaker",
    way=Subscription(
        topics=tuple(PAYLOADS),
        payloads=PAYLOADS,
        device_topics=("loa/{device}/status", "loa/{device}/online", "loa/{device}/fault", "loa/{device}/broadcast"),
        device_accounts=True,
        sign_of_life=timedelta(minutes=1),
    ),
    payload=PAYLOADS["loa/+/status"],
    events=(
        speaker.DeviceHeartbeat,
        speaker.DeviceOnline,
        speaker.DeviceOffline,
        speaker.DeviceFault,
        speaker.DeviceRestored,
        speaker.BroadcastStarted,
        speaker.BroadcastCompleted,
        speaker.BroadcastFailed,
        speaker.BroadcastPreEmpted,
        speaker.ScheduleCreated,
        speaker.ScheduleChanged,
        speaker.ScheduleCancelled,
    ),
    map=to_events,
    sample="smart_loudspeaker.jsonl",
    personal=frozenset(
        {"contact", "contact_phone", "sim", "imei", "mac", "ip", "lat", "lon", "title", "author", "text"}
    ),
    guide=Label(
        vi=(
            "Trên phần mềm quản lý truyền thanh (hoặc từng cụm loa), đặt máy chủ MQTT, cổng, tài khoản, mật khẩu in "
            "ở trên, QoS 1; cụm loa tự kết nối thì nên có tài khoản riêng (--device <mã cụm>), chỉ gửi được chủ đề của mình. Mỗi cụm loa gửi nhịp sống lên loa/<mã cụm>/status 60 giây một lần và mỗi khi bắt đầu hoặc "
            "ngừng phát, đặt di chúc (last will) "
            "“offline” giữ lại trên loa/<mã cụm>/online, và báo lỗi, phát thanh lên loa/<mã cụm>/fault, "
            "loa/<mã cụm>/broadcast. Cụm loa được giao phát mà không liên lạc được: phần mềm báo failed, error "
            "“offline” thay cho nó. Mã cụm bắt đầu bằng mã tổ dân phố, ví dụ tdp-017-l1."
        ),
        en=(
            "In the broadcasting software (or on each loudspeaker) set the MQTT host, port, user and password printed "
            "above, with QoS 1; one that connects by itself better gets an account of its own (--device <device>), which publishes on its own topics only. Each loudspeaker sends its heartbeat to loa/<device>/status every 60 seconds and whenever "
            "it begins or stops to play, has the retained last will “offline” on loa/<device>/online, and reports faults and broadcasts on "
            "loa/<device>/fault and loa/<device>/broadcast. For a loudspeaker that should play and cannot be reached the "
            "software reports failed with the error “offline” in its place. A device's name begins with its residential group, for "
            "example tdp-017-l1."
        ),
    ),
)
