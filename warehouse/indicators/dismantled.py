"""Dismantled: a device that nothing was heard of for so long that it counts as taken down, and where that is told.

No source says that a device is gone for good. One that is only broken is still told about - a recorder repeats that a camera has no
picture, a loudspeaker's last will stands, somebody opens the counter again - or comes back within weeks. So whoever was silent
for `AFTER` leaves numerators and denominators, is listed with the time of its last sign for as long as `LISTED` reaches, and
counts again with its next sign. A sign that comes late counts from its own time on, as every event does.
"""

from typing import Any

from warehouse.model.aggregate import Dimension
from warehouse.model.expression import DAY_MS, joined

AFTER = 30 * DAY_MS
"""Silence after which a device counts as taken down; shorter than the time for which events are kept at least."""

LISTED = 90 * DAY_MS
"""Silence up to which it is listed."""

SILENT_SINCE = "silent_since"
"""The dimension whose members are the devices, each with the time of its last sign; see `last_sign`."""


def is_there(heard_at: Any, now: Any) -> Any:
    """Whether something was heard of the device lately enough."""
    return now - heard_at <= AFTER


def is_silent(heard_at: Any, now: Any) -> Any:
    """Whether it counts as taken down, and is still listed."""
    return (now - heard_at > AFTER) & (now - heard_at <= LISTED)


def silent_since(heard_at: Any) -> Dimension:
    """Each device with the time of its last sign.

    Args:
        heard_at: state -> that time, in ms.
    """
    return Dimension(SILENT_SINCE, lambda state: joined(state.key, heard_at(state)))


def last_sign(member: str) -> tuple[str, int]:
    """The device of a member of `SILENT_SINCE`, and its last sign in ms."""
    key, _, heard_at = member.rpartition(" ")
    return key, int(heard_at)
