"""Office: documents, published items, and the residential groups with their digital teams."""

from ingest.contract.events.content import PostPublished
from ingest.contract.events.document import DocumentIssued
from ingest.contract.events.reference import AreaDissolved, AreaRegistered, TeamDissolved, TeamFormed
from ingest.contract.label import Label
from warehouse.model.entity import Constant, Entity, First, Latest

DOCUMENT = Entity(
    id="document",
    label=Label(vi="Văn bản", en="Document"),
    fields={
        "kind_code": Constant((DocumentIssued,), "kind_code"),
        "issued_at": First((DocumentIssued,), where=lambda e: e.direction == "di"),
        "signed_at": First((DocumentIssued,), where=lambda e: (e.direction == "di") & (e.signed == 1)),
    },
    born=(DocumentIssued,),
    settled=lambda d: True,
    sources=("document_office",),
)

POST = Entity(
    id="post",
    label=Label(vi="Tin bài", en="News item"),
    fields={
        "platform": Constant((PostPublished,), "platform"),
        "published_at": First((PostPublished,)),
    },
    born=(PostPublished,),
    settled=lambda p: True,
    sources=("content_post",),
)

AREA = Entity(
    id="area",
    label=Label(vi="Tổ dân phố", en="Residential group"),
    fields={
        "registered_at": First((AreaRegistered,)),
        "exists": Latest({AreaRegistered: 1, AreaDissolved: 0}, empty=0),
        "team": Latest({TeamFormed: 1, TeamDissolved: 0}, empty=0),
    },
    born=(AreaRegistered, TeamFormed),
    settled=lambda a: False,
    sources=("ward_register",),
    behaviour={
        "stop": Label(
            "tổ dân phố giải thể, sáp nhập thì không tính", "a group that is dissolved or merged is left out"
        ),
        "reopen": Label("đăng ký lại là tính lại", "registered again, it counts again"),
    },
)
