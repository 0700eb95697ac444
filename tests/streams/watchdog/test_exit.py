"""When a worker ends itself: after standing still, and when it stalls - and when it does not."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest
from pydantic import SecretStr

from ingest.contract.errors import Unavailable
from streams.warehouse_connections import Stopping, WorkerWarehouse
from streams.watchdog import exit
from streams.watchdog.freeze import FreezeWatchdog
from streams.watchdog.stall import LIMIT, LOOK_EVERY, StallWatchdog, WorkerActivity
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client

PLACE = ("ioc.queue.v1", 0)


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_who_stood_still_ends_in_whichever_thread_goes_on_first() -> None:
    for first in ("beat", "check"):
        time, ended = Time(), list[int]()
        guard = FreezeWatchdog(timedelta(seconds=6), ended.append, time)
        guard.check()
        guard.beat()
        time.now += 5.9
        getattr(guard, first)()
        guard.beat()
        assert not ended
        time.now += 6.1
        getattr(guard, first)()
        assert ended == [exit.FROZEN]


async def test_a_write_asks_whether_it_may() -> None:
    class EndedError(Exception):
        pass

    def end(code: int) -> None:
        raise EndedError

    settings = WarehouseSettings(_env_file=None, password=SecretStr("a long enough password"))
    written: list[str] = []
    time = Time()
    guard = FreezeWatchdog(timedelta(seconds=6), end, time)
    store = WorkerWarehouse(Client(settings), Client(settings), Stopping(), guard)
    guard.beat()
    await store.write(lambda client: written.append("before"))
    time.now += 7
    for write in (store.write, store.try_to_write):
        with pytest.raises(EndedError):
            await write(lambda client: written.append("after"))
    await store.ask(lambda client: written.append("read"))
    assert written == ["before", "read"]


class Watched:
    """A worker, its Kafka and its warehouse, as the watch sees them."""

    def __init__(self) -> None:
        self.time = Time()
        self.ended: list[int] = []
        self.state = WorkerActivity(0, {PLACE: 5}, False)
        self.kafka: Mapping[tuple[str, int], int] | None = {PLACE: 5}
        self.warehouse = True
        self.watch = StallWatchdog(lambda: self.state, self.ends, self.ping, self.ended.append, self.time)

    def ends(self) -> Mapping[tuple[str, int], int]:
        if self.kafka is None:
            raise Unavailable("Kafka", "away")
        return self.kafka

    def ping(self) -> None:
        if not self.warehouse:
            raise Unavailable("ClickHouse", "away")

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / LOOK_EVERY.total_seconds())):
            self.time.now += LOOK_EVERY.total_seconds()
            self.watch.look()


LONG = 3 * LIMIT.total_seconds()


def test_who_has_nothing_to_do_does_not_stall() -> None:
    watched = Watched()
    watched.pass_time(LONG)
    assert not watched.ended


def test_who_takes_nothing_though_there_is_something_is_ended() -> None:
    watched = Watched()
    watched.pass_time(LONG)
    watched.kafka = {PLACE: 6}
    watched.pass_time(LIMIT.total_seconds() - 10)
    assert not watched.ended
    watched.pass_time(30)
    assert watched.ended[0] == exit.STALLED


def test_who_gets_on_is_left_alone() -> None:
    watched = Watched()
    watched.kafka = {PLACE: 1000}
    for move in range(10):
        watched.pass_time(LIMIT.total_seconds() - 20)
        watched.state = watched.state._replace(moves=move + 1)
    assert not watched.ended


@pytest.mark.parametrize("away", ["Kafka", "the warehouse"])
def test_waiting_for_others_is_no_fault(away: str) -> None:
    watched = Watched()
    watched.kafka = {PLACE: 6}
    if away == "Kafka":
        watched.kafka = None
    else:
        watched.warehouse = False
    watched.pass_time(LONG)
    assert not watched.ended
    watched.kafka, watched.warehouse = {PLACE: 6}, True
    watched.pass_time(LIMIT.total_seconds() - 20)
    assert not watched.ended


def test_a_partition_that_is_stopped_need_not_get_on() -> None:
    watched = Watched()
    watched.kafka, watched.state = {PLACE: 6}, WorkerActivity(0, {}, False)
    watched.pass_time(LONG)
    assert not watched.ended


def test_partitions_that_never_recover_and_rebalances_that_never_end_are_stalls() -> None:
    for state in (WorkerActivity(0, {PLACE: -1}, False), WorkerActivity(0, {}, True)):
        watched = Watched()
        watched.state = state
        watched.pass_time(LONG)
        assert watched.ended[0] == exit.STALLED


async def test_waiting_ends_with_the_error_when_the_worker_is_stopped() -> None:
    stopping = Stopping()
    error = Unavailable("Kafka", "away")
    await stopping.pause(0.01, error)
    waiting = asyncio.create_task(stopping.pause(60, error))
    await asyncio.sleep(0)
    stopping.tell()
    with pytest.raises(Unavailable):
        await waiting
    with pytest.raises(Unavailable):
        await stopping.pause(60, error)
