"""Health: the sources themselves, outages of the ward's own software, and what the city was sent."""

from ingest.contract.events.health import (
    AppOutageEnded,
    AppOutageStarted,
    EventsTallied,
    FeedDelivered,
    FeedFailed,
    SourceDown,
    SourceHeartbeat,
    SourceOff,
    SourceTested,
    SourceUp,
    SystemHeartbeat,
)
from ingest.contract.label import Label
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.expression import NEVER

SOURCE = Entity(
    id="source",
    label=Label(vi="Nguồn dữ liệu", en="Source"),
    fields={
        "registered_at": First((SourceHeartbeat, SourceDown, SourceUp)),
        "up": Latest({SourceHeartbeat: 1, SourceUp: 1, SourceDown: 0}, empty=0),
        "seen_at": Latest({SourceHeartbeat: Attr("at"), SourceUp: Attr("at")}, empty=0),
        "up_at": Latest({SourceUp: Attr("at")}, empty=0),
        "tested_at": Latest({SourceTested: Attr("at")}, empty=0),
        "off": Latest({SourceOff: 1, SourceHeartbeat: 0, SourceUp: 0, SourceDown: 0}, empty=0),
    },
    born=(SourceHeartbeat, SourceDown, SourceUp),
    settled=lambda s: False,
    sources=(),
)

SYSTEM = Entity(
    id="system",
    label=Label(vi="Tiến trình của hệ thống", en="Process of the system"),
    fields={
        "registered_at": First((SystemHeartbeat,)),
        "seen_at": Latest({SystemHeartbeat: Attr("at")}, empty=0),
    },
    born=(SystemHeartbeat,),
    settled=lambda s: False,
    sources=(),
)

TALLY = Entity(
    id="tally",
    label=Label(vi="Kiểm đếm sự kiện", en="Tally of events"),
    fields={
        "taken_at": Latest({EventsTallied: Attr("at")}, empty=NEVER),
        "valid": Latest({EventsTallied: Attr("valid")}, empty=0),
        "rejected": Latest({EventsTallied: Attr("rejected")}, empty=0),
        "waiting": Latest({EventsTallied: Attr("waiting")}, empty=0),
    },
    born=(EventsTallied,),
    settled=lambda t: False,
    sources=(),
)

OUTAGE = Entity(
    id="outage",
    label=Label(vi="Gián đoạn phần mềm", en="Software outage"),
    fields={
        "app": Constant((AppOutageStarted, AppOutageEnded), "app"),
        "started_at": First((AppOutageStarted,)),
        "ended_at": First((AppOutageEnded,)),
    },
    born=(AppOutageStarted,),
    settled=lambda o: o.ended_at < NEVER,
    sources=("civil_status",),
    keep_ms=48 * 3_600_000,
    counts_ms=24 * 3_600_000,
)

CUT = Entity(
    id="feed_cut",
    label=Label(vi="Lần gửi thành phố", en="Delivery to the city"),
    fields={
        "dataset": Constant((FeedDelivered, FeedFailed), "dataset"),
        "cut_at": Latest({FeedDelivered: Attr("cut_at"), FeedFailed: Attr("cut_at")}, empty=NEVER),
        "delivered_at": First((FeedDelivered,)),
        "failed_at": First((FeedFailed,)),
    },
    born=(FeedDelivered, FeedFailed),
    settled=lambda c: c.delivered_at < NEVER,
    sources=(),
)
