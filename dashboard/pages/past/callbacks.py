"""Past callbacks: what moving through time does - the figures of another minute, in place of those that are shown."""

import asyncio
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update, set_props
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.board.layout import component_properties, fill_layout
from dashboard.board.live import Live
from dashboard.board.page_services import Services
from dashboard.components.header import navigation
from dashboard.pages.past import frame
from dashboard.pages.past.memory import NOTHING, PastCache, SupersededError, TooOldError, state_of
from dashboard.state.page import Page, PropertyUpdates
from dashboard.state.queries import TooMuchError
from dashboard.words import moment, text
from dashboard.words.moment import RequestedMoment
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.errors import Unavailable
from ingest.contract.label import Label
from warehouse.model.expression import DAY_MS, MINUTE

TOO_MUCH = Label("Đọc phút này mất quá lâu.", "Reading this minute takes too long.")
NOT_HERE = Label("Trang này không xem lại được.", "This page cannot be looked back at.")
NOTHING_KEPT = Label("Chưa có số liệu nào được giữ.", "No figures are kept yet.")

PATH = "past"
"""What the transport is told instead of a page's path: nothing is pushed to it."""


def show(page: Page, live: Live, what: RequestedMoment) -> Component:
    """A page at a minute of the past, empty until the minute is read; or in words why it cannot be shown."""
    state = state_of(live, NOTHING, what.at_ms, viewer().language)
    fault = what.fault if page.can_look_back else NOT_HERE
    if fault is not None:
        back = html.A(state.say(frame.BACK), href=page.path, id="past-back", className="back")
        ways = navigation(live.board_state(viewer().language), viewer(), page.path)
        return html.Div([ways, html.P(state.say(fault), role="alert"), back], className="alone")
    inner = fill_layout(page.layout(state), frame.as_past(page.updates(state), state.language))
    around = frame.past_frame(inner, page, state, what, live.now_ms())
    return fill_layout(around, frame.mark_updates(what.at_ms, what.view, state.language))


def register(app: Dash, services: Services) -> None:
    """Attach the callbacks."""
    live, reader = services.live, services.reader
    memory = PastCache(live, reader)

    @app.callback(
        Output("past-note", "children"),
        Input("past-turn", "data"),
        Input("past-view", "value"),
        State("past-start", "data"),
        State("url", "pathname"),
        running=[(Output("past-busy", "className"), "past-busy is-busy", "past-busy")],
    )
    async def turn(minute: object, view: object, start_ms: object, path: object) -> Any:
        person, page = viewer(), _allowed(live, path)
        if page is None or view not in frame.VIEWS or not _is_whole(minute, DAY_MS // MINUTE) or not _is_day(start_ms):
            return no_update
        at_ms = start_ms + minute * MINUTE  # type: ignore[operator]
        if at_ms > live.now_ms():
            return moment.FUTURE.text(person.language)
        try:
            state, unrestored = await memory.board_state(person.session, at_ms, view, person.language)
        except SupersededError:
            return no_update
        except TooOldError as error:
            return too_old(error.first_ms).text(person.language)
        except (TooMuchError, Unavailable) as error:
            return (TOO_MUCH if isinstance(error, TooMuchError) else WAREHOUSE_ASK_AGAIN).text(person.language)
        updates: PropertyUpdates = await asyncio.to_thread(page.updates, state)
        updates = frame.as_past(updates, person.language) | frame.mark_updates(at_ms, view, person.language)
        for id, values in component_properties(updates).items():
            set_props(id, values)
        return frame.past_note(view, unrestored, person.language)

    for name, component in (("want", "past-minute"), ("day", "past-day")):
        app.clientside_callback(  # type: ignore[no-untyped-call]
            ClientsideFunction("past", name), Output("past", f"data-{name}"), Input(component, "value")
        )


def too_old(first_ms: int) -> Label:
    """Since when figures are kept."""
    if not first_ms:
        return NOTHING_KEPT
    first = f"{text.local_time(first_ms):%H:%M %d/%m/%Y}"
    return Label(*(said.format(first=first) for said in moment.TOO_OLD))


def _allowed(live: Live, path: object) -> Page | None:
    """The page, where it can be looked back at and a person may see it; screens of the wall show the present only."""
    place, who = live.pages.find(path), viewer()
    is_there = place is not None and place.page.can_look_back and place.page.may_be_seen_by(who)
    return place.page if place is not None and is_there and not who.is_display else None


def _is_whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_day(value: object) -> bool:
    """Whether it is a midnight of the ward, as the page was given it."""
    return _is_whole(value, 2**42) and moment.day_start(value + 1) == value  # type: ignore[operator]
