"""Recovery: what a worker does with the partitions that it is given, before it takes their first record from Kafka.

1. Which log of Kafka is each, and where do positions begin in it (`log_identity`)?
2. Each is taken up where the warehouse ends (`take_up`).
3. Where a record may be to blame for a fault, or for the death of processes, that is done carefully (`careful`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from time import monotonic

from ingest.contract.events import streams
from ingest.contract.topic import DEAD_LETTERS, topic_of
from ingest.kafka.offsets import HeldRecords, held_records
from ingest.kafka.reader import Position, read_records
from streams.partition.duplicates import EventIdMemory
from streams.partition.state import PartitionKey, PartitionState
from streams.poison.attempts import AttemptNote
from streams.poison.suspicion import ENDS_WORKER, SuspectError, Suspicion, suspecting
from streams.recovery.careful import CarefulTakeUp
from streams.recovery.log_identity import LogIdentity, find_log, is_same_record
from streams.recovery.take_up import StoredPositions, TakeUp, Tools
from warehouse.store import event_ids, positions
from warehouse.store.halted_partitions import read_halted_partitions
from warehouse.store.positions import PartitionProgress, PositionRange

log = logging.getLogger(__name__)

FRUITLESS, FRUITLESS_WITHIN = 3, 600.0
"""So many faults of a partition for which no record was found to be to blame, within so many seconds: at the next one it is stopped."""


class Recovery:
    """Makes parts of partitions.

    Args:
        tools: what taking them up needs.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._store = tools.store
        self._fruitless: dict[PartitionKey, list[float]] = {}
        """When faults of a partition came for which no record was found to be to blame (monotonic)."""

    async def partitions(
        self, places: set[PartitionKey], suspects: Mapping[PartitionKey, Suspicion]
    ) -> AsyncIterator[PartitionState]:
        """The partitions, each as soon as it can go on; those of events first.

        Args:
            places: which.
            suspects: those of them in which a record may be to blame for a fault.

        Raises:
            Unavailable: something is away, and the worker is stopping.
        """
        # 1. How far the warehouse is, and in which log of Kafka positions go on.
        progress: dict[PartitionKey, PartitionProgress] = await self._store.ask(positions.read_progress)
        logs = await self._logs(places, progress)
        await self._store.write(
            positions.write_bases, {place: found.base for place, found in logs.items() if found.begun}
        )
        # 2. What the warehouse lacks before that, which ids came lately, and what is halted.
        newest = {place: progress[place].newest for place in places & progress.keys() if place[0] != DEAD_LETTERS}
        begins = {place: found.begin for place, found in logs.items()}
        holes: dict[PartitionKey, list[PositionRange]] = await self._store.ask(
            positions.missing_positions, newest, begins
        )
        days = await self._store.ask(event_ids.remembered_days)
        known_stops = await self._store.ask(read_halted_partitions)
        for place in sorted(places, key=lambda place: (place[0] == DEAD_LETTERS, place)):
            ids = EventIdMemory()
            for day in days.get(place, ()):
                ids.load(day, await self._store.ask(event_ids.read_id_hashes, *place, day))
            known = StoredPositions(place, logs[place], ids, known_stops.get(place))
            # 3. At once where nothing speaks against it; record by record after a fault.
            careful = self._careful(known, suspects.get(place))
            if careful is None:
                try:
                    with suspecting((place, progress.get(place, PartitionProgress()).newest)):
                        partition = await TakeUp(self._tools, known).partition(
                            progress.get(place, PartitionProgress()), holes.get(place, [])
                        )
                except SuspectError as error:
                    careful = CarefulTakeUp(self._tools, known, error.suspects[place])
            if careful is not None:
                partition = await careful.carefully()
                if careful.is_fruitless:
                    self._fruitless.setdefault(place, []).append(monotonic())
            self._tools.moved()
            yield partition

    def _careful(self, known: StoredPositions, found: Suspicion | None) -> CarefulTakeUp | None:
        """Whether a partition has to be taken up carefully from the start."""
        place = known.place
        note: AttemptNote = self._tools.attempts.begin(place)
        if found is not None:
            times = [one for one in self._fruitless.get(place, []) if monotonic() - one < FRUITLESS_WITHIN]
            return CarefulTakeUp(self._tools, known, found, is_lost=len(times) >= FRUITLESS)
        if not note.is_careful:
            return None
        log.error("%s-%d: %d processes have ended at the same place: each record is looked at", *place, note.deaths)
        return CarefulTakeUp(self._tools, known, Suspicion(note.until, note.culprit, ENDS_WORKER), bad=note.bad)

    async def _logs(
        self, places: set[PartitionKey], progress: dict[PartitionKey, PartitionProgress]
    ) -> dict[PartitionKey, LogIdentity]:
        """The log of each partition."""
        topics = [*map(topic_of, streams()), DEAD_LETTERS]
        kafka: HeldRecords = await self._tools.from_kafka(
            lambda: asyncio.to_thread(held_records, self._tools.ingest, topics)
        )
        bases = await self._store.ask(positions.read_bases)
        # The newest record of each partition, all at once: it is nearly always the one that we have.
        probes: list[Position] = []
        for place in places & progress.keys():
            base = next((one.base for one in reversed(bases.get(place, [])) if one.cluster == kafka.cluster), 0)
            offset = min(progress[place].newest - base, kafka.extents[place].end - 1)
            if offset >= kafka.extents[place].first:
                probes.append((*place, offset))
        records = await self._tools.from_kafka(lambda: read_records(self._tools.ingest, probes))

        async def is_ours(place: PartitionKey, offset: int, position: int) -> bool | None:
            where = (*place, offset)
            if where not in records:
                records.update(await self._tools.from_kafka(lambda: read_records(self._tools.ingest, [where])))
            record = (records[where] or b"") if where in records else None
            stored = await self._store.ask(positions.ids_at, [(*place, position)])
            return is_same_record(stored, place, position, record)

        return {
            place: await find_log(
                place,
                kafka.cluster,
                kafka.extents[place],
                bases.get(place, []),
                progress.get(place, PartitionProgress()),
                lambda offset, position, place=place: is_ours(place, offset, position),  # type: ignore[misc]
            )
            for place in places
        }
