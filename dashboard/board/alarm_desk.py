"""Alarm desk: what a board does with alarms - it shows what the log says, and sends what people do. It judges nothing and tells nobody.

What a person does is done when Kafka has acknowledged it; the board then shows it as soon as it has come back in the log, as every other
board does. Until then, and when no answer came, the same click sends the same event under the same id.
"""

import asyncio
import logging
from datetime import timedelta

from pydantic import ValidationError

from dashboard.alarm.deadlines import Deadlines
from dashboard.alarm.event_log.events import BOARD, act_event, event_id, wrap
from dashboard.alarm.event_log.fold import changes_nothing
from dashboard.alarm.event_log.reader import KEPT, AlarmLog
from dashboard.alarm.judge import measure_alarms
from dashboard.alarm.settings import AlarmSettings
from dashboard.board.live import Live
from dashboard.state.alarm import Alarm, combine_alarms
from dashboard.state.queries import WarehouseQueries
from ingest.contract.clock import WARD_ZONE, moment
from ingest.contract.errors import Refused
from ingest.kafka.producer import EventSink, Producer
from ingest.runtime.failpoint import failpoint
from warehouse.store.alarm_log import Kind

log = logging.getLogger("dashboard.alarm")

SHOW_EVERY = 1.0
SHOWN_WITHIN = timedelta(seconds=5)
"""How long an answer waits for what was acknowledged to come back in the log."""
MOST_ACTS = 300
"""Acts of one alarm; then people can only acknowledge it."""


class ActRefused(Refused):
    """What a person wants to do cannot be done; nothing was changed."""


class PersonalDataRefused(Refused):
    """What a person wrote may hold a number of somebody; nothing was changed."""


class AlarmDesk:
    """The alarms on this board.

    Args:
        live: the figures; gets the alarms as well.
        reader: asks the warehouse.
        settings: the quiet hours, and to whom alarms can be given.
        producer: where acts go.
    """

    def __init__(
        self, live: Live, reader: WarehouseQueries, settings: AlarmSettings, producer: EventSink | None = None
    ) -> None:
        self.live = live
        self.settings = settings
        self.log = AlarmLog(live.ingest, reader, self.show)
        self.deadlines = Deadlines(live, reader, lambda: {rule for rule, _ in self.log.fold.active()})
        self._own = None if producer else Producer(live.ingest)
        self._producer: EventSink = producer or self._own  # type: ignore[assignment]  # the one that there is

    @property
    def alarms(self) -> dict[str, Alarm]:
        """Every alarm that is active or was until lately, by its id."""
        return self.log.fold.alarms

    async def run(self) -> None:
        """Keep the alarms up to date until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                if self._own is not None:
                    tasks.create_task(self._own.start())
                tasks.create_task(self.log.run())
                tasks.create_task(self.deadlines.run())
                tasks.create_task(self._show())
        finally:
            if self._own is not None:
                await self._own.stop()

    async def do(self, alarm: str, kind: Kind, who: str, what: str = "", click: str = "") -> Alarm:
        """Do something about an alarm.

        Args:
            alarm: its id.
            kind: what.
            who: an account, whose right has been checked.
            what: as `Act.what`.
            click: what tells this click apart from all others; the same one counts once.

        Returns:
            The alarm after it; unchanged where it was so already.

        Raises:
            ActRefused: there is no such alarm any more, or too much was done about it already.
            PersonalDataRefused: what was written looks like somebody's number.
            Unavailable: Kafka did not acknowledge it; whether it was done is seen in the alarm's log.
        """
        found = self.alarms.get(alarm)
        if found is None:
            raise ActRefused
        if changes_nothing(found, kind, what):
            return found
        if len(found.acts) >= MOST_ACTS and kind != "acknowledged":
            raise ActRefused
        id, now = event_id("act", click, alarm, kind, what, who), self.live.clock.now()
        if self.log.fold.has(alarm, id):
            return found
        try:
            event = act_event(found, kind, who, what, now)
        except ValidationError as error:
            raise PersonalDataRefused from error
        failpoint("board.act_taken")
        await self._producer.send([wrap(event, id, ward=self.live.ingest.ward, process=BOARD, now=now)])
        failpoint("board.act_sent")
        await self.log.until_taken(alarm, id, SHOWN_WITHIN)
        return self.alarms.get(alarm, found)

    def show(self) -> None:
        """Give the alarms to the board."""
        fold = self.log.fold
        self.live.faults = fold.faults
        local = moment(self.live.now_ms()).astimezone(WARD_ZONE).time()
        active = fold.active() if self.live.loaded else {}
        measured = measure_alarms(active, self.live.board_state("vi"), self.deadlines.dues)
        self.live.show(
            combine_alarms(
                fold.alarms.values(),
                measured,
                is_quiet=self.settings.is_quiet(local),
                critical_passes=self.settings.quiet_critical_passes,
            )
        )

    async def _show(self) -> None:
        while True:
            self.log.fold.forget(self.live.now_ms() - round(KEPT.total_seconds() * 1000))
            self.show()
            await asyncio.sleep(SHOW_EVERY)
