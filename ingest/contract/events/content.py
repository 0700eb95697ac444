"""Content: news items that the ward published."""

from typing import ClassVar, Literal

from ingest.contract.code import Reference, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import Moment


class PostPublished(Event):
    """A news item appeared on one platform."""

    stream: ClassVar[str] = "content"
    about: ClassVar[str] = "post_ref"
    kind: ClassVar[str] = "post.published"
    label: ClassVar[Label] = Label("Đăng tin bài", "News item published")
    occurred: ClassVar[str] = "published_at"

    platform: Literal["zalo", "portal", "fanpage", "speaker"]
    post_ref: Reference
    topic_code: Word
    published_at: Moment


class ContentImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "content"
    kind: ClassVar[str] = "content.import_withdrawn"
