"""The stages that a batch goes through: in one direction, each on its own, and nothing of a partition that was given up."""

import asyncio
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import streams
from commands.developers.load.events import records
from commands.developers.nemesis.faults.processes import failpoints
from ingest.contract.clock import milliseconds
from ingest.contract.decoder import DecodedEvent
from ingest.contract.envelope import Envelope, encode, envelope
from ingest.contract.errors import Unavailable
from ingest.contract.events.petition import PetitionRated, PetitionReceived, PetitionTransferred
from ingest.contract.events.queue import TicketIssued
from ingest.contract.topic import DEAD_LETTERS
from ingest.untrusted.dead_letter import DeadLetter
from streams import pipeline
from streams.deduplicate import Deduplicator
from streams.fold.fold import Fold
from streams.partition.consumer import NullConsumer
from streams.partition.record_batch import FOLDED_AT_ONCE, RecordBatch
from streams.partition.state import PartitionState
from streams.partition.valid_events import ValidEvents
from streams.pipeline import Pipeline
from streams.poison.attempts import Attempts
from streams.rebuild import rebuild_entities
from streams.settings import StreamsSettings
from streams.validate import RecordValidator, validate_records
from streams.warehouse_connections import Stopping
from streams.write.announcer import Announcer
from streams.write.batch import WriteBatch
from streams.write.flusher import BatchFlusher
from streams.write.writer import BatchWriter
from tests.connectors.support.taking import Still
from tests.streams.test_app import worker as worker
from tests.support.made import START, events
from warehouse.model.entity import Entity
from warehouse.store.event_ids import StoredEventId

PLACE = ("ioc.queue.v1", 0)
CLOCK = Still(START + timedelta(days=1))
HOUR = timedelta(hours=1)
PETITION: dict[str, Any] = {"channel": "city", "category": "hien_truong", "field_code": "ho_tich"}


class Kafka:
    """Takes everything."""

    def __init__(self) -> None:
        self.dead_letters: list[DeadLetter] = []
        self.pushed = 0

    async def dead_letter(self, *dead_letters: DeadLetter) -> None:
        self.dead_letters += dead_letters

    async def push(self, records: Sequence[object]) -> None:
        self.pushed += len(records)


class Warehouse:
    """Takes everything, and knows of the past what it is given; without anything it fails the test."""

    def __init__(self, known: Any = None) -> None:
        self.known = known
        self.partition: PartitionState | None = None

    async def ask(self, work: object, *arguments: object) -> Any:
        assert self.known is not None, work
        if self.partition is not None:
            self.partition.close()
        return self.known

    async def write(self, work: object, *arguments: object) -> None:
        pass

    async def try_to_write(self, work: object, *arguments: object) -> None:
        pass


class Halted:
    """Halts partitions without a word to anybody."""

    async def stop(self, partition: PartitionState) -> None:
        partition.halt()


class Stages:
    """A pipeline with all that is behind it."""

    def __init__(self, known: Any = None) -> None:
        stopping = Stopping()
        self.kafka, self.warehouse, self.moves = Kafka(), Warehouse(known), 0
        attempts = Attempts(None)
        made: Any = self.warehouse, self.kafka
        announcer = Announcer(made[1], stopping)
        writing = BatchWriter(made[0], announcer, CLOCK, stopping)
        settings = StreamsSettings(_env_file=None)
        self.flushing = BatchFlusher(settings, {}, NullConsumer(), writing, attempts, CLOCK, stopping)
        validator, halted = RecordValidator(made[1], CLOCK, stopping), Halted()
        self.pipeline = Pipeline(validator, made[0], self.flushing, halted, attempts, self.move)  # type: ignore[arg-type]

    def move(self) -> None:
        self.moves += 1


def opened(place: tuple[str, int] = PLACE) -> PartitionState:
    partition = PartitionState(place, 0)
    partition.open()
    return partition


def tickets(count: int, first: int = 0) -> RecordBatch:
    """So many tickets, each issued."""
    made = events(seed=5, count=count, kinds=[TicketIssued], keys=10 * count, spread=timedelta(minutes=5))
    return RecordBatch(list(range(first, first + count)), [encode(one) for one in made])


async def test_what_is_folded_waits_to_be_written() -> None:
    stages, partition = Stages(), opened()
    await stages.pipeline.take(partition, tickets(5))
    assert (partition.next, partition.fold.offset, stages.moves) == (5, 4, 1)
    assert stages.flushing.waiting.rows.columns["offset"] == [0, 1, 2, 3, 4]


async def test_of_a_batch_that_was_read_again_only_what_is_new_is_taken() -> None:
    stages, partition = Stages(), opened()
    await stages.pipeline.take(partition, tickets(5))
    await stages.pipeline.take(partition, tickets(5))
    assert len(stages.flushing.waiting.rows) == 5
    assert stages.moves == 1


async def test_others_get_their_turn_while_a_long_batch_is_folded() -> None:
    """Signs of life come from the same loop: a day's backlog of dossiers would look like a worker that hangs."""
    stages, partition = Stages(), opened((DEAD_LETTERS, 0))
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(take_turns())
    count = 3 * FOLDED_AT_ONCE
    await stages.pipeline.take(partition, RecordBatch(list(range(count)), [b""] * count))
    other.cancel()
    assert stages.moves == 3
    assert turns >= 3


async def test_invalid_records_are_dead_letters_and_too_many_halt_the_partition_before_the_batch() -> None:
    stages, partition = Stages(), opened()
    await stages.pipeline.take(partition, RecordBatch([0, 1], [b"{", *tickets(1).values]))
    assert (partition.next, len(stages.kafka.dead_letters), len(stages.flushing.waiting.rows)) == (2, 1, 1)
    await stages.pipeline.take(partition, RecordBatch(list(range(2, 202)), [b"{"] * 200))
    assert (partition.is_halted, partition.next, len(stages.kafka.dead_letters)) == (True, 2, 1)


async def test_nothing_is_folded_of_a_partition_that_was_given_up_while_the_warehouse_was_asked() -> None:
    stages, partition = Stages(known={}), opened()
    batch = tickets(1)
    stages.warehouse.partition = partition
    await stages.pipeline.take(
        partition, RecordBatch([0, 1], [*batch.values, *batch.values])
    )  # the same twice: it is asked
    assert not partition.is_open
    assert (partition.next, partition.fold.offset, len(stages.flushing.waiting.rows)) == (0, -1, 0)


async def test_of_each_id_the_first_event_counts_and_others_are_kept() -> None:
    first, other = tickets(2).values
    assert first is not None
    assert other is not None
    valid = validate_records(RecordBatch([7, 8, 9], [first, other, first]), CLOCK.now()).events
    one = valid.envelopes[0]
    past: Any = Warehouse({(one.ward, one.id): StoredEventId(3, first)})
    partition = opened()
    fresh, repeats = await Deduplicator(past).take(partition, valid)
    assert (fresh.offsets, [row[2] for row in repeats], [row[-1] for row in repeats]) == ([8], [7, 9], [3, 3])
    assert len(partition.ids) == 1


async def test_boards_hear_what_a_block_changes_and_nothing_of_an_empty_one() -> None:
    kafka, partition = Kafka(), opened()
    announcer, block = Announcer(kafka, Stopping()), WriteBatch()  # type: ignore[arg-type]
    await announcer.tell(block)
    assert kafka.pushed == 0
    valid = validate_records(tickets(3), CLOCK.now()).events
    partition.fold.fold(valid.envelopes, valid.offsets)
    block.add(partition, valid, [])
    block.cut([partition], with_memory=False)
    await announcer.tell(block)
    assert kafka.pushed >= 1


async def test_a_backlog_of_days_is_not_held_in_memory() -> None:
    """Tickets that are over are let go by the events' own time, though all of this takes a moment."""
    stages, partition = Stages(), opened()
    load = [value for topic, _, value in records(12_000, timedelta(days=2), CLOCK.now(), wards=1) if topic == PLACE[0]]
    for start in range(0, len(load), 500):
        some = load[start : start + 500]
        await stages.pipeline.take(partition, RecordBatch(list(range(start, start + len(some))), [*some]))
        WriteBatch().cut([partition], with_memory=False)
    assert partition.next == len(load) > 4_000
    assert sum(map(len, partition.fold.states.values())) < len(load) / 4 / 10


STAGES = ("worker", "pipeline", "validate", "deduplicate", "rebuild", "fold.fold", "write.batch")
"""The modules that a batch meets until it waits to be written, in their order."""


async def test_a_batch_meets_few_names_and_never_turns_back(worker: Any) -> None:
    """Functions of the stages' modules that get the batch, or the events in it, in the order in which they are first entered."""
    partition = worker.partitions[PLACE] = opened()
    root, met = Path(streams.__file__).parent, list[tuple[str, str]]()

    def note(frame: FrameType, event: str, _: object) -> None:
        path, code = Path(frame.f_code.co_filename), frame.f_code
        if event == "call" and path.is_relative_to(root) and any(map(is_batch, frame.f_locals.values())):
            module = ".".join(path.relative_to(root).with_suffix("").parts)
            name = (module, code.co_qualname)
            if module in STAGES and not code.co_name.startswith("<") and name not in met:
                met.append(name)

    sys.setprofile(note)
    try:
        await worker.take(PLACE, tickets(5))
    finally:
        sys.setprofile(None)
    assert partition.next == 5
    order = [STAGES.index(module) for module, _ in met]
    assert order == sorted(order)
    assert set(order) == set(range(len(STAGES)))
    assert len(met) <= 10, met


def is_batch(value: object) -> bool:
    return isinstance(value, RecordBatch | ValidEvents) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], DecodedEvent)
    )


def test_the_crash_story_names_every_place_where_a_test_can_end_the_process() -> None:
    there = {name for name in failpoints() if name.startswith(("streams.", "withdrawal."))}
    assert set(re.findall(r"^\| `(\w+\.\w+)`", pipeline.__doc__ or "", re.MULTILINE)) == there


@pytest.mark.parametrize("is_stopping", [False, True])
async def test_what_is_away_is_no_error_of_a_worker_that_is_stopping(worker: Any, is_stopping: bool) -> None:
    async def ask(*_: object) -> None:
        if is_stopping:
            worker.stopping.tell()
        raise Unavailable("Kafka", "away")

    partition = worker.partitions[PLACE] = opened()
    partition.mark_gap(0)
    worker.consumer.seek_to = ask
    if is_stopping:
        await worker.take(PLACE, tickets(1, first=5))
    else:
        with pytest.raises(Unavailable):
            await worker.take(PLACE, tickets(1, first=5))


def dissatisfied(ref: str) -> list[Envelope]:
    """A petition that was handed on, with which the petitioner is not content."""
    steps = [
        PetitionReceived(**PETITION, petition_ref=ref, received_at=START),
        PetitionTransferred(**PETITION, petition_ref=ref, at=START + HOUR, to_unit="khac"),
        PetitionRated(**PETITION, petition_ref=ref, at=START + 2 * HOUR, satisfied=False),
    ]
    return [envelope(one, ward="hong-bang", source="/test", recorded_at=START + timedelta(days=1)) for one in steps]


async def test_what_the_fold_lets_go_while_the_warehouse_is_asked_is_brought_back_too() -> None:
    """Two petitions are over. One was let go, so the warehouse is asked for it; what waits is written, and then the other is let go."""
    place, (first, second) = ("ioc.petition.v1", 0), ("1" * 32, "2" * 32)
    over = [dissatisfied(first), dissatisfied(second)]
    before, rated = [one for steps in over for one in steps[:2]], [steps[2] for steps in over]
    stored, partition = Fold(*place), opened(place)
    stored.fold(before, range(4))
    partition.fold.fold(before, range(4))
    del partition.fold.states["petition", "hong-bang"][first]
    partition.fold.watermark = milliseconds(START + timedelta(days=1))

    class Past:
        async def ask(self, work: object, entity: Entity, pairs: Iterable[tuple[str, str]], *rest: object) -> Any:
            partition.fold.forget()
            known = stored.states.get((entity.id, "hong-bang"), {})
            return [known[key] for _, key in pairs if key in known]

    past: Any = Past()
    await rebuild_entities(past, partition, rated, (4, 5))
    partition.fold.fold(rated, (4, 5))
    found = {value.indicator: value for value in partition.fold.take() if value.grain == "flow" and not value.member}
    assert (found["P06"].numerator, found["P06"].denominator) == (0, 2)
