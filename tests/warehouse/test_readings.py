"""What is shown of values: quantiles from their members, derived measures from their parts, baselines added once."""

from random import Random

import pytest

from ingest.contract.clock import milliseconds
from tests.dashboard.support.ward import NOW_MS, TODAY_MS, flow, stock
from warehouse.catalogue import indicator
from warehouse.model.expression import DAY_MS
from warehouse.readings import Readings

STEP = 15_000


def readings(*values):
    found = Readings()
    found.apply(values)
    return found


def waited(amounts, day=TODAY_MS):
    """What the fold stores of waits: the total, and how many by rounded amount."""
    rounded = [-(-amount // STEP) * STEP for amount in amounts]
    counts = [flow("Q04", day, rounded.count(one), split=("at_most", str(one))) for one in sorted(set(rounded))]
    return [flow("Q04", day, len(amounts)), *counts]


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 100, 137])
def test_a_quantile_is_the_true_one_to_within_a_step(count):
    random = Random(count)
    amounts = [random.randrange(0, 3_000_000) for _ in range(count)]
    true = sorted(amounts)[-(-90 * count // 100) - 1]
    shown = readings(*waited(amounts)).read("Q04", NOW_MS)
    assert 0 <= shown.ranked - true < STEP
    assert shown.figure == shown.ranked / 60_000
    assert shown.numerator == count


def test_a_quantile_over_nothing_is_unknown_and_that_of_no_wait_is_zero():
    assert (
        readings(flow("Q04", TODAY_MS, 0), flow("Q04", TODAY_MS, 0, split=("at_most", "15000")))
        .read("Q04", NOW_MS)
        .figure
        is None
    )
    assert readings(*waited([0, 0])).read("Q04", NOW_MS).figure == 0
    yesterday = readings(*waited([60_000], TODAY_MS - DAY_MS), *waited([0]))
    assert yesterday.read("Q04", NOW_MS).figure == 0, "another day's waits are left out"


def test_a_baseline_stands_for_the_windows_that_it_covers():
    until = milliseconds(indicator("Q11").baseline.until)
    covered = flow("Q11", until - DAY_MS, 268)
    shown = readings(covered).read("Q11", NOW_MS)
    assert (shown.numerator, shown.known) == (11_796, True)
    shown = readings(covered, flow("Q11", until, 200), flow("Q11", TODAY_MS, 4)).read("Q11", NOW_MS)
    assert shown.numerator == 11_796 + 204
    assert not readings().read("Q11", NOW_MS).known
    assert (
        readings(flow("D02", TODAY_MS, 3, split=("channel", "2"))).read("D02", NOW_MS, ("channel", "2")).numerator == 3
    )


def test_a_derived_measure_is_as_new_as_its_parts_and_no_surer():
    shown = readings(flow("Q11", TODAY_MS, 0), flow("D02", TODAY_MS, 0)).read("D20", NOW_MS)
    assert (shown.numerator, shown.denominator) == (11_796, 4_293)
    assert round(shown.figure, 2) == 2.75
    assert not readings(flow("Q11", TODAY_MS, 0)).read("D20", NOW_MS).known, "one part is unknown"
    dossiers = readings(
        stock("D05", 12),
        stock("D08", 2)._replace(as_of_ms=NOW_MS - 5_000),
        stock("D05", 4, split=("field_code", "dat_dai")),
        stock("D08", 1, split=("field_code", "dat_dai")),
    )
    assert dossiers.read("D06", NOW_MS).figure == 10
    assert dossiers.read("D06", NOW_MS).as_of_ms == NOW_MS - 5_000
    assert {member: one.figure for member, one in dossiers.members("D06", "field_code", NOW_MS).items()} == {
        "dat_dai": 3
    }
