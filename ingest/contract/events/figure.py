"""Figure: what no machine tells - figures of a period that people of the ward enter or import, confirm and correct.

What an event of confirmation says counts until the next one about the same kind and period; what was entered waits for a second person.
"""

from hashlib import blake2b
from typing import ClassVar

from ingest.contract.code import AccountName, PeriodCode, Reference, Word
from ingest.contract.event import Event
from ingest.contract.label import Label
from ingest.contract.quantity import Amount, ChangesBefore, Moment


class _Figure(Event):
    """What every event of a figure carries."""

    stream: ClassVar[str] = "figure"
    about: ClassVar[str] = "figure_ref"

    figure_ref: Reference
    """Kind and period: `mooc_staff:2026-11`."""
    kind_code: Word
    period: PeriodCode
    version: ChangesBefore
    """How many events there were before about the same kind and period."""
    who: AccountName
    at: Moment
    batch: Reference | None = None
    """Of the import that it came by."""

    def natural_id(self, source: str) -> str:
        """Whoever sends the same again, because no answer came, sends it under the same id, whatever time it is."""
        said = self.model_dump(exclude={"at"}, exclude_none=True)
        return blake2b(repr([source, self.kind, said]).encode(), digest_size=16).hexdigest()


class _Stated(_Figure):
    """What every event carries that says how much."""

    covers_from: Moment
    covers_until: Moment
    """The first moment after the period."""
    numerator: Amount
    """In the smallest unit of its kind: 12,5 % of a kind with one decimal is 125."""
    denominator: Amount = 1
    """Out of how many; 1 where it is no share."""
    reason_code: Word | None = None
    """Why it differs from what stood before."""
    source_code: Word = "nhap_tay"
    """Where it was read: typed in, a file, the ward's report."""
    bound: Word = "chinh_xac"
    """Whether the source gives the number itself, `chinh_xac`, or says that it is at least so much, `it_nhat`."""
    dates: Word = "ghi_ro"
    """Whether the source bears the dates of its period, `ghi_ro`, or its end was inferred, `suy_ra`."""
    dimension: Word | None = None
    """By what the indicator is split, where the total of a day is told for one part."""
    member: Reference | None = None
    """Which part it is."""


class FigureEntered(_Stated):
    """Somebody entered it, and a second person has to confirm it before it counts."""

    kind: ClassVar[str] = "figure.entered"
    label: ClassVar[Label] = Label("Nhập số liệu", "Figure entered")


class FigureConfirmed(_Stated):
    """It counts from now on, instead of what stood before."""

    kind: ClassVar[str] = "figure.confirmed"
    label: ClassVar[Label] = Label("Xác nhận số liệu", "Figure confirmed")

    entered_by: AccountName


class FigureRejected(_Figure):
    """What was entered is dropped before it counted; what stood before stands."""

    kind: ClassVar[str] = "figure.rejected"
    label: ClassVar[Label] = Label("Không xác nhận số liệu", "Figure rejected")

    reason_code: Word


class FigureWithdrawn(_Figure):
    """What counted counts no more."""

    kind: ClassVar[str] = "figure.withdrawn"
    label: ClassVar[Label] = Label("Rút số liệu", "Figure withdrawn")

    reason_code: Word
