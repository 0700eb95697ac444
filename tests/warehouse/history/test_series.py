from datetime import datetime

import pytest

from ingest.contract.clock import WARD_ZONE, milliseconds
from tests.dashboard.support.ward import NOW_MS
from warehouse.catalogue import measure
from warehouse.history.series import bucket_starts, buckets, comparison_bucket, grains, month_start, series_points
from warehouse.model.expression import DAY_MS

HOUR_MS = 3_600_000


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return milliseconds(datetime(year, month, day, hour, minute, tzinfo=WARD_ZONE))


def test_buckets_end_with_the_present():
    assert bucket_starts("hour", NOW_MS, 2)[-1] == at(2026, 11, 24, 10)
    assert len(bucket_starts("hour", NOW_MS, 2)) == 48
    assert bucket_starts("day", NOW_MS, 31)[0] == at(2026, 10, 25)
    months = bucket_starts("month", NOW_MS, 366)
    assert (months[0], months[-1], len(months)) == (at(2025, 11, 1), at(2026, 11, 1), 13)


def test_compared_is_the_same_weekday_or_the_same_month():
    assert comparison_bucket("hour", at(2026, 11, 24, 10), "week") == at(2026, 11, 17, 10)
    assert comparison_bucket("day", at(2026, 11, 24), "year") == at(2025, 11, 25)
    assert datetime(2026, 11, 24, tzinfo=WARD_ZONE).weekday() == datetime(2025, 11, 25, tzinfo=WARD_ZONE).weekday()
    assert comparison_bucket("month", at(2026, 2, 1), "year") == at(2025, 2, 1)


@pytest.mark.parametrize(("id", "finest"), [("Q01", "hour"), ("Q02", "hour"), ("D10", "day"), ("D20", "day")])
def test_no_grain_is_finer_than_what_is_kept(id, finest):
    assert grains(measure(id))[0] == finest


def test_flows_add_up_and_what_is_absent_is_none_only_before_the_first():
    hours = [at(2026, 11, 24, hour) for hour in (7, 8, 9)]
    rows = [(hours[1], "flow", "", "", 12, 0, 0, 5), (hours[1] + 0, "flow", "", "", 1, 0, 2, 6)]
    told = series_points(measure("Q01"), "hour", hours, {"Q01": buckets("hour", rows)})
    assert [point.reading.figure for point in told] == [None, 13, 0]
    assert [point.revision for point in told] == [0, 2, 0]


def test_a_baseline_belongs_to_no_bucket():
    day = at(2026, 11, 24)
    told = series_points(measure("V01"), "day", [day], {"V01": buckets("day", [(day, "flow", "", "", 3, 4, 0, 5)])})
    assert told[0].reading.figure == 75


def test_a_stock_is_as_it_last_stood_and_unknown_where_nobody_looked():
    days = [at(2026, 11, day) for day in (1, 2, 3)]
    rows = [(days[0], "stock", "", "", 5, 0, 0, 1), (days[1], "stock", "", "", 7, 0, 0, 2)]
    told = series_points(measure("Q02"), "day", days, {"Q02": buckets("day", rows)})
    assert [point.reading.figure for point in told] == [5, 7, None]
    (month,) = series_points(measure("Q02"), "month", [month_start(days[0])], {"Q02": buckets("month", rows)})
    assert month.reading.figure == 7


def test_a_quantile_is_made_again_from_its_members():
    hour = at(2026, 11, 24, 9)
    members = [(hour, "flow", "at_most", str(minutes * 60_000), 1, 0, 0, 1) for minutes in (2, 4, 9)]
    rows = [(hour, "flow", "", "", 3, 0, 0, 1), *members]
    one = measure("Q04")
    (told,) = series_points(
        one, "day", [at(2026, 11, 24)], {"Q04": buckets("day", [(at(2026, 11, 24), *row[1:]) for row in rows])}
    )
    assert told.reading.figure == 9


def test_a_derived_measure_is_calculated_bucket_by_bucket():
    day = at(2026, 11, 24)
    one = measure("S07")
    found = {
        "S09": buckets("day", [(day, "stock", "", "", 68, 0, 0, 1)]),
        "V03": buckets("day", [(day, "stock", "", "", 70, 70, 0, 1)]),
    }
    told = series_points(one, "day", [day - DAY_MS, day], found)
    assert [point.reading.known for point in told] == [False, True]
    assert (told[1].reading.numerator, told[1].reading.denominator) == (68, 70)
