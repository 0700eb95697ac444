"""Partition state: one partition that a worker has, and how far it is with it."""

from ingest.source.failure_rate import FailureRate
from streams.consume.duplicates import EventIdMemory
from streams.fold.fold import Fold, LateStocks
from warehouse.model.value import Value
from warehouse.store.positions import PartitionKey as PartitionKey


class PartitionState:
    """One partition that this worker has."""

    def __init__(self, place: PartitionKey, base: int) -> None:
        self.place = place
        self.base = base
        """What is added to Kafka's offsets to make positions of them."""
        self.fold = Fold(*place)
        self.ids = EventIdMemory()
        self.gate = FailureRate()
        self.next = 0
        """Position of the next record to take."""
        self.is_open = False
        """Whether records are taken; not before it has recovered, nor while it is stopped."""
        self.is_stopped = False
        """Whether somebody has to let it go on first."""
        self.written = -1
        """Position up to which events and their values can be queried."""
        self.looked = -1
        """Position up to which events were known when stocks were looked at."""
        self.stocked = -1
        """The same, of stocks that can be queried."""
        self.values = -1
        """Newest position that a written value bears."""
        self.snapshot = -1
        """Position of the newest snapshot."""
        self.shown = -1
        """Position up to which an earlier life has written values, though the rows are lost and come from Kafka again."""
        self.untold: list[Value] = []
        """Stocks that an earlier life has written after the snapshot: whether it still told the boards, nobody knows."""
        self.closed_ms = 0
        """Until when its minutes have been closed by the clock; 0 while it is still catching up."""
        self.overdue: dict[tuple[str, str], LateStocks] = {}
        """Closed minutes that are being recomputed, by entity id and ward; the fold has what came up since."""
        self.are_overdue_stored = False
        """Whether the rows of the events that made them so are stored."""
        self.overdue_until = 0.0
        """Until when no more are recomputed (monotonic)."""
        self.sought_at = 0.0
        """When Kafka was last told from where to read (monotonic)."""
        self.gap_at = -1
        """Where Kafka left out records when they were last asked for."""

    @property
    def is_behind(self) -> bool:
        """Whether an earlier life has shown more than the fold knows yet."""
        return self.fold.offset < self.shown

    @property
    def noted_offset(self) -> int:
        """Kafka's offset after the last record that can be queried; the last one counts once its stocks can be queried as well."""
        return self.written + (self.stocked >= self.written) - self.base

    @property
    def kafka_offset(self) -> int:
        """Kafka's offset of the next record to take."""
        return self.next - self.base
