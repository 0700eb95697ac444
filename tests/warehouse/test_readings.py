"""What is shown of values: quantiles from their members, derived measures from their parts, baselines added once."""

from datetime import date, time
from random import Random

import pytest

from ingest.contract.calendar import ward_moment
from ingest.contract.clock import milliseconds
from tests.dashboard.support.ward import NOW_MS, TODAY_MS, flow, stock
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


LAST_DAY_MS = milliseconds(ward_moment(date(2025, 8, 29), time()))


def base(id, numerator, denominator=1):
    return flow(f"N{id}", LAST_DAY_MS, numerator)._replace(denominator=denominator)


def test_a_baseline_stands_for_the_windows_that_it_covers():
    covered = flow("Q11", LAST_DAY_MS, 268)
    shown = readings(base("Q11", 11_796), covered).read("Q11", NOW_MS)
    assert (shown.numerator, shown.known) == (11_796, True)
    counted = (flow("Q11", LAST_DAY_MS + DAY_MS, 200), flow("Q11", TODAY_MS, 4))
    assert readings(base("Q11", 11_796), covered, *counted).read("Q11", NOW_MS).numerator == 11_796 + 204
    assert readings(covered, *counted).read("Q11", NOW_MS).numerator == 268 + 204, "a ward that entered none"
    assert readings(base("Q11", 0, 0), covered, *counted).read("Q11", NOW_MS).numerator == 268 + 204, "withdrawn"
    assert not readings().read("Q11", NOW_MS).known
    assert readings(base("V01", 1_768, 1_768)).read("V01", NOW_MS)[1:3] == (1_768, 1_768)
    assert (
        readings(flow("D02", TODAY_MS, 3, split=("channel", "2"))).read("D02", NOW_MS, ("channel", "2")).numerator == 3
    )


def test_the_baseline_of_a_stock_is_shown_until_somebody_has_looked():
    reported = base("V03", 70, 70)
    assert readings(reported).read("V03", NOW_MS)[1:3] == (70, 70)
    looked = stock("V03", 68)._replace(denominator=69)
    assert readings(reported, looked).read("V03", NOW_MS)[1:3] == (68, 69)


def test_of_the_latest_span_the_newest_window_with_a_figure_is_shown():
    months = [flow("K11", TODAY_MS - 30 * n * DAY_MS, 100 * n)._replace(denominator=1) for n in (3, 2, 1)]
    assert readings(*months).read("K11", NOW_MS).figure == 100
    withdrawn = months[-1]._replace(numerator=0, denominator=0, version=2**40)
    assert readings(*months, withdrawn).read("K11", NOW_MS).figure == 200
    assert not readings().read("K11", NOW_MS).known


def test_a_derived_measure_is_as_new_as_its_parts_and_no_surer():
    parts = (base("Q11", 11_796), base("D02", 4_293), flow("Q11", TODAY_MS, 0), flow("D02", TODAY_MS, 0))
    shown = readings(*parts).read("D20", NOW_MS)
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


def test_a_month_begins_with_its_first_local_day_and_ends_with_the_next():
    first = milliseconds(ward_moment(date(2026, 11, 1), time()))
    found = readings(
        flow("D10", first - DAY_MS, 5, 5), flow("D10", first, 1, 2), flow("D10", first + 29 * DAY_MS, 0, 1)
    )
    last = first + 30 * DAY_MS - 1
    assert [found.read("D10", at)[1:3] for at in (first, last, last + 1)] == [(1, 2), (1, 3), (0, 0)]
    assert not found.read("D10", last + 1).known, "nothing was heard of the new month yet"


def test_the_last_whole_window_is_shown_and_no_part_of_the_next():
    size = 5 * 60_000
    found = readings(*(flow("C07", TODAY_MS + number * size, 10**number) for number in range(3)))
    at = TODAY_MS + 2 * size
    assert [found.read("C07", when).numerator for when in (at - 1, at, at + size - 1, at + size)] == [1, 10, 10, 100]


@pytest.mark.parametrize(
    ("covered", "groups", "status"),
    [(70, 70, "normal"), (69, 70, "warning"), (12, 15, "critical"), (13, 15, "warning")],
)
def test_a_share_decides_where_a_limit_is_one_of_the_share(covered, groups, status):
    found = readings(stock("S09", covered), stock("V03", 0, groups)).read("S07", NOW_MS)
    assert (found.figure, found.status) == (covered, status)
