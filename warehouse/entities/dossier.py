"""Dossier: a file of the one-stop shop from receipt to result."""

from ingest.events.dossier import (
    DossierCompleted,
    DossierPaid,
    DossierPaymentRequested,
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
from ingest.label import Label
from warehouse.entity import Attr, Constant, Entity, First, Latest
from warehouse.expression import NEVER, least

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
        "rescheduled_at": Latest({DossierRescheduled: Attr("at")}, empty=NEVER),
        "supplemented_at": Latest({DossierSupplemented: Attr("at")}, empty=NEVER),
        "supplement_due_at": Latest({DossierSupplemented: Attr("due_at")}, empty=NEVER),
        "requested_at": Latest({DossierSupplementRequested: Attr("requested_at")}, empty=NEVER),
        "asked_again_at": First((DossierSupplementRequested,), where=lambda e: e.request_no > 1),
        "delay_reason": Latest({DossierRescheduled: Attr("reason_code")}, empty=""),
        "completed_at": First((DossierCompleted,)),
        "returned_at": First((DossierReturned,)),
        "withdrawn_at": First((DossierWithdrawn,)),
    },
    born=(DossierReceived,),
    settled=lambda d: least(d.completed_at, d.returned_at, d.withdrawn_at) < NEVER,
    sources=("dossier_portal",),
)
