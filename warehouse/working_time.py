"""Working time in both renderings: how many working milliseconds lie before a time, in Python and in SQL.

Both read the same segments of `ingest.calendar`; `views` publishes them to SQL as `working_calendar`.
"""

from bisect import bisect_right
from datetime import date
from functools import cache
from typing import NamedTuple

from ingest.calendar import OFFICE

FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2028, 12, 31)


class WorkingCalendar(NamedTuple):
    """The ward's working hours as three parallel arrays, in milliseconds since 1970, oldest first."""

    opens: tuple[int, ...]
    lengths: tuple[int, ...]
    before: tuple[int, ...]
    """Working milliseconds before each segment."""


@cache
def working_calendar() -> WorkingCalendar:
    """The calendar from 2024 to 2028; times outside count as not worked."""
    opens, lengths, before = [0], [0], [0]
    worked = 0
    for start, end in OFFICE.segments(FIRST_DAY, LAST_DAY):
        opens.append(start)
        lengths.append(end - start)
        before.append(worked)
        worked += end - start
    return WorkingCalendar(tuple(opens), tuple(lengths), tuple(before))


def worked_until(ms: int) -> int:
    """Working milliseconds from the calendar's first day until a time."""
    calendar = working_calendar()
    index = bisect_right(calendar.opens, ms) - 1
    return calendar.before[index] + min(ms - calendar.opens[index], calendar.lengths[index])


def worked_until_sql(ms: str) -> str:
    """`worked_until` as SQL.

    Args:
        ms: SQL of a time in milliseconds.
    """
    opens, lengths, before = (f"(SELECT {name} FROM working_calendar)" for name in WorkingCalendar._fields)
    index = f"arrayCount(opened -> opened <= {ms}, {opens})"
    return f"arrayMap(n -> {before}[n] + least({ms} - {opens}[n], {lengths}[n]), [{index}])[1]"
