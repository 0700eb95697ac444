"""Fold: the alarms that a log of events speaks of. Pure; whoever reads the same log comes to the same alarms.

Of what contradicts itself the first in the log holds. A decision counts once by its number, so of two processes that decide at the
same time - one of them frozen for a while, and no longer meant to - one is heard. What would change nothing is left out: to
acknowledge what is acknowledged, or what has become worse than the person saw.
"""

from collections.abc import Iterable
from typing import Any

from dashboard.alarm.event_log.events import words_of
from dashboard.state.alarm import SEVERITIES, Alarm, ChannelFault, Key, begin_alarm
from ingest.contract.clock import milliseconds
from ingest.contract.envelope import AnyEnvelope, decode_stored
from ingest.contract.errors import InvalidEvent
from ingest.contract.events.alarm import ChannelFailed, ChannelRestored
from warehouse.model.expression import NEVER
from warehouse.store.alarm_log import DECISIONS, SYSTEM, Act, Kind

MOST_CLEARED = 200
"""Cleared alarms that stay on the list."""


class AlarmFold:
    """All alarms that are on somebody's mind."""

    def __init__(self) -> None:
        self.alarms: dict[str, Alarm] = {}
        """Every alarm that is active or was until lately, by its id."""
        self.faults: dict[str, ChannelFault] = {}
        """By channel, since when it does not work and why."""
        self.decided: dict[Key, int] = {}
        """By rule and subject, how many decisions there were."""
        self._active: dict[Key, str] = {}
        self._seen: dict[str, set[str]] = {}

    def take(self, wrapped: AnyEnvelope) -> Act | None:
        """Take in one event of the log.

        Returns:
            What it did about an alarm; `None`: nothing.
        """
        event = wrapped.data
        match event.kind:
            case ChannelFailed.kind:
                fault = ChannelFault(milliseconds(event.at), words_of(event.cause_code))
                self.faults.setdefault(event.channel, fault)
                return None
            case ChannelRestored.kind:
                self.faults.pop(event.channel, None)
                return None
        kind: Kind = event.kind.removeprefix("alarm.")
        key = (event.rule, event.member or "")
        if kind in DECISIONS:
            if event.number < self.decided.get(key, 0):
                return None
            self.decided[key] = event.number + 1
        if kind == "raised":
            return self._raise(wrapped, key)
        alarm = self.alarms.get(event.alarm_ref)
        if alarm is None or self.has(alarm.id, wrapped.id):
            return None
        self._seen[alarm.id].add(wrapped.id)
        act = _act(wrapped, kind, alarm)
        if kind == "acknowledged" and SEVERITIES.index(event.severity) < SEVERITIES.index(alarm.severity):
            return None
        if act is None or not _counts(alarm, act):
            return None
        self.alarms[alarm.id] = alarm = alarm.after(act)
        if not alarm.is_active:
            self._active.pop(key, None)
        return act

    def has(self, alarm: str, id: str) -> bool:
        """Whether an event about an alarm was taken in."""
        return id in self._seen.get(alarm, ())

    def active(self) -> dict[Key, Alarm]:
        """The active alarms, each by its rule and subject."""
        return {key: self.alarms[id] for key, id in self._active.items()}

    def preview(self, events: Iterable[AnyEnvelope]) -> dict[str, Alarm]:
        """The alarms as they will be when these events are in the log as well; changes nothing."""
        later = AlarmFold()
        later.alarms, later.decided, later._active = dict(self.alarms), dict(self.decided), dict(self._active)
        later._seen = {alarm: set(ids) for alarm, ids in self._seen.items()}
        for one in events:
            later.take(one)
        return later.alarms

    def forget(self, before_ms: int) -> None:
        """Drop what cleared, and was last touched before a time."""
        cleared = sorted((one for one in self.alarms.values() if not one.is_active), key=lambda one: -one.changed_ms)
        for place, alarm in enumerate(cleared):
            if place >= MOST_CLEARED or alarm.changed_ms < before_ms:
                del self.alarms[alarm.id], self._seen[alarm.id]

    def _raise(self, wrapped: AnyEnvelope, key: Key) -> Act | None:
        event = wrapped.data
        if key in self._active or wrapped.id != event.alarm_ref or wrapped.id in self.alarms:
            return None
        at_ms, names = milliseconds(event.at), " ".join(event.names)
        act = Act(event.alarm_ref, 0, "raised", *key, event.severity, event.value, SYSTEM, names, -1, at_ms, wrapped.id)
        self.alarms[act.alarm] = begin_alarm(act)
        self._active[key] = act.alarm
        self._seen[act.alarm] = {wrapped.id}
        return act


def fold_events(records: Iterable[bytes], until_ms: int = NEVER) -> list[Alarm]:
    """The alarms that records speak of, as they are stored, in the order of the log; of what had happened by a time, where one is given."""
    fold = AlarmFold()
    for one in decode_stored(list(records)):
        if not isinstance(one, InvalidEvent) and one.at_ms <= until_ms:
            fold.take(one)
    return list(fold.alarms.values())


def _act(wrapped: AnyEnvelope, kind: Kind, alarm: Alarm) -> Act | None:
    """The act that an event makes of an alarm that is known; `None`: it tells of an act that there is not."""
    event, about = wrapped.data, -1
    severity = event.severity if kind == "risen" else alarm.severity
    if kind in ("told", "not_told"):
        told = next((act for act in alarm.acts if act.id == event.act_ref), None)
        if told is None:
            return None
        about, severity = told.number, told.severity
    number, at_ms = alarm.acts[-1].number + 1, milliseconds(event.at)
    value, who = getattr(event, "value", 0.0), getattr(event, "who", SYSTEM)
    return Act(alarm.id, number, kind, *alarm.key, severity, value, who, _what(event, kind), about, at_ms, wrapped.id)


def _what(event: Any, kind: Kind) -> str:
    match kind:
        case "risen":
            return " ".join(event.names)
        case "cleared":
            return "" if event.cause_code == "value" else str(event.cause_code)
        case "assigned":
            return str(event.to)
        case "commented":
            return str(event.comment)
        case "ticked" | "unticked":
            return str(event.step)
        case "told":
            return str(event.channel)
        case "not_told":
            return f"{event.channel}: {words_of(event.cause_code)}"
        case _:
            return ""


def _counts(alarm: Alarm, act: Act) -> bool:
    """Whether an act changes anything."""
    match act.kind:
        case "cleared":
            return alarm.is_active
        case "risen":
            return alarm.is_active and SEVERITIES.index(act.severity) > SEVERITIES.index(alarm.severity)
        case "escalated":
            return alarm.calls and not alarm.escalated_ms
        case "acknowledged" | "assigned" | "ticked" | "unticked":
            return not changes_nothing(alarm, act.kind, act.what)
        case "told" | "not_told":
            channel = act.what.split(":")[0]
            return not any(
                one.about == act.about and one.kind in ("told", "not_told") and one.what.split(":")[0] == channel
                for one in alarm.acts
            )
        case _:
            return True


def changes_nothing(alarm: Alarm, kind: Kind, what: str) -> bool:
    """Whether an alarm is already as an act would make it."""
    match kind:
        case "acknowledged":
            return not alarm.calls
        case "assigned":
            return alarm.assigned_to == what
        case "ticked":
            return int(what) in alarm.ticked
        case "unticked":
            return int(what) not in alarm.ticked
        case _:
            return False
