"""Desk: reads what people entered, and sends what they do; done is what Kafka has acknowledged, shown what has come back in the warehouse."""

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from dashboard.state.queries import WarehouseQueries
from ingest.contract.clock import Clock
from ingest.contract.event import Event
from ingest.contract.settings import IngestSettings
from ingest.kafka.own_event import send_own_events
from warehouse.query.entered import EnteredFigure, entered_figures

SHOWN_WITHIN = 5.0
"""Seconds that an answer waits for what was acknowledged to be stored."""
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

    async def send(self, events: Sequence[Event]) -> dict[str, EnteredFigure]:
        """Send what a person did, and wait a little until it is stored.

        Returns:
            Everything that was entered, with it, unless the streams are behind.

        Raises:
            Unavailable: Kafka did not acknowledge it, or the warehouse is away; the same again counts once.
        """
        await send_own_events(self.ingest, BOARD, self.clock.now(), *events)
        wanted = {event.subject: int(getattr(event, "version", 0)) + 1 for event in events}
        until = time.monotonic() + SHOWN_WITHIN
        while True:
            found = await self.figures()
            if (
                all(ref in found and found[ref].version >= version for ref, version in wanted.items())
                or time.monotonic() > until
            ):
                return found
            await asyncio.sleep(0.2)
