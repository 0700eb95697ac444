"""Header: the head and the foot of every wall page - the system's own honesty.

Head: the ward, a light with its age for each source, the clock. Foot: whether the data are pretend, what the last audit found,
how long an event takes to the screen, how it gets there, and the ways to other pages.
"""

from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.access.viewer import Viewer
from dashboard.board.wall_tour import tour
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text
from dashboard.words.freshness import declared_sources, source_freshness
from ingest.contract.clock import milliseconds
from ingest.contract.label import Label


def head(scene: BoardState, title: Label | None = None) -> Component:
    """Ward, source lights, clock. The browser writes clock and ages.

    Args:
        scene: what is shown.
        title: the page's name; on the overview the ward's own stands there.
    """
    centre = scene.say(text.CENTRE, ward=scene.place.ward_name)
    city = scene.say(text.CITY, city=scene.place.city_name)
    names = (scene.say(title), centre) if title else (centre, city)
    lights = [
        html.Li(
            [
                html.Span(className="dot"),
                html.Span(text.source_name(source, scene.language), className="name"),
                html.Span(id=f"light-{source}-word"),
                html.Span(id=f"light-{source}-age", className="age"),
            ],
            id=f"light-{source}",
        )
        for source in _lights()
    ]
    return html.Header(
        [
            html.Div(
                [html.H1(names[0]), html.P(names[1])],
                className="place",
            ),
            html.Ul(lights, className="lights"),
            html.Div([html.Div(id="clock"), html.Div(id="date")], className="clock"),
        ],
        className="head",
    )


def head_leaves(scene: BoardState) -> PropertyUpdates:
    """The state of each source."""
    leaves: PropertyUpdates = {}
    for source in _lights():
        fresh = source_freshness(source, scene.signs, scene.now_ms)
        word = text.light_word(fresh.state, fresh.sign_ms, scene.now_ms, scene.language)
        aged = fresh.state in ("live", "late", "stale")
        leaves[PropertyUpdate(f"light-{source}", "className")] = f"light is-{fresh.state}"
        leaves[PropertyUpdate(f"light-{source}", "title")] = text.state_word(
            fresh.state, fresh.sign_ms, scene.now_ms, scene.language
        )
        leaves[PropertyUpdate(f"light-{source}-word", "children")] = word
        leaves[PropertyUpdate(f"light-{source}-age", "data-since")] = fresh.sign_ms if aged else 0
    return leaves


def foot_leaves(scene: BoardState) -> PropertyUpdates:
    """What the last audit found."""
    audit = scene.standing.audit
    if audit is None:
        return {PropertyUpdate("audit", "children"): scene.say(text.NOT_AUDITED)}
    said = scene.say(
        text.AUDITED,
        time=text.clock_time(milliseconds(audit.finished_at), scene.now_ms),
        differences=number.whole_number(audit.differences, scene.language),
        compared=number.whole_number(audit.compared, scene.language),
    )
    return {PropertyUpdate("audit", "children"): said}


def foot(scene: BoardState, viewer: Viewer, path: str) -> Component:
    """The ways to other pages; beneath, pretend or real, audit, latency, transport."""
    pills = []
    if scene.pretend:
        pills.append(html.Span(scene.say(text.PRETEND), className="pill"))
    if scene.clock_speed is not None:
        speed = f" {scene.say(text.SPEED, speed=f'{scene.clock_speed:g}')}" if scene.clock_speed != 1 else ""
        pills.append(html.Span(scene.say(text.PRETEND_CLOCK) + speed, className="pill quiet"))
    coming = [
        html.Div([scene.say(text.EVENT_TO_PIXEL), " ", html.Span(id="latency")], className="latency"),
        transport_mark(scene),
    ]
    honest = html.Div(
        [
            html.Div(pills, className="pills"),
            html.A(id="audit", href="/system", className="audit"),
            *([] if scene.past else coming),
        ],
        className="honest",
    )
    return html.Footer([navigation(scene, viewer, path), honest], className="foot")


def transport_mark(scene: BoardState) -> Component:
    """How the figures come, or since when they do not; the browser writes it."""
    words: dict[str, Any] = {f"data-{way}": scene.say(label) for way, label in text.TRANSPORTS.items()}
    return html.Div(
        [html.Span(className="dot"), html.Span(id="transport", **words)], className="transport", role="status"
    )


def navigation(scene: BoardState, viewer: Viewer, path: str) -> Component:
    """Links to the pages that the person may see, the other language, dark or light, and log-out; on a screen of the wall, where it is."""
    if viewer.is_display:
        return _dots(scene, viewer, path)
    here: dict[str, Any] = {"className": "here", "aria-current": "page"}
    links = [
        html.A(scene.say(page.label), href=_address(page, scene), **(here if page.path == path else {}))
        for page in scene.pages.values()
        if viewer.may(page.right) and page.arguments is None
    ]
    other = "en" if scene.language == "vi" else "vi"
    if not scene.past and path in scene.pages and scene.pages[path].can_look_back:
        links.append(html.A(scene.say(text.LOOK_BACK), href=f"{path}?at=", id="look-back"))
    at = f"&at={text.local_time(scene.now_ms):%Y-%m-%dT%H:%M}" if scene.past else ""
    return html.Nav(
        [
            *links,
            html.Span(className="spring"),
            html.Button(scene.say(text.SCHEME), id="theme", type="button"),
            html.A(scene.say(text.OTHER_LANGUAGE), href=f"{path}?lang={other}{at}", lang=other, id="language"),
            html.A(viewer.name, href="/password", title=scene.say(text.CHANGE_PASSWORD)),
            html.Form(html.Button(scene.say(text.LOG_OUT), id="log-out"), action="/logout", method="post"),
        ],
        className="ways",
    )


def _address(page: Page, scene: BoardState) -> str:
    """Where a page is; from the past, as it was at the same minute."""
    return (
        f"{page.path}?at={text.local_time(scene.now_ms):%Y-%m-%dT%H:%M}"
        if scene.past and page.can_look_back
        else page.path
    )


def _dots(scene: BoardState, viewer: Viewer, path: str) -> Component:
    """The page's name and its place among those that the screen turns."""
    dots = [html.I(className="here" if page.path == path else None) for page, _ in tour(viewer, scene.pages)]
    words: dict[str, Any] = {"data-text": scene.say(text.UNACKNOWLEDGED)}
    name = scene.say(scene.pages[path].label)
    return html.Div([html.Span(id="wall-count", **words), name, *dots], className="ways wall-dots")


def _lights() -> list[str]:
    """The sources in the order of the board: those with a short name first."""
    named = list(text.SOURCES)
    return sorted(declared_sources(), key=lambda source: named.index(source) if source in named else len(named))
