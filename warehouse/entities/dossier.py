"""Dossier: a file of the one-stop shop from receipt to result."""

from typing import Any

from ingest.contract.events.dossier import (
    DossierCompleted,
    DossierCorrected,
    DossierPaid,
    DossierPaymentRequested,
    DossierRated,
    DossierReceived,
    DossierRefusedIntake,
    DossierRescheduled,
    DossierResumed,
    DossierReturned,
    DossierStepChanged,
    DossierSupplemented,
    DossierSupplementRequested,
    DossierSuspended,
    DossierWithdrawn,
)
from ingest.contract.label import Label
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.expression import NEVER

_EVERY = (
    DossierReceived,
    DossierRefusedIntake,
    DossierStepChanged,
    DossierSupplementRequested,
    DossierSupplemented,
    DossierPaymentRequested,
    DossierPaid,
    DossierSuspended,
    DossierResumed,
    DossierRescheduled,
    DossierWithdrawn,
    DossierCompleted,
    DossierReturned,
    DossierCorrected,
)
_DESCRIBED = (DossierReceived, DossierCorrected)


def _was_over(event: Any) -> Any:
    """It had been finished or withdrawn, and goes on."""
    return (event.state_from == 7) | (event.state_from == 9) | (event.state_from == 10)


DOSSIER = Entity(
    id="dossier",
    label=Label(vi="Hồ sơ", en="Dossier"),
    fields={
        # What a correction says stands from then on.
        "field_code": Latest(dict.fromkeys(_DESCRIBED, Attr("field_code")), empty=""),
        "procedure_code": Latest(dict.fromkeys(_DESCRIBED, Attr("procedure_code")), empty=""),
        "channel": Latest(dict.fromkeys(_DESCRIBED, Attr("channel")), empty=0),
        "state": Latest(dict.fromkeys(_EVERY, Attr("state_to")), empty=0),
        "received_at": First((DossierReceived,)),
        "receipt_corrected_to": Latest({DossierCorrected: Attr("received_at")}, empty=NEVER),
        "due_at": Latest(
            {
                DossierReceived: Attr("due_at"),
                DossierSupplemented: Attr("due_at"),
                DossierRescheduled: Attr("new_due_at"),
                DossierCorrected: Attr("due_at"),
            },
            empty=NEVER,
        ),
        "limit_value": Constant((DossierReceived,), "limit_value", empty=0),
        "limit_unit": Constant((DossierReceived,), "limit_unit"),
        "original_due_at": Latest(
            {DossierReceived: Attr("due_at"), DossierSupplemented: Attr("due_at"), DossierCorrected: Attr("due_at")},
            empty=NEVER,
        ),
        "rescheduled_at": Latest({DossierRescheduled: Attr("at")}, empty=NEVER),
        "first_rescheduled_at": First((DossierRescheduled,)),
        "apologised_at": First((DossierRescheduled,), where=lambda e: e.apology_sent == 1),
        "supplemented_at": Latest({DossierSupplemented: Attr("at")}, empty=NEVER),
        # When the portal named a due date last, at a supplement or as a correction.
        "due_named_at": Latest(
            dict.fromkeys((DossierSupplemented, DossierCorrected), Attr("at", given="due_at")), empty=0
        ),
        "requested_at": Latest({DossierSupplementRequested: Attr("requested_at")}, empty=NEVER),
        # The first request and the last: they differ where there was more than one, whatever number the portal gives them.
        "asked_at": First((DossierSupplementRequested,)),
        "asked_again_at": First((DossierSupplementRequested,), where=lambda e: e.request_no > 1),
        "delay_reason": Latest({DossierRescheduled: Attr("reason_code")}, empty=""),
        # The last of each: a dossier may be opened again and end another time.
        "completed_at": Latest(
            {DossierCompleted: Attr("completed_at"), DossierCorrected: Attr("completed_at")}, empty=NEVER
        ),
        "returned_at": Latest({DossierReturned: Attr("returned_at")}, empty=NEVER),
        "withdrawn_at": Latest({DossierWithdrawn: Attr("at")}, empty=NEVER),
        "refused_at": Latest({DossierRefusedIntake: Attr("at")}, empty=NEVER),
        "stopped_at": Latest({DossierSuspended: Attr("at")}, empty=NEVER),
        "reopened_at": Latest({DossierStepChanged: Attr("started_at", _was_over)}, empty=0),
        "fee_at": First((DossierReceived,), where=lambda e: e.has_fee == 1),
        "paid_online_at": First((DossierPaid,), where=lambda e: e.online > 0),
        "digitised_at": First((DossierReceived,), where=lambda e: e.digitised_component == 1),
        "reused_at": First((DossierReceived,), where=lambda e: e.reused_data == 1),
        "requires_paper": Latest({DossierReceived: Attr("requires_paper_result")}, empty=0),
        "vneid_at": First((DossierReceived,), where=lambda e: e.vneid_verified == 1),
        "national_store_at": First((DossierReceived,), where=lambda e: e.from_national_store == 1),
        "e_result_at": First((DossierCompleted,), where=lambda e: e.e_result == 1),
        "dissatisfied_at": First((DossierRated,), where=lambda e: e.dissatisfied == 1),
    },
    born=(DossierReceived,),
    settled=lambda d: (d.state == 3) | (d.state == 7) | (d.state == 9) | (d.state == 10),
    sources=("dossier_portal",),
    behaviour={
        "reopen": Label(
            "chưa xong trở lại: rời số đã giải quyết và ngày đã tính, hạn vẫn chạy; lần xong sau cùng là lần tính",
            "unfinished again: it leaves the finished ones and the day on which it counted, its limit goes on; the last finish counts",
        ),
        "withdraw": Label(
            "kết thúc (D03, D09), không phải có kết quả (D10, D12)", "an end (D03, D09), no result (D10, D12)"
        ),
        "refuse": Label(
            "sau khi tiếp nhận: như rút; trước khi tiếp nhận: không tính",
            "after receipt as withdrawn; before it, not counted",
        ),
        "stop": Label(
            "D23, chưa giải quyết xong (D03); với Cổng (D09, P05) là kết thúc lúc dừng; dừng khi đã quá hạn thì ở D24",
            "D23, not finished (D03); to the portal (D09, P05) an end at that time; stopped when overdue: D24",
        ),
        "supplement": Label(
            "đang chờ: D13, so lúc yêu cầu với hạn; xong: trừ thời gian chờ (D09–D12), hạn theo luật tính lại (D07, D08)",
            "awaited: D13, the request's time against the due date; handed in: the wait does not count (D09-D12), the limit begins anew by law (D07, D08)",
        ),
        "correct": Label(
            "giá trị đính chính (ngày tiếp nhận, ngày hẹn, ngày xong, kênh, lĩnh vực, thủ tục) thay giá trị cũ, kể cả số đã chốt; hạn tính từ ngày "
            "tiếp nhận thì tính lại, ngày hẹn Cổng đã ghi thì giữ đến khi chính nó được đính chính",
            "what was corrected (receipt, due date, finish, channel, field, procedure) stands instead, in closed figures too; a limit that runs "
            "from the receipt is calculated anew, a due date that the portal gave stays until it is corrected itself",
        ),
        "transfer": Label("chuyển bước, chuyển phòng: không đổi", "to another step or department: nothing"),
    },
)
