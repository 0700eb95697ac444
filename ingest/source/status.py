"""Status: what we tell about our sight of a source, apart from what the source tells about its world.

While the source is reachable a heartbeat goes out every ten seconds, with the age of its newest event; when it is lost
or found again, one event says so. A screen that has neither events nor heartbeats knows that it knows nothing.
"""

import asyncio
import logging
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from ingest.contract.clock import Clock
from ingest.contract.connector import Connector, Context
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.errors import Unavailable
from ingest.contract.event import Event
from ingest.contract.events.health import SourceDown, SourceHeartbeat, SourceOff, SourceUp
from ingest.kafka.producer import EventSink

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=10)
"""Time between two heartbeats, by the install's clock."""

AGAIN = timedelta(seconds=1)

REPORT_EVERY = timedelta(minutes=1)
"""Time between two lines in the log about what became of the source's messages."""


class SourceStatus:
    """One source's status, as its connector sees it."""

    def __init__(self, connector: Connector, context: Context, producer: EventSink, every: timedelta = EVERY) -> None:
        self._connector = connector
        self._context = context
        self._producer = producer
        self._every = every.total_seconds()
        self._reachable: bool | None = None
        self.cause = ""
        """Code of what it tells; empty while nothing is known."""
        self.since: datetime | None = None
        """Since when."""
        self._away = False
        """Whether what we reach told us that the source behind it is gone."""
        self._is_held = False
        self._cause_beneath: str | None = None
        """While it is held out: why it would be out anyway."""
        self.changes: list[Envelope] = []
        """Those that Kafka has not got yet, oldest first."""
        self._changed = asyncio.Event()
        self._newest: datetime | None = None
        self.events_sent = 0
        """How many of its events Kafka has since the process started."""

    @property
    def source_id(self) -> str:
        """Whose status it is."""
        return self._connector.id

    @property
    def reachable(self) -> bool:
        """Whether the source is in sight."""
        return self._reachable is True

    @property
    def is_known(self) -> bool:
        """Whether anything is known of the source: it has been in sight, or is missed."""
        return self._reachable is not None

    def up(self, cause: str = "reached") -> None:
        """The source is in sight; only a change makes an event."""
        if self._is_held:
            self._cause_beneath = None
        elif self._reachable is not True:
            self._reachable = True
            log.info("%s: source is up (%s)", self._connector.id, cause)
            self._add(SourceUp(source_id=self._connector.id, at=self._clock.now(), cause_code=cause))

    def down(self, cause: str) -> None:
        """The source is out of sight; only a change makes an event."""
        if self._is_held:
            self._cause_beneath = cause
        elif self._reachable is not False:
            self._reachable = False
            log.warning("%s: source is down (%s)", self._connector.id, cause)
            self._add(SourceDown(source_id=self._connector.id, at=self._clock.now(), cause_code=cause))

    def off(self) -> Envelope:
        """What tells that somebody has switched the source off."""
        return self._wrapped(SourceOff(source_id=self._connector.id, at=self._clock.now()))

    def hold(self, cause: str) -> None:
        """Report it as down, whether the source is in sight or not, until `release`."""
        if not self._is_held:
            self.down(cause)
            self._is_held, self._cause_beneath = True, None

    def release(self, cause: str) -> None:
        """Let it show again whether the source is in sight."""
        self._is_held = False
        if self._cause_beneath is None:
            self.up(cause)

    def sent(self, envelopes: tuple[Envelope, ...] | list[Envelope]) -> None:
        """Its events are in Kafka."""
        self.events_sent += len(envelopes)
        for one in envelopes:
            if self._newest is None or one.time > self._newest:
                self._newest = one.time
            if one.data.kind in (SourceDown.kind, SourceUp.kind) and one.subject == self._connector.id:
                self._away = one.data.kind == SourceDown.kind

    async def report(self, counts: Counter[str]) -> None:
        """Send changes at once and heartbeats on time, for ever.

        Args:
            counts: what the log says about the connector, once a minute and only if it changed.
        """
        due = time.monotonic() + self._every
        report_due, reported = time.monotonic() + REPORT_EVERY.total_seconds(), Counter[str]()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(due - time.monotonic()):
                    await self._changed.wait()
            self._changed.clear()
            await self._tell()
            # What Kafka did not take is offered again soon.
            due = time.monotonic() + (min(self._every, AGAIN.total_seconds()) if self.changes else self._every)
            if time.monotonic() > report_due:
                report_due = time.monotonic() + REPORT_EVERY.total_seconds()
                if counts != reported:
                    log.info("%s: %s", self._connector.id, " ".join(f"{k}={v}" for k, v in sorted(counts.items())))
                    reported = counts.copy()

    async def _tell(self) -> None:
        """Send what changed and a heartbeat; while Kafka is away, changes wait for the next time."""
        changes = self.changes
        beat = [self._heartbeat()] if self._reachable and not self._away else []
        if not changes and not beat:
            return
        with suppress(Unavailable):
            await self._producer.send([*changes, *beat])
            self.changes = self.changes[len(changes) :]

    @property
    def _clock(self) -> Clock:
        return self._context.clock

    def _heartbeat(self) -> Envelope:
        now = self._clock.now()
        lag = max(0.0, (now - self._newest).total_seconds()) if self._newest else None
        return self._wrapped(
            SourceHeartbeat(source_id=self._connector.id, at=now, lag_s=lag, events_sent=self.events_sent),
        )

    def _add(self, change: SourceUp | SourceDown) -> None:
        self.cause, self.since = change.cause_code, change.at
        # A new list each time: one that is being sent must not change.
        self.changes = [*self.changes, self._wrapped(change)]
        self._changed.set()

    def _wrapped(self, event: Event) -> Envelope:
        source = self._connector.source(self._context.ward)
        return envelope(event, ward=self._context.ward, source=source, recorded_at=self._clock.now())
