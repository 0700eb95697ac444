"""Frame: what stands around a page of the past - the menu in its place, that it is past, in words, stripes and title; the ways through time."""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components.header import menu
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.words import text
from dashboard.words.moment import LONGEST_TYPED, SHAPE, RequestedMoment, day_start
from ingest.contract.label import Label, Language
from warehouse.catalogue import measure
from warehouse.history.as_of import View
from warehouse.model.expression import DAY_MS, MINUTE

PAST = Label("QUÁ KHỨ · {time} {day} {date}", "PAST · {time} {day} {date}")
BACK = Label("Về hiện tại", "Back to now")
MINUTE_OF_DAY = Label("Phút trong ngày", "Minute of the day")
WAYS = Label("Xem lại", "Looking back")
OTHER_DAY = Label("Ngày khác", "Another day")
TIME_AND_DATE = Label("Giờ và ngày, như 10:15 24/11/2026", "Time and date, like 10:15 24/11/2026")
GO = Label("Xem", "Show")
KEYS = Label("Phím ← → : 5 phút", "Keys ← → : 5 minutes")
LOST = Label(
    "Không đọc được: kiểm tra đường truyền rồi thử lại.", "Nothing could be read: check the connection and try again."
)
TYPED = "%H:%M %d/%m/%Y"
VIEW = Label("Cách nhìn", "View")
VIEWS: dict[View, Label] = {
    "then": Label("Như đã thấy lúc đó", "As shown then"),
    "now": Label("Theo số liệu nay", "As known now"),
}
STEPS = (
    (-1440, Label("−1 ngày", "−1 day")),
    (-60, Label("−1 giờ", "−1 h")),
    (-1, Label("−1 phút", "−1 min")),
    (1, Label("+1 phút", "+1 min")),
    (60, Label("+1 giờ", "+1 h")),
    (1440, Label("+1 ngày", "+1 day")),
)
"""Minutes that a button goes."""
NOTES: dict[View, Label] = {
    "then": Label(
        "Số đã sửa về sau được đưa về như lúc đó, theo những gì kho có trong vòng một phút sau đó.",
        "What was corrected later is undone: as far as the warehouse knew within a minute of it.",
    ),
    "now": Label(
        "Sự kiện đến muộn và các lần sửa về sau đã được tính.",
        "With the events that came late, and what was corrected later.",
    ),
}
UNRESTORED = Label(
    "Không khôi phục được, đang hiện như nay: {ids}.", "Cannot be brought back, shown as known now: {ids}."
)
AND_OTHERS = Label(" và chỉ tiêu khác", " and others")
CURRENT = Label("CẬP NHẬT", "UP TO DATE")
"""What was live then: nothing of the past is called live."""

_MOST_NAMED = 6
_MARKS = tuple(range(0, 25, 3))


def past_frame(
    inner: Component, page: Page, state: BoardState, what: RequestedMoment, now_ms: int, shown: str
) -> Component:
    """A page with the past around it, a skeleton until `callbacks` has filled it; `shown` is the mark of what it comes with."""
    say = state.say
    turn = {"at": what.at_ms, "view": what.view, "typed": "", "number": 0, "shown": shown}
    facts: dict[str, Any] = {
        "data-path": page.path, "data-first": what.at_ms, "data-look": what.view, "data-lost": say(LOST),
        "data-shown": shown,
    }  # fmt: skip
    named: dict[str, Any] = {"aria-label": say(WAYS)}
    return html.Div(
        [
            menu(state, viewer(), page.path),
            html.Section([_which(page, state, what, now_ms), _through(state, what)], className="past-bar", **named),
            html.Div(id="past-fault", className="past-fault", role="alert"),
            inner,
            html.Div(id="past", hidden=True, **facts),
            dcc.Store(id="past-turn", data=turn),
        ],
        className="past-frame is-empty",
    )


def _which(page: Page, state: BoardState, what: RequestedMoment, now_ms: int) -> Component:
    """Which minute it is, and where to type another."""
    say = state.say
    views = dmc.SegmentedControl(
        id="past-view",
        value=what.view,
        data=[{"value": view, "label": say(label)} for view, label in VIEWS.items()],
        size="xs",
        attributes={"root": {"aria-label": say(VIEW)}},
    )
    typed = html.Div(
        [
            dmc.TextInput(
                id="past-typed",
                value=f"{text.local_time(what.at_ms):{TYPED}}",
                placeholder="10:15 24/11/2026",
                size="xs",
                attributes={
                    "input": {"aria-label": say(TIME_AND_DATE), "title": say(TIME_AND_DATE), "maxlength": LONGEST_TYPED}
                },
            ),
            html.Button(say(GO), id="past-go", className="past-step", type="button"),
        ],
        className="past-typed",
    )
    day = dmc.DatePickerInput(
        id="past-day",
        value=f"{text.local_time(day_start(what.at_ms)):%Y-%m-%d}",
        valueFormat="DD/MM",
        maxDate=f"{text.local_time(now_ms):%Y-%m-%d}",
        size="xs",
        attributes={"input": {"aria-label": say(OTHER_DAY), "title": say(OTHER_DAY)}},
    )
    parts = [
        html.Strong(id="past-mark", className="past-mark", role="status"),
        typed,
        day,
        views,
        html.A(say(BACK), href=page.path, id="past-back", className="past-back"),
        html.Span(say(text.READING), id="past-busy", className="past-busy is-busy", role="status"),
        html.Span(id="past-note", className="past-note", role="status"),
    ]
    return html.Div(parts, className="past-row")


def _through(state: BoardState, what: RequestedMoment) -> Component:
    """The slider, and the steps on both sides of it."""
    say, start_ms = state.say, day_start(what.at_ms)
    slider = dmc.Slider(
        id="past-minute",
        min=0,
        max=DAY_MS // MINUTE,
        step=1,
        value=(what.at_ms - start_ms) // MINUTE,
        updatemode="drag",
        label=None,
        marks=[{"value": 60 * hour, "label": f"{hour:02}"} for hour in _MARKS],
        thumbLabel=say(MINUTE_OF_DAY),
        color="violet",
        size="sm",
        className="past-slider",
    )
    buttons = [_step(minutes, say(label)) for minutes, label in STEPS]
    parts = [
        html.Div(buttons[:3], className="past-steps"),
        slider,
        html.Div(buttons[3:], className="past-steps"),
        html.Span(say(KEYS), className="past-keys"),
    ]
    return html.Div(parts, className="past-row")


def minute_updates(at_ms: int, view: View, language: Language) -> PropertyUpdates:
    """Which minute the page shows once it has been read, for the browser's clock and ways."""
    return {
        PropertyUpdate("past", "data-at"): at_ms,
        PropertyUpdate("past", "data-shape"): f"{text.local_time(at_ms):{SHAPE}}",
        PropertyUpdate("past", "data-view"): view,
        PropertyUpdate("past", "data-title"): mark(at_ms, language),
    }


def mark(at_ms: int, language: Language) -> str:
    """That it is past, and which minute: `QUÁ KHỨ · 10:15 thứ Ba 24/11/2026`."""
    at = text.local_time(at_ms)
    day = text.DAYS[at.weekday()].text(language)
    return PAST.text(
        language, time=f"{at:%H:%M}", day=day[0].lower() + day[1:] if language == "vi" else day, date=f"{at:%d/%m/%Y}"
    )


def past_note(view: View, unrestored: tuple[str, ...], language: Language) -> str:
    """How what is shown was come by, and what of it is not as it was."""
    said = NOTES[view].text(language)
    if unrestored:
        named = ", ".join(measure(id).label.text(language) for id in unrestored[:_MOST_NAMED])
        more = AND_OTHERS.text(language) if len(unrestored) > _MOST_NAMED else ""
        said = f"{UNRESTORED.text(language, ids=named + more)} {said}"
    return said


def as_past(updates: PropertyUpdates, language: Language) -> PropertyUpdates:
    """The updates of a page with nothing in them called live."""
    live = text.STATES["live"].text(language)
    return {
        update: value.replace(live, CURRENT.text(language)) if isinstance(value, str) and live in value else value
        for update, value in updates.items()
    }


def _step(minutes: int, label: str) -> Component:
    data: dict[str, Any] = {"data-minutes": minutes}
    return html.Button(label, className="past-step", type="button", **data)
