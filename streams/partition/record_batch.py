"""Record batch: consecutive records of one partition, which go through the worker together."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

FOLDED_AT_ONCE = 250
"""Records folded before others get their turn: where minutes have to be closed between them, each takes some ten milliseconds."""


class RecordBatch(NamedTuple):
    """Consecutive records of one partition, column by column."""

    offsets: list[int]
    values: list[bytes | None]
    keys: list[bytes | None] | None = None
    """Wards, as far as whoever sent them has said so."""
    first_ms: int = 0
    """When Kafka took the first of them, in milliseconds since 1970 by the real clock; 0: not known."""
    last_ms: int = 0
    """The same of the last one."""

    def since(self, first: int) -> "RecordBatch":
        """What of it begins at an offset."""
        if not self.offsets or self.offsets[0] >= first:
            return self
        skip = sum(offset < first for offset in self.offsets)
        keys = self.keys[skip:] if self.keys else None
        return self._replace(offsets=self.offsets[skip:], values=self.values[skip:], keys=keys)

    def pieces(self, size: int = FOLDED_AT_ONCE) -> "Iterator[RecordBatch]":
        """The same in batches of at most so many records."""
        for start in range(0, len(self.offsets), size):
            some = slice(start, start + size)
            keys = self.keys[some] if self.keys else None
            yield self._replace(offsets=self.offsets[some], values=self.values[some], keys=keys)

    def within(self, ranges: Sequence[tuple[int, int]]) -> "RecordBatch":
        """What of it lies in ascending ranges, first and last offset included."""
        starts = [first for first, _ in ranges]
        inside = [
            index
            for index, offset in enumerate(self.offsets)
            if (at := bisect_right(starts, offset) - 1) >= 0 and offset <= ranges[at][1]
        ]
        if len(inside) == len(self.offsets):
            return self
        keys = [self.keys[index] for index in inside] if self.keys else None
        return self._replace(
            offsets=[self.offsets[index] for index in inside],
            values=[self.values[index] for index in inside],
            keys=keys,
        )

    def moved(self, base: int) -> "RecordBatch":
        """The same with positions instead of Kafka's offsets."""
        return self._replace(offsets=[offset + base for offset in self.offsets]) if base else self
