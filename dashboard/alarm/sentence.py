"""Sentence: what an alarm says, in the reader's language, with the value of now while it is active."""

from fractions import Fraction

from dashboard.alarm.facts import FACTS
from dashboard.alarm.observation import DOWN_S
from dashboard.state.alarm import Alarm, Measured
from dashboard.state.page import BoardState
from dashboard.words import number, text
from ingest.contract.label import Label, Language
from warehouse.catalogue import alarm_rules
from warehouse.indicators.dismantled import SILENT_SINCE
from warehouse.model.alarm_rule import (
    AlarmRule,
    FactName,
    MeasuredFigure,
    NoEvent,
    NoHeartbeat,
    Remaining,
    Rise,
    Silence,
)
from warehouse.model.indicator import Derived, Indicator

APPS: dict[str, Label] = {
    "ho_tich": Label("Phần mềm hộ tịch", "Civil-status software"),
    "mot_cua": Label("Phần mềm một cửa", "One-stop software"),
}

MINUTES = Label("{count} phút", "{count} min")
SECONDS = Label("{count} giây", "{count} s")
WORKING_HOURS = Label("{count} giờ làm việc", "{count} working hours", "{count} working hour")
DAY_OR_DOWN = Label("hơn 24 giờ, hoặc tự báo hỏng", "over 24 h, or says it is down")

MORE_NAMES = Label(" và {count} nữa", " and {count} more")
_NAMED = 8
_OF_DEVICES = ("/speakers", "/cameras", "/equipment")
"""Pages of the rules that are about devices."""
_DEVICE = ("key", "camera_id", "device_id", SILENT_SINCE)
"""Dimensions whose members are devices there."""


def alarm_sentence(alarm: Alarm, state: BoardState, *, now: bool = True) -> str:
    """What is wrong.

    Args:
        alarm: which one.
        state: the language, and the values of this moment.
        now: with the value of now; else with that of its last alert, as for the history.
    """
    id, subject = alarm.key
    rule = alarm_rules().get(id)
    if rule is None:
        return f"{id} {subject}".strip()
    found = _found(alarm, state, now=now)
    said = state.say(
        rule.sentence,
        subject=subject_name(rule, subject, state.language),
        value=quantity(rule, found.value, state),
        limit=quantity(rule, exceeded_limit(rule, alarm), state),
        names=_names(rule, found.names, state),
    )
    return said.removesuffix(": ")


def alarm_members(alarm: Alarm, state: BoardState) -> dict[str, str]:
    """What an alarm is about: residential groups and devices, each with the address of its page."""
    rule = alarm_rules().get(alarm.key[0])
    if rule is None or rule.page not in _OF_DEVICES or not isinstance(rule.measure, MeasuredFigure | Rise):
        return {}
    by = rule.measure.names if isinstance(rule.measure, MeasuredFigure) and rule.measure.names else rule.measure.by
    members = _found(alarm, state).names if by != rule.measure.by else (alarm.key[1],)
    if by == "area_code":
        return {one: f"/group/{number}" for one in members if (number := text.group_number(one))}
    return {one: f"/device/{one}" for one in members} if by in _DEVICE else {}


def exceeded_limit(rule: AlarmRule, alarm: Alarm) -> float:
    """The limit beyond which it is as bad as it is."""
    found = rule.threshold.critical if alarm.severity == "critical" else rule.threshold.warning
    return rule.lowest if found is None else found


def subject_name(rule: AlarmRule, subject: str, language: Language) -> str:
    """What a subject is called."""
    match rule.measure:
        case Silence():
            return text.source_name(subject, language)
        case FactName(name=name):
            return FACTS[name].name(subject, language)
        case Rise(by="app"):
            return APPS[subject].text(language) if subject in APPS else text.name_of_code(subject, language)
        case _:
            return text.name_of_code(subject, language)


def quantity(rule: AlarmRule, value: float, state: BoardState) -> str:
    """A value of a rule's measure with its unit."""
    match rule.measure:
        case MeasuredFigure() | Rise() if rule.indicator is not None:
            return _with_unit(rule.indicator, value, state.language)
        case Remaining():
            return state.say(WORKING_HOURS, count=_decimal(value, 1, state.language))
        case NoEvent():
            return state.say(MINUTES, count=_decimal(value, 0, state.language))
        case Silence() if value >= DOWN_S:
            return state.say(DAY_OR_DOWN)
        case Silence() | NoHeartbeat():
            label, count = (MINUTES, value / 60) if value >= 120 else (SECONDS, value)
            return state.say(label, count=_decimal(count, 0, state.language))
        case FactName(name=name):
            return FACTS[name].shown(value, state)
        case _:
            return _decimal(value, 1, state.language)


def _found(alarm: Alarm, state: BoardState, *, now: bool = True) -> Measured:
    """What was measured last, or at its last alert."""
    alert = alarm.alert
    measured = state.alarms.measured.get(alarm.key) if now and alarm.is_active else None
    return measured or Measured(alert.value, tuple(alert.what.split()))


def _with_unit(one: Indicator | Derived, value: float, language: Language) -> str:
    # A share is cut off, not rounded, as on its card.
    exact = Fraction(round(value, 6)).limit_denominator(1_000_000)
    digits = number.decimal(exact, one.unit.decimals, language, floor=number.is_share(one))
    return f"{digits}{number.gap(one, language)}{one.unit.label.text(language, count=digits)}"


def _decimal(value: float, decimals: int, language: Language) -> str:
    return number.decimal(Fraction(round(value, decimals)).limit_denominator(1000), decimals, language)


def _names(rule: AlarmRule, members: tuple[str, ...], state: BoardState) -> str:
    if not members or not isinstance(rule.measure, MeasuredFigure):
        return ""
    beyond = len(members) - _NAMED
    shown, more = members[:_NAMED], state.say(MORE_NAMES, count=beyond) if beyond > 0 else ""
    if rule.measure.names == "area_code":
        groups = [str(text.group_number(one) or one) for one in shown]
        return state.say(text.AREAS, numbers=", ".join(groups)) + more
    return ", ".join(text.name_of_code(one, state.language) for one in shown) + more
