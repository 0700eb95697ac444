"""Outages: when the civil-status software does not answer; a few times a week in working hours, 10 to 40 minutes."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from connectors.simulator.ward import Pretend


class Outage(NamedTuple):
    """A stretch in which the software answers with 503; `code` is the incident number in the dossier system."""

    code: str
    begins: datetime
    ends: datetime


@lru_cache(maxsize=400)
def outages(pretend: Pretend, day: date) -> tuple[Outage, ...]:
    """The outages of one local day, in order; none on a day off."""
    chance = pretend.chance("outages", day)
    found: list[Outage] = []
    for opens, closes in pretend.calendar.periods(day):
        if chance.random() < 0.08:
            length = timedelta(minutes=chance.triangular(10, 40, 18))
            begins = opens + chance.random() * (closes - opens - length)
            found.append(Outage(f"SC-{day:%Y%m%d}-{len(found) + 1}", begins, begins + length))
    return tuple(found)


def is_away(pretend: Pretend, day: date, at: datetime) -> bool:
    """Whether the software is away at a moment of that local day."""
    return any(outage.begins <= at < outage.ends for outage in outages(pretend, day))
