"""Back-off: how long to wait before something that failed is tried again."""

import random
from datetime import timedelta


class BackOff:
    """Waits that double up to a limit, with jitter so that many clients do not come back in step.

    Args:
        first: the first wait.
        most: the longest; jitter makes it a quarter longer at most.
    """

    def __init__(self, first: timedelta = timedelta(milliseconds=500), most: timedelta = timedelta(seconds=30)) -> None:
        self._first = first.total_seconds()
        self._most = most.total_seconds()
        self._next = self._first
        self.failures = 0
        """How often it has failed since it last worked; whoever says so once says it at 0."""

    def reset(self) -> None:
        """It worked: the next wait is a short one again."""
        self._next = self._first
        self.failures = 0

    def seconds(self) -> float:
        """The next wait in seconds."""
        wait = self._next
        self.failures += 1
        self._next = min(2 * wait, self._most)
        return wait * random.uniform(0.75, 1.25)  # noqa: S311
