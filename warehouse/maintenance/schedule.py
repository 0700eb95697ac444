"""Schedule: when a job is due. Pure."""

from datetime import datetime, time, timedelta

from ingest.contract.clock import WARD_ZONE

AGAIN = timedelta(minutes=15)
"""Real time between two tries of a job that fails, and between two runs at a fast pretend clock."""


def latest_due_time(at: time, now: datetime) -> datetime:
    """The last time that the ward's clocks showed `at`.

    Args:
        at: time of the day in the ward.
        now: the present by the install's clock.
    """
    local = now.astimezone(WARD_ZONE)
    today = datetime.combine(local.date(), at, WARD_ZONE)
    return today if today <= local else today - timedelta(days=1)


def is_due(at: time, now: datetime, last: datetime | None, tried: datetime | None, real_now: datetime) -> bool:
    """Whether a nightly job is due: it has not been done since its last time came, be it that the PC was off then.

    Args:
        at: time of the day in the ward.
        now: the present by the install's clock.
        last: when it was done last, by the same clock.
        tried: when it was tried last, in real time.
        real_now: the present in real time.
    """
    if tried is not None and timedelta() <= real_now - tried < AGAIN:
        return False
    # A clock that was set back makes what was done "later" count as done, until that time has come again.
    return last is None or last < latest_due_time(at, now)
