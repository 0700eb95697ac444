"""Queries: how the board's pages ask the warehouse - in a thread, a few at once, each question with a limit of time and memory."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, TypeVar

from ingest.contract.errors import Refused, Unavailable
from warehouse.model.value import Value
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, ServerError, connect
from warehouse.store.values import current_values

Found = TypeVar("Found")

LONGEST = timedelta(seconds=15)
"""How long one question may take."""
AT_ONCE = 3

_NO_TABLE = 60
_MEMORY = 1024 * 1024 * 1024
_LIMITS = {159: "took too long", 160: "would take too long", 241: "needs too much memory"}


class TooMuchError(Refused):
    """A question went over its limit; asking again would do the same."""


class WarehouseQueries(Protocol):
    """Asks the warehouse."""

    async def ask(self, question: Callable[[Client], Found]) -> Found:
        """The answer to a question.

        Args:
            question: what to ask on a connection of its own; blocks, in a thread.

        Raises:
            Unavailable: the warehouse is away.
            TooMuchError: the question took too long, or too much memory.
        """
        ...


class WarehouseReader:
    """Asks as the database's owner: what pages ask is our own SQL, and what people typed never gets into it as text."""

    def __init__(self, settings: WarehouseSettings) -> None:
        self._settings = settings
        self._places = asyncio.Semaphore(AT_ONCE)

    async def ask(self, question: Callable[[Client], Found]) -> Found:
        """The answer; see `WarehouseQueries`."""
        async with self._places:
            return await asyncio.to_thread(self._answer, question)

    def _answer(self, question: Callable[[Client], Found]) -> Found:
        options = {"max_execution_time": LONGEST.total_seconds(), "max_memory_usage": _MEMORY}
        try:
            with connect(self._settings, options=options) as client:
                return question(client)
        except ServerError as error:
            if error.code in _LIMITS:
                raise TooMuchError(_LIMITS[error.code]) from error
            if error.code == _NO_TABLE:
                raise Unavailable("the warehouse", "its tables are not there yet") from error
            raise


def load_values(settings: WarehouseSettings, ward: str, now_ms: int, stocks_from_ms: int = 0) -> list[Value]:
    """A ward's current values; without the stocks that have stood since before a time.

    Raises:
        Unavailable: the warehouse is away, or not set up yet.
    """
    try:
        with connect(settings) as client:
            return current_values(client, ward, now_ms, stocks_from_ms=stocks_from_ms)
    except ServerError as error:
        if error.code == _NO_TABLE:
            raise Unavailable("the warehouse", "its tables are not there yet") from error
        raise
