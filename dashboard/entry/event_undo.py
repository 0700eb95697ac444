"""Event undo: an import of events of before is taken back as a whole; it shows what that would do before it does.

The import is known from the trail of changes. What takes it back is an event of its stream, behind all that it takes back: the streams move
these events beside those that count, and tell what changes as revisions.
"""

import asyncio
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from dashboard.access.viewer import Viewer
from dashboard.entry.act import NOT_ALLOWED
from dashboard.entry.amount import EntryRefused
from dashboard.entry.event_file import LOST, PATIENCE, AskWarehouse
from dashboard.store.changes import record_change
from dashboard.store.store import BoardStore
from dashboard.words.event_name import event_name
from ingest.contract.clock import milliseconds
from ingest.contract.errors import Unavailable
from ingest.contract.event import Event
from ingest.contract.events import event_types
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings
from ingest.kafka.own_event import send_own_events
from warehouse.query.past_events import StoredImport, import_size, stored_import
from warehouse.store.client import Client

REST = timedelta(minutes=15)
"""How long nothing else must have happened to what an import is about: so far back the streams know each minute."""

WOULD = Label(
    "{count} sự kiện “{kind}” từ {first} đến {last} sẽ không được tính nữa; số của các ngày ấy được tính lại thành lần sửa. Sự kiện vẫn được lưu.",
    "{count} events “{kind}” from {first} to {last} would count no more; the figures of these days are counted anew, as revisions. The events are kept.",
)
NOTHING = Label("Lần nhập này không còn sự kiện nào được tính.", "No event of this import counts any more.")
REOPENED = Label(
    "Còn {count} {label} có sự kiện của lần nhập khác hoặc của nguồn: thiếu lần nhập này thì thành chưa kết thúc, hôm nay sẽ tính trong {ids}. "
    "Hoàn tác lần nhập kia trước.",
    "{count} times {label} has events of another import or of the source: without this import it would not be over, and counted today in "
    "{ids}. Undo the other import first.",
)
RECENT = Label(
    "Đối tượng của lần nhập này vừa có sự kiện khác: hãy thử lại sau {minutes} phút.",
    "Something else has just happened to what this import is about: try again in {minutes} minutes.",
)
_SUBJECT = re.compile(r"(?P<kind>\S+) \((?P<batch>[a-z0-9]+)\)")
_SENT, _TAKEN_BACK = "events: ", "withdrawn: "


class EventImport(NamedTuple):
    """An import of events, as the trail of changes tells of it."""

    batch: str
    kind: str
    at: datetime
    who: str
    size: int


class EventUndo(NamedTuple):
    """What undoing an import of events would do."""

    batch: str
    kind: type[Event]
    stored: StoredImport
    faults: list[Label]
    """Why it cannot be done."""

    @property
    def said(self) -> list[Label]:
        """It in sentences."""
        if self.faults or not self.stored.first or not self.stored.last:
            return self.faults
        first, last = f"{self.stored.first:%d/%m/%Y}", f"{self.stored.last:%d/%m/%Y}"
        return [WOULD.filled(count=self.stored.size, kind=event_name(self.kind.kind), first=first, last=last)]


def event_imports(store: BoardStore) -> list[EventImport]:
    """The imports of events that were not taken back, the newest first. Blocks.

    Raises:
        StoreUnavailable: the trail cannot be read now.
    """
    found: dict[str, EventImport] = {}
    for at, by, subject, act in store.read(
        "SELECT at, by, subject, act FROM changes WHERE kind = 'import' ORDER BY id"
    ):
        about = _SUBJECT.fullmatch(subject)
        if about and act.startswith(_SENT):
            before = found.pop(subject, None)
            size = int(act.removeprefix(_SENT)) + (before.size if before else 0)
            found[subject] = EventImport(about["batch"], about["kind"], datetime.fromisoformat(at), by, size)
        elif about and act.startswith(_TAKEN_BACK):
            found.pop(subject, None)
    return [*reversed(found.values())]


def plan_event_undo(client: Client, ward: str, one: EventImport, at: datetime) -> EventUndo:
    """What undoing an import would do; nothing is done. Blocks."""
    kind = next(event for event in event_types().values() if event.kind == one.kind)
    stored = stored_import(client, ward, kind, one.batch)
    faults = [] if stored.size else [NOTHING]
    if stored.lost_until and stored.first and stored.first <= stored.lost_until:
        faults.append(LOST.filled(day=f"{stored.lost_until:%d/%m/%Y}"))
    if stored.reopened:
        life = next(iter(stored.reopened.values()))
        faults.append(REOPENED.filled(count=len(stored.reopened), label=life.label.lower(), ids=", ".join(life.ids)))
    if milliseconds(at - REST) < stored.newest_ms:
        faults.append(RECENT.filled(minutes=round(REST.total_seconds() / 60)))
    return EventUndo(one.batch, kind, stored, faults)


async def record_undo(store: BoardStore, undo: EventUndo, person: Viewer) -> None:
    """Write down who takes an import back, before it is done.

    Raises:
        EntryRefused: the person may not, or it cannot be done.
        StoreUnavailable: it cannot be written down.
    """
    if not person.may("admin"):
        raise EntryRefused(NOT_ALLOWED)
    if undo.faults:
        raise EntryRefused(undo.faults[0])
    await asyncio.to_thread(_record, store, undo, "withdraw", person.name)


async def undo_import(
    ingest: IngestSettings,
    store: BoardStore,
    undo: EventUndo,
    person: Viewer,
    at: datetime,
    ask: AskWarehouse,
    told: Callable[[int], None],
) -> None:
    """Take an import back; returns when none of its events counts any more, which is written down too.

    Args:
        ingest: which Kafka.
        store: with the trail, in which `record_undo` has said that it will be done.
        undo: which import.
        person: who takes it back.
        at: now.
        ask: asks the warehouse.
        told: called with how many count no more.

    Raises:
        StoreUnavailable: it is done, and cannot be written down.
        Unavailable: Kafka or the warehouse is away, or the streams are far behind: the same again does what is missing.
    """
    withdrawal = next(one for one in ImportWithdrawn.__subclasses__() if one.stream == undo.kind.stream)
    await send_own_events(ingest, "board", at, withdrawal(batch=undo.batch, who=person.name, at=at))
    until = time.monotonic() + PATIENCE.total_seconds()
    while left := await ask(lambda client: import_size(client, ingest.ward, undo.kind, undo.batch)):
        told(undo.stored.size - left)
        if time.monotonic() > until:
            raise Unavailable("The streams", "they are far behind")
        await asyncio.sleep(0.5)
    told(undo.stored.size)
    await asyncio.to_thread(_record, store, undo, "withdrawn", person.name)


def _record(store: BoardStore, undo: EventUndo, act: str, by: str) -> None:
    with store.change() as connection:
        record_change(connection, "import", f"{undo.kind.kind} ({undo.batch})", f"{act}: {undo.stored.size}", by)
