"""Every page, seen as whoever comes to it may: without sight, without a mouse, on a desk, on the widest screen and on a phone."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page

from commands.developers.load.chromium import ARE_DRAWN
from dashboard.apps.page_list import pages
from dashboard.words import text
from tests.browser.conftest import FILL_THEIR_PLACE, Questions, complaints, in_every_size, shown
from tests.browser.support.legible import (
    DESK_LEAST,
    FINGER,
    PLACES,
    fill_smalls,
    log_in,
    look,
    showing_alarms,
    violations,
)
from tests.browser.support.served import Served
from tests.dashboard.support.ward import NOW_MS
from warehouse.model.expression import DAY_MS

pytestmark = pytest.mark.browser

FULL_HD, WIDEST, SMALL_DESK, LEAST_DESK, PHONE = (1920, 1080), (3440, 1440), (1366, 768), (1280, 720), (390, 844)
WALL = {page.path for page in pages().values() if page.pace}
"""Pages of figures."""
LIKE_ANOTHER = WALL - {"/", "/queue", "/alarms", "/groups"} | {
    "/figures",
    "/boundaries",
    "/group/12",
    "/due?at=2026-11-24T10:15",
    "/history/Q03?period=week&split=service_code",
}
"""Pages that are made as another one is."""
EVERYWHERE = [pytest.param(path, marks=[pytest.mark.long] if path in LIKE_ANOTHER else []) for path in PLACES]
"""All pages; those are long."""
WAITING = """() => {
    window.reached = new Map();
    const seen = one => one.checkVisibility({visibilityProperty: true}) && one.getClientRects().length;
    const stops = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter(one =>
        seen(one) && one.tabIndex >= 0 && !one.disabled && !one.matches('.ag-tab-guard, .ag-header-row, [type=radio]:not(:checked)'));
    stops.forEach((one, place) => one.dataset.stop = place);
    document.addEventListener('focusin', event => {
        const one = event.target;
        const near = [one, one.nextElementSibling, one.parentElement, one.closest('label')].filter(Boolean);
        const ring = near.some(part => getComputedStyle(part).outlineStyle !== 'none' && parseFloat(getComputedStyle(part).outlineWidth));
        window.reached.set(one.dataset.stop, ring);
    });
    return stops.length;
}"""
MISSED = """() => [...document.querySelectorAll('[data-stop]')].filter(one => !window.reached.get(one.dataset.stop))
    .map(one => one.outerHTML.slice(0, 160) + (window.reached.has(one.dataset.stop) ? ' WITHOUT A RING' : ''))"""
CUT = """() => [...document.querySelectorAll('.card, .alarms')]
    .filter(card => card.scrollHeight > card.clientHeight + 1 || card.scrollWidth > card.clientWidth + 1)
    .map(card => card.id || card.className)"""
OVERLAPPING = """() => [...document.querySelectorAll('.small')].filter(small => {
    const next = small.nextElementSibling;
    const figure = small.querySelector('.figure').getBoundingClientRect();
    return next && next.getBoundingClientRect().top < figure.bottom && next.getBoundingClientRect().left < figure.right;
}).map(small => small.id)"""
DOWN = """word => document.querySelectorAll('.card-head .fresh').forEach(fresh => {
    fresh.className = 'fresh is-down';
    fresh.querySelector('.word').textContent = word;
    fresh.querySelector('.age').removeAttribute('data-since');
    fresh.querySelector('.age').textContent = '';
})"""
CROSSED = """() => [...document.querySelectorAll('.card-head')].filter(head => {
    const parts = [...head.children].map(part => part.getBoundingClientRect()).filter(part => part.width);
    const isOver = (one, next) => one.right > next.left + 1 && one.bottom > next.top + 1 && next.right > one.left + 1;
    const facts = head.querySelector('.facts');
    return head.scrollWidth > head.clientWidth + 1 || facts?.scrollWidth > facts?.clientWidth + 1 || parts.some((one, n) => parts.slice(n + 1).some(next => isOver(one, next)));
}).map(head => head.textContent)"""
FAULTS = f"""() => ({FILL_THEIR_PLACE})() && [...({CUT})(), ...({CROSSED})(), ...({OVERLAPPING})()]"""
"""What is cut, or lies on something else, as soon as the charts have followed whatever changed: asked in one breath, for ages go on."""
LATE = """() => document.querySelectorAll('.light').forEach(light => {
    light.className = 'light is-late';
    light.querySelector('span:nth-of-type(3)').textContent = 'chậm';
    light.querySelector('.age').removeAttribute('data-since');
    light.querySelector('.age').textContent = '59 phút';
})"""
HEAD = """() => [...document.querySelectorAll('.clock, .place, .light, .light .name')]
    .filter(part => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > innerWidth)
    .map(part => part.id || part.className)"""


SENTENCES = """text => document.querySelectorAll('.alarms .row:not(.row-empty) .what').forEach(what => what.textContent = text)"""
LONG_SENTENCE = "Tỷ lệ hồ sơ trả trước và đúng hạn hôm nay dưới 95%: Hộ tịch, chứng thực và đăng ký kinh doanh"


@pytest.fixture(scope="module")
def board(tmp_path_factory) -> Iterator[Served]:
    with showing_alarms(tmp_path_factory.mktemp("pages")) as found:
        yield found


@pytest.fixture(scope="module")
def opened(board, chromium):
    """Show a person who may see all of it a page in a size; whatever the browser complains about fails the test."""
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    questions = Questions(page)
    log_in(board, page)

    @contextmanager
    def open_(path, size) -> Iterator[Page]:
        """In the same tab, one after the other: it has compiled everything already."""
        page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
        with complaints(page) as found:
            page.goto(board.url + path)
            shown(page)
            page.wait_for_selector(".past-frame:is(.is-empty, .is-waiting)", state="detached")
            questions.wait()
            page.wait_for_function(ARE_DRAWN)
            yield page
        assert found == []

    yield open_
    context.close()


@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_page_is_there_for_everybody(opened, path):
    with opened(with_look(path, "dark", "vi"), FULL_HD) as page:
        assert violations(page) == []
        everywhere_by_keyboard(page)
        assert look(page, DESK_LEAST).faults == []
        on_a_phone(page)


@pytest.mark.long
@pytest.mark.parametrize("path", PLACES)
def test_a_page_is_there_on_every_screen(opened, path):
    """Contrast asks for the one scheme and the other, labels for the one language and the other; both at once are enough."""
    with opened(with_look(path, "dark", "vi"), FULL_HD) as page:
        if path in WALL:
            on_every_desk(page)
        for width, height in (SMALL_DESK, LEAST_DESK):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)  # charts are as wide as the desk
            assert look(page, DESK_LEAST).faults == []
        assert page.locator(".ways").bounding_box()["height"] < 3 * 14, (
            "the menu is one line, also on the smallest desk"
        )
    with opened(with_look(path, "light", "en"), FULL_HD) as page:
        assert violations(page) == []
        on_a_phone(page)
        assert page.evaluate(OVERLAPPING) == []


def with_look(path, theme, language):
    """The path of a page with a scheme and a language of its own."""
    return f"{path}{'&' if '?' in path else '?'}theme={theme}&lang={language}"


def everywhere_by_keyboard(page):
    """Whatever can be used is reached by the Tab key, and shows it."""
    stops = page.evaluate(WAITING)
    for _ in range(stops + 40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
    assert page.evaluate("document.activeElement === document.body"), "it is caught somewhere"
    assert page.evaluate(MISSED) == []


def on_a_phone(page):
    """Nothing is small or cut, and a finger finds it."""
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.wait_for_timeout(300)  # charts are as wide as the phone
    assert look(page, DESK_LEAST, FINGER).faults == []


def on_every_desk(page):
    """Nothing is cut; nor where a source is down, and where small figures are as long as on a bad day."""
    for width, _ in in_every_size(page, [WIDEST, FULL_HD, SMALL_DESK, LEAST_DESK]):
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert faults(page) == []
    page.evaluate(DOWN, text.state_word("down", NOW_MS - DAY_MS, NOW_MS, "vi"))
    assert faults(page) == []
    fill_smalls(page)
    page.evaluate(SENTENCES, LONG_SENTENCE)
    for _ in in_every_size(page, [SMALL_DESK, LEAST_DESK, FULL_HD]):
        assert faults(page) == []


def faults(page) -> list[str]:
    return list(page.wait_for_function(FAULTS).json_value())


def test_the_head_of_the_wall_has_room_when_every_source_is_late(opened):
    with opened("/?lang=vi", FULL_HD) as page:
        for _ in in_every_size(page, [FULL_HD, WIDEST]):
            page.evaluate(LATE)
            assert page.evaluate(HEAD) == []
