"""A screen of the wall while parts of the whole stack are away: it says so, keeps what it had, and comes back untouched."""

import re
import signal
from datetime import timedelta
from itertools import islice

import pytest
from playwright.sync_api import expect

from commands.developers import soak
from dashboard.access.displays import Displays
from dashboard.apps.page_list import pages
from dashboard.board.wall_tour import wall_pages
from ingest.contract.clock import RealClock
from tests.browser.conftest import is_grey, live

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]

AWAY = 180_000
"""Time for what takes a minute by itself."""


@pytest.fixture
def wall(stack, kiosk, screen):
    kiosk.beat()
    _, token = Displays(stack.install.board).add("hall", RealClock().now(), (("/", timedelta(hours=1)),))
    page = screen(f"{stack.install.board.url}/wall?token={token}")
    live(page)
    expect(page.locator("#q02-figure")).to_have_text(str(kiosk.issued), timeout=AWAY)
    return page


@pytest.mark.parametrize(
    "how",
    [pytest.param(signal.SIGKILL, id="killed"), pytest.param(signal.SIGTERM, id="stopped", marks=pytest.mark.faults)],
)
def test_without_the_board_it_says_since_when_and_is_live_again(wall, stack, kiosk, how):
    stack.kill("dashboard", how)
    expect(wall.locator("html")).to_have_attribute("data-transport", "lost", timeout=AWAY)
    expect(wall.locator("#wall-lost")).to_be_visible()
    expect(wall.locator("#wall-lost strong")).to_have_text(re.compile(r"MẤT KẾT NỐI TỪ \d\d:\d\d"))
    expect(wall.locator("#q02-figure")).to_have_text(str(kiosk.issued))
    assert is_grey(wall.locator("#q02-figure"))
    kiosk.issue()
    stack.start("dashboard")
    stack.wait("dashboard")
    expect(wall.locator("html")).to_have_attribute("data-transport", "push", timeout=AWAY)
    expect(wall.locator("#wall-lost")).to_be_hidden()
    expect(wall.locator("#q02-figure")).to_have_text(str(kiosk.issued))


@pytest.mark.faults
@pytest.mark.parametrize("part", ["ingest", "warehouse"])
def test_without_broker_or_warehouse_the_figures_age_and_are_live_again(wall, stack, kiosk, part):
    expect(wall.locator("#queue-word")).to_have_text("ĐANG CẬP NHẬT", timeout=AWAY)
    stack.kill(part)
    expect(wall.locator("#queue-word")).to_have_text("CHẬM", timeout=AWAY)
    expect(wall.locator("#q02-figure")).to_have_text(str(kiosk.issued)), "the last figure stays"
    stack.start(part)
    stack.wait(part)
    kiosk.beat()
    kiosk.issue()
    expect(wall.locator("#q02-figure")).to_have_text(str(kiosk.issued), timeout=AWAY)
    kiosk.beat()
    expect(wall.locator("#queue-word")).to_have_text("ĐANG CẬP NHẬT", timeout=AWAY)


@pytest.mark.faults
def test_a_quiet_hall_is_live_and_a_dead_kiosk_is_not(wall, kiosk):
    word, figure = wall.locator("#queue-word"), wall.locator("#q02-figure")
    expect(word).to_have_text("ĐANG CẬP NHẬT", timeout=AWAY)
    quiet_until = wall.evaluate("window.iocClock.now()") + 70_000  # longer than a source may be silent
    while wall.evaluate("window.iocClock.now()") < quiet_until:
        kiosk.beat()
        expect(word).to_have_text("ĐANG CẬP NHẬT")
        wall.wait_for_timeout(2000)
    expect(figure).to_have_text(str(kiosk.issued))
    assert not is_grey(figure)
    expect(word).to_have_text(re.compile(r"MẤT KẾT NỐI DỮ LIỆU từ \d\d:\d\d"), timeout=AWAY)
    expect(figure).to_have_text(str(kiosk.issued))
    assert is_grey(figure)
    kiosk.beat()
    expect(word).to_have_text("ĐANG CẬP NHẬT", timeout=AWAY)


@pytest.mark.parametrize("most", [3, pytest.param(None, id="all", marks=pytest.mark.faults)])
def test_its_memory_is_flat_while_it_turns_fast(stack, kiosk, screen, most):
    """By the pages with most on them; by all of them when there is time."""
    kiosk.beat()
    stops = tuple((page.path, timedelta(seconds=0.25)) for page in wall_pages(pages())[:most])
    _, token = Displays(stack.install.board).add("hall", RealClock().now(), stops)
    page = screen(f"{stack.install.board.url}/wall?token={token}")
    live(page)
    samples = []
    for sample in islice(soak.sample_rounds(page, lambda: stack.memory()["dashboard"], len(stops)), soak.FEWEST):
        samples.append(sample)
        kiosk.issue()
    found = soak.soak_report(samples, [])
    assert all(found[measure]["growth"] < 0.1 for measure in soak.MEASURES), samples
