import asyncio
import math
from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.contract.errors import NotReady
from ingest.contract.events.health import SystemHeartbeat
from ingest.source import system_heartbeat
from ingest.source.system_heartbeat import SystemHeartbeatSender
from tests.ingest.source.test_status import ended
from tests.ingest.support.toy import Kafka, StillClock, context, until


class Clock:
    now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(system_heartbeat, "time", made)
    return made


async def test_it_beats_and_knows_how_old_the_newest_beat_is(clock):
    kafka, ward_clock = Kafka(), StillClock()
    where = replace(context("w"), clock=ward_clock)
    beat = SystemHeartbeatSender(where, kafka, timedelta(milliseconds=10))
    assert math.isnan(beat.age())
    with pytest.raises(NotReady, match="yet"):
        beat.check()
    task = asyncio.create_task(beat.run())
    await until(lambda: len(kafka.sent) > 3)
    assert {type(one) for one in kafka.sent} == {SystemHeartbeat}
    beat.check()
    ward_clock.moment += timedelta(seconds=7)
    kafka.away = True
    await until(lambda: kafka.refused > 2)
    ward_clock.moment += timedelta(seconds=7)
    assert 7 <= beat.age() <= 14
    clock.now += 31
    with pytest.raises(NotReady, match="for 31 s"):
        beat.check()
    kafka.away = False
    count = len(kafka.sent)
    await until(lambda: len(kafka.sent) > count)
    beat.check()
    assert beat.age() == 0
    await ended(task)


async def test_beats_that_do_not_get_into_kafka_are_work_that_waits():
    kafka = Kafka()
    kafka.away = True
    beat = SystemHeartbeatSender(context("w"), kafka, timedelta(milliseconds=10))
    task = asyncio.create_task(beat.run())
    await until(lambda: beat.progress.stalled() > 0.05)
    before = beat.progress.stalled()
    kafka.away = False
    await until(lambda: kafka.sent)
    await until(lambda: beat.progress.stalled() < before)
    await ended(task)
