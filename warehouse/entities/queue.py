"""Queue: tickets from the kiosk to the counter, and the counters."""

from ingest.contract.events.queue import (
    CounterClosed,
    CounterDecommissioned,
    CounterOpened,
    CounterPaused,
    CounterSessionEnded,
    CounterSessionStarted,
    TicketCalled,
    TicketCancelled,
    TicketExpired,
    TicketIssued,
    TicketNoShow,
    TicketRecalled,
    TicketServed,
    TicketServingStarted,
    TicketTransferred,
)
from ingest.contract.label import Label
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.expression import NEVER, least

_EVERY = (
    TicketIssued,
    TicketCalled,
    TicketRecalled,
    TicketServingStarted,
    TicketServed,
    TicketNoShow,
    TicketTransferred,
    TicketCancelled,
    TicketExpired,
)

TICKET = Entity(
    id="ticket",
    label=Label(vi="Lượt lấy số", en="Ticket"),
    fields={
        "service_code": Constant(_EVERY, "service_code"),
        "priority": Constant(_EVERY, "priority"),
        "issued_at": First((TicketIssued,)),
        "called_at": First((TicketCalled,)),
        "last_called_at": Latest(dict.fromkeys((TicketCalled, TicketRecalled), Attr("called_at")), empty=NEVER),
        "transferred_at": Latest({TicketTransferred: Attr("at")}, empty=0),
        # At the last counter: one who was sent to another queue is served anew.
        "serving_at": Latest({TicketServingStarted: Attr("started_at")}, empty=NEVER),
        "served_at": First((TicketServed,)),
        "no_show_at": First((TicketNoShow,)),
        "cancelled_at": First((TicketCancelled,)),
        "expired_at": First((TicketExpired,)),
    },
    born=(TicketIssued,),
    settled=lambda t: least(t.served_at, t.no_show_at, t.cancelled_at, t.expired_at) < NEVER,
    sources=("queue_kiosk",),
    behaviour={
        "withdraw": Label("hủy số: hết chờ, là bỏ lượt (Q10)", "cancelled: waits no longer, given up (Q10)"),
        "transfer": Label(
            "sau khi gọi: chờ lại từ lúc chuyển (Q02, Q05); chờ bình quân vẫn là đến lần gọi đầu (Q03, Q04)",
            "after a call it waits anew from then on (Q02, Q05); the mean wait stays that until the first call (Q03, Q04)",
        ),
    },
)

_COUNTER = (CounterOpened, CounterPaused, CounterClosed)

COUNTER = Entity(
    id="counter",
    label=Label(vi="Quầy", en="Counter"),
    fields={
        "registered_at": First(_COUNTER),
        "heard_at": Latest(dict.fromkeys(_COUNTER, Attr("at")), empty=0),
        "decommissioned_at": Latest({CounterDecommissioned: Attr("at")}, empty=0),
        "state": Latest({CounterOpened: "open", CounterPaused: "paused", CounterClosed: "closed"}, empty="closed"),
    },
    born=_COUNTER,
    settled=lambda c: False,
    sources=("queue_kiosk",),
    behaviour={
        "stop": Label(
            "có quyết định thôi dùng thì không tính; không có tín hiệu thì vẫn tính",
            "decommissioned: left out; silent: still counted",
        ),
        "reopen": Label("có tín hiệu sau đó là tính lại", "with a sign after that it counts again"),
    },
)

SESSION = Entity(
    id="counter_session",
    label=Label(vi="Phiên phục vụ của quầy", en="Counter session"),
    fields={
        "counter_id": Constant((CounterSessionStarted, CounterSessionEnded), "counter_id"),
        "started_at": First((CounterSessionStarted,)),
        "ended_at": First((CounterSessionEnded,)),
    },
    born=(CounterSessionStarted,),
    settled=lambda s: s.ended_at < NEVER,
    sources=("queue_kiosk",),
)
