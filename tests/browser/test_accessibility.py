"""What people meet who do not see the page, or have no mouse, or cannot bear movement."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.apps.page_list import pages
from tests.browser.conftest import shown

pytestmark = pytest.mark.browser

PLACES = [
    *(page.path for page in pages().values() if page.arguments is None),
    "/history/Q03",
    "/proof/Q03",
]
ONLY_VIOLATIONS = {"resultTypes": ["violations"]}
"""Of the rest only the first are told, which makes it faster."""
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


def violations(page):
    found = Axe().run(page, options=ONLY_VIOLATIONS).response["violations"]
    return [(one["id"], one["impact"], [node["target"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("path", PLACES)
def test_axe_finds_nothing_and_the_keyboard_gets_everywhere(open_board, stack, path):
    """Contrast asks for the one scheme and the other, labels for the one language and the other; both at once are enough."""
    with open_board(f"{path}?theme=dark", ("admin",)) as page:
        shown(page)
        assert violations(page) == []
        everywhere_by_keyboard(page)
        page.goto(f"{stack.install.board.url}{path}?theme=light&lang=en")
        shown(page)
        assert violations(page) == []


def everywhere_by_keyboard(page):
    """Whatever can be used is reached by the Tab key, and shows it."""
    stops = page.evaluate(WAITING)
    for _ in range(stops + 40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
    assert page.evaluate("document.activeElement === document.body"), "it is caught somewhere"
    assert page.evaluate(MISSED) == []


@pytest.mark.parametrize(("scheme", "language"), [("dark", "vi"), ("light", "en")])
def test_axe_finds_nothing_where_a_password_is_asked_for(open_board, stack, screen, scheme, language):
    asked = f"theme={scheme}&lang={language}"
    assert violations(screen(f"{stack.install.board.url}/login?{asked}")) == []
    with open_board(f"/password?{asked}", ("admin",)) as page:
        assert violations(page) == []


def test_nothing_moves_for_those_who_asked_for_that(open_board):
    with open_board() as page:
        shown(page)
        page.evaluate("() => { window.moved = 0; Element.prototype.animate = () => window.moved++; }")
        for figure in page.locator(".figure").all()[:3]:
            figure.evaluate("one => one.firstChild && (one.firstChild.data = '7')")
        moving = """[...document.querySelectorAll('*')].filter(one => {
            const style = getComputedStyle(one);
            return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
        }).length"""
        assert page.evaluate(moving) == 0
        assert page.evaluate("window.moved") == 0
