"""What a block's writing tells of itself, and what a worker does that is told to stop while something is away."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.contract.errors import Unavailable
from ingest.runtime import metrics
from ingest.untrusted.dead_letter import DeadLetter
from streams.fold.stocks import LateStocks
from streams.partition.consumer import NullConsumer
from streams.partition.state import PartitionState
from streams.poison.attempts import Attempts
from streams.settings import StreamsSettings
from streams.warehouse_connections import Stopping
from streams.write.announcer import Announcer
from streams.write.batch import WriteBatch
from streams.write.flusher import BatchFlusher
from streams.write.late_stocks import LateStockWork
from streams.write.writer import BatchWriter
from tests.connectors.support.taking import Still
from tests.support.made import START, events
from warehouse.model.correction import Cause
from warehouse.recompute import rebuild
from warehouse.store.sink import DeadLetterRecord

PLACE = ("ioc.queue.v1", 0)


class Warehouse:
    """Takes everything; what is asked is counted."""

    def __init__(self) -> None:
        self.asked: list[Callable[..., object]] = []

    async def write(self, work: object, rows: Sequence[object], *arguments: object) -> None:
        pass

    async def try_to_write(self, work: object, rows: Sequence[object]) -> None:
        pass

    async def ask_at_leisure(self, work: Callable[..., object], *arguments: Any) -> object:
        if work is rebuild.days_to_recompute:
            return rebuild.split_at_midnights(*arguments[2:4])
        self.asked.append(work)
        return [], []


class Deaf:
    """A Kafka that hears of nothing."""

    async def push(self, records: object) -> None:
        pass


def writing(stopping: Stopping) -> BatchWriter:
    announcer = Announcer(Deaf(), stopping)  # type: ignore[arg-type]
    return BatchWriter(Warehouse(), announcer, Still(START + timedelta(seconds=7)), stopping)  # type: ignore[arg-type]


def freshness() -> tuple[float, float]:
    """How many blocks of events were stored, and how old their newest were, added up in seconds."""
    (told,) = metrics.FRESHNESS.collect()
    mine = {one.name: one.value for one in told.samples if one.labels["stage"] == metrics.STORED}
    return mine.get(f"{told.name}_count", 0.0), mine.get(f"{told.name}_sum", 0.0)


def with_events() -> WriteBatch:
    block = WriteBatch()
    for number, one in enumerate(events(seed=3, count=4, spread=timedelta(0))):
        row = (*PLACE, number, one.ward, one.data.kind, one.subject, one.id, int(one.time.timestamp() * 1000), "{}")
        for column, value in zip(block.rows.columns.values(), row, strict=True):
            column.append(value)
    return block


def with_a_dead_letter() -> WriteBatch:
    dead_letter = DeadLetter(
        id="l",
        ward="w",
        reason_code="x",
        error="y",
        payload_redacted="{}",
        received_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    block = WriteBatch()
    block.dead_letters.append(DeadLetterRecord(dead_letter, 0, 1))
    return block


async def test_freshness_is_that_of_the_newest_event_and_a_block_without_any_has_none() -> None:
    count, total = freshness()
    await writing(Stopping()).write(with_a_dead_letter())
    assert freshness() == (count, total)
    await writing(Stopping()).write(with_events())
    assert freshness() == pytest.approx((count + 1, total + 7))


class Away:
    """Writing that finds the warehouse away, and whose worker is told to stop meanwhile, or not."""

    def __init__(self, stopping: Stopping, is_stopping: bool) -> None:
        self._stopping = stopping
        self._is_stopping = is_stopping

    async def write(self, block: WriteBatch) -> None:
        if self._is_stopping:
            self._stopping.tell()
        raise Unavailable("ClickHouse", "away", timedelta(0))


@pytest.mark.parametrize("is_stopping", [True, False])
async def test_what_is_away_ends_the_flushing_quietly_only_while_the_worker_stops(is_stopping: bool, tmp_path) -> None:
    stopping = Stopping()
    settings = StreamsSettings(_env_file=None, flush_after=timedelta(0), look_every=timedelta(milliseconds=1))
    flushing = BatchFlusher(
        settings,
        {},
        NullConsumer(),
        Away(stopping, is_stopping),  # type: ignore[arg-type]
        Attempts(tmp_path),
        Still(),
        stopping,
    )
    flushing.waiting = with_a_dead_letter()
    async with asyncio.timeout(20):
        if is_stopping:
            await flushing.run()
        else:
            with pytest.raises(Unavailable):
                await flushing.run()
    assert flushing.is_torn


class Backlog(NullConsumer):
    """A Kafka that has so many records of each partition."""

    def __init__(self, records: int) -> None:
        self._records = records

    def highwater(self, place: object) -> int | None:
        return self._records


class Blocks:
    """Writing that notes how many rows each block has, and tells the worker to stop after the first."""

    def __init__(self, stopping: Stopping) -> None:
        self.sizes: list[int] = []
        self._stopping = stopping

    async def write(self, block: WriteBatch) -> None:
        self.sizes.append(len(block.rows))
        self._stopping.tell()


@pytest.mark.parametrize(
    ("unread", "is_open", "size"),
    [
        pytest.param(8, True, 8, id="Kafka has what fills the block"),
        pytest.param(7, True, 4, id="there is too little to fill it"),
        pytest.param(8, False, 4, id="the partition is not read"),
    ],
)
async def test_a_block_is_written_when_it_is_full_as_long_as_kafka_has_what_fills_it(
    unread: int, is_open: bool, size: int, tmp_path
) -> None:
    stopping = Stopping()
    blocks, partition = Blocks(stopping), PartitionState(PLACE, 0)
    partition.continue_at(4)
    if is_open:
        partition.open()
    settings = StreamsSettings(_env_file=None, flush_after=timedelta(0), flush_rows=8)
    consumer, attempts = Backlog(unread), Attempts(tmp_path)
    flushing = BatchFlusher(settings, {PLACE: partition}, consumer, blocks, attempts, Still(), stopping)  # type: ignore[arg-type]
    flushing.waiting = with_events()
    flushing.change()
    async with asyncio.timeout(20):
        running = asyncio.create_task(flushing.run())
        for _ in range(20):
            await asyncio.sleep(0)
        for name, column in with_events().rows.columns.items():  # the second half, unless the first is written
            flushing.waiting.rows.columns[name] += column
        await running
    assert blocks.sizes == [size]


async def test_minutes_that_came_late_are_recomputed_at_most_once_in_a_while(monkeypatch) -> None:
    """Whatever else comes late for the partition waits in the fold until then."""
    now = [1_000.0]
    for module in ("write.late_stocks", "partition.state"):
        monkeypatch.setattr(f"streams.{module}.monotonic", lambda: now[0])
    monkeypatch.setattr("streams.write.late_stocks.LOOK_EVERY", 0)
    stopping, warehouse, partition = Stopping(), Warehouse(), PartitionState(PLACE, 0)
    moved: list[float] = []
    work = LateStockWork(
        warehouse,  # type: ignore[arg-type]
        writing(stopping),
        asyncio.Lock(),
        stopping,
        lambda: moved.append(now[0]),
        timedelta(seconds=30),
    )

    async def came_late() -> None:
        """A stock's minutes have to be recomputed; a block is written, and the work gets its turn."""
        partition.fold.late_stocks = {("ticket", "w"): LateStocks(60_000, 120_000, Cause("k", "s", "i", 60_000, 1))}
        WriteBatch().cut([partition], with_memory=False)
        partition.mark_written(1)
        for _ in range(20):
            await asyncio.sleep(0)

    async with asyncio.timeout(20):
        running = asyncio.create_task(work.run({PLACE: partition}))
        await came_late()
        assert moved == [1_000.0]
        for now[0] in (1_001.0, 1_029.9):
            await came_late()
        assert moved == [1_000.0]
        assert partition.fold.late_stocks
        now[0] = 1_030.0
        await came_late()
        assert moved == [1_000.0, 1_030.0]
        assert not partition.fold.late_stocks
        stopping.tell()
        await running


def test_nothing_is_taken_of_a_partition_before_it_has_recovered() -> None:
    partition = PartitionState(PLACE, 5)
    assert not partition.is_open
    assert not partition.is_halted
    assert not partition.is_behind
    assert (partition.next, partition.written, partition.noted_offset, partition.kafka_offset) == (0, -1, -5, -5)
