"""Partition state: one partition that a worker has, and how far it is with it.

A position is Kafka's offset plus `base` (`recovery.log_identity`). Of each partition the worker keeps how far it has read, written, looked
and stored a snapshot; each of these moves by the method of the stage that moves it, and in no other way:

| position   | moved by                                  | when                                                          |
| ---------- | ----------------------------------------- | ------------------------------------------------------------- |
| `next`     | `advance`, `continue_at`                  | a batch is folded; recovery and gaps say where it goes on     |
| `looked`   | `mark_looked`                             | the stocks were taken with all events before `next`           |
| `written`  | `mark_written`                            | rows and values up to there can be queried                    |
| `stocked`  | `mark_stocked`                            | stocks that were looked at can be queried                     |
| `values`   | `mark_values`                             | values were stored                                            |
| `snapshot` | `mark_snapshot`                           | a snapshot was stored                                         |
"""

from datetime import timedelta
from time import monotonic

from ingest.source.failure_rate import FailureRate
from streams.fold.fold import Fold, LateStocks
from streams.partition.duplicates import EventIdMemory
from warehouse.model.value import Value
from warehouse.store.positions import PartitionKey as PartitionKey

SETTLED_AFTER = timedelta(seconds=10)
"""How long after a seek records may still come that were fetched before it."""

OverdueStocks = dict[tuple[str, str], LateStocks]
"""Closed minutes to recompute, by entity id and ward."""


class PartitionState:
    """One partition that this worker has.

    Args:
        place: its topic and number.
        base: what is added to Kafka's offsets to make positions of them.
        ids: the ids of the events that came lately.
    """

    def __init__(self, place: PartitionKey, base: int, ids: EventIdMemory | None = None) -> None:
        self.place = place
        self.base = base
        self.ids = ids or EventIdMemory()
        self.fold = Fold(*place)
        self.gate = FailureRate()
        self._next = 0
        self._is_open = False
        self._is_halted = False
        self._written = -1
        self._looked = -1
        self._stocked = -1
        self._values = -1
        self._snapshot = -1
        self._shown = -1
        self._untold: list[Value] = []
        self._closed_ms = 0
        self._overdue: OverdueStocks = {}
        self._are_overdue_stored = False
        self._overdue_until = 0.0
        self._sought_at = 0.0
        self._gap_at = -1

    @property
    def next(self) -> int:
        """Position of the next record to take."""
        return self._next

    @property
    def last(self) -> int:
        """Position of the last record that was taken."""
        return self._next - 1

    def advance(self, position: int) -> None:
        """A record, and all before it, have been taken."""
        self._next, self.fold.offset = position + 1, position

    def continue_at(self, position: int) -> None:
        """Take a position next, whatever lies before it."""
        self._next = position

    @property
    def is_open(self) -> bool:
        """Whether records are taken; not before it has recovered, nor while it is halted."""
        return self._is_open

    @property
    def is_halted(self) -> bool:
        """Whether somebody has to let it go on first."""
        return self._is_halted

    def open(self) -> None:
        """Take records from now on."""
        self._is_open = True

    def close(self) -> None:
        """Take no more records."""
        self._is_open = False

    def halt(self) -> None:
        """Take no more records until somebody lets it go on."""
        self._is_open, self._is_halted = False, True

    def resume(self, allowance: int) -> None:
        """Somebody lets it go on, with so many more bad records."""
        self.gate.allow(allowance)
        self._is_halted = False

    @property
    def written(self) -> int:
        """Position up to which events and their values can be queried."""
        return self._written

    def mark_written(self, position: int) -> None:
        """Rows and values up to a position can be queried, also those that made minutes overdue."""
        self._written, self._are_overdue_stored = position, True

    @property
    def looked(self) -> int:
        """Position up to which events were known when stocks were looked at."""
        return self._looked

    def mark_looked(self, closed_ms: int = 0) -> None:
        """Stocks have been taken with all that was folded.

        Args:
            closed_ms: until when its minutes were closed by the clock as well; 0: they were not.
        """
        self._looked, self._closed_ms = self.last, closed_ms or self._closed_ms

    @property
    def closed_ms(self) -> int:
        """Until when its minutes have been closed by the clock; 0 while it is still catching up."""
        return self._closed_ms

    def mark_stocked(self, position: int) -> None:
        """Stocks that were looked at with events up to a position can be queried."""
        self._stocked = position

    @property
    def values(self) -> int:
        """Newest position that a written value bears."""
        return self._values

    def mark_values(self, position: int) -> None:
        """Values have been written, the newest of which bears a position."""
        self._values = max(self._values, position)

    @property
    def snapshot(self) -> int:
        """Position of the newest snapshot."""
        return self._snapshot

    def mark_snapshot(self, position: int) -> None:
        """A snapshot has been stored."""
        self._snapshot = position

    def succeed(self, values: int, shown: int, stocks: list[Value]) -> None:
        """Know what the previous run has left, once the fold is as the newest snapshot has it.

        Args:
            values: the newest position that a written value bears.
            shown: position up to which it has written values, though the rows are lost and come from Kafka again; -1: none are.
            stocks: stocks that it has written after the snapshot: whether it still told the boards, nobody knows.
        """
        self._snapshot = self._written = self.fold.offset
        self._values, self._shown, self._untold = values, shown, stocks

    def expect(self, shown: int) -> None:
        """Know only up to where the previous run has written values."""
        self._shown = shown

    def take_unannounced(self) -> list[Value]:
        """The stocks that the boards have to be told of again; they are given once."""
        untold, self._untold = self._untold, []
        return untold

    @property
    def overdue(self) -> OverdueStocks:
        """Closed minutes that are being recomputed; the fold has what came up since."""
        return self._overdue

    @property
    def is_recomputable(self) -> bool:
        """Whether there are overdue minutes, and the rows of the events that made them so are stored."""
        return bool(self._overdue) and self._are_overdue_stored

    def take_overdue(self) -> None:
        """Take from the fold what is to be recomputed, unless something is, or was a short while ago."""
        if self.fold.late_stocks and not self._overdue and monotonic() >= self._overdue_until:
            self._overdue, self.fold.late_stocks = self.fold.late_stocks, {}
            self._are_overdue_stored = False

    def finish_overdue(self, until: float) -> None:
        """All of it has been recomputed; no more is until then (monotonic)."""
        self._overdue, self._overdue_until = {}, until

    @property
    def is_settled(self) -> bool:
        """Whether nothing comes any more that was fetched before Kafka was told from where to read."""
        return monotonic() - self._sought_at > SETTLED_AFTER.total_seconds()

    def mark_sought(self) -> None:
        """Kafka is told from where to read."""
        self._sought_at = monotonic()

    @property
    def gap_at(self) -> int:
        """Where Kafka left out records when they were last asked for; -1: nowhere."""
        return self._gap_at

    def mark_gap(self, position: int) -> None:
        """Kafka has left out records from a position on; -1: it has not."""
        self._gap_at = position

    @property
    def is_behind(self) -> bool:
        """Whether the previous run has shown more than the fold knows yet."""
        return self.fold.offset < self._shown

    @property
    def noted_offset(self) -> int:
        """Kafka's offset after the last record that can be queried; the last one counts once its stocks can be queried as well."""
        return self._written + (self._stocked >= self._written) - self.base

    @property
    def kafka_offset(self) -> int:
        """Kafka's offset of the next record to take."""
        return self._next - self.base
