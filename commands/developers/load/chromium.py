"""Chromium: the browser that commands look at the board with, headless."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from dashboard.access.accounts import Accounts
from dashboard.access.display_entry import ENTRY
from dashboard.access.displays import Displays
from dashboard.access.rights import RIGHTS
from dashboard.apps.page_list import pages
from dashboard.board.wall_tour import wall_pages
from dashboard.settings import BoardSettings
from ingest.contract.clock import RealClock

_SHELL = "/usr/bin/chromium-headless-shell"
CHROMIUM = _SHELL if Path(_SHELL).exists() else "/usr/bin/chromium"
"""Where there is the one without windows it is taken: it needs three fifths of the processor time."""
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
FULL_HD = {"width": 1920, "height": 1080}

IS_LIVE = "() => performance.getEntriesByName('ioc-live').length > 0"
"""The first pushed figures are painted."""
ARE_DRAWN = "() => [...document.querySelectorAll('.graph')].every(one => one.querySelector('.main-svg'))"
"""All charts of the page are drawn."""
PATIENCE_MS = 120_000


@contextmanager
def browser() -> Iterator[Any]:
    """A browser that runs meanwhile; says what is missing where there is none, and ends the command."""
    if not Path(CHROMIUM).exists():
        sys.exit("Chưa cài Chromium: apt install chromium\nChromium is not installed: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


def enter_board(page: Any, url: str, name: str, password: str) -> None:
    """Log in on a page of a board, as a person would."""
    page.goto(f"{url}/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/")


@contextmanager
def looking_account(settings: BoardSettings, name: str) -> Iterator[str]:
    """The password of an account that may see all of the board; the account is there only meanwhile."""
    accounts = Accounts(settings)
    if name in accounts.all():  # of one that was ended by force
        accounts.remove(name)
    password = accounts.add(name, RIGHTS)
    try:
        yield password
    finally:
        accounts.remove(name)


@contextmanager
def screen(settings: BoardSettings, stands: timedelta, paths: Sequence[str] = ()) -> Iterator[Any]:
    """A screen of the wall in a browser, live.

    Args:
        settings: the board's.
        stands: how long each page stands.
        paths: its pages; all of the wall's if left out.
    """
    displays = Displays(settings)
    stops = tuple((path, stands) for path in paths or [page.path for page in wall_pages(pages())])
    one, token = displays.add("chromium", RealClock().now(), stops)
    try:
        with browser() as found:
            page = found.new_page(viewport=FULL_HD)
            page.set_default_timeout(PATIENCE_MS)
            page.goto(f"{settings.url}{ENTRY}?token={token}")
            page.wait_for_function(IS_LIVE)
            yield page
    finally:
        displays.revoke(one.id)
