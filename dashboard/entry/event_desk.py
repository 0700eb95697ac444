"""Event desk: events of before, imported on the page: the connectors read the file, the warehouse says what may be, the trail who did it."""

import asyncio
from typing import NamedTuple

from dashboard.access.viewer import Viewer
from dashboard.entry.act import NOT_ALLOWED
from dashboard.entry.amount import EntryRefused, refusal
from dashboard.entry.event_file import EventPlan, plan_events, record_import, send_past_events
from dashboard.state.queries import WarehouseQueries
from dashboard.store.store import BoardStore
from ingest.administration.message import MapFile, MappedFile, SourceRefused
from ingest.administration.remote import RemoteSources
from ingest.contract.clock import Clock
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings

MOST = 2_000
"""Events that a page sends."""
TOO_MANY = Label(
    "tệp có {count} sự kiện; trang này nhận {most}: chia tệp, hoặc nhờ người cài đặt nhập (./ioc import)",
    "the file has {count} events, this page takes {most}: split it, or have the installer import it (./ioc import)",
)


class EventDesk(NamedTuple):
    """The events of before of one ward."""

    ingest: IngestSettings
    reader: WarehouseQueries
    clock: Clock
    remote: RemoteSources
    store: BoardStore

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

    async def send(self, plan: EventPlan, person: Viewer) -> None:
        """Do what a plan says, and write down who did it before.

        Raises:
            StoreUnavailable: it cannot be written down, so it is not done.
            Unavailable: Kafka or the warehouse is away; the same file again sends what is missing.
        """
        await asyncio.to_thread(record_import, self.store, plan, person.name)
        await send_past_events(self.ingest, plan.events, self.reader.ask, lambda done: None)
