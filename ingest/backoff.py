"""Back-off: how long to wait before something that failed is tried again."""

import random
from datetime import timedelta


class BackOff:
    """Waits that double up to a limit, with jitter so that many clients do not come back in step."""

    def __init__(self, first: timedelta = timedelta(milliseconds=500), most: timedelta = timedelta(seconds=30)) -> None:
        self._first = first.total_seconds()
        self._most = most.total_seconds()
        self._next = self._first

    def reset(self) -> None:
        """It worked: the next wait is a short one again."""
        self._next = self._first

    def seconds(self) -> float:
        """The next wait in seconds."""
        wait = self._next
        self._next = min(2 * wait, self._most)
        return wait * random.uniform(0.75, 1.25)  # noqa: S311
