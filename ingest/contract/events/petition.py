"""Petition: feedback and petitions of citizens (phản ánh, kiến nghị); no text, no name."""

from typing import ClassVar, Literal

from ingest.contract.code import AreaCode, Pseudonym, UnitCode, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import Moment


class _Petition(Event):
    """What every event of a petition carries."""

    stream: ClassVar[str] = "petition"
    about: ClassVar[str] = "petition_ref"

    petition_ref: Pseudonym
    channel: Literal["dvcqg", "city", "1022", "direct"]
    category: Literal["quy_dinh", "hanh_vi", "hien_truong"]
    field_code: Word
    area_code: AreaCode | None = None
    """The residential group where the matter lies, if the portal names it; never an address or coordinates."""


class PetitionReceived(_Petition):
    """A petition came in, from the citizen or from another body; it may come once more after it was handed on."""

    kind: ClassVar[str] = "petition.received"
    label: ClassVar[Label] = Label("Tiếp nhận phản ánh, kiến nghị", "Petition received")
    occurred: ClassVar[str] = "received_at"

    received_at: Moment
    due_at: Moment | None = None


class PetitionSupplementRequested(_Petition):
    """The petitioner was asked for more."""

    kind: ClassVar[str] = "petition.supplement_requested"
    label: ClassVar[Label] = Label("Yêu cầu bổ sung phản ánh, kiến nghị", "More asked of a petitioner")

    at: Moment


class PetitionSupplemented(_Petition):
    """The petitioner sent what was missing: it waits to be taken up again."""

    kind: ClassVar[str] = "petition.supplemented"
    label: ClassVar[Label] = Label("Bổ sung phản ánh, kiến nghị", "Petition supplemented")

    at: Moment


class PetitionTransferred(_Petition):
    """It went to another body, or, `internal`, to another unit of the ward, which stays responsible."""

    kind: ClassVar[str] = "petition.transferred"
    label: ClassVar[Label] = Label("Chuyển phản ánh, kiến nghị", "Petition handed on")

    at: Moment
    to_unit: UnitCode
    internal: bool = False


class PetitionRefused(_Petition):
    """It was refused or sent back."""

    kind: ClassVar[str] = "petition.refused"
    label: ClassVar[Label] = Label("Từ chối phản ánh, kiến nghị", "Petition refused")

    at: Moment
    reason_code: Word


class PetitionAnswered(_Petition):
    """The answer was given."""

    kind: ClassVar[str] = "petition.answered"
    label: ClassVar[Label] = Label("Trả lời phản ánh, kiến nghị", "Petition answered")
    occurred: ClassVar[str] = "answered_at"

    answered_at: Moment


class PetitionPublished(_Petition):
    """The answer was published."""

    kind: ClassVar[str] = "petition.published"
    label: ClassVar[Label] = Label("Công khai trả lời phản ánh, kiến nghị", "Answer published")

    at: Moment


class PetitionRated(_Petition):
    """The petitioner said whether the answer satisfies."""

    kind: ClassVar[str] = "petition.rated"
    label: ClassVar[Label] = Label("Đánh giá trả lời phản ánh, kiến nghị", "Petition rated")

    at: Moment
    satisfied: bool


class PetitionReopened(_Petition):
    """It was opened again."""

    kind: ClassVar[str] = "petition.reopened"
    label: ClassVar[Label] = Label("Mở lại phản ánh, kiến nghị", "Petition reopened")

    at: Moment


class PetitionImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "petition"
    kind: ClassVar[str] = "petition.import_withdrawn"
