"""Deadline: when a dossier is due, in both renderings, from its procedure's limit and from when the citizen was waited for.

The same rules as `ingest.contract.calendar.Calendar.due`, as expressions over an entity's fields: a limit in hours or working days is
working time, one in calendar days ends with a day's last hour. Where a supplement was asked for, two rules exist:

- `restart`: the limit begins anew when the dossier is whole (NĐ 61/2018, Đ19.4);
- `pause`: the time in which the citizen was waited for does not count (QĐ 766).
"""

from functools import lru_cache
from typing import Any, Literal

from warehouse.model.expression import (
    DAY_MS,
    MINUTE,
    WARD_OFFSET_MS,
    Sql,
    choose,
    greatest,
    sql,
    symbol_among,
    ward_day,
)
from warehouse.model.working_time import worked_at, worked_at_sql, worked_until, worked_until_sql

SupplementRule = Literal["restart", "pause"]

HOUR = 60 * MINUTE
WORKING_DAY = 8 * HOUR
"""A working day of a limit, and the working hours of every day on which the office works."""


def due_after(start: Any, value: Any, unit: Any) -> Any:
    """When a limit that begins at `start` ends.

    Args:
        start: ms.
        value: how many units.
        unit: `gio`, `ngay` or `ngay_lam_viec`, as in the events.
    """
    if isinstance(start, Sql):
        of_hours = worked_later(start, value * choose(unit == "gio", HOUR, WORKING_DAY))
        return choose(unit == "ngay", day_close(ward_day(start) + value), of_hours)
    symbol = symbol_among(start, value, unit)
    return _due_after(start, value, unit) if symbol is None else symbol.called(_due_after, start, value, unit)


def due_paused(due: Any, unit: Any, asked: Any, answered: Any) -> Any:
    """When a limit ends that stood still from `asked` to `answered` (ms); `due` is its end without that."""
    if isinstance(due, Sql):
        return _paused(due, unit, asked, answered)
    asking = (due, unit, asked, answered)
    symbol = symbol_among(*asking)
    return _due_paused(*asking) if symbol is None else symbol.called(_due_paused, *asking)


def _paused(due: Any, unit: Any, asked: Any, answered: Any) -> Any:
    days = ward_day(due) + greatest(0, ward_day(answered) - ward_day(asked))
    waited = greatest(0, working_time(asked, answered))
    return choose(unit == "ngay", day_close(days), worked_later(due, waited))


def day_close(day: Any) -> Any:
    """The last working hour's end of a local day, or of the next working day when that day is off.

    Args:
        day: the day's number, see `ward_day`.
    """
    return worked_later(day * DAY_MS - WARD_OFFSET_MS, WORKING_DAY)


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
    if unit == "ngay":
        return int(day_close(ward_day(start) + value))
    return int(worked_later(start, value * (HOUR if unit == "gio" else WORKING_DAY)))


_due_paused = lru_cache(maxsize=65_536)(_paused)
