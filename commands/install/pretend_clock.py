"""What time it is in the pretend ward when it starts: a rule without side effects, and the file that remembers where it got to."""

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from ingest.contract.calendar import OFFICE, local_day, ward_moment
from ingest.contract.clock import WARD_ZONE, PretendClock, RealClock

MORNING = time(9, 0)
"""Ward time at which a ward that would be closed now is shown instead: the counters are busy then."""


class ClockBeginning(NamedTuple):
    """How the clock starts."""

    origin: datetime
    """What it shows at the start, in UTC."""
    real: bool
    """Whether it is simply the real time."""
    moved: bool = False
    """Whether the time asked for was refused, because the clock never goes back."""


def clock_beginning(
    now: datetime, speed: float, last: datetime | None = None, at: datetime | None = None
) -> ClockBeginning:
    """Where the pretend clock starts.

    - the time asked for, if one was;
    - else the real time, if the office is open now and time runs at its normal speed;
    - else 09:00 of the most recent working day, so that the ward is always seen at work.

    It never goes back: where an earlier run got further than that, this one goes on from there; if the ward is closed at
    that time, from 09:00 of its next working day.

    Args:
        now: the real time.
        speed: how many times as fast the clock will run.
        last: where the clock of an earlier run got to.
        at: the time asked for.
    """
    if at is not None:
        return ClockBeginning(max(at, last or at), real=False, moved=last is not None and last > at)
    real = OFFICE.is_open(now) and speed == 1
    origin = now if real else _recent_morning(now)
    if last is None or last <= origin:
        return ClockBeginning(origin, real)
    return ClockBeginning(last if OFFICE.is_open(last) else _next_morning(last), real=False)


def parse_moment(text: str) -> datetime:
    """A moment as a person types it, `2026-11-24 09:30`, in ward time unless it names its own zone.

    Raises:
        ValueError: it cannot be read.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=WARD_ZONE)).astimezone(UTC)


class ClockFile:
    """The file that remembers where the pretend clock got to."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def last(self) -> datetime | None:
        """Where the clock got to; None before the first run."""
        try:
            return datetime.fromisoformat(json.loads(self._path.read_text(encoding="utf-8"))["last"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, clock: PretendClock | RealClock) -> None:
        """Remember what the clock shows now; a crash leaves the old or the new file, never half of one."""
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"last": clock.now().isoformat()}), encoding="utf-8")
        new.replace(self._path)


def _recent_morning(now: datetime) -> datetime:
    morning = ward_moment(OFFICE.previous_working_day(local_day(now)), MORNING)
    if morning <= now:
        return morning
    return ward_moment(OFFICE.previous_working_day(local_day(now) - timedelta(days=1)), MORNING)


def _next_morning(moment: datetime) -> datetime:
    morning = ward_moment(OFFICE.next_working_day(local_day(moment)), MORNING)
    if morning >= moment:
        return morning
    return ward_moment(OFFICE.next_working_day(local_day(moment) + timedelta(days=1)), MORNING)
