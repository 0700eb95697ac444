"""Delivery: tells people of alarms by every way that is set up, again until it has worked, and each act once.

What was told is in the alarm's own log, so a restart neither repeats nor forgets it; only when the board dies between an answer and
its note the same message, with the same id, goes out twice. A way that is down holds up no other.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from dashboard.alarm.alarm import ALERTS, Alarm, Alarms, ChannelFault
from dashboard.alarm.alarm_service import ActRefused, AlarmService
from dashboard.alarm.channels import NotificationChannel, NotSentError
from dashboard.alarm.message import compose
from ingest.contract.errors import Unavailable
from ingest.runtime.backoff import BackOff
from warehouse.store.alarm_log import SYSTEM, Act

log = logging.getLogger("dashboard.alarm")

FIRST_WAIT = timedelta(seconds=5)
"""Until the second attempt; each further one waits twice as long."""
LONGEST_WAIT = timedelta(minutes=10)
LOOK_EVERY = 1.0


class DeliveryAttempt(NamedTuple):
    """What was tried of one message by one way."""

    backoff: BackOff
    again: float = 0.0
    """When it may be tried again, by the monotonic clock."""


class AlarmDelivery:
    """Tells people.

    Args:
        duty: the alarms, and what was told of them.
        ways: how people are told.
        first_wait: until the second attempt.
    """

    def __init__(
        self, duty: AlarmService, ways: Sequence[NotificationChannel], first_wait: timedelta = FIRST_WAIT
    ) -> None:
        self.ways = ways
        self.faults: dict[str, ChannelFault] = {}
        """By way, since when it does not work and why; there is a rule for it."""
        duty.live.faults = self.faults
        self._duty = duty
        self._first_wait = first_wait
        self.trials: dict[tuple[str, str, int], DeliveryAttempt] = {}

    async def run(self) -> None:
        """Tell people until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for way in self.ways:
                tasks.create_task(self._run(way))

    async def tell(self, way: NotificationChannel) -> None:
        """Send by one way what can be sent now."""
        live, settings = self._duty.live, self._duty.settings
        now_ms = live.now_ms()
        most_ms = round(settings.give_up_after.total_seconds() * 1000 * (live.clock_speed or 1.0))
        waiting = list(outstanding_acts(self._duty.alarms.values(), way, live.alarms))
        for alarm, act in waiting:
            # The newest goes on being tried while the way does not work: else nobody would notice that it works again.
            is_probe = act is waiting[-1][1] and way.name in self.faults
            key = (way.name, alarm.id, act.number)
            trial = self.trials.get(key) or DeliveryAttempt(BackOff(self._first_wait, LONGEST_WAIT))
            if not alarm.is_active and act.kind in ALERTS:
                await self._note(alarm, act, way, "not_told", "cleared")
            elif now_ms - act.at_ms > most_ms and not is_probe:
                await self._note(alarm, act, way, "not_told", "too late")
            elif time.monotonic() >= trial.again and not await self._send(alarm, act, way, trial):
                return

    async def _send(self, alarm: Alarm, act: Act, way: NotificationChannel, trial: DeliveryAttempt) -> bool:
        """Try once; whether another message may be tried now."""
        live = self._duty.live
        message = compose(alarm, act, live.scene("vi"), live.scene("en"), live.ingest.ward)
        key = (way.name, alarm.id, act.number)
        try:
            await way.send(message)
        except NotSentError as error:
            self.trials[key] = DeliveryAttempt(trial.backoff, time.monotonic() + trial.backoff.seconds())
            if way.name not in self.faults:
                log.warning("channel %s does not work: %s", way.name, error)
            self.faults[way.name] = ChannelFault(
                self.faults.get(way.name, ChannelFault(live.now_ms(), "")).since_ms, str(error)
            )
            return error.answered
        self.trials.pop(key, None)
        if self.faults.pop(way.name, None):
            log.info("channel %s works again", way.name)
        await self._note(alarm, act, way, "told")
        return True

    async def _note(self, alarm: Alarm, act: Act, way: NotificationChannel, kind: str, why: str = "") -> None:
        what = f"{way.name}: {why}" if why else way.name
        while True:
            try:
                await self._duty.do(alarm.id, "told" if kind == "told" else "not_told", SYSTEM, what, act.number)
            except Unavailable as error:  # it must not go out again because the disk was full for a moment
                log.error("cannot record a delivery: %s", error)
                await asyncio.sleep(LOOK_EVERY)
            except ActRefused:
                return
            else:
                return

    async def _run(self, way: NotificationChannel) -> None:
        while True:
            await self.tell(way)
            await asyncio.sleep(LOOK_EVERY)


def outstanding_acts(alarms: Iterable[Alarm], way: NotificationChannel, shown: Alarms) -> Iterator[tuple[Alarm, Act]]:
    """The acts that a way has still to tell of, the oldest first; in quiet hours only those that may pass.

    Args:
        alarms: all that are known.
        way: by which way.
        shown: whether these are quiet hours, and what passes in them.
    """
    found = [(alarm, act) for alarm in alarms for act in _untold(alarm, way) if _passes(act, shown)]
    return iter(sorted(found, key=lambda one: (one[1].at_ms, one[1].alarm, one[1].number)))


def _untold(alarm: Alarm, way: NotificationChannel) -> Iterator[Act]:
    noted = {
        act.about: act for act in alarm.acts if act.kind in ("told", "not_told") and act.what.split(":")[0] == way.name
    }
    was_told = any(act.kind == "told" for act in noted.values())
    for act in alarm.acts:
        # That it cleared is news only for those who heard of it.
        if act.kind in way.kinds and act.number not in noted and (act.kind != "cleared" or was_told):
            yield act


def _passes(act: Act, shown: Alarms) -> bool:
    return not shown.is_quiet or (act.severity == "critical" and shown.critical_passes)
