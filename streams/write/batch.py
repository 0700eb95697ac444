"""Batch: what one flush writes, cut at one instant."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from ingest.contract.clock import milliseconds
from streams.fold.fold import LateStocks, LateWindow
from streams.fold.plan import plans
from streams.partition.state import OverdueStocks, PartitionKey, PartitionState
from streams.partition.valid_events import ValidEvents
from streams.poison.suspicion import suspecting
from warehouse.model.correction import Cause, Correction
from warehouse.model.value import Value
from warehouse.store import sink
from warehouse.store.sink import DeadLetterRecord, RawRows
from warehouse.store.snapshots import Snapshot

FORGOTTEN_AFTER = timedelta(minutes=30)
"""How far event time goes on until the fold lets go of what is over: a worker that catches up days within a minute would hold them all."""


class StockAmendment(NamedTuple):
    """A window that is recomputed from the raw rows."""

    partition: PartitionState
    late: LateWindow
    cause: Cause
    offset: int
    """Last offset folded in."""


class WriteBatch:
    """What waits to be written together, and how far each partition is with it."""

    def __init__(self) -> None:
        self.rows = RawRows()
        self.repeats: list[tuple[Any, ...]] = []
        self.dead_letters: list[DeadLetterRecord] = []
        self.newest_recorded: dict[str, int] = {}
        """By ward, when the newest event was taken in."""
        self.untold: list[Value] = []
        """Values that are stored, and that the boards are told of again."""
        self.values: list[Value] = []
        self.corrections: list[Correction] = []
        self.late: list[StockAmendment] = []
        """Windows that are recomputed when the rows are there."""
        self.reached: list[tuple[PartitionState, int]] = []
        """The position before the next record of each partition."""
        self.memories: list[tuple[PartitionState, Snapshot]] = []

    def __bool__(self) -> bool:
        return bool(
            self.rows
            or self.repeats
            or self.dead_letters
            or self.values
            or self.corrections
            or self.late
            or self.memories
        )

    def add(self, partition: PartitionState, events: ValidEvents, repeats: Iterable[tuple[Any, ...]]) -> None:
        """Add the events of a partition, and rows of `raw_repeats`."""
        self.repeats += repeats
        for name, column in events.rows(partition.place).columns.items():
            self.rows.columns[name] += column
        for one in events.envelopes[-1:]:
            self.newest_recorded[one.partitionkey] = milliseconds(one.recordedtime)

    def cut(self, partitions: Iterable[PartitionState], with_memory: bool) -> None:
        """Add what the partitions' folds give, and the memory of those that went on since their last snapshot."""
        for partition in partitions:
            if partition.is_behind:
                continue
            with suspecting((partition.place, partition.last)):
                self._cut(partition, with_memory)

    def in_question(self) -> list[tuple[PartitionKey, int]]:
        """The partitions that a refusal may be about, with how far each is: if values cannot be stored, theirs, else all that are there."""
        bad: set[PartitionKey] = set()
        for value in self.values:
            try:
                sink.check_values([value])
            except (OverflowError, UnicodeEncodeError):
                bad.add((value.topic, value.partition))
        there = {*zip(self.rows.columns["topic"], self.rows.columns["partition"], strict=True)}
        there |= {(value.topic, value.partition) for value in self.values} | {
            partition.place for partition, _ in self.memories
        }
        reached = {partition.place: position for partition, position in self.reached}
        return [(place, reached[place]) for place in bad or there or reached.keys() if place in reached]

    def _cut(self, partition: PartitionState, with_memory: bool) -> None:
        """Add what one partition's fold gives."""
        self.untold += partition.take_unannounced()
        self.values += partition.fold.take()
        partition.fold.forget(after=FORGOTTEN_AFTER)
        self.corrections += partition.fold.take_corrections()
        self.late += [
            StockAmendment(partition, *one, partition.fold.offset) for one in sorted(partition.fold.late.items())
        ]
        partition.fold.late = {}
        self.reached.append((partition, partition.last))
        partition.take_overdue()
        if with_memory and plans(partition.place[0]) and partition.fold.offset > partition.snapshot:
            self.memories.append((partition, Snapshot(partition.fold.offset, partition.values, _memory(partition))))


def _memory(partition: PartitionState) -> list[list[Any]]:
    """What a snapshot keeps of a partition; what is being recomputed is not done yet."""
    partition.fold.forget()
    newer, partition.fold.late_stocks = (
        partition.fold.late_stocks,
        merge_late_stocks(partition.overdue, partition.fold.late_stocks),
    )
    pieces = partition.fold.dump()
    partition.fold.late_stocks = newer
    return pieces


def merge_late_stocks(overdue: OverdueStocks, newer: OverdueStocks) -> OverdueStocks:
    """What is being recomputed, together with what came up since."""
    both = dict(newer)
    for place, late in overdue.items():
        other = both.get(place, late)
        furthest = min(late, other)
        both[place] = LateStocks(furthest.from_ms, max(late.until_ms, other.until_ms), furthest.cause)
    return both
