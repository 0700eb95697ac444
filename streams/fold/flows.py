"""Flows: what entities contribute to windows, kept in line event by event; a closed window that changes gets a revision."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from ingest.contract.envelope import AnyEnvelope
from streams.fold.compiled import TOTAL, Split
from streams.fold.plan import MILLISECOND, EntityPlan
from warehouse.model.correction import Cause, Correction, correction
from warehouse.model.entity import EntityState
from warehouse.model.expression import WARD_OFFSET_MS
from warehouse.model.grace import GRACE
from warehouse.model.value import Value

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


class FlowWindow:
    """One window of one indicator in one ward: what is counted in it, in total and by member."""

    __slots__ = ("changed", "closes_ms", "indicator", "start", "sums", "ward")

    def __init__(self, ward: str, indicator: str, start: int, size_ms: int) -> None:
        self.ward = ward
        self.indicator = indicator
        self.start = start
        self.closes_ms = start + size_ms + GRACE_MS
        """From when on what changes it is a revision."""
        self.sums: dict[Split, list[int]] = {}
        """Numerator, denominator, time of the newest event, revision."""
        self.changed: set[Split] = set()
        """What is told of it next."""

    def key(self, split: Split) -> FlowKey:
        """Where the row of a member stands."""
        return (self.ward, self.indicator, self.start, *split)


class WindowsByStart:
    """The windows of one indicator in one ward."""

    __slots__ = ("by_start", "indicator", "size_ms", "ward")

    def __init__(self, ward: str, indicator: str, size_ms: int) -> None:
        self.ward = ward
        self.indicator = indicator
        self.size_ms = size_ms
        self.by_start: dict[int, FlowWindow] = {}

    def window(self, start: int) -> FlowWindow:
        """The window that starts then."""
        found = self.by_start.get(start)
        if found is None:
            found = self.by_start[start] = FlowWindow(self.ward, self.indicator, start, self.size_ms)
        return found


class Flows:
    """The windows of one partition.

    Args:
        topic: its topic.
        partition: its number.
        sizes: how long the windows of each indicator are, in ms.
    """

    def __init__(self, topic: str, partition: int, sizes: Mapping[str, int]) -> None:
        self.late: dict[LateWindow, Cause] = {}
        """Windows to recompute, and the last event that came too late for each."""
        self.corrections: list[Correction] = []
        self._topic = topic
        self._partition = partition
        self._sizes = sizes
        self._windows: dict[tuple[str, str], WindowsByStart] = {}
        """By ward and indicator."""
        self._places: dict[tuple[str, str], list[WindowsByStart]] = {}
        """The same by entity and ward, in the order of the entity's flows."""
        self._changed: dict[FlowWindow, None] = {}
        self._stored: dict[FlowKey, tuple[int, int]] = {}
        """What the previous run wrote and is not folded again yet: the revision, and the position that has to be reached first."""
        self._closed: dict[tuple[FlowWindow, Split], tuple[int, int]] = {}
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
        given, now = state.given, plan.contributions(state)
        if now == given:
            return
        state.given = now
        places = self._places.get((plan.entity.id, state.ward)) or self._meet(plan, state.ward)
        for windows, before, after in zip(places, given or plan.nothing, now, strict=True):
            if after is before or after == before:
                continue
            new = list(after)
            for contribution in before:
                if contribution in new:
                    new.remove(contribution)
                else:
                    at_ms, numerator, denominator, splits = contribution
                    self._add(windows, at_ms, -numerator, -denominator, splits, watermark)
            for contribution in new:
                self._add(windows, *contribution, watermark)
        if self._closed or self._gone:
            self._revise(Cause(envelope.data.kind, envelope.subject, envelope.id, at, offset))

    def take(self, offset: int) -> list[Value]:
        """The windows that changed since the last call; what the previous run wrote only when it has been folded again."""
        for key in [key for key, (_, until) in self._stored.items() if until <= offset]:
            sums = self._windows[key[:2]].by_start[key[2]].sums[key[3:]]
            sums[3] = max(sums[3], self._stored.pop(key)[0])
        values = []
        waiting: dict[FlowWindow, None] = {}
        for window in self._changed:
            later = {split for split in window.changed if window.key(split) in self._stored} if self._stored else set()
            values += [self._value(window, split, offset) for split in window.changed if split not in later]
            window.changed = later
            if later:
                waiting[window] = None
        self._changed = waiting
        return values

    def forget(self, watermark: int) -> None:
        """Let go of windows that only a very late event could still change."""
        self.forgotten = max(self.forgotten, watermark - KEEP_MS)
        stored = {key[:3] for key in self._stored}
        for place, windows in self._windows.items():
            for start in [one for one in windows.by_start if one < self.forgotten and (*place, one) not in stored]:
                del windows.by_start[start]

    def expect(self, value: Value) -> None:
        """Know a row that the previous run wrote after the snapshot."""
        if value.window_ms >= self.forgotten:
            window = self._of(value.ward, value.indicator).window(value.window_ms)
            split = (value.dimension, value.member)
            window.sums.setdefault(split, [0, 0, value.newest_ms, 0])
            window.changed.add(split)
            self._changed[window] = None
            self._stored[window.key(split)] = value.revision, value.offset

    def dump(self) -> list[list[Any]]:
        """The windows as JSON values, in pieces."""
        windows = [one for place in self._windows.values() for one in place.by_start.values()]
        rows = [[*one.key(split), *sums] for one in windows for split, sums in one.sums.items()]
        return [["flows", rows], ["late", [[*late, *cause] for late, cause in self.late.items()]]]

    def load(self, kind: str, rows: list[list[Any]]) -> None:
        """Take a piece that `dump` gave; rows of an older release have no revision."""
        if kind == "flows":
            for ward, indicator, start, dimension, member, *sums in rows:
                known = self._of(ward, indicator).window(start).sums
                known[dimension, member] = sums if len(sums) > 3 else [*sums, 0]
        elif kind == "late":
            self.late.update({LateWindow(*row[:3]): Cause(*row[3:]) for row in rows})

    def _meet(self, plan: EntityPlan, ward: str) -> list[WindowsByStart]:
        """The windows of one kind of entity in a ward."""
        found = self._places[plan.entity.id, ward] = [self._of(ward, flow.id) for flow in plan.flows]
        return found

    def _of(self, ward: str, indicator: str) -> WindowsByStart:
        key = (ward, indicator)
        if key not in self._windows:
            self._windows[key] = WindowsByStart(ward, indicator, self._sizes[indicator])
        return self._windows[key]

    def _add(
        self,
        windows: WindowsByStart,
        at: int,
        numerator: int,
        denominator: int,
        splits: Iterable[Split],
        watermark: int,
    ) -> None:
        size_ms = windows.size_ms
        start = (at + WARD_OFFSET_MS) // size_ms * size_ms - WARD_OFFSET_MS  # `window_start`, without the call
        if start < self.forgotten:
            self._gone.append(LateWindow(windows.indicator, windows.ward, start))
            return
        window = windows.by_start.get(start) or windows.window(start)
        known, is_closed = window.sums, window.closes_ms <= watermark
        for split in splits:
            sums = known.get(split)
            if sums is None:
                sums = known[split] = [0, 0, 0, 0]
            if is_closed:
                self._closed.setdefault((window, split), (sums[0], sums[1]))
            sums[0] += numerator
            sums[1] += denominator
            if at > sums[2]:
                sums[2] = at
        window.changed.update(splits)
        self._changed[window] = None

    def _revise(self, cause: Cause) -> None:
        """Count a revision for each closed figure that the event changed, and keep a record of the totals."""
        for (window, split), old in self._closed.items():
            sums = window.sums[split]
            if (sums[0], sums[1]) != old:
                sums[3] += 1
                if split == TOTAL:
                    self.corrections.append(correction(self._value(window, split, cause.offset), old, cause))
        self.late.update(dict.fromkeys(self._gone, cause))
        self._closed.clear()
        self._gone.clear()

    def _value(self, window: FlowWindow, split: Split, offset: int) -> Value:
        numerator, denominator, newest, revision = window.sums[split]
        return Value(
            window.ward, window.indicator, "flow", window.start, *split, numerator, denominator, newest, newest,
            self._topic, self._partition, offset, max(offset, 0), revision,
        )  # fmt: skip
