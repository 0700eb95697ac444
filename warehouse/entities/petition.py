"""Petition: feedback and petitions of citizens."""

from typing import Any

from ingest.contract.events.petition import (
    PetitionAnswered,
    PetitionPublished,
    PetitionRated,
    PetitionReceived,
    PetitionRefused,
    PetitionReopened,
    PetitionSupplemented,
    PetitionSupplementRequested,
    PetitionTransferred,
)
from ingest.contract.label import Label
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.expression import NEVER, choose, least

_EVERY = (
    PetitionReceived,
    PetitionSupplementRequested,
    PetitionSupplemented,
    PetitionTransferred,
    PetitionRefused,
    PetitionAnswered,
    PetitionPublished,
    PetitionReopened,
)


def _is_over(p: Any) -> Any:
    """It was answered, refused or handed on since it came the last time."""
    ends = (choose(at >= p.came_at, at, NEVER) for at in (p.answered_at, p.refused_at, p.transferred_at))
    return least(*ends) < NEVER


PETITION = Entity(
    id="petition",
    label=Label(vi="Phản ánh, kiến nghị", en="Petition"),
    fields={
        "channel": Constant(_EVERY, "channel"),
        "field_code": Constant(_EVERY, "field_code"),
        # Where the matter lies may become known later, or turn out to be elsewhere.
        "area_code": Latest(dict.fromkeys(_EVERY, Attr("area_code")), empty=""),
        "received_at": First((PetitionReceived,)),
        # When it came the last time: from the citizen or another body, supplemented, or opened again.
        "came_at": Latest(
            {
                PetitionReceived: Attr("received_at"),
                PetitionSupplemented: Attr("at"),
                PetitionReopened: Attr("at"),
            },
            empty=NEVER,
        ),
        "due_at": Latest({PetitionReceived: Attr("due_at")}, empty=NEVER),
        "answered_at": Latest({PetitionAnswered: Attr("answered_at")}, empty=NEVER),
        "refused_at": Latest({PetitionRefused: Attr("at")}, empty=NEVER),
        # What stays within the ward is not handed on.
        "transferred_at": Latest({PetitionTransferred: Attr("at", lambda e: e.internal == 0)}, empty=NEVER),
        "first_asked_at": First((PetitionSupplementRequested,)),
        "asked_at": Latest({PetitionSupplementRequested: Attr("at")}, empty=NEVER),
        "published_at": Latest({PetitionPublished: Attr("at")}, empty=NEVER),
        "reopened_at": First((PetitionReopened,)),
        "dissatisfied_at": First((PetitionRated,), where=lambda e: e.satisfied == 0),
    },
    born=(PetitionReceived,),
    settled=_is_over,
    sources=("petition_portal",),
    behaviour={
        "reopen": Label(
            "đang xử lý trở lại, tính từ ngày mở; không còn hài lòng (P06)",
            "open again, counted from that day; no longer content (P06)",
        ),
        "refuse": Label("kết thúc; đúng hạn nếu trong 2 ngày làm việc", "an end; in time within 2 working days"),
        "supplement": Label(
            "đang chờ là đã xử lý, đúng hạn nếu yêu cầu trong 5 ngày làm việc; bổ sung xong là đến lại",
            "while awaited it is handled, in time if asked within 5 working days; handed in, it has come anew",
        ),
        "correct": Label("nguồn không báo", "the source does not tell"),
        "transfer": Label(
            "nơi khác: kết thúc, đúng hạn nếu trong 2 ngày làm việc; nội bộ phường: không đổi; nơi khác chuyển lại: đến lại",
            "to another body: an end, in time within 2 working days; within the ward: nothing; when it comes back it has come anew",
        ),
    },
)
