import re

import pytest
from playwright.sync_api import expect

from dashboard.pages.overview import CARDS
from tests.browser.conftest import in_every_size, live, shown
from tests.browser.support.legible import DESK_LEAST
from tests.browser.test_pages import on_every_desk

pytestmark = pytest.mark.browser

SHOWN = {"H01", "H04", "H05", "H07"}.union(*CARDS.values())
"""The indicators that the page answers for."""


def figure(page, id):
    return page.locator(f"#{id}-figure")


def connected(page):
    """The indicators of what is connected; the others leave their room to these."""
    all_of_them = "all => all.filter(one => !one.closest('.is-absent')).map(one => one.dataset.indicator)"
    return set(page.eval_on_selector_all("[data-indicator]", all_of_them))


def test_the_page_fills_and_shows_its_indicators(open_board, kiosk):
    with open_board() as page:
        live(page)
        expect(figure(page, "q02")).to_have_text(str(kiosk.issued))
        indicators = page.eval_on_selector_all("[data-indicator]", "all => all.map(one => one.dataset.indicator)")
        assert set(indicators) == SHOWN
        assert connected(page) >= {"H01", "H04", "H05", "H07", *CARDS["queue"]}
        are_seen = "all => all.every(one => one.closest('.is-absent') || one.checkVisibility())"
        assert page.eval_on_selector_all("[data-indicator]", are_seen)
        expect(page.locator(".not-connected")).to_contain_text("Chưa kết nối")
        expect(page.locator("#queue-word")).to_have_text("ĐANG CẬP NHẬT", timeout=30_000)
        expect(page.locator("#queue-age")).not_to_be_empty()
        expect(page.locator("#clock")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
        assert page.locator("#light-queue_kiosk").get_attribute("class") == "light is-live"
        expect(page.locator(".graph:not(.is-absent *) .main-svg").first).to_be_visible()
        expect(page.locator(".pill").first).to_have_text("DỮ LIỆU GIẢ LẬP")


def test_a_posted_ticket_changes_the_page_without_a_reload(open_board, kiosk):
    with open_board() as page:
        live(page)
        expect(figure(page, "q02")).to_have_text(str(kiosk.issued))
        page.evaluate("window.notReloaded = true; window.iocLatency.length = 0")
        kiosk.issue()
        expect(figure(page, "q02")).to_have_text(str(kiosk.issued))
        expect(figure(page, "q01")).to_have_text(str(kiosk.issued))
        assert page.evaluate("window.notReloaded")
        page.wait_for_function("() => window.iocLatency.length > 0")
        assert all(0 < ms < 30_000 for ms in page.evaluate("window.iocLatency"))
        expect(page.locator("#latency")).to_contain_text("p95")


def test_ages_and_clock_move_by_themselves(open_board, kiosk):
    with open_board() as page:
        live(page)
        expect(page.locator("#queue-age")).not_to_be_empty()
        before = page.locator("#clock").inner_text()
        expect(page.locator("#clock")).not_to_have_text(before)


ARE_LETTERS_LARGE = """least => {
  const one = document.querySelector(".graph .xtick text");
  return one !== null && parseFloat(getComputedStyle(one).fontSize) >= least;
}"""


@pytest.mark.parametrize("language", ["vi", pytest.param("en", marks=pytest.mark.faults)])
def test_it_fits_without_scrolling(open_board, artefacts, language):
    """On a small desk, where letters do not shrink with it, it is as wide as the screen and scrolls downwards alone."""
    with open_board(language=language) as page:
        live(page)
        for width, height in in_every_size(page, [(1366, 768), (1920, 1080), (2560, 1080), (3840, 2160)]):
            wide, high = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            assert (wide, high) == (width, height if height >= 1080 else high)
            letters = page.eval_on_selector("#queue-word", "one => parseFloat(getComputedStyle(one).fontSize)")
            least = max(DESK_LEAST, height / 78)
            assert letters >= least
            page.wait_for_function(ARE_LETTERS_LARGE, arg=least)  # a chart that is drawn anew has none for a moment
            page.screenshot(path=artefacts / f"overview-{language}-{width}x{height}.png")


def test_nothing_is_cut_on_any_desk(open_board):
    with open_board() as page:
        shown(page)
        on_every_desk(page)


def test_the_other_language_is_a_click_away_and_remembered(open_board, stack):
    with open_board() as page:
        live(page)
        page.click("#language")
        page.wait_for_url(f"{stack.install.board.url}/?lang=en")
        live(page)
        expect(page.locator("#queue-card .title")).to_have_text("One-stop office")
        assert page.locator("html").get_attribute("lang") == "en"
        page.goto(stack.install.board.url)
        live(page)
        expect(page.locator("#queue-card .title")).to_have_text("One-stop office")


def test_a_keyboard_is_enough(open_board, stack):
    with open_board(alone=True) as page:  # who logs out
        live(page)
        reached = []
        for _ in range(250):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
            if page.evaluate("document.activeElement === document.body"):
                break
        end = reached.index("account")
        assert reached[end - 1] == "language"
        assert {f"{id.lower()}-figure" for id in connected(page)} <= set(reached), "every figure leads to its history"
        page.locator("#account").focus()
        page.keyboard.press("Enter")
        for _ in range(3):
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "log-out"
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.id") == "account", "what is open closes, and the focus goes back"
        expect(page.locator("#log-out")).to_be_hidden()
        page.keyboard.press("Enter")
        page.locator("#log-out").focus()
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
        page.keyboard.press("Enter")
        page.wait_for_url(f"{stack.install.board.url}/login")


def test_many_pushes_reach_the_page_as_its_newest_state(open_board, kiosk):
    with open_board() as page:
        live(page)
        for _ in range(20):
            kiosk.issue()
        expect(figure(page, "q02")).to_have_text(str(kiosk.issued))
        expect(page.locator("#q02")).to_have_attribute("data-numerator", str(kiosk.issued))
