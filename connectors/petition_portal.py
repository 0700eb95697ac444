"""Petition portal: feedback and petitions (PAKN) from the national portal, the city's system, 1022 and the counter.

The portal posts each step of a petition. Its text, its author, its address and the answer's text are not read; its number
becomes a pseudonym, and so does the post's id, which may hold it. Where the matter lies is known by the code of the residential
group alone. `nhip_song` is only a heartbeat.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.contract.connector import Connector, Context, Identified, Mapped, ReceivedMessage, Webhook
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import petition
from ingest.contract.label import Label
from ingest.contract.quantity import Moment
from ingest.untrusted.foreign_fields import Hidden

CHANNELS: dict[str, Literal["dvcqg", "city", "1022", "direct"]] = {
    "cong_dvcqg": "dvcqg",
    "thanh_pho": "city",
    "tong_dai_1022": "1022",
    "truc_tiep": "direct",
}
"""The portal's channels and ours."""


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Petition(_Foreign):
    """A petition, without its text and author."""

    number: Hidden = Field(alias="maPhanAnh")
    channel: Literal["cong_dvcqg", "thanh_pho", "tong_dai_1022", "truc_tiep"] = Field(alias="kenh")
    category: Literal["quy_dinh", "hanh_vi", "hien_truong"] = Field(alias="phanLoai")
    field: str = Field(alias="maLinhVuc")
    due_at: Moment | None = Field(None, alias="hanTraLoi")
    area: str | None = Field(None, alias="maTo")


class PetitionMessage(_Foreign):
    """One webhook of the portal."""

    id: Hidden
    kind: str = Field(alias="loai")
    at: Moment = Field(alias="thoiGian")
    petition: Petition | None = Field(None, alias="phanAnh")
    to_unit: str = Field("khac", alias="donViChuyenDen")
    internal: bool = Field(False, alias="noiBo")
    reason_code: str = Field("khac", alias="maLyDo")
    satisfied: bool | None = Field(None, alias="haiLong")


def _rated(message: PetitionMessage, common: dict[str, Any]) -> Event:
    if message.satisfied is None:
        raise InvalidEvent("missing_part", "a mark needs `haiLong`")
    return petition.PetitionRated(**common, at=message.at, satisfied=message.satisfied)


def _received(message: PetitionMessage, common: dict[str, Any]) -> Event:
    due_at = message.petition.due_at if message.petition else None
    return petition.PetitionReceived(**common, received_at=message.at, due_at=due_at)


MAPPINGS: dict[str, Callable[[PetitionMessage, dict[str, Any]], Event]] = {
    "tiep_nhan": _received,
    "yeu_cau_bo_sung": lambda m, common: petition.PetitionSupplementRequested(**common, at=m.at),
    "bo_sung": lambda m, common: petition.PetitionSupplemented(**common, at=m.at),
    "chuyen_don_vi": lambda m, common: petition.PetitionTransferred(
        **common, at=m.at, to_unit=m.to_unit, internal=m.internal
    ),
    "tu_choi": lambda m, common: petition.PetitionRefused(**common, at=m.at, reason_code=m.reason_code),
    "tra_loi": lambda m, common: petition.PetitionAnswered(**common, answered_at=m.at),
    "cong_khai": lambda m, common: petition.PetitionPublished(**common, at=m.at),
    "danh_gia": _rated,
    "mo_lai": lambda m, common: petition.PetitionReopened(**common, at=m.at),
}
"""The portal's steps and the event that each becomes."""


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One webhook as one event; none for a heartbeat."""
    message: PetitionMessage = received.payload
    if message.kind == "nhip_song":
        return []
    mapping = MAPPINGS.get(message.kind)
    if mapping is None:
        raise InvalidEvent("unknown_kind", "the portal's `loai` is not one that we know")
    if message.petition is None:
        raise InvalidEvent("missing_part", "a step of a petition needs `phanAnh`")
    common = {
        "petition_ref": context.pseudonym(message.petition.number),
        "channel": CHANNELS[message.petition.channel],
        "category": message.petition.category,
        "field_code": message.petition.field,
        "area_code": message.petition.area or None,
    }
    return [Identified(mapping(message, common), context.pseudonym(message.id))]


CONNECTOR = Connector(
    id="petition_portal",
    label=Label(vi="Phản ánh, kiến nghị", en="Petitions"),
    system="petition",
    way=Webhook(sign_of_life=timedelta(seconds=60)),
    payload=TypeAdapter(PetitionMessage),
    events=(
        petition.PetitionReceived,
        petition.PetitionSupplementRequested,
        petition.PetitionSupplemented,
        petition.PetitionTransferred,
        petition.PetitionRefused,
        petition.PetitionAnswered,
        petition.PetitionPublished,
        petition.PetitionRated,
        petition.PetitionReopened,
    ),
    map=to_events,
    sample="petition_portal.jsonl",
    personal=frozenset(
        {
            "id",
            "maPhanAnh",
            "nguoiGui",
            "hoTen",
            "soDienThoai",
            "noiDung",
            "noiDungTraLoi",
            "tieuDe",
            "diaChi",
            "toaDo",
            "tepDinhKem",
        }
    ),
    guide=Label(
        vi=(
            "Trên hệ thống tiếp nhận phản ánh, kiến nghị (hoặc phần mềm trung gian lấy từ Cổng DVCQG, 1022), thêm "
            "webhook với địa chỉ và khóa bí mật in ở trên, kiểu ký “Standard Webhooks”; gửi các bước tiếp nhận (kể cả nơi khác chuyển đến), "
            "yêu cầu bổ sung, bổ sung, chuyển (noiBo: true khi chuyển trong phường), từ chối, trả lời, công khai, đánh giá, mở lại và tín hiệu nhip_song 60 giây một lần. Gửi kèm maTo, mã tổ dân phố nơi xảy ra sự việc "
            "(ví dụ TDP-017, như trong danh mục của phường), nếu biết. Không cần gửi nội dung, người gửi, địa chỉ, tọa độ."
        ),
        en=(
            "In the petition system (or the software that reads the national portal and 1022) add a webhook with the "
            "address and the secret printed above, signed as “Standard Webhooks”; send the steps received (also from "
            "another body), supplement asked for, supplemented, transferred (noiBo: true within the ward), refused, answered, published, rated, "
            "reopened and the heartbeat nhip_song every 60 seconds. Add maTo, "
            "the code of the residential group where the matter lies (TDP-017, say, as in the ward's register), if it is known. Text, "
            "author, address and coordinates are not needed."
        ),
    ),
)
