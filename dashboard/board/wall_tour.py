"""Wall tour: which pages a screen shows one after the other, and how long each stands."""

from datetime import timedelta

from dashboard.board.page import Page, PageList
from dashboard.viewer import Viewer


def tour(viewer: Viewer, pages: PageList) -> list[tuple[Page, timedelta]]:
    """A screen's pages in their order, with their paces: its own, else all as they declare it."""
    known = {page.path: page for page in pages.on_wall()}
    own = [(known[path], pace) for path, pace in viewer.stops if path in known]
    return own or [(page, page.pace) for page in known.values() if page.pace is not None]
