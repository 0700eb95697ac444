"""Act: what a person may do with a figure, as the event that it is - enter, confirm, reject, correct, withdraw.

Where a kind wants a second pair of eyes, what one person enters counts when another confirms it; who entered it never can.
"""

from datetime import datetime
from typing import Any, NamedTuple

from dashboard.access.viewer import Viewer
from dashboard.entry.amount import EntryRefused
from ingest.contract.clock import WARD_ZONE
from ingest.contract.event import Event
from ingest.contract.events.figure import FigureConfirmed, FigureEntered, FigureRejected, FigureWithdrawn
from ingest.contract.label import Label
from warehouse.figures.kind import FigureKind, FigurePeriod
from warehouse.model.reading import TOTAL, Split
from warehouse.query.entered import EnteredFigure, FigureAct

REASONS = ("go_nham", "don_vi_sua", "kiem_tra_lai")
"""Why a figure is corrected: chosen from a list, for an event holds no free text."""
UNDONE, NOT_AGREED = "hoan_tac", "tu_choi"

NOT_ALLOWED = Label("tài khoản này không được nhập chỉ tiêu này", "this account may not enter this figure")
NOT_CONFIRMED_BY = Label("tài khoản này không được xác nhận chỉ tiêu này", "this account may not confirm this figure")
SAME_PERSON = Label(
    "người nhập không tự xác nhận: cần người thứ hai", "who entered it does not confirm it: a second person has to"
)
NO_DRAFT = Label("không có số nào chờ xác nhận", "nothing waits to be confirmed")
NO_REASON = Label("sửa số đã có thì phải chọn lý do", "who corrects a figure has to say why")
UNCHANGED = Label("số này đã có như vậy", "it says so already")
NOT_BEGUN = Label("kỳ này chưa bắt đầu", "this period has not begun")
NOT_THERE = Label("không có số nào để rút", "there is nothing to withdraw")
CHANGED_MEANWHILE = Label(
    "số này vừa được người khác thay đổi: hãy xem lại", "somebody has just changed it: look again"
)


class Statement(NamedTuple):
    """How much, of what, and where it was read."""

    kind: FigureKind
    period: FigurePeriod
    amounts: tuple[int, int]
    source_code: str = "nhap_tay"
    bound: str = "chinh_xac"
    dates: str = "ghi_ro"
    split: Split = TOTAL
    """Of a total of a day that is told for a part: dimension and member."""

    @property
    def ref(self) -> str:
        """Of its figure."""
        return ":".join([self.kind.code, self.period.code, *(self.split if self.split != TOTAL else ())])


def enter(
    what: Statement,
    known: EnteredFigure,
    person: Viewer,
    at: datetime,
    reason: str | None = None,
    batch: str | None = None,
) -> Event:
    """Enter a figure, or correct it; it counts at once where no second person is wanted.

    Raises:
        EntryRefused: the person may not, or there is no reason given for a correction.
    """
    kind, period = what.kind, what.period
    if not person.may(kind.enters):
        raise EntryRefused(NOT_ALLOWED)
    if period.first > at.astimezone(WARD_ZONE).date():
        raise EntryRefused(NOT_BEGUN, "period")
    last = known.draft or known.standing
    if last and says_same(last, what):
        raise EntryRefused(UNCHANGED, "value")
    if known.standing and reason is None:
        raise EntryRefused(NO_REASON, "reason")
    covers_from, covers_until = period.covers
    stated: dict[str, Any] = {
        **_about(known, kind, period.code, person, at),
        "covers_from": covers_from,
        "covers_until": covers_until,
        "numerator": what.amounts[0],
        "denominator": what.amounts[1],
        "reason_code": reason,
        "source_code": what.source_code,
        "bound": what.bound,
        "dates": what.dates,
        "dimension": what.split[0] or None,
        "member": what.split[1] or None,
        "batch": batch,
    }
    return FigureEntered(**stated) if kind.confirms else FigureConfirmed(**stated, entered_by=person.name)


def confirm(kind: FigureKind, known: EnteredFigure, person: Viewer, at: datetime) -> Event:
    """Confirm what another person entered.

    Raises:
        EntryRefused: the person may not, is the one who entered it, or nothing waits.
    """
    draft = _draft(kind, known, person)
    if draft.who == person.name:
        raise EntryRefused(SAME_PERSON)
    said = {**draft.data, **_about(known, kind, draft.data["period"], person, at), "entered_by": draft.who}
    return FigureConfirmed(**said)


def reject(kind: FigureKind, known: EnteredFigure, person: Viewer, at: datetime) -> Event:
    """Drop what waits: who entered it may take it back, and who may confirm it may say no.

    Raises:
        EntryRefused: the person may not, or nothing waits.
    """
    draft = known.draft
    if draft is None or draft.who != person.name:
        draft = _draft(kind, known, person)
    return FigureRejected(**_about(known, kind, draft.data["period"], person, at), reason_code=NOT_AGREED)


def withdraw(kind: FigureKind, known: EnteredFigure, person: Viewer, at: datetime, reason: str = UNDONE) -> Event:
    """Take back what counts.

    Raises:
        EntryRefused: the person may not, or nothing stands.
    """
    if not person.may(kind.confirms or kind.enters):
        raise EntryRefused(NOT_CONFIRMED_BY)
    if known.standing is None:
        raise EntryRefused(NOT_THERE)
    return FigureWithdrawn(**_about(known, kind, known.standing.data["period"], person, at), reason_code=reason)


def says_same(act: FigureAct, what: Statement) -> bool:
    """Whether an act says what somebody would enter."""
    return act.stated == what.amounts and all(act.data.get(name) == getattr(what, name) for name in ("bound", "dates"))


def _draft(kind: FigureKind, known: EnteredFigure, person: Viewer) -> FigureAct:
    if kind.confirms is None or not person.may(kind.confirms):
        raise EntryRefused(NOT_CONFIRMED_BY)
    if known.draft is None:
        raise EntryRefused(NO_DRAFT)
    return known.draft


def _about(known: EnteredFigure, kind: FigureKind, period: str, person: Viewer, at: datetime) -> dict[str, Any]:
    return {
        "figure_ref": known.ref,
        "kind_code": kind.code,
        "period": period,
        "version": known.version,
        "who": person.name,
        "at": at,
    }
