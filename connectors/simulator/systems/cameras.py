"""Cameras: what the pretend ward's two cameras notice that stand beside the recorder, one by Hikvision and one by ONVIF.

Like everything of the pretend ward it follows from its seed, so any stretch of time can be asked about.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from connectors.simulator.ward import Pretend
from ingest.contract.calendar import local_day, ward_moment
from ingest.contract.clock import WARD_ZONE

ISAPI_CAMERA, ONVIF_CAMERA = "tdp020-ngo-5", "tdp041-nha-van-hoa"
"""Named after the residential group in which they stand."""

MINUTE = timedelta(minutes=1)
CROSSING = 0.25
"""In how many minutes of the day somebody crosses the line; at night a tenth of them."""
INTRUSION = 0.004
"""In how many minutes of the night somebody is where nobody should be."""
COVERED, LOST = 0.15, 0.08
"""On how many days the lens is covered, and there is no picture, for a while."""

CameraState = Literal["covered", "no_picture"]


class Noticed(NamedTuple):
    """One thing that a camera notices, and when it is over."""

    kind: Literal["crossing", "intrusion"]
    begins: datetime
    ends: datetime


def noticed(pretend: Pretend, camera: str, after: datetime, until: datetime) -> list[Noticed]:
    """What a camera notices that begins in (after, until]."""
    minute = after.replace(second=0, microsecond=0)
    found: list[Noticed] = []
    while minute <= until:
        found += (one for one in _of_minute(pretend, camera, minute) if after < one.begins <= until)
        minute += MINUTE
    return found


def states(pretend: Pretend, camera: str, at: datetime) -> frozenset[CameraState]:
    """What is wrong with a camera at a moment."""
    day = local_day(at)
    return frozenset(kind for kind, begins, ends in _troubles(pretend, camera, day.isoformat()) if begins <= at < ends)


def _of_minute(pretend: Pretend, camera: str, minute: datetime) -> Iterator[Noticed]:
    chance = pretend.chance("camera", camera, minute)
    is_night = not 5 <= minute.astimezone(WARD_ZONE).hour < 22
    begins = minute + timedelta(seconds=chance.uniform(0, 50))
    if chance.random() < CROSSING * (0.1 if is_night else 1):
        yield Noticed("crossing", begins, begins + timedelta(seconds=2))
    if is_night and chance.random() < INTRUSION:
        yield Noticed("intrusion", begins, begins + timedelta(seconds=chance.uniform(5, 40)))


@lru_cache(maxsize=100)
def _troubles(pretend: Pretend, camera: str, day: str) -> tuple[tuple[CameraState, datetime, datetime], ...]:
    found: list[tuple[CameraState, datetime, datetime]] = []
    kinds: tuple[tuple[CameraState, float], ...] = (("covered", COVERED), ("no_picture", LOST))
    for kind, share in kinds:
        chance = pretend.chance("camera trouble", camera, kind, day)
        begins = ward_moment(datetime.fromisoformat(day).date(), datetime.min.time()) + timedelta(
            hours=chance.uniform(7, 20)
        )
        if chance.random() < share:
            found.append((kind, begins, begins + timedelta(minutes=chance.triangular(5, 60, 15))))
    return tuple(found)
