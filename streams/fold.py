"""Fold: the events of one partition become its entities' states and its indicators' values. Pure: no clock, no input, no output.

The same events give the same values, however they are split into batches, repeated or replayed. What depends on time takes the time
as an argument: `close` is driven by the events' own time while the partition is behind, by the clock once it has caught up.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ingest.clock import milliseconds
from ingest.envelope import Envelope
from streams.count import Contribution, contributions, levels
from streams.plan import MILLISECOND, EntityPlan, Touch, plans, touches
from warehouse.entity import State
from warehouse.expression import window_start
from warehouse.indicator import GAUGE_WINDOW
from warehouse.value import Value

GAUGE_MS = GAUGE_WINDOW // MILLISECOND
GRACE_MS = 5_000
"""How long after its end a minute waits for stragglers before its stocks are final."""
QUIET_MS = 15 * GAUGE_MS
"""How often the stocks of entities that nothing touches are looked at while catching up."""
KEEP_FLOWS_MS = 8 * 86_400_000
"""How long a window stays in memory; an event for an older one asks for a recomputation."""

FlowKey = tuple[str, str, int, str, str]
"""Ward, indicator, window, dimension, member."""


class Late(NamedTuple):
    """A window that is no longer in memory and has to be recomputed from the raw events."""

    indicator: str
    ward: str
    window_ms: int


class Fold:
    """The memory of one partition."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.offset = -1
        """Last offset folded in."""
        self.watermark = 0
        """Newest event time seen, in ms."""
        self.late: set[Late] = set()
        self._touches = touches(topic)
        self._plans = {plan.entity.id: plan for plan in plans(topic)}
        self._states: dict[tuple[str, str], dict[str, State]] = {}
        self._active: dict[tuple[str, str], set[State]] = {}
        self._newest: dict[tuple[str, str], int] = {}
        self._touched: dict[State, EntityPlan] = {}
        self._flows: dict[FlowKey, list[int]] = {}
        self._dirty: set[FlowKey] = set()
        self._stirred: set[tuple[str, str]] = set()
        self._looked_ms: dict[tuple[str, str], int] = {}
        self._stocks: dict[tuple[str, str], dict[tuple[str, str], tuple[int, int, int]]] = {}
        self._values: dict[tuple[Any, ...], Value] = {}
        self._next_close = 0
        self._forgotten = 0

    def unknown(self, envelopes: Iterable[Envelope]) -> dict[str, set[tuple[str, str]]]:
        """Entities whose past only the warehouse can know: a life that goes on without having begun here, or an old event.

        Returns:
            (ward, key) pairs by entity id; hand their states to `adopt` before the envelopes to `fold`.
        """
        missing: dict[str, set[tuple[str, str]]] = {}
        born: set[tuple[str, str, str]] = set()
        for envelope in envelopes:
            for touch in self._touches.get(type(envelope.data), ()):
                id, ward, key = touch.plan.entity.id, envelope.partitionkey, envelope.subject
                if key in self._states.get((id, ward), ()) or (id, ward, key) in born:
                    continue
                if touch.is_birth and milliseconds(envelope.time) >= self.watermark - touch.plan.entity.keep_ms:
                    born.add((id, ward, key))
                else:
                    missing.setdefault(id, set()).add((ward, key))
        return missing

    def adopt(self, id: str, states: Iterable[State]) -> None:
        """Take in states that the warehouse remembers; what they contribute is already in the values."""
        plan = self._plans[id]
        for state in states:
            state.given = contributions(plan, state)
            if self._states.setdefault((id, state.ward), {}).setdefault(state.key, state) is state:
                self._active.setdefault((id, state.ward), set()).add(state)

    def fold(self, envelopes: Sequence[Envelope], offsets: Sequence[int]) -> None:
        """Fold envelopes in the order of their offsets; their changes wait in `take`."""
        for envelope, offset in zip(envelopes, offsets, strict=True):
            touched = self._touches.get(type(envelope.data))
            at = milliseconds(envelope.time)
            if at > self.watermark:
                self.watermark = at
                if at >= self._next_close:
                    self.close(at)
            if touched:
                self._touch(touched, envelope, at)
            self.offset = offset

    def close(self, now_ms: int) -> None:
        """Make the stocks of every minute final that ended at least `GRACE_MS` before `now_ms`."""
        self._settle()
        last_end = int(window_start(now_ms - GRACE_MS, GAUGE_MS))
        end = self._next_close - GRACE_MS if self._next_close else last_end
        while end <= last_end:
            for id, ward in self._states:
                place = (id, ward)
                if place in self._stirred or end - self._looked_ms.get(place, 0) >= QUIET_MS:
                    self._look(place, end)
            self._stirred.clear()
            end += GAUGE_MS
        self._next_close = last_end + GAUGE_MS + GRACE_MS

    def look(self, now_ms: int, only_stirred: bool) -> None:
        """Take the stocks as they are now.

        Args:
            now_ms: the moment.
            only_stirred: leave out entities that no event has touched since the last look.
        """
        self._settle()
        for place in [place for place in self._states if not only_stirred or place in self._stirred]:
            self._look(place, now_ms)

    def take(self) -> list[Value]:
        """The values that changed since the last call."""
        self._settle()
        values = list(self._values.values())
        self._values.clear()
        for key in self._dirty:
            ward, indicator, window, dimension, member = key
            numerator, denominator, newest = self._flows[key]
            values.append(
                Value(
                    ward, indicator, "flow", window, dimension, member, numerator, denominator, newest, newest,
                    self.topic, self.partition, self.offset, max(self.offset, 0),
                )
            )  # fmt: skip
        self._dirty.clear()
        return values

    def forget(self) -> None:
        """Let go of what is over: settled entities, and windows that only a very late event could still change."""
        for (id, ward), states in self._states.items():
            entity = self._plans[id].entity
            limit = self.watermark - entity.keep_ms
            for key in [key for key, state in states.items() if state.newest_at < limit and entity.settled(state)]:
                self._active.get((id, ward), set()).discard(states.pop(key))
        self._forgotten = max(self._forgotten, self.watermark - KEEP_FLOWS_MS)
        for flow in [flow for flow in self._flows if flow[2] < self._forgotten]:
            del self._flows[flow]

    def stocks(self) -> dict[tuple[str, str, str, str], tuple[int, int, int]]:
        """Numerator, denominator and window of every stock as last seen, by ward, indicator, dimension and member."""
        return {(*place, *split): known for place, splits in self._stocks.items() for split, known in splits.items()}

    def dump(self) -> list[list[Any]]:
        """The memory as JSON values, in pieces; nothing may wait in `take`."""
        newest = [[*place, at] for place, at in self._newest.items()]
        pieces: list[list[Any]] = [["fold", self.watermark, self._next_close, self._forgotten, newest]]
        pieces += [
            ["states", id, [state.dump() for state in states.values()]] for (id, _), states in self._states.items()
        ]
        pieces += [["flows", [[*key, *sums] for key, sums in self._flows.items()]]]
        pieces += [["stocks", [[*key, *known] for key, known in self.stocks().items()]]]
        return pieces

    def load(self, offset: int, pieces: Iterable[list[Any]]) -> None:
        """Take the memory that `dump` gave, as it was after `offset`."""
        self.offset = offset
        for kind, *content in pieces:
            if kind == "fold":
                self.watermark, self._next_close, self._forgotten, newest = content
                self._newest.update({(id, ward): at for id, ward, at in newest})
            elif kind == "states" and content[0] in self._plans:
                self.adopt(content[0], map(self._plans[content[0]].state.load, content[1]))
            elif kind == "flows":
                self._flows.update({tuple(row[:5]): row[5:] for row in content[0]})
            elif kind == "stocks":
                for ward, id, dimension, member, *known in content[0]:
                    self._stocks.setdefault((ward, id), {})[dimension, member] = (known[0], known[1], known[2])

    def expect(self, values: Iterable[Value]) -> None:
        """Know what an earlier life wrote after the snapshot, so that what no longer counts is written as 0."""
        for value in values:
            split = (value.dimension, value.member)
            if value.grain == "stock":
                known = (value.numerator, value.denominator, value.window_ms)
                self._stocks.setdefault((value.ward, value.indicator), {})[split] = known
            elif value.window_ms >= self._forgotten:
                key = (value.ward, value.indicator, value.window_ms, *split)
                self._flows.setdefault(key, [0, 0, value.newest_ms])
                self._dirty.add(key)

    def _touch(self, touched: tuple[Touch, ...], envelope: Envelope, at: int) -> None:
        event, ward, key, id = envelope.data, envelope.partitionkey, envelope.subject, envelope.id
        for plan, steps, _ in touched:
            place = (plan.entity.id, ward)
            states = self._states.get(place)
            if states is None:
                self._meet(ward)
                states = self._states[place]
            state = states.get(key)
            if state is None:
                state = states[key] = plan.state(ward, key)
            for step in steps:
                step(state, event, at, id)
            if at > state.newest_at:
                state.newest_at = at
                if at > self._newest.get(place, 0):
                    self._newest[place] = at
            self._touched[state] = plan

    def _meet(self, ward: str) -> None:
        """A ward of which nothing was heard before: what is counted of it is 0 until something is."""
        for id in self._plans:
            self._states.setdefault((id, ward), {})

    def _settle(self) -> None:
        """Bring the flows in line with the entities that were touched."""
        for state, plan in self._touched.items():
            if plan.is_clocked:
                place = (plan.entity.id, state.ward)
                self._stirred.add(place)
                self._active.setdefault(place, set()).add(state)
            before, after = state.given or (), contributions(plan, state)
            if before != after:
                for contribution in before:
                    if contribution not in after:
                        self._add(state.ward, contribution, -1)
                for contribution in after:
                    if contribution not in before:
                        self._add(state.ward, contribution, 1)
                state.given = after
        self._touched.clear()

    def _add(self, ward: str, contribution: Contribution, sign: int) -> None:
        plan, side, at, amount, members = contribution
        window = window_start(at, plan.window_ms)
        if window < self._forgotten:
            self.late.add(Late(plan.id, ward, window))
            return
        self._add_to((ward, plan.id, window, "", ""), side, sign * amount, at)
        for dimension, member in zip(plan.by, members, strict=True):
            self._add_to((ward, plan.id, window, dimension, member), side, sign * amount, at)

    def _add_to(self, key: FlowKey, side: int, amount: int, at: int) -> None:
        sums = self._flows.get(key)
        if sums is None:
            sums = self._flows[key] = [0, 0, 0]
        sums[side] += amount
        if at > sums[2]:
            sums[2] = at
        self._dirty.add(key)

    def _look(self, place: tuple[str, str], at_ms: int) -> None:
        id, ward = place
        plan = self._plans[id]
        # What came late does not change how things are now; a look back would take what it sees for the newest state.
        if not plan.is_clocked or at_ms < self._looked_ms.get(place, 0):
            return
        self._looked_ms[place] = at_ms
        active = self._active.get(place, set())
        self._active[place] = active = {
            state
            for state in active
            if at_ms - state.newest_at <= plan.entity.counts_ms or not plan.entity.settled(state)
        }
        states = [state.as_of(at_ms) for state in active]
        newest = self._newest.get(place, 0)
        for stock in plan.stocks:
            sums = levels(stock, states, at_ms)
            gone = [split for split in self._stocks.get((ward, stock.id), ()) if split not in sums]
            for split in [*sums, *gone]:
                self._changed(ward, stock.id, split, sums.get(split, (0, 0)), at_ms, newest)

    def _changed(
        self, ward: str, id: str, split: tuple[str, str], sums: Sequence[int], at_ms: int, newest: int
    ) -> None:
        window = int(window_start(at_ms - 1, GAUGE_MS))
        stocks = self._stocks.setdefault((ward, id), {})
        numerator, denominator = sums
        is_total = split == ("", "")
        known = stocks.get(split)
        if known is not None and known[:2] == (numerator, denominator) and (not is_total or known[2] == window):
            return
        stocks[split] = (numerator, denominator, window)
        self._values[(ward, id, *split, window)] = Value(
            ward, id, "stock", window, *split, numerator, denominator, newest, at_ms,
            self.topic, self.partition, self.offset, at_ms,
        )  # fmt: skip
