"""Header: the head and the foot of every wall page - the system's own honesty.

Head: the ward, a light with its age for each source, the clock. Foot: whether the data are pretend, what the last audit found,
how long an event takes to the screen, how it gets there, and the ways to other pages.
"""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.access.viewer import Viewer
from dashboard.board.wall_tour import tour
from dashboard.components.page_help import help_button
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from dashboard.words.freshness import declared_sources, source_freshness
from ingest.contract.clock import milliseconds
from ingest.contract.label import Label

NEAR = ("/", "/alarms", "/due")
"""The pages that a thumb reaches at once on a phone."""


def head(state: BoardState, viewer: Viewer, path: str, title: Label | None = None) -> Component:
    """The ways to other pages; beneath, ward, source lights, clock. The browser writes clock and ages.

    Args:
        state: what is shown.
        viewer: who looks; a screen of the wall goes nowhere, and its foot says where it is.
        path: the page.
        title: the page's name; on the overview the ward's own stands there.
    """
    centre = state.say(text.CENTRE_SHORT, ward=state.place.ward_name)
    city = state.say(text.CITY, city=state.place.city_name)
    names = (state.say(title), centre) if title else (state.say(text.CENTRE_KIND), f"{centre}, {city}")
    lights = [
        html.Li(
            [
                html.Span(className="dot"),
                html.Span(text.source_name(source, state.language), className="name"),
                html.Span(id=f"light-{source}-word"),
                html.Span(id=f"light-{source}-age", className="age"),
            ],
            id=f"light-{source}",
        )
        for source in _lights()
    ]
    head = html.Header(
        [
            html.Div(
                [html.H1(names[0]), html.P(names[1])],
                className="place",
            ),
            html.Ul(
                [
                    html.Li(id="lights-said", className="lights-said"),
                    *lights,
                    html.Li(id="lights-absent", className="lights-absent"),
                ],
                className="lights",
            ),
            html.Div([html.Div(id="clock"), html.Div(id="date")], className="clock"),
        ],
        className="head",
    )
    return html.Div([*([] if viewer.is_display else [navigation(state, viewer, path)]), head], className="top")


def head_updates(state: BoardState) -> PropertyUpdates:
    """The state of each source; of those that are not connected, how many there are."""
    found = {source: source_freshness(source, state.signs, state.now_ms) for source in _lights()}
    connected = [fresh.state for fresh in found.values() if fresh.state != "unconnected"]
    live = connected.count("live")
    absent = len(found) - len(connected)
    updates: PropertyUpdates = {
        PropertyUpdate("lights-said", "children"): state.say(text.SOURCES_LIVE, live=live, all=len(connected))
        if connected
        else "",
        PropertyUpdate("lights-absent", "children"): state.say(text.SOURCES_ABSENT, count=absent) if absent else "",
    }
    for source, fresh in found.items():
        word = text.status_word(fresh.state, fresh.sign_ms, state.now_ms, state.language)
        aged = fresh.state in ("live", "late", "stale")
        updates[PropertyUpdate(f"light-{source}", "className")] = f"light is-{fresh.state}"
        updates[PropertyUpdate(f"light-{source}", "title")] = text.state_word(
            fresh.state, fresh.sign_ms, state.now_ms, state.language
        )
        updates[PropertyUpdate(f"light-{source}-word", "children")] = word
        updates[PropertyUpdate(f"light-{source}-age", "data-since")] = fresh.sign_ms if aged else 0
    return updates


def foot_updates(state: BoardState) -> PropertyUpdates:
    """What the last audit found."""
    audit = state.system_status.audit
    if audit is None:
        return {PropertyUpdate("audit", "children"): state.say(text.NOT_AUDITED)}
    said = state.say(
        text.AUDITED,
        time=text.clock_time(milliseconds(audit.finished_at), state.now_ms),
        differences=number.whole_number(audit.differences, state.language),
        compared=number.whole_number(audit.compared, state.language),
    )
    return {PropertyUpdate("audit", "children"): said}


def foot(state: BoardState, viewer: Viewer, path: str) -> Component:
    """Pretend or real, audit, latency, transport; on a screen of the wall, where it is."""
    pills = []
    if state.pretend:
        pills.append(html.Span(state.say(text.PRETEND), className="pill"))
    if state.clock_speed is not None:
        speed = f" {state.say(text.SPEED, speed=f'{state.clock_speed:g}')}" if state.clock_speed != 1 else ""
        pills.append(html.Span(state.say(text.PRETEND_CLOCK) + speed, className="pill quiet"))
    coming = [
        html.Div([state.say(text.EVENT_TO_PIXEL), " ", html.Span(id="latency")], className="latency"),
        transport_mark(state),
    ]
    honest = html.Div(
        [
            html.Div(pills, className="pills"),
            html.A(id="audit", href="/system", className="audit"),
            *([] if state.past else coming),
        ],
        className="honest",
    )
    return html.Footer([*([_dots(state, viewer, path)] if viewer.is_display else []), honest], className="foot")


def transport_mark(state: BoardState) -> Component:
    """Whether figures arrive, or since when they do not; written by the browser."""
    words: dict[str, Any] = {f"data-{way}": state.say(label) for way, label in text.TRANSPORTS.items()}
    return html.Div(
        [html.Span(className="dot"), html.Span(id="transport", **words)], className="transport", role="status"
    )


def navigation(state: BoardState, viewer: Viewer, path: str) -> Component:
    """The menu on top of a page; nothing on a page of the past, around which the menu stands already."""
    return html.Span(hidden=True) if state.past else menu(state, viewer, path)


def menu(state: BoardState, viewer: Viewer, path: str) -> Component:
    """Links to the pages that the person may see, what explains the page, the other language, dark or light, and log-out.

    It is one line: pages of the same kind stand under one word. On a phone three pages are in reach of the thumb, and a button
    shows all.
    """
    listed = [page for page in state.pages.values() if viewer.may(page.right) and page.arguments is None]
    by_word: dict[Label | None, list[Component]] = {}
    for page in listed:
        by_word.setdefault(page.menu, []).append(_way(page, state, path))
    links = by_word.pop(None, [])
    folded = [
        _folded(f"ways-{place}", state.say(word), ways)
        for place, (word, ways) in enumerate(by_word.items())
        if word is not None
    ]
    # The last of them, because some pages have no past: what stands before keeps its place.
    if not state.past and path in state.pages and state.pages[path].can_look_back:
        folded.append(html.A(state.say(text.LOOK_BACK), href=f"{path}?at=", id="look-back"))
    other = "en" if state.language == "vi" else "vi"
    at = f"&at={text.local_time(state.now_ms):%Y-%m-%dT%H:%M}" if state.past else ""
    account = [
        html.Button(state.say(text.SCHEME), id="theme", type="button"),
        html.A(state.say(text.CHANGE_PASSWORD), href="/password"),
        html.Form(html.Button(state.say(text.LOG_OUT), id="log-out"), action="/logout", method="post"),
    ]
    whole = html.Div(
        [
            *links,
            *folded,
            html.Span(className="spring"),
            help_button(state.language),
            html.A(state.say(text.OTHER_LANGUAGE), href=f"{path}?lang={other}{at}", lang=other, id="language"),
            _folded("account", viewer.name, account),
        ],
        id="ways-all",
        className="ways-all",
    )
    opens: dict[str, Any] = {"aria-expanded": "false", "aria-controls": "ways-all"}
    button = html.Button(state.say(text.MENU), id="menu", type="button", **opens)
    near = [_way(page, state, path) for page in listed if page.path in NEAR]
    return html.Nav([html.Div([*near, button], className="ways-near"), whole], className="ways")


def way_back(label: str, href: str) -> Component:
    """A link back to where one came from; to the address where one came from elsewhere."""
    mark: dict[str, Any] = {"data-back": ""}
    return html.A(label, href=href, className="back", **mark)


def _way(page: Page, state: BoardState, here: str) -> Component:
    mark: dict[str, Any] = {"className": "here", "aria-current": "page"} if page.path == here else {}
    return html.A(state.say(page.label), href=_address(page, state), **mark)


def _folded(id: str, word: str, parts: list[Component]) -> Component:
    """A word of the menu that opens what stands under it."""
    opens: dict[str, Any] = {"aria-expanded": "false", "aria-controls": f"{id}-all"}
    button = html.Button(word, id=id, type="button", className="ways-word", **opens)
    return html.Div([button, html.Div(parts, id=f"{id}-all", className="ways-more")], className="ways-folded")


def _address(page: Page, state: BoardState) -> str:
    """Where a page is; from the past, as it was at the same minute."""
    return (
        f"{page.path}?at={text.local_time(state.now_ms):%Y-%m-%dT%H:%M}"
        if state.past and page.can_look_back
        else page.path
    )


def _dots(state: BoardState, viewer: Viewer, path: str) -> Component:
    """The page's name and its place among those that the screen turns."""
    dots = [html.I(className="here" if page.path == path else None) for page, _ in tour(viewer, state.pages)]
    words: dict[str, Any] = {"data-text": state.say(text.UNACKNOWLEDGED)}
    name = state.say(state.pages[path].label)
    return html.Div([html.Span(id="wall-count", **words), name, *dots], className="wall-dots")


def _lights() -> list[str]:
    """The sources in the order of the board: those with a short name first."""
    named = list(text.SOURCES)
    return sorted(declared_sources(), key=lambda source: named.index(source) if source in named else len(named))
