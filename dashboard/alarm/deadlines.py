"""Deadlines: the earliest deadline of every rule that is about one, asked from the warehouse once a minute."""

import asyncio
import logging
from collections.abc import Callable, Collection

from dashboard.alarm.observation import DueEvaluation
from dashboard.state.figures import LiveFigures
from dashboard.state.queries import TooMuchError, WarehouseQueries
from ingest.contract.errors import Unavailable
from warehouse.catalogue import alarm_rules
from warehouse.model.alarm_rule import Remaining
from warehouse.query.due import earliest_due
from warehouse.store.client import Client

log = logging.getLogger("dashboard.alarm")

ASK_EVERY = 60.0
"""Seconds between two questions."""
LOOK_EVERY = 2.0
"""Seconds until the next try while there is no answer, or nothing to ask."""


class Deadlines:
    """The earliest deadlines.

    Args:
        figures: the ward, and its clock.
        reader: asks the warehouse.
        wanted: the rules that are to be asked for.
    """

    def __init__(
        self, figures: LiveFigures, reader: WarehouseQueries, wanted: Callable[[], Collection[str]] | None = None
    ) -> None:
        self.dues: dict[str, DueEvaluation] = {}
        self._figures = figures
        self._reader = reader
        self._wanted = wanted or alarm_rules

    async def ask(self) -> None:
        """Ask for them.

        Raises:
            Unavailable: the warehouse is away.
            TooMuchError: it takes too long.
        """
        ward, now_ms, wanted = self._figures.ingest.ward, self._figures.now_ms(), set(self._wanted())
        asked = {id: rule for id, rule in alarm_rules().items() if id in wanted}

        def find(client: Client) -> dict[str, DueEvaluation]:
            return {
                id: DueEvaluation(earliest_due(client, ward, one.of, one.is_open, one.due, now_ms), now_ms)
                for id, rule in asked.items()
                if isinstance(one := rule.measure, Remaining)
            }

        if any(isinstance(rule.measure, Remaining) for rule in asked.values()):
            self.dues = await self._reader.ask(find)

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self.ask()
            except (Unavailable, TooMuchError) as error:
                log.debug("cannot read deadlines: %s", error)
            await asyncio.sleep(ASK_EVERY / (self._figures.clock_speed or 1.0) if self.dues else LOOK_EVERY)
