import pytest

from dashboard.apps.page_list import pages
from dashboard.words import number, text
from tests.browser.conftest import in_every_size, shown
from tests.dashboard.support.ward import NOW_MS
from warehouse.catalogue import measures
from warehouse.model.expression import DAY_MS
from warehouse.model.indicator import Unit

pytestmark = pytest.mark.browser

FULL_HD = (1920, 1080)
WALL = [page.path for page in pages().values() if page.pace]
CUT = """() => [...document.querySelectorAll('.card')]
    .filter(card => card.scrollHeight > card.clientHeight + 1 || card.scrollWidth > card.clientWidth + 1)
    .map(card => card.id)"""
OVERLAPPING = """() => [...document.querySelectorAll('.small')].filter(small => {
    const next = small.nextElementSibling;
    const figure = small.querySelector('.figure').getBoundingClientRect();
    return next && next.getBoundingClientRect().top < figure.bottom && next.getBoundingClientRect().left < figure.right;
}).map(small => small.id)"""


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


@pytest.mark.parametrize("path", WALL)
def test_a_page_of_figures_is_as_wide_as_the_desk_and_nothing_is_cut(open_board, artefacts, path):
    """In every size; nor where a source is down, and where small figures are as long as on a bad day."""
    word = text.state_word("down", NOW_MS - DAY_MS, NOW_MS, "vi")
    with open_board(path) as page:
        shown(page)
        for size in in_every_size(page, [(1366, 768), (3440, 1440), FULL_HD]):
            assert page.evaluate("document.documentElement.scrollWidth") == size[0]
            assert page.evaluate(CUT) == []
            assert page.evaluate(OVERLAPPING) == []
            page.screenshot(path=artefacts / f"{path.strip('/') or 'overview'}-{size[0]}x{size[1]}.png")
        page.evaluate(DOWN, word)
        assert page.evaluate(CUT) == []
        assert page.evaluate(CROSSED) == []
        page.evaluate(FILL, LONG)
        assert page.evaluate(CUT) == []
        assert page.evaluate(OVERLAPPING) == []


LATE = """() => document.querySelectorAll('.light').forEach(light => {
    light.className = 'light is-late';
    light.querySelector('span:nth-of-type(3)').textContent = 'chậm';
    light.querySelector('.age').removeAttribute('data-since');
    light.querySelector('.age').textContent = '59 phút';
})"""
HEAD = """() => [...document.querySelectorAll('.clock, .place, .light, .light .name')]
    .filter(part => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > innerWidth)
    .map(part => part.id || part.className)"""


def test_the_head_of_the_wall_has_room_when_every_source_is_late(open_board):
    with open_board() as page:
        shown(page)
        for _ in in_every_size(page, [FULL_HD, (3440, 1440)]):
            page.evaluate(LATE)
            assert page.evaluate(HEAD) == []


def test_a_phone_scrolls_in_one_direction_only(open_board, stack):
    with open_board(size=(390, 844), rights=("admin",)) as page:
        for path in [one.path for one in pages().values() if one.arguments is None]:
            page.goto(stack.install.board.url + path)
            shown(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
            assert page.evaluate(OVERLAPPING) == [], path


@pytest.mark.parametrize("path", ["/letters", "/sql", "/due", "/history/Q01", "/proof/Q01"])
def test_a_page_to_work_at_is_no_wider_than_the_screen(open_board, path):
    wide = "Math.max(...[...document.querySelectorAll('.desk-head *')].map(one => one.getBoundingClientRect().right))"
    with open_board(path, ("admin",)) as page:
        shown(page)
        for width in (1366, 1920):
            page.set_viewport_size({"width": width, "height": 768})
            assert page.evaluate(wide) <= width
