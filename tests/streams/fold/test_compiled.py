"""What entities contribute, worked out by hand, and beside the declarations called one by one: parity with SQL cannot see a fault in
what both renderings share."""

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.events import streams
from ingest.contract.topic import topic_of
from streams.fold.compiled import compile_contributions, compile_levels
from streams.fold.fold import Fold
from streams.fold.plan import plans
from tests.streams.support import called
from tests.streams.support.states import states_of
from tests.support.made import START, events
from warehouse.catalogue import indicators
from warehouse.model.aggregate import Aggregate, Dimension, Flow, Part, Stock
from warehouse.model.expression import (
    MINUTE,
    NEVER,
    choose,
    greatest,
    joined,
    least,
    rounded_up,
    starts_with,
    ward_day,
    ward_month,
)

BY_GROUP = (Dimension("group", lambda s: s.group),)


def thing(**fields: Any) -> Any:
    return SimpleNamespace(
        **{"group": "TDP-001", "at": 5_000, "ended_at": NEVER, "amount": 3, "counts": True, **fields}
    )


def declared(value: Aggregate, by: tuple[Dimension, ...] = (), id: str = "X01") -> Any:
    largest = any(isinstance(part, Stock) and part.largest for part in (*value.numerator, *value.denominator))
    return SimpleNamespace(id=id, value=value, dimensions=by, takes_largest=largest)


def contributed(
    state: Any, numerator: tuple[Part, ...], denominator: tuple[Part, ...] = (), by: tuple[Dimension, ...] = ()
) -> list[Any]:
    """When, numerator, denominator and members."""
    (found,) = compile_contributions([declared(Aggregate(numerator, denominator), by)])(state)
    assert all(one[3][0] == ("", "") for one in found)
    return [(*one[:3], tuple(member for _, member in one[3][1:])) for one in found]


AT = Flow(lambda s: s.at)


def test_what_has_not_happened_adds_nothing() -> None:
    ended = (Flow(lambda s: s.ended_at),)
    assert contributed(thing(ended_at=NEVER), ended) == []
    assert contributed(thing(ended_at=NEVER - 1), ended) == [(NEVER - 1, 1, 0, ())]


def test_what_does_not_count_adds_nothing() -> None:
    counted = (Flow(lambda s: s.at, lambda s: s.counts),)
    assert contributed(thing(counts=False), counted) == []
    assert contributed(thing(counts=True), counted) == [(5_000, 1, 0, ())]


def test_numerator_and_denominator_of_one_time_are_one_contribution() -> None:
    mean = ((Flow(lambda s: s.at, amount=lambda s: s.amount),), (AT,), BY_GROUP)
    assert contributed(thing(amount=7), *mean) == [(5_000, 7, 1, ("TDP-001",))]
    assert contributed(thing(amount=0), *mean) == [(5_000, 0, 1, ("TDP-001",))]


def test_sides_of_different_times_are_two_contributions() -> None:
    ratio = ((Flow(lambda s: s.ended_at),), (AT,))
    assert contributed(thing(ended_at=9_000), *ratio) == [(9_000, 1, 0, ()), (5_000, 0, 1, ())]
    assert contributed(thing(), *ratio) == [(5_000, 0, 1, ())]


def test_two_parts_of_one_side_add_up() -> None:
    amounts = (Flow(lambda s: s.at, amount=lambda s: s.amount),) * 2
    assert contributed(thing(amount=3), amounts, amounts) == [(5_000, 6, 6, ())]


def test_of_two_parts_only_the_one_that_counts_is_added() -> None:
    one_of_two = (
        Flow(lambda s: s.at, lambda s: s.counts, lambda s: s.amount),
        Flow(lambda s: s.at, lambda s: s.amount > 3),
    )
    assert contributed(thing(counts=False, amount=4), one_of_two) == [(5_000, 1, 0, ())]
    assert contributed(thing(counts=False, amount=3), one_of_two) == []


def test_members_are_texts() -> None:
    assert contributed(thing(amount=12), (AT,), (), (Dimension("amount", lambda s: s.amount),)) == [
        (5_000, 1, 0, ("12",))
    ]


def test_indicators_do_not_mix() -> None:
    both = compile_contributions([declared(Aggregate((AT,)), id="X01"), declared(Aggregate((AT,)), BY_GROUP, "X02")])
    assert [[one[:3] for one in found] for found in both(thing())] == [[(5_000, 1, 0)], [(5_000, 1, 0)]]
    assert compile_contributions([])(thing()) == ()


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (lambda s: s.amount * 2 - 1, 5), (lambda s: 10 - s.amount + s.amount, 10), (lambda s: greatest(s.amount, 9, 4), 9),
        (lambda s: least(s.amount, 9), 3), (lambda s: greatest(s.amount, 2), 3), (lambda s: least(2, s.amount, 4), 2),
        (lambda s: rounded_up(s.amount, 5), 5), (lambda s: choose(s.amount == 3, s.at, 1), 5_000),
        (lambda s: choose((s.amount != 3) | (s.at < 9), 7, 8), 8), (lambda s: ward_day(s.at), 0), (lambda s: ward_month(s.at), 197_001),
        (lambda s: choose(starts_with(s.group, "TDP"), 1, 0), 1), (lambda s: choose(joined(s.group, s.amount) == "TDP-001 3", 1, 0), 1),
    ],
)  # fmt: skip
def test_expressions_are_worked_out(amount: Any, expected: int) -> None:
    assert contributed(thing(), (Flow(lambda s: s.at, amount=amount),)) == [(5_000, expected, 0, ())]


def test_what_is_no_constant_has_no_place_in_a_declaration() -> None:
    with pytest.raises(TypeError, match="no place in a declaration"):
        contributed(thing(), (Flow(lambda s: s.at, amount=lambda s: s.amount * 1.5),))


def counts(state: Any, at_ms: Any) -> Any:
    return state.at <= at_ms


THINGS = [thing(), thing(amount=4), thing(group="TDP-002", amount=10), thing(group="TDP-003", at=9_000)]


def counted(states: list[Any], now: int, *numerator: Part, of: tuple[Part, ...] = (), each: str = "") -> dict[Any, Any]:
    found = compile_levels([declared(Aggregate(numerator, of, each=each), BY_GROUP)])(states, now)
    return {key[2]: sums for key, sums in found.items() if key[0] == "X01"}


def test_a_level_counts_what_is_so_in_total_and_by_member() -> None:
    assert counted(THINGS, 6_000, Stock(counts)) == {"": (3, 0), "TDP-001": (2, 0), "TDP-002": (1, 0)}


def test_of_nothing_the_total_is_told() -> None:
    assert counted(THINGS, 0, Stock(counts)) == {"": (0, 0)}
    assert counted([], 6_000, Stock(counts)) == {"": (0, 0)}
    assert compile_levels([])([], 0) == {}


def test_amounts_are_added_on_their_side() -> None:
    found = counted(THINGS[:3], 6_000, Stock(counts, lambda s, now: s.amount + now), of=(Stock(counts),))
    assert found[""] == (18_017, 3)


@pytest.mark.parametrize(("amounts", "expected"), [((4, 10, 3), 10), ((-7, -2), 0), ((0,), 0)])
def test_the_largest_is_taken_instead_of_the_sum(amounts: tuple[int, ...], expected: int) -> None:
    largest = Stock(counts, lambda s, _: s.amount, largest=True)
    assert counted([thing(amount=amount) for amount in amounts], 6_000, largest)[""] == (expected, 0)


def test_two_loudspeakers_of_one_group_count_once() -> None:
    """In total, and for the group, on each side by itself."""
    several = Stock(lambda s, _: s.amount > 3)
    found = counted([*THINGS[:3], thing(amount=5)], 6_000, Stock(counts), of=(several,), each="group")
    assert found == {"": (2, 2), "TDP-001": (1, 1), "TDP-002": (1, 1)}


@pytest.mark.parametrize("stream", [stream for stream in streams() if plans(topic_of(stream))])
def test_every_declaration_agrees_with_itself_compiled(stream: str) -> None:
    kinds = [event for plan in plans(topic_of(stream)) for event in plan.entity.events]
    envelopes = events(11, 500, kinds=list(dict.fromkeys(kinds)), keys=25)
    fold = Fold(topic_of(stream), 0)
    fold.fold(envelopes, range(len(envelopes)))
    by_kind: dict[str, list[Any]] = defaultdict(list)
    for id, state in states_of(fold):
        by_kind[id].append(state)
    for plan in plans(topic_of(stream)):
        mine = [one for one in indicators() if one.of == plan.entity]
        for state in by_kind[plan.entity.id]:
            for one, found in zip([one for one in mine if one.has_flow], plan.contributions(state), strict=True):
                sums: dict[Any, tuple[int, int]] = {}
                for at, numerator, denominator, splits in found:
                    for split in splits:
                        known = sums.get((at, split), (0, 0))
                        sums[at, split] = (known[0] + numerator, known[1] + denominator)
                assert sums == called.contributions(one, state)
        for minute in range(-60, 24 * 60, 97):
            now = milliseconds(START) + minute * MINUTE
            expected: dict[Any, Any] = {}
            for one in mine:
                if one.has_stock:
                    expected |= called.levels(one, by_kind[plan.entity.id], now)
            assert plan.levels(by_kind[plan.entity.id], now) == expected
