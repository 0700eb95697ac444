"""Pool: threads and a queue for one kind of work, so that no kind can hold up another; what does not fit is refused at once."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Found = TypeVar("Found")


class Busy(Exception):
    """The queue is full; asking again a little later may help."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("too much to do")
        self.retry_after = retry_after


class Pool:
    """Threads and a queue for one kind of work.

    Args:
        name: of its threads.
        threads: how many works are done at once.
        waiting: how many more may wait.
        of_one_client: how many of them one client may have.
        retry_after: when those that are refused may ask again.
    """

    def __init__(
        self, name: str, threads: int, waiting: int, of_one_client: int, retry_after: timedelta = timedelta(seconds=3)
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most = threads + waiting
        self._of_one_client = of_one_client
        self._retry_after = retry_after
        self._lock = threading.Lock()
        self._in_work: Counter[str] = Counter()

    async def run(self, client: str, work: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
        """Do a work in a thread.

        Args:
            client: for whom.
            work: what to do; blocks.
            given: its arguments.
            named: its arguments by name.

        Raises:
            Busy: there is too much to do, or this client has too much in work.
        """
        with self._lock:
            if self._in_work.total() >= self._most or self._in_work[client] >= self._of_one_client:
                raise Busy(self._retry_after)
            self._in_work[client] += 1
        future = self._threads.submit(work, *given, **named)
        future.add_done_callback(lambda _: self._free(client))
        return await asyncio.wrap_future(future)

    def _free(self, client: str) -> None:
        with self._lock:
            self._in_work[client] -= 1
            if not self._in_work[client]:
                del self._in_work[client]
