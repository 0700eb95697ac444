"""Thread pool: threads and a queue for one kind of work, so that no kind can hold up another; what does not fit is refused at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import ParamSpec, TypeVar

from ingest.network.concurrency_limit import ConcurrencyLimit

Given = ParamSpec("Given")
Found = TypeVar("Found")


class ThreadPool:
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
        self.limit = ConcurrencyLimit(of_one_client, threads + waiting, retry_after)

    async def run(self, client: str, work: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
        """Do a work in a thread.

        Args:
            client: for whom.
            work: what to do; blocks.
            given: its arguments.
            named: its arguments by name.

        Raises:
            Overloaded: there is too much to do, or this client has too much in work.
        """
        self.limit.take(client)
        future = self._threads.submit(work, *given, **named)
        future.add_done_callback(lambda _: self.limit.free(client))
        return await asyncio.wrap_future(future)
