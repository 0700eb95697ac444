"""Alarms as tests need them: as acts, as the records of a log, and a log in memory where Kafka would be."""

from collections import Counter
from collections.abc import Sequence

from dashboard.alarm.event_log.events import (
    ENGINE,
    act_event,
    decision_event,
    decision_id,
    delivery_event,
    event_id,
    wrap,
)
from dashboard.alarm.event_log.fold import AlarmFold
from dashboard.state.alarm import Alarm, begin_alarm, combine_alarms
from ingest.contract.clock import moment
from ingest.contract.envelope import AnyEnvelope, decode, encode
from ingest.contract.errors import InvalidEvent, Unavailable
from tests.dashboard.support.ward import NOW_MS
from warehouse.store.alarm_log import DECISIONS, SYSTEM, Act

MINUTE = 60_000


def raised(rule="queue.longest_wait", subject="dat_dai", severity="warning", ago=4, value=16.0, names="") -> Act:
    at_ms = NOW_MS - ago * MINUTE
    id = decision_id((rule, subject), at_ms)
    return Act(id, 0, "raised", rule, subject, severity, value, SYSTEM, names, -1, at_ms, id)


def after(act: Act, *kinds) -> Alarm:
    """An alarm with further acts, each (kind, who, what, minutes ago)."""
    alarm = begin_alarm(act)
    for number, (kind, who, what, ago) in enumerate(kinds, 1):
        id = event_id("test", act.alarm, number)
        about = 0 if kind in ("told", "not_told") else -1
        alarm = alarm.after(
            act._replace(
                number=number,
                kind=kind,
                who=who,
                what=what,
                severity=alarm.severity,
                at_ms=NOW_MS - ago * MINUTE,
                value=0.0,
                about=about,
                id=id,
            )
        )
    return alarm


def envelopes(*acts: Act, ward="hong-bang") -> list[AnyEnvelope]:
    """Acts as the events of a log, in this order; decisions are numbered by rule and subject."""
    alarms: dict[str, Alarm] = {}
    decided: Counter[tuple[str, str]] = Counter()
    found: list[AnyEnvelope] = []
    for number, act in enumerate(acts):
        alarms[act.alarm] = alarm = alarms[act.alarm].after(act) if act.alarm in alarms else begin_alarm(act)
        at = moment(act.at_ms)
        if act.kind in DECISIONS:
            event = decision_event(act, decided[act.rule, act.subject], at)
            decided[act.rule, act.subject] += 1
        elif act.kind in ("told", "not_told"):
            channel, _, why = act.what.partition(": ")
            event = delivery_event(alarm, next(one for one in alarm.acts if one.number == act.about), channel, why, at)
        else:
            event = act_event(alarm, act.kind, act.who, act.what, at)
        id = act.alarm if act.kind == "raised" else act.id or event_id("test", act.alarm, number)
        found.append(wrap(event, id, ward=ward, process=ENGINE, now=at))
    return found


def records(*acts: Act) -> list[bytes]:
    """Acts as the records of a log."""
    return [encode(one) for one in envelopes(*acts)]


class MemoryLog:
    """A log where Kafka would be: what is sent is encoded, read back and taken in at once; or it is away."""

    def __init__(self, fold: AlarmFold | None = None) -> None:
        self.fold = fold or AlarmFold()
        self.sent: list[AnyEnvelope] = []
        self.is_away = False

    async def send(self, events: Sequence[AnyEnvelope]) -> None:
        if self.is_away:
            raise Unavailable("Kafka", "not in this test")
        found = [one for one in decode([encode(event) for event in events]).events if not isinstance(one, InvalidEvent)]
        assert len(found) == len(events)
        self.sent += found
        for one in found:
            self.fold.take(one)


def wall():
    """The four of the picture of the wall."""
    source = raised("source.silent", "civil_status", "critical", 34, 86_400.0)
    speakers = raised("speaker.offline", "", "critical", 13, 95.7, "TDP-012 TDP-013 TDP-041")
    done = raised("system.letters", "", "warning", 80, 3.0)
    return combine_alarms(
        [
            after(source, ("assigned", "lan", "Tổ ứng cứu CNTT", 30)),
            after(speakers),
            after(raised()),
            after(done, ("acknowledged", "lan", "", 79), ("cleared", SYSTEM, "", 15)),
        ],
        {},
    )
