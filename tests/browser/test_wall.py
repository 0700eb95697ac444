"""A screen of the wall that nobody touches: it turns its pages, jumps to alarms, and comes back from whatever happens."""

import json
import os
import re
import signal
from contextlib import contextmanager

import pytest
from dash.backends.ws import DashWebsocketCallback
from playwright.sync_api import expect

from commands.developers.load.chromium import ARE_DRAWN, CHROMIUM, FLAGS
from dashboard.apps import html, push
from dashboard.apps.page_list import pages
from dashboard.board.wall_tour import wall_pages
from dashboard.state.alarm import begin_alarm, combine_alarms
from tests.browser.conftest import PATIENCE, is_grey, live
from tests.browser.support.served import served
from tests.dashboard.support.alarms import after, raised
from tests.dashboard.support.ward import stock
from tests.streams.test_worker import until
from tests.support.warehouse_server import ROOT

pytestmark = pytest.mark.browser

GUIDE = ROOT / "docs" / "wall.md"
HERE = ".wall-dots"
"""Says which page a screen shows."""
WATCHES = """
window.shownPages = new Set();
new MutationObserver(() => {
  const here = document.querySelector(".wall-dots");
  if (here) window.shownPages.add(here.textContent);
}).observe(document, { subtree: true, childList: true });
"""
"""Notes the pages that were shown."""


@pytest.fixture
def board(tmp_path):
    with served(tmp_path) as found:
        yield found


def figure(page, id):
    return page.locator(f"#{id}-figure")


@pytest.mark.long
def test_one_address_shows_every_page_in_turn_and_nothing_to_press(board, screen):
    _, address = board.add_display(*[(page.path, 1) for page in wall_pages(pages())])
    page = screen(address, before=WATCHES)
    live(page)
    assert page.url == f"{board.url}/wall/", "the token stands in no address bar"
    page.evaluate("window.notReloaded = true")
    names = [one.label.vi for one in wall_pages(pages())]
    page.wait_for_function("names => names.every(name => window.shownPages.has(name))", arg=names, timeout=9 * PATIENCE)
    expect(page.locator(HERE)).to_have_text(names[0], timeout=9 * PATIENCE), "and from the first one again"
    for _ in range(3):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body")
    assert page.evaluate("getComputedStyle(document.body).pointerEvents") == "none"
    assert page.evaluate("getComputedStyle(document.documentElement).cursor") == "none"
    assert page.evaluate("window.notReloaded")


def test_figures_come_before_the_charts_and_no_more_of_plotly_than_they_need(board, screen):
    _, address = board.add_display(("/", 3600))
    page = screen(address)
    live(page)
    page.wait_for_function(ARE_DRAWN)
    fetched = page.evaluate("performance.getEntriesByType('resource').map(one => [one.name, one.startTime])")
    assert [name for name, _ in fetched if name.endswith("/_dash-layout")] == [f"{board.url}/wall/_dash-layout"], "once"
    ((name, began),) = [(name, began) for name, began in fetched if "plotly" in name]
    assert "/assets/plotly/plotly-basic.min.js?m=" in name, "Dash fetches all of it where it does not find ours"
    assert began >= page.evaluate("performance.getEntriesByName('ioc-live')[0].startTime")


@pytest.mark.long
def test_the_tour_goes_by_worth_and_a_critical_alarm_holds_its_page(board, screen):
    def hurry(route):
        """A second is a fiftieth of it."""
        answer = route.fetch()
        assert answer.text().count("[1] * 1000") == 4
        script = answer.text().replace("[1] * 1000", "[1] * 20").replace("ALARM_STAYS = 30000", "ALARM_STAYS = 100")
        route.fulfill(response=answer, body=script)

    _, address = board.add_display()
    page = screen("about:blank")
    page.route("**/assets/all.js*", hurry)
    page.add_init_script(WATCHES)
    page.goto(address)
    live(page)
    names = {one.path: one.label.vi for one in wall_pages(pages())}
    expect(page.locator("#wall-absent")).to_have_attribute("data-paths", re.compile("/queue|/today"), timeout=PATIENCE)
    absent = json.loads(page.locator("#wall-absent").get_attribute("data-paths"))
    assert len({"/queue", "/today"} & set(absent)) == 1, "the one while the office is open, the other while it is not"
    expected = [name for path, name in names.items() if path not in ("/alarms", "/equipment", *absent)]
    page.wait_for_function(
        "names => names.every(name => window.shownPages.has(name))", arg=expected, timeout=9 * PATIENCE
    )
    assert not page.evaluate("names => names.some(name => window.shownPages.has(name))", [names[one] for one in absent])
    critical = raised(severity="critical")
    board.show(combine_alarms([begin_alarm(critical)], {}))
    expect(page.locator(HERE)).to_contain_text(names["/queue"])
    page.evaluate("window.shownPages.clear()")
    page.wait_for_timeout(3000)
    assert page.evaluate("[...window.shownPages].every(name => name.includes('Một cửa'))"), "held"
    board.show(combine_alarms([after(critical, ("acknowledged", "lan", "", 1))], {}))
    expect(page.locator(HERE)).not_to_contain_text(names["/queue"], timeout=PATIENCE)


def test_a_new_alarm_is_shown_on_its_page_at_once_and_only_once(board, screen):
    _, address = board.add_display(("/", 3600), ("/speakers", 3600))
    page = screen(address)
    live(page)
    overview, queue = (one.label.vi for one in wall_pages(pages()) if one.path in ("/", "/queue"))
    expect(page.locator(HERE)).to_contain_text(overview)
    alarm = begin_alarm(raised(severity="critical"))
    board.show(combine_alarms([alarm], {}))
    expect(page.locator(HERE)).to_contain_text(queue), "also a page that is not among the screen's own"
    expect(page.locator("#wall-alarm")).to_be_visible()
    expect(page.locator("#wall-alarm strong")).not_to_be_empty()
    page.reload()
    live(page)
    expect(page.locator(HERE)).to_contain_text(overview)
    expect(page.locator("#alarm-signal")).to_have_attribute("data-newest", f"{alarm.id}-critical")
    (
        expect(page.locator("#wall-alarm")).to_have_class(re.compile("is-known")),
        "small, and there until somebody acknowledges",
    )
    expect(page.locator("#wall-alarm")).to_be_visible()


@pytest.mark.long
def test_the_banner_stays_and_the_sound_comes_again_until_somebody_acknowledges(board, screen):
    _, address = board.add_display(("/", 3600))
    page = screen(address)
    live(page)
    page.evaluate("""document.getElementById("wall-tour").dataset.repeat = '{"critical": 1, "warning": 1}'""")
    board.show(combine_alarms([begin_alarm(raised())], {}))
    expect(page.locator("html")).to_have_attribute("data-chime", "warning")
    expect(page.locator("#wall-alarm")).to_be_hidden()
    critical = raised("source.silent", "civil_status", "critical")
    board.show(combine_alarms([begin_alarm(critical)], {}))
    expect(page.locator("html")).to_have_attribute("data-chime", "critical")
    expect(page.locator("#wall-alarm")).to_be_visible()
    before = int(page.locator("html").get_attribute("data-chimed"))
    page.wait_for_function("before => document.documentElement.dataset.chimed > before + 1", arg=before)
    expect(page.locator("#wall-alarm")).to_contain_text("Hộ tịch mất kết nối")
    board.show(combine_alarms([after(critical, ("acknowledged", "lan", "", 1))], {}))
    expect(page.locator("#wall-alarm")).to_be_hidden()


@pytest.mark.long
def test_an_alarm_that_nobody_acknowledges_delays_the_fresh_start_by_an_hour_at_most(board, screen):
    def hurry(route):
        """Six hours are 3 seconds, and seven are 20."""
        answer = route.fetch()
        script = answer.text()
        assert all(f"{hours} * 3600000;" in script for hours in (6, 7))
        route.fulfill(response=answer, body=script.replace("6 * 3600000", "3000").replace("7 * 3600000", "20000"))

    _, address = board.add_display(("/", 1))
    page = screen("about:blank")
    page.route("**/assets/all.js*", hurry)
    board.show(combine_alarms([begin_alarm(raised(severity="critical"))], {}))
    page.goto(address)
    live(page)
    page.evaluate("window.isOld = true")
    expect(page.locator("html")).to_have_attribute("data-chime", "critical")
    page.wait_for_function("() => performance.now() > 12000")
    assert page.evaluate("window.isOld"), "not yet, while it calls"
    page.wait_for_function("() => !window.isOld", timeout=2 * PATIENCE)
    live(page)
    expect(page.locator("#wall-alarm")).to_be_visible()
    expect(page.locator("#wall-alarm")).to_have_class(re.compile("is-known"))
    page.wait_for_timeout(4000)
    assert page.locator("html").get_attribute("data-chime") is None, "its sound is not due yet"


def test_where_the_browser_blocks_sound_the_screen_says_so_until_somebody_presses_a_key(board, chromium):
    strict = [*FLAGS, "--autoplay-policy=document-user-activation-required"]
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=strict)
    page = browser.new_page()
    browsers_own = page.context.new_cdp_session(page)  # whatever Playwright asks of a page counts as a gesture there
    page.goto(board.add_display(("/", 3600))[1])
    told = {"expression": "document.getElementById('wall-blocked')?.hidden === false"}
    until(lambda: browsers_own.send("Runtime.evaluate", told)["result"]["value"])
    page.keyboard.press("Space")
    expect(page.locator("#wall-blocked")).to_be_hidden(timeout=PATIENCE)
    browser.close()


@pytest.mark.long
def test_a_revoked_screen_shows_the_refusal_and_nothing_else(board, screen):
    id, address = board.add_display(("/", 3600))
    page = screen(address)
    live(page)
    expect(figure(page, "q02")).to_have_text("23")
    board.displays.revoke(id)
    expect(page.locator("h1")).to_have_text("Màn hình này đã bị thu hồi", timeout=PATIENCE)
    assert page.locator("body > *").count() == 3
    assert "23" not in page.content().replace("#", "").partition("<body>")[2]


@pytest.mark.long
def test_a_new_version_starts_the_page_afresh(board, screen, monkeypatch):
    _, address = board.add_display(("/", 3600))
    page = screen(address)
    live(page)
    page.evaluate("window.notReloaded = true")
    for module in (html, push):
        monkeypatch.setattr(module, "version", lambda: "another")
    expect(page.locator("html")).to_have_attribute("data-version", "another", timeout=2 * PATIENCE)
    live(page)
    assert not page.evaluate("window.notReloaded")


def test_as_the_document_starts_it_alarms_may_sound(board, chromium):
    _, address = board.add_display(("/", 3600))
    command, shown = re.search(r"^Exec=chromium (.*) \"(.*)\"$", GUIDE.read_text("utf-8"), re.MULTILINE).groups()
    assert shown == "http://127.0.0.1:8050/wall?token=…"
    told = chromium.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, *command.split()])
    page = told.new_page()
    page.goto(address)
    live(page)
    page.wait_for_function("() => (window.sound ||= new AudioContext()).state === 'running'")
    expect(page.locator("#wall-blocked")).to_be_hidden()
    told.close()


@pytest.mark.long
def test_where_no_socket_gets_through_the_figures_come_by_the_fallback(tmp_path, screen):
    with served(tmp_path, ws="none") as board:
        _, address = board.add_display(("/", 3600))
        page = screen(address)
        expect(page.locator("html")).to_have_attribute("data-transport", "fallback", timeout=PATIENCE)
        expect(page.locator("#transport")).to_have_text("đường dự phòng")
        board.push(stock("Q02", 24))
        expect(figure(page, "q02")).to_have_text("24")


@contextmanager
def asleep(page):
    """The processes of the page get no time, as on a PC that sleeps."""
    tools = page.context.browser.new_browser_cdp_session()
    found = tools.send("SystemInfo.getProcessInfo")["processInfo"]
    pids = [one["id"] for one in found if one["type"] == "renderer"]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_page_that_slept_is_live_again_with_the_newest_figures(board, screen, monkeypatch):
    _, address = board.add_display(("/", 3600))
    page = screen(address)
    live(page)
    expect(figure(page, "q02")).to_have_text("23")
    page.evaluate("window.notReloaded = true")
    unanswered = count_unanswered(monkeypatch)
    with asleep(page):
        board.push(stock("Q02", 24))
        assert until(lambda: len(unanswered) >= 3)
        board.push(stock("Q02", 25))
    expect(figure(page, "q02")).to_have_text("25")
    live(page)
    assert page.evaluate("window.notReloaded"), "the same push goes on"


def count_unanswered(monkeypatch):
    """Let the board lose patience soon, and note whenever it does."""
    unanswered, ask = [], DashWebsocketCallback.get_prop

    async def noted(*asked):
        try:
            return await ask(*asked)
        except TimeoutError:
            unanswered.append(asked)
            raise

    monkeypatch.setattr(push, "ANSWER_WITHIN", 1)
    monkeypatch.setattr(DashWebsocketCallback, "get_prop", noted)
    return unanswered


@pytest.mark.long
def test_a_source_grows_old_step_by_step_where_nothing_is_known_of_it_any_more(tmp_path, screen):
    with served(tmp_path, clock_speed=10) as board:  # five minutes in half of one
        _, address = board.add_display(("/", 3600))
        page = screen(address)
        live(page)
        sign = stock("H01", 0, split=("key", "queue_kiosk"))
        board.push(sign._replace(as_of_ms=board.live.now_ms()))
        for word in ("ĐANG CẬP NHẬT", "CHẬM", "CŨ"):
            expect(page.locator("#queue-word")).to_have_text(word, timeout=3 * PATIENCE)
        assert is_grey(figure(page, "q02"))
        expect(figure(page, "q02")).to_have_text("23"), "greyed and kept"
        board.push(stock("H04", 1, split=("key", "queue_kiosk")))
        expect(page.locator("#queue-word")).to_have_text(re.compile(r"MẤT KẾT NỐI DỮ LIỆU từ \d\d:\d\d"))
