"""Queue: the kiosk's tickets and the counters that serve them."""

from typing import ClassVar, Literal

from ingest.contract.code import DeviceName, LocalDay, Pseudonym, Reference, TicketNumber, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import Moment, Repetitions, Score

Priority = Literal["normal", "elderly", "disabled", "pregnant", "veteran", "other"]


class _Ticket(Event):
    """What every event of a ticket carries; numbers restart daily, so the id holds site, local date and number."""

    stream: ClassVar[str] = "queue"
    about: ClassVar[str] = "ticket_id"

    ticket_id: Reference
    site_id: DeviceName
    local_date: LocalDay
    ticket_no: TicketNumber
    service_code: Word
    queue_id: DeviceName
    priority: Priority = "normal"
    field_code: Word | None = None


class TicketIssued(_Ticket):
    """A citizen took a number."""

    kind: ClassVar[str] = "ticket.issued"
    label: ClassVar[Label] = Label("Lấy số", "Ticket issued")
    occurred: ClassVar[str] = "issued_at"

    issued_at: Moment
    kiosk_id: DeviceName
    booked_online: bool = False


class TicketCalled(_Ticket):
    """A counter called the number for the first time."""

    kind: ClassVar[str] = "ticket.called"
    label: ClassVar[Label] = Label("Gọi số", "Ticket called")
    occurred: ClassVar[str] = "called_at"

    called_at: Moment
    counter_id: DeviceName
    call_no: Repetitions = 1


class TicketRecalled(TicketCalled):
    """A counter called the number again."""

    kind: ClassVar[str] = "ticket.recalled"
    label: ClassVar[Label] = Label("Gọi lại số", "Ticket called again")


class TicketServingStarted(_Ticket):
    """The citizen sat down at the counter."""

    kind: ClassVar[str] = "ticket.serving_started"
    label: ClassVar[Label] = Label("Bắt đầu phục vụ", "Serving began")
    occurred: ClassVar[str] = "started_at"

    started_at: Moment
    counter_id: DeviceName


class TicketServed(_Ticket):
    """The counter finished with the citizen."""

    kind: ClassVar[str] = "ticket.served"
    label: ClassVar[Label] = Label("Phục vụ xong", "Ticket served")
    occurred: ClassVar[str] = "served_at"

    served_at: Moment
    counter_id: DeviceName
    dossier_ref: Pseudonym | None = None
    rating: Score | None = None


class TicketNoShow(_Ticket):
    """Nobody came when the number was called."""

    kind: ClassVar[str] = "ticket.no_show"
    label: ClassVar[Label] = Label("Gọi số nhưng vắng mặt", "Nobody came")

    at: Moment
    counter_id: DeviceName


class TicketTransferred(_Ticket):
    """The same ticket now waits in another queue."""

    kind: ClassVar[str] = "ticket.transferred"
    label: ClassVar[Label] = Label("Chuyển hàng chờ", "Ticket moved to another queue")

    at: Moment
    from_queue: DeviceName
    to_queue: DeviceName
    from_counter: DeviceName | None = None
    to_counter: DeviceName | None = None


class TicketCancelled(_Ticket):
    """The citizen or the staff gave the number up."""

    kind: ClassVar[str] = "ticket.cancelled"
    label: ClassVar[Label] = Label("Bỏ số", "Ticket given up")

    at: Moment
    reason: Word


class TicketExpired(_Ticket):
    """The end-of-day sweep closed a ticket that nobody called."""

    kind: ClassVar[str] = "ticket.expired"
    label: ClassVar[Label] = Label("Đóng số cuối ngày", "Ticket expired")

    at: Moment


class _Counter(Event):
    """What every event of a counter carries."""

    stream: ClassVar[str] = "queue"
    about: ClassVar[str] = "counter_id"

    site_id: DeviceName
    counter_id: DeviceName
    at: Moment
    staff_ref: Pseudonym | None = None


class CounterOpened(_Counter):
    """A counter began to serve."""

    kind: ClassVar[str] = "counter.opened"
    label: ClassVar[Label] = Label("Mở quầy", "Counter opened")


class CounterClosed(_Counter):
    """A counter stopped serving."""

    kind: ClassVar[str] = "counter.closed"
    label: ClassVar[Label] = Label("Đóng quầy", "Counter closed")


class CounterPaused(_Counter):
    """A counter stopped for a while."""

    kind: ClassVar[str] = "counter.paused"
    label: ClassVar[Label] = Label("Quầy tạm nghỉ", "Counter paused")


class CounterDecommissioned(_Counter):
    """The counter was given up for good; if it opens later, it is in use again."""

    kind: ClassVar[str] = "counter.decommissioned"
    label: ClassVar[Label] = Label("Bỏ quầy", "Counter given up")

    decided_by: Word
    """The unit of the ward that decided it."""
    reason_code: Word


class _Session(Event):
    """What both ends of a counter's session carry: the time from its opening until it pauses or closes."""

    stream: ClassVar[str] = "queue"
    about: ClassVar[str] = "session_ref"

    session_ref: Reference
    site_id: DeviceName
    counter_id: DeviceName
    at: Moment


class CounterSessionStarted(_Session):
    """A counter began to serve."""

    kind: ClassVar[str] = "counter.session_started"
    label: ClassVar[Label] = Label("Bắt đầu phiên phục vụ của quầy", "Counter session began")


class CounterSessionEnded(_Session):
    """A counter paused or closed."""

    kind: ClassVar[str] = "counter.session_ended"
    label: ClassVar[Label] = Label("Kết thúc phiên phục vụ của quầy", "Counter session ended")


class QueueImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "queue"
    kind: ClassVar[str] = "queue.import_withdrawn"
