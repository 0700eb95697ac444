"""Log: the alarms as the topic says, kept up to date in memory. The alarm process and every board have one, and they are the same.

Kafka keeps the topic for more than a year. What lies before that - or was written to a Kafka that is gone - the warehouse has; it is asked
once. Without the warehouse the topic alone is believed, unless it holds nothing of this ward: who forgot an alarm would raise it again.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from dashboard.alarm.event_log.fold import AlarmFold
from dashboard.state.queries import TooMuchError, WarehouseQueries
from ingest.contract.clock import milliseconds
from ingest.contract.envelope import decode_stored
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import ALARMS
from ingest.kafka.reader import key_log
from ingest.runtime.backoff import BackOff
from ingest.runtime.liveness import Progress
from warehouse.store.alarm_log import Act, read_older

log = logging.getLogger("dashboard.alarm")

KEPT = timedelta(hours=24)
"""How long a cleared alarm stays on the list."""
LONGEST_WAIT = timedelta(seconds=15)
AT_ONCE = 500
"""Events between which those are forgotten that cleared long ago."""


class AlarmLog:
    """The alarms of this ward.

    Args:
        ingest: Kafka, the ward and its clock.
        reader: asks the warehouse.
        on_change: is called after events were taken in.
    """

    def __init__(self, ingest: IngestSettings, reader: WarehouseQueries, on_change: Callable[[], None]) -> None:
        self.fold = AlarmFold()
        self.is_known = False
        """Whether everything has been read that was there."""
        self.is_heard = False
        """Whether Kafka is there, as far as is known."""
        self.progress = Progress("events of alarms from Kafka", ("kafka",))
        self._ingest = ingest
        self._clock = ingest.clock()
        self._reader = reader
        self._on_change = on_change
        self._has_older = False
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Read until cancelled."""
        backoff = BackOff(timedelta(seconds=1), LONGEST_WAIT)
        while True:
            try:
                await self._follow(backoff)
            except (Unavailable, TooMuchError) as error:
                self.is_heard = False
                if not backoff.failures:
                    log.warning("waiting for the alarm log: %s", error)
                await asyncio.sleep(backoff.seconds())

    def take(self, records: list[bytes]) -> list[Act]:
        """Take in records of the topic, in their order.

        Returns:
            What they did.
        """
        done: list[Act] = []
        for start in range(0, len(records), AT_ONCE):
            found = [
                one for one in decode_stored(records[start : start + AT_ONCE]) if not isinstance(one, InvalidEvent)
            ]
            done += [act for one in found if (act := self.fold.take(one)) is not None]
            if found:
                self.fold.forget(milliseconds((self._clock.now() if self.is_known else found[-1].time) - KEPT))
        if records:
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()
        return done

    async def until_taken(self, alarm: str, id: str, within: timedelta) -> bool:
        """Wait until an event about an alarm has come back from Kafka; whether it has."""
        try:
            async with asyncio.timeout(within.total_seconds()):
                while not self.fold.has(alarm, id):
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _follow(self, backoff: BackOff) -> None:
        async for batch in key_log(self._ingest, ALARMS, self._ingest.ward):
            if not self._has_older:
                await self.take_older(batch.values[0] if batch.values else None, is_whole=batch.is_whole)
            done = self.take(batch.values)
            was_known, self.is_heard = self.is_known, True
            self.is_known = self.is_known or (batch.is_whole and self._has_older)
            self.progress.note(waits=True, place=time.monotonic())  # at least an empty batch comes every second
            backoff.reset()
            if self.is_known:
                if not was_known:
                    log.info("%d alarms are active", len(self.fold.active()))
                for act in done if was_known else ():
                    log.info("%s %s %s %s by %s", act.kind, act.rule, act.subject, act.severity, act.who)
                if batch.values or not was_known:
                    self._on_change()

    async def take_older(self, first: bytes | None, *, is_whole: bool) -> None:
        """Take in what lies before the part of the log that Kafka has.

        Args:
            first: the first record that Kafka has; `None` while none has come.
            is_whole: whether everything has come that Kafka has; until then no record means nothing.

        Raises:
            Unavailable: the warehouse is away, and Kafka has nothing.
        """
        if first is None and not is_whole:
            return
        known = [one for one in decode_stored([first] if first else []) if not isinstance(one, InvalidEvent)]
        ward, since = self._ingest.ward, self._clock.now() - KEPT
        before = known[0].id if known else ""
        try:
            older = await self._reader.ask(lambda client: read_older(client, ward, before, since))
        except (Unavailable, TooMuchError):
            if not known:
                raise
            log.warning("the warehouse is away: alarms older than Kafka's log are not known")
        else:
            self.take(older.events)
            for key, count in older.decided.items():
                self.fold.decided[key] = max(count, self.fold.decided.get(key, 0))
        self._has_older = True
