"""System beat: a heartbeat of our own that goes the whole way, so that the way can be judged also where no source is in sight.

It counts for no source: the events of `status` tell of those.
"""

import asyncio
import math
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from ingest.contract.connector import Context
from ingest.contract.envelope import envelope
from ingest.contract.errors import NotReady, Unavailable
from ingest.contract.events.health import SystemHeartbeat
from ingest.kafka.producer import EventSink
from ingest.runtime.liveness import LONGEST_WAIT, Progress

PROCESS = "connectors"

NEEDS = ("kafka", "disk")
"""Checks without which no heartbeat can get into Kafka."""

AGAIN = timedelta(seconds=1)
"""Time until the next one while Kafka takes none."""

SILENCE = timedelta(seconds=30)
"""Age of the newest heartbeat in Kafka from which we are not ready."""

NEVER = datetime.min.replace(tzinfo=UTC)


class SystemHeartbeatSender:
    """The heartbeat of the process that takes events in.

    Args:
        context: whose ward and clock.
        producer: the way into Kafka.
        every: real time between two heartbeats.
    """

    def __init__(self, context: Context, producer: EventSink, every: timedelta) -> None:
        self._context = context
        self._producer = producer
        self._every = every.total_seconds()
        self._acknowledged = 0
        self._newest = NEVER, -math.inf
        self.progress = Progress("events into Kafka", NEEDS, limit=max(LONGEST_WAIT, 3 * every))
        """The process is there to bring events into Kafka: a heartbeat always waits to get there."""

    def age(self) -> float:
        """Seconds, by the install's clock, since the newest heartbeat that Kafka has; NaN before the first one."""
        return (self._context.clock.now() - self._newest[0]).total_seconds() if self._acknowledged else math.nan

    def check(self) -> None:
        """See that heartbeats get into Kafka.

        Raises:
            NotReady: none has for a while.
        """
        real = time.monotonic() - self._newest[1]
        if real > max(SILENCE.total_seconds(), 3 * self._every):
            since = f"for {real:.0f} s" if self._acknowledged else "yet"
            raise NotReady(f"no heartbeat of ours got into Kafka {since}")

    async def run(self) -> None:
        """Send on time, for ever; what Kafka does not take now is of no use later."""
        while True:
            pause = min(self._every, AGAIN.total_seconds())
            with suppress(Unavailable):
                await self._send()
                pause = self._every
            self.progress.note(waits=True, place=self._acknowledged)
            await asyncio.sleep(pause)

    async def _send(self) -> None:
        now = self._context.clock.now()
        event = SystemHeartbeat(process=PROCESS, at=now)
        source = f"/{self._context.ward}/ioc/{PROCESS}"
        await self._producer.send([envelope(event, ward=self._context.ward, source=source, recorded_at=now)])
        self._acknowledged += 1
        self._newest = now, time.monotonic()
