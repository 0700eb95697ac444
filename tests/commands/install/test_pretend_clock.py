from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.install.pretend_clock import ClockBeginning, ClockFile, clock_beginning, parse_moment
from ingest.contract.calendar import OFFICE
from ingest.contract.clock import WARD_ZONE, PretendClock


def ward(text):
    return datetime.fromisoformat(text).replace(tzinfo=WARD_ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "speed", "expected", "real"),
    [
        ("2026-11-25 10:00", 1, "2026-11-25 10:00", True),  # Wednesday, the office is open
        ("2026-11-25 10:00", 60, "2026-11-25 09:00", False),  # open, but time runs faster
        ("2026-11-25 12:00", 1, "2026-11-25 09:00", False),  # lunch
        ("2026-11-25 21:00", 1, "2026-11-25 09:00", False),  # evening
        ("2026-11-26 06:30", 1, "2026-11-25 09:00", False),  # before it opens: yesterday
        ("2026-11-25 06:30", 1, "2026-11-23 09:00", False),  # … which was Culture Day, a holiday
        ("2026-11-28 10:00", 1, "2026-11-27 09:00", False),  # Saturday
        ("2026-11-23 05:00", 1, "2026-11-20 09:00", False),  # early on Monday: Friday
        ("2026-09-02 10:00", 1, "2026-08-28 09:00", False),  # National Day with its days off and the weekend before
    ],
)
def test_a_ward_at_work_is_shown(now, speed, expected, real):
    assert clock_beginning(ward(now), speed) == ClockBeginning(ward(expected), real)


def test_it_goes_on_from_where_an_earlier_run_got_to():
    begin = clock_beginning(ward("2026-11-28 10:00"), 1, last=ward("2026-11-27 10:17"))
    assert begin == ClockBeginning(ward("2026-11-27 10:17"), real=False)


def test_a_run_that_got_into_the_evening_goes_on_the_next_working_morning():
    begin = clock_beginning(ward("2026-11-28 10:00"), 1, last=ward("2026-11-27 19:30"))
    assert begin == ClockBeginning(ward("2026-11-30 09:00"), real=False)


def test_a_clock_that_ran_ahead_of_real_time_is_not_set_back():
    begin = clock_beginning(ward("2026-11-25 10:00"), 1, last=ward("2026-12-01 10:00"))
    assert begin == ClockBeginning(ward("2026-12-01 10:00"), real=False)


def test_the_time_asked_for_is_taken_unless_it_is_earlier():
    now = ward("2026-11-25 10:00")
    assert clock_beginning(now, 1, at=ward("2026-11-25 20:00")) == ClockBeginning(ward("2026-11-25 20:00"), real=False)
    late = clock_beginning(now, 1, last=ward("2026-11-25 11:00"), at=ward("2026-11-25 09:30"))
    assert late == ClockBeginning(ward("2026-11-25 11:00"), real=False, moved=True)


moments = st.integers(0, 2**20).map(lambda minutes: datetime(2024, 12, 1, tzinfo=UTC) + timedelta(minutes=minutes))


@given(now=moments, last=st.none() | moments, at=st.none() | moments, speed=st.sampled_from([1.0, 60.0]))
def test_it_never_goes_back_and_shows_an_open_ward_unless_told_otherwise(now, last, at, speed):
    begin = clock_beginning(now, speed, last, at)
    assert last is None or begin.origin >= last
    assert at is not None or OFFICE.is_open(begin.origin)
    assert at is not None or last is not None or begin.origin <= now
    assert not begin.real or begin.origin == now


def test_a_typed_time_is_ward_time():
    assert parse_moment("2026-11-24 09:30") == datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
    assert parse_moment("2026-11-24T09:30+00:00") == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="isoformat"):
        parse_moment("hôm qua")


def test_the_memory_keeps_what_the_clock_showed(tmp_path):
    memory = ClockFile(tmp_path / "clock.json")
    assert memory.last() is None
    origin = datetime(2026, 11, 24, tzinfo=UTC)
    memory.keep(PretendClock(origin, datetime.now(UTC), speed=1000))
    last = memory.last()
    assert last is not None
    assert origin <= last < origin + timedelta(days=1)
    (tmp_path / "clock.json").write_text("{")
    assert memory.last() is None
