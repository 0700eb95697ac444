"""As of: a ward's figures as they stood at any minute of a day, put together from what `as_of_day` read of it.

Stocks have a closing row for each minute, so they are exact. A flow is stored a window; the share of a window that was running then is
counted here, by the indicators' own conditions, from the states in which the day's entities stood at that minute (`day_lives`).

What was written after that minute has two faces. `now`: as everything is known today. `then`: as it was shown. Old totals come back
from the corrections; windows of the day that were running, or were written later, are counted from the events that were stored by then.
`FiguresAsOf.open` names what has to be asked for (`as_of_day.recompute_as_of`): what else was written later - windows of other days, stocks
looked at again, minutes in which the streams stood still. Where those events are gone the value stays as it is now.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Literal, NamedTuple

from warehouse.catalogue import indicator, indicators
from warehouse.history.day_lives import DayLives
from warehouse.model.aggregate import Flow
from warehouse.model.entity import EntityState
from warehouse.model.expression import MINUTE, window_start
from warehouse.model.indicator import Indicator
from warehouse.model.reading import TOTAL, Sides, Split, span_start
from warehouse.model.value import Value
from warehouse.readings import Readings

View = Literal["then", "now"]
"""As it was shown then, or as it is known now."""

PROMPT_MS = MINUTE
"""What was written within this time after a minute counts as shown in it; not in a window that was over for as long by then, for only
something newer or late changes that."""

Grain = Literal["flow", "stock"]
ValuePlace = tuple[str, str, int]
"""Indicator, grain and window; of a stock, of which only one window stands, the window is 0."""

_MILLISECOND = timedelta(milliseconds=1)


class BoardMinute(NamedTuple):
    """A moment by both clocks."""

    at_ms: int
    """By the install's clock, which dates events, windows and corrections."""
    real_ms: int
    """By the machine's, which dates what is written."""


class StoredValue(NamedTuple):
    """A stored value, and when it was written by the machine's clock."""

    value: Value
    written_ms: int


class ReplacedFigure(NamedTuple):
    """What a correction replaced."""

    indicator: str
    grain: str
    window_ms: int
    numerator: int
    denominator: int
    corrected_ms: int


class DayValues(NamedTuple):
    """What is stored of the figures of a day."""

    flows: list[StoredValue]
    """The windows that figures and charts reach, as they are stored."""
    stocks: list[StoredValue]
    """What stood when the day began, and its own rows, by window."""
    corrections: list[ReplacedFigure]
    """What was corrected since the day began, oldest first."""


class BoardDay(NamedTuple):
    """What a ward's board showed on one local day is made of."""

    ward: str
    start_ms: int
    until_ms: int
    """Its end, or the last minute that was over when it was read."""
    values: DayValues
    lives: Mapping[str, DayLives | None]
    """By kind of entity, of those that can count in a window of the day; `None`: their events are gone."""


class FiguresAsOf(NamedTuple):
    """The values that stood at a moment."""

    values: list[Value]
    open: frozenset[ValuePlace]
    """Where the events up to then have to tell, and the value is only what is known of it."""
    gone: frozenset[ValuePlace]
    """Running windows of which no event is kept."""

    def readings(self, counted: Mapping[ValuePlace, Iterable[Value]]) -> Readings:
        """The readings that they make, with what was counted in its place."""
        found = Readings()
        found.apply(value for value in self.values if place_of(value) not in counted)
        found.apply(value for values in counted.values() for value in values)
        return found


def place_of(value: Value) -> ValuePlace:
    """The place of a value that stands."""
    return value.indicator, value.grain, value.window_ms if value.grain == "flow" else 0


def values_as_of(day: BoardDay, minute: BoardMinute, view: View) -> FiguresAsOf:
    """The values that stood at a moment of a day."""
    # 1. What is stored of windows that were over, and of stocks.
    rows = _rows(day.values, minute.at_ms)
    values = {key: row.value for key, row in rows.items()}
    # 2. The share that running windows had by then; one that ended with the minute may be stored.
    running = {_running_place(one, minute.at_ms) for one in indicators() if one.has_flow}
    gone = frozenset(place for place in running if day.lives.get(indicator(place[0]).of.id, ()) is None)
    running -= {place for place, _ in rows}
    if view == "now":
        return FiguresAsOf(_together(values, _counted(day, running, minute.at_ms, None)), frozenset(), gone)
    counted = _counted(day, running, minute.at_ms, minute.real_ms + PROMPT_MS)
    today = _counted(day, running - counted.keys(), minute.at_ms, None)
    # 3. What was written later than it could be shown is open …
    later = {key[0] for key, row in rows.items() if _is_later(row, minute) and _is_shown(row.value, minute.at_ms)}
    # 4. … but a correction tells the total that it replaced. It tells nothing of members, so only what has none is settled by it.
    for undone in day.values.corrections:
        place = (undone.indicator, undone.grain, undone.window_ms if undone.grain == "flow" else 0)
        known = values.get((place, TOTAL))
        if undone.corrected_ms > minute.at_ms and known and known.window_ms == undone.window_ms:
            # The first one since then replaced what stood; the next ones replaced its own figure.
            if known is rows[place, TOTAL].value:
                values[place, TOTAL] = known._replace(numerator=undone.numerator, denominator=undone.denominator)
            if not indicator(undone.indicator).dimensions:
                later.discard(place)
    # 5. Of a window of the day its events tell. What nothing was known of by then stays open, as all that is older.
    of_day = {place for place in later if place[1] == "flow" and place[2] >= day.start_ms}
    counted |= _counted(day, of_day, minute.at_ms, minute.real_ms)
    still_open = (later | today.keys()) - counted.keys()
    return FiguresAsOf(_together(values, today | counted), frozenset(still_open), gone)


def _together(
    stored: Mapping[tuple[ValuePlace, Split], Value], counted: Mapping[ValuePlace, list[Value]]
) -> list[Value]:
    """What is stored, with what was counted in its place."""
    kept = [value for (place, _), value in stored.items() if place not in counted]
    return [*kept, *(value for values in counted.values() for value in values)]


def _running_place(one: Indicator, at_ms: int) -> ValuePlace:
    return one.id, "flow", int(window_start(at_ms - 1, _size(one.id)))


def _rows(stored: DayValues, at_ms: int) -> dict[tuple[ValuePlace, Split], StoredValue]:
    """The stored rows that stood: the windows that were over, and the newest look at each stock."""
    found: dict[tuple[ValuePlace, Split], StoredValue] = {}
    for row in stored.flows:
        value = row.value
        if value.window_ms + _size(value.indicator) <= at_ms:
            found[place_of(value), (value.dimension, value.member)] = row
    for row in stored.stocks:
        if row.value.as_of_ms <= at_ms:
            found[place_of(row.value), (row.value.dimension, row.value.member)] = row
        elif row.value.window_ms >= at_ms:
            break
    return found


def _counted(
    day: BoardDay, places: Iterable[ValuePlace], at_ms: int, known_ms: int | None
) -> dict[ValuePlace, list[Value]]:
    """What windows of the day held at a minute; without those whose events are gone, or of which nothing was known.

    Args:
        day: the day.
        places: of flows.
        at_ms: the minute's end.
        known_ms: of the events that were stored by then; `None`: of those that count today.
    """
    standing: dict[str, Sequence[EntityState] | None] = {}
    found = {}
    for place in places:
        id, _, window = place
        one, size = indicator(id), _size(id)
        if one.of.id not in standing:
            lives = day.lives.get(one.of.id)
            standing[one.of.id] = lives.standing(at_ms, known_ms) if lives else None
        states = standing[one.of.id]
        if states is not None:
            end_ms = min(window + size, at_ms)
            found[place] = [
                Value(day.ward, id, "flow", window, *split, n, d, end_ms, end_ms, "", 0, -1, 0)
                for split, (n, d) in _flow_sums(one, states, window, window + size).items()
            ]
    return found


def _flow_sums(one: Indicator, states: Sequence[Any], start_ms: int, end_ms: int) -> dict[Split, Sides]:
    """What an indicator counts of states in one window, as `flow_sql` does."""
    sides: dict[Split, list[int]] = {}
    for side, parts in enumerate((one.value.numerator, one.value.denominator)):
        for part in parts:
            if isinstance(part, Flow):
                for split, amount in _amounts(one, part, states, start_ms, end_ms):
                    sides.setdefault(split, [0, 0])[side] += amount
    return {split: (n, d) for split, (n, d) in sides.items()}


def _amounts(
    one: Indicator, part: Flow, states: Sequence[Any], start_ms: int, end_ms: int
) -> Iterable[tuple[Split, int]]:
    """What each state adds to each split; where a value of a field counts once, the largest."""
    found: dict[tuple[Split, Any], int] = {}
    for number, state in enumerate(states):
        if not start_ms <= part.at(state) < end_ms or (part.where and not part.where(state)):
            continue
        amount = int(part.added(state)) if part.added else 1
        once = getattr(state, one.value.each) if one.value.each else number
        for split in (TOTAL, *((name, _text(member(state))) for name, member in one.dimensions)):
            found[split, once] = max(amount, found.get((split, once), amount))
    return ((split, amount) for (split, _), amount in found.items())


def _text(member: Any) -> str:
    return str(int(member)) if isinstance(member, bool) else str(member)


def _is_later(row: StoredValue, minute: BoardMinute) -> bool:
    """Whether a row was written for what was not shown yet."""
    value = row.value
    is_over = value.grain == "flow" and value.window_ms + _size(value.indicator) + PROMPT_MS <= minute.at_ms
    return row.written_ms > minute.real_ms + (0 if is_over else PROMPT_MS)


def _is_shown(value: Value, at_ms: int) -> bool:
    """Whether a figure, and not only a chart, reached the value."""
    return value.grain == "stock" or value.window_ms >= span_start(indicator(value.indicator), at_ms)


@cache
def _size(id: str) -> int:
    return indicator(id).window // _MILLISECOND
