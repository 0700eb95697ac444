"""Flows: what entities contribute to windows, kept in line event by event; a closed window that changes gets a revision."""

from datetime import timedelta
from typing import Any, NamedTuple

from ingest.contract.envelope import AnyEnvelope
from streams.fold.contributions import Contribution, contributions
from streams.fold.plan import MILLISECOND, EntityPlan
from warehouse.model.correction import Cause, Correction, correction
from warehouse.model.entity import EntityState
from warehouse.model.expression import window_start
from warehouse.model.value import Value
from warehouse.query.feed import GRACE

GRACE_MS = GRACE // MILLISECOND
"""How long after its end a window is closed: an event that comes so late still counts at once."""
KEEP_MS = timedelta(days=8) // MILLISECOND
"""How long a window stays in memory; an event for an older one asks for a recomputation."""

FlowKey = tuple[str, str, int, str, str]
"""Ward, indicator, window, dimension, member."""


class LateWindow(NamedTuple):
    """A window that is no longer in memory and has to be recomputed from the raw events."""

    indicator: str
    ward: str
    window_ms: int


class Flows:
    """The windows of one partition."""

    def __init__(self, topic: str, partition: int) -> None:
        self.late: dict[LateWindow, Cause] = {}
        """Windows to recompute, and the last event that came too late for each."""
        self.corrections: list[Correction] = []
        self._topic = topic
        self._partition = partition
        self._sums: dict[FlowKey, list[int]] = {}
        """Numerator, denominator, time of the newest event, revision."""
        self._dirty: set[FlowKey] = set()
        self._stored: dict[FlowKey, tuple[int, int]] = {}
        """What an earlier life wrote and is not folded again yet: the revision, and the position that has to be reached first."""
        self._closed: dict[FlowKey, tuple[int, int]] = {}
        """Closed figures that one event touches, as they were before it."""
        self._gone: list[LateWindow] = []
        """Windows no longer in memory that one event touches."""
        self.forgotten = 0
        """Windows that begin before this are no longer in memory."""

    def settle(
        self, plan: EntityPlan, state: EntityState, watermark: int, envelope: AnyEnvelope, at: int, offset: int
    ) -> None:
        """Bring the windows in line with an entity that an event has changed.

        Args:
            plan: the entity's kind.
            state: the entity as it is now.
            watermark: newest event time seen, this event's included.
            envelope: the event.
            at: when it happened.
            offset: where it lies.
        """
        before, after = state.given or (), contributions(plan, state)
        if before == after:
            return
        for contribution in before:
            if contribution not in after:
                self._add(state.ward, contribution, -1, watermark)
        for contribution in after:
            if contribution not in before:
                self._add(state.ward, contribution, 1, watermark)
        state.given = after
        if self._closed or self._gone:
            self._revise(Cause(envelope.data.kind, envelope.subject, envelope.id, at, offset))

    def take(self, offset: int) -> list[Value]:
        """The windows that changed since the last call; what an earlier life wrote only when it has been folded again."""
        for key in [key for key, (_, until) in self._stored.items() if until <= offset]:
            self._sums[key][3] = max(self._sums[key][3], self._stored.pop(key)[0])
        values = [self._value(key, offset) for key in self._dirty if key not in self._stored]
        self._dirty.intersection_update(self._stored)
        return values

    def forget(self, watermark: int) -> None:
        """Let go of windows that only a very late event could still change."""
        self.forgotten = max(self.forgotten, watermark - KEEP_MS)
        for key in [key for key in self._sums if key[2] < self.forgotten and key not in self._stored]:
            del self._sums[key]

    def expect(self, value: Value) -> None:
        """Know a row that an earlier life wrote after the snapshot."""
        if value.window_ms >= self.forgotten:
            key = (value.ward, value.indicator, value.window_ms, value.dimension, value.member)
            self._sums.setdefault(key, [0, 0, value.newest_ms, 0])
            self._stored[key] = value.revision, value.offset
            self._dirty.add(key)

    def dump(self) -> list[list[Any]]:
        """The windows as JSON values, in pieces."""
        return [
            ["flows", [[*key, *sums] for key, sums in self._sums.items()]],
            ["late", [[*late, *cause] for late, cause in self.late.items()]],
        ]

    def load(self, kind: str, rows: list[list[Any]]) -> None:
        """Take a piece that `dump` gave; rows of an older release have no revision."""
        if kind == "flows":
            self._sums.update({tuple(row[:5]): [*row[5:8], *(row[8:] or [0])] for row in rows})
        elif kind == "late":
            self.late.update({LateWindow(*row[:3]): Cause(*row[3:]) for row in rows})

    def _add(self, ward: str, contribution: Contribution, sign: int, watermark: int) -> None:
        plan, at, numerator, denominator, members = contribution
        window = window_start(at, plan.window_ms)
        if window < self.forgotten:
            self._gone.append(LateWindow(plan.id, ward, window))
            return
        is_closed = window + plan.window_ms + GRACE_MS <= watermark
        keys: list[FlowKey] = [(ward, plan.id, window, "", "")]
        for (dimension, _), member in zip(plan.by, members, strict=True):
            keys.append((ward, plan.id, window, dimension, member))
        for key in keys:
            sums = self._sums.get(key)
            if sums is None:
                sums = self._sums[key] = [0, 0, 0, 0]
            if is_closed:
                self._closed.setdefault(key, (sums[0], sums[1]))
            sums[0] += sign * numerator
            sums[1] += sign * denominator
            if at > sums[2]:
                sums[2] = at
        self._dirty.update(keys)

    def _revise(self, cause: Cause) -> None:
        """Count a revision for each closed figure that the event changed, and keep a record of the totals."""
        for key, old in self._closed.items():
            sums = self._sums[key]
            if (sums[0], sums[1]) != old:
                sums[3] += 1
                if not key[3]:
                    self.corrections.append(correction(self._value(key, cause.offset), old, cause))
        self.late.update(dict.fromkeys(self._gone, cause))
        self._closed.clear()
        self._gone.clear()

    def _value(self, key: FlowKey, offset: int) -> Value:
        ward, indicator, window, dimension, member = key
        numerator, denominator, newest, revision = self._sums[key]
        return Value(
            ward, indicator, "flow", window, dimension, member, numerator, denominator, newest, newest,
            self._topic, self._partition, offset, max(offset, 0), revision,
        )  # fmt: skip
