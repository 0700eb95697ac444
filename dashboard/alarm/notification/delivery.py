"""Delivery: tells people of alarms by every channel that is set up, again until it has worked, and each act once.

1. What is to be told follows from the alarms as the log says: the acts of which it does not say what came of them.
2. The message goes out under an id that follows from the act, so the same message has the same id however often it is sent.
3. That the receiver has it is an event as well. When the process dies between the two, whoever starts in its place sends the message
   once more, and the receiver can tell; also if the alarm has cleared meanwhile, so that the receiver hears of that too (`outbox`).

A channel that is down holds up no other. That it fails, and that it works again, are events too.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from dashboard.alarm.event_log.events import ENGINE, channel_event, delivery_event, event_id, wrap
from dashboard.alarm.event_log.fold import AlarmFold
from dashboard.alarm.notification.channels import NotificationChannel, NotSentError
from dashboard.alarm.notification.message import compose
from dashboard.alarm.outbox import AlarmOutbox, MessageKey
from dashboard.alarm.settings import AlarmSettings
from dashboard.state.alarm import ALERTS, Alarm, Alarms, combine_alarms
from dashboard.state.figures import LiveFigures
from ingest.contract.clock import WARD_ZONE, moment
from ingest.contract.envelope import Envelope
from ingest.contract.errors import Unavailable
from ingest.contract.events.alarm import AlarmNotTold, AlarmTold
from ingest.kafka.producer import EventSink
from ingest.runtime.backoff import BackOff
from ingest.runtime.failpoint import failpoint
from warehouse.store.alarm_log import Act

log = logging.getLogger("dashboard.alarm")

FIRST_WAIT = timedelta(seconds=5)
"""Until the second attempt; each further one waits twice as long."""
LONGEST_WAIT = timedelta(minutes=10)
LOOK_EVERY = 1.0


class DeliveryAttempt(NamedTuple):
    """What was tried of one message by one channel."""

    backoff: BackOff
    again: float = 0.0
    """When it may be tried again, by the monotonic clock."""


class AlarmDelivery:
    """Tells people.

    Args:
        figures: the clock, and what messages say of the ward.
        fold: what the log says of channels.
        alarms: the alarms, and what was told of them.
        settings: the quiet hours, and when a message is given up.
        channels: how people are told.
        outbox: the messages that an earlier process has begun.
        producer: where it is noted what came of a message.
        may_send: whether this process has the right to.
        first_wait: until the second attempt.
    """

    def __init__(
        self,
        figures: LiveFigures,
        fold: AlarmFold,
        alarms: Callable[[], Mapping[str, Alarm]],
        settings: AlarmSettings,
        channels: Sequence[NotificationChannel],
        outbox: AlarmOutbox,
        producer: EventSink,
        may_send: Callable[[], bool],
        first_wait: timedelta = FIRST_WAIT,
    ) -> None:
        self.channels = channels
        self.trials: dict[MessageKey, DeliveryAttempt] = {}
        self._figures = figures
        self._fold = fold
        self._alarms = alarms
        self._settings = settings
        self._outbox = outbox
        self._producer = producer
        self._may_send = may_send
        self._first_wait = first_wait
        self._done: set[MessageKey] = set()
        """Of which it is known what came of them, though the log may not say so yet."""
        self._failing: set[str] = set()
        """Channels whose fault is on its way into the log."""
        self._unwritten: list[Envelope] = []
        """What came of messages, and Kafka has not acknowledged yet."""
        self._writing = asyncio.Lock()

    async def run(self) -> None:
        """Deliver messages until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for channel in self.channels:
                tasks.create_task(self._run(channel))

    async def tell(self, channel: NotificationChannel) -> None:
        """Send by one channel what can be sent now."""
        await self._write()
        now_ms = self._figures.now_ms()
        most_ms = round(self._settings.give_up_after.total_seconds() * 1000 * (self._figures.clock_speed or 1.0))
        alarms = self._alarms().values()
        for key in self._outbox.begun_by(channel.name) - {
            (channel.name, act.id) for _, act in _untold(alarms, channel)
        }:
            self._outbox.end(key)  # the log says what came of it
        found = outstanding_acts(alarms, channel, self._shown(now_ms))
        waiting = [(alarm, act) for alarm, act in found if (channel.name, act.id) not in self._done]
        for alarm, act in waiting:
            if not self._may_send():
                return
            # The newest goes on being tried while the channel does not work: else nobody would notice that it works again.
            is_probe = act is waiting[-1][1] and self._fails(channel)
            trial = self.trials.get((channel.name, act.id)) or DeliveryAttempt(BackOff(self._first_wait, LONGEST_WAIT))
            has_begun = (channel.name, act.id) in self._outbox.begun_by(channel.name)
            if not alarm.is_active and act.kind in ALERTS and not has_begun:
                await self._note(alarm, act, channel, "cleared")
            elif now_ms - act.at_ms > most_ms and not is_probe:
                await self._note(alarm, act, channel, "too late")
            elif time.monotonic() >= trial.again and not await self._send(alarm, act, channel, trial):
                return

    async def _send(self, alarm: Alarm, act: Act, channel: NotificationChannel, trial: DeliveryAttempt) -> bool:
        """Try once; whether another message may be tried now."""
        figures, key = self._figures, (channel.name, act.id)
        message = compose(
            alarm.until(act), act, figures.board_state("vi"), figures.board_state("en"), figures.ingest.ward
        )
        await asyncio.to_thread(self._outbox.begin, key)
        failpoint("alarm.telling")
        try:
            await channel.send(message)
        except NotSentError as error:
            if not error.may_have_arrived:
                self._outbox.end(key)
            self.trials[key] = DeliveryAttempt(trial.backoff, time.monotonic() + trial.backoff.seconds())
            if not self._fails(channel):
                log.warning("channel %s does not work: %s", channel.name, error)
                self._failing.add(channel.name)
                await self._note_channel(channel, str(error))
            return error.answered
        failpoint("alarm.told")
        self.trials.pop(key, None)
        if self._fails(
            channel
        ):  # first: without this note, whoever takes over sends the message once more and finds out
            log.info("channel %s works again", channel.name)
            await self._note_channel(channel, "")
            self._failing.discard(channel.name)
        await self._note(alarm, act, channel, "")
        return True

    def _fails(self, channel: NotificationChannel) -> bool:
        return channel.name in self._fold.faults or channel.name in self._failing

    async def _note(self, alarm: Alarm, act: Act, channel: NotificationChannel, cause: str) -> None:
        """Write down what came of a message; empty: the receiver has it."""
        self._done.add((channel.name, act.id))
        now = self._figures.clock.now()
        event, id = delivery_event(alarm, act, channel.name, cause, now), event_id("told", act.id, channel.name)
        await self._write(wrap(event, id, ward=self._figures.ingest.ward, process=ENGINE, now=now))

    async def _note_channel(self, channel: NotificationChannel, why: str) -> None:
        now = self._figures.clock.now()
        event, source = channel_event(channel.name, why, now), f"/{self._figures.ingest.ward}/ioc/{ENGINE}"
        await self._write(
            wrap(event, event.natural_id(source), ward=self._figures.ingest.ward, process=ENGINE, now=now)
        )

    async def _write(self, *events: Envelope) -> None:
        """Write events down, behind those that wait; while Kafka is away they wait, and no message does."""
        self._unwritten += events
        async with self._writing:
            waiting = list(self._unwritten)
            if not waiting:
                return
            try:
                await self._producer.send(waiting)
            except Unavailable as error:
                log.debug("deliveries are waiting for Kafka: %s", error)
            else:
                del self._unwritten[: len(waiting)]
                failpoint("alarm.told_sent")
                for one in waiting:
                    if one.data.kind in (AlarmTold.kind, AlarmNotTold.kind):
                        self._outbox.end((one.data.channel, one.data.act_ref))

    def _shown(self, now_ms: int) -> Alarms:
        local = moment(now_ms).astimezone(WARD_ZONE).time()
        settings = self._settings
        return combine_alarms([], {}, is_quiet=settings.is_quiet(local), critical_passes=settings.quiet_critical_passes)

    async def _run(self, channel: NotificationChannel) -> None:
        while True:
            if self._may_send():
                await self.tell(channel)
            await asyncio.sleep(LOOK_EVERY)


def outstanding_acts(
    alarms: Iterable[Alarm], channel: NotificationChannel, shown: Alarms
) -> Iterator[tuple[Alarm, Act]]:
    """The acts that a channel has still to tell of, the oldest first; in quiet hours only those that may pass.

    Args:
        alarms: all that are known.
        channel: by which channel.
        shown: whether these are quiet hours, and what passes in them.
    """
    found = [(alarm, act) for alarm, act in _untold(alarms, channel) if _passes(act, shown)]
    return iter(sorted(found, key=lambda one: (one[1].at_ms, one[1].alarm, one[1].number)))


def _untold(alarms: Iterable[Alarm], channel: NotificationChannel) -> Iterator[tuple[Alarm, Act]]:
    """The acts that a channel has to tell of, and of which the log does not say what came of them."""
    for alarm in alarms:
        noted = {
            act.about: act
            for act in alarm.acts
            if act.kind in ("told", "not_told") and act.what.split(":")[0] == channel.name
        }
        was_told = any(act.kind == "told" for act in noted.values())
        for act in alarm.acts:
            # That it cleared is news only for those who heard of it.
            if act.kind in channel.kinds and act.number not in noted and (act.kind != "cleared" or was_told):
                yield alarm, act


def _passes(act: Act, shown: Alarms) -> bool:
    return not shown.is_quiet or (act.severity == "critical" and shown.critical_passes)
