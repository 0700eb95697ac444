"""What entities contribute, worked out by hand: parity with SQL cannot see a fault in what both renderings share."""

from types import SimpleNamespace
from typing import Any

import pytest

from streams.fold.contributions import contributions, levels
from streams.fold.plan import EntityPlan, FlowPart, FlowPlan, StockPart, StockPlan
from warehouse.entities.queue import TICKET
from warehouse.model.aggregate import Dimension
from warehouse.model.entity import EntityState
from warehouse.model.expression import NEVER

TOTAL = ("", "")


def thing(**fields: Any) -> Any:
    return SimpleNamespace(
        **{"group": "TDP-001", "at": 5_000, "ended_at": NEVER, "amount": 3, "counts": True, **fields}
    )


def by_group() -> tuple[Dimension, ...]:
    return (Dimension("group", lambda s: s.group),)


def flow(*parts: FlowPart, by: tuple[Dimension, ...] = ()) -> FlowPlan:
    return FlowPlan("X01", 60_000, by, parts)


def contributed(plan: FlowPlan, state: EntityState) -> list[tuple[int, int, int, tuple[str, ...]]]:
    """When, numerator, denominator and members."""
    found = contributions(EntityPlan(TICKET, EntityState, (plan,), (), False), state)
    assert all(one[0] is plan for one in found)
    return [one[1:] for one in found]


def test_what_has_not_happened_adds_nothing() -> None:
    ended = flow(FlowPart(lambda s: s.ended_at, None, None, 0))
    assert contributed(ended, thing(ended_at=NEVER)) == []
    assert contributed(ended, thing(ended_at=NEVER - 1)) == [(NEVER - 1, 1, 0, ())]


def test_what_does_not_count_adds_nothing() -> None:
    counted = flow(FlowPart(lambda s: s.at, lambda s: s.counts, None, 0))
    assert contributed(counted, thing(counts=False)) == []
    assert contributed(counted, thing(counts=True)) == [(5_000, 1, 0, ())]


def test_numerator_and_denominator_of_one_time_are_one_contribution() -> None:
    mean = flow(
        FlowPart(lambda s: s.at, None, lambda s: s.amount, 0), FlowPart(lambda s: s.at, None, None, 1), by=by_group()
    )
    assert contributed(mean, thing(amount=7)) == [(5_000, 7, 1, ("TDP-001",))]
    assert contributed(mean, thing(amount=0)) == [(5_000, 0, 1, ("TDP-001",))]


def test_sides_of_different_times_are_two_contributions() -> None:
    ratio = flow(FlowPart(lambda s: s.ended_at, None, None, 0), FlowPart(lambda s: s.at, None, None, 1))
    assert contributed(ratio, thing(ended_at=9_000)) == [(9_000, 1, 0, ()), (5_000, 0, 1, ())]
    assert contributed(ratio, thing()) == [(5_000, 0, 1, ())]


def test_two_parts_of_one_side_add_up() -> None:
    both = flow(*(FlowPart(lambda s: s.at, None, lambda s: s.amount, side) for side in (0, 1, 0, 1)))
    assert contributed(both, thing(amount=3)) == [(5_000, 6, 6, ())]


def test_members_are_texts() -> None:
    numbered = flow(FlowPart(lambda s: s.at, None, None, 0), by=(Dimension("amount", lambda s: s.amount),))
    assert contributed(numbered, thing(amount=12)) == [(5_000, 1, 0, ("12",))]


def test_indicators_do_not_mix() -> None:
    first, second = (flow(FlowPart(lambda s: s.at, None, None, 0)) for _ in range(2))
    found = contributions(EntityPlan(TICKET, EntityState, (first, second), (), False), thing())
    assert [one[1:4] for one in found] == [(5_000, 1, 0), (5_000, 1, 0)]


def stock(*parts: StockPart, largest: bool = False, each: str = "") -> StockPlan:
    return StockPlan("X02", by_group(), parts, largest, each)


def counts(state: Any, at_ms: int) -> bool:
    return bool(state.at <= at_ms)


THINGS = [thing(), thing(amount=4), thing(group="TDP-002", amount=10), thing(group="TDP-003", at=9_000)]


def test_a_level_counts_what_is_so_in_total_and_by_member() -> None:
    assert levels(stock(StockPart(counts, None, 0)), THINGS, 6_000) == {
        TOTAL: [3, 0],
        ("group", "TDP-001"): [2, 0],
        ("group", "TDP-002"): [1, 0],
    }


def test_of_nothing_the_total_is_told() -> None:
    assert levels(stock(StockPart(counts, None, 0)), THINGS, 0) == {TOTAL: [0, 0]}
    assert levels(stock(StockPart(counts, None, 0)), [], 6_000) == {TOTAL: [0, 0]}


def test_amounts_are_added_on_their_side() -> None:
    both = stock(StockPart(counts, lambda s, now: s.amount + now, 0), StockPart(counts, None, 1))
    assert levels(both, THINGS[:3], 6_000)[TOTAL] == [18_017, 3]


@pytest.mark.parametrize(("amounts", "expected"), [((4, 10, 3), 10), ((-7, -2), 0), ((0,), 0)])
def test_the_largest_is_taken_instead_of_the_sum(amounts: tuple[int, ...], expected: int) -> None:
    largest = stock(StockPart(counts, lambda s, _: s.amount, 0), largest=True)
    assert levels(largest, [thing(amount=amount) for amount in amounts], 6_000)[TOTAL] == [expected, 0]


def test_two_loudspeakers_of_one_group_count_once() -> None:
    """In total, and for the group, on each side by itself."""
    groups = stock(StockPart(counts, None, 0), StockPart(lambda s, _: s.amount > 3, None, 1), each="group")
    found = levels(groups, [*THINGS[:3], thing(amount=5)], 6_000)
    assert found == {TOTAL: [2, 2], ("group", "TDP-001"): [1, 1], ("group", "TDP-002"): [1, 1]}
