"""Foreign fields: numbers, times, areas and texts as foreign systems write them, for connectors' models.

A number from outside has to be written as a number. Pydantic also takes texts, and reads `1.000` as 1, where a Vietnamese system means
a thousand; `true` would be 1 as well. Which of a source's texts are numbers, and of which country, its connector would have to say;
until a connector does, they are refused.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints

from ingest.contract.quantity import EARLIEST, LATEST


def _plain(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise ValueError("a number must be written as a number, not as a text or a truth value")
    return value


PlainInt = Annotated[int, BeforeValidator(_plain)]
"""A whole number."""

PlainFloat = Annotated[float, BeforeValidator(_plain)]
"""A number."""


_EARLIEST, _LATEST = EARLIEST.timestamp(), LATEST.timestamp()


def _moment(seconds: Any) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not _EARLIEST <= seconds < _LATEST:
        raise ValueError(f"a time must be seconds since 1970, between the years {EARLIEST.year} and {LATEST.year}")
    return datetime.fromtimestamp(round(seconds, 3), UTC)


EpochSeconds = Annotated[datetime, BeforeValidator(_moment)]
"""Seconds since 1970, to the millisecond, from `EARLIEST` until before `LATEST`."""


_NAMED = re.compile(r"tdp[-_]?(\d{3})(?!\d)", re.IGNORECASE)


def named_area(name: str) -> str | None:
    """The group of a device that is named after it, for example `TDP-017` of `tdp-017-l1` or `tdp017_cong_cho`."""
    found = _NAMED.match(name)
    return f"TDP-{found[1]}" if found else None


Hidden = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A code that a pseudonym is going to stand in for: whatever it holds, so that only its length is bounded."""
