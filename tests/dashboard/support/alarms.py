"""Alarms as tests need them."""

from dashboard.alarm.alarm import Alarm, begin_alarm, combine_alarms
from dashboard.alarm.evaluator import alarm_id
from tests.dashboard.support.ward import NOW_MS
from warehouse.store.alarm_log import SYSTEM, Act

MINUTE = 60_000


def raised(rule="queue.longest_wait", subject="dat_dai", severity="warning", ago=4, value=16.0, names="") -> Act:
    at_ms = NOW_MS - ago * MINUTE
    return Act(alarm_id((rule, subject), at_ms), 0, "raised", rule, subject, severity, value, SYSTEM, names, -1, at_ms)


def after(act: Act, *kinds) -> Alarm:
    """An alarm with further acts, each (kind, who, what, minutes ago)."""
    alarm = begin_alarm(act)
    for number, (kind, who, what, ago) in enumerate(kinds, 1):
        alarm = alarm.after(
            act._replace(
                number=number, kind=kind, who=who, what=what, severity=alarm.severity, at_ms=NOW_MS - ago * MINUTE
            )
        )
    return alarm


def wall():
    """The four of the picture of the wall."""
    source = raised("source.silent", "civil_status", "critical", 34, 86_400.0)
    speakers = raised("speaker.offline", "", "critical", 13, 3.0, "TDP-012 TDP-013 TDP-041")
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
