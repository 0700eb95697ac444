"""Pipeline: the stages that every batch of records goes through, in one direction, and what a kill leaves behind after each.

consume -> validate -> deduplicate -> fold -> write -> announce

1. **Consume.** `transport` brings what one fetch has of one partition; `worker` sees that it goes on where the partition stands.
2. **Validate.** `RecordValidator.take`: events go on, anything else becomes a dead letter. Too many of those halt the partition.
3. **Deduplicate.** `Deduplicator.take`: of each id the first event goes on; the others are kept beside it.
4. **Fold.** `rebuild_entities` brings back what memory has let go; `Fold.fold` changes states and figures, and waits for nothing. What takes
   back an import is folded by itself (`foldable_parts`).
5. **Write.** `WriteBatch.add` gathers; after 100 ms, or when it is full, one block goes through `BatchWriter.write`, table by table.
6. **Announce.** `Announcer.tell` sends the figures that changed to the boards; after that a snapshot may be stored.

Two stages ask the warehouse about the past (3: is this id known? 4: what was this entity?). They do that through `SettledWarehouse`, which first
has everything written that waits: no batch goes back for it. Stages 1 to 4 work on the next batch while 5 and 6 store the one before.

**The crash story.** Nothing that a worker knows is trusted after its death. Whoever gets the partition next (`recovery`) asks the warehouse:
which positions have a row, a duplicate or a dead letter; which snapshot is the newest that these bear out. It folds the rows after that
snapshot again, and reads Kafka after the newest position. Why a kill does no harm, wherever it comes:

| killed after             | is left                                    | so the next one                                                              |
| ------------------------ | ------------------------------------------ | ---------------------------------------------------------------------------- |
| consume                  | nothing new                                | reads the records from Kafka                                                 |
| validate                 | dead letters in Kafka, perhaps             | sends the same ones, with the same ids; the table keeps the first            |
| deduplicate              | nothing new                                | asks again, and finds the same                                               |
| `withdrawal.copied`      | an import's events twice: as those that    | copies them again, over themselves, and does what is missing                 |
|                          | count, and as those that are taken back    |                                                                              |
| `withdrawal.moved`       | an import's events, taken back; what does  | finds them by the position of what takes them back, and works out the same   |
|                          | that is not stored yet                     |                                                                              |
| `streams.folded`         | nothing new: memory is gone                | folds the same records again                                                 |
| `streams.raw_stored`     | rows without duplicates and figures        | folds the rows after the snapshot; duplicates, which are holes, come from    |
|                          |                                            | Kafka once more, and are told by their ids                                   |
| `streams.repeats_stored` | all records                                | folds the rows after the snapshot; no position is missing                    |
| `streams.corrections_stored` | records of corrections without figures | writes them again: same event, same key                                      |
| `streams.values_stored`  | figures that no board has heard of         | writes them again under the same versions, and announces them                |
| `streams.dead_letters_stored` | the same, and dead letters            | the same                                                                     |
| `streams.pushed`         | all but a snapshot                         | announces once more; boards keep the newest version, which they have         |
| `streams.snapshot_stored` | everything                                | begins from that snapshot: there is nothing to fold again                    |
| `streams.committed`      | everything                                 | does not look at Kafka's committed offset, which is for lag monitors only    |

Within one step of stage 5 a block is stored as a whole or not at all; an answer that got lost is not guessed but asked for.
"""

import asyncio
from collections.abc import Callable

from ingest.contract.topic import DEAD_LETTERS
from ingest.runtime.failpoint import failpoint
from streams.deduplicate import Deduplicator
from streams.halted import HaltedPartitions
from streams.partition.record_batch import RecordBatch
from streams.partition.state import PartitionState
from streams.poison.attempts import Attempts
from streams.rebuild import foldable_parts, rebuild_entities
from streams.validate import RecordValidator, parse_dead_letters
from streams.warehouse_connections import StoredPast
from streams.write.flusher import BatchFlusher


class Pipeline:
    """Takes batches that go on where their partition stands.

    Args:
        validator: the second stage.
        past: what the third and the fourth ask about the past.
        flushing: the fifth stage.
        halted: where a partition is halted.
        attempts: is told what is worked on.
        moved: called whenever it has got on.
    """

    def __init__(
        self,
        validator: RecordValidator,
        past: StoredPast,
        flushing: BatchFlusher,
        halted: HaltedPartitions,
        attempts: Attempts,
        moved: Callable[[], None],
    ) -> None:
        self._validator = validator
        self._past = past
        self._deduplicator = Deduplicator(past)
        self._flushing = flushing
        self._halted = halted
        self._attempts = attempts
        self._moved = moved

    async def take(self, partition: PartitionState, batch: RecordBatch) -> None:
        """Take what of a batch is new; returns early when the partition is halted or given up meanwhile.

        Args:
            partition: the partition.
            batch: some of its records, by positions; they begin at `partition.next` or before.
        """
        take = self._take_dead_letters if partition.place[0] == DEAD_LETTERS else self._take_events
        for piece in batch.since(partition.next).pieces():
            self._attempts.work(partition.place, piece.offsets[-1])
            await take(partition, piece)
            if not partition.is_open:
                return
            self._moved()
            self._flushing.change()
            await asyncio.sleep(0)

    async def _take_events(self, partition: PartitionState, piece: RecordBatch) -> None:
        valid = await self._validator.take(partition, piece)
        if valid is None:
            await self._halted.stop(partition)
            return
        events, repeats = await self._deduplicator.take(partition, valid)
        parts = foldable_parts([one.data.kind for one in events.envelopes])
        ends = [*(events.offsets[part.start] for part in parts[1:]), piece.offsets[-1] + 1]
        for some, end in zip(map(events.only, parts), ends, strict=True):
            await rebuild_entities(self._past, partition, some.envelopes, some.offsets)
            if not partition.is_open:
                return
            # From here on nothing waits: what is folded is in the next block, or in none.
            partition.fold.fold(some.envelopes, some.offsets)
            partition.advance(end - 1)
            beside, repeats = [row for row in repeats if row[2] < end], [row for row in repeats if row[2] >= end]
            self._flushing.waiting.add(partition, some, beside)
            failpoint("streams.folded")

    async def _take_dead_letters(self, partition: PartitionState, piece: RecordBatch) -> None:
        self._flushing.waiting.dead_letters += parse_dead_letters(partition, piece)
        partition.advance(piece.offsets[-1])
