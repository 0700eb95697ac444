"""Memory: the days of the past that somebody looks at, read from the warehouse once, and the states of their minutes.

Bounded: a few days, a few minutes, and one question at a time for each log-in. Who moves on while the last minute is still being made
gets the newest one only.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from dashboard.alarm.event_log.fold import fold_events
from dashboard.alarm.event_log.reader import KEPT
from dashboard.alarm.judge import measure_alarms
from dashboard.board.live import Live
from dashboard.state.alarm import NO_ALARMS, Alarm, Alarms, combine_alarms
from dashboard.state.page import BoardState, Page, PastQuestion, PropertyUpdates
from dashboard.state.queries import TooMuchError, WarehouseQueries
from dashboard.system_status import SystemStatus
from dashboard.words.freshness import freshness_signs
from dashboard.words.moment import day_start
from ingest.contract.clock import milliseconds, moment, real_at
from ingest.contract.errors import Refused
from ingest.contract.label import Language
from warehouse.audit.history import recent_audits
from warehouse.history.as_of import PROMPT_MS, BoardDay, BoardMinute, ValuePlace, View, values_as_of
from warehouse.history.as_of_day import oldest_window, read_lives, read_values, recompute_as_of
from warehouse.model.expression import DAY_MS, MINUTE
from warehouse.model.value import Value
from warehouse.readings import Readings
from warehouse.store.alarm_log import read_standing

DAYS = 3
"""Days that are remembered; a day of a ward takes some ten megabytes."""
MINUTES = 8
"""Minutes that are remembered."""

Kept = TypeVar("Kept")


class SupersededError(Refused):
    """The same person has asked for another minute meanwhile."""


class TooOldError(Refused):
    """Nothing is kept of so long ago.

    Args:
        first_ms: what is kept begins here; 0: nothing is.
    """

    def __init__(self, first_ms: int) -> None:
        super().__init__(first_ms)
        self.first_ms = first_ms


class CachedDay(NamedTuple):
    """A day as its minutes are put together from it."""

    figures: BoardDay
    alarms: list[bytes]
    """What happened until its end, or until it was read, to alarms that stood at one of its minutes or had cleared lately."""


class CachedMinute(NamedTuple):
    """A minute as it stood."""

    readings: Readings
    system_status: SystemStatus
    alarms: Alarms
    unrestored: tuple[str, ...]
    """Ids of indicators that stand as they are known now, because what was known then is not kept."""


class PastPage(NamedTuple):
    """A page as it was at a minute."""

    state: BoardState
    unrestored: tuple[str, ...]
    own: PropertyUpdates
    """What it asked the warehouse for beyond its updates."""


class PastCache:
    """Cached figures of the past, of the ward that this board shows."""

    def __init__(self, live: Live, reader: WarehouseQueries) -> None:
        self._live = live
        self._reader = reader
        self._days: OrderedDict[int, CachedDay] = OrderedDict()
        self._minutes: OrderedDict[tuple[int, View], CachedMinute] = OrderedDict()
        self._asked: OrderedDict[tuple[str, int, View, Language], PropertyUpdates] = OrderedDict()
        self._first_ms: int | None = None
        self._newest: dict[str, object] = {}
        self._free: dict[str, asyncio.Lock] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for a minute."""
        return not self._newest and not self._free

    async def look(self, person: str, page: Page, at_ms: int, view: View, language: Language) -> PastPage:
        """A page as it was at a minute.

        Args:
            person: whose turn it is: the log-in.
            page: which.
            at_ms: the minute's end, by the install's clock.
            view: as it was shown, or as it is known now.
            language: in which language.

        Raises:
            SupersededError: the person wants another minute meanwhile.
            TooOldError: nothing is kept of it.
            TooMuchError: it takes too long.
            Unavailable: the warehouse is away.
        """
        turn = self._newest[person] = object()
        lock = self._free.setdefault(person, asyncio.Lock())
        try:
            async with lock:
                if self._newest.get(person) is not turn:
                    raise SupersededError
                seen = await self._seen(at_ms, view)
                state = state_of(self._live, seen, at_ms, language)
                own = await self._own(page, state, view)
        finally:
            if self._newest.get(person) is turn:
                del self._newest[person], self._free[person]
        return PastPage(state, seen.unrestored, own)

    async def _own(self, page: Page, state: BoardState, view: View) -> PropertyUpdates:
        """What the page asks for by itself."""
        if page.past_updates is None:
            return {}
        key, asks = (page.path, state.now_ms, view, state.language), page.past_updates
        if key not in self._asked:
            known_ms = self._minute(state.now_ms).real_ms + PROMPT_MS if view == "then" else None
            ward = self._live.ingest.ward
            found = await self._reader.ask(lambda client: asks(PastQuestion(client, ward, state, known_ms)))
            _keep(self._asked, key, found, MINUTES)
        self._asked.move_to_end(key)
        return self._asked[key]

    async def _seen(self, at_ms: int, view: View) -> CachedMinute:
        key = (at_ms, view)
        if key not in self._minutes:
            day = await self._day(at_ms)
            _keep(self._minutes, key, await self._stood(day, at_ms, view), MINUTES)
        self._minutes.move_to_end(key)
        return self._minutes[key]

    async def _stood(self, day: CachedDay, at_ms: int, view: View) -> CachedMinute:
        audits, alarms, (readings, unrestored) = await asyncio.gather(
            self._reader.ask(lambda client: recent_audits(client, 1, moment(at_ms))),
            asyncio.to_thread(alarms_at, day.alarms, at_ms),
            self._figures(day.figures, at_ms, view),
        )
        seen = CachedMinute(readings, SystemStatus(next(iter(audits), None)), NO_ALARMS, unrestored)
        measured = measure_alarms(
            {one.key: one for one in alarms if one.is_active}, state_of(self._live, seen, at_ms, "vi"), {}
        )
        return seen._replace(alarms=combine_alarms(alarms, measured))

    async def _figures(self, day: BoardDay, at_ms: int, view: View) -> tuple[Readings, tuple[str, ...]]:
        """The figures of a minute, and the ids of those that cannot be brought back."""
        minute, found = self._minute(at_ms), dict[ValuePlace, list[Value]]()
        stood = await asyncio.to_thread(values_as_of, day, minute, view)
        if stood.open:
            with suppress(TooMuchError):
                found = await self._reader.ask(
                    lambda client: recompute_as_of(client, day.ward, minute, view, stood.open)
                )
        readings = await asyncio.to_thread(stood.readings, found)
        known = {value.indicator for value in stood.values}  # of others there is nothing that could be another
        return readings, tuple(sorted({place[0] for place in (stood.open - found.keys()) | stood.gone} & known))

    async def _day(self, at_ms: int) -> CachedDay:
        ward, start_ms = self._live.ingest.ward, day_start(at_ms)
        if self._first_ms is None:
            self._first_ms = await self._reader.ask(lambda client: oldest_window(client, ward))
        if self._first_ms is None or at_ms <= self._first_ms:
            raise TooOldError(self._first_ms or 0)
        known = self._days.get(start_ms)
        if known is None or known.figures.until_ms < at_ms:
            until_ms = min(start_ms + DAY_MS, self._live.now_ms() // MINUTE * MINUTE)
            start, until = self._minute(start_ms), self._minute(max(until_ms, at_ms))
            values, lives, alarms = await asyncio.gather(
                self._reader.ask(lambda client: read_values(client, ward, start, until)),
                self._reader.ask(lambda client: read_lives(client, ward, start, until)),
                self._reader.ask(lambda client: read_standing(client, ward, until.at_ms, moment(start_ms) - KEPT)),
            )
            day = BoardDay(ward, start.at_ms, until.at_ms, values, lives)
            _keep(self._days, start_ms, CachedDay(day, alarms), DAYS)
        self._days.move_to_end(start_ms)
        return self._days[start_ms]

    def _minute(self, at_ms: int) -> BoardMinute:
        return BoardMinute(at_ms, milliseconds(real_at(self._live.clock, moment(at_ms))))


def alarms_at(log: list[bytes], at_ms: int) -> list[Alarm]:
    """The alarms that stood at a minute, and those that had cleared lately."""
    since_ms = at_ms - KEPT // timedelta(milliseconds=1)
    return [one for one in fold_events(log, at_ms) if one.is_active or one.changed_ms >= since_ms]


def state_of(live: Live, seen: CachedMinute, at_ms: int, language: Language) -> BoardState:
    """What pages show of a minute of the past."""
    return BoardState(
        seen.readings,
        freshness_signs(seen.readings, at_ms),
        at_ms,
        language,
        live.board,
        live.ingest.pretend,
        live.clock_speed,
        seen.system_status,
        seen.alarms,
        past=True,
        pages=live.pages,
    )


NOTHING = CachedMinute(Readings(), SystemStatus(), NO_ALARMS, ())
"""Stands until a minute has been read."""


def _keep(kept: "OrderedDict[Any, Kept]", key: Hashable, value: Kept, most: int) -> None:
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
