"""Entities: the entities of one kind in one ward, how many of them are what, and how that was at the last minutes' ends."""

from collections.abc import Sequence
from typing import Any

from streams.fold.compiled import Levels, StockKey
from streams.fold.plan import GAUGE_MS, EntityPlan
from warehouse.model.entity import EntityState

Sums = tuple[int, int]
"""Numerator and denominator."""

NOTHING: Sums = (0, 0)


class EntityStates:
    """What the stocks of one kind of entity in one ward are made of, and what was written of them."""

    def __init__(self, plan: EntityPlan, ward: str) -> None:
        self.plan = plan
        self.ward = ward
        self.active: set[EntityState] = set()
        """The entities that may be counted."""
        self._over: set[EntityState] = set()
        """Entities whose life is over: counted only when it is looked back so far."""
        self._over_before = 0
        """From when on none of these is counted."""
        self.totals: list[StockKey] = [(stock, "", "") for stock in plan.stocks]
        self.newest_ms = 0
        """Newest event time."""
        self.is_stirred = True
        """Whether an event came since the last live look."""
        self.looked_ms = 0
        """When the last live look was taken."""
        self.shown: dict[StockKey, tuple[int, int, int]] = {}
        """What the newest rows say, and in which window they stand."""
        self.shown_ms = 0
        """Until when live rows may stand."""
        self.closed: dict[int, Levels] = {}
        """The levels at the end of the last minutes that were closed, and of one before them."""
        self.closed_ms = 0
        """The newest of them."""
        self.revisions: dict[tuple[int, StockKey], int] = {}
        """How often what was closed was written again."""

    def add(self, state: EntityState) -> None:
        """Count an entity from now on."""
        self.active.add(state)
        self._over.discard(state)

    def touch(self, state: EntityState, at: int) -> None:
        """Know that an event has changed an entity."""
        if state not in self.active:
            self.add(state)
        self.is_stirred = True
        if at > self.newest_ms:
            self.newest_ms = at

    def drop(self, state: EntityState) -> None:
        """Count an entity no longer."""
        self.active.discard(state)
        self._over.discard(state)

    def levels(self, at_ms: int) -> Levels:
        """The levels as they were at a moment."""
        settled, counts_ms = self.plan.entity.settled, self.plan.entity.counts_ms
        over = {state for state in self.active if state.newest_at + counts_ms < at_ms and settled(state)}
        states: list[EntityState] = []
        if at_ms < self._over_before:
            states += [state.as_of(at_ms) for state in self._over if state.newest_at + counts_ms >= at_ms]
        if over:
            self.active -= over
            self._over |= over
            self._over_before = max(self._over_before, at_ms)
        states += [state if state.newest_at <= at_ms else state.as_of(at_ms) for state in self.active]
        return self.plan.levels(states, at_ms)

    def before(self, end: int) -> Levels:
        """The levels at the end of the last minute that was closed before this one."""
        return self.closed.get(max((one for one in self.closed if one < end), default=0), {})

    def show(self, key: StockKey, row: Sequence[int]) -> None:
        """Know the newest row of a stock: numerator, denominator, window."""
        numerator, denominator, window = row
        self.shown[key] = (numerator, denominator, window)
        self.shown_ms = max(self.shown_ms, window + GAUGE_MS)

    def shown_since(self, window: int) -> list[StockKey]:
        """The stocks whose newest rows stand in a window or a later one."""
        return [key for key, row in self.shown.items() if row[2] >= window] if self.shown_ms > window else []

    def forget(self, before_ms: int) -> None:
        """Let go of the minutes that ended before a time, but for the last of them, and of what was over before them all."""
        for end in sorted(one for one in self.closed if one < before_ms)[:-1]:
            del self.closed[end]
        counts_ms = self.plan.entity.counts_ms
        self._over = {state for state in self._over if state.newest_at + counts_ms >= before_ms}
        if self.revisions:
            self.revisions = {key: count for key, count in self.revisions.items() if key[0] >= before_ms}

    def dump(self) -> list[list[Any]]:
        """The closed minutes as JSON values: the end of each, what differs from the one before it, and revisions."""
        found: list[list[Any]] = []
        before: Levels = {}
        for end in sorted(self.closed):
            now = self.closed[end]
            changed = [[*key, *now.get(key, NOTHING)] for key in {**before, **now} if now.get(key) != before.get(key)]
            revised = [[*key, count] for (at, key), count in self.revisions.items() if at == end]
            found.append([end, changed, revised])
            before = now
        return found

    def dump_open(self) -> list[list[Any]]:
        """The revisions of minutes that are not closed here yet, as JSON values: end, stock, how many."""
        return [[end, *key, count] for (end, key), count in self.revisions.items() if end not in self.closed]

    def load(self, end: int, changed: list[list[Any]], revised: list[list[Any]]) -> None:
        """Take one closed minute that `dump` gave; they come in order."""
        now = dict(self.before(end))
        for id, dimension, member, *sums in changed:
            now[id, dimension, member] = (sums[0], sums[1])
        self.closed[end] = {key: sums for key, sums in now.items() if sums != NOTHING or not key[1]}
        self.closed_ms = end
        self.revisions.update({(end, (row[0], row[1], row[2])): row[3] for row in revised})
