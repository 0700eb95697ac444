import pytest

from dashboard.apps.page_list import pages
from dashboard.words import number, text
from tests.browser.conftest import shown
from tests.dashboard.support.ward import NOW_MS
from warehouse.catalogue import measures
from warehouse.model.expression import DAY_MS
from warehouse.model.indicator import Unit

pytestmark = pytest.mark.browser

WALL = [page.path for page in pages().values() if page.pace]
CUT = """() => [...document.querySelectorAll('.card')]
    .filter(card => card.scrollHeight > card.clientHeight + 1 || card.scrollWidth > card.clientWidth + 1)
    .map(card => card.id)"""
OVERLAPPING = """() => [...document.querySelectorAll('.small')].filter(small => {
    const next = small.nextElementSibling;
    const figure = small.querySelector('.figure').getBoundingClientRect();
    return next && next.getBoundingClientRect().top < figure.bottom && next.getBoundingClientRect().left < figure.right;
}).map(small => small.id)"""


@pytest.mark.parametrize("size", [(1920, 1080), (3440, 1440), (1366, 768)])
def test_pages_of_figures_are_as_wide_as_the_desk_and_nothing_is_cut(open_board, stack, artefacts, size):
    with open_board(size=size) as page:
        for path in WALL:
            page.goto(stack.install.board.url + path)
            shown(page)
            assert page.evaluate("document.documentElement.scrollWidth") == size[0], path
            assert page.evaluate(CUT) == [], path
            assert page.evaluate(OVERLAPPING) == [], path
            page.screenshot(path=artefacts / f"{path.strip('/') or 'overview'}-{size[0]}x{size[1]}.png")


DOWN = """word => document.querySelectorAll('.card-head .fresh').forEach(fresh => {
    fresh.className = 'fresh is-down';
    fresh.querySelector('.word').textContent = word;
    fresh.querySelector('.age').textContent = '';
})"""
CROSSED = """() => [...document.querySelectorAll('.card-head')].filter(head => {
    const parts = [...head.children].map(part => part.getBoundingClientRect()).filter(part => part.width);
    const isOver = (one, next) => one.right > next.left + 1 && one.bottom > next.top + 1 && next.right > one.left + 1;
    return head.scrollWidth > head.clientWidth + 1 || parts.some((one, n) => parts.slice(n + 1).some(next => isOver(one, next)));
}).map(head => head.textContent)"""


def test_the_word_for_a_source_that_is_down_has_room(open_board, stack):
    word = text.state_word("down", NOW_MS - DAY_MS, NOW_MS, "vi")
    with open_board(size=(1920, 1080)) as page:
        for path in WALL:
            page.goto(stack.install.board.url + path)
            shown(page)
            page.evaluate(DOWN, word)
            assert page.evaluate(CUT) == [], path
            assert page.evaluate(CROSSED) == [], path


def long(unit: Unit) -> str:
    """A small figure as long as on a bad day."""
    if unit.factor == 1 or unit.out_of:
        return "88/88" if unit.out_of else "888"
    label = (unit.short or unit.label).vi
    return f"88{',' if unit.decimals else ''}{'8' * unit.decimals}{number.SPACE}{label}"


LONG = {f"{one.id.lower()}-figure": long(one.unit) for one in measures()}
FILL = """texts => Object.entries(texts).forEach(([id, text]) => {
    const figure = document.querySelector(`.small [id="${id}"]`);
    if (figure) figure.textContent = text;
})"""


def test_small_figures_have_room_for_their_units(open_board, stack):
    with open_board(size=(1920, 1080)) as page:
        for path in WALL:
            page.goto(stack.install.board.url + path)
            shown(page)
            page.evaluate(FILL, LONG)
            assert page.evaluate(CUT) == [], path
            assert page.evaluate(OVERLAPPING) == [], path


LATE = """() => document.querySelectorAll('.light').forEach(light => {
    light.className = 'light is-late';
    light.querySelector('span:nth-of-type(3)').textContent = 'chậm';
    light.querySelector('.age').removeAttribute('data-since');
    light.querySelector('.age').textContent = '59 phút';
})"""
HEAD = """() => [...document.querySelectorAll('.clock, .place, .light, .light .name')]
    .filter(part => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > innerWidth)
    .map(part => part.id || part.className)"""


@pytest.mark.parametrize("size", [(1920, 1080), (3440, 1440)])
def test_the_head_of_the_wall_has_room_when_every_source_is_late(open_board, size):
    with open_board(size=size) as page:
        shown(page)
        page.evaluate(LATE)
        assert page.evaluate(HEAD) == []


def test_a_phone_scrolls_in_one_direction_only(open_board, stack):
    with open_board(size=(390, 844), rights=("admin",)) as page:
        for path in [one.path for one in pages().values() if one.arguments is None]:
            page.goto(stack.install.board.url + path)
            shown(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            assert page.evaluate(OVERLAPPING) == [], path


@pytest.mark.parametrize("width", [1366, 1920])
def test_pages_to_work_at_are_no_wider_than_the_screen(open_board, stack, width):
    with open_board(size=(width, 768), rights=("admin",)) as page:
        for path in ("/letters", "/sql", "/due", "/history/Q01", "/proof/Q01"):
            page.goto(stack.install.board.url + path)
            shown(page)
            wide = "Math.max(...[...document.querySelectorAll('.desk-head *')].map(one => one.getBoundingClientRect().right))"
            assert page.evaluate(wide) <= width, path
