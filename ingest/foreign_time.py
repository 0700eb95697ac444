"""Foreign time: seconds since 1970, as devices give it, as an aware datetime."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

from ingest.quantity import EARLIEST, LATEST

_EARLIEST, _LATEST = EARLIEST.timestamp(), LATEST.timestamp()


def _moment(seconds: Any) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not _EARLIEST <= seconds < _LATEST:
        raise ValueError(f"a time must be seconds since 1970, between the years {EARLIEST.year} and {LATEST.year}")
    return datetime.fromtimestamp(round(seconds, 3), UTC)


Seconds = Annotated[datetime, BeforeValidator(_moment)]
"""Seconds since 1970, to the millisecond, from `EARLIEST` until before `LATEST`."""
