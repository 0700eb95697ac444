"""Setting aside: a record whose content makes work fail becomes a dead letter, and counts as if it had never come.

1. Its dead letter goes to Kafka, as every dead letter does.
2. Its raw row, if it has one, is taken away.
3. Figures that may have counted it are recomputed from the rows that are left: closed windows and minutes; what the fold still has in
   memory is folded again when the partition is taken up without it.
4. The dead letter is stored here and now. From then on the position is known to be set aside: no snapshot that may have the record folded
   in is gone on from, and it is not fetched from Kafka again.

A crash before the last step leaves a record that is found once more. The dead letter can be sent again like any other, and counts once then:
no row is left under its id.
"""

import logging

from ingest.contract.clock import Clock, milliseconds
from ingest.contract.envelope import decode_stored
from ingest.contract.errors import InvalidEvent
from ingest.runtime import metrics
from ingest.source.failure_rate import LARGEST_SHARE, RECENT
from ingest.untrusted.dead_letter import from_record
from streams.fold.plan import touches
from streams.poison.suspicion import ENDS_WORKER, Suspicion, describe_error, is_of_content
from streams.validate import RecordValidator
from streams.warehouse_connections import WorkerWarehouse
from streams.write.batch import WriteBatch
from streams.write.writer import BatchWriter
from warehouse.catalogue import indicators
from warehouse.model.correction import Cause, Correction
from warehouse.model.value import Value
from warehouse.recompute import rebuild
from warehouse.store import set_aside as aside
from warehouse.store.halted_partitions import HaltedPartition
from warehouse.store.positions import PartitionKey
from warehouse.store.set_aside import StoredRecord

log = logging.getLogger(__name__)

DETAILS = {ENDS_WORKER: "the process that works on it ends"}


class Quarantine:
    """Sets records aside.

    Args:
        store: the warehouse.
        validator: sends dead letters.
        writing: writes what is recomputed.
        clock: the install's.
    """

    def __init__(self, store: WorkerWarehouse, validator: RecordValidator, writing: BatchWriter, clock: Clock) -> None:
        self._store = store
        self._validator = validator
        self._writing = writing
        self._clock = clock

    async def set_aside(
        self, place: PartitionKey, position: int, found: Suspicion, record: bytes, ward: str, counted_to: int
    ) -> None:
        """Set a record aside; returns when nothing counts it any more.

        Args:
            place: its partition.
            position: where it lies.
            found: why.
            record: what Kafka or the warehouse has of it.
            ward: its ward.
            counted_to: newest position of a stored figure: what lies before it may be counted.

        Raises:
            Unavailable: something is away, and the worker is stopping.
        """
        detail = found.told or DETAILS.get(found.reason, found.reason)
        log.error(
            "%s-%d: the record at position %d is set aside as a dead letter (%s: %s). After a fix it can be sent again",
            *place, position, found.reason, detail,
        )  # fmt: skip
        metrics.SET_ASIDE.labels(place[0], found.reason).inc()
        fault = InvalidEvent(found.reason, detail)
        dead_letter = from_record(*place, position, record, fault, ward=ward, received_at=self._clock.now())
        await self._validator.send([dead_letter])
        stored: StoredRecord | None = await self._store.ask(aside.stored_record, *place, position)
        if stored is not None:
            await self._store.write(aside.remove_raw_row, *place, position, stored)
            if position <= counted_to:
                try:
                    await self._recount(place, position, stored, counted_to)
                except Exception as error:
                    if not is_of_content(error):
                        raise
                    log.error("%s-%d: cannot recompute the figures that counted position %d; the audit will show them: %s", *place, position, describe_error(error))  # fmt: skip
        await self._store.write(aside.write_dead_letter, dead_letter)

    async def _recount(self, place: PartitionKey, position: int, stored: StoredRecord, offset: int) -> None:
        """Recompute the closed windows and minutes in which it was counted."""
        cause = Cause(stored.kind, stored.subject, stored.id, stored.at_ms, position)
        for indicator, window_ms in await self._store.ask(aside.changed_windows, *place, position):
            await self._write(
                await self._store.ask(
                    rebuild.recompute_windows, indicator, stored.ward, {window_ms: cause}, *place, offset
                )
            )
        (event,) = decode_stored([stored.event.encode()])
        if isinstance(event, InvalidEvent):
            return
        with_stocks = {one.of.id for one in indicators() if one.has_stock}
        for touch in touches(place[0]).get(event.data.kind, ()):
            id = touch.plan.entity.id
            if id in with_stocks:
                for from_ms, until_ms in rebuild.split_at_midnights(stored.at_ms, milliseconds(self._clock.now())):
                    await self._write(
                        await self._store.ask_at_leisure(
                            rebuild.recompute_stocks, id, stored.ward, from_ms, until_ms, *place, offset, cause
                        )
                    )

    async def _write(self, found: tuple[list[Value], list[Correction]]) -> None:
        block = WriteBatch()
        block.values, block.corrections = found
        await self._writing.write(block)


def is_flood(left_out: set[int], position: int, stop: HaltedPartition | None) -> str | None:
    """Whether one more record that is set aside makes too many: how many of how many then.

    Args:
        left_out: what was set aside of the partition.
        position: the next one.
        stop: the newest word about the partition: somebody may have allowed more.
    """
    resumed = stop if stop is not None and not stop.is_stopped else None
    first = max(position - RECENT + 1, resumed.offset if resumed else 0)
    allowed = resumed.allowance if resumed else 0
    bad = sum(first <= one <= position for one in left_out | {position}) - allowed
    return f"{bad}/{RECENT}" if bad > LARGEST_SHARE * RECENT else None
