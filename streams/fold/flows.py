"""Flows: what entities contribute to windows, kept in line event by event; a closed window that changes gets a revision."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from streams.fold.compiled import TOTAL, Contribution, Split, Splits
from streams.fold.plan import MILLISECOND, EntityPlan
from warehouse.model.correction import Cause, Correction, correction
from warehouse.model.entity import EntityState
from warehouse.model.expression import window_start
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


class FlowFigure:
    """One figure of a window: in total, or of a member."""

    __slots__ = ("denominator", "is_changed", "newest_ms", "numerator", "revision", "split")

    def __init__(self, split: Split) -> None:
        self.split = split
        self.numerator = 0
        self.denominator = 0
        self.newest_ms = 0
        """Time of the newest event."""
        self.revision = 0
        self.is_changed = False
        """Whether it is told next."""


class FlowWindow:
    """One window of one indicator in one ward: what is counted in it, in total and by member."""

    __slots__ = ("by_splits", "closes_ms", "end", "figures", "indicator", "start", "ward")

    def __init__(self, ward: str, indicator: str, start: int, size_ms: int) -> None:
        self.ward = ward
        self.indicator = indicator
        self.start = start
        self.end = start + size_ms
        self.closes_ms = self.end + GRACE_MS
        """From when on what changes it is a revision."""
        self.figures: dict[Split, FlowFigure] = {}
        self.by_splits: dict[Splits, list[FlowFigure]] = {}
        """The figures in which an entity counts."""

    def figure(self, split: Split) -> FlowFigure:
        """The figure of a split."""
        found = self.figures.get(split)
        if found is None:
            found = self.figures[split] = FlowFigure(split)
        return found

    def key(self, figure: FlowFigure) -> FlowKey:
        """Where the row of one of its figures stands."""
        return (self.ward, self.indicator, self.start, *figure.split)

    def counted_in(self, splits: Splits) -> list[FlowFigure]:
        """The figures of these splits."""
        found = self.by_splits[splits] = [self.figure(split) for split in splits]
        return found


class WindowsByStart:
    """The windows of one indicator in one ward."""

    __slots__ = ("by_start", "indicator", "last", "size_ms", "ward")

    def __init__(self, ward: str, indicator: str, size_ms: int) -> None:
        self.ward = ward
        self.indicator = indicator
        self.size_ms = size_ms
        self.by_start: dict[int, FlowWindow] = {}
        self.last: FlowWindow | None = None
        """Where the last event counted; most often the next one does too."""

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
        self._changed: list[tuple[FlowWindow, FlowFigure]] = []
        self._stored: dict[FlowKey, tuple[int, int]] = {}
        """What the previous run wrote and is not folded again yet: the revision, and the position that has to be reached first."""
        self._closed: dict[FlowFigure, tuple[FlowWindow, tuple[int, int]]] = {}
        """Closed figures that one event touches, with their windows and as they were before it."""
        self._gone: list[LateWindow] = []
        """Windows no longer in memory that one event touches."""
        self.forgotten = 0
        """Windows that begin before this are no longer in memory."""

    def windows(self, plan: EntityPlan, ward: str) -> list[WindowsByStart]:
        """The windows of one kind of entity in a ward, in the order of its flows."""
        return [self._of(ward, flow.id) for flow in plan.flows]

    def settle(
        self, plan: EntityPlan, windows: Sequence[WindowsByStart], state: EntityState, changed: int, watermark: int
    ) -> bool:
        """Bring the windows in line with an entity that an event has changed.

        Args:
            plan: the entity's kind.
            windows: those of the entity's flows.
            state: the entity as it is now.
            changed: what the update tells.
            watermark: newest event time seen, this event's included.

        Returns:
            Whether it came too late for windows that are closed: `revise` them.
        """
        flows, contributions = plan.recounts[changed]
        given = state.given
        for flow, after in zip(flows, contributions(state), strict=True):
            before = given[flow]
            if after == before:
                continue
            given[flow] = after
            added = self._take_back(windows[flow], before, after, watermark) if before else after
            for at, numerator, denominator, splits in added:
                self._add(windows[flow], at, numerator, denominator, splits, watermark)
        return bool(self._closed or self._gone)

    def revise(self, cause: Cause) -> None:
        """Count a revision for each closed figure that the event changed, and keep a record of the totals."""
        for figure, (window, old) in self._closed.items():
            if (figure.numerator, figure.denominator) != old:
                figure.revision += 1
                if figure.split == TOTAL:
                    self.corrections.append(correction(self._value(window, figure, cause.offset), old, cause))
        self.late.update(dict.fromkeys(self._gone, cause))
        self._closed.clear()
        self._gone.clear()

    def take(self, offset: int) -> list[Value]:
        """The windows that changed since the last call; what the previous run wrote only when it has been folded again."""
        for key in [key for key, (_, until) in self._stored.items() if until <= offset]:
            figure = self._windows[key[:2]].by_start[key[2]].figures[key[3:]]
            figure.revision = max(figure.revision, self._stored.pop(key)[0])
        changed, self._changed = self._changed, []
        values = []
        for window, figure in changed:
            if self._stored and window.key(figure) in self._stored:
                self._changed.append((window, figure))
            else:
                figure.is_changed = False
                values.append(self._value(window, figure, offset))
        return values

    def forget(self, watermark: int) -> None:
        """Let go of windows that only a very late event could still change."""
        self.forgotten = max(self.forgotten, watermark - KEEP_MS)
        stored = {key[:3] for key in self._stored}
        for place, windows in self._windows.items():
            windows.last = None
            for start in [one for one in windows.by_start if one < self.forgotten and (*place, one) not in stored]:
                del windows.by_start[start]

    def expect(self, value: Value) -> None:
        """Know a row that the previous run wrote after the snapshot."""
        if value.window_ms >= self.forgotten:
            window = self._of(value.ward, value.indicator).window(value.window_ms)
            figure = window.figure((value.dimension, value.member))
            figure.newest_ms = figure.newest_ms or value.newest_ms
            if not figure.is_changed:
                figure.is_changed = True
                self._changed.append((window, figure))
            self._stored[window.key(figure)] = value.revision, value.offset

    def dump(self) -> list[list[Any]]:
        """The windows as JSON values, in pieces."""
        windows = [one for place in self._windows.values() for one in place.by_start.values()]
        rows = [
            [*window.key(one), one.numerator, one.denominator, one.newest_ms, one.revision]
            for window in windows
            for one in window.figures.values()
        ]
        return [["flows", rows], ["late", [[*late, *cause] for late, cause in self.late.items()]]]

    def load(self, kind: str, rows: list[list[Any]]) -> None:
        """Take a piece that `dump` gave; rows of an older release have no revision."""
        if kind == "flows":
            for ward, indicator, start, dimension, member, numerator, denominator, newest_ms, *revision in rows:
                figure = self._of(ward, indicator).window(start).figure((dimension, member))
                figure.numerator, figure.denominator, figure.newest_ms = numerator, denominator, newest_ms
                figure.revision = revision[0] if revision else 0
        elif kind == "late":
            self.late.update({LateWindow(*row[:3]): Cause(*row[3:]) for row in rows})

    def _of(self, ward: str, indicator: str) -> WindowsByStart:
        key = (ward, indicator)
        if key not in self._windows:
            self._windows[key] = WindowsByStart(ward, indicator, self._sizes[indicator])
        return self._windows[key]

    def _take_back(
        self, windows: WindowsByStart, before: tuple[Contribution, ...], after: tuple[Contribution, ...], watermark: int
    ) -> tuple[Contribution, ...]:
        """Take out of the windows what an entity contributed and contributes no longer.

        Returns:
            What it contributes now and did not before.
        """
        added = list(after)
        for contribution in before:
            if contribution in added:
                added.remove(contribution)
            else:
                at, numerator, denominator, splits = contribution
                self._add(windows, at, -numerator, -denominator, splits, watermark)
        return tuple(added)

    def _add(
        self, windows: WindowsByStart, at: int, numerator: int, denominator: int, splits: Splits, watermark: int
    ) -> None:
        window = windows.last
        if window is None or not window.start <= at < window.end:
            start = int(window_start(at, windows.size_ms))
            if start < self.forgotten:
                self._gone.append(LateWindow(windows.indicator, windows.ward, start))
                return
            window = windows.last = windows.window(start)
        try:
            figures = window.by_splits[splits]
        except KeyError:
            figures = window.counted_in(splits)
        if window.closes_ms <= watermark:
            for figure in figures:
                self._closed.setdefault(figure, (window, (figure.numerator, figure.denominator)))
        for figure in figures:
            figure.numerator += numerator
            if denominator:
                figure.denominator += denominator
            if at > figure.newest_ms:
                figure.newest_ms = at
            if not figure.is_changed:
                figure.is_changed = True
                self._changed.append((window, figure))

    def _value(self, window: FlowWindow, figure: FlowFigure, offset: int) -> Value:
        return Value(
            window.ward, window.indicator, "flow", window.start, *figure.split, figure.numerator, figure.denominator,
            figure.newest_ms, figure.newest_ms, self._topic, self._partition, offset, max(offset, 0), figure.revision,
        )  # fmt: skip
