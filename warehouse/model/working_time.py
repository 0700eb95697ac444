"""Working time in both renderings: how many working milliseconds, and working days, lie before a time, and back, in Python and in SQL.

Both read the same segments of `ingest.contract.calendar`; `views` publishes them to SQL as `working_calendar`.
"""

from bisect import bisect_left, bisect_right
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

from ingest.contract.calendar import OFFICE
from warehouse.model.expression import ward_day

FIRST_DAY = date(2024, 1, 1)
LAST_DAY = date(2028, 12, 31)


class WorkingCalendar(NamedTuple):
    """The ward's working hours as three parallel arrays, in milliseconds since 1970, oldest first."""

    opens: tuple[int, ...]
    lengths: tuple[int, ...]
    before: tuple[int, ...]
    """Working milliseconds before each segment."""
    after: tuple[int, ...]
    """Working milliseconds until each segment's end."""
    days: tuple[int, ...]
    """The days that have any, by their number (`ward_day`); before them a day that is none of them."""
    closes: tuple[int, ...]
    """The end of each of these days' last hour."""


@cache
def working_calendar() -> WorkingCalendar:
    """The calendar from 2024 to 2028; times outside count as not worked."""
    opens, lengths, before, after = [0], [0], [0], [0]
    closes = {0: 0}
    worked = 0
    for start, end in OFFICE.segments(FIRST_DAY, LAST_DAY):
        opens.append(start)
        lengths.append(end - start)
        before.append(worked)
        worked += end - start
        after.append(worked)
        closes[int(ward_day(start))] = end
    return WorkingCalendar(
        tuple(opens), tuple(lengths), tuple(before), tuple(after), tuple(closes), tuple(closes.values())
    )


@lru_cache(maxsize=16_384)
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
    opens, lengths, before = _ARRAYS[:3]
    opened = f"roundDown(t, {opens})"
    length = _looked_up(opened, opens, lengths)
    return f"arrayMap(t -> {_looked_up(opened, opens, before)} + least(t - {opened}, {length}), [{ms}])[1]"


def worked_at(worked: int) -> int:
    """When so many working milliseconds have passed: the inverse of `worked_until`, on a boundary the earlier close."""
    calendar = working_calendar()
    index = min(bisect_left(calendar.after, worked), len(calendar.after) - 1)
    return calendar.opens[index] + worked - calendar.before[index]


def worked_at_sql(worked: str) -> str:
    """`worked_at` as SQL.

    Args:
        worked: SQL of working milliseconds.
    """
    opens, _, before, after = _ARRAYS[:4]
    earlier = f"least(roundDown(t - 1, {after}), {before}[-1])"
    opened = _looked_up(earlier, f"arraySlice({before}, 2)", f"arraySlice({opens}, 2)")
    return f"arrayMap(t -> if(t <= 0, t, {opened} + t - {earlier}), [{worked}])[1]"


def worked_days(day: int) -> int:
    """How many working days there are from the calendar's first day to a local day, both included."""
    return bisect_right(working_calendar().days, day) - 1


def worked_days_sql(day: str) -> str:
    """`worked_days` as SQL.

    Args:
        day: SQL of a day's number, see `ward_day`.
    """
    days = _ARRAYS[4]
    return f"({_looked_up(f'roundDown(toInt64({day}), {days})', days, f'arrayEnumerate({days})')} - 1)"


def closing(number: int) -> int:
    """The end of the last hour of a working day, of which `worked_days` gives the number; beyond the calendar, of its last."""
    closes = working_calendar().closes
    return closes[max(min(number, len(closes) - 1), 0)]


def closing_sql(number: str) -> str:
    """`closing` as SQL.

    Args:
        number: SQL of a working day's number.
    """
    closes = _ARRAYS[5]
    return f"{closes}[greatest(least(toInt64({number}), length({closes}) - 1), 0) + 1]"


def _looked_up(key: str, keys: str, values: str) -> str:
    return f"transform({key}, {keys}, {values}, toInt64(0))"


# Constants to the engine: it searches in them and looks up by a table, instead of counting through them for every row.
_ARRAYS = tuple(f"(SELECT CAST({name}, 'Array(Int64)') FROM working_calendar)" for name in WorkingCalendar._fields)
