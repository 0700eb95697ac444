"""Evaluator: whether a rule's alarm for one subject is to be raised, made worse, cleared or escalated now. Pure: no clock, no input.

What keeps it calm:

- hysteresis: it is raised beyond a limit that held for a while, and cleared only once the value has been back, behind a limit of
  its own, for a while; on a constant value it never does both;
- what is not known (a figure that is stale, a source that is down) changes nothing;
- the severity rises while it is active, and never falls;
- after a start, a sleep of the PC or a jump of its clock, nothing is judged for a moment, and no time of before counts.
"""

from typing import NamedTuple

from dashboard.alarm.event_log.events import decision_id
from dashboard.state.alarm import SEVERITIES, Alarm, Measured, begin_alarm
from warehouse.model.alarm_rule import AlarmRule, Rise
from warehouse.model.expression import NEVER
from warehouse.model.indicator import Status
from warehouse.store.alarm_log import SYSTEM, Act, Kind

SAMPLES = 60
"""Values kept of the time over which a rise is measured."""


class EvaluationPace(NamedTuple):
    """How time is taken."""

    settle_ms: int = 60_000
    """For how long after a start or a jump nothing is judged."""
    longest_gap_ms: int = 30_000
    """Time between two looks beyond which the clock has jumped, or the PC has slept."""


class EvaluationTime(NamedTuple):
    """The moment of a look."""

    ms: int
    """By the install's clock."""
    is_open: bool
    """Whether the office is."""
    pace: EvaluationPace = EvaluationPace()


class RuleMemory(NamedTuple):
    """What is remembered of one rule and subject from look to look; none of it needs to survive a restart."""

    looked_ms: int = 0
    calm_until_ms: int = 0
    beyond_ms: tuple[int, int, int] = (NEVER, NEVER, NEVER)
    """By severity, since when the value has been at least that bad."""
    good_ms: int = NEVER
    """Since when it has been back."""
    samples: tuple[tuple[int, float], ...] = ()
    """Times and values, the oldest first, where a rise is measured."""


class AlarmState(NamedTuple):
    """One rule and subject: what is remembered, and its active alarm."""

    watch: RuleMemory = RuleMemory()
    alarm: Alarm | None = None
    decided: int = 0
    """How many decisions there were about it, ever: the next one's number."""


def evaluate(
    rule: AlarmRule, subject: str, state: AlarmState, measured: Measured | None, now: EvaluationTime
) -> tuple[AlarmState, list[Act]]:
    """Judge a value.

    Args:
        rule: by which rule.
        subject: of what.
        state: of this rule and subject.
        measured: what was measured; `None`: not known.
        now: the moment.

    Returns:
        The state after it, its alarm with the acts in it, and the acts.
    """
    watch, value = _looked(state.watch, now), measured.value if measured else None
    if isinstance(rule.measure, Rise):
        watch, value = _grown(rule.measure, watch, value, now.ms)
    if value is not None and rule.in_opening_hours and not now.is_open:
        watch = watch._replace(beyond_ms=RuleMemory().beyond_ms, good_ms=min(watch.good_ms, now.ms))
    elif value is None or now.ms < watch.calm_until_ms:
        watch = watch._replace(beyond_ms=RuleMemory().beyond_ms, good_ms=NEVER)
    else:
        watch = _noted(rule, watch, value, now.ms)
    if now.ms < watch.calm_until_ms:
        return state._replace(watch=watch), []
    state = state._replace(watch=watch)
    found = Measured(0.0 if value is None else value, measured.names if measured else ())
    acts = _judged(rule, subject, state, found, now.ms)
    alarm = state.alarm
    for act in acts:
        alarm = alarm.after(act) if alarm else begin_alarm(act)
    return AlarmState(watch, alarm if alarm and alarm.is_active else None, state.decided + len(acts)), acts


def next_act(alarm: Alarm, kind: Kind, now_ms: int, who: str = SYSTEM, what: str = "", about: int = -1) -> Act:
    """An act about an alarm that changes neither its severity nor its value."""
    rule, subject = alarm.key
    number = alarm.acts[-1].number + 1
    return Act(alarm.id, number, kind, rule, subject, alarm.severity, 0.0, who, what, about, now_ms)


def _looked(watch: RuleMemory, now: EvaluationTime) -> RuleMemory:
    """After a jump everything begins anew."""
    jumped = not 0 <= now.ms - watch.looked_ms <= now.pace.longest_gap_ms
    if jumped:
        return RuleMemory(now.ms, now.ms + now.pace.settle_ms)
    return watch._replace(looked_ms=now.ms)


def _grown(measure: Rise, watch: RuleMemory, value: float | None, now_ms: int) -> tuple[RuleMemory, float | None]:
    """How much the value has grown; not known before it has been watched for long enough."""
    within = round(measure.within.total_seconds() * 1000)
    kept = [sample for sample in watch.samples if now_ms - within * 3 // 2 <= sample[0] <= now_ms]
    if value is not None and (not kept or now_ms - kept[-1][0] >= within // SAMPLES):
        kept.append((now_ms, value))
    before = [known for at_ms, known in kept if at_ms <= now_ms - within]
    grown = value - before[-1] if value is not None and before else None
    return watch._replace(samples=tuple(kept)), grown


def _noted(rule: AlarmRule, watch: RuleMemory, value: float, now_ms: int) -> RuleMemory:
    """Since when it has been how bad."""
    worst = SEVERITIES.index(rule.threshold.status(value))
    beyond = tuple(min(since, now_ms) if place <= worst else NEVER for place, since in enumerate(watch.beyond_ms))
    good_ms = min(watch.good_ms, now_ms) if rule.is_good(value) else NEVER
    return watch._replace(beyond_ms=beyond, good_ms=good_ms)  # type: ignore[arg-type]  # as many as before


def _judged(rule: AlarmRule, subject: str, state: AlarmState, found: Measured, now_ms: int) -> list[Act]:
    watch, alarm, number = state
    value, names = found.value, " ".join(found.names)
    hold, clear_hold, escalate = (
        round(one.total_seconds() * 1000) for one in (rule.hold, rule.clear_hold, rule.escalate_after)
    )
    held = [
        severity
        for severity, since in zip(SEVERITIES[1:], watch.beyond_ms[1:], strict=True)
        if since < NEVER and now_ms - since >= hold
    ]
    worst = held[-1] if held else None
    if alarm is None:
        return [_raised(rule, subject, number, worst, found, now_ms)] if worst else []
    if worst and SEVERITIES.index(worst) > SEVERITIES.index(alarm.severity):
        return [next_act(alarm, "risen", now_ms, what=names)._replace(severity=worst, value=value)]
    if watch.good_ms < NEVER and now_ms - watch.good_ms >= clear_hold:
        return [next_act(alarm, "cleared", now_ms)._replace(value=value)]
    if alarm.calls and not alarm.escalated_ms and now_ms - alarm.alerted_ms >= escalate:
        return [next_act(alarm, "escalated", now_ms)]
    return []


def _raised(rule: AlarmRule, subject: str, number: int, severity: Status, found: Measured, now_ms: int) -> Act:
    id, names = decision_id((rule.id, subject), number), " ".join(found.names)
    return Act(id, 0, "raised", rule.id, subject, severity, found.value, SYSTEM, names, -1, now_ms, id)
