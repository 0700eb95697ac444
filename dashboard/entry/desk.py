"""Desk: reads what people entered, and sends what they do; done is what Kafka has acknowledged, shown what has come back in the warehouse."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dashboard.access.viewer import Viewer
from dashboard.entry.amount import refusal
from dashboard.entry.change import ImportPlan, plan_import, plan_undo
from dashboard.entry.file import FigureFile
from dashboard.state.queries import WarehouseQueries
from ingest.contract.clock import Clock
from ingest.contract.event import Event
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings
from ingest.kafka.own_event import send_own_events
from warehouse.entities.figure import DAY_TOTAL
from warehouse.query.day_totals import counted_days
from warehouse.query.entered import MOST_OF_DAYS, EnteredFigure, ImportBatch, day_batches, entered_days, entered_figures
from warehouse.store.client import Client

SHOWN_WITHIN = 5.0
"""Seconds that an answer waits for what was acknowledged to be stored."""
FULL = Label(
    "phường đã nhập {most} tổng ngày, là nhiều nhất", "the ward has entered {most} totals of days, as many as it may"
)
BOARD = "board"


class FigureDesk(NamedTuple):
    """The figures that people of one ward enter."""

    ingest: IngestSettings
    reader: WarehouseQueries
    clock: Clock

    async def figures(self) -> dict[str, EnteredFigure]:
        """Everything that was entered.

        Raises:
            Unavailable: the warehouse is away.
        """
        return await self.reader.ask(lambda client: entered_figures(client, self.ingest.ward))

    async def imports(self) -> list[ImportBatch]:
        """The imports of totals of days, the newest first.

        Raises:
            Unavailable: the warehouse is away.
        """
        return await self.reader.ask(lambda client: day_batches(client, self.ingest.ward))

    async def plan(self, file: FigureFile, person: Viewer) -> ImportPlan:
        """What a file would change; nothing is done.

        Raises:
            Unavailable: the warehouse is away.
        """
        now = self.clock.now()
        if not file.of_days:
            return plan_import(file, await self.figures(), person, now)
        return await self.reader.ask(lambda client: plan_days(client, self.ingest.ward, file, person, now))

    async def plan_undo(self, batch: str, person: Viewer) -> ImportPlan:
        """What undoing an import would change.

        Raises:
            Unavailable: the warehouse is away.
        """
        days = await self.reader.ask(lambda client: entered_days(client, self.ingest.ward, batch))
        return plan_undo(batch, days or await self.figures(), person, self.clock.now())

    async def send(self, events: Sequence[Event]) -> dict[str, EnteredFigure]:
        """Send what a person did, and wait a little until it is stored.

        Returns:
            Everything that was entered of its sort, with it, unless the streams are behind.

        Raises:
            Unavailable: Kafka did not acknowledge it, or the warehouse is away; the same again counts once.
        """
        await send_own_events(self.ingest, BOARD, self.clock.now(), *events)
        wanted = {event.subject: int(getattr(event, "version", 0)) + 1 for event in events}
        read = entered_days if any(ref.startswith(DAY_TOTAL) for ref in wanted) else entered_figures
        until = time.monotonic() + SHOWN_WITHIN
        while True:
            found = await self.reader.ask(lambda client: read(client, self.ingest.ward))
            if (
                all(ref in found and found[ref].version >= version for ref, version in wanted.items())
                or time.monotonic() > until
            ):
                return found
            await asyncio.sleep(0.2)


def plan_days(client: Client, ward: str, file: FigureFile, person: Viewer, at: datetime) -> ImportPlan:
    """What a file of totals of days would change; blocks.

    Args:
        client: an open connection.
        ward: the ward.
        file: the file.
        person: who imports it.
        at: now.

    Raises:
        EntryRefused: the ward has entered as many as it may.
    """
    known = entered_days(client, ward)
    if sum(figure.version for figure in known.values()) + len(file.rows) > MOST_OF_DAYS:
        raise refusal(FULL, most=MOST_OF_DAYS)
    return plan_import(file, known, person, at, counted_days(client, ward, file.of_days))
