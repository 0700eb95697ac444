"""The working-time calendar: Vietnam's days off, lunch, limits, and the same arithmetic over segments."""

import logging
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract.calendar import (
    OFFICE,
    AnnouncedDaysOff,
    Calendar,
    Hours,
    announced_days_off,
    local_day,
    opening_hours,
    read_announced,
    read_hours,
    ward_moment,
)
from ingest.contract.clock import milliseconds
from ingest.contract.errors import ConfigurationError


def at(text: str) -> datetime:
    """The UTC moment of a ward-local `YYYY-MM-DD HH:MM`."""
    day, clock = text.split(" ")
    return ward_moment(date.fromisoformat(day), time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2025-07-01", True),
        ("2025-07-05", False),  # Saturday
        ("2025-01-27", False),  # Tết
        ("2025-01-31", False),
        ("2025-02-03", True),
        ("2025-04-07", False),  # Giỗ Tổ
        ("2025-04-26", True),  # Saturday worked for 2 May
        ("2025-05-02", False),
        ("2025-09-01", False),
        ("2025-09-02", False),
        ("2025-09-03", True),
        ("2025-12-31", True),
        ("2026-01-01", False),
        ("2026-01-02", False),  # swapped
        ("2026-01-10", True),  # Saturday worked for it
        ("2026-02-20", False),  # Tết
        ("2026-02-23", True),
        ("2026-04-27", False),  # Giỗ Tổ fell on a Sunday: the next working day is off
        ("2026-08-22", True),
        ("2026-08-31", False),
        ("2026-11-24", False),  # Ngày Văn hóa Việt Nam
    ],
)
def test_days_off(day: str, works: bool) -> None:
    assert OFFICE.is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2025-07-01 07:00", "2025-07-01 17:00", 8),
        ("2025-07-01 11:00", "2025-07-01 14:00", 1),  # over lunch
        ("2025-07-01 11:30", "2025-07-01 13:30", 0),
        ("2025-07-04 16:00", "2025-07-07 08:00", 2),  # over a weekend
        ("2025-07-05 08:00", "2025-07-06 20:00", 0),
        ("2025-01-24 16:00", "2025-02-03 08:00", 2),  # over Tết
        ("2025-08-29 16:00", "2025-09-03 08:00", 2),  # over 2/9
        ("2025-12-31 16:00", "2026-01-05 08:00", 2),  # over the year's end and its swap
        ("2025-04-25 16:00", "2025-04-28 08:00", 10),  # over a worked Saturday
        ("2025-07-01 14:00", "2025-07-01 11:00", -1),
    ],
)
def test_working_time(start: str, end: str, hours: float) -> None:
    assert OFFICE.working_time(at(start), at(end)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("received", "value", "unit", "due"),
    [
        ("2025-07-01 08:00", 4, "gio", "2025-07-01 14:00"),
        ("2025-07-01 07:00", 8, "gio", "2025-07-01 17:00"),
        ("2025-07-01 18:00", 1, "gio", "2025-07-02 08:00"),  # after closing: from the next opening
        ("2025-07-01 12:00", 1, "gio", "2025-07-01 14:30"),  # at lunch: from 13:30
        ("2025-07-04 10:00", 3, "ngay_lam_viec", "2025-07-09 17:00"),
        ("2025-07-01 15:30", 1, "ngay_lam_viec", "2025-07-02 17:00"),  # the 15:00 rule is for the transfer only
        ("2025-08-29 10:00", 1, "ngay_lam_viec", "2025-09-03 17:00"),
        ("2025-01-24 10:00", 2, "ngay_lam_viec", "2025-02-04 17:00"),
        ("2025-07-01 10:00", 5, "ngay", "2025-07-07 17:00"),  # ends on a Sunday: Monday
        ("2025-07-01 10:00", 2, "ngay", "2025-07-03 17:00"),
    ],
)
def test_due(received: str, value: int, unit: str, due: str) -> None:
    assert OFFICE.due(at(received), value, unit) == at(due)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2025-07-01 06:59", False),
        ("2025-07-01 07:00", True),
        ("2025-07-01 11:30", False),
        ("2025-07-01 13:30", True),
        ("2025-07-01 17:00", False),
        ("2025-07-05 09:00", False),
    ],
)
def test_is_open(moment: str, is_open: bool) -> None:
    assert OFFICE.is_open(at(moment)) is is_open


def test_own_hours_and_tables() -> None:
    saturday_too = Calendar(
        hours=(Hours(time(7, 30), time(12)),),
        weekdays=frozenset(range(6)),
        announced={2027: AnnouncedDaysOff(off=frozenset({date(2027, 3, 3)}), working=frozenset({date(2027, 3, 7)}))},
    )
    assert saturday_too.is_working_day(date(2027, 3, 6))
    assert not saturday_too.is_working_day(date(2027, 3, 3))
    assert saturday_too.is_working_day(date(2027, 3, 7))
    assert saturday_too.periods(date(2027, 3, 1)) == [(at("2027-03-01 07:30"), at("2027-03-01 12:00"))]


def test_overlapping_hours_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="overlap"):
        Calendar(hours=(Hours(time(7), time(12)), Hours(time(11), time(17))))


def test_no_weekday_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="weekdays"):
        Calendar(weekdays=frozenset())


def test_a_missing_year_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    calendar = Calendar(hours=(Hours(time(8), time(12)),))
    with caplog.at_level(logging.WARNING):
        assert not calendar.is_working_day(date(2031, 1, 1))
        assert calendar.is_working_day(date(2031, 1, 2))
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "The days off of 2031 are not announced yet"
    ]


START = datetime(2024, 12, 1, tzinfo=UTC)
moments = st.integers(0, 749 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
amounts = st.integers(0, 60 * 200).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, amounts)
def test_adding_and_measuring_agree(start: datetime, amount: timedelta) -> None:
    assert OFFICE.working_time(start, OFFICE.add_working_time(start, amount)) == amount


@given(moments, moments, moments)
def test_working_time_adds_up(a: datetime, b: datetime, c: datetime) -> None:
    assert OFFICE.working_time(a, b) + OFFICE.working_time(b, c) == OFFICE.working_time(a, c)


@given(moments, amounts)
def test_a_result_is_in_working_hours(start: datetime, amount: timedelta) -> None:
    end = OFFICE.add_working_time(start, amount)
    assert OFFICE.is_open(end) or OFFICE.is_open(end - timedelta(microseconds=1))


@given(moments, st.integers(1, 40))
def test_a_calendar_limit_ends_on_a_working_day(start: datetime, days: int) -> None:
    due = OFFICE.due(start, days, "ngay")
    assert OFFICE.is_working_day(local_day(due))
    assert local_day(due) >= local_day(start) + timedelta(days=days)


@given(moments, moments)
def test_segments_give_the_same_arithmetic(a: datetime, b: datetime) -> None:
    start, end = sorted((a, b))
    segments = OFFICE.segments(local_day(start), local_day(end))
    total = sum(max(0, min(closes, milliseconds(end)) - max(opens, milliseconds(start))) for opens, closes in segments)
    assert timedelta(milliseconds=total) == OFFICE.working_time(start, end)


def test_segments_are_in_order() -> None:
    segments = OFFICE.segments(date(2025, 7, 1), date(2025, 8, 29))
    assert len(segments) == 2 * 44
    assert sum(closes - opens for opens, closes in segments) == 44 * 8 * 3_600_000
    assert segments == sorted(segments)


def test_an_office_overrides_a_year_in_a_file_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "calendar.toml").write_text("[2026]\noff = [2026-03-03]\n[2027]\nworking = [2027-01-02]\n")
    monkeypatch.setenv("IOC_DATA_FOLDER", str(tmp_path))
    announced_days_off.cache_clear()
    try:
        years = announced_days_off()
    finally:
        announced_days_off.cache_clear()
    assert years[2026] == AnnouncedDaysOff(off=frozenset({date(2026, 3, 3)}))
    assert years[2027] == AnnouncedDaysOff(working=frozenset({date(2027, 1, 2)}))
    assert years[2025].working == frozenset({date(2025, 4, 26)})


SATURDAY_MORNING = """
[hours]
monday = ["07:30-12:00", "13:00-16:30"]
wednesday = ["07:30-12:00"]
saturday = ["07:30-11:00"]
"""


def test_an_office_gives_its_own_hours(tmp_path, monkeypatch):
    (tmp_path / "calendar.toml").write_text(SATURDAY_MORNING)
    monkeypatch.setenv("IOC_DATA_FOLDER", str(tmp_path))
    announced_days_off.cache_clear()
    opening_hours.cache_clear()
    try:
        own = Calendar(weekdays=frozenset({0}))  # another value than OFFICE, whose days are remembered
        assert own.periods(date(2026, 11, 7)) == [(at("2026-11-07 07:30"), at("2026-11-07 11:00"))]
        assert own.periods(date(2026, 11, 3)) == [], "a weekday that is not named is off"
        assert own.due(at("2026-11-04 08:00"), 1, "ngay_lam_viec") == at("2026-11-07 11:00")
        assert own.due(at("2026-11-04 08:00"), 5, "gio") == at("2026-11-07 08:30")
        assert own.periods(date(2026, 8, 22)) == [(at("2026-08-22 07:30"), at("2026-08-22 11:00"))]
        assert len(own.periods(date(2026, 1, 10))) == 1
    finally:
        announced_days_off.cache_clear()
        opening_hours.cache_clear()


def test_a_day_worked_instead_has_the_hours_of_the_longest_weekday():
    swapped = Calendar(announced={2026: AnnouncedDaysOff(working=frozenset({date(2026, 8, 22)}))})
    assert len(swapped.periods(date(2026, 8, 22))) == 2


def test_a_file_without_hours_says_nothing_of_them(tmp_path):
    file = tmp_path / "calendar.toml"
    file.write_text("[2027]\n")
    assert read_hours(file) is None
    assert read_announced(file) == {2027: AnnouncedDaysOff()}


@pytest.mark.parametrize(
    "text",
    [
        "[hours",
        "hours = 3",
        "[hours]\n",
        "[hours]\nfunday = []",
        "[hours]\nmonday = ['7h-11h']",
        "[hours]\nmonday = ['07:00']",
        "[hours]\nmonday = ['07:00-11:30', '11:00-17:00']",
        "[hours]\nmonday = 7",
    ],
)
def test_hours_that_make_no_sense_are_refused_by_name(tmp_path, text):
    file = tmp_path / "calendar.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"calendar\.toml"):
        read_hours(file)


@pytest.mark.parametrize(
    "text",
    [
        "[2027",
        "[next]\noff = []",
        "[2027]\noff = [2026-01-01]",
        "[2027]\noff = 'Monday'",
        "[2027]\nholidays = []",
        "a = 1",
    ],
)
def test_a_file_of_days_off_that_makes_no_sense_is_refused_by_name(tmp_path, text):
    file = tmp_path / "calendar.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"calendar\.toml"):
        read_announced(file)
