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
from ingest.kafka.offsets import Held, held
from streams.consume.duplicates import IdMemory
from streams.partition_state import Part, Place
from streams.poison.attempts import Note
from streams.poison.suspicion import ENDS_WORKER, SuspectError, Suspicion, suspecting
from streams.recovery import reader
from streams.recovery.careful import CarefulTakeUp
from streams.recovery.log_identity import Log, compared, found_log
from streams.recovery.take_up import Known, TakeUp, Tools
from warehouse.store import event_ids, positions
from warehouse.store.halted_partitions import read_stops
from warehouse.store.positions import Range, Standing

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
        self._fruitless: dict[Place, list[float]] = {}
        """When faults of a partition came for which no record was found to be to blame (monotonic)."""

    async def parts(self, places: set[Place], suspects: Mapping[Place, Suspicion]) -> AsyncIterator[Part]:
        """The partitions, each as soon as it can go on; those of events first.

        Args:
            places: which.
            suspects: those of them in which a record may be to blame for a fault.

        Raises:
            Unavailable: something is away, and the worker is stopping.
        """
        standings: dict[Place, Standing] = await self._store.ask(positions.standings)
        logs = await self._logs(places, standings)
        await self._store.write(
            positions.write_bases, {place: found.base for place, found in logs.items() if found.begun}
        )
        newest = {place: standings[place].newest for place in places & standings.keys() if place[0] != DEAD_LETTERS}
        begins = {place: found.begin for place, found in logs.items()}
        holes: dict[Place, list[Range]] = await self._store.ask(positions.holes, newest, begins)
        days = await self._store.ask(event_ids.days)
        known_stops = await self._store.ask(read_stops)
        for place in sorted(places, key=lambda place: (place[0] == DEAD_LETTERS, place)):
            ids = IdMemory()
            for day in days.get(place, ()):
                ids.load(day, await self._store.ask(event_ids.hashes, *place, day))
            known = Known(place, logs[place], ids, known_stops.get(place))
            careful = self._careful(known, suspects.get(place))
            if careful is None:
                try:
                    with suspecting((place, standings.get(place, Standing()).newest)):
                        part = await TakeUp(self._tools, known).part(
                            standings.get(place, Standing()), holes.get(place, [])
                        )
                except SuspectError as error:
                    careful = CarefulTakeUp(self._tools, known, error.suspects[place])
            if careful is not None:
                part = await careful.carefully()
                if careful.is_fruitless:
                    self._fruitless.setdefault(place, []).append(monotonic())
            self._tools.moved()
            yield part

    def _careful(self, known: Known, found: Suspicion | None) -> CarefulTakeUp | None:
        """Whether a partition has to be taken up carefully from the start."""
        place = known.place
        note: Note = self._tools.attempts.begin(place)
        if found is not None:
            times = [one for one in self._fruitless.get(place, []) if monotonic() - one < FRUITLESS_WITHIN]
            return CarefulTakeUp(self._tools, known, found, is_lost=len(times) >= FRUITLESS)
        if not note.is_careful:
            return None
        log.error("%s-%d: %d processes have ended at the same place: each record is looked at", *place, note.deaths)
        return CarefulTakeUp(self._tools, known, Suspicion(note.until, note.culprit, ENDS_WORKER), bad=note.bad)

    async def _logs(self, places: set[Place], standings: dict[Place, Standing]) -> dict[Place, Log]:
        """The log of each partition."""
        topics = [*map(topic_of, streams()), DEAD_LETTERS]
        kafka: Held = await self._tools.from_kafka(lambda: asyncio.to_thread(held, self._tools.ingest, topics))
        bases = await self._store.ask(positions.bases)
        # The newest record of each partition, all at once: it is nearly always the one that we have.
        probes = {}
        for place in places & standings.keys():
            base = next((one.base for one in reversed(bases.get(place, [])) if one.cluster == kafka.cluster), 0)
            offset = min(standings[place].newest - base, kafka.extents[place].end - 1)
            if offset >= kafka.extents[place].first:
                probes[place] = offset
        records = await self._tools.from_kafka(lambda: reader.records_at(self._tools.ingest, probes))

        async def is_ours(place: Place, offset: int, position: int) -> bool | None:
            record = records.get(place) if probes.get(place) == offset else None
            if record is None:
                record = (
                    await self._tools.from_kafka(lambda: reader.records_at(self._tools.ingest, {place: offset}))
                ).get(place)
            stored = await self._store.ask(positions.ids_at, [(*place, position)])
            return compared(stored, place, position, record)

        return {
            place: await found_log(
                place,
                kafka.cluster,
                kafka.extents[place],
                bases.get(place, []),
                standings.get(place, Standing()),
                lambda offset, position, place=place: is_ours(place, offset, position),  # type: ignore[misc]
            )
            for place in places
        }
