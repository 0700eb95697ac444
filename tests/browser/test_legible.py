"""Every page in every density, theme and language: how large its letters are, and whether texts are cut off or lie on each other."""

from datetime import timedelta
from itertools import product

import pytest
from playwright.sync_api import expect

from commands.developers.load.chromium import ARE_DRAWN
from dashboard.access.displays import LETTERS
from dashboard.apps.page_list import pages
from dashboard.board.wall_tour import wall_pages
from dashboard.words.text import QUIET, state_word
from ingest.contract.clock import RealClock
from tests.browser.conftest import live, shown
from tests.browser.support.legible import DESK_LEAST, FINGER, PLACES, fill_smalls, log_in, look, showing_alarms
from tests.dashboard.support.ward import NOW_MS
from warehouse.model.expression import DAY_MS

pytestmark = pytest.mark.browser

WALL = [(1920, 1080), (3840, 2160), (2560, 1080)]
DESK = [(1366, 768), (1280, 720), (1280, 1024), (1920, 1080), (2560, 1440)]
PHONE = [(390, 844)]
LOOKS = list(product(("dark", "light"), ("vi", "en")))
SAY = """([state, word]) => document.querySelectorAll('.card-head .fresh').forEach(fresh => {
    fresh.className = 'fresh is-' + state;
    fresh.querySelector('.word').textContent = word;
    fresh.querySelector('.age').textContent = '';
})"""
"""The longest that cards say of how fresh they are."""
MENU = "() => parseFloat(getComputedStyle(document.querySelector('.ways')).fontSize)"
EXPLAINED = """() => document.querySelectorAll('.balance').forEach(sentence => sentence.textContent =
    "4.899 tiếp nhận − 4.761 đã giải quyết = 138: 121 đang xử lý, 9 chờ bổ sung, 3 chờ nộp phí hoặc dừng, 5 trong báo cáo 2025, nguồn chưa báo kết quả")"""
"""The longest that a card says of how its figure comes about."""
VIEW = "view => document.documentElement.dataset.view = view"
TURN = """([path, label]) => {
    const isHere = document.querySelector('.wall-dots').textContent.includes(label);
    if (!isHere) dash_clientside.set_props('wall-path', { data: path });
    return isHere;
}"""
"""Turns to a page, again where an alarm has turned to its own meanwhile."""
OUTSIDE = """() => [...document.querySelectorAll('main .card')].filter(card => card.checkVisibility({visibilityProperty: true})
    && card.getBoundingClientRect().bottom > document.querySelector('main').getBoundingClientRect().bottom + 1).map(card => `outside: ${card.id}`)"""
"""Cards that need more room than the page has."""
LINES = "() => document.querySelectorAll('.domain .line').length || 1"
MOST_BYTES = 1_200_000
"""Of everything that a page fetches, compressed; browsers count without the headers."""


def every(sizes):
    """Every combination of size, theme and language."""
    return [(size, *seen) for size, seen in product(sizes, LOOKS)]


def sampled(sizes):
    """Every combination; those that not every run tries are marked."""
    first, *others = every(sizes)
    return [first, *(pytest.param(*one, marks=pytest.mark.faults) for one in others)]


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    with showing_alarms(tmp_path_factory.mktemp("legible")) as found:
        yield found


@pytest.fixture
def opened(board, chromium):
    """A browser of a size; closed afterwards."""
    contexts = []

    def show(size):
        context = chromium.new_context(
            viewport=dict(zip(("width", "height"), size, strict=True)), reduced_motion="reduce"
        )
        contexts.append(context)
        return context.new_page()

    yield show
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def desk(board, chromium):
    """A tab of somebody who has logged in, for one test after the other: it has compiled everything already."""
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    log_in(board, page)
    yield page
    context.close()


def on_the_wall(board, page, size, scheme, language, letters):
    """What is wrong with each line of each page that a screen shows."""
    stops = tuple((one.path, timedelta(hours=1)) for one in wall_pages(pages()))
    _, token = board.displays.add(
        "hall", RealClock().now(), stops, language=language, scheme=scheme, metres=4 * letters
    )
    page.goto(f"{board.url}/wall?token={token}")
    live(page)
    least, found = size[1] / 36 * letters, {}
    down, quiet = state_word("down", NOW_MS - DAY_MS, NOW_MS, language), QUIET.text(language, time="17:27 23/11")
    # With the largest letters there is no room for four long alarms while every card is down as well.
    said = (("", ""), ("quiet is-live", quiet), ("down", down))[: 3 if letters <= 1 else 1]
    for path in [one.path for one in wall_pages(pages())]:
        page.wait_for_function(TURN, arg=[path, pages()[path].label.text(language)], polling=500)
        page.wait_for_timeout(300)  # charts are drawn
        page.evaluate(EXPLAINED)
        fill_smalls(page)
        for (state, word), view in product(said, range(1, page.evaluate(LINES) + 1)):
            page.evaluate(VIEW, view)
            if state:
                page.evaluate(SAY, [state, word])
            # Charts take their time to follow a head that has grown.
            faults = [one for one in look(page, least).faults if not state or " text" not in one]
            faults += page.evaluate(OUTSIDE)
            if faults:
                found[path, view, state] = faults
    return found


@pytest.mark.parametrize(("size", "scheme", "language"), sampled(WALL))
def test_what_is_on_the_wall_is_read_from_four_metres(board, opened, size, scheme, language):
    assert on_the_wall(board, opened(size), size, scheme, language, 1) == {}


@pytest.mark.faults
@pytest.mark.parametrize("letters", LETTERS)
def test_letters_follow_the_screen_and_its_distance(board, opened, letters):
    assert on_the_wall(board, opened(WALL[0]), WALL[0], "dark", "vi", letters) == {}


def at_a_desk(board, page, sizes, scheme, language, finger=0):
    """What is wrong with each page that a person sees, in each size; and where the menu stands on it."""
    log_in(board, page)
    found: dict[tuple[str, tuple[int, int]], list[str]] = {}
    menus: dict[tuple[int, int], set[tuple[float, float, bool]]] = {}
    for path in PLACES:
        page.goto(f"{board.url}{path}{'&' if '?' in path else '?'}theme={scheme}&lang={language}")
        shown(page)
        for size in sizes:
            page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
            page.wait_for_timeout(400)  # charts are drawn
            if faults := look(page, DESK_LEAST, finger).faults:
                found[path, size] = faults
            box = page.locator(".ways").bounding_box()
            menus.setdefault(size, set()).add((box["x"], box["y"], box["height"] < 3 * page.evaluate(MENU)))
    return found, menus


@pytest.mark.faults
@pytest.mark.parametrize(("scheme", "language"), LOOKS)
def test_at_a_desk_nothing_is_small_or_cut_and_the_menu_stays(board, opened, scheme, language):
    """On every page the menu is one line in the same place."""
    found, menus = at_a_desk(board, opened(DESK[0]), DESK, scheme, language)
    assert found == {}
    assert all(len(places) == 1 and all(is_line for *_, is_line in places) for places in menus.values()), menus


@pytest.mark.faults
@pytest.mark.parametrize(("scheme", "language"), LOOKS)
def test_on_a_phone_nothing_is_small_or_cut_and_a_finger_finds_it(board, opened, scheme, language):
    found, _ = at_a_desk(board, opened(PHONE[0]), PHONE, scheme, language, FINGER)
    assert found == {}


WIDTHS = (360, 600, 801, 900, 1024, 1150, 1233, 1366, 1700, 2560)
OFF = """() => [...document.querySelectorAll('.ways *, body')].filter(one => one.checkVisibility() && one.getClientRects().length)
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
    .map(one => one.id || one.className || one.textContent).concat(document.documentElement.scrollWidth > innerWidth ? "the page" : [])"""


@pytest.mark.parametrize(
    "path", ["/", *(pytest.param(one, marks=pytest.mark.long) for one in ("/queue", "/groups", "/sql", "/history/Q03"))]
)
def test_nothing_runs_off_the_screen_whatever_its_width(board, desk, path):
    desk.goto(f"{board.url}{path}")
    shown(desk)
    found = {}
    for width in WIDTHS:
        desk.set_viewport_size({"width": width, "height": 900})
        desk.wait_for_timeout(200)  # charts are fitted
        found[width] = desk.evaluate(OFF)
    assert found == {width: [] for width in WIDTHS}


def test_what_a_page_is_for_is_a_key_away_and_the_focus_comes_back(board, opened):
    page = opened(DESK[0])
    log_in(board, page)
    page.goto(f"{board.url}/queue?lang=vi")
    shown(page)
    page.locator("#q02-figure").focus()
    page.keyboard.press("?")
    expect(page.locator("#help-text")).to_contain_text("Chờ lâu ở một dịch vụ")
    expect(page.locator("#help-text li").first).to_be_visible()
    assert look(page, DESK_LEAST).faults == []
    page.keyboard.press("Escape")
    expect(page.locator("#help-dialog")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "q02-figure"
    page.locator("#help").click()
    expect(page.locator("#help-dialog")).to_be_visible()
    page.locator("#help-close").click()
    expect(page.locator("#help-dialog")).to_be_hidden()


def test_back_leads_where_one_came_from_also_after_another_language(board, opened):
    page = opened(DESK[0])
    log_in(board, page)
    page.goto(f"{board.url}/queue?lang=vi")
    shown(page)
    page.locator("#q01-figure").click()
    page.wait_for_url(f"{board.url}/history/Q01")
    shown(page)
    page.locator("#language").click()
    page.wait_for_url(f"{board.url}/history/Q01?lang=en")
    shown(page)
    page.locator("a.back[data-back]").click()
    page.wait_for_url(f"{board.url}/queue?lang=vi")


def test_on_a_phone_alarms_come_first_and_the_ways_lie_under_the_thumb(board, opened):
    page = opened(PHONE[0])
    log_in(board, page)
    assert page.locator("#alarms-card").bounding_box()["y"] < 844 / 2
    assert page.locator("#menu").bounding_box()["y"] > 844 * 0.9
    page.locator("#menu").click()
    page.locator("#ways-all a[href='/queue']").click()
    page.wait_for_url(f"{board.url}/queue")


@pytest.mark.long
def test_the_largest_libraries_come_with_what_they_show(board, opened):
    page = opened(DESK[0])
    log_in(board, page)
    fetched = "() => performance.getEntriesByType('resource').map(one => one.name).filter(name => /ag_grid|plotly/.test(name)).length"
    weight = "() => performance.getEntriesByType('resource').reduce((sum, one) => sum + one.encodedBodySize, 0)"
    page.wait_for_function(ARE_DRAWN)
    assert page.evaluate(weight) < MOST_BYTES
    page.goto(f"{board.url}/sql")
    shown(page)
    expect(page.locator("#sql-table")).to_be_empty()
    assert page.evaluate(fetched) == 0
    assert page.evaluate(weight) < MOST_BYTES
    page.locator("#sql-run").click()
    expect(page.locator("#sql-table .ag-row")).to_have_count(2)
    assert page.evaluate(fetched) == 2, "the grid's two scripts"
    assert page.evaluate(weight) < MOST_BYTES
    page.get_by_role("tab").nth(1).click()
    expect(page.locator("#sql-chart .main-svg").first).to_be_visible()
    page.goto(f"{board.url}/today")
    shown(page)
    assert page.evaluate(fetched) == 0
    page.goto(f"{board.url}/letters")
    shown(page)
    page.evaluate("dash_clientside.set_props('letters-table', { rowData: [{ key: 'a' }, { key: 'b' }] })")
    expect(page.locator("#letters-table .ag-center-cols-container .ag-row")).to_have_count(2)
    assert page.evaluate(fetched) == 2, "the grid alone"
