"""An alarm from its cause to its history: the kiosk falls silent, everybody sees it, a leader handles it by keyboard, it clears."""

from contextlib import suppress

import pytest
from playwright.sync_api import expect

from dashboard.access.displays import Displays
from ingest.contract.clock import RealClock
from tests.browser.conftest import PATIENCE, live
from tests.streams.test_worker import until
from warehouse.model.alarm_rule import RESPONSE_TEAM
from warehouse.store.client import connect

pytestmark = [pytest.mark.browser, pytest.mark.faults, pytest.mark.timeout(900)]

SOON = 60_000
RAISED_WITHIN = 300_000
"""The kiosk must be silent for a minute and a half before anybody is called."""
SILENT = {"vi": "Nguồn Một cửa mất kết nối", "en": "Source Queue is down"}
COMMENT = "đã khởi động lại máy lấy số"


@pytest.fixture
def screen(chromium, stack):
    """A screen of the wall that shows the alarms."""
    _, token = Displays(stack.install.board).add("hall", RealClock().now())
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{stack.install.board.url}/wall?token={token}")
    live(page)
    yield page
    context.close()


def test_a_silent_kiosk_calls_is_handled_by_keyboard_and_its_times_are_kept(
    stack, kiosk, open_board, screen, artefacts
):
    with open_board(language="en", alone=True) as other, open_board() as page:
        live(page)
        row = page.locator(".alarms a", has_text=SILENT["vi"])
        expect(row).to_be_visible(timeout=RAISED_WITHIN)
        row.press("Enter")
        page.wait_for_url("**/alarm/*")
        address = page.url.removeprefix(stack.install.board.url)
        live(page)
        seen_by_all(other, screen, stack, address)
        handle(page)
        on_the_wall(screen, f"{page.person} đã nhận")
        expect(other.locator("#alarm-state")).to_contain_text(f"acknowledged by {page.person}")
        expect(other.locator("#alarm-log")).to_contain_text(f"Comment: {COMMENT}")
        expect(other.locator("#alarm-step-0")).to_have_attribute("aria-checked", "true")
        other.screenshot(path=artefacts / "alarm-en.png")
        until_cleared(page, kiosk)
        in_the_history(page, stack, address)
        page.screenshot(path=artefacts / "alarms-vi.png")
        assert until(lambda: acts(stack, page.person) == ["acknowledged", "assigned", "commented", "ticked"])


def seen_by_all(other, screen, stack, address):
    """The one who reads English, and the wall, where there is nothing to press."""
    other.goto(f"{stack.install.board.url}/alarms")
    live(other)
    expect(other.locator(".alarm-list a", has_text=SILENT["en"])).to_have_attribute("href", address)
    row = other.locator(".alarm-list li", has_text=SILENT["en"])
    for part in ("critical", "limit 60 s", "not acknowledged · escalates at", "not assigned"):
        expect(row).to_contain_text(part)
    expect(screen.locator("#wall-alarm")).to_be_visible(timeout=SOON)
    on_the_wall(screen, SILENT["vi"])
    assert screen.locator("button, input, select, textarea").count() == 0
    other.goto(stack.install.board.url + address)
    live(other)
    expect(other.locator("#alarm-what")).to_have_text(SILENT["en"])


def on_the_wall(screen, said):
    """Its page of alarms says so; the tour goes on meanwhile, and a new critical alarm takes it to another page."""
    for _ in range(SOON // 5_000):
        screen.evaluate("window.dash_clientside.set_props('wall-path', { data: '/alarms' })")
        with suppress(AssertionError):
            expect(screen.locator(".alarm-list")).to_contain_text(said, timeout=5_000)
            return
    raise AssertionError(f"the wall does not say {said}")


def handle(page):
    """Acknowledge, assign, comment and tick, with nothing but keys."""
    go(page, "alarm-acknowledge")
    page.keyboard.press("Enter")
    expect(page.locator("#alarm-state")).to_contain_text(f"{page.person} đã nhận", timeout=SOON)
    go(page, "alarm-to")
    page.keyboard.type(RESPONSE_TEAM)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#alarm-to")).to_have_value(RESPONSE_TEAM)
    go(page, "alarm-assign")
    page.keyboard.press("Enter")
    expect(page.locator("#alarm-assigned")).to_have_text(RESPONSE_TEAM, timeout=SOON)
    go(page, "alarm-comment")
    page.keyboard.type(COMMENT)
    page.keyboard.press("Enter")
    expect(page.locator("#alarm-log")).to_contain_text(COMMENT, timeout=SOON)
    expect(page.locator("#alarm-comment")).to_have_value("")
    go(page, "alarm-step-0")
    page.keyboard.press("Space")
    expect(page.locator("#alarm-step-0")).to_have_attribute("aria-checked", "true", timeout=SOON)
    expect(page.locator("#alarm-fault")).to_be_empty()


def go(page, id):
    """Move there by the Tab key."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == id:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{id} cannot be reached by keyboard")


def until_cleared(page, kiosk):
    """The kiosk lives again, for as long as it takes to be believed."""
    state = page.locator("#alarm-state")
    for _ in range(60):
        kiosk.beat()
        with suppress(AssertionError):
            expect(state).to_contain_text("đã hết", timeout=5_000)
            return
    expect(state).to_contain_text("đã hết")


def in_the_history(page, stack, address):
    """It is among those that cleared, with how long everything took."""
    page.goto(f"{stack.install.board.url}/alarms")
    live(page)
    expect(page.locator("#alarms-cleared")).to_contain_text(SILENT["vi"])
    row = page.locator("#alarms-table tr", has=page.locator(f"a[href='{address}']"))
    expect(row).to_contain_text(RESPONSE_TEAM, timeout=SOON)
    cells = row.locator("td").all_inner_texts()
    assert all(cell[0].isdigit() for cell in cells[3:5]), cells
    assert cells[5].startswith("đã hết")
    expect(page.locator("#alarms-times")).to_contain_text("từ báo đến nhận trung bình", timeout=SOON)
    expect(page.locator("#alarms-ways")).to_contain_text("Chưa cài cách báo")


def acts(stack, person):
    """What somebody did, as analysts see it."""
    with connect(stack.install.warehouse) as client:
        rows = client.query(
            "SELECT kind FROM alarm_acts WHERE who = %(who)s ORDER BY acted_at, number", {"who": person}
        )
    return [kind for (kind,) in rows]
