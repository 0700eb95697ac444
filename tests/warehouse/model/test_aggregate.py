"""Aggregates, worked out by hand: both renderings share these functions, so that parity between them proves nothing here."""

from types import SimpleNamespace

import pytest

from warehouse.model.aggregate import MOST, RANKED, Count, Each, Flow, Largest, Level, Mean, Quantile, Ratio, Stock
from warehouse.model.expression import Sql, sql

STATE = SimpleNamespace(at=5, amount=7)


def at(state):
    return state.at


def amount(state):
    return state.amount


def is_so(state, now=9):
    return state.at <= now


def level(state, now=9):
    return now - state.at


def added(part, *given):
    """What a part of an aggregate adds."""
    assert part.added
    return part.added(*given)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (1, 1), (-1, -1), (MOST, MOST), (MOST + 1, MOST), (-MOST, -MOST), (-MOST - 1, -MOST), (2**62, MOST)],
)
def test_no_entity_adds_more_than_the_most(value, expected):
    assert MOST == 274_877_906_943
    assert added(Flow(at, amount=lambda s: value), STATE) == expected
    assert added(Stock(is_so, lambda s, now: value), STATE, 1) == expected


def test_a_largest_amount_may_be_any_time():
    assert added(Stock(is_so, lambda s, now: 2**62, largest=True), STATE, 1) == 2**62
    assert added(Largest(lambda s, now: 2**62, is_so).numerator[0], STATE, 1) == 2**62


def test_without_an_amount_one_is_added():
    assert Flow(at).added is None
    assert Stock(is_so).added is None
    assert Stock(is_so, largest=True).added is None


@pytest.mark.parametrize(
    ("of", "member"), [(0, 0), (1, 1000), (999, 1000), (1000, 1000), (1001, 2000), (2000, 2000), (-1, 0), (-5000, 0)]
)
def test_a_quantile_s_amounts_are_rounded_up_and_none_is_below_zero(of, member):
    (dimension,) = Quantile(95, amount=lambda s: of, at=at, step=1000).dimensions
    assert dimension.name == RANKED == "at_most"
    assert dimension.member(STATE) == member


def test_a_quantile_s_amounts_are_rounded_up_in_sql_as_well():
    (dimension,) = Quantile(95, amount=lambda s: Sql("waited"), at=at, step=60).dimensions
    assert sql(dimension.member(STATE)) == "(intDiv(greatest(toInt64(waited), toInt64(0)) + 59, 60) * 60)"


def test_a_count_is_a_flow_without_an_amount():
    (part,) = Count(at, where=amount).numerator
    assert (part.at, part.where, part.amount) == (at, amount, None)
    assert Count(at).denominator == ()
    assert Count(at).dimensions == ()


def test_a_mean_keeps_sum_and_count_of_the_same():
    mean = Mean(amount, at, where=is_so)
    assert mean.numerator == (Flow(at, is_so, amount),)
    assert mean.denominator == (Flow(at, is_so),)


def test_a_quantile_counts_amounts_beside_what_there_should_be():
    quantile = Quantile(95, amount, at, step=1000, where=is_so, out_of=Count(amount))
    assert quantile.numerator == (Flow(at, is_so),)
    assert quantile.denominator == (Flow(amount),)
    assert quantile.rank == (95, amount, 1000)
    assert Quantile(95, amount, at, step=1000).denominator == ()


def test_levels_and_largest_and_each_are_stocks():
    assert Level(is_so, level).numerator == (Stock(is_so, level),)
    assert Largest(level, is_so).numerator == (Stock(is_so, level, largest=True),)
    assert (Each("group", is_so).numerator, Each("group", is_so).each) == ((Stock(is_so),), "group")
    assert Level(is_so).each == ""


def test_a_ratio_takes_both_numerators_and_a_sum_counts_side_by_side():
    assert Ratio(Count(at), Level(is_so)) == Count(at).__class__((Flow(at),), (Stock(is_so),))
    both = Mean(amount, at) + Ratio(Level(is_so), Count(at))
    assert both.numerator == (Flow(at, None, amount), Stock(is_so))
    assert both.denominator == (Flow(at), Flow(at))
