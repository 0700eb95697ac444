"""Wall tour: which pages a screen shows one after the other, and how long each line of them stands.

Without pages of its own it shows the overview every second time, and skips what has nothing to say (`assets/wall.js`): a page that
has no news at this time of the day (`Page.has_news`), and lines of a page whose cards are all empty.
"""

import json
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from dashboard.access.viewer import Viewer
from dashboard.state.page import BoardState, Page, PageList, PropertyUpdate, PropertyUpdates


def wall_pages(pages: PageList) -> list[Page]:
    """Every page that belongs on a wall, the overview first, then by their `order`."""
    found = [page for page in pages.values() if page.pace is not None]
    return sorted(found, key=lambda page: page.path != "/")


def tour(viewer: Viewer, pages: PageList) -> list[tuple[Page, timedelta]]:
    """A screen's pages in their order, with how long each of their lines stands: its own, else all as they declare it."""
    known = {page.path: page for page in wall_pages(pages)}
    own = [(known[path], pace) for path, pace in viewer.stops if path in known]
    return own or [(page, page.pace) for page in known.values() if page.pace is not None]


def turns(viewer: Viewer, pages: PageList) -> list[tuple[Page, timedelta]]:
    """The tour as it is turned: with the overview between the other pages, unless the screen has pages of its own."""
    first, *others = tour(viewer, pages)
    return [first, *others] if viewer.stops or not others else [stop for other in others for stop in (first, other)]


ID = "wall-absent"


def absent_widget() -> Component:
    """Where it is told which pages are left out."""
    return html.Div(id=ID, hidden=True)


def updates(state: BoardState) -> PropertyUpdates:
    """The pages that have no news now."""
    absent = [page.path for page in wall_pages(state.pages) if not page.has_news(state)]
    return {PropertyUpdate(ID, "data-paths"): json.dumps(absent)}
