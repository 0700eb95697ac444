"""Past callbacks: what moving through time does - the figures of another minute, in place of those that are shown."""

import asyncio
from typing import Any, NamedTuple

from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update, set_props
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.board.filled_pages import PageKey
from dashboard.board.layout import changed_properties, component_properties, fill_layout
from dashboard.board.live import Live
from dashboard.board.page_services import Services
from dashboard.components.header import navigation
from dashboard.pages.past import frame
from dashboard.pages.past.memory import NOTHING, PastCache, SupersededError, TooOldError, state_of
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.state.queries import TooMuchError
from dashboard.words import moment, text
from dashboard.words.moment import RequestedMoment, TypedFault, typed_moment
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.errors import Refused, Unavailable
from ingest.contract.label import Label, Language
from warehouse.history.as_of import View
from warehouse.model.expression import MINUTE

TOO_MUCH = Label("Đọc phút này mất quá lâu.", "Reading this minute takes too long.")
NOT_HERE = Label("Trang này không xem lại được.", "This page cannot be looked back at.")
NOTHING_KEPT = Label("Chưa có số liệu nào được giữ.", "No figures are kept yet.")


class Wish(NamedTuple):
    """What somebody wants to see."""

    at: int | TypedFault
    """The minute, or why it is none."""
    view: View
    number: int
    """By which the browser knows the answer."""
    shown: str
    """The mark of what it shows, of which only the rest changes."""


class UnshowableError(Refused):
    """What was asked for is no minute that can be shown."""

    def __init__(self, why: TypedFault) -> None:
        super().__init__(why)
        self.why = why


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
    updates = _shown_updates(page, state)
    mark = live.filled.keep(_key(page, state.language), updates)
    around = frame.past_frame(page.layout(state), page, state, what, live.now_ms(), mark)
    return fill_layout(around, updates)


def register(app: Dash, services: Services) -> None:
    """Attach the callbacks."""
    live, reader = services.live, services.reader
    memory = PastCache(live, reader)

    @app.callback(
        Output("past-note", "children"),
        Output("past-fault", "children"),
        Input("past-turn", "data"),
        State("url", "pathname"),
        running=[(Output("past-busy", "className"), "past-busy is-busy", "past-busy")],
    )
    async def turn(asked: object, path: object) -> tuple[Any, Any]:
        person, page, wish = viewer(), _allowed(live, path), _wish(asked, live.now_ms())
        if page is None or wish is None:
            return no_update, no_update
        try:
            if isinstance(wish.at, TypedFault):
                raise UnshowableError(wish.at)
            seen = await memory.look(person.session, page, wish.at, wish.view, person.language)
        except SupersededError:
            return no_update, no_update  # the browser asks again if it still wants to know
        except (UnshowableError, TooOldError, TooMuchError, Unavailable) as error:
            set_props("past", {"data-told": wish.number})
            return no_update, fault_text(error, person.language)
        updates = await asyncio.to_thread(_shown_updates, page, seen.state, seen.own)
        key = _key(page, person.language)
        fresh = changed_properties(updates, live.filled.take(wish.shown, key))
        fresh |= frame.minute_updates(seen.state.now_ms, wish.view, person.language)
        fresh[PropertyUpdate("past", "data-shown")] = live.filled.keep(key, updates)
        fresh[PropertyUpdate("past", "data-told")] = wish.number
        for id, values in component_properties(fresh).items():
            set_props(id, values)
        return frame.past_note(wish.view, seen.unrestored, person.language), ""

    for name, component in (("minute", "past-minute"), ("day", "past-day"), ("view", "past-view")):
        app.clientside_callback(  # type: ignore[no-untyped-call]
            ClientsideFunction("past", name), Output("past", f"data-{name}"), Input(component, "value")
        )


def fault_text(error: Exception, language: Language) -> str:
    """Why a minute is not shown, as a sentence."""
    if isinstance(error, UnshowableError):
        return error.why.text(language)
    if isinstance(error, TooOldError):
        return too_old(error.first_ms).text(language)
    return (TOO_MUCH if isinstance(error, TooMuchError) else WAREHOUSE_ASK_AGAIN).text(language)


def _wish(asked: object, now_ms: int) -> Wish | None:
    """What a browser asks for; `None` where no page of ours would."""
    match asked:
        case {
            "at": int(at),
            "view": "then" | "now" as view,
            "typed": str(typed),
            "number": int(number),
            "shown": str(shown),
        }:
            if not 0 <= at <= 2**42 or at % MINUTE or not 0 <= number <= 2**42:
                return None
            found = typed_moment(typed, at, now_ms) if typed else TypedFault(moment.FUTURE) if at > now_ms else at
            return Wish(found, view, number, shown)
    return None


def _shown_updates(page: Page, state: BoardState, own: PropertyUpdates | None = None) -> PropertyUpdates:
    """Everything that a page shows of a minute, with which it is."""
    updates = frame.as_past(page.updates(state) | (own or {}), state.language)
    return updates | {PropertyUpdate("past-mark", "children"): frame.mark(state.now_ms, state.language)}


def _key(page: Page, language: Language) -> PageKey:
    """Which pages of the past show the same; none of the present does."""
    return f"{PATH}{page.path}", "", language


def too_old(first_ms: int) -> Label:
    """Since when figures are kept."""
    if not first_ms:
        return NOTHING_KEPT
    first = f"{text.local_time(first_ms):%H:%M %d/%m/%Y}"
    return moment.TOO_OLD.filled(first=first)


def _allowed(live: Live, path: object) -> Page | None:
    """The page, where it can be looked back at and a person may see it; screens of the wall show the present only."""
    place, who = live.pages.find(path), viewer()
    is_there = place is not None and place.page.can_look_back and place.page.may_be_seen_by(who)
    return place.page if place is not None and is_there and not who.is_display else None
