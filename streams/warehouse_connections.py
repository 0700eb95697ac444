"""Warehouse connections: the worker's connections to the warehouse, which wait as long as it is away - unless the worker is stopping."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol

from ingest.contract.errors import Unavailable
from ingest.runtime.backoff import BackOff
from streams.watchdog.freeze import FreezeWatchdog
from warehouse.store.client import Client

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=0.2), timedelta(seconds=5)


class Stopping:
    """Whether the worker has been told to stop: from then on nothing is waited for any more."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def __bool__(self) -> bool:
        return self._told.is_set()

    def tell(self) -> None:
        """Stop."""
        self._told.set()

    async def pause(self, seconds: float, error: Unavailable) -> None:
        """Wait a while before something is tried again.

        Raises:
            Unavailable: the worker is stopping; it is the error that was waited for.
        """
        if self:
            raise error
        try:
            await asyncio.wait_for(self._told.wait(), seconds)
        except TimeoutError:
            return
        raise error


class WorkerWarehouse:
    """The warehouse, as the worker reads and writes it.

    Its connections may stand at different replicas of a cluster. What is asked always knows what was written: else a duplicate that comes
    within the replicas' lag would count.

    Args:
        writer: a connection for what is written.
        reader: another one for what is asked, so that a long question does not keep rows waiting.
        stopping: whether to give up waiting.
        guard: asked before everything that is written.
    """

    def __init__(self, writer: Client, reader: Client, stopping: Stopping, guard: FreezeWatchdog) -> None:
        self._written = writer
        self._writer = _Connection(writer)
        self._reader = _Connection(reader)
        self._settings = reader.settings
        self._leisure = _Connection(Client(reader.settings))
        self._stopping = stopping
        self._guard = guard

    async def ask(self, work: Callable[..., object], *arguments: object) -> Any:
        """Run a blocking read, and retry it until the warehouse answers.

        Raises:
            Unavailable: it is away, and the worker is stopping.
        """
        return await self._patiently(self._reader, self._following, work, *arguments)

    async def write(self, work: Callable[..., object], *arguments: object) -> Any:
        """Do blocking work that writes, and may be done twice, again and again until the warehouse has confirmed it.

        Raises:
            Unavailable: it is away, and the worker is stopping.
        """
        return await self._patiently(self._writer, self._guarded, work, *arguments)

    async def try_to_write(self, work: Callable[..., object], *arguments: object) -> Any:
        """Do blocking work that writes, once.

        Raises:
            Unavailable: nobody knows whether it is done.
        """
        return await self._writer.do(self._guarded, work, *arguments)

    async def ask_at_leisure(self, work: Callable[..., object], *arguments: object) -> Any:
        """As `ask`, for what may take long: nobody else waits for it.

        Raises:
            Unavailable: it is away, and the worker is stopping.
        """
        return await self._patiently(self._leisure, self._following, work, *arguments)

    @asynccontextmanager
    async def own_connection(self) -> AsyncIterator[Client]:
        """A connection of one's own, for a long answer that is read piece by piece.

        Raises:
            Unavailable: the warehouse is away.
        """
        client = Client(self._settings)
        try:
            await asyncio.to_thread(client.follow, self._written)
            yield client
        finally:
            client.close()

    def _following(self, client: Client, work: Callable[..., object], *arguments: object) -> object:
        client.follow(self._written)
        return work(client, *arguments)

    def _guarded(self, client: Client, work: Callable[..., object], *arguments: object) -> object:
        self._guard.check()
        return work(client, *arguments)

    async def _patiently(self, connection: "_Connection", work: Callable[..., object], *arguments: object) -> Any:
        backoff = BackOff(FIRST_WAIT, LONGEST_WAIT)
        while True:
            try:
                return await connection.do(work, *arguments)
            except Unavailable as error:
                log.warning("waiting for the warehouse: %s", error)
                await self._stopping.pause(backoff.seconds(), error)


class StoredPast(Protocol):
    """What is stored, for whoever has to know what came before."""

    async def ask(self, work: Callable[..., object], *arguments: object) -> Any:
        """Do blocking work that reads."""
        ...

    async def write(self, work: Callable[..., object], *arguments: object) -> Any:
        """Do blocking work that changes it, and may be done twice."""
        ...


class SettledWarehouse:
    """The warehouse, which is asked when it has everything that came before.

    Args:
        store: the warehouse.
        settle: writes everything that waits.
    """

    def __init__(self, store: WorkerWarehouse, settle: Callable[[], Awaitable[None]]) -> None:
        self._store = store
        self._settle = settle

    async def ask(self, work: Callable[..., object], *arguments: object) -> Any:
        """As `WorkerWarehouse.ask`.

        Raises:
            Unavailable: it is away, and the worker is stopping.
            SuspectError: what waits cannot be written.
        """
        await self._settle()
        return await self._store.ask(work, *arguments)

    async def write(self, work: Callable[..., object], *arguments: object) -> Any:
        """As `WorkerWarehouse.write`.

        Raises:
            Unavailable: it is away, and the worker is stopping.
            SuspectError: what waits cannot be written.
        """
        await self._settle()
        return await self._store.write(work, *arguments)


class _Connection:
    """A client with which one thread at a time works."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._free = asyncio.Lock()

    async def do(self, work: Callable[..., object], *arguments: object) -> Any:
        """Do work in a thread. A thread cannot be interrupted: after a cancellation the client stays in use until the work is done."""
        await self._free.acquire()
        done = asyncio.ensure_future(asyncio.to_thread(work, self._client, *arguments))
        done.add_done_callback(self._released)
        return await asyncio.shield(done)

    def _released(self, done: "asyncio.Future[Any]") -> None:
        self._free.release()
        if not done.cancelled():
            done.exception()  # looked at, even when nobody waits any more
