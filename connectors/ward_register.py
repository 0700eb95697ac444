"""Ward register: the residential groups (tổ dân phố), their community digital teams, and devices that were taken down for good.

An entry is posted when it is made; one about a device or a group that is gone says which unit decided it.

Only codes are read; the heads and members of groups and teams are people and stay outside.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.contract.code import Reference
from ingest.contract.connector import Connector, Context, Identified, Mapped, ReceivedMessage, Webhook
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import camera, queue, reference, speaker
from ingest.contract.label import Label
from ingest.contract.quantity import Moment


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Area(_Foreign):
    """A residential group."""

    code: str = Field(alias="maTo")


class Team(_Foreign):
    """A community digital team."""

    code: str = Field(alias="maToCongNghe")


class RegisterDevice(_Foreign):
    """A device that is used no more."""

    kind: Literal["loa", "camera", "quay"] = Field(alias="loai")
    code: str = Field(alias="ma")


class RegisterMessage(_Foreign):
    """One webhook of the register."""

    id: Reference
    kind: Literal[
        "dang_ky_to", "giai_the_to", "thanh_lap_to_cong_nghe", "giai_the_to_cong_nghe", "thao_thiet_bi", "nhip_song"
    ] = Field(alias="loai")
    at: Moment = Field(alias="thoiGian")
    area: Area | None = Field(None, alias="toDanPho")
    team: Team | None = Field(None, alias="toCongNghe")
    device: RegisterDevice | None = Field(None, alias="thietBi")
    decided_by: str = Field("khac", alias="donViQuyetDinh")
    reason_code: str = Field("khac", alias="maLyDo")


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One webhook as one event; none for a heartbeat."""
    message: RegisterMessage = received.payload
    if message.kind == "nhip_song":
        return []
    if message.kind == "thao_thiet_bi":
        return [Identified(_decommissioned(message), message.id)]
    if message.area is None:
        raise InvalidEvent("missing_part", "an entry of the register needs `toDanPho`")
    return [Identified(_event(message, message.area), message.id)]


def _event(message: RegisterMessage, area: Area) -> Event:
    if message.kind == "dang_ky_to":
        return reference.AreaRegistered(area_code=area.code, at=message.at)
    if message.kind == "giai_the_to":
        return reference.AreaDissolved(area_code=area.code, **_decision(message))
    if message.team is None:
        raise InvalidEvent("missing_part", "an entry about a team needs `toCongNghe`")
    kinds: dict[str, Callable[..., Event]] = {
        "thanh_lap_to_cong_nghe": reference.TeamFormed,
        "giai_the_to_cong_nghe": reference.TeamDissolved,
    }
    return kinds[message.kind](area_code=area.code, at=message.at, team_ref=message.team.code)


def _decision(message: RegisterMessage) -> dict[str, Any]:
    return {"at": message.at, "decided_by": message.decided_by, "reason_code": message.reason_code}


def _decommissioned(message: RegisterMessage) -> Event:
    device = message.device
    if device is None:
        raise InvalidEvent("missing_part", "an entry about a device needs `thietBi`")
    if device.kind == "camera":
        return camera.HealthDecommissioned(camera_id=device.code, origin="frigate", **_decision(message))
    if device.kind == "quay":
        return queue.CounterDecommissioned(site_id="khac", counter_id=device.code, **_decision(message))
    if message.area is None:
        raise InvalidEvent("missing_part", "a loudspeaker is taken down in a `toDanPho`")
    return speaker.DeviceDecommissioned(device_id=device.code, area_code=message.area.code, **_decision(message))


CONNECTOR = Connector(
    id="ward_register",
    label=Label(vi="Danh mục tổ dân phố", en="Ward register"),
    system="reference",
    way=Webhook(sign_of_life=timedelta(seconds=60)),
    payload=TypeAdapter(RegisterMessage),
    events=(
        reference.AreaRegistered,
        reference.AreaDissolved,
        reference.TeamFormed,
        reference.TeamDissolved,
        camera.HealthDecommissioned,
        queue.CounterDecommissioned,
        speaker.DeviceDecommissioned,
    ),
    map=to_events,
    sample="ward_register.jsonl",
    personal=frozenset({"tenTo", "toTruong", "thanhVien", "hoTen", "soDienThoai", "diaChi"}),
    guide=Label(
        vi=(
            "Trên phần mềm danh mục của phường, thêm webhook với địa chỉ và khóa bí mật in ở trên, kiểu ký “Standard "
            "Webhooks”; gửi một tin cho mỗi tổ dân phố và mỗi tổ công nghệ số cộng đồng khi lập hoặc giải thể, mỗi "
            "loa, camera, quầy khi thôi dùng hẳn (thao_thiet_bi, kèm donViQuyetDinh), và tín hiệu nhip_song 60 giây một lần. Không cần gửi tên người."
        ),
        en=(
            "In the ward's register add a webhook with the address and the secret printed above, signed as “Standard "
            "Webhooks”; send one message for each residential group and each community digital team when it is formed "
            "or dissolved, for each loudspeaker, camera and counter that is used no more (thao_thiet_bi, with donViQuyetDinh), and the heartbeat nhip_song every 60 seconds. Names of people are not needed."
        ),
    ),
)
