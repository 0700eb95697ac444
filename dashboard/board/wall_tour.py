"""Wall tour: which pages a screen shows one after the other, and how long each line of them stands.

Without pages of its own it shows the overview every second time, and skips what has nothing to say (`assets/wall.js`).
"""

from datetime import timedelta

from dashboard.access.viewer import Viewer
from dashboard.state.page import Page, PageList


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
