"""Observation: what each rule's measure says now.

What cannot be trusted is not known: a figure that is stale, a source behind a system without heartbeat. Then the rule of absence
speaks, and nothing else.
"""

from collections.abc import Mapping
from typing import NamedTuple

from dashboard.alarm.facts import FACTS, WITHOUT_WAREHOUSE
from dashboard.state.alarm import Measured
from dashboard.state.page import BoardState
from dashboard.words.freshness import freshness
from warehouse.indicators.dismantled import SILENT_SINCE, last_sign
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
from warehouse.model.deadline import working_time
from warehouse.model.expression import DAY_MS, NEVER, window_start
from warehouse.model.reading import Reading

HEARTBEAT_LOST_S = 60.0
"""Without a heartbeat of our own for so long nothing is known of the sources: it is us."""

DUE_HOLDS_MS = 15 * 60_000
"""For how long the answer about deadlines holds."""

DOWN_S = 86_400.0
"""What a source that says it is down counts as."""
_NO_DEADLINE_H = 1_000_000.0


class DueEvaluation(NamedTuple):
    """The earliest deadline of a rule, as the warehouse last said."""

    at_ms: int
    asked_ms: int


class ObservedFacts(NamedTuple):
    """What a measure says."""

    subjects: Mapping[str, Measured | None]
    rest: Measured | None = None
    """What holds for a subject that is not there."""

    def of(self, subject: str) -> Measured | None:
        """What it says of one subject."""
        return self.subjects.get(subject, self.rest)


UNKNOWN = ObservedFacts({})


def observe(rule: AlarmRule, state: BoardState, dues: Mapping[str, DueEvaluation]) -> ObservedFacts:
    """What a rule's measure says now.

    Args:
        rule: the rule.
        state: the figures of this moment, and how the system stands.
        dues: by rule, the earliest deadlines.
    """
    match rule.measure:
        case MeasuredFigure(indicator=id, by=by, names=names, named_by=other):
            return _figures(state, id, by, names, other.id if other else id)
        case Rise(indicator=id, by=by):
            return _figures(state, id, by)
        case Silence(only=only, but=but):
            return _silence(state, only, but)
        case NoHeartbeat(indicator=id):
            silent = _heartbeat_s(state, id)
            return UNKNOWN if silent is None else ObservedFacts({"": Measured(silent)})
        case NoEvent(indicator=id):
            return _no_event(state, id)
        case Remaining():
            return _remaining(state.now_ms, dues.get(rule.id))
        case FactName(name=name):
            return _fact(state, name)


def _figures(state: BoardState, id: str, by: str, names: str = "", named_by: str = "") -> ObservedFacts:
    total = state.read(id)
    if not _is_trusted(state, total):
        return UNKNOWN
    if by:
        rest = None if total.indicator.is_ratio else Measured(0.0)
        return ObservedFacts({member: _measured(one) for member, one in state.members(id, by).items()}, rest)
    named = [member for member, one in state.members(named_by, names).items() if one.numerator] if names else []
    if names == SILENT_SINCE:
        named = [last_sign(member)[0] for member in named]
    found = _measured(total)
    return ObservedFacts({"": found._replace(names=tuple(named)) if found else None})


def _measured(reading: Reading) -> Measured | None:
    figure = reading.figure
    return None if figure is None else Measured(figure)


def _is_trusted(state: BoardState, reading: Reading) -> bool:
    return freshness(reading, state.signs, state.now_ms).state in ("live", "late")


def _silence(state: BoardState, only: tuple[str, ...], but: tuple[str, ...]) -> ObservedFacts:
    ours = _heartbeat_s(state, NoHeartbeat().indicator)
    if ours is not None and ours > HEARTBEAT_LOST_S:
        return UNKNOWN
    return ObservedFacts(
        {
            source: Measured(DOWN_S if sign.down else (state.now_ms - sign.last_ms) / 1000)
            for source, sign in state.signs.items()
            if source not in but and (not only or source in only)
        }
    )


def _heartbeat_s(state: BoardState, id: str) -> float | None:
    reading = state.read(id)
    return (state.now_ms - reading.as_of_ms + reading.numerator) / 1000 if reading.known else None


def _no_event(state: BoardState, id: str) -> ObservedFacts:
    reading = state.read(id)
    if not _is_trusted(state, reading):
        return UNKNOWN
    since_ms = max(reading.newest_ms, int(window_start(state.now_ms, DAY_MS)))
    return ObservedFacts({"": Measured(working_time(since_ms, state.now_ms) / 60_000)})


def _remaining(now_ms: int, due: DueEvaluation | None) -> ObservedFacts:
    if due is None or not 0 <= now_ms - due.asked_ms <= DUE_HOLDS_MS:
        return UNKNOWN
    left = _NO_DEADLINE_H if due.at_ms == NEVER else working_time(now_ms, due.at_ms) / 3_600_000
    return ObservedFacts({"": Measured(left)})


def _fact(state: BoardState, name: str) -> ObservedFacts:
    if state.system_status.away_since_ms and name not in WITHOUT_WAREHOUSE:
        return UNKNOWN
    found = FACTS[name].read(state)
    if found is None:
        return UNKNOWN
    return ObservedFacts({subject: Measured(value) for subject, value in found.items()}, Measured(0.0))
