"""Clock: what time it is for the whole system.

Real time, unless the pretend ward runs: then every process shares one pretend clock that may start elsewhere and run faster,
so that ages, windows and deadlines stay consistent with each other at any speed.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

WARD_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""UTC+7 without daylight saving; used only where a rule says "day" or where a person reads a time."""

WARD_OFFSET = timedelta(hours=7)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Anything that tells the time; tests pass one that they move by hand."""

    def now(self) -> datetime:
        """The present as an aware UTC datetime."""
        ...


class RealClock:
    """The machine's clock."""

    speed = 1.0

    def now(self) -> datetime:
        """The present as an aware UTC datetime."""
        return datetime.now(UTC)


class PretendClock:
    """The pretend ward's clock: at real time `real_origin` it showed `origin`, and since then it runs `speed` times as fast."""

    def __init__(self, origin: datetime, real_origin: datetime, speed: float) -> None:
        self.origin = origin
        self.real_origin = real_origin.timestamp()
        self.speed = speed

    def now(self) -> datetime:
        """The pretend present as an aware UTC datetime."""
        return self.origin + timedelta(seconds=(time.time() - self.real_origin) * self.speed)


def shown_at(clock: Clock, real: datetime) -> datetime:
    """What a clock showed at a real time: for what the warehouse or a file has dated by the machine's clock."""
    if isinstance(clock, PretendClock):
        return clock.origin + timedelta(seconds=(real.timestamp() - clock.real_origin) * clock.speed)
    return real


def real_at(clock: Clock, shown: datetime) -> datetime:
    """The machine's time at which a clock showed a time: the other way of `shown_at`."""
    if isinstance(clock, PretendClock):
        return datetime.fromtimestamp(clock.real_origin + (shown - clock.origin).total_seconds() / clock.speed, UTC)
    return shown


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC, rounded down as SQL does: the form in which folds and SQL calculate."""
    since = moment - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def moment(ms: int) -> datetime:
    """The aware UTC datetime of `ms` milliseconds since 1970-01-01."""
    return datetime.fromtimestamp(ms / 1000, UTC)
