"""Foreign time: seconds since 1970, as devices give it, as an aware datetime."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


def _moment(seconds: Any) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not _EARLIEST <= seconds < _LATEST:
        raise ValueError("a time must be seconds since 1970, between the years 2000 and 2100")
    return datetime.fromtimestamp(round(seconds, 3), UTC)


Seconds = Annotated[datetime, BeforeValidator(_moment)]
"""Seconds since 1970, to the millisecond, between the years 2000 and 2100."""
