"""What people meet who do not see where a password is asked for, or cannot bear movement; the pages themselves: test_pages."""

import pytest

from tests.browser.conftest import shown
from tests.browser.support.legible import violations

pytestmark = pytest.mark.browser


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
