"""Freeze: a worker that stood still for longer than Kafka waits for it may have lost its partitions, and must not write any more.

A process can stand still at any instruction (SIGSTOP, a PC that sleeps, a machine without memory), and go on in any of its threads
first. So the time is looked at in two places: in a thread that does nothing else, and in the thread that is about to write. An event
loop that is only busy is another matter: Kafka hears of us from a thread of its own.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from streams.watchdog import exit

log = logging.getLogger(__name__)

SESSION = timedelta(seconds=6)
"""How long Kafka waits for a worker that gives no sign of life before others get its partitions."""

BEAT_EVERY = 0.25


class FreezeWatchdog:
    """Ends the process when it stood still for too long.

    Args:
        limit: how long that is.
        end: what ends the process.
        now: seconds that pass, also while the PC sleeps.
    """

    def __init__(
        self,
        limit: timedelta = SESSION,
        end: Callable[[int], object] = exit.end_process,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._limit = limit.total_seconds()
        self._end = end
        self._now = now or _boot_time
        self._beat_at: float | None = None

    def start(self) -> None:
        """Beat from now on, in a thread of its own."""
        threading.Thread(target=self._run, name="freeze guard", daemon=True).start()

    def check(self) -> None:
        """Before a write: end the process if it has stood still since the last beat."""
        still = 0.0 if self._beat_at is None else self._now() - self._beat_at
        if still > self._limit:
            log.error(
                "frozen for %.0f s: this process ends before it writes to partitions that may have another owner", still
            )
            self._end(exit.FROZEN)

    def beat(self) -> None:
        """Be alive."""
        self.check()
        self._beat_at = self._now()

    def _run(self) -> None:
        while True:
            self.beat()
            time.sleep(BEAT_EVERY)


def _boot_time() -> float:
    """Seconds that pass while the PC sleeps as well, where the system counts them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
