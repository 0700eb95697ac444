"""Speaker: the smart loudspeakers of the residential groups."""

from ingest.events.speaker import (
    BroadcastCompleted,
    BroadcastFailed,
    BroadcastPreEmpted,
    BroadcastStarted,
    DeviceFault,
    DeviceHeartbeat,
    DeviceOffline,
    DeviceOnline,
    DeviceRestored,
)
from ingest.label import Label
from warehouse.entity import Attr, Constant, Entity, First, Latest

_EVERY = (
    DeviceHeartbeat,
    DeviceOnline,
    DeviceOffline,
    DeviceFault,
    DeviceRestored,
    BroadcastStarted,
    BroadcastCompleted,
    BroadcastFailed,
    BroadcastPreEmpted,
)

SPEAKER = Entity(
    id="speaker",
    label=Label(vi="Cụm loa", en="Loudspeaker"),
    fields={
        "area_code": Constant(_EVERY, "area_code"),
        "registered_at": First(_EVERY),
        "connected": Latest({DeviceHeartbeat: 1, DeviceOnline: 1, DeviceOffline: 0}, empty=0),
        "seen_at": Latest({DeviceHeartbeat: Attr("at"), DeviceOnline: Attr("at")}, empty=0),
        "status": Latest(
            {
                DeviceHeartbeat: Attr("status"),
                BroadcastStarted: "playing",
                BroadcastCompleted: "idle",
                BroadcastFailed: "idle",
                BroadcastPreEmpted: "idle",
            },
            empty="idle",
        ),
        "fault": Latest({DeviceFault: Attr("code"), DeviceRestored: ""}, empty=""),
    },
    born=_EVERY,
    settled=lambda s: False,
    sources=("smart_loudspeaker",),
)
