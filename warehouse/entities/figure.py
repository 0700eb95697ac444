"""Figure: what people entered for one kind and period, as it stands."""

from ingest.contract.events.figure import FigureConfirmed, FigureEntered, FigureRejected, FigureWithdrawn
from ingest.contract.label import Label
from warehouse.model.entity import Attr, Constant, Entity, Latest
from warehouse.model.expression import NEVER, starts_with

DAY_TOTAL = "day."
"""Begin of the code of what is the total of one day: `day.D02`."""

FIGURE = Entity(
    id="figure",
    label=Label(vi="Số liệu nhập", en="Entered figure"),
    fields={
        "kind_code": Constant((FigureConfirmed,), "kind_code"),
        "period": Constant((FigureConfirmed,), "period"),
        "covers_from": Latest({FigureConfirmed: Attr("covers_from")}, empty=NEVER),
        "covers_until": Latest({FigureConfirmed: Attr("covers_until")}, empty=NEVER),
        "stated": Latest({FigureConfirmed: Attr("numerator")}, empty=0),
        "out_of": Latest({FigureConfirmed: Attr("denominator")}, empty=0),
        "source_code": Constant((FigureConfirmed,), "source_code"),
        "bound": Latest({FigureConfirmed: Attr("bound")}, empty=""),
        "dates": Latest({FigureConfirmed: Attr("dates")}, empty=""),
        "dimension": Constant((FigureConfirmed,), "dimension"),
        "member": Constant((FigureConfirmed,), "member"),
        "stands": Latest({FigureConfirmed: 1, FigureWithdrawn: 0}, empty=0),
        "waits": Latest({FigureEntered: 1, FigureConfirmed: 0, FigureRejected: 0, FigureWithdrawn: 0}, empty=0),
    },
    born=(FigureEntered, FigureConfirmed),
    # A total of a day is shown from the raw events and counts in nothing, so nothing of it need stay in memory.
    settled=lambda f: starts_with(f.kind_code, DAY_TOTAL),
    sources=(),
    behaviour={
        "correct": Label(
            "số sửa thay số cũ khi được xác nhận; số cũ, người sửa, lý do vẫn xem được",
            "what is corrected replaces what stood once it is confirmed; what stood, who and why stay to be seen",
        ),
        "withdraw": Label("số bị rút thì không tính", "what is withdrawn does not count"),
    },
)
