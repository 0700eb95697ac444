"""Speaker: the smart loudspeakers of the residential groups, what is planned, and each broadcast on each of them."""

from ingest.contract.events.speaker import (
    BroadcastCompleted,
    BroadcastFailed,
    BroadcastPreEmpted,
    BroadcastStarted,
    DeviceDecommissioned,
    DeviceFault,
    DeviceHeartbeat,
    DeviceOffline,
    DeviceOnline,
    DeviceRestored,
    ScheduleCancelled,
    ScheduleChanged,
    ScheduleCreated,
)
from ingest.contract.label import Label
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.expression import DAY_MS, MINUTE, NEVER, least

_EVERY = (DeviceHeartbeat, DeviceOnline, DeviceOffline, DeviceFault, DeviceRestored)
_BROADCAST = (BroadcastStarted, BroadcastCompleted, BroadcastFailed, BroadcastPreEmpted)
_PLANNED = (ScheduleCreated, ScheduleChanged)

PLANNED_AHEAD_MS = 31 * DAY_MS
"""How long before its day a broadcast is planned at most."""

SPEAKER = Entity(
    id="speaker",
    label=Label(vi="Cụm loa", en="Loudspeaker"),
    fields={
        "area_code": Constant(_EVERY, "area_code"),
        "registered_at": First(_EVERY),
        "connected": Latest({DeviceHeartbeat: 1, DeviceOnline: 1, DeviceOffline: 0}, empty=0),
        "seen_at": Latest({DeviceHeartbeat: Attr("at"), DeviceOnline: Attr("at")}, empty=0),
        "reported_at": Latest(dict.fromkeys((DeviceOffline, DeviceFault, DeviceRestored), Attr("at")), empty=0),
        "decommissioned_at": Latest({DeviceDecommissioned: Attr("at")}, empty=0),
        "status": Latest({DeviceHeartbeat: Attr("status")}, empty="idle"),
        "fault": Latest({DeviceFault: Attr("code"), DeviceRestored: ""}, empty=""),
    },
    born=_EVERY,
    settled=lambda s: False,
    sources=("smart_loudspeaker",),
    silent_after_ms=3 * MINUTE,
    behaviour={
        "stop": Label(
            "có quyết định thôi dùng thì không tính; không có tín hiệu thì vẫn tính",
            "decommissioned: left out; silent: still counted",
        ),
        "reopen": Label("có tín hiệu sau đó là tính lại", "with a sign after that it counts again"),
    },
)

SCHEDULE = Entity(
    id="schedule",
    label=Label(vi="Lịch phát", en="Planned broadcast"),
    fields={
        "bulletin_type": Latest(dict.fromkeys(_PLANNED, Attr("bulletin_type")), empty=""),
        "start_at": Latest(dict.fromkeys(_PLANNED, Attr("start_at")), empty=NEVER),
        "duration_s": Latest(dict.fromkeys(_PLANNED, Attr("duration_s")), empty=0),
        "targets": Latest(dict.fromkeys(_PLANNED, Attr("target_devices_n")), empty=0),
        "cancelled_at": First((ScheduleCancelled,)),
    },
    born=(ScheduleCreated,),
    settled=lambda s: True,
    sources=("smart_loudspeaker",),
    keep_ms=PLANNED_AHEAD_MS,
    counts_ms=PLANNED_AHEAD_MS,
)

BROADCAST = Entity(
    id="broadcast",
    label=Label(vi="Lượt phát trên một cụm loa", en="Broadcast on one loudspeaker"),
    fields={
        "device_id": Constant(_BROADCAST, "device_id"),
        "area_code": Constant(_BROADCAST, "area_code"),
        "bulletin_type": Constant(_BROADCAST, "bulletin_type"),
        "issued_at": Latest(dict.fromkeys(_BROADCAST, Attr("issued_at")), empty=NEVER),
        "started_at": First((BroadcastStarted,)),
        "completed_at": First((BroadcastCompleted,)),
        "failed_at": First((BroadcastFailed,)),
        "pre_empted_at": First((BroadcastPreEmpted,)),
        "played_s": Latest(
            dict.fromkeys((BroadcastCompleted, BroadcastFailed, BroadcastPreEmpted), Attr("played_s")), empty=0
        ),
    },
    born=(BroadcastStarted, BroadcastFailed),
    settled=lambda b: least(b.completed_at, b.failed_at, b.pre_empted_at) < NEVER,
    sources=("smart_loudspeaker",),
)
