"""A period and the one before it: where they begin and end, and that their figures are added up again."""

from datetime import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract.clock import WARD_ZONE, milliseconds, moment
from warehouse.catalogue import measure
from warehouse.history.period import period_edges, period_figures
from warehouse.history.series import HOUR_MS
from warehouse.model.expression import DAY_MS, MINUTE

PERIODS = ("today", "week", "month")
NOW = st.integers(
    milliseconds(datetime(2025, 7, 2, tzinfo=WARD_ZONE)), milliseconds(datetime(2031, 1, 1, tzinfo=WARD_ZONE))
)
RATIO, COUNT, STOCK, RANK = (measure(id) for id in ("Q07", "D01", "D05", "Q04"))


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return milliseconds(datetime(2026, month, day, hour, minute, tzinfo=WARD_ZONE))


@pytest.mark.parametrize(
    ("period", "now_ms", "begins", "before"),
    [
        ("today", at(11, 24, 14, 5), at(11, 24), (at(11, 23), at(11, 23, 14, 5))),
        ("week", at(11, 24, 14, 5), at(11, 23), (at(11, 16), at(11, 17, 14, 5))),
        ("week", at(11, 29, 23, 59), at(11, 23), (at(11, 16), at(11, 22, 23, 59))),
        ("month", at(11, 24, 14, 5), at(11, 1), (at(10, 1), at(10, 24, 14, 5))),
        ("month", at(3, 30, 14, 5), at(3, 1), (at(2, 1), at(3, 1))),
        ("month", at(3, 1), at(3, 1), (at(2, 1), at(2, 1, 0, 1))),
    ],
)
def test_the_period_before_ends_at_the_same_moment_of_it(period, now_ms, begins, before):
    edges = period_edges(period, COUNT, now_ms)
    assert edges.now[0] == begins
    assert (edges.before[0], edges.before[-1]) == before


@given(st.sampled_from(PERIODS), st.sampled_from([RATIO, COUNT, STOCK]), NOW)
def test_whatever_the_moment_is_periods_are_cut_alike_and_do_not_overlap(period, one, now_ms):
    edges = period_edges(period, one, now_ms)
    for given_edges in (edges.now, edges.before):
        assert given_edges == sorted(set(given_edges))
        assert moment(given_edges[0]).astimezone(WARD_ZONE).time().isoformat() == "00:00:00"
    assert edges.before[-1] <= edges.now[0] < edges.now[-1]
    assert 0 <= len(edges.now) - len(edges.before) <= 3, "February is three days shorter"
    lasted = edges.now[-1] - edges.now[0]
    assert edges.before[-1] - edges.before[0] == min(lasted, edges.now[0] - edges.before[0])
    assert period == "today" or moment(edges.now[0]).astimezone(WARD_ZONE).weekday() == 0 or period == "month"


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50), st.integers(0, 50)), max_size=30))
def test_a_ratio_of_a_period_is_added_up_again_and_is_no_mean(windows):
    edges = period_edges("month", RATIO, at(11, 24, 14, 5)).now
    rows = [(edges[0] + day * DAY_MS, "flow", "", "", min(n, d), d, 0, 1) for day, n, d in sorted(windows)]
    found = period_figures(RATIO, edges, {"Q07": rows}, "", edges[0])
    n, d = sum(row[4] for row in rows), sum(row[5] for row in rows)
    assert (found.whole.reading.numerator, found.whole.reading.denominator) == (n, d)
    assert found.whole.reading.figure == (pytest.approx(float(100 * Fraction(n, d))) if d else None)
    assert n == sum(point.reading.numerator for point in found.points)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc"), st.integers(1, 9)), max_size=20))
def test_members_add_up_to_the_total_of_a_count(windows):
    edges = period_edges("month", COUNT, at(11, 24, 14, 5)).now
    rows = []
    for day, member, n in sorted(windows):
        rows += [(edges[0] + day * DAY_MS, "flow", *split, n, 0, 0, 1) for split in (("", ""), ("field_code", member))]
    found = period_figures(COUNT, edges, {"D01": rows}, "field_code", edges[0])
    assert sum(whole.reading.numerator for _, whole in found.members.values()) == found.whole.reading.numerator


def test_a_stock_is_as_it_stands_and_a_member_stands_until_it_is_written_anew():
    edges = period_edges("week", STOCK, at(11, 26, 12)).now
    rows = [
        (edges[0] - 1, "stock", "field_code", "dat_dai", 4, 0, 0, 0),
        (edges[0], "stock", "", "", 5, 0, 0, 1),
        (edges[1], "stock", "", "", 9, 0, 0, 2),
        (edges[1], "stock", "field_code", "ho_tich", 5, 0, 0, 2),
    ]
    found = period_figures(STOCK, edges, {"D05": rows}, "field_code", edges[0])
    assert [point.reading.figure for point in found.points] == [5, 9, None, None], "unknown where nobody looked"
    assert found.whole.reading.figure == 9
    land, land_now = found.members["dat_dai"]
    assert [point.reading.figure for point in land] == [4, 4, None, None]
    assert (land_now.reading.figure, found.members["ho_tich"][1].reading.figure) == (4, 5)


def test_a_quantile_is_made_again_from_all_amounts_of_the_period():
    edges = period_edges("week", RANK, at(11, 24, 12)).now
    rows = [
        (edges[day], "flow", *split, n, 0, 0, 1)
        for day, minutes, n in ((0, 2, 9), (1, 30, 1))
        for split in (("", ""), ("at_most", str(minutes * MINUTE)))
    ]
    found = period_figures(RANK, edges, {"Q04": rows}, "", edges[0])
    assert [point.reading.figure for point in found.points] == [2, 30]
    assert found.whole.reading.figure == 2, "of ten the ninth, and no mean of 2 and 30"


def test_what_began_before_anything_was_kept_is_unknown_and_no_zero():
    edges = period_edges("week", COUNT, at(11, 24, 12)).now
    found = period_figures(COUNT, edges, {"D01": []}, "", None)
    assert not found.is_whole
    assert [point.reading.figure for point in found.points] == [None, None]
    late = period_figures(COUNT, edges, {"D01": [(edges[1], "flow", "", "", 3, 0, 0, 1)]}, "", edges[1] + HOUR_MS)
    assert not late.is_whole
    assert [point.reading.figure for point in late.points] == [None, 3]
    assert [point.reading.figure for point in period_figures(COUNT, edges, {"D01": []}, "", 1).points] == [0, 0]
