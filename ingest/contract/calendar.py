"""Calendar: Vietnam's working time, in which statutory limits are counted (BLDS 2015, Đ147-148; BLLĐ 2019, Đ111-112).

Holidays come from the library `holidays`; the days that are announced year by year (swapped days, days off granted besides) override
it. `days_off.toml` beside this file holds what is known of them; `calendar.toml` in the data folder, in the same form, adds and
overrides years without touching the code, and may give the office's own opening hours, weekday by weekday. Both are read once a
process, when the first day is asked for. A year that is missing there is still calculated, with a warning: its swaps are not known yet.

One rule ends every limit: one in hours ends to the hour; one in days, working or calendar, does not count the day on which it begins and
ends with the last hour of its last day, or of the next working day where that one is off.
"""

import logging
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple

import holidays

from ingest.contract.clock import WARD_OFFSET, milliseconds
from ingest.contract.errors import ConfigurationError
from ingest.contract.label import Label
from ingest.contract.settings import PlaceSettings

SHIPPED = Path(__file__).parent / "days_off.toml"
OVERRIDE = "calendar.toml"


class AnnouncedDaysOff(NamedTuple):
    """What the authorities announced for one year, besides the holidays that the law names."""

    off: frozenset[date] = frozenset()
    """Further days off: the day that a swap frees, days granted besides."""
    working: frozenset[date] = frozenset()
    """Days worked although they would be off: the Saturday of a swap, a calculated holiday that was not given."""


class Hours(NamedTuple):
    """A stretch of a day's working hours, in the ward's local time."""

    opens: time
    closes: time


OFFICE_HOURS = (Hours(time(7, 0), time(11, 30)), Hours(time(13, 30), time(17, 0)))
"""The default working hours: eight hours with a long lunch."""

Week = tuple[tuple[Hours, ...], ...]
"""The hours of seven weekdays, Monday first; none on a day off."""


@cache
def announced_days_off() -> dict[int, AnnouncedDaysOff]:
    """By year, as shipped, with the office's own years in their place.

    Raises:
        ConfigurationError: a file is not of the form; names it and the line or year.
    """
    override = PlaceSettings().data_folder / OVERRIDE
    return read_announced(SHIPPED) | (read_announced(override) if override.exists() else {})


def read_announced(file: Path) -> dict[int, AnnouncedDaysOff]:
    """The years of one file.

    Raises:
        ConfigurationError: as `announced`.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}. It must look like {SHIPPED.name}.") from None
    return {
        int(year): _year(file, year, table) for year, table in tables.items() if year != HOURS and _is_year(file, year)
    }


HOURS = "hours"
"""The table of `calendar.toml` with the office's own opening hours."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@cache
def opening_hours() -> Week | None:
    """The office's own opening hours by weekday, as its file says; `None`: it says nothing of them.

    Raises:
        ConfigurationError: the file is not of the form.
    """
    override = PlaceSettings().data_folder / OVERRIDE
    return read_hours(override) if override.exists() else None


def read_hours(file: Path) -> Week | None:
    """The opening hours of one file.

    Raises:
        ConfigurationError: they are not of the form; names the file and the weekday.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get(HOURS)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}. It must look like {SHIPPED.name}.") from None
    if table is None:
        return None
    if not isinstance(table, dict) or set(table) - set(WEEKDAYS):
        raise ConfigurationError(f"{file}: [{HOURS}] knows {', '.join(WEEKDAYS)}.")
    week = tuple(_day(file, name, table.get(name, [])) for name in WEEKDAYS)
    if not any(week):
        raise ConfigurationError(f"{file}: [{HOURS}] must open the office on some weekday.")
    return week


def _day(file: Path, name: str, given: Any) -> tuple[Hours, ...]:
    try:
        hours = tuple(Hours(*map(time.fromisoformat, one.split("-"))) for one in given)
        check_hours(hours)
    except (AttributeError, TypeError, ValueError, ConfigurationError):
        raise ConfigurationError(
            f'{file}: {name} of [{HOURS}] must be hours in order, like ["07:00-11:30", "13:30-17:00"].'
        ) from None
    return hours


def _is_year(file: Path, text: str) -> bool:
    if not (text.isdecimal() and len(text) == 4):
        raise ConfigurationError(f"{file}: [{text}] is not a year, for example [2027].")
    return True


def _year(file: Path, year: str, table: Any) -> AnnouncedDaysOff:
    days = {name: table.get(name, []) if isinstance(table, dict) else None for name in AnnouncedDaysOff._fields}
    for name, given in days.items():
        if not isinstance(given, list) or not all(type(day) is date and day.year == int(year) for day in given):
            raise ConfigurationError(f"{file}: {name} of [{year}] must be dates of that year, like [{year}-01-02].")
    if isinstance(table, dict) and set(table) - set(days):
        raise ConfigurationError(
            f"{file}: [{year}] knows off and working, not {', '.join(sorted(set(table) - set(days)))}."
        )
    return AnnouncedDaysOff(**{name: frozenset(given) for name, given in days.items() if given is not None})


logger = logging.getLogger(__name__)

LimitUnit = Literal["gio", "ngay", "ngay_lam_viec"]
"""Units of a statutory limit: working hour, calendar day, working day."""


CULTURE_DAY = (11, 24)
"""Ngày Văn hóa Việt Nam: a paid day off (NQ 28/2026/QH16, in force since 1 July 2026; CV 10065/VPCP-KGVX of 2 October 2026: that day only)."""
CULTURE_DAY_SINCE = 2026
CULTURE_DAY_NAME = Label("Ngày Văn hóa Việt Nam", "Vietnam Culture Day")
OTHER_DAY_OFF = Label("Ngày nghỉ", "Day off")


MONDAY_TO_FRIDAY = frozenset(range(5))


def check_hours(hours: tuple[Hours, ...]) -> None:
    """Refuse hours that are out of order or overlap.

    Raises:
        ConfigurationError: they are.
    """
    edges = [edge for one in hours for edge in one]
    if any(later <= earlier for earlier, later in pairwise(edges)):
        raise ConfigurationError(f"working hours must be in order and not overlap: {' '.join(map(str, edges))}")


@dataclass(frozen=True)
class Calendar:
    """The working time of one office, as a value: hours, weekdays, and the announced days by year.

    Everything takes and gives aware datetimes; what comes out is UTC.
    """

    hours: tuple[Hours, ...] = OFFICE_HOURS
    """A working day's hours, in order, not overlapping; where the install's files give hours by weekday, those stand."""
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    """Working weekdays, Monday = 0."""
    announced: dict[int, AnnouncedDaysOff] | None = field(default=None, hash=False)
    """What was announced, by year; `None`: as the install's files say."""

    def __post_init__(self) -> None:
        check_hours(self.hours)
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise ConfigurationError(f"working weekdays must be some of 0 (Monday) to 6, got {sorted(self.weekdays)}")

    def is_working_day(self, day: date) -> bool:
        """Whether the office works on that local day."""
        announced = _announced(self, day.year)
        if day in announced.working:
            return True
        return bool(self.week()[day.weekday()]) and day not in announced.off and day not in _holidays(day.year)

    def week(self) -> Week:
        """The hours of each weekday, Monday first: the office's own where its file gives them."""
        own = opening_hours() if self.announced is None else None
        return own or tuple(self.hours if weekday in self.weekdays else () for weekday in range(7))

    def hours_on(self, day: date) -> tuple[Hours, ...]:
        """The hours of a day on which the office works; of one that is worked instead of another, those of the longest weekday."""
        week = self.week()
        return week[day.weekday()] or max(week, key=lambda hours: sum((_length(one) for one in hours), timedelta()))

    def periods(self, day: date) -> list[tuple[datetime, datetime]]:
        """The local day's working hours as [opens, closes) in UTC; empty on a day off."""
        return list(_periods(self, day))

    def is_open(self, at: datetime) -> bool:
        """Whether the moment lies in working hours."""
        return any(opens <= at < closes for opens, closes in _periods(self, local_day(at)))

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two moments; negative when `end` is before `start`."""
        if end < start:
            return -self.working_time(end, start)
        total = timedelta()
        for opens, closes in self._periods_from(start):
            if opens >= end:
                break
            total += max(min(closes, end) - max(opens, start), timedelta())
        return total

    def add_working_time(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which `amount` of working time has passed since `start`.

        A result on a boundary is the close of the earlier stretch, not the opening of the next one. With nothing to add
        it is `start` itself, or the next opening when `start` is outside working hours.

        Raises:
            ValueError: the amount is negative.
        """
        if amount < timedelta():
            raise ValueError(f"working time to add must not be negative, got {amount}")
        for opens, closes in self._periods_from(start):
            begin = max(opens, start.astimezone(UTC))
            if closes > begin and closes - begin >= amount:
                return begin + amount
            amount -= max(closes - begin, timedelta())
        raise AssertionError("working time never ends")

    def due(self, received_at: datetime, limit_value: int, limit_unit: LimitUnit) -> datetime:
        """When the result of a dossier is due.

        - `gio`: that many working hours later, to the hour;
        - `ngay_lam_viec`: the close of that many working days after the day of receipt, which is not counted;
        - `ngay`: the close of that many calendar days after it, or of the next working day when that day is off.

        So a limit in days never ends within a day (Bộ luật Dân sự 2015, Đ147.2, Đ148.4-5).

        Args:
            received_at: when the office accepted it.
            limit_value: the procedure's limit.
            limit_unit: its unit.
        """
        if limit_unit == "gio":
            return self.add_working_time(received_at, timedelta(hours=limit_value))
        last = local_day(received_at)
        if limit_unit == "ngay":
            last = self.next_working_day(last + timedelta(days=limit_value))
        for _ in range(limit_value if limit_unit == "ngay_lam_viec" else 0):
            last = self.next_working_day(last + timedelta(days=1))
        return _periods(self, last)[-1][1]

    def next_working_day(self, day: date) -> date:
        """The day itself when it is a working day, else the first one after it."""
        while not self.is_working_day(day):
            day += timedelta(days=1)
        return day

    def previous_working_day(self, day: date) -> date:
        """The day itself when it is a working day, else the last one before it."""
        while not self.is_working_day(day):
            day -= timedelta(days=1)
        return day

    def segments(self, first_day: date, last_day: date) -> list[tuple[int, int]]:
        """The working hours from first to last local day, both included, as (open, close) in epoch milliseconds UTC.

        With them SQL does the same arithmetic over arrays: the working time between a and b is
        `arraySum(arrayMap((o, c) -> greatest(0, least(c, b) - greatest(o, a)), opens, closes))`.
        """
        days = (first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1))
        return [(milliseconds(opens), milliseconds(closes)) for day in days for opens, closes in _periods(self, day)]

    def _periods_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working hours from the local day of `start` on, without end."""
        day = local_day(start)
        while True:
            yield from _periods(self, day)
            day += timedelta(days=1)


OFFICE = Calendar()
"""The working time used where nothing else is set."""


def day_off_name(day: date) -> Label | None:
    """What a day is called on which the office is closed though it works on that weekday; `None` on any other."""
    if OFFICE.is_working_day(day) or not OFFICE.week()[day.weekday()]:
        return None
    names = [
        holidays.country_holidays("VN", years=day.year, language=language).get(day) for language in ("vi", "en_US")
    ]
    if all(names):
        return Label(*map(str, names))
    return CULTURE_DAY_NAME if (day.month, day.day) == CULTURE_DAY else OTHER_DAY_OFF


def local_day(at: datetime) -> date:
    """The ward's local day of a moment."""
    return (at.astimezone(UTC) + WARD_OFFSET).date()


def ward_moment(day: date, at: time) -> datetime:
    """The UTC moment of a local day and local time of the ward."""
    return datetime.combine(day, at, UTC) - WARD_OFFSET


def _length(hours: Hours) -> timedelta:
    return timedelta(hours=hours.closes.hour - hours.opens.hour, minutes=hours.closes.minute - hours.opens.minute)


@cache
def _periods(calendar: Calendar, day: date) -> tuple[tuple[datetime, datetime], ...]:
    if not calendar.is_working_day(day):
        return ()
    return tuple((ward_moment(day, hours.opens), ward_moment(day, hours.closes)) for hours in calendar.hours_on(day))


@cache
def _holidays(year: int) -> frozenset[date]:
    """The holidays that the law names: as the library calculates them, and Culture Day, which it does not know yet."""
    named = frozenset(holidays.country_holidays("VN", years=year))
    return named | {date(year, *CULTURE_DAY)} if year >= CULTURE_DAY_SINCE else named


@cache
def _announced(calendar: Calendar, year: int) -> AnnouncedDaysOff:
    years = announced_days_off() if calendar.announced is None else calendar.announced
    if year in years:
        return years[year]
    logger.warning(
        "The days off of %d are not announced yet: the law's are counted, swaps unknown. Add [%d] to calendar.toml in the data "
        "folder as soon as they are (the form: ingest/contract/days_off.toml).",
        year,
        year,
    )
    return AnnouncedDaysOff()
