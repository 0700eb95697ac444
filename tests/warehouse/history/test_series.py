from datetime import datetime

import pytest

from ingest.contract.clock import WARD_ZONE, milliseconds
from tests.dashboard.support.ward import NOW_MS
from warehouse.catalogue import measure
from warehouse.history.series import (
    bucket_edges,
    buckets,
    compared_edge,
    grains,
    month_start,
    running_points,
    series_points,
)
from warehouse.indicators.dossier import COMPLETION
from warehouse.model.expression import DAY_MS
from warehouse.model.value import Value
from warehouse.query.day_totals import DayTotal

HOUR_MS = 3_600_000


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return milliseconds(datetime(year, month, day, hour, minute, tzinfo=WARD_ZONE))


def test_buckets_end_with_the_present():
    assert bucket_edges("hour", NOW_MS, 2)[-2:] == [at(2026, 11, 24, 10), at(2026, 11, 24, 11)]
    assert len(bucket_edges("hour", NOW_MS, 2)) == 48 + 1
    assert bucket_edges("day", NOW_MS, 31)[0] == at(2026, 10, 25)
    months = bucket_edges("month", NOW_MS, 366)
    assert (months[0], months[-2], months[-1], len(months)) == (
        at(2025, 11, 1), at(2026, 11, 1), at(2026, 12, 1), 13 + 1,
    )  # fmt: skip


def test_a_quarter_and_a_year_begin_and_end_as_in_the_calendar():
    quarters = [at(2025, 10, 1), at(2026, 1, 1), at(2026, 4, 1), at(2026, 7, 1), at(2026, 10, 1), at(2027, 1, 1)]
    assert bucket_edges("quarter", NOW_MS, 366) == quarters
    assert bucket_edges("quarter", at(2028, 2, 29), 1) == [at(2028, 1, 1), at(2028, 4, 1)]
    assert bucket_edges("year", NOW_MS, 366) == [at(2025, 1, 1), at(2026, 1, 1), at(2027, 1, 1)]
    assert bucket_edges("year", at(2028, 12, 31, 23), 1) == [at(2028, 1, 1), at(2029, 1, 1)]


def test_all_of_it_is_one_bucket_of_whole_days():
    assert bucket_edges("whole", NOW_MS, 24) == [at(2026, 11, 1), at(2026, 11, 25)]


def test_compared_is_the_same_weekday_or_the_same_date():
    assert compared_edge("hour", at(2026, 11, 24, 10), "week") == at(2026, 11, 17, 10)
    assert compared_edge("day", at(2026, 11, 24), "year") == at(2025, 11, 25)
    assert datetime(2026, 11, 24, tzinfo=WARD_ZONE).weekday() == datetime(2025, 11, 25, tzinfo=WARD_ZONE).weekday()
    assert compared_edge("month", at(2026, 2, 1), "year") == at(2025, 2, 1)
    assert compared_edge("quarter", at(2026, 10, 1), "year") == at(2025, 10, 1)
    assert compared_edge("whole", at(2028, 2, 29), "year") == at(2027, 2, 28)


def test_a_quarter_adds_up_what_happened_and_takes_the_stock_of_its_end():
    """D09 as QĐ 766 has it: ended in the quarter and what is unfinished at its end."""
    days = [at(2026, 7, 31), at(2026, 8, 31), at(2026, 9, 30)]
    ended = [(day, "flow", "", "", 8, 10, 0, 1) for day in days]
    left = [(day, "stock", "", "", 3 - place, 4 - place, 0, 1) for place, day in enumerate(days)]
    edges = [at(2026, 7, 1), at(2026, 10, 1)]
    (told,) = series_points(measure("D09"), edges, {"D09": buckets(edges, sorted(ended + left))})
    assert (told.reading.numerator, told.reading.denominator) == (24 + 1, 30 + 2)


@pytest.mark.parametrize(
    ("id", "finest"), [("Q01", "hour"), ("Q02", "hour"), ("D10", "day"), ("D20", "day"), ("Q09", "day")]
)
def test_no_grain_is_finer_than_what_is_kept(id, finest):
    assert grains(measure(id))[0] == finest


def test_a_completion_rate_is_that_since_the_beginning():
    """On 2 November three dossiers ended of which none came in on that day: as a share of the day that would be more than all."""
    days = [at(2026, 11, day) for day in (1, 2, 3)]
    told = [
        ("ND02", at(2025, 8, 29), 4_293, 1), ("ND03", at(2025, 8, 29), 4_288, 1), ("D02", days[0], 4, 0), ("D03", days[1], 3, 0),
    ]  # fmt: skip
    values = [
        Value("w", id, "flow", day, "", "", n, d, day, day, "", 0, 0, 1, int(id == "D03")) for id, day, n, d in told
    ]
    points = running_points(COMPLETION, days, values)
    assert [(point.reading.numerator, point.reading.denominator) for point in points] == [
        (4_288, 4_297),
        (4_291, 4_297),
    ]
    assert [point.revision for point in points] == [0, 1]


def test_flows_add_up_and_what_is_absent_is_none_only_before_the_first():
    hours = [at(2026, 11, 24, hour) for hour in (7, 8, 9)]
    rows = [(hours[1], "flow", "", "", 12, 0, 0, 5), (hours[1] + 0, "flow", "", "", 1, 0, 2, 6)]
    edges = [*hours, hours[-1] + HOUR_MS]
    told = series_points(measure("Q01"), edges, {"Q01": buckets(edges, rows)})
    assert [point.reading.figure for point in told] == [None, 13, 0]
    assert [point.revision for point in told] == [0, 2, 0]


def test_a_baseline_belongs_to_no_bucket():
    day = at(2026, 11, 24)
    edges = [day, day + DAY_MS]
    told = series_points(measure("V01"), edges, {"V01": buckets(edges, [(day, "flow", "", "", 3, 4, 0, 5)])})
    assert told[0].reading.figure == 75


def test_a_stock_is_as_it_last_stood_and_unknown_where_nobody_looked():
    days = [at(2026, 11, day) for day in (1, 2, 3)]
    rows = [(days[0], "stock", "", "", 5, 0, 0, 1), (days[1], "stock", "", "", 7, 0, 0, 2)]
    edges = [*days, days[-1] + DAY_MS]
    told = series_points(measure("Q02"), edges, {"Q02": buckets(edges, rows)})
    assert [point.reading.figure for point in told] == [5, 7, None]
    edges = [month_start(days[0]), at(2026, 12, 1)]
    (month,) = series_points(measure("Q02"), edges, {"Q02": buckets(edges, rows)})
    assert month.reading.figure == 7


def test_a_quantile_is_made_again_from_its_members():
    hour = at(2026, 11, 24, 9)
    members = [(hour, "flow", "at_most", str(minutes * 60_000), 1, 0, 0, 1) for minutes in (2, 4, 9)]
    rows = [(hour, "flow", "", "", 3, 0, 0, 1), *members]
    edges = [at(2026, 11, 24), at(2026, 11, 25)]
    (told,) = series_points(measure("Q04"), edges, {"Q04": buckets(edges, rows)})
    assert told.reading.figure == 9


def test_a_derived_measure_is_calculated_bucket_by_bucket():
    day = at(2026, 11, 24)
    one = measure("S07")
    edges = [day - DAY_MS, day, day + DAY_MS]
    found = {
        "S09": buckets(edges, [(day, "stock", "", "", 68, 0, 0, 1)]),
        "V03": buckets(edges, [(day, "stock", "", "", 70, 70, 0, 1)]),
    }
    told = series_points(one, edges, found)
    assert [point.reading.known for point in told] == [False, True]
    assert (told[1].reading.numerator, told[1].reading.denominator) == (68, 70)


def test_a_day_that_people_entered_shows_their_total_alone_and_says_nothing_of_the_days_between():
    first = at(2026, 3, 2)
    edges = [first + n * DAY_MS for n in range(6)]
    entered = [
        DayTotal(edges[0], "", "", 25, 0, "bao_cao_phuong"),
        DayTotal(edges[1], "channel", "direct", 4, 0, "nhap_tep"),
        DayTotal(edges[1], "channel", "dvcqg", 3, 0, "nhap_tep"),
    ]
    rows = [(edges[0], "flow", "", "", 1, 0, 2, 5), (edges[3], "flow", "", "", 9, 0, 0, 5)]
    told = series_points(measure("D02"), edges, {"D02": buckets(edges, rows, entered)})
    assert [point.reading.figure for point in told] == [25, 7, None, 9, 0]
    assert [sorted(day.source_code for day in point.entered) for point in told[:3]] == [
        ["bao_cao_phuong"],
        ["nhap_tep"],
        [],
    ]
    split = series_points(measure("D02"), edges, {"D02": buckets(edges, rows, entered)}, ("channel", "direct"))
    assert split[1].reading.figure == 4
    (all_of_it,) = series_points(
        measure("D02"), [first, edges[-1]], {"D02": buckets([first, edges[-1]], rows, entered)}
    )
    assert (all_of_it.reading.figure, len(all_of_it.entered)) == (41, 2)
