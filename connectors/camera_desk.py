"""Camera desk: whoever watches the cameras acknowledges what they are alarmed about; over MQTT, beside the recorder.

Topic `camera_desk/acknowledged`, one message an alert: which one (`maSuKien`, the recorder's own id of its review), when, with
what result. The guard is known by a keyed hash of their staff number; their name and what they wrote are not read.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.contract.code import DeviceName, Reference
from ingest.contract.connector import Connector, Context, Identified, Mapped, ReceivedMessage, Subscription
from ingest.contract.events import camera
from ingest.contract.label import Label
from ingest.untrusted.foreign_fields import EpochSeconds, Hidden, named_area

OUTCOMES: dict[str, Literal["true", "false_alarm"]] = {"dung": "true", "bao_dong_gia": "false_alarm"}
"""The desk's words and ours."""


class Acknowledged(BaseModel):
    """One alert that somebody has looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Reference
    at: EpochSeconds = Field(alias="thoiGian")
    review: Reference = Field(alias="maSuKien")
    camera: DeviceName
    outcome: Literal["dung", "bao_dong_gia"] = Field(alias="ketQua")
    guard: Hidden = Field(alias="maNguoiTruc")


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One message as one event."""
    said: Acknowledged = received.payload
    event = camera.AlertAcknowledged(
        camera_id=said.camera,
        origin="frigate",
        area_code=named_area(said.camera),
        event_ref=said.review,
        at=said.at,
        actor_ref=context.pseudonym(said.guard),
        outcome=OUTCOMES[said.outcome],
    )
    return [Identified(event, said.id)]


_PAYLOAD: TypeAdapter[Acknowledged] = TypeAdapter(Acknowledged)

CONNECTOR = Connector(
    id="camera_desk",
    label=Label(vi="Bàn trực camera", en="Camera desk"),
    system="camera",
    way=Subscription(topics=("camera_desk/acknowledged",), payloads={"camera_desk/acknowledged": _PAYLOAD}),
    payload=_PAYLOAD,
    events=(camera.AlertAcknowledged,),
    map=to_events,
    sample="camera_desk.jsonl",
    personal=frozenset({"maNguoiTruc", "nguoiTruc", "ghiChu", "soDienThoai"}),
    guide=Label(
        vi=(
            "Trên phần mềm trực camera, đặt máy chủ MQTT, tài khoản, mật khẩu in ở trên, QoS 1; mỗi khi người trực xác nhận "
            "một cảnh báo, gửi lên camera_desk/acknowledged một tin JSON: id, thoiGian (giây từ 1970), maSuKien (mã review "
            "của Frigate), camera, ketQua (dung hoặc bao_dong_gia), maNguoiTruc. Không cần gửi tên người và ghi chú."
        ),
        en=(
            "In the guards' software set the MQTT host, user and password printed above, with QoS 1; whenever somebody "
            "acknowledges an alert publish one JSON message to camera_desk/acknowledged: id, thoiGian (seconds since 1970), "
            "maSuKien (Frigate's review id), camera, ketQua (dung or bao_dong_gia), maNguoiTruc. Names and remarks are not "
            "needed."
        ),
    ),
)
