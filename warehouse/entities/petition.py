"""Petition: feedback and petitions of citizens."""

from ingest.contract.events.petition import (
    PetitionAnswered,
    PetitionPublished,
    PetitionReceived,
    PetitionRefused,
    PetitionSupplementRequested,
    PetitionTransferred,
)
from ingest.contract.label import Label
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.expression import NEVER, least

_EVERY = (
    PetitionReceived,
    PetitionSupplementRequested,
    PetitionTransferred,
    PetitionRefused,
    PetitionAnswered,
    PetitionPublished,
)

PETITION = Entity(
    id="petition",
    label=Label(vi="Phản ánh, kiến nghị", en="Petition"),
    fields={
        "channel": Constant(_EVERY, "channel"),
        "field_code": Constant(_EVERY, "field_code"),
        # Where the matter lies may become known later, or turn out to be elsewhere.
        "area_code": Latest(dict.fromkeys(_EVERY, Attr("area_code")), empty=""),
        "received_at": First((PetitionReceived,)),
        "due_at": Latest({PetitionReceived: Attr("due_at")}, empty=NEVER),
        "answered_at": First((PetitionAnswered,)),
        "refused_at": First((PetitionRefused,)),
        "transferred_at": First((PetitionTransferred,)),
    },
    born=(PetitionReceived,),
    settled=lambda p: least(p.answered_at, p.refused_at, p.transferred_at) < NEVER,
    sources=("petition_portal",),
)
