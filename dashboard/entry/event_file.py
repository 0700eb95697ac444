"""Event file: what importing a file of events of before would do, row by row, before it does; and how they are sent.

What a row becomes the connectors tell, which read it. Such an event counts by the day on which it happened. It is not taken where this
system counts by itself, where nothing could be counted anew, where a total of the day was entered, or where it would leave something
open that figures of now count.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from dashboard.entry.amount import refusal
from dashboard.entry.file import MOST_FAULTS, CellFault, columns_of
from dashboard.store.changes import record_change
from dashboard.store.store import BoardStore
from dashboard.words.event_name import event_name
from ingest.administration.message import KIND_COLUMN, MappedFile
from ingest.contract.calendar import local_day
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.errors import Unavailable
from ingest.contract.event import Event
from ingest.contract.events import event_types
from ingest.contract.events.import_withdrawal import IMPORTED, import_source
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings
from ingest.kafka.own_event import PATIENCE as KAFKA_PATIENCE
from ingest.kafka.producer import Producer
from warehouse.model.indicator import PERIOD_START
from warehouse.query.past_events import PastEvent, PastKnown, imported_ids, known_past
from warehouse.store.client import Client

PORTION = 1_000
"""Events that are sent before it is waited until they are counted, so that what comes live waits no longer than for these. What is counted
anew for them costs nearly the same for few as for many."""
PATIENCE = timedelta(minutes=5)
"""How long a portion is waited for."""

EMPTY = Label("tệp không có dòng nào", "the file has no rows")
FAULTS = {
    "missing_part": Label("còn thiếu giá trị", "a value is missing"),
    "invalid_time": Label("không phải ngày giờ; viết 05/03/2026 08:30", "it is no time; write 05/03/2026 08:30"),
    "invalid_number": Label("không phải là số", "it is no number"),
    "unknown_code": Label("chỉ ghi có hoặc không", "write có (yes) or không (no)"),
    "no_mapping": Label(
        "dòng này là loại sự kiện khác: mỗi tệp một loại", "the row is of another kind: a file has one"
    ),
    "personal_data": Label("giống dữ liệu cá nhân: không nhận", "it looks like personal data: it is not taken"),
    "time_in_future": Label("ở tương lai", "it lies in the future"),
}
INVALID = Label("không dùng được cho trường này: {detail}", "not what the field takes: {detail}")
NO_WARD = Label("phường hoạt động từ {day}", "the ward has existed since {day}")
COUNTED = Label(
    "IOC tự nhận sự kiện này từ ngày {day}: chỉ nhập các ngày trước đó",
    "such events have come by themselves since {day}: only days before are taken",
)
LOST = Label(
    "sự kiện gốc đến hết {day} đã hết hạn lưu: số của ngày ấy không tính lại được",
    "events until {day} are not kept any more: figures of that day cannot be counted anew",
)
TOLD = Label(
    "ngày này đang dùng tổng ngày đã nhập của {id}: hoàn tác lần nhập ấy trước",
    "of this day a total of {id} was entered: undo that import first",
)
UNFINISHED = Label(
    "{label} này chưa có sự kiện kết thúc: hôm nay sẽ còn tính trong {ids}; nhập tệp sự kiện kết thúc trước",
    "no event ends this {label}: it would be counted today in {ids}; import the events that end it first",
)


AskWarehouse = Callable[[Callable[[Client], Any]], Awaitable[Any]]


WOULD = Label(
    "{kind}: {count} sự kiện mới, {same} dòng đã có, {faults} lỗi.",
    "{kind}: {count} new events, {same} rows there already, {faults} faults.",
)
DAYS = Label(
    "Từ {first} đến {last}: số của các ngày ấy được tính lại.",
    "From {first} to {last}: the figures of these days are counted anew.",
)
DROPPED = Label("Không đọc các cột: {columns}.", "Columns that are not read: {columns}.")
UNDOABLE = Label(
    "Nhập nhầm thì hoàn tác được cả lần nhập này; chỉ vài hồ sơ sai thì nhập thêm dossier.corrected.",
    "The import can be undone as a whole; where only some dossiers are wrong, dossier.corrected mends them.",
)


class EventPlan(NamedTuple):
    """What a file of events would do."""

    batch: str
    kind: str
    events: list[Envelope]
    """By when they happened."""
    same: int
    """Rows that are there already."""
    faults: list[CellFault]
    dropped: tuple[str, ...]
    """Columns that nobody has read."""

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day."""
        return (local_day(self.events[0].time), local_day(self.events[-1].time)) if self.events else None


class _Row(NamedTuple):
    cell: str
    past: PastEvent


def is_event_file(file: Path) -> bool:
    """Whether a file is one of events, as its name or its columns tell.

    Raises:
        EntryRefused: it cannot be read.
    """
    return file.suffix.lower() == ".jsonl" or KIND_COLUMN in columns_of(file)


def plan_events(client: Client, ward: str, batch: str, mapped: MappedFile, at: datetime) -> EventPlan:
    """What importing a file of events would do; nothing is done. Blocks.

    Args:
        client: an open connection.
        ward: the ward.
        batch: a digest of the file.
        mapped: what the connectors make of it.
        at: now.

    Raises:
        EntryRefused: there is nothing in it.
    """
    if not mapped.rows:
        raise refusal(EMPTY)
    kind = next(one for one in event_types().values() if one.kind == mapped.kind)
    faults = [CellFault(one.cell, _why(one.reason, one.detail)) for one in mapped.rows if not one.event]
    rows = [_Row(one.cell, _past(kind, one.event)) for one in mapped.rows if one.event]
    known = known_past(client, ward, kind, [row.past for row in rows])
    taken: dict[str, PastEvent] = {}
    for row in rows:
        if said := _objection(row.past, known):
            faults.append(CellFault(row.cell, said))
        elif row.past.id not in known.stored:
            taken.setdefault(row.past.id, row.past)
    source = import_source(ward, batch)
    made = [envelope(one.event, ward=ward, source=source, recorded_at=at, id=id) for id, one in taken.items()]
    same = len(mapped.rows) - len(faults) - len(made)
    made.sort(key=lambda one: one.time)
    return EventPlan(batch, kind.kind, made, same, faults[:MOST_FAULTS], mapped.dropped)


def event_plan_said(plan: EventPlan) -> list[Label]:
    """What a plan would do, in sentences."""
    said = [WOULD.filled(kind=event_name(plan.kind), count=len(plan.events), same=plan.same, faults=len(plan.faults))]
    if plan.days:
        said.append(DAYS.filled(first=f"{plan.days[0]:%d/%m/%Y}", last=f"{plan.days[1]:%d/%m/%Y}"))
    if plan.dropped:
        said.append(DROPPED.filled(columns=", ".join(plan.dropped)))
    return [*said, UNDOABLE]


def record_import(store: BoardStore, plan: EventPlan, by: str) -> None:
    """Write down who imports events, before it is done.

    Raises:
        StoreUnavailable: it cannot be written down.
    """
    with store.change() as connection:
        record_change(connection, "import", f"{plan.kind} ({plan.batch})", f"events: {len(plan.events)}", by)


async def send_past_events(
    ingest: IngestSettings, events: Sequence[Envelope], ask: AskWarehouse, told: Callable[[int], None]
) -> None:
    """Send events portion by portion; returns when all are stored.

    Args:
        ingest: which Kafka.
        events: by when they happened.
        ask: asks the warehouse.
        told: called with how many are done.

    Raises:
        Unavailable: Kafka or the warehouse is away, or the streams are far behind; the same file again sends what is missing.
    """
    producer = Producer(ingest)
    try:
        async with asyncio.timeout(KAFKA_PATIENCE.total_seconds()):
            await producer.start()
    except TimeoutError:
        raise Unavailable("Kafka", "it did not answer in time") from None
    try:
        for start in range(0, len(events), PORTION):
            portion = events[start : start + PORTION]
            await producer.send(portion)
            until = time.monotonic() + PATIENCE.total_seconds()
            while not await ask(lambda client, portion=portion: are_there(client, portion)):  # type: ignore[misc]
                if time.monotonic() > until:
                    raise Unavailable("The streams", "they are far behind")
                await asyncio.sleep(0.2)
            told(start + len(portion))
    finally:
        await producer.stop()


def are_there(client: Client, portion: Sequence[Envelope]) -> bool:
    """Whether all of some events are stored."""
    ward, kind = portion[0].ward, type(portion[0].data)
    return len(imported_ids(client, ward, kind, [one.id for one in portion])) == len(portion)


def _past(kind: type[Event], said: str) -> PastEvent:
    """An event, with an id that its content gives it."""
    digest = blake2b(f"{kind.kind}\x1f{said}".encode(), digest_size=16).hexdigest()
    return PastEvent(f"{IMPORTED}{digest}", kind.model_validate_json(said))


def _why(reason: str, detail: str) -> Label:
    return FAULTS.get(reason) or INVALID.filled(detail=detail[:200])


def _objection(past: PastEvent, known: PastKnown) -> Label | None:
    """Why an event is not taken; `None`: it is."""
    day = local_day(past.event.occurred_at)
    unfinished = known.unfinished.get(past.event.subject)
    if day < PERIOD_START.date():
        return NO_WARD.filled(day=f"{PERIOD_START:%d/%m/%Y}")
    if known.since and day >= known.since:
        return COUNTED.filled(day=f"{known.since:%d/%m/%Y}")
    if known.lost_until and day <= known.lost_until:
        return LOST.filled(day=f"{known.lost_until:%d/%m/%Y}")
    if day in known.totals:
        return TOLD.filled(id=known.totals[day])
    if unfinished:
        return UNFINISHED.filled(label=unfinished.label.lower(), ids=", ".join(unfinished.ids))
    return None
