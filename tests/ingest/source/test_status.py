import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from ingest.contract.envelope import envelope
from ingest.contract.events.health import SourceDown, SourceUp
from ingest.contract.events.queue import TicketServed
from ingest.source.status import SourceStatus
from tests.ingest.support.toy import POSTING, Kafka, StillClock, context, until


def source_status(every=20, clock=None):
    kafka = Kafka()
    where = replace(context("w"), clock=clock or StillClock())
    one = SourceStatus(POSTING, where, kafka, timedelta(milliseconds=every))
    return one, kafka, asyncio.create_task(one.report(Counter()))


@asynccontextmanager
async def witness():
    """Waits while another source, which is in sight, has its turn for heartbeats several times: what was due by then has happened."""
    one, kafka, task = source_status()
    one.up()

    async def passed():
        wanted = len(kafka.beats) + 5
        await until(lambda: len(kafka.beats) >= wanted)

    yield passed
    await ended(task)


async def ended(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_beats_only_while_the_source_is_in_sight():
    one, kafka, task = source_status()
    async with witness() as time_passed:
        await time_passed()
        assert kafka.sent == []
        one.up()
        await until(lambda: len(kafka.beats) > 2)
        one.down("silent")
        await until(lambda: kafka.changes[-1][0] == "source.down")
        count = len(kafka.beats)
        await time_passed()
        assert len(kafka.beats) == count
    await ended(task)


async def test_only_changes_are_told_and_at_once():
    one, kafka, task = source_status(every=60_000)
    for _ in range(3):
        one.up()
    await until(lambda: kafka.beats)
    for _ in range(3):
        one.down("silent")
    await until(lambda: len(kafka.changes) == 2)
    assert kafka.changes == [("source.up", "reached"), ("source.down", "silent")]
    await ended(task)


async def test_changes_wait_while_kafka_is_away_and_keep_their_time():
    clock = StillClock()
    one, kafka, task = source_status(clock=clock)
    kafka.away = True
    one.down("silent")
    clock.moment += timedelta(minutes=1)
    one.up()
    await until(lambda: kafka.refused > 2)
    assert kafka.sent == []
    kafka.away = False
    await until(lambda: len(kafka.changes) == 2)
    down, up = (one for one in kafka.sent if one.kind != "source.heartbeat")
    assert up.at - down.at == timedelta(minutes=1)
    await ended(task)


async def test_a_heartbeat_says_how_old_the_newest_event_is():
    one, kafka, task = source_status()
    one.up()
    await until(lambda: kafka.beats)
    assert kafka.beats[-1].lag_s is None

    class Sent:
        time = StillClock().now() - timedelta(seconds=90)
        data = TicketServed  # no matter which, but for the two that tell of a source

    one.sent([Sent, Sent])
    await until(lambda: kafka.beats[-1].lag_s == 90)
    assert kafka.beats[-1].events_sent == 2
    await ended(task)


async def test_beats_stop_while_what_we_reach_says_that_the_source_is_gone():
    one, kafka, task = source_status()
    one.up()
    await until(lambda: kafka.beats)

    def told(kind):
        now = StillClock().now()
        event = kind(source_id=POSTING.id, at=now, cause_code="recorder")
        return envelope(event, ward="w", source="/w/queue/posting", recorded_at=now)

    async with witness() as time_passed:
        one.sent([told(SourceDown)])
        count = len(kafka.beats)
        await time_passed()
        assert len(kafka.beats) == count
    one.sent([told(SourceUp)])
    await until(lambda: len(kafka.beats) > count)
    await ended(task)


async def test_ends_even_when_a_change_comes_in_the_same_moment():
    for _ in range(50):
        one, _, task = source_status(every=1)
        await asyncio.sleep(0.002)
        one.down("silent")
        await ended(task)
