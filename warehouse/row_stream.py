"""Row stream: the rows of a SELECT on their way, in bounded memory."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Self

from clickhouse_driver.errors import ServerException

from ingest.errors import Unavailable


class RowStream:
    """Iterating gives lists of tuples; closing it early ends the query.

    Args:
        chunks: what the driver gives; the first row of all says names and types.
        guard: around every step, so that the driver's errors become ours.
        end: ends the query and its connection.
    """

    def __init__(
        self,
        chunks: Iterator[list[Any]],
        guard: Callable[[], AbstractContextManager[None]],
        end: Callable[[], None],
    ) -> None:
        self._chunks = chunks
        self._guard = guard
        self._end = end
        self._ended = False
        (head, *rows) = self._next() or [[]]
        self.columns: list[tuple[str, str]] = list(head)
        """Names and types."""
        self._rows: list[Any] = rows

    def __iter__(self) -> Iterator[list[Any]]:
        if self._rows:
            yield self._rows
        while rows := self._next():
            yield rows

    def _next(self) -> list[Any]:
        try:
            with self._guard():
                rows = list(next(self._chunks, ()))
        except (ServerException, Unavailable):
            self._ended = True
            raise
        self._ended = not rows
        return rows

    def close(self) -> None:
        """End the query if it has not ended by itself."""
        if not self._ended:
            self._ended = True
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
