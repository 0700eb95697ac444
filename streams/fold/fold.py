"""Fold: the events of one partition become its entities' states and its indicators' values. Pure: no clock, no input, no output.

The same events give the same values, however they are split into batches, repeated or replayed: `flows` keeps what happened by
window, `stocks` what is so minute by minute. What depends on time takes the time as an argument: `close` is driven by the events'
own time while the partition is behind, by the clock once it has caught up.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from ingest.contract.envelope import AnyEnvelope
from streams.fold.entities import EntityStates
from streams.fold.flows import Flows, LateWindow, WindowsByStart
from streams.fold.plan import EVERY_FIELD, MILLISECOND, EntityPlan, Touch, declarations_fingerprint, plans, touches
from streams.fold.stocks import EntityKey, LateStocks, Stocks
from warehouse.model.correction import Cause, Correction
from warehouse.model.entity import EntityState
from warehouse.model.value import Value

__all__ = ["Fold", "LateStocks", "LateWindow", "WithdrawnLives"]


class EntityMemory(NamedTuple):
    """What is held of the entities of one kind in one ward."""

    states: dict[str, EntityState]
    """By key."""
    windows: list[WindowsByStart]
    """What their flows are counted in."""
    population: EntityStates | None
    """What their stocks are counted from, if there are any."""


class WithdrawnLives(NamedTuple):
    """Entities of one kind of which events are taken back."""

    entity: str
    """Id of the kind."""
    before: list[EntityState]
    """As they were with these events."""
    after: list[EntityState]
    """As they are without; those that nothing else has touched are absent."""
    first_ms: int
    """Time of the first of these events."""


class Fold:
    """The memory of one partition."""

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.offset = -1
        """Last offset folded in."""
        self.watermark = 0
        """Newest event time seen, in ms."""
        self.left_out: set[int] = set()
        """Positions of records that were set aside: they are not folded in, though they came."""
        self._withdrawn: Sequence[WithdrawnLives] = ()
        """What the next event takes back."""
        self._forgot_at = 0
        """Newest event time when what was over was let go."""
        self._plans = {plan.entity.id: plan for plan in plans(topic)}
        self.states: dict[EntityKey, dict[str, EntityState]] = {}
        """By entity and ward, and by key, what is known of each."""
        sizes = {flow.id: flow.window_ms for plan in self._plans.values() for flow in plan.flows}
        self._flows = Flows(topic, partition, sizes)
        self._stocks = Stocks(topic, partition, self._plans.values())
        self._known: dict[str, dict[str, EntityMemory]] = {id: {} for id in self._plans}
        """By entity and ward, all that is held of its entities."""
        self._touches = {
            kind: [(touch, self._known[touch.plan.entity.id]) for touch in touched]
            for kind, touched in touches(topic).items()
        }
        """By kind of event, what it does to which entities, and what is held of those by ward."""

    @property
    def late(self) -> dict[LateWindow, Cause]:
        """Windows that are no longer in memory and have to be recomputed, with the last event that came too late for each."""
        return self._flows.late

    @late.setter
    def late(self, late: dict[LateWindow, Cause]) -> None:
        self._flows.late = late

    @property
    def populations(self) -> dict[EntityKey, EntityStates]:
        """By entity and ward, what stocks are counted from."""
        return self._stocks.populations

    @property
    def late_stocks(self) -> dict[EntityKey, LateStocks]:
        """Closed minutes, by entity id and ward, that are no longer in memory and have to be recomputed."""
        return self._stocks.late

    @late_stocks.setter
    def late_stocks(self, late: dict[EntityKey, LateStocks]) -> None:
        self._stocks.late = late

    def unknown(self, envelopes: Iterable[AnyEnvelope]) -> dict[str, set[tuple[str, str]]]:
        """Entities whose past only the warehouse can know: a life that goes on without having begun here, or an old event.

        Returns:
            (ward, key) pairs by entity id; hand their states to `adopt` before the envelopes to `fold`.
        """
        missing: dict[str, set[tuple[str, str]]] = {}
        born: set[tuple[str, str, str]] = set()
        touches = self._touches.get
        for envelope in envelopes:
            ward, key = envelope.partitionkey, envelope.subject
            for touch, known in touches(envelope.data.kind, ()):
                memory = known.get(ward)
                if memory is not None and key in memory.states:
                    continue
                plan, _, is_birth, only = touch
                id = plan.entity.id
                if (id, ward, key) in born or (only is not None and not only(envelope.data)):
                    continue
                if is_birth and envelope.at_ms >= self.watermark - plan.entity.keep_ms:
                    born.add((id, ward, key))
                else:
                    missing.setdefault(id, set()).add((ward, key))
        return missing

    def adopt(self, id: str, states: Iterable[EntityState]) -> None:
        """Take in states that the warehouse remembers; what they contribute is already in the values."""
        plan = self._plans[id]
        for state in states:
            state.given = list(plan.contributions(state))
            memory = self._known[id].get(state.ward) or self._meet(plan, state.ward)
            if memory.states.setdefault(state.key, state) is state and memory.population:
                memory.population.add(state)

    def fold(self, envelopes: Sequence[AnyEnvelope], offsets: Sequence[int]) -> None:
        """Fold envelopes in the order of their offsets; their changes wait in `take`."""
        touches = self._touches.get
        for envelope, offset in zip(envelopes, offsets, strict=True):
            event, at = envelope.data, envelope.at_ms
            if at > self.watermark:
                self.reach(at)
            for touch, known in touches(event.kind, ()):
                if touch.only is None or touch.only(event):
                    self._touch(touch, known.get(envelope.partitionkey), envelope, at, offset)
            if self._withdrawn:
                self._take_back(envelope, offset)
            self.offset = offset

    def expect_withdrawn(self, lives: Sequence[WithdrawnLives]) -> None:
        """Know what the next event takes back: once it is folded, everything is as if that had never come, told as revisions."""
        self._withdrawn = lives

    def _take_back(self, envelope: AnyEnvelope, offset: int) -> None:
        cause = Cause(envelope.data.kind, envelope.subject, envelope.id, envelope.at_ms, offset)
        lives, self._withdrawn = self._withdrawn, ()
        for one in lives:
            self.adopt(one.entity, one.before)
            after = {(state.ward, state.key): state for state in one.after}
            for ward, key in [(state.ward, state.key) for state in one.before]:
                self._replace(self._plans[one.entity], ward, key, after.get((ward, key)))
            for place in {(one.entity, state.ward) for state in one.before} & self.populations.keys():
                self._stocks.disturb(place, cause._replace(at_ms=one.first_ms))
        self._flows.revise(cause)

    def closes(self, at: int) -> bool:
        """Whether an event of that time ends minutes that are not closed yet."""
        return at > self.watermark and at >= self._stocks.next_close

    def reach(self, at: int) -> None:
        """Close what an event ends that is the newest so far, before it is folded."""
        self.watermark = at
        if at >= self._stocks.next_close:
            self.close(at)

    def close(self, now_ms: int) -> None:
        """Make the stocks of every minute final that ended at least the grace before `now_ms`."""
        self._stocks.close(now_ms, self.offset)

    def look(self, now_ms: int, only_stirred: bool) -> None:
        """Take the stocks as they are now.

        Args:
            now_ms: the moment.
            only_stirred: leave out entities that no event has touched since the last look.
        """
        self._stocks.look(now_ms, only_stirred, self.offset)

    def take(self) -> list[Value]:
        """The values that changed since the last call; what the previous run wrote is not told before it is folded again."""
        return self._stocks.take(self.offset) + self._flows.take(self.offset)

    def take_corrections(self) -> list[Correction]:
        """What events have changed of closed windows since the last call."""
        corrections, self._flows.corrections = self._flows.corrections, []
        return corrections

    def forget(self, after: timedelta = timedelta(0)) -> None:
        """Let go of what is over: settled entities, and windows that only a very late event could still change.

        What comes for them all the same is rebuilt or recomputed, so when this is done makes no difference to what is counted.

        Args:
            after: only if event time has gone on so far since it was last done.
        """
        if self.watermark - self._forgot_at < after // MILLISECOND:
            return
        self._forgot_at = self.watermark
        for (id, ward), states in self.states.items():
            entity = self._plans[id].entity
            limit = self.watermark - entity.keep_ms
            for key in [key for key, state in states.items() if state.newest_at < limit and entity.settled(state)]:
                self._stocks.drop((id, ward), states.pop(key))
        self._flows.forget(self.watermark)

    def stocks(self) -> dict[tuple[str, str, str, str], tuple[int, int, int]]:
        """Numerator, denominator and window of every stock as last seen, by ward, indicator, dimension and member."""
        return self._stocks.shown()

    def has_revised(self, value: Value) -> bool:
        """Whether a closed minute's stock was written again, with what the fold knows."""
        return self._stocks.has_revised(value)

    def dump(self) -> list[list[Any]]:
        """The memory as JSON values, in pieces; nothing may wait in `take`."""
        next_close, forgotten = self._stocks.next_close, self._flows.forgotten
        pieces: list[list[Any]] = [["declared", declarations_fingerprint(self.topic)]]
        pieces += [["fold", self.watermark, next_close, forgotten, self._stocks.newest()]]
        pieces += [["left_out", sorted(self.left_out)]]
        pieces += [
            ["states", id, [state.dump() for state in states.values()]] for (id, _), states in self.states.items()
        ]
        return pieces + self._flows.dump() + self._stocks.dump()

    def is_mine(self, pieces: Iterable[list[Any]]) -> bool:
        """Whether a memory was made by the declarations of today; of another one nothing can be taken."""
        return ["declared", declarations_fingerprint(self.topic)] in pieces

    @staticmethod
    def first_unknown(pieces: Iterable[list[Any]], left_out: Iterable[int], offset: int) -> int | None:
        """The first position that was set aside and that a memory, as it was after `offset`, may have folded in; `None`: there is none."""
        known = {position for kind, *content in pieces if kind == "left_out" for position in content[0]}
        return min((position for position in left_out if position <= offset and position not in known), default=None)

    def load(self, offset: int, pieces: Iterable[list[Any]]) -> None:
        """Take the memory that `dump` gave, as it was after `offset`."""
        self.offset = offset
        next_close, is_older = 0, True
        for kind, *content in pieces:
            if kind == "fold":
                self.watermark, next_close, self._flows.forgotten, newest = content
                self._stocks.load("newest", newest)
            elif kind == "left_out":
                self.left_out = set(content[0])
            elif kind == "states" and content[0] in self._plans:
                self.adopt(content[0], map(self._plans[content[0]].state.load, content[1]))
            elif kind in ("flows", "late"):
                self._flows.load(kind, content[0])
            elif kind not in ("states", "declared"):
                self._stocks.load(kind, content[0])
                is_older = is_older and kind != "closed"
        self._stocks.resume(next_close, is_older)

    def expect(self, values: Iterable[Value], revisions: Iterable[tuple[str, str, int, str, str, int]] = ()) -> None:
        """Know what the previous run wrote after the snapshot, so that what no longer counts is written as 0.

        Args:
            values: every window of its flows, and the newest row of each stock.
            revisions: of closed minutes of stocks: ward, indicator, window, dimension, member, and how often it was written again.
        """
        for value in values:
            (self._stocks if value.grain == "stock" else self._flows).expect(value)
        for revised in revisions:
            self._stocks.expect_revision(*revised)

    def _touch(self, touch: Touch, memory: EntityMemory | None, envelope: AnyEnvelope, at: int, offset: int) -> None:
        plan, update, _, _ = touch
        event, key, id = envelope.data, envelope.subject, envelope.id
        states, windows, population = memory or self._meet(plan, envelope.partitionkey)
        state = states.get(key)
        if state is None:
            state = states[key] = plan.state(envelope.partitionkey, key)
            state.given = [()] * len(windows)
        changed = update(state, event, at, id)
        if at > state.newest_at:
            state.newest_at = at
        if changed and self._flows.settle(plan, windows, state, changed, self.watermark):
            self._flows.revise(Cause(event.kind, key, id, at, offset))
        if population is not None:
            population.touch(state, at)
            if at <= self._stocks.closed_ms:
                self._stocks.disturb((plan.entity.id, state.ward), Cause(event.kind, key, id, at, offset))

    def _replace(self, plan: EntityPlan, ward: str, key: str, state: EntityState | None) -> None:
        """Have another state of an entity, or none, and count what that makes of it."""
        states, windows, population = self._known[plan.entity.id][ward]
        known = states.pop(key)
        left = state or plan.state(ward, key)
        left.given = known.given
        self._flows.settle(plan, windows, left, EVERY_FIELD, self.watermark)
        if state:
            states[key] = state
        if population is not None:
            population.drop(known)
            population.is_stirred = True
            if state:
                population.add(state)

    def _meet(self, plan: EntityPlan, ward: str) -> EntityMemory:
        """A ward of which nothing was heard before, or nothing of these entities."""
        self._stocks.meet(ward)
        for id, one in self._plans.items():
            if ward not in self._known[id]:
                states = self.states.setdefault((id, ward), {})
                population = self._stocks.populations.get((id, ward))
                self._known[id][ward] = EntityMemory(states, self._flows.windows(one, ward), population)
        return self._known[plan.entity.id][ward]
