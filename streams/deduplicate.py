"""Deduplicate: events that were there before, under the same id, are kept beside the others and counted nowhere."""

from datetime import UTC, date, datetime
from typing import Any

from ingest.runtime import metrics
from streams.partition.duplicates import judge_duplicates
from streams.partition.state import PartitionState
from streams.partition.valid_events import ValidEvents
from streams.warehouse_connections import StoredPast
from warehouse.store import event_ids


class Deduplicator:
    """Finds what was there before.

    Args:
        past: what is stored; it knows all events that came before those that are taken.
    """

    def __init__(self, past: StoredPast) -> None:
        self._past = past

    async def take(self, partition: PartitionState, events: ValidEvents) -> tuple[ValidEvents, list[tuple[Any, ...]]]:
        """Take out what was there before, and remember the rest.

        Returns:
            The events that count, and rows of `raw_repeats` for the others.
        """
        hashes = [event_ids.id_hash(one.partitionkey, one.id) for one in events.envelopes]
        suspects = partition.ids.suspects(hashes)
        repeats: list[tuple[Any, ...]] = []
        if suspects:
            asked = {(events.envelopes[index].partitionkey, events.envelopes[index].id) for index in suspects}
            stored = await self._past.ask(event_ids.first_copies, *partition.place, asked)
            verdict = judge_duplicates(events.envelopes, events.offsets, suspects, stored)
            repeats = [
                _repeat(partition, events, index, first, is_conflict)
                for found, is_conflict in ((verdict.repeated, False), (verdict.conflicts, True))
                for index, first in found
            ]
            metrics.DUPLICATE_EVENTS.labels("repeat").inc(len(verdict.repeated))
            metrics.DUPLICATE_EVENTS.labels("conflict").inc(len(verdict.conflicts))
            if repeats:
                events = events.only(verdict.fresh)
                hashes = [hashes[index] for index in verdict.fresh]
        partition.ids.add(hashes, today())
        return events, repeats


def today() -> date:
    """The day in UTC on which rows are stored now; it is the warehouse's day, whatever clock the install lives by."""
    return datetime.now(UTC).date()


def _repeat(
    partition: PartitionState, events: ValidEvents, index: int, first: int, is_conflict: bool
) -> tuple[Any, ...]:
    one = events.envelopes[index]
    return (
        *partition.place,
        events.offsets[index],
        one.partitionkey,
        one.data.kind,
        one.subject,
        one.id,
        one.at_ms,
        events.records[index] if is_conflict else b"",
        is_conflict,
        first,
    )
