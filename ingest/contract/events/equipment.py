"""Equipment: the service centre's devices and lines, whether they answer and what is wrong with them; online meetings; look-ups at its kiosk.

A device is what the ward's list of equipment says: a PC, a printer, a display, a leased line. Where it is in the network stays in that list.
Of a meeting it is told when it is, and whether the line held while it lasted; neither what it is about nor anybody's name.
"""

from typing import ClassVar, Literal

from ingest.contract.code import DeviceName, ProcedureCode, Pseudonym, Reference, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import Milliseconds, Moment, Percent, SecondsWithinDay

Watching = Literal["unwatched", "ping", "tcp", "http", "snmp", "heartbeat"]
"""How it is known whether a device works; `unwatched`: it is listed only; `heartbeat`: it speaks by itself."""

FaultCode = Literal[
    "no_paper", "jammed", "door_open", "no_toner", "no_supply", "offline", "service", "output_full", "overdue_maintenance", "disk_full",
]  # fmt: skip
Supply = Literal["paper", "toner", "ink", "drum", "fuser", "waste", "other"]


class _Equipment(Event):
    """What every event of a device carries."""

    stream: ClassVar[str] = "equipment"
    about: ClassVar[str] = "device_id"

    device_id: DeviceName
    category: Word
    """What it is: `may_tinh`, `may_in`, `duong_truyen`."""
    at: Moment


class EquipmentRegistered(_Equipment):
    """The device is on the ward's list, or something that the list says of it is another."""

    kind: ClassVar[str] = "equipment.registered"
    label: ClassVar[Label] = Label("Đưa thiết bị vào danh sách", "Device listed")

    place: DeviceName | None = None
    watched_by: Watching


class EquipmentRemoved(_Equipment):
    """The device is no longer on the ward's list."""

    kind: ClassVar[str] = "equipment.removed"
    label: ClassVar[Label] = Label("Bỏ thiết bị khỏi danh sách", "Device taken off the list")


class EquipmentUp(_Equipment):
    """The device answers, for the first time or again."""

    kind: ClassVar[str] = "equipment.up"
    label: ClassVar[Label] = Label("Thiết bị trả lời", "Device answers")


class EquipmentDown(_Equipment):
    """The device does not answer any more."""

    kind: ClassVar[str] = "equipment.down"
    label: ClassVar[Label] = Label("Thiết bị không trả lời", "Device does not answer")


class EquipmentHeartbeat(_Equipment):
    """The device says by itself that it is at work."""

    kind: ClassVar[str] = "equipment.heartbeat"
    label: ClassVar[Label] = Label("Tín hiệu của thiết bị", "Device heartbeat")


class EquipmentFault(_Equipment):
    """The device says that something is wrong with it, or is mended."""

    kind: ClassVar[str] = "equipment.fault"
    label: ClassVar[Label] = Label("Lỗi thiết bị", "Device fault")
    natural: ClassVar[tuple[str, ...]] = ("code", "state")

    code: FaultCode
    state: Literal["active", "inactive"]


class EquipmentSupply(_Equipment):
    """Something that the device uses up is nearly gone, or there is enough of it again."""

    kind: ClassVar[str] = "equipment.supply"
    label: ClassVar[Label] = Label("Vật tư của thiết bị", "Device supply")
    natural: ClassVar[tuple[str, ...]] = ("supply", "state")

    supply: Supply
    state: Literal["low", "enough"]
    level: Percent | None = None


class EquipmentMeasured(_Equipment):
    """How well the device could be reached within the last minutes."""

    kind: ClassVar[str] = "equipment.measured"
    label: ClassVar[Label] = Label("Đo đường truyền tới thiết bị", "Way to a device measured")

    loss: Percent
    delay_ms: Milliseconds | None = None


class _Outage(_Equipment):
    """What both ends of an outage carry."""

    about: ClassVar[str] = "outage_ref"

    outage_ref: Reference


class OutageStarted(_Outage):
    """A device stopped answering."""

    kind: ClassVar[str] = "outage.started"
    label: ClassVar[Label] = Label("Thiết bị mất kết nối", "Device outage began")


class OutageEnded(_Outage):
    """It answers again, or nobody asks it any more."""

    kind: ClassVar[str] = "outage.ended"
    label: ClassVar[Label] = Label("Thiết bị có lại kết nối", "Device outage ended")


class _Meeting(Event):
    """What every event of an online meeting carries."""

    stream: ClassVar[str] = "equipment"
    about: ClassVar[str] = "meeting_ref"

    meeting_ref: Pseudonym
    at: Moment
    starts_at: Moment
    ends_at: Moment


class MeetingScheduled(_Meeting):
    """A meeting stands in the calendar, for the first time or for another time than before."""

    kind: ClassVar[str] = "meeting.scheduled"
    label: ClassVar[Label] = Label("Đặt lịch họp", "Meeting scheduled")


class MeetingCancelled(_Meeting):
    """It will not take place."""

    kind: ClassVar[str] = "meeting.cancelled"
    label: ClassVar[Label] = Label("Hủy cuộc họp", "Meeting cancelled")


class MeetingEnded(_Meeting):
    """It is over; what it needed was there, or was not."""

    kind: ClassVar[str] = "meeting.ended"
    label: ClassVar[Label] = Label("Kết thúc cuộc họp", "Meeting ended")

    line: Literal["held", "broke", "unknown"]
    """Whether one of the lines was up all along; `unknown`: none was asked all along."""
    line_down_s: SecondsWithinDay = 0
    """How long it was down."""


class LookupMade(_Equipment):
    """Somebody looked something up at a kiosk; who and which dossier it was is not told."""

    kind: ClassVar[str] = "lookup.made"
    label: ClassVar[Label] = Label("Tra cứu tại kiosk", "Kiosk look-up")
    about: ClassVar[str] = "lookup_ref"

    lookup_ref: Reference
    subject_code: Literal["dossier", "procedure", "fee", "queue", "other"] = "other"
    """What was looked up."""
    procedure_code: ProcedureCode | None = None


class EquipmentImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "equipment"
    kind: ClassVar[str] = "equipment.import_withdrawn"
