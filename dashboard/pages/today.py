"""Today: what the working day was or will be - before it opens what is to come, after it closes what it brought and what is due next.

A screen of the wall shows it only while the office is closed; then the page of the office has nothing to say.
"""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard.charts.chart import is_told
from dashboard.components import broadcasts
from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import Widget
from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from dashboard.words.day import day_text, holiday
from ingest.contract.calendar import OFFICE, local_day, ward_moment
from ingest.contract.clock import milliseconds, moment
from ingest.contract.label import Label
from warehouse.catalogue import indicator
from warehouse.model.expression import DAY_MS

TODAY = Label("Trong ngày", "The day")
AHEAD = Label("Sắp tới", "To come")
RESULTS = Label("Kết quả ngày làm việc", "The working day's results")

DAY_OFF = Label("Hôm nay nghỉ: {name}", "Closed today: {name}")
OPENS = Label("Mở cửa {time} {day}", "Opens at {time}, {day}")
CLOSES = Label("Đang mở cửa đến {time}", "Open until {time}")
EXPECTED = Label(
    "Dự kiến {count} lượt, như {day}", "About {count} visits, as on {day}", "About {count} visit, as on {day}"
)
BUSIEST = Label(
    "Đông nhất {hour}h: {count} lượt", "Busiest at {hour}:00: {count} visits", "Busiest at {hour}:00: {count} visit"
)
BROADCAST = Label("Buổi phát tới {time}: {count} lịch", "Next broadcast {time}: {count} planned")
NO_BROADCAST = Label("Hôm nay không còn buổi phát nào", "No further broadcast today")
DOSSIERS_DUE = Label("Hồ sơ sắp đến hạn {near}, quá hạn {overdue}", "Dossiers near due {near}, overdue {overdue}")
PETITIONS_DUE = Label("Kiến nghị sắp đến hạn {near}, quá hạn {overdue}", "Petitions near due {near}, overdue {overdue}")
SO_FAR = Label("{day}, đến lúc này", "{day}, so far")
VISITS = Label("{count} lượt đến", "{count} visits", "{count} visit")
WAITED = Label("Chờ trung bình {time}", "Mean wait {time}")
RECEIVED = Label("{count} hồ sơ tiếp nhận", "{count} dossiers received", "{count} dossier received")
PETITIONS = Label("{count} kiến nghị tiếp nhận", "{count} petitions received", "{count} petition received")

MOST = 7
"""Places for lines on a card."""
_WEEK = timedelta(days=7)


class DaySum(NamedTuple):
    """What a flow was on one local day."""

    numerator: int
    denominator: int


def is_closed(state: BoardState) -> bool:
    """Whether the office is closed for today, or not open yet; the lunch break is neither."""
    periods = OFFICE.periods(_today(state))
    return not periods or not periods[0][0] <= moment(state.now_ms) < periods[-1][1]


def _today(state: BoardState) -> date:
    return local_day(moment(state.now_ms))


def _sum(state: BoardState, id: str, day: date) -> DaySum:
    start_ms = milliseconds(ward_moment(day, time()))
    found = state.readings.series(id, start_ms, start_ms + DAY_MS)
    return DaySum(sum(one.numerator for one in found), sum(one.denominator for one in found))


def _ahead(state: BoardState) -> list[str]:
    """What the next working day brings."""
    today = _today(state)
    periods = OFFICE.periods(today)
    is_over = not periods or moment(state.now_ms) >= periods[-1][1]
    day = OFFICE.next_working_day(today + timedelta(days=1)) if is_over else today
    opens = OFFICE.periods(day)[0][0]
    rows = []
    if closed := holiday(today, state.language):
        rows.append(state.say(DAY_OFF, name=closed))
    if is_closed(state):
        rows.append(
            state.say(OPENS, time=f"{text.local_time(milliseconds(opens)):%H:%M}", day=day_text(day, state.language))
        )
    else:
        rows.append(state.say(CLOSES, time=f"{text.local_time(milliseconds(periods[-1][1])):%H:%M}"))
    rows += _load(state, day)
    rows.append(_broadcast(state))
    rows += [_due(state, DOSSIERS_DUE, "D07", "D08"), _due(state, PETITIONS_DUE, "P03", "P04")]
    return [row for row in rows if row]


def _load(state: BoardState, day: date) -> list[str]:
    """How many came a week before, and when most of them did."""
    before = day - _WEEK
    start_ms = milliseconds(ward_moment(before, time()))
    hours: dict[int, int] = {}
    for value in state.readings.series("Q01", start_ms, start_ms + DAY_MS):
        hour = text.local_time(value.window_ms).hour
        hours[hour] = hours.get(hour, 0) + value.numerator
    count = sum(hours.values())
    if not count:
        return []
    busiest = max(hours, key=lambda hour: (hours[hour], -hour))
    said = number.whole_number(count, state.language)
    return [
        state.say(EXPECTED, count=said, day=day_text(before, state.language)),
        state.say(BUSIEST, hour=busiest, count=number.whole_number(hours[busiest], state.language)),
    ]


def _broadcast(state: BoardState) -> str:
    if not is_told(state, [broadcasts.INDICATOR]):
        return ""
    planned = broadcasts.broadcast_starts(state)
    for at_ms, reading in planned:
        if at_ms > state.now_ms:
            count = number.whole_number(reading.denominator, state.language)
            return state.say(BROADCAST, time=f"{text.local_time(at_ms):%H:%M}", count=count)
    return state.say(NO_BROADCAST if planned else broadcasts.NONE)


def _due(state: BoardState, label: Label, near: str, overdue: str) -> str:
    readings = [state.read(id) for id in (near, overdue)]
    if not all(reading.known for reading in readings):
        return ""
    counts = [number.figure_text(reading, state.language) for reading in readings]
    return state.say(label, near=counts[0], overdue=counts[1])


def _results(state: BoardState) -> list[str]:
    """What the last working day brought: today's until now once it has opened."""
    today = _today(state)
    periods = OFFICE.periods(today)
    has_opened = bool(periods) and moment(state.now_ms) >= periods[0][0]
    day = today if has_opened else OFFICE.previous_working_day(today - timedelta(days=1))
    name = day_text(day, state.language)
    if day == today and moment(state.now_ms) < periods[-1][1]:
        name = state.say(SO_FAR, day=name)
    visits, waits = _sum(state, "Q01", day), _sum(state, "Q03", day)
    rows = [name[0].upper() + name[1:], state.say(VISITS, count=number.whole_number(visits.numerator, state.language))]
    if waits.denominator:
        rows.append(state.say(WAITED, time=number.value_of(indicator("Q03"), waits, state.language)))
    for id, label in (("D01", RECEIVED), ("P01", PETITIONS)):
        rows.append(state.say(label, count=number.whole_number(_sum(state, id, day).numerator, state.language)))
    return rows


def _lines(name: str, rows: Callable[[BoardState], list[str]]) -> Widget:
    """Lines of text, one below the other."""

    def layout(_board_state: BoardState) -> Component:
        places = [
            html.Li(html.Span(id=f"{name}-{place}-said", className="what"), id=f"{name}-{place}")
            for place in range(MOST)
        ]
        return html.Ul(places, className="rows day-lines")

    def updates(state: BoardState) -> PropertyUpdates:
        found = rows(state)
        updates: PropertyUpdates = {}
        for place in range(MOST):
            said = found[place] if place < len(found) else ""
            updates[PropertyUpdate(f"{name}-{place}", "className")] = "row" if said else "row row-empty"
            updates[PropertyUpdate(f"{name}-{place}-said", "children")] = said
        return updates

    return Widget(layout, updates)


PAGE = wall_page(
    "/today",
    TODAY,
    order=0,
    pace=timedelta(seconds=20),
    has_news=is_closed,
    lines=(
        CardRow(
            20,
            (
                Card("ahead", AHEAD, part=_lines("ahead", _ahead)),
                Card("results", RESULTS, part=_lines("results", _results)),
            ),
        ),
    ),
)
