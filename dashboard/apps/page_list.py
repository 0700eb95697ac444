"""Page list: every page that is declared, found by being in `pages/`."""

from functools import cache

import dashboard.pages
from dashboard.state.page import Page, PageList
from ingest.discovery import declared


@cache
def pages() -> PageList:
    """Every page by its path, in their order."""
    found = sorted(declared(dashboard.pages, Page, deep=True), key=lambda page: page.order)
    return PageList({page.path: page for page in found})
