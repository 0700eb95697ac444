"""Content post: what the ward published on Zalo, its portal, fan page and loudspeakers, posted by the editors' tool.

One message a published item: platform, code, topic and time. Title, text, author and link are not read.
"""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.contract.code import Reference
from ingest.contract.connector import Connector, Context, Identified, Mapped, ReceivedMessage, Webhook
from ingest.contract.errors import InvalidEvent
from ingest.contract.events import content
from ingest.contract.label import Label
from ingest.contract.quantity import Moment

PLATFORMS: dict[str, Literal["zalo", "portal", "fanpage", "speaker"]] = {
    "zalo": "zalo",
    "cong_thong_tin": "portal",
    "fanpage": "fanpage",
    "truyen_thanh": "speaker",
}
"""The tool's platforms and ours."""


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PublishedPost(_Foreign):
    """A published item, without title, text and author."""

    code: str = Field(alias="maBai")
    platform: Literal["zalo", "cong_thong_tin", "fanpage", "truyen_thanh"] = Field(alias="nenTang")
    topic: str = Field("khac", alias="maChuyenMuc")


class ContentPostMessage(_Foreign):
    """One webhook of the editors' tool."""

    id: Reference
    kind: Literal["dang_bai", "nhip_song"] = Field(alias="loai")
    at: Moment = Field(alias="thoiGian")
    post: PublishedPost | None = Field(None, alias="baiDang")


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One webhook as one event; none for a heartbeat."""
    message: ContentPostMessage = received.payload
    if message.kind == "nhip_song":
        return []
    if message.post is None:
        raise InvalidEvent("missing_part", "a published item needs `baiDang`")
    published = content.PostPublished(
        platform=PLATFORMS[message.post.platform],
        post_ref=message.post.code,
        topic_code=message.post.topic,
        published_at=message.at,
    )
    return [Identified(published, message.id)]


CONNECTOR = Connector(
    id="content_post",
    label=Label(vi="Tin bài đã đăng", en="Published items"),
    system="content",
    way=Webhook(sign_of_life=timedelta(seconds=60)),
    payload=TypeAdapter(ContentPostMessage),
    events=(content.PostPublished,),
    map=to_events,
    sample="content_post.jsonl",
    personal=frozenset({"tieuDe", "noiDung", "tacGia", "duongDan", "anhDaiDien", "binhLuan"}),
    guide=Label(
        vi=(
            "Trên công cụ biên tập (hoặc cổng thông tin), thêm webhook với địa chỉ và khóa bí mật in ở trên, kiểu ký "
            "“Standard Webhooks”; gửi một tin cho mỗi bài vừa đăng trên Zalo, cổng thông tin, fanpage, truyền thanh và "
            "tín hiệu nhip_song 60 giây một lần."
        ),
        en=(
            "In the editors' tool (or the portal) add a webhook with the address and the secret printed above, signed "
            "as “Standard Webhooks”; send one message for each item published on Zalo, the portal, the fan page or the "
            "loudspeakers, and the heartbeat nhip_song every 60 seconds."
        ),
    ),
)
