"""Valid events: those of a batch that are events, with their places."""

from collections.abc import Sequence
from typing import NamedTuple

from ingest.contract.envelope import AnyEnvelope
from streams.partition.state import PartitionKey
from warehouse.store.sink import RawRows


class ValidEvents(NamedTuple):
    """Events with their places, column by column."""

    envelopes: list[AnyEnvelope]
    offsets: list[int]
    records: list[bytes]

    def add(self, more: "ValidEvents") -> None:
        """Append others."""
        self.envelopes.extend(more.envelopes)
        self.offsets.extend(more.offsets)
        self.records.extend(more.records)

    def only(self, indices: Sequence[int]) -> "ValidEvents":
        """Some of them."""
        envelopes, offsets, records = self
        return ValidEvents(
            [envelopes[index] for index in indices],
            [offsets[index] for index in indices],
            [records[index] for index in indices],
        )

    def rows(self, place: PartitionKey) -> RawRows:
        """The same as raw rows of a partition."""
        rows = RawRows()
        rows.columns["topic"] = [place[0]] * len(self.offsets)
        rows.columns["partition"] = [place[1]] * len(self.offsets)
        rows.columns["offset"] = self.offsets
        rows.columns["ward"] = [one.partitionkey for one in self.envelopes]
        rows.columns["kind"] = [one.data.kind for one in self.envelopes]
        rows.columns["subject"] = [one.subject for one in self.envelopes]
        rows.columns["id"] = [one.id for one in self.envelopes]
        rows.columns["at_ms"] = [one.at_ms for one in self.envelopes]
        rows.columns["event"] = self.records
        return rows
