"""What entities contribute by calling the declarations one by one: what the compiled functions have to agree with."""

from collections import defaultdict
from collections.abc import Iterable

from warehouse.model.aggregate import Flow, Stock
from warehouse.model.entity import EntityState
from warehouse.model.expression import NEVER
from warehouse.model.indicator import Indicator

Split = tuple[str, str]


def _splits(one: Indicator, state: EntityState) -> list[Split]:
    return [("", ""), *((name, str(member(state))) for name, member in one.dimensions)]


def contributions(one: Indicator, state: EntityState) -> dict[tuple[int, Split], tuple[int, int]]:
    """Numerator and denominator by time and split."""
    found: dict[tuple[int, Split], list[int]] = defaultdict(lambda: [0, 0])
    for side, parts in enumerate((one.value.numerator, one.value.denominator)):
        for part in parts:
            if isinstance(part, Flow):
                at = part.at(state)
                if at < NEVER and (part.where is None or part.where(state)):
                    for split in _splits(one, state):
                        found[at, split][side] += 1 if part.added is None else part.added(state)
    return {key: (sums[0], sums[1]) for key, sums in found.items()}


def levels(one: Indicator, states: Iterable[EntityState], now_ms: int) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Numerator and denominator, in total and by member."""
    found: dict[Split, list[int]] = defaultdict(lambda: [0, 0], {("", ""): [0, 0]})
    counted = set()
    for state in states:
        for side, parts in enumerate((one.value.numerator, one.value.denominator)):
            for part in parts:
                if isinstance(part, Stock) and part.where(state, now_ms):
                    value = 1 if part.added is None else part.added(state, now_ms)
                    for split in _splits(one, state):
                        if one.value.each:
                            key = (split, side, getattr(state, one.value.each))
                            if key in counted:
                                continue
                            counted.add(key)
                        sums = found[split]
                        sums[side] = max(sums[side], value) if one.takes_largest else sums[side] + value
    return {(one.id, *split): (sums[0], sums[1]) for split, sums in found.items()}
