"""Stocks: what is so at a moment - live, closed minute by minute, and looked at again when an event comes late.

A minute closes once, `GRACE_MS` after its end, as things were at its end by all that is known by then: that row says `as_of` = end
of the minute. A total gets a row in every minute that is looked at; a member only when it differs from the minute before, or when a
live row of that minute stands. An event that comes later than that, but within `HORIZON_MS`, makes the fold look at those
minutes again: a stock that changed is written as the next revision. Older minutes are recomputed from the raw events.

How often minutes are looked at again depends on how events are batched; what the last revision says does not.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from streams.fold.compiled import StockKey
from streams.fold.entities import NOTHING, EntityStates, Sums
from streams.fold.plan import GAUGE_MS, EntityPlan
from warehouse.model.correction import Cause
from warehouse.model.entity import HORIZON_MS, EntityState
from warehouse.model.expression import window_start
from warehouse.model.value import Value

GRACE_MS = 5_000
"""How long after its end a minute waits for stragglers before it closes."""
QUIET_MS = 15 * GAUGE_MS
"""How often the stocks of entities that nothing touches are looked at while catching up."""

EntityKey = tuple[str, str]
"""Id of an entity kind, and ward."""


class LateStocks(NamedTuple):
    """Closed minutes that are no longer in memory and have to be recomputed from the raw events."""

    from_ms: int
    until_ms: int
    cause: Cause
    """The event that reaches back furthest."""


class Stocks:
    """The stocks of one partition."""

    def __init__(self, topic: str, partition: int, plans: Iterable[EntityPlan]) -> None:
        self.late: dict[EntityKey, LateStocks] = {}
        """Minutes to recompute."""
        self.next_close = 0
        """From when on there is a minute to close; 0 before the first."""
        self._topic = topic
        self._partition = partition
        self._plans = {plan.entity.id: plan for plan in plans if plan.stocks}
        self._owners = {stock: plan.entity.id for plan in self._plans.values() for stock in plan.stocks}
        self.populations: dict[EntityKey, EntityStates] = {}
        """By entity and ward, what is counted."""
        self.closed_ms = 0
        """End of the last closed minute: what happened until then came too late for it, and has to `disturb`."""
        self._stored_ms = 0
        """Until when the previous run has written rows whose revisions are not known here."""
        self._disturbed: dict[EntityKey, Cause] = {}
        """Where closed minutes have changed, and the event that reaches back furthest."""
        self._values: dict[tuple[Any, ...], Value] = {}

    def meet(self, ward: str) -> None:
        """A ward of which nothing was heard before: what is counted of it is 0 until something is."""
        for id, plan in self._plans.items():
            if (id, ward) not in self.populations:
                self.populations[id, ward] = EntityStates(plan, ward)

    def drop(self, place: EntityKey, state: EntityState) -> None:
        """Count an entity no longer; its life was over long ago."""
        if place in self.populations:
            self.populations[place].drop(state)

    def disturb(self, place: EntityKey, cause: Cause) -> None:
        """Closed minutes have changed, from the event's own on."""
        known = self._disturbed.get(place)
        if known is None or cause.at_ms < known.at_ms:
            self._disturbed[place] = cause

    def close(self, now_ms: int, offset: int) -> None:
        """Close every minute that ended at least `GRACE_MS` before `now_ms`."""
        self._look_again(offset)
        last = int(window_start(now_ms - GRACE_MS, GAUGE_MS))
        for end in range(self.closed_ms + GAUGE_MS if self.closed_ms else last, last + 1, GAUGE_MS):
            for population in self.populations.values():
                is_moved = population.newest_ms > end - GAUGE_MS or population.shown_ms >= end
                if is_moved or end - population.closed_ms >= QUIET_MS:
                    self._look_back(population, end, offset, set())
                    population.forget(end + GAUGE_MS - HORIZON_MS)
            self.closed_ms = end
        self.next_close = self.closed_ms + GAUGE_MS + GRACE_MS

    def look(self, now_ms: int, only_stirred: bool, offset: int) -> None:
        """Take the stocks as they are now."""
        if now_ms <= self.closed_ms:
            return  # an event came from the future, and what was closed because of it is newer
        self._look_again(offset)
        window = int(window_start(now_ms - 1, GAUGE_MS))
        for population in self.populations.values():
            if now_ms < population.looked_ms or (only_stirred and not population.is_stirred):
                continue
            population.is_stirred, population.looked_ms = False, now_ms
            now = population.levels(now_ms)
            for stock in [*now, *(one for one in population.shown if one not in now)]:
                sums, known = now.get(stock, NOTHING), population.shown.get(stock)
                if known is None or known[:2] != sums or (not stock[1] and known[2] != window):
                    self._write(population, stock, sums, now_ms, window, 0, offset)
                    population.show(stock, (*sums, window))

    def take(self, offset: int) -> list[Value]:
        """The rows that are new since the last call."""
        self._look_again(offset)
        values = list(self._values.values())
        self._values.clear()
        return values

    def shown(self) -> dict[tuple[str, str, str, str], tuple[int, int, int]]:
        """Numerator, denominator and window of every stock as last seen, by ward, indicator, dimension and member."""
        return {(one.ward, *key): row for one in self.populations.values() for key, row in one.shown.items()}

    def has_revised(self, value: Value) -> bool:
        """Whether a closed minute's stock was written again."""
        population = self.populations.get((self._owners[value.indicator], value.ward))
        key = (value.window_ms + GAUGE_MS, (value.indicator, value.dimension, value.member))
        return population is not None and key in population.revisions

    def newest(self) -> list[list[Any]]:
        """Newest event time of every place, as JSON values."""
        return [[*place, population.newest_ms] for place, population in self.populations.items()]

    def dump(self) -> list[list[Any]]:
        """The memory as JSON values, in pieces."""
        closed = [[*place, *minute] for place, population in self.populations.items() for minute in population.dump()]
        return [
            ["stocks", [[*key, *row] for key, row in self.shown().items()]],
            ["closed", closed],
            ["disturbed", [[*place, *cause] for place, cause in self._disturbed.items()]],
            ["late_stocks", [[*place, *late[:2], *late.cause] for place, late in self.late.items()]],
            ["stored", [["", "", self._stored_ms]]],
            ["revised", [[*place, *row] for place, one in self.populations.items() for row in one.dump_open()]],
        ]

    def load(self, kind: str, rows: list[list[Any]]) -> None:
        """Take a piece that `dump` or `newest` gave; what belongs to a declaration that is gone is left out."""
        for first, second, *row in rows:
            if kind == "stocks":
                if second in self._owners:
                    self._population((self._owners[second], first)).show((second, row[0], row[1]), row[2:])
            elif kind == "stored":
                self._stored_ms = max(self._stored_ms, row[0])
            elif first not in self._plans:
                continue
            elif kind == "newest":
                self._population((first, second)).newest_ms = row[0]
            elif kind == "closed":
                self._population((first, second)).load(*row)
            elif kind == "revised":
                self._population((first, second)).revisions[row[0], (row[1], row[2], row[3])] = row[4]
            elif kind == "disturbed":
                self._population((first, second))
                self._disturbed[first, second] = Cause(*row)
            elif kind == "late_stocks":
                self.late[first, second] = LateStocks(row[0], row[1], Cause(*row[2:]))

    def resume(self, next_close: int, is_older: bool) -> None:
        """End of loading.

        Args:
            next_close: as it was.
            is_older: whether an older release made the dump, which kept no closed minutes: what was last shown stands for them.
        """
        self.next_close = next_close
        self.closed_ms = max(next_close - GAUGE_MS - GRACE_MS, 0)
        if is_older:
            self._stored_ms = self.closed_ms
            for population in self.populations.values():
                population.closed[self.closed_ms] = {key: row[:2] for key, row in population.shown.items()}
                population.closed_ms = self.closed_ms

    def expect(self, value: Value) -> None:
        """Know a row that the previous run wrote after the snapshot."""
        if value.indicator in self._owners:
            row = (value.numerator, value.denominator, value.window_ms)
            key = (value.indicator, value.dimension, value.member)
            population = self._population((self._owners[value.indicator], value.ward))
            known = population.shown.get(key)
            if known is None or known[2] <= value.window_ms:  # a minute that was written again may be an older one
                population.show(key, row)
            self._stored_ms = max(self._stored_ms, value.window_ms + GAUGE_MS)

    def expect_revision(self, ward: str, id: str, window: int, dimension: str, member: str, revision: int) -> None:
        """Know how often the previous run wrote a closed minute again: the next revision has to be a higher one."""
        if id in self._owners:
            known, key = (
                self._population((self._owners[id], ward)).revisions,
                (window + GAUGE_MS, (id, dimension, member)),
            )
            known[key] = max(known.get(key, 0), revision)

    def _population(self, place: EntityKey) -> EntityStates:
        if place not in self.populations:
            self.meet(place[1])
        return self.populations[place]

    def _look_again(self, offset: int) -> None:
        """Look at the closed minutes that events have changed, as far back as memory reaches, and leave older ones to `late_stocks`."""
        for place, cause in list(self._disturbed.items()):
            population, first = self.populations[place], minute_end(cause.at_ms)
            # 1. How far back memory reaches: to its horizon, not before rows whose revisions it does not know.
            oldest = max(
                self.closed_ms + GAUGE_MS - HORIZON_MS,
                self._stored_ms + GAUGE_MS,
                minute_end(population.newest_ms - HORIZON_MS),
            )
            if oldest > self.closed_ms:
                continue  # until a minute has closed that tells how it went on after those that are left to `late_stocks`
            del self._disturbed[place]
            # 2. What lies before that is recomputed from the raw events.
            if first < oldest:
                self._leave(place, LateStocks(cause.at_ms, oldest - GAUGE_MS, cause))
            # 3. The rest is looked at minute by minute, in order: a member that changed needs a row in the minutes after it as well.
            changed: set[StockKey] = set()
            for end in range(max(first, oldest), self.closed_ms + 1, GAUGE_MS):
                self._look_back(population, end, offset, changed)

    def _leave(self, place: EntityKey, late: LateStocks) -> None:
        known = self.late.get(place, late)
        furthest = min(known, late)
        self.late[place] = LateStocks(furthest.from_ms, max(known.until_ms, late.until_ms), furthest.cause)

    def _look_back(self, population: EntityStates, end: int, offset: int, changed: set[StockKey]) -> None:
        """Write how things were at the end of a minute.

        Args:
            population: which things.
            end: end of the minute.
            offset: last offset folded in.
            changed: stocks that were found to be another in the minutes before, since one was looked at again, and so need a row
                in this one to say how it went on; those that are another in this minute are added.
        """
        # 1. What was so at the end of the minute, and what it is held against: the row of the minute, or the minute before.
        now, window = population.levels(end), end - GAUGE_MS
        is_again = end in population.closed
        known = population.closed[end] if is_again else population.before(end)
        others = [stock for stock, sums in now.items() if known.get(stock, NOTHING) != sums]
        others += [stock for stock, sums in known.items() if sums != NOTHING and stock not in now]
        changed.update(others)
        # 2. Which stocks get a row: see the module's text for a first row; a revision only for what is another, and what follows.
        if is_again:
            due = dict.fromkeys([*others, *(stock for stock in changed if stock[1])])  # a total has a row of its own
            for stock in due:
                population.revisions[end, stock] = population.revisions.get((end, stock), 0) + 1
        else:
            due = dict.fromkeys([*others, *population.totals, *population.shown_since(window)])
        # 3. The row, and what is shown from now on.
        for stock in due:
            sums, shown = now.get(stock, NOTHING), population.shown.get(stock)
            self._write(population, stock, sums, end, window, population.revisions.get((end, stock), 0), offset)
            # A live row of the same minute that was taken later stands.
            if shown is None or (shown[2], population.looked_ms) < (window, end):
                population.show(stock, (*sums, window))
        population.closed[end] = now
        population.closed_ms = max(population.closed_ms, end)

    def _write(
        self, population: EntityStates, stock: StockKey, sums: Sums, at_ms: int, window: int, revision: int, offset: int
    ) -> None:
        self._values[(population.ward, *stock, window)] = Value(
            population.ward, stock[0], "stock", window, *stock[1:], *sums, min(population.newest_ms, at_ms), at_ms,
            self._topic, self._partition, offset, at_ms + revision, revision,
        )  # fmt: skip


def minute_end(ms: int) -> int:
    """End of the minute that sees a moment: its own end still belongs to a minute."""
    return -(-ms // GAUGE_MS) * GAUGE_MS
