"""Dossier: a file of the one-stop shop from receipt to result."""

from ingest.contract.events.dossier import (
    DossierCompleted,
    DossierPaid,
    DossierPaymentRequested,
    DossierRated,
    DossierReceived,
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
from warehouse.model.expression import NEVER, least

_EVERY = (
    DossierReceived,
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
)

DOSSIER = Entity(
    id="dossier",
    label=Label(vi="Hồ sơ", en="Dossier"),
    fields={
        "field_code": Constant(_EVERY, "field_code"),
        "procedure_code": Constant(_EVERY, "procedure_code"),
        "channel": Constant(_EVERY, "channel", empty=0),
        "state": Latest(dict.fromkeys(_EVERY, Attr("state_to")), empty=0),
        "received_at": First((DossierReceived,)),
        "due_at": Latest(
            {
                DossierReceived: Attr("due_at"),
                DossierSupplemented: Attr("due_at"),
                DossierRescheduled: Attr("new_due_at"),
            },
            empty=NEVER,
        ),
        "limit_value": Constant((DossierReceived,), "limit_value", empty=0),
        "limit_unit": Constant((DossierReceived,), "limit_unit"),
        "original_due_at": Latest({DossierReceived: Attr("due_at"), DossierSupplemented: Attr("due_at")}, empty=NEVER),
        "rescheduled_at": Latest({DossierRescheduled: Attr("at")}, empty=NEVER),
        "first_rescheduled_at": First((DossierRescheduled,)),
        "apologised_at": First((DossierRescheduled,), where=lambda e: e.apology_sent == 1),
        "supplemented_at": Latest({DossierSupplemented: Attr("at")}, empty=NEVER),
        "supplement_due_at": Latest({DossierSupplemented: Attr("due_at")}, empty=NEVER),
        "requested_at": Latest({DossierSupplementRequested: Attr("requested_at")}, empty=NEVER),
        "asked_again_at": First((DossierSupplementRequested,), where=lambda e: e.request_no > 1),
        "delay_reason": Latest({DossierRescheduled: Attr("reason_code")}, empty=""),
        "completed_at": First((DossierCompleted,)),
        "returned_at": First((DossierReturned,)),
        "withdrawn_at": First((DossierWithdrawn,)),
        "fee_at": First((DossierReceived,), where=lambda e: e.has_fee == 1),
        "paid_online_at": First((DossierPaid,), where=lambda e: e.online > 0),
        "digitised_at": First((DossierReceived,), where=lambda e: e.digitised_component == 1),
        "reused_at": First((DossierReceived,), where=lambda e: e.reused_data == 1),
        "e_result_at": First((DossierCompleted,), where=lambda e: e.e_result == 1),
        "dissatisfied_at": First((DossierRated,), where=lambda e: e.dissatisfied == 1),
    },
    born=(DossierReceived,),
    settled=lambda d: least(d.completed_at, d.returned_at, d.withdrawn_at) < NEVER,
    sources=("dossier_portal",),
)
