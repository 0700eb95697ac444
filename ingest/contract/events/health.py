"""Health: whether the sources and the ward's own software work."""

from typing import ClassVar, Literal

from ingest.contract.code import Digest, Reference, Word
from ingest.contract.event import Event
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.quantity import EventCount, EventsSinceStart, Moment, RowCount, SecondsBehind


class _Source(Event):
    """What every event about a source carries; a source is named by its connector."""

    stream: ClassVar[str] = "health"
    about: ClassVar[str] = "source_id"

    source_id: Word
    at: Moment


class SourceHeartbeat(_Source):
    """The connector reaches its source; `lag_s` is the age of the newest event it has sent."""

    kind: ClassVar[str] = "source.heartbeat"
    label: ClassVar[Label] = Label("Tín hiệu của nguồn", "Source heartbeat")

    lag_s: SecondsBehind | None = None
    events_sent: EventsSinceStart = 0


class SourceDown(_Source):
    """The connector no longer reaches its source."""

    kind: ClassVar[str] = "source.down"
    label: ClassVar[Label] = Label("Nguồn mất kết nối", "Source down")

    cause_code: Word


class SourceUp(_Source):
    """The connector reaches its source again."""

    kind: ClassVar[str] = "source.up"
    label: ClassVar[Label] = Label("Nguồn có lại kết nối", "Source up")

    cause_code: Word


class SourceOff(_Source):
    """Somebody has switched the source off: it is not missed until it speaks again."""

    kind: ClassVar[str] = "source.off"
    label: ClassVar[Label] = Label("Tắt nguồn", "Source switched off")


class SourceTested(_Source):
    """Somebody has tried the way from the source to the warehouse; it counts in no figure, and what the trial made is not kept."""

    kind: ClassVar[str] = "source.tested"
    label: ClassVar[Label] = Label("Thử nguồn", "Source tried")

    outcome: Literal["mapped", "nothing", "refused"]
    """What the mapping made of the source's newest message: events; none, or there was no message; a dead letter."""


class SystemHeartbeat(Event):
    """Our own process that takes events in is at work, whether any source is in sight or not."""

    stream: ClassVar[str] = "health"
    kind: ClassVar[str] = "system.heartbeat"
    label: ClassVar[Label] = Label("Tín hiệu của hệ thống", "System heartbeat")
    about: ClassVar[str] = "process"

    process: Word
    at: Moment


class EventsTallied(Event):
    """Our own count of what came in within 24 hours, and of the dead letters that nobody has dealt with."""

    stream: ClassVar[str] = "health"
    kind: ClassVar[str] = "events.tallied"
    label: ClassVar[Label] = Label("Tổng hợp sự kiện đã nhận", "Events tallied")
    about: ClassVar[str] = "process"

    process: Word
    at: Moment
    valid: EventCount
    rejected: EventCount
    waiting: EventCount


class _Outage(Event):
    """What both ends of an outage carry."""

    stream: ClassVar[str] = "health"
    about: ClassVar[str] = "outage_ref"

    outage_ref: Reference
    app: Word
    at: Moment
    detected_by: Literal["probe", "staff"]


class AppOutageStarted(_Outage):
    """A piece of software that the ward depends on stopped answering, for example the civil-status software (`ho_tich`)."""

    kind: ClassVar[str] = "app.outage_started"
    label: ClassVar[Label] = Label("Phần mềm ngừng hoạt động", "Software outage began")


class AppOutageEnded(_Outage):
    """It answers again."""

    kind: ClassVar[str] = "app.outage_ended"
    label: ClassVar[Label] = Label("Phần mềm hoạt động lại", "Software outage ended")


class _Feed(Event):
    """What every event about a delivery to the city carries; `cut_ref` names one cut of one dataset."""

    stream: ClassVar[str] = "health"
    about: ClassVar[str] = "cut_ref"

    cut_ref: Reference
    dataset: Word
    cut_at: Moment
    at: Moment


class FeedDelivered(_Feed):
    """A cut of the feed reached the city."""

    kind: ClassVar[str] = "feed.delivered"
    label: ClassVar[Label] = Label("Gửi số liệu lên thành phố", "Feed delivered")

    rows: RowCount
    sha256: Digest


class FeedFailed(_Feed):
    """A cut of the feed did not reach the city."""

    kind: ClassVar[str] = "feed.failed"
    label: ClassVar[Label] = Label("Không gửi được số liệu lên thành phố", "Feed not delivered")

    reason_code: Word


class HealthImportWithdrawn(ImportWithdrawn):
    """An import of events of before was taken back."""

    stream: ClassVar[str] = "health"
    kind: ClassVar[str] = "health.import_withdrawn"
