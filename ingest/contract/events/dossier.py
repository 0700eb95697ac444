"""Dossier: the one-stop shop's files on their way, in the states of the national portal."""

from typing import Annotated, ClassVar, Literal

from annotated_types import Len

from ingest.contract.code import FieldName, ProcedureCode, Pseudonym, Reference, StepCode, UnitCode, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import LimitUnits, Moment, Repetitions, Score

State = Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


class _Dossier(Event):
    """What every event of a dossier carries; `dossier_ref` is a keyed hash of the code, which itself stays outside."""

    stream: ClassVar[str] = "dossier"
    about: ClassVar[str] = "dossier_ref"

    dossier_ref: Pseudonym
    unit_id: UnitCode
    procedure_code: ProcedureCode
    field_code: Word
    channel: Literal[1, 2, 3]
    applicant_type: Literal[0, 1, 2] = 0
    state_from: State | None = None
    state_to: State


class DossierRegistered(_Dossier):
    """The citizen submitted it; not yet received."""

    kind: ClassVar[str] = "dossier.registered"
    label: ClassVar[Label] = Label("Nộp hồ sơ", "Dossier submitted")
    occurred: ClassVar[str] = "submitted_at"

    submitted_at: Moment


class DossierReceived(_Dossier):
    """The office accepted it and gave a date for the result."""

    kind: ClassVar[str] = "dossier.received"
    label: ClassVar[Label] = Label("Tiếp nhận hồ sơ", "Dossier received")
    occurred: ClassVar[str] = "received_at"

    received_at: Moment
    due_at: Moment | None = None
    limit_value: LimitUnits
    limit_unit: Literal["gio", "ngay", "ngay_lam_viec"]
    has_fee: bool = False
    requires_paper_result: bool = False
    digitised_component: bool = False
    reused_data: bool = False
    vneid_verified: bool = False
    from_national_store: bool = False


class DossierRefusedIntake(_Dossier):
    """The office did not accept it (Mẫu 03)."""

    kind: ClassVar[str] = "dossier.refused_intake"
    label: ClassVar[Label] = Label("Từ chối tiếp nhận hồ sơ", "Dossier not accepted")

    at: Moment
    reason_code: Word


class DossierStepChanged(_Dossier):
    """It moved to another step or department."""

    kind: ClassVar[str] = "dossier.step_changed"
    label: ClassVar[Label] = Label("Hồ sơ chuyển bước", "Dossier moved on")
    occurred: ClassVar[str] = "started_at"

    step_code: StepCode
    dept_code: StepCode
    started_at: Moment
    step_due_at: Moment | None = None


class DossierSupplementRequested(_Dossier):
    """The citizen was asked for more papers (Mẫu 02); a second request counts as overdue while it is open (QĐ 766)."""

    kind: ClassVar[str] = "dossier.supplement_requested"
    label: ClassVar[Label] = Label("Yêu cầu bổ sung hồ sơ", "More papers asked for")
    occurred: ClassVar[str] = "requested_at"

    requested_at: Moment
    supplement_due_at: Moment | None = None
    request_no: Repetitions = 1


class DossierSupplemented(_Dossier):
    """The citizen handed in what was missing; the new due date, where the rule moves it."""

    kind: ClassVar[str] = "dossier.supplemented"
    label: ClassVar[Label] = Label("Bổ sung hồ sơ", "Dossier supplemented")

    at: Moment
    due_at: Moment | None = None


class DossierPaymentRequested(_Dossier):
    """The citizen was asked to pay."""

    kind: ClassVar[str] = "dossier.payment_requested"
    label: ClassVar[Label] = Label("Yêu cầu nộp phí, lệ phí", "Payment asked for")

    at: Moment


class DossierPaid(_Dossier):
    """The citizen paid: 0 at the counter, 1 on the national portal, 2 on the province's gateway."""

    kind: ClassVar[str] = "dossier.paid"
    label: ClassVar[Label] = Label("Nộp phí, lệ phí", "Fee paid")

    at: Moment
    online: Literal[0, 1, 2]


class DossierSuspended(_Dossier):
    """Work on it stopped (state 8)."""

    kind: ClassVar[str] = "dossier.suspended"
    label: ClassVar[Label] = Label("Dừng xử lý hồ sơ", "Dossier suspended")

    at: Moment
    reason_code: Word


class DossierResumed(_Dossier):
    """Work on it went on."""

    kind: ClassVar[str] = "dossier.resumed"
    label: ClassVar[Label] = Label("Tiếp tục xử lý hồ sơ", "Dossier resumed")

    at: Moment
    reason_code: Word


class DossierRescheduled(_Dossier):
    """The due date moved, with or without the apology that the law asks for (Mẫu 04)."""

    kind: ClassVar[str] = "dossier.rescheduled"
    label: ClassVar[Label] = Label("Hẹn lại ngày trả kết quả", "Due date moved")

    at: Moment
    old_due_at: Moment
    new_due_at: Moment
    apology_sent: bool
    reason_code: Word
    outage_ref: Reference | None = None


class DossierWithdrawn(_Dossier):
    """The citizen took it back (state 7)."""

    kind: ClassVar[str] = "dossier.withdrawn"
    label: ClassVar[Label] = Label("Rút hồ sơ", "Dossier withdrawn")

    at: Moment


class DossierCompleted(_Dossier):
    """Processing ended (state 9): the moment that decides whether it was in time."""

    kind: ClassVar[str] = "dossier.completed"
    label: ClassVar[Label] = Label("Giải quyết xong hồ sơ", "Dossier finished")
    occurred: ClassVar[str] = "completed_at"

    completed_at: Moment
    result_kind: Literal["approved", "rejected"] = "approved"
    e_result: bool = False
    digitised_result: bool = False


class DossierReturned(_Dossier):
    """The citizen got the result (state 10)."""

    kind: ClassVar[str] = "dossier.returned"
    label: ClassVar[Label] = Label("Trả kết quả hồ sơ", "Result handed over")
    occurred: ClassVar[str] = "returned_at"

    returned_at: Moment
    method: Literal[1, 2, 3] = 1


class DossierRated(_Dossier):
    """The citizen gave a mark."""

    kind: ClassVar[str] = "dossier.rated"
    label: ClassVar[Label] = Label("Đánh giá việc giải quyết hồ sơ", "Dossier rated")

    at: Moment
    score: Score
    dissatisfied: bool = False


class DossierCorrected(_Dossier):
    """The source changed fields after the fact: `fields` names them; the ones below are as they are since then, if they are among them."""

    kind: ClassVar[str] = "dossier.corrected"
    label: ClassVar[Label] = Label("Sửa thông tin hồ sơ", "Dossier corrected")

    at: Moment
    received_at: Moment | None = None
    due_at: Moment | None = None
    completed_at: Moment | None = None
    fields: Annotated[list[FieldName], Len(max_length=64)]
    reason: Word


class DossierImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "dossier"
    kind: ClassVar[str] = "dossier.import_withdrawn"
