"""Equipment: the devices of the service centre and its leased line, asked by ping, TCP, HTTP or SNMP whether they work.

Which devices there are says a list in the data folder, `inventory/equipment.csv` or `.xlsx`; their addresses stay there. What is asked
is whether a device answers, and by SNMP what is wrong with it and what runs out; nothing that it holds is read.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from ingest.contract.connector import Connector, Context, DeviceProbe, Mapped, ReceivedMessage
from ingest.contract.event import Event
from ingest.contract.events import equipment
from ingest.contract.label import Label

LINE = "duong_truyen"
"""Category of a line; its addresses are those of several hosts beyond it."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    device: str
    category: str
    place: str | None = None
    by: equipment.Watching
    at: AwareDatetime
    holds: bool = Field(False, alias="is")
    down_since: AwareDatetime | None = None


class Listed(_Said):
    """The device is on the list, or not any more."""

    told: Literal["listed"]


class Reached(_Said):
    """The device answers, or does not; `outage_over`: nobody asks it any more."""

    told: Literal["reached", "outage_over"]


class FaultSaid(_Said):
    """Something is wrong with the device, or not any more."""

    told: Literal["fault"]
    code: equipment.FaultCode


class SupplySaid(_Said):
    """Something runs out, or does not any more."""

    told: Literal["supply"]
    code: equipment.Supply
    level: int | None = None


class LineMeasured(_Said):
    """How well the device could be reached."""

    told: Literal["measured"]
    loss: int
    delay_ms: int | None = None


Message = Annotated[Listed | Reached | FaultSaid | SupplySaid | LineMeasured, Field(discriminator="told")]


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One change of a device as its events."""
    said: _Said = received.payload
    common: dict[str, Any] = {"device_id": said.device, "category": said.category, "at": said.at}
    if isinstance(said, Listed):
        return [_listed(said, common)]
    if isinstance(said, Reached):
        return _reached(said, common)
    if isinstance(said, FaultSaid):
        return [equipment.EquipmentFault(**common, code=said.code, state="active" if said.holds else "inactive")]
    if isinstance(said, SupplySaid):
        common |= {"supply": said.code, "level": said.level}
        return [equipment.EquipmentSupply(**common, state="low" if said.holds else "enough")]
    assert isinstance(said, LineMeasured)  # noqa: S101  # there is no other kind
    return [equipment.EquipmentMeasured(**common, loss=said.loss, delay_ms=said.delay_ms)]


def _listed(said: Listed, common: dict[str, Any]) -> Event:
    if said.holds:
        return equipment.EquipmentRegistered(**common, place=said.place, watched_by=said.by)
    return equipment.EquipmentRemoved(**common)


def _reached(said: Reached, common: dict[str, Any]) -> list[Event]:
    made: list[Event] = []
    if said.told == "reached":
        made.append((equipment.EquipmentUp if said.holds else equipment.EquipmentDown)(**common))
    if said.down_since is not None:
        kind = equipment.OutageEnded if said.holds or said.told == "outage_over" else equipment.OutageStarted
        made.append(kind(**common, outage_ref=f"{said.device}|{_stamp(said.down_since)}"))
    return made


def _stamp(moment: datetime) -> str:
    """A time as part of an outage's name."""
    return f"{moment:%Y%m%dT%H%M%S}"


CONNECTOR = Connector(
    id="equipment",
    label=Label(vi="Thiết bị và đường truyền", en="Equipment and lines"),
    system="equipment",
    way=DeviceProbe(every=timedelta(seconds=30), measured=frozenset({LINE})),
    payload=TypeAdapter[Any](Message),
    events=(
        equipment.EquipmentRegistered,
        equipment.EquipmentRemoved,
        equipment.EquipmentUp,
        equipment.EquipmentDown,
        equipment.EquipmentFault,
        equipment.EquipmentSupply,
        equipment.EquipmentMeasured,
        equipment.OutageStarted,
        equipment.OutageEnded,
    ),
    map=to_events,
    sample="equipment.jsonl",
    personal=frozenset({"nguoi_su_dung", "contact", "addresses"}),
    guide=Label(
        vi=(
            "Lập danh sách thiết bị (.xlsx hoặc .csv UTF-8) với các cột Mã, Loại, Nơi đặt, Theo dõi, Địa chỉ và chép vào thư mục in ở trên; "
            "sửa tệp là có hiệu lực ngay. Theo dõi: không, ping, TCP (máy:cổng), HTTP (địa chỉ trang), SNMP (máy in, máy photocopy) hoặc tự báo. "
            "Đường truyền là một dòng loại “Đường truyền” với vài địa chỉ ở ngoài trung tâm, cách nhau bằng dấu chấm phẩy. Bật SNMP trên "
            "máy in với một community riêng, chỉ đọc (hoặc SNMPv3), và đặt nó làm khóa của nguồn này."
        ),
        en=(
            "Make a list of the devices (.xlsx or .csv in UTF-8) with the columns Mã, Loại, Nơi đặt, Theo dõi, Địa chỉ and copy it into the "
            "folder printed above; a changed file counts at once. Theo dõi: không (not at all), ping, TCP (host:port), HTTP (a page), SNMP "
            "(printers, copiers) or tự báo (it speaks by itself). A line is a row of the kind “Đường truyền” with several addresses beyond it, "
            "separated by semicolons. Turn SNMP on at the printers with a read-only community of your own (or SNMPv3), and set it as this source's key."
        ),
    ),
)
