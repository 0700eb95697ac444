"""Working time, worked out by hand: the ward works from 8 to 12 and from 13 to 17, from Monday to Friday."""

from datetime import date, time

import pytest

from ingest.contract.calendar import OFFICE, ward_moment
from ingest.contract.clock import milliseconds
from warehouse.model.expression import ward_day
from warehouse.model.working_time import (
    FIRST_DAY,
    LAST_DAY,
    closing,
    worked_at,
    worked_until,
    working_calendar,
)

HOUR = 3_600_000


def at(day: int, hour: int, minute: int = 0) -> int:
    """A local time in November 2026; the 16th is a Monday."""
    return milliseconds(ward_moment(date(2026, 11, day), time(hour, minute)))


def test_the_first_segment_is_what_lies_before_all_others():
    calendar = working_calendar()
    first = next(iter(OFFICE.segments(FIRST_DAY, LAST_DAY)))
    assert [column[0] for column in calendar] == [0, 0, 0, 0, 0, 0]
    assert [column[1] for column in calendar[:4]] == [first[0], first[1] - first[0], 0, first[1] - first[0]]
    assert (calendar.days[1], calendar.closes[1]) == (
        ward_day(first[0]),
        calendar.after[2] - calendar.before[2] + calendar.opens[2],
    )
    assert calendar.after[-1] == sum(calendar.lengths)
    assert all(
        after - before == length
        for before, after, length in zip(calendar.before, calendar.after, calendar.lengths, strict=True)
    )
    assert calendar.before[2] == calendar.after[1]


def test_the_calendar_begins_with_the_first_working_day_of_2024():
    """The first of January is a holiday."""
    opens, _ = next(iter(OFFICE.segments(date(2024, 1, 1), date(2024, 1, 31))))
    assert (
        milliseconds(ward_moment(date(2024, 1, 2), time()))
        < opens
        < milliseconds(ward_moment(date(2024, 1, 2), time(12)))
    )
    assert [worked_until(opens + passed) for passed in (-HOUR, 0, HOUR)] == [0, 0, HOUR]


def hours(day: int) -> tuple[int, int]:
    """When the first segment of a day opens, and the last one closes."""
    mine = list(OFFICE.segments(date(2026, 11, day), date(2026, 11, day)))
    return mine[0][0], mine[-1][1]


def test_time_passes_only_while_the_office_works():
    opens, closes = hours(16)
    day = worked_until(closes) - worked_until(opens)
    assert day == 8 * HOUR
    assert worked_until(opens + HOUR) - worked_until(opens) == HOUR
    assert worked_until(closes + 5 * HOUR) == worked_until(closes)
    assert worked_until(hours(17)[0]) == worked_until(closes)
    assert worked_until(hours(23)[0]) - worked_until(opens) == 5 * day
    assert worked_until(0) == worked_until(1) == 0
    first = working_calendar().opens[1]
    assert (worked_until(first), worked_until(first + 7)) == (0, 7)


def test_a_boundary_is_the_earlier_close():
    opens, closes = hours(16)
    worked = worked_until(closes)
    assert worked_at(worked) == closes
    assert worked_at(worked + 1) == hours(17)[0] + 1
    assert worked_at(worked - 1) == closes - 1
    assert worked_at(worked_until(opens) + HOUR) == opens + HOUR


def test_after_the_calendar_s_end_time_passes_as_if_it_never_closed():
    calendar = working_calendar()
    end = calendar.opens[-1] + calendar.lengths[-1]
    assert worked_until(end) == worked_until(end + HOUR) == calendar.after[-1]
    assert worked_at(calendar.after[-1]) == end
    assert worked_at(calendar.after[-1] + HOUR) == end + HOUR


def test_a_day_ends_with_its_last_hour_and_beyond_the_calendar_with_the_last_day_s():
    closes = working_calendar().closes
    assert [closing(number) for number in (-1, 0, 1, len(closes) - 2)] == [0, 0, closes[1], closes[-2]]
    assert closing(len(closes) - 1) == closing(len(closes)) == closing(10**6) == closes[-1] > closes[-2]


@pytest.mark.parametrize("ms", [-5, 0])
def test_what_was_never_worked(ms):
    assert worked_at(ms) == ms
