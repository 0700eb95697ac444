"""Contributions: what entities contribute to the indicators, as their states are now known."""

from typing import Any

from streams.fold.plan import EntityPlan, FlowPlan, StockPlan
from warehouse.model.entity import EntityState
from warehouse.model.expression import NEVER

Contribution = tuple[FlowPlan, int, int, int, tuple[str, ...]]
"""What one entity adds: to which indicator, when, how much to numerator and denominator, and the members it belongs to."""


def contributions(plan: EntityPlan, state: EntityState) -> list[Contribution]:
    """What the entity adds to flows as it is now known."""
    found: list[Contribution] = []
    for flow in plan.flows:
        known = len(found)
        members: tuple[str, ...] = ()
        for at, where, amount, side in flow.parts:
            when = at(state)
            if when < NEVER and (where is None or where(state)):
                value = 1 if amount is None else amount(state)
                sums = (0, value) if side else (value, 0)
                if len(found) == known:
                    members = tuple([str(member(state)) for _, member in flow.by])
                elif found[-1][1] == when:
                    _, _, numerator, denominator, _ = found.pop()
                    sums = (numerator + sums[0], denominator + sums[1])
                found.append((flow, when, *sums, members))
    return found


def levels(stock: StockPlan, states: list[EntityState], at_ms: int) -> dict[tuple[str, str], list[int]]:
    """Numerator and denominator in total and by member."""
    sums: dict[tuple[str, str], list[int]] = {("", ""): [0, 0]}
    counted: set[tuple[tuple[str, str], int, Any]] = set()
    for state in states:
        for where, amount, side in stock.parts:
            if where(state, at_ms):
                value = 1 if amount is None else amount(state, at_ms)
                for split in (("", ""), *((name, str(member(state))) for name, member in stock.by)):
                    if stock.each:
                        one = (split, side, getattr(state, stock.each))
                        if one in counted:
                            continue
                        counted.add(one)
                    known = sums.setdefault(split, [0, 0])
                    known[side] = max(known[side], value) if stock.largest else known[side] + value
    return sums
