"""Equipment: the devices of the service centre and its lines, and each time that one of them did not answer; online meetings; and look-ups."""

from ingest.contract.events.equipment import (
    EquipmentDown,
    EquipmentFault,
    EquipmentHeartbeat,
    EquipmentMeasured,
    EquipmentRegistered,
    EquipmentRemoved,
    EquipmentSupply,
    EquipmentUp,
    LookupMade,
    MeetingCancelled,
    MeetingEnded,
    MeetingScheduled,
    OutageEnded,
    OutageStarted,
)
from ingest.contract.label import Label
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.expression import NEVER

_SIGNS = (EquipmentUp, EquipmentDown, EquipmentHeartbeat)
_PLANNED = (MeetingScheduled, MeetingCancelled, MeetingEnded)
_LISTED = (EquipmentRegistered, *_SIGNS)


def _fault(code: str) -> Latest:
    """Whether the device has one kind of fault: `active` or `inactive`."""
    return Latest({EquipmentFault: Attr("state", lambda e: e.code == code)}, empty="inactive")


def _supply(supply: str) -> Latest:
    """How much there is of one kind of supply: `low` or `enough`."""
    return Latest({EquipmentSupply: Attr("state", lambda e: e.supply == supply)}, empty="enough")


EQUIPMENT = Entity(
    id="equipment",
    label=Label(vi="Thiết bị", en="Equipment"),
    fields={
        "category": Latest(dict.fromkeys(_LISTED, Attr("category")), empty=""),
        "place": Latest({EquipmentRegistered: Attr("place")}, empty=""),
        "watched_by": Latest({EquipmentRegistered: Attr("watched_by"), EquipmentHeartbeat: "heartbeat"}, empty="ping"),
        "registered_at": First(_LISTED),
        "listed_at": Latest(dict.fromkeys(_LISTED, Attr("at")), empty=0),
        "removed_at": Latest({EquipmentRemoved: Attr("at")}, empty=0),
        "up": Latest({EquipmentUp: 1, EquipmentHeartbeat: 1, EquipmentDown: 0}, empty=0),
        "heard_at": First((EquipmentUp, EquipmentHeartbeat)),
        "down_at": Latest({EquipmentDown: Attr("at")}, empty=0),
        "beat_at": Latest({EquipmentHeartbeat: Attr("at")}, empty=0),
        "no_paper": _fault("no_paper"),
        "jammed": _fault("jammed"),
        "door_open": _fault("door_open"),
        "no_toner": _fault("no_toner"),
        "no_supply": _fault("no_supply"),
        "offline": _fault("offline"),
        "service": _fault("service"),
        "output_full": _fault("output_full"),
        "overdue_maintenance": _fault("overdue_maintenance"),
        "disk_full": _fault("disk_full"),
        "paper": _supply("paper"),
        "toner": _supply("toner"),
        "ink": _supply("ink"),
        "drum": _supply("drum"),
        "fuser": _supply("fuser"),
        "waste": _supply("waste"),
        "other": _supply("other"),
        "loss": Latest({EquipmentMeasured: Attr("loss")}, empty=0),
        "delay_ms": Latest({EquipmentMeasured: Attr("delay_ms")}, empty=0),
        "measured_at": Latest({EquipmentMeasured: Attr("at")}, empty=0),
    },
    born=_LISTED,
    settled=lambda e: False,
    sources=("equipment",),
    behaviour={
        "stop": Label("bỏ khỏi danh sách thì không tính", "taken off the list it is left out"),
        "reopen": Label("ghi lại vào danh sách là tính lại", "on the list again it counts again"),
    },
)

EQUIPMENT_OUTAGE = Entity(
    id="equipment_outage",
    label=Label(vi="Lần mất liên lạc của thiết bị", en="Outage of a device"),
    fields={
        "device_id": Constant((OutageStarted, OutageEnded), "device_id"),
        "category": Constant((OutageStarted, OutageEnded), "category"),
        "started_at": First((OutageStarted,)),
        "ended_at": First((OutageEnded,)),
    },
    born=(OutageStarted,),
    settled=lambda o: o.ended_at < NEVER,
    sources=("equipment",),
    keep_ms=48 * 3_600_000,
    counts_ms=24 * 3_600_000,
)

MEETING = Entity(
    id="meeting",
    label=Label(vi="Cuộc họp trực tuyến", en="Online meeting"),
    fields={
        "starts_at": Latest(dict.fromkeys(_PLANNED, Attr("starts_at")), empty=NEVER),
        "ends_at": Latest(dict.fromkeys(_PLANNED, Attr("ends_at")), empty=NEVER),
        "cancelled": Latest({MeetingCancelled: 1, MeetingScheduled: 0, MeetingEnded: 0}, empty=0),
        "ended_at": First((MeetingEnded,)),
        "line": Latest({MeetingEnded: Attr("line")}, empty=""),
        "line_down_s": Latest({MeetingEnded: Attr("line_down_s")}, empty=0),
    },
    born=_PLANNED,
    settled=lambda m: (m.ended_at < NEVER) | (m.cancelled == 1),
    sources=("online_meeting",),
    keep_ms=48 * 3_600_000,
    counts_ms=24 * 3_600_000,
)

LOOKUP = Entity(
    id="lookup",
    label=Label(vi="Lượt tra cứu", en="Look-up"),
    fields={
        "device_id": Constant((LookupMade,), "device_id"),
        "subject_code": Constant((LookupMade,), "subject_code"),
        "procedure_code": Constant((LookupMade,), "procedure_code"),
        "made_at": First((LookupMade,)),
    },
    born=(LookupMade,),
    settled=lambda one: True,
    sources=("lookup_kiosk",),
)
