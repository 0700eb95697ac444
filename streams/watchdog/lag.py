"""Lag: how far a partition's stored position is behind its end in Kafka, in records and in seconds. Pure: times are arguments."""

from collections import deque
from typing import NamedTuple


class PartitionLag(NamedTuple):
    """How much of a partition cannot be queried yet."""

    records: int
    seconds: float
    """Age of the oldest of them; 0 when there is none."""
    unmoved: float
    """Seconds since the position last moved while something waited; 0 when nothing waits."""


NOTHING = PartitionLag(0, 0.0, 0.0)


class Backlog:
    """One partition. Offsets are Kafka's; times are seconds since 1970 by the real clock, as Kafka's timestamps are."""

    def __init__(self) -> None:
        self._taken: deque[tuple[int, float, float]] = deque()
        """Batches that were taken and are not stored: their last offset, and when Kafka took their first and last record."""
        self._position = -1
        self._behind_since: float | None = None
        self._moved_at = 0.0
        self._reached: float | None = None
        """When Kafka took the newest record that was stored since the partition has been behind."""

    def take(self, last_offset: int, first_at: float, last_at: float) -> None:
        """Note a batch that was taken."""
        self._taken.append((last_offset, first_at, last_at))

    def measure(self, position: int, end: int | None, now: float) -> PartitionLag:
        """How things are.

        Args:
            position: the offset after the last one that can be queried.
            end: the offset after the last one in Kafka; `None` while that is not known.
            now: the present.
        """
        reached = None
        while self._taken and self._taken[0][0] < position:
            _, _, reached = self._taken.popleft()
        if end is None or end <= position:
            self._behind_since = self._reached = None
            self._position = position
            return NOTHING
        if self._behind_since is None:
            self._behind_since = self._moved_at = now
        elif reached is not None:
            self._reached = reached
        if position != self._position:
            self._position, self._moved_at = position, now
        oldest = self._taken[0][1] if self._taken else self._reached or self._behind_since
        return PartitionLag(end - position, max(0.0, now - oldest), now - self._moved_at)
