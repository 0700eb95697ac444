"""Dismantled: a device that was taken down, and one of which nothing was heard for so long that somebody has to say whether it was.

A device leaves numerators and denominators when somebody decommissions it - who and when are in the event - and in no other way: one
that only fell silent is still missed. It is listed with the time of its last sign until it is decommissioned or heard again. A sign
after the decommissioning means that the device is in use again. Every sign counts from its own time on, as every event does.
"""

from typing import Any

from warehouse.model.aggregate import Dimension
from warehouse.model.expression import DAY_MS, joined

AFTER = 30 * DAY_MS
"""Silence after which a device is listed; shorter than the time for which events are kept at least."""

SILENT_SINCE = "silent_since"
"""The dimension whose members are the devices, each with the time of its last sign; see `last_sign`."""


def is_in_use(registered_at: Any, heard_at: Any, decommissioned_at: Any, now: Any) -> Any:
    """Whether the device has been heard of, and was not decommissioned since its last sign."""
    return (registered_at <= now) & (decommissioned_at < heard_at)


def is_silent(heard_at: Any, now: Any) -> Any:
    """Whether nothing was heard of it for so long that somebody has to look."""
    return now - heard_at > AFTER


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
