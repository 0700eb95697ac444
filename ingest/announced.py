"""Announced: the days off and the days worked instead that the authorities announce year by year.

`days_off.toml` beside this file holds what is known; `calendar.toml` in the data folder, in the same form, adds and overrides
years without touching the code. Both are read once a process, when the first day is asked for.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ingest.errors import ConfigurationError
from ingest.settings import PlaceSettings

SHIPPED = Path(__file__).parent / "days_off.toml"
OVERRIDE = "calendar.toml"


class Announced(NamedTuple):
    """What the authorities announced for one year, besides the holidays that the law names."""

    off: frozenset[date] = frozenset()
    """Further days off: the day that a swap frees, days granted besides."""
    working: frozenset[date] = frozenset()
    """Days worked although they would be off: the Saturday of a swap, a calculated holiday that was not given."""


@cache
def announced() -> dict[int, Announced]:
    """By year, as shipped, with the office's own years in their place.

    Raises:
        ConfigurationError: a file is not of the form; names it and the line or year.
    """
    override = PlaceSettings().data_folder / OVERRIDE
    return read(SHIPPED) | (read(override) if override.exists() else {})


def read(file: Path) -> dict[int, Announced]:
    """The years of one file.

    Raises:
        ConfigurationError: as `announced`.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}. It must look like {SHIPPED.name}.") from None
    return {int(year): _year(file, year, table) for year, table in tables.items() if _is_year(file, year)}


def _is_year(file: Path, text: str) -> bool:
    if not (text.isdecimal() and len(text) == 4):
        raise ConfigurationError(f"{file}: [{text}] is no year, for example [2027].")
    return True


def _year(file: Path, year: str, table: Any) -> Announced:
    days = {name: table.get(name, []) if isinstance(table, dict) else None for name in Announced._fields}
    for name, given in days.items():
        if not isinstance(given, list) or not all(type(day) is date and day.year == int(year) for day in given):
            raise ConfigurationError(f"{file}: {name} of [{year}] must be dates of that year, like [{year}-01-02].")
    if isinstance(table, dict) and set(table) - set(days):
        raise ConfigurationError(
            f"{file}: [{year}] knows off and working, not {', '.join(sorted(set(table) - set(days)))}."
        )
    return Announced(**{name: frozenset(given) for name, given in days.items() if given is not None})
