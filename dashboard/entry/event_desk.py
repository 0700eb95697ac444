"""Event desk: events of before, imported on the page: the connectors read the file, the warehouse says what may be, the trail who did it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from dashboard.access.viewer import Viewer
from dashboard.entry.act import NOT_ALLOWED
from dashboard.entry.amount import EntryRefused, refusal
from dashboard.entry.event_file import EventPlan, plan_events, record_import, send_past_events
from dashboard.entry.event_undo import EventImport, EventUndo, event_imports, plan_event_undo, record_undo, undo_import
from dashboard.state.queries import WarehouseQueries
from dashboard.store.store import BoardStore
from ingest.administration.message import MapFile, MappedFile, SourceRefused
from ingest.administration.remote import RemoteSources
from ingest.contract.clock import Clock
from ingest.contract.errors import IocError
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings

log = logging.getLogger("dashboard.entry")

MOST = 10_000
"""Events that a page sends."""
TOO_MANY = Label(
    "tệp có {count} sự kiện; trang này nhận {most}: chia tệp, hoặc nhờ người cài đặt nhập (./ioc import)",
    "the file has {count} events, this page takes {most}: split it, or have the installer import it (./ioc import)",
)


BUSY = Label(
    "đang ghi một lần nhập khác: {done}/{size} sự kiện", "another import is being written: {done} of {size} events"
)
ENDED_EARLY = Label(
    "lần ghi này dừng giữa chừng vì lỗi phần mềm: nhập lại đúng tệp ấy để ghi nốt, và báo người cài đặt",
    "a fault of the software ended this early: the same file again does what is missing; tell the installer",
)


class RunningImport:
    """An import, or its undoing, that goes on behind the page.

    Args:
        size: how many events it is about.
        work: does it, and tells with how many it is done.
    """

    def __init__(self, size: int, work: Callable[[Callable[[int], None]], Awaitable[None]]) -> None:
        self.size = size
        self.done = 0
        self.error: IocError | None = None
        """Why it ended early."""
        self._task = asyncio.ensure_future(self._run(work))

    @property
    def is_over(self) -> bool:
        """Whether it has ended, in one way or the other."""
        return self._task.done()

    async def _run(self, work: Callable[[Callable[[int], None]], Awaitable[None]]) -> None:
        try:
            await work(self._tell)
        except IocError as error:
            self.error = error
        except Exception:
            log.exception("an import ended early")
            self.error = EntryRefused(ENDED_EARLY)

    def _tell(self, done: int) -> None:
        self.done = done


class EventDesk(NamedTuple):
    """The events of before of one ward."""

    ingest: IngestSettings
    reader: WarehouseQueries
    clock: Clock
    remote: RemoteSources
    store: BoardStore
    running: dict[str, RunningImport]
    """By ward, what was begun last."""

    async def plan(self, question: MapFile, batch: str, person: Viewer) -> EventPlan:
        """What a file would do; nothing is done.

        Args:
            question: the file.
            batch: a digest of it.
            person: who imports it.

        Raises:
            EntryRefused: the person may not, or it cannot be read, or is too much for a page.
            Unavailable: the connectors or the warehouse are away.
        """
        if not person.may("admin"):
            raise EntryRefused(NOT_ALLOWED)
        try:
            mapped = await asyncio.to_thread(self.remote.ask, question, MappedFile)
        except SourceRefused as error:
            raise EntryRefused(error.label) from None
        if len(mapped.rows) > MOST:
            raise refusal(TOO_MANY, count=len(mapped.rows), most=MOST)
        now = self.clock.now()
        return await self.reader.ask(lambda client: plan_events(client, self.ingest.ward, batch, mapped, now))

    async def imports(self, person: Viewer) -> list[EventImport]:
        """The imports that the person may undo, the newest first.

        Raises:
            StoreUnavailable: the trail cannot be read.
        """
        return await asyncio.to_thread(event_imports, self.store) if person.may("admin") else []

    async def plan_undo(self, one: EventImport) -> EventUndo:
        """What undoing an import would do; nothing is done.

        Raises:
            Unavailable: the warehouse is away.
        """
        now = self.clock.now()
        return await self.reader.ask(lambda client: plan_event_undo(client, self.ingest.ward, one, now))

    async def begin(self, plan: EventPlan | EventUndo, person: Viewer) -> None:
        """Begin to do what a plan says, and write down who did it before; the same again does what is missing.

        Raises:
            EntryRefused: it cannot be done, or something else is being done.
            StoreUnavailable: it cannot be written down, so it is not done.
        """
        running, ask = self.running.get(self.ingest.ward), self.reader.ask
        if running and not running.is_over:
            raise refusal(BUSY, done=running.done, size=running.size)
        if isinstance(plan, EventUndo):
            size, now = plan.stored.size, self.clock.now()
            await record_undo(self.store, plan, person)
            begun = RunningImport(size, lambda told: undo_import(self.ingest, self.store, plan, person, now, ask, told))
        else:
            await asyncio.to_thread(record_import, self.store, plan, person.name)
            begun = RunningImport(len(plan.events), lambda told: send_past_events(self.ingest, plan.events, ask, told))
        self.running[self.ingest.ward] = begun
