"""Document office: the ward's document management (văn bản đi, đến), which posts what was issued, received and handled.

Only a document's code, kind, direction and whether it is digitally signed are read. A document with a secrecy mark must
not be sent at all; one that comes nevertheless leaves no trace here, neither event nor dead letter.
"""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.contract.code import Reference
from ingest.contract.connector import Connector, Context, Identified, Mapped, ReceivedMessage, Webhook
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import document
from ingest.contract.label import Label
from ingest.contract.quantity import Moment


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Document(_Foreign):
    """A document, without its subject, its authors and its text."""

    code: str = Field(alias="maVanBan")
    direction: Literal["di", "den"] = Field("di", alias="huong")
    kind: str = Field("khac", alias="loaiVanBan")
    signed: bool | None = Field(None, alias="daKySo")
    secrecy: str = Field("thuong", alias="doMat")
    due_at: Moment | None = Field(None, alias="hanXuLy")


class DocumentMessage(_Foreign):
    """One webhook of the document system."""

    id: Reference
    kind: Literal["phat_hanh", "tiep_nhan", "xu_ly_xong", "nhip_song"] = Field(alias="loai")
    at: Moment = Field(alias="thoiGian")
    document: Document | None = Field(None, alias="vanBan")


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One webhook as one event; none for a heartbeat, and none for a secret document."""
    message: DocumentMessage = received.payload
    if message.kind == "nhip_song":
        return []
    if message.document is None:
        raise InvalidEvent("missing_part", "a step of a document needs `vanBan`")
    if message.document.secrecy != "thuong":
        return []
    return [Identified(_event(message, message.document), message.id)]


def _event(message: DocumentMessage, paper: Document) -> Event:
    if message.kind == "tiep_nhan":
        return document.DocumentReceived(doc_ref=paper.code, at=message.at, due_at=paper.due_at)
    if message.kind == "xu_ly_xong":
        return document.DocumentHandled(doc_ref=paper.code, at=message.at)
    if paper.signed is None:
        raise InvalidEvent("missing_part", "an issued document needs `daKySo`")
    return document.DocumentIssued(
        doc_ref=paper.code,
        direction=paper.direction,
        kind_code=paper.kind,
        issued_at=message.at,
        signed=paper.signed,
    )


CONNECTOR = Connector(
    id="document_office",
    label=Label(vi="Quản lý văn bản", en="Documents"),
    system="document",
    way=Webhook(sign_of_life=timedelta(seconds=60)),
    payload=TypeAdapter(DocumentMessage),
    events=(document.DocumentIssued, document.DocumentReceived, document.DocumentHandled),
    map=to_events,
    sample="document_office.jsonl",
    personal=frozenset({"soKyHieu", "trichYeu", "nguoiKy", "nguoiSoan", "noiNhan", "chungThuSo", "tepDinhKem"}),
    guide=Label(
        vi=(
            "Trên phần mềm quản lý văn bản, thêm webhook với địa chỉ và khóa bí mật in ở trên, kiểu ký “Standard "
            "Webhooks”; gửi khi phát hành, tiếp nhận, xử lý xong và tín hiệu nhip_song 60 giây một lần. Văn bản thuộc "
            "danh mục bí mật nhà nước phải được loại ngay tại nguồn. Không cần gửi trích yếu, người ký."
        ),
        en=(
            "In the document system add a webhook with the address and the secret printed above, signed as “Standard "
            "Webhooks”; send on issue, receipt and completion, and the heartbeat nhip_song every 60 seconds. "
            "Documents with a secrecy mark must be left out at the source. Subject and signatory are not needed."
        ),
    ),
)
