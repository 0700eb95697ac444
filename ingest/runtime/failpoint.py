"""Failpoint: a named place between two steps that matter, where a test can end, freeze or fail the process.

Unarmed, which it is outside tests, a failpoint is one look into an empty dictionary. `IOC_FAILPOINTS` arms some:
`name:n:action, …`, for example `streams.raw_stored:3:kill` ends the process the third time it gets there.
"""

import logging
import os
import signal

from ingest.contract.errors import ConfigurationError

log = logging.getLogger(__name__)

ACTIONS = ("kill", "freeze", "fail")

_armed: dict[str, tuple[int, str]] = {}


class FailpointError(Exception):
    """What the action `fail` raises: nobody expects it, as nobody expects a bug."""


def arm_failpoints(text: str) -> None:
    """Arm failpoints as a setting names them; what was armed before is not any more.

    Raises:
        ConfigurationError: not of the form `name:n:action, …`.
    """
    _armed.clear()
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, rest = part.partition(":")
        count, _, action = rest.partition(":")
        if not name or not count.isdecimal() or int(count) < 1 or action not in ACTIONS:
            raise ConfigurationError(
                f"IOC_FAILPOINTS must look like name:n:action with {', '.join(ACTIONS)}; got {part!r}"
            )
        _armed[name] = (int(count), action)


def failpoint(name: str) -> None:
    """Be here. When this place is armed and its turn has come, do what it is armed with.

    Args:
        name: `<folder>.<what has just happened>`, for example `intake.sent`.
    """
    if name not in _armed:
        return
    left, action = _armed[name]
    if left > 1:
        _armed[name] = (left - 1, action)
        return
    del _armed[name]
    log.warning("failpoint %s: %s", name, action)
    if action == "fail":
        raise FailpointError(name)
    os.kill(os.getpid(), signal.SIGKILL if action == "kill" else signal.SIGSTOP)
