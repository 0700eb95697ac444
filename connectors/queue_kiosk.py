"""Queue kiosk: the ticket machine of the one-stop office and its 13 counters, which post each step of a ticket.

A kiosk knows who took the number (identity card, telephone): none of it is read here. A ticket's number starts again
every day, so its id holds the site and the local day. `kiosk.heartbeat` brings no event: it only shows that the kiosk
lives.
"""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.contract.calendar import local_day
from ingest.contract.code import Reference, TicketNumber
from ingest.contract.connector import Connector, Context, Identified, Mapped, ReceivedMessage, Webhook
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import queue
from ingest.contract.label import Label
from ingest.contract.quantity import Moment
from ingest.untrusted.foreign_fields import Hidden, PlainInt

PRIORITIES: dict[str, queue.Priority] = {
    "thuong": "normal",
    "nguoi_cao_tuoi": "elderly",
    "khuyet_tat": "disabled",
    "mang_thai": "pregnant",
    "nguoi_co_cong": "veteran",
    "khac": "other",
}
"""The kiosk's kinds of priority and ours."""


class _Foreign(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Ticket(_Foreign):
    """What the kiosk says of a number, without the person who took it."""

    number: TicketNumber
    issued_at: Moment = Field(alias="issuedAt")
    service: str
    queue: str
    priority: Literal["thuong", "nguoi_cao_tuoi", "khuyet_tat", "mang_thai", "nguoi_co_cong", "khac"] = "thuong"
    field: str | None = Field(None, alias="linhVuc")
    booked_online: bool = Field(False, alias="datLichTrucTuyen")


class Staff(_Foreign):
    """Who sits at a counter: only the code, and that only as a pseudonym."""

    code: Hidden = Field(alias="maCanBo")


class Counter(_Foreign):
    """The counter at which it happened."""

    id: str
    staff: Staff | None = Field(None, alias="canBo")
    opened_at: Moment | None = Field(None, alias="openedAt")
    """Since when it serves, or until now has served."""


class Transfer(_Foreign):
    """From which queue to which."""

    from_queue: str = Field(alias="fromQueue")
    to_queue: str = Field(alias="toQueue")
    from_counter: str | None = Field(None, alias="fromCounter")
    to_counter: str | None = Field(None, alias="toCounter")


class Rating(_Foreign):
    """The mark that the citizen gave, without what they wrote."""

    score: PlainInt


class KioskDossier(_Foreign):
    """The dossier that was handed in at the counter."""

    code: Hidden = Field(alias="maHoSo")


class KioskMessage(_Foreign):
    """One webhook of the kiosk."""

    id: Reference
    event: str
    time: Moment
    site: str = "mot-cua"
    kiosk: str | None = None
    ticket: Ticket | None = None
    counter: Counter | None = None
    call: PlainInt = 1
    transfer: Transfer | None = None
    reason_code: str = Field("khac", alias="maLyDo")
    rating: Rating | None = None
    dossier: KioskDossier | None = Field(None, alias="hoSo")


def _ticket(message: KioskMessage) -> dict[str, Any]:
    """The fields that every event of a ticket has."""
    ticket = _present(message.ticket, "ticket")
    day = local_day(ticket.issued_at).isoformat()
    return {
        "ticket_id": f"{message.site}|{day}|{ticket.number}",
        "site_id": message.site,
        "local_date": day,
        "ticket_no": ticket.number,
        "service_code": ticket.service,
        "queue_id": ticket.queue,
        "priority": PRIORITIES[ticket.priority],
        "field_code": ticket.field,
    }


def _present(part: Any, name: str) -> Any:
    if part is None:
        raise InvalidEvent("missing_part", f"a message of this kind needs `{name}`")
    return part


def _at_counter(message: KioskMessage) -> str:
    counter: str = _present(message.counter, "counter").id
    return counter


def _called(message: KioskMessage) -> dict[str, Any]:
    return {**_ticket(message), "called_at": message.time, "counter_id": _at_counter(message), "call_no": message.call}


def _served(message: KioskMessage, context: Context) -> queue.TicketServed:
    return queue.TicketServed(
        **_ticket(message),
        served_at=message.time,
        counter_id=_at_counter(message),
        dossier_ref=context.pseudonym(message.dossier.code) if message.dossier else None,
        rating=message.rating.score if message.rating else None,
    )


def _transferred(message: KioskMessage) -> queue.TicketTransferred:
    transfer = _present(message.transfer, "transfer")
    return queue.TicketTransferred(
        **_ticket(message),
        at=message.time,
        from_queue=transfer.from_queue,
        to_queue=transfer.to_queue,
        from_counter=transfer.from_counter,
        to_counter=transfer.to_counter,
    )


def _counter(message: KioskMessage, context: Context) -> dict[str, Any]:
    counter = _present(message.counter, "counter")
    return {
        "site_id": message.site,
        "counter_id": counter.id,
        "at": message.time,
        "staff_ref": context.pseudonym(counter.staff.code) if counter.staff else None,
    }


def _session(message: KioskMessage, kind: type[queue.CounterSessionStarted | queue.CounterSessionEnded]) -> list[Event]:
    """An end of the counter's session; none where the kiosk does not tell when it began."""
    counter = _present(message.counter, "counter")
    if counter.opened_at is None:
        return []
    began = counter.opened_at.astimezone(UTC).isoformat(timespec="milliseconds")
    ref = f"{message.site}|{counter.id}|{began}"
    return [kind(session_ref=ref, site_id=message.site, counter_id=counter.id, at=message.time)]


MAPPINGS: dict[str, Callable[[KioskMessage, Context], Event]] = {
    "ticket.created": lambda m, _: queue.TicketIssued(
        **_ticket(m),
        issued_at=m.time,
        kiosk_id=_present(m.kiosk, "kiosk"),
        booked_online=_present(m.ticket, "ticket").booked_online,
    ),
    "ticket.called": lambda m, _: queue.TicketCalled(**_called(m)),
    "ticket.recalled": lambda m, _: queue.TicketRecalled(**_called(m)),
    "ticket.serving": lambda m, _: queue.TicketServingStarted(
        **_ticket(m), started_at=m.time, counter_id=_at_counter(m)
    ),
    "ticket.served": _served,
    "ticket.noshow": lambda m, _: queue.TicketNoShow(**_ticket(m), at=m.time, counter_id=_at_counter(m)),
    "ticket.transferred": lambda m, _: _transferred(m),
    "ticket.cancelled": lambda m, _: queue.TicketCancelled(**_ticket(m), at=m.time, reason=m.reason_code),
    "ticket.expired": lambda m, _: queue.TicketExpired(**_ticket(m), at=m.time),
    "counter.opened": lambda m, c: queue.CounterOpened(**_counter(m, c)),
    "counter.closed": lambda m, c: queue.CounterClosed(**_counter(m, c)),
    "counter.paused": lambda m, c: queue.CounterPaused(**_counter(m, c)),
}
"""The kiosk's kinds of message and the event that each becomes."""

SESSIONS: dict[str, type[queue.CounterSessionStarted | queue.CounterSessionEnded]] = {
    "counter.opened": queue.CounterSessionStarted,
    "counter.paused": queue.CounterSessionEnded,
    "counter.closed": queue.CounterSessionEnded,
}
"""What a kind of message also says of the counter's session."""


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One webhook of the kiosk as one event; none for a heartbeat, and a counter's also as an end of its session."""
    message: KioskMessage = received.payload
    if message.event == "kiosk.heartbeat":
        return []
    mapping = MAPPINGS.get(message.event)
    if mapping is None:
        raise InvalidEvent("unknown_kind", "the kiosk's `event` is not one that we know")
    happened = [Identified(mapping(message, context), message.id)]
    if kind := SESSIONS.get(message.event):
        happened += [Identified(one, f"{message.id}-session") for one in _session(message, kind)]
    return happened


CONNECTOR = Connector(
    id="queue_kiosk",
    label=Label(vi="Kiosk lấy số thứ tự", en="Queue kiosk"),
    system="queue",
    way=Webhook(sign_of_life=timedelta(seconds=10)),
    payload=TypeAdapter(KioskMessage),
    events=(
        queue.TicketIssued,
        queue.TicketCalled,
        queue.TicketRecalled,
        queue.TicketServingStarted,
        queue.TicketServed,
        queue.TicketNoShow,
        queue.TicketTransferred,
        queue.TicketCancelled,
        queue.TicketExpired,
        queue.CounterOpened,
        queue.CounterClosed,
        queue.CounterPaused,
        queue.CounterSessionStarted,
        queue.CounterSessionEnded,
    ),
    map=to_events,
    sample="queue_kiosk.jsonl",
    personal=frozenset(
        {"congDan", "hoTen", "soDienThoai", "cccd", "ngaySinh", "diaChi", "vneid", "nhanXet", "maHoSo", "maCanBo"}
    ),
    guide=Label(
        vi=(
            "Trong phần quản trị của kiosk, mở mục Webhook và thêm địa chỉ nhận cùng khóa bí mật in ở trên. Chọn kiểu "
            "ký “Standard Webhooks”. Bật tất cả sự kiện của phiếu (ticket) và của quầy (counter), và bật tín hiệu sống "
            "kiosk.heartbeat 10 giây một lần. Nếu được, tắt việc gửi họ tên, số điện thoại và CCCD: hệ thống không "
            "dùng và luôn bỏ đi."
        ),
        en=(
            "In the kiosk's administration open Webhooks and add the address and the secret printed above. Choose "
            "“Standard Webhooks” as the signature. Switch on all events of tickets and counters, and the heartbeat "
            "kiosk.heartbeat every 10 seconds. If possible switch off names, telephone and identity numbers: they are "
            "not used and always dropped."
        ),
    ),
)
