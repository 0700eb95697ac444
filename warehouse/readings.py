"""Readings: the newest values of the ward's figures in memory, and what each of them shows at a moment."""

from collections.abc import Iterable

from warehouse.catalogue import indicator, measure
from warehouse.model.aggregate import RANKED
from warehouse.model.indicator import Derived
from warehouse.model.reading import (
    TOTAL,
    Reading,
    Sides,
    Split,
    ValueKey,
    age_of,
    baseline_sides,
    baseline_windows,
    derived_reading,
    kept_from,
    key_of,
    reading_of,
    shown_span,
)
from warehouse.model.value import Value


class Readings:
    """One ward's current values, kept up to date by `apply` and read by `read`; no clock and no input of its own."""

    def __init__(self) -> None:
        self._flows: dict[tuple[str, Split], dict[int, Value]] = {}
        self._stocks: dict[tuple[str, Split], Value] = {}
        self._splits: dict[str, set[Split]] = {}

    def apply(self, values: Iterable[Value], is_last: bool = True) -> set[str]:
        """Take in new values; older versions of what is known are ignored.

        Args:
            values: in the order in which they were written.
            is_last: whether they were written after what is known, and so stand where their version is the same.

        Returns:
            Ids of the indicators that changed.
        """
        changed = set()
        for value in values:
            known = self.at(key_of(value))
            is_same_age = known is not None and age_of(value) == age_of(known)
            if known is None or age_of(value) > age_of(known) or (is_last and is_same_age and value != known):
                self.keep(value)
                changed.add(value.indicator)
        return changed

    def at(self, key: ValueKey) -> Value | None:
        """The value that is kept there."""
        id, split, window = key
        return self._stocks.get((id, split)) if window is None else self._flows.get((id, split), {}).get(window)

    def remove(self, key: ValueKey) -> None:
        """Keep nothing there."""
        id, split, window = key
        if window is None:
            self._stocks.pop((id, split), None)
        else:
            self._flows.get((id, split), {}).pop(window, None)
        if (id, split) not in self._stocks and not self._flows.get((id, split)):
            self._flows.pop((id, split), None)
            self._splits.get(id, set()).discard(split)

    def forget(self, now_ms: int) -> None:
        """Drop the windows that no shown figure or chart reaches any more."""
        for (id, _), windows in self._flows.items():
            oldest = kept_from(indicator(id), now_ms)
            for window in [window for window in windows if window < oldest]:
                del windows[window]

    def read(self, id: str, now_ms: int, split: Split = TOTAL) -> Reading:
        """The indicator's reading at a moment, in total or for one member."""
        one = measure(id)
        if isinstance(one, Derived):
            return derived_reading(one, lambda asked, of: self.read(asked, now_ms, of), split)
        start, end = shown_span(one, now_ms, self._totals)
        values = self._shown(id, split, start, end)
        sides = {split: _added(values)}
        if one.value.rank and split == TOTAL:
            sides |= {
                member: _added(self._shown(id, member, start, end))
                for member in self._splits.get(id, ())
                if member[0] == RANKED
            }
        told = values
        if one.baseline:
            # Of a stock it is what is shown until somebody has looked.
            is_added = split == TOTAL and not (one.has_stock and values)
            base = baseline_windows(one.baseline, now_ms, self._totals) if is_added else []
            counted, before = sides[split], baseline_sides(one, base)
            sides[split] = (counted[0] + before[0], counted[1] + before[1])
            # A baseline stands for the windows that it covers, so they too tell that something is known.
            told = [*base, *values, *self._flows.get((id, split), {}).values()]
        newest_ms = max((value.newest_ms for value in told), default=0)
        return reading_of(one, sides, newest_ms, max((value.as_of_ms for value in told), default=0), split)

    def _totals(self, id: str) -> Iterable[Value]:
        return self._flows.get((id, TOTAL), {}).values()

    def members(self, id: str, dimension: str, now_ms: int) -> dict[str, Reading]:
        """The reading of each member of a dimension, in the members' order."""
        one = measure(id)
        ids = [part.id for part in one.made_of] if isinstance(one, Derived) else [id]
        splits = (self._splits.get(part, set()) for part in ids)
        members = sorted({member for found in splits for name, member in found if name == dimension})
        return {member: self.read(id, now_ms, (dimension, member)) for member in members}

    def series(self, id: str, start_ms: int, end_ms: int, split: Split = TOTAL) -> list[Value]:
        """A flow's windows that start in [start, end), oldest first; windows without events are absent."""
        windows = self._flows.get((id, split), {})
        return [windows[window] for window in sorted(windows) if start_ms <= window < end_ms]

    def values(self) -> list[Value]:
        """Everything that is known: each window of a flow, and the newest of each stock."""
        return [*(value for windows in self._flows.values() for value in windows.values()), *self._stocks.values()]

    def keep(self, value: Value) -> None:
        """Keep a value in its place, whatever is known."""
        key = (value.indicator, (value.dimension, value.member))
        self._splits.setdefault(key[0], set()).add(key[1])
        if value.grain == "stock":
            self._stocks[key] = value
        else:
            self._flows.setdefault(key, {})[value.window_ms] = value

    def _shown(self, id: str, split: Split, start_ms: int, end_ms: int) -> list[Value]:
        """The values that a figure is summed from."""
        windows = self._flows.get((id, split), {})
        flows = [value for window, value in windows.items() if start_ms <= window <= end_ms]
        stock = self._stocks.get((id, split))
        return [*flows, stock] if stock else flows


def _added(values: Iterable[Value]) -> Sides:
    numerator = denominator = 0
    for value in values:
        numerator += value.numerator
        denominator += value.denominator
    return numerator, denominator
