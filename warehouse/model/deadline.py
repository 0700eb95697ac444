"""Deadline: when a limit ends, in both renderings.

The same rule as `ingest.contract.calendar.Calendar.due`, as expressions over an entity's fields: a limit in hours is working time, to
the hour; one in days, working or calendar, does not count the day on which it begins and ends with the last hour of its last day (Bộ
luật Dân sự 2015, Đ147-148), or of the next working day when that day is off. How many working days lie between two times is counted in
the same way, by dates: QĐ 766 gives its limits for petitions so.
"""

from functools import lru_cache
from typing import Any

from warehouse.model.expression import (
    MINUTE,
    Sql,
    choose,
    sql,
    symbol_among,
    ward_day,
)
from warehouse.model.working_time import (
    closing,
    closing_sql,
    worked_at,
    worked_at_sql,
    worked_days,
    worked_days_sql,
    worked_until,
    worked_until_sql,
)

HOUR = 60 * MINUTE
WORKING_DAY = 8 * HOUR
"""A working day of a limit that is compared with hours."""


def due_after(start: Any, value: Any, unit: Any) -> Any:
    """When a limit that begins at `start` ends.

    Args:
        start: ms.
        value: how many units.
        unit: `gio`, `ngay` or `ngay_lam_viec`, as in the events.
    """
    if isinstance(start, Sql):
        first = worked_days_on(ward_day(start))
        in_days = choose(unit == "ngay", worked_days_on(ward_day(start) + value - 1) + 1, first + value)
        return choose(unit == "gio", worked_later(start, value * HOUR), Sql(closing_sql(sql(in_days))))
    symbol = symbol_among(start, value, unit)
    return _due_after(start, value, unit) if symbol is None else symbol.called(_due_after, start, value, unit)


def worked_days_on(day: Any) -> Any:
    """How many working days there are until a local day, itself included (`ward_day`)."""
    if isinstance(day, Sql):
        return Sql(worked_days_sql(sql(day)))
    symbol = symbol_among(day)
    return worked_days(day) if symbol is None else symbol.called(worked_days, day)


def working_days(start: Any, end: Any) -> Any:
    """Working days after that of `start` until that of `end`, itself included (ms); less than 0 when `end` is on an earlier one."""
    return worked_days_on(ward_day(end)) - worked_days_on(ward_day(start))


def worked_later(start: Any, amount: Any) -> Any:
    """When `amount` of working time (ms, more than 0) has passed since `start`."""
    if isinstance(start, Sql) or isinstance(amount, Sql):
        return Sql(worked_at_sql(f"({worked_until_sql(sql(start))} + {sql(amount)})"))
    if (symbol := symbol_among(start, amount)) is not None:
        return symbol.called(worked_at, symbol.called(worked_until, start) + amount)
    return worked_at(worked_until(start) + amount)


def working_time(start: Any, end: Any) -> Any:
    """Working time between two times in milliseconds by the ward's calendar; negative when `end` is before `start`."""
    if isinstance(start, Sql) or isinstance(end, Sql):
        return Sql(f"({worked_until_sql(sql(end))} - {worked_until_sql(sql(start))})")
    if (symbol := symbol_among(start, end)) is not None:
        return symbol.called(worked_until, end) - symbol.called(worked_until, start)
    return worked_until(end) - worked_until(start)


@lru_cache(maxsize=65_536)
def _due_after(start: int, value: int, unit: str) -> int:
    if unit == "gio":
        return int(worked_later(start, value * HOUR))
    day = int(ward_day(start))
    return closing(worked_days(day) + value if unit == "ngay_lam_viec" else worked_days(day + value - 1) + 1)
