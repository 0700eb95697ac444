"""Facts: what the board knows of the system itself, as numbers that rules hold against limits."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from itertools import count
from typing import NamedTuple

from dashboard.state.page import BoardState
from dashboard.words import number, text
from ingest.contract.calendar import announced_days_off, local_day
from ingest.contract.clock import milliseconds, moment
from ingest.contract.label import Label, Language
from ingest.runtime.restarts import process_label
from warehouse.catalogue import figure_kinds

HOURS = Label("{count} giờ", "{count} hours", "{count} hour")
DAYS = Label("{count} ngày", "{count} days", "{count} day")


class SystemFact(NamedTuple):
    """One of them."""

    read: Callable[[BoardState], Mapping[str, float] | None]
    """Its value by subject; a subject that is not there has 0. `None`: not known."""
    shown: Callable[[float, BoardState], str]
    """How a value is written."""
    name: Callable[[str, Language], str] = text.stream_name
    """What a subject is called."""


def _whole(value: float, state: BoardState) -> str:
    return number.whole_number(round(value), state.language)


def _away(state: BoardState) -> Mapping[str, float]:
    since = state.system_status.away_since_ms
    return {"": (state.now_ms - since) / 1000 if since else 0.0}


def _disk(state: BoardState) -> Mapping[str, float]:
    disk = state.system_status.disk
    return {"": disk.free / disk.reserve if disk else _ROOMY}


_ROOMY = 1000.0
"""Times the reserve: where no disk needs to be looked after."""


def _free(value: float, state: BoardState) -> str:
    disk = state.system_status.disk
    return state.say(text.FREE, free=number.size(disk.free, state.language)) if disk else number.NONE


def _stops(state: BoardState) -> Mapping[str, float]:
    return {stop.topic: 1.0 for stop in state.system_status.stops}


def _differences(state: BoardState) -> Mapping[str, float] | None:
    audit = state.system_status.audit
    return {"": float(audit.differences)} if audit else None


def _audit_age(state: BoardState) -> Mapping[str, float] | None:
    audit = state.system_status.audit
    return {"": (state.now_ms - milliseconds(audit.finished_at)) / 3_600_000} if audit else None


def _hours(value: float, state: BoardState) -> str:
    return state.say(HOURS, count=_whole(value, state))


def _backup_age(state: BoardState) -> Mapping[str, float] | None:
    backup = state.system_status.backup
    if backup is None:
        return None
    return {"": (state.now_ms - milliseconds(backup.done_at)) / 3_600_000 if backup.done_at else _NEVER_DONE}


_NEVER_DONE = 1e6
"""Hours, of what was tried in vain and never done."""
FOR_HOURS = Label("{count} giờ", "for {count} hours", "for {count} hour")
EVER = Label("lần nào", "ever")


def _for_hours(value: float, state: BoardState) -> str:
    return state.say(EVER) if value >= _NEVER_DONE else state.say(FOR_HOURS, count=_whole(value, state))


def _days_to_unknown_year(state: BoardState) -> Mapping[str, float]:
    """How many days until the first year begins of which the days off are not announced; 0 where this one's are not."""
    today = local_day(moment(state.now_ms))
    year = next(year for year in count(today.year) if year not in announced_days_off())
    return {"": float(max((date(year, 1, 1) - today).days, 0))}


def _days(value: float, state: BoardState) -> str:
    return state.say(DAYS, count=_whole(value, state))


def _dead_letters(state: BoardState) -> Mapping[str, float]:
    return {"": float(state.system_status.dead_letters)}


def _untold(state: BoardState) -> Mapping[str, float]:
    return {way: (state.now_ms - fault.since_ms) / 60_000 for way, fault in state.faults.items()}


def _restarts(state: BoardState) -> Mapping[str, float]:
    return {one.process: float(one.count) for one in state.system_status.restarts}


def _process(name: str, language: Language) -> str:
    return process_label(name).text(language)


DUE_SOON = timedelta(days=3)
"""How long before its last day a figure that people enter is asked for."""


def _figures_missing(state: BoardState, *, is_late: bool) -> Mapping[str, float]:
    """How many kinds have no figure of their newest period, near its last day or after it; one that was never entered is not missed."""
    today, count = local_day(moment(state.now_ms)), 0
    for kind in figure_kinds().values():
        told = state.readings.series(kind.id, 0, state.now_ms)
        period = kind.last_period(today)
        since_ms = milliseconds(period.covers[0])
        if told and not any(value.denominator and value.window_ms >= since_ms for value in told):
            due = kind.due(period)
            count += today > due if is_late else due - DUE_SOON <= today <= due
    return {"": float(count)}


FACTS: dict[str, SystemFact] = {
    "warehouse_away": SystemFact(_away, _whole),
    "disk": SystemFact(_disk, _free),
    "stream_stopped": SystemFact(_stops, _whole),
    "audit_differences": SystemFact(_differences, _whole),
    "audit_age": SystemFact(_audit_age, _hours),
    "backup_age": SystemFact(_backup_age, _for_hours),
    "days_to_unknown_year": SystemFact(_days_to_unknown_year, _days),
    "dead_letters": SystemFact(_dead_letters, _whole),
    "way_fails": SystemFact(_untold, _whole, text.way_name),
    "restarts": SystemFact(_restarts, _whole, _process),
    "figures_due": SystemFact(partial(_figures_missing, is_late=False), _whole),
    "figures_late": SystemFact(partial(_figures_missing, is_late=True), _whole),
}

WITHOUT_WAREHOUSE = frozenset({"warehouse_away", "way_fails", "restarts"})
"""Facts that are known while the warehouse is away."""
