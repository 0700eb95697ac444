"""Document: papers issued and received by the office; secret ones are excluded at the source."""

from typing import ClassVar, Literal

from ingest.contract.code import Reference, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import Moment


class _Document(Event):
    """What every event of a document carries."""

    stream: ClassVar[str] = "document"
    about: ClassVar[str] = "doc_ref"

    doc_ref: Reference


class DocumentIssued(_Document):
    """The office issued a document, digitally signed or not."""

    kind: ClassVar[str] = "document.issued"
    label: ClassVar[Label] = Label("Ban hành văn bản", "Document issued")
    occurred: ClassVar[str] = "issued_at"

    direction: Literal["di", "den"] = "di"
    kind_code: Word
    issued_at: Moment
    signed: bool
    secret: Literal[False] = False


class DocumentReceived(_Document):
    """A document came in."""

    kind: ClassVar[str] = "document.received"
    label: ClassVar[Label] = Label("Nhận văn bản đến", "Document received")

    at: Moment
    due_at: Moment | None = None


class DocumentHandled(_Document):
    """A document that came in was dealt with."""

    kind: ClassVar[str] = "document.handled"
    label: ClassVar[Label] = Label("Xử lý xong văn bản đến", "Document dealt with")

    at: Moment


class DocumentImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "document"
    kind: ClassVar[str] = "document.import_withdrawn"
