import pytest
from playwright.sync_api import expect

from tests.browser.conftest import live

pytestmark = [pytest.mark.browser, pytest.mark.long]


def test_a_restarted_server_is_found_again_and_remembers_who_is_logged_in(open_board, stack, kiosk):
    with open_board() as page:
        live(page)
        stack.kill("dashboard")
        expect(page.locator("html")).to_have_attribute("data-transport", "lost", timeout=30_000)
        expect(page.locator("#transport")).to_contain_text("mất kết nối từ")
        expect(page.locator("#q02-figure")).to_have_text(str(kiosk.issued)), "the last figure stays"
        stack.start("dashboard")
        stack.wait("dashboard")
        expect(page.locator("html")).to_have_attribute("data-transport", "push", timeout=90_000)
        kiosk.issue()
        expect(page.locator("#q02-figure")).to_have_text(str(kiosk.issued))
        page.complaints.clear()  # of course it could not connect meanwhile


def test_without_a_socket_the_page_asks_slowly(open_board, stack, kiosk):
    with open_board() as page:
        live(page)
        kept = page.context.new_page()
        kept.set_default_timeout(20_000)
        # A browser without shared workers has no socket in Dash.
        kept.add_init_script("delete window.SharedWorker")
        kept.goto(stack.install.board.url)
        expect(kept.locator("html")).to_have_attribute("data-transport", "fallback", timeout=30_000)
        expect(kept.locator("#transport")).to_have_text("đường dự phòng")
        kiosk.issue()
        expect(kept.locator("#q02-figure")).to_have_text(str(kiosk.issued), timeout=20_000)


def test_a_person_who_is_removed_is_shown_the_door(open_board, accounts, stack):
    with open_board(alone=True) as page:
        live(page)
        accounts.remove(page.person)
        page.wait_for_url(f"{stack.install.board.url}/login**", timeout=30_000)
        page.complaints.clear()
