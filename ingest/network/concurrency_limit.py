"""Concurrency limit: how much may be in work at once, of one client and of all; what does not fit is refused before it costs anything."""

import threading
from collections import Counter
from datetime import timedelta

from ingest.contract.errors import Overloaded


class ConcurrencyLimit:
    """What is in work, counted. May be used by several threads.

    Args:
        of_client: most at once of one client.
        of_all: most at once.
        retry_after: when those that are refused may ask again.
    """

    def __init__(self, of_client: int, of_all: int, retry_after: timedelta) -> None:
        self._of_client = of_client
        self._of_all = of_all
        self._retry_after = retry_after
        self._in_work: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._in_work.total()

    def take(self, client: str) -> None:
        """Count something that begins; `free` has to follow.

        Raises:
            Overloaded: it does not fit.
        """
        with self._lock:
            if self._in_work.total() >= self._of_all or self._in_work[client] >= self._of_client:
                raise Overloaded("too much at once", self._retry_after)
            self._in_work[client] += 1

    def free(self, client: str) -> None:
        """Something of a client is done."""
        with self._lock:
            self._in_work[client] -= 1
            if not self._in_work[client]:
                del self._in_work[client]
