"""Figures: the ward's figures as they are now, kept up to date in memory by what the streams push.

At start, whenever the connection to Kafka or the warehouse was away, and every minute everything is read from the warehouse and
compared, as `agreement` says. The boards show them, and the alarm process judges them; so nothing here knows Dash.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from dashboard.settings import BoardSettings
from dashboard.state.agreement import BoardAgreement
from dashboard.state.alarm import NO_ALARMS, Alarms, ChannelFault
from dashboard.state.page import BoardState, PageList
from dashboard.state.queries import TooMuchError
from dashboard.system_status import NOTHING_KNOWN, SystemStatus, restarted_processes
from dashboard.words.freshness import BEHIND_MS, freshness_signs, streams_behind
from ingest.contract.clock import RealClock, milliseconds
from ingest.contract.errors import Unavailable
from ingest.contract.label import Language
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import VALUES
from ingest.kafka.reader import new_records
from ingest.runtime.backoff import BackOff
from ingest.runtime.liveness import Progress, Pulse
from warehouse.model.expression import DAY_MS
from warehouse.model.reading import CHART_DAYS
from warehouse.model.value import Value
from warehouse.model.value_push import Push, decode_push
from warehouse.readings import Readings

log = logging.getLogger("dashboard.figures")

LONGEST_WAIT = timedelta(seconds=15)
"""Seconds between two tries to reach what is away."""
FORGET_EVERY = 3600.0
LOOK_EVERY = 10.0
STANDS_MS = CHART_DAYS * DAY_MS
"""How long a stock has not changed that is left out of the short answer."""

LoadValues = Callable[[int, int], list[Value]]
"""Reads the current values from the warehouse, for a moment in ms, without the stocks that have stood since before a time; blocks."""

LiveStand = Callable[[], Awaitable[SystemStatus]]
"""Finds out how the system itself stands."""


class LiveFigures:
    """The readings of the one ward that this install serves.

    Args:
        ingest: Kafka, the ward and its clock.
        board: how often memory and warehouse are compared, and what the ward is called.
        load: reads the current values.
        stand: finds out how the system itself stands.
        pages: all pages, for the ways from one to another, where they are shown.
    """

    def __init__(
        self,
        ingest: IngestSettings,
        board: BoardSettings,
        load: LoadValues,
        stand: LiveStand | None = None,
        pages: PageList | None = None,
    ) -> None:
        self.ingest = ingest
        self.board = board
        self.pages = PageList() if pages is None else pages
        self.clock = ingest.clock()
        self.readings = Readings()
        self.agreement = BoardAgreement(self.readings, RealClock())
        self.loaded = False
        self.system_status = NOTHING_KNOWN
        self.alarms: Alarms = NO_ALARMS
        self.faults: Mapping[str, ChannelFault] = {}
        self.told_kinds: Mapping[str, frozenset[str]] = {}
        """By source, the kinds of events that may come from it, as far as the connectors have told."""
        self._load = load
        self._comparing = asyncio.Lock()
        """Held while the memory is compared, or forgets."""
        self._doubt = asyncio.Event()
        """Something was away: compare now."""
        self._stand = stand
        self.pulse, self.pushes = Pulse(), Progress("changed figures from Kafka", ("kafka", "warehouse"))

    @property
    def clock_speed(self) -> float | None:
        """How fast the pretend clock runs; `None` when the clock is real."""
        origin, real = self.ingest.clock_origin, self.ingest.clock_real_origin
        is_real = origin is None or (origin == real and self.ingest.clock_speed == 1)
        return None if is_real else self.ingest.clock_speed

    def now_ms(self) -> int:
        """The present by the install's clock."""
        return milliseconds(self.clock.now())

    def take(self, pushes: list[Push]) -> set[str]:
        """Apply what the streams pushed; other wards' values are ignored.

        Returns:
            The indicators whose figures changed.
        """
        ours = [push for push in pushes if push.ward == self.ingest.ward]
        return {indicator for push in ours for indicator in self.agreement.hear(push)}

    def board_state(self, language: Language, argument: str = "") -> BoardState:
        """The readings at this moment."""
        now_ms = self.now_ms()
        behind = streams_behind(self.readings, now_ms, round(BEHIND_MS * max(1.0, self.clock_speed or 1.0)))
        found = freshness_signs(self.readings, now_ms, behind, self.told_kinds)
        return BoardState(
            self.readings,
            found,
            now_ms,
            language,
            self.board,
            self.ingest.pretend,
            self.clock_speed,
            self.system_status,
            self.alarms,
            argument,
            faults=self.faults,
            pages=self.pages,
        )

    async def run(self) -> None:
        """Keep the readings up to date until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.pulse.run())
            tasks.create_task(self._compare())
            tasks.create_task(self._forget())
            tasks.create_task(self._look())
            tasks.create_task(_retry("the streams", self._watch))

    async def _watch(self) -> None:
        first = True
        try:
            async for records in new_records(self.ingest, VALUES):
                self.pushes.note(waits=True, place=time.monotonic())  # at least an empty batch comes every second
                if records:
                    self.take([decode_push(record) for record in records])
                if first:  # from here on nothing is missed; what came before is in the warehouse
                    await self.read_all()
                    self.agreement.listens, first = True, False
                self.agreement.look()
        finally:
            self.agreement.stop_listening()

    async def _compare(self) -> None:
        """Compare the memory with the warehouse time and again, and as soon as something is back that was away."""
        every = self.board.compare_every.total_seconds()
        await self.read_all()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._doubt.wait(), every)
            is_doubtful = self._doubt.is_set()
            self._doubt.clear()
            await self.read_all(is_short=not is_doubtful)

    async def read_all(self, is_short: bool = False) -> None:
        """Read everything, or leave out the stocks that have stood for long as long as that finds nothing wrong."""

        async def read() -> None:
            if not (is_short and await self._read_once(self.now_ms() - STANDS_MS)):
                await self._read_once()

        await _retry("the warehouse", read)

    async def _read_once(self, stocks_from_ms: int = 0) -> bool:
        async with self._comparing:
            now_ms = self.now_ms()
            self.agreement.ask()
            try:
                values = await asyncio.to_thread(self._load, now_ms, stocks_from_ms)
                is_done = await self.agreement.compare(values, now_ms, stocks_from_ms)
            finally:
                self.agreement.leave()
        if not self.loaded:
            log.info("%d values read from the warehouse", len(values))
        self.loaded = True
        self._changed_at_once()
        return is_done

    async def _forget(self) -> None:
        while True:
            await asyncio.sleep(FORGET_EVERY / (self.clock_speed or 1.0))
            async with self._comparing:  # what is forgotten meanwhile would come back
                self.readings.forget(self.now_ms())

    async def _look(self) -> None:
        """See every few seconds how the system itself stands; while the warehouse is away, what was last known holds, with since when."""
        was_away = False
        while self._stand is not None:
            try:
                with suppress(TooMuchError):
                    self.system_status = await self._stand()
                if was_away:
                    self._doubt.set()
                was_away = False
            except Unavailable:
                was_away = True
                since = self.system_status.away_since_ms or self.now_ms()
                restarts = restarted_processes(self.ingest.data_folder)
                self.system_status = self.system_status._replace(away_since_ms=since, restarts=restarts)
            await asyncio.sleep(LOOK_EVERY)

    def _changed_at_once(self) -> None:
        """Figures were read anew; whoever shows them has to hear of it."""


async def _retry(service: str, attempt: Callable[[], Awaitable[None]]) -> None:
    """Try until it works, or for ever where it never ends; says once what it waits for."""
    backoff = BackOff(timedelta(seconds=1), LONGEST_WAIT)
    while True:
        began = time.monotonic()
        try:
            await attempt()
        except Unavailable as error:
            if time.monotonic() - began > LONGEST_WAIT.total_seconds():
                backoff.reset()  # it had worked for a while
            if not backoff.failures:
                log.warning("waiting for %s: %s", service, error)
            await asyncio.sleep(backoff.seconds())
        else:
            return
