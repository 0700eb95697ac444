import asyncio
import json

import pytest

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.apps import push
from dashboard.apps.page_list import pages
from dashboard.board.filled_pages import MOST, FilledPages
from dashboard.board.layout import changed_properties
from dashboard.board.live import page_key
from dashboard.state.page import PageAddress, PropertyUpdate
from tests.dashboard.support.board import BoardOfTests
from tests.dashboard.support.ward import WARD, stock, values
from warehouse.model.value_push import Push


class Browser:
    """The other end of the socket: takes what is set, and answers when a test lets it."""

    def __init__(self):
        self.is_shutdown = False
        self.sent = []
        self.path = "/"
        self.mark = ""
        self.answers = asyncio.Semaphore(0)
        self.naps = 0

    async def get_prop(self, component_id, name, timeout):
        if self.naps:
            self.naps -= 1
            raise TimeoutError
        assert component_id == "page-shown"
        await self.answers.acquire()
        return [self.path, self.mark]


@pytest.fixture
def tested(tmp_path):
    found = BoardOfTests(tmp_path)
    found.live.readings.apply(values())
    set_viewer(Viewer("lan", frozenset({"leader"})))
    return found


@pytest.fixture
def browser(monkeypatch):
    found = Browser()
    monkeypatch.setattr(push, "set_updates", lambda updates, pulse: found.sent.append((updates, pulse)))
    monkeypatch.setattr(push, "LEAST_INTERVAL", 0.0)
    return found


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_browser_gets_everything_once_and_then_what_changed(tested, browser):
    task = asyncio.create_task(push.push_updates(tested.live, browser))
    browser.answers.release()  # the page is there
    await until(lambda: len(browser.sent) == 1)
    assert PropertyUpdate("q02-figure", "children") in browser.sent[0][0]
    browser.answers.release()  # the first frame is taken in
    tested.live.take([Push(WARD, [stock("Q02", 24)], 5)])
    await until(lambda: len(browser.sent) == 2)
    updates, pulse = browser.sent[1]
    assert updates[PropertyUpdate("q02-figure", "children")] == "24"
    assert PropertyUpdate("d04-figure", "children") not in updates
    assert pulse["data-way"] == "push"
    assert pulse["data-recorded"] == "5"
    task.cancel()


async def test_what_a_page_came_with_is_not_said_again_until_it_was_changed(tested, browser):
    page = PageAddress(pages()["/"])
    _, browser.mark = tested.live.page(page, "vi")
    tested.live.take([Push(WARD, [stock("Q02", 24)], 5)])
    for number, everything in enumerate((False, True), 1):  # a socket that ended begins anew
        task = asyncio.create_task(push.push_updates(tested.live, browser))
        browser.answers.release()
        await until(lambda: len(browser.sent) == number)  # noqa: B023
        updates, _ = browser.sent[-1]
        assert updates[PropertyUpdate("q02-figure", "children")] == "24"
        assert (PropertyUpdate("d04-figure", "children") in updates) == everything
        task.cancel()
    _, mark = tested.live.page(page, "vi")
    assert tested.live.filled.take(mark, page_key(PageAddress(pages()["/queue"]), "vi")) == {}, "another page's"


async def test_pages_whose_browsers_never_came_are_forgotten():
    filled, key = FilledPages(), page_key(PageAddress(pages()["/"]), "vi")
    marks = [filled.keep(key, {PropertyUpdate("a", "children"): number}) for number in range(MOST + 1)]
    assert filled.take(marks[0], key) == {}
    assert filled.take(marks[1], key) == {PropertyUpdate("a", "children"): 1}
    assert filled.take(marks[1], key) == {}


async def test_a_slow_browser_gets_fewer_and_newer_frames(tested, browser):
    task = asyncio.create_task(push.push_updates(tested.live, browser))
    browser.answers.release()
    await until(lambda: len(browser.sent) == 1)
    for number in range(30, 130):  # it has not answered yet: nothing is sent, nothing is kept
        tested.live.take([Push(WARD, [stock("Q02", number)], number)])
        await asyncio.sleep(0)
    assert len(browser.sent) == 1
    browser.answers.release()
    await until(lambda: len(browser.sent) == 2)
    assert browser.sent[1][0][PropertyUpdate("q02-figure", "children")] == "129"
    assert len(browser.sent[1][1]["data-recorded"].split()) == 100, "but every event's time is told"
    task.cancel()


async def test_a_browser_that_sleeps_is_waited_for(tested, browser):
    browser.naps = 3
    task = asyncio.create_task(push.push_updates(tested.live, browser))
    browser.answers.release()
    await until(lambda: len(browser.sent) == 1)
    browser.naps = 1000
    browser.answers.release()
    await until(lambda: len(browser.sent) == 2)
    task.cancel()


async def test_a_page_that_was_turned_in_place_gets_everything_at_once(tested, browser):
    task = asyncio.create_task(push.push_updates(tested.live, browser))
    browser.path = "/sql"
    browser.answers.release()
    await until(lambda: len(browser.sent) == 1)
    assert browser.sent[0][0] == {}
    browser.path = "/"
    browser.answers.release()
    await until(lambda: len(browser.sent) == 2)
    assert browser.sent[1][0][PropertyUpdate("d04-figure", "children")] == "99,88"
    task.cancel()


@pytest.mark.parametrize(("may_fall_back", "is_all"), [(60.0, False), (0.0, True)])
async def test_what_came_after_the_page_that_was_turned_to_is_said_again(
    tested, browser, monkeypatch, may_fall_back, is_all
):
    task = asyncio.create_task(push.push_updates(tested.live, browser))
    browser.path = "/queue"
    browser.answers.release()
    await until(lambda: len(browser.sent) == 1)  # everything of the page before, in places that both have
    browser.path = "/dossiers"
    _, browser.mark = tested.live.page(PageAddress(pages()["/dossiers"]), "vi")
    monkeypatch.setattr(push, "MAY_FALL_BACK", may_fall_back)
    browser.answers.release()
    await until(lambda: len(browser.sent) == 2)
    said = browser.sent[1][0]
    assert said[PropertyUpdate("line-2", "style")]["--columns"] == "minmax(0, 1fr) minmax(0, 1fr)"
    assert (PropertyUpdate("d05-figure", "children") in said) == is_all
    task.cancel()


async def test_a_page_that_the_person_may_not_see_is_not_pushed(tested, browser):
    set_viewer(Viewer("stranger", frozenset()))
    task = asyncio.create_task(push.push_updates(tested.live, browser))
    browser.answers.release()
    await until(lambda: len(browser.sent) == 1)
    assert browser.sent[0][0] == {}
    task.cancel()


async def test_the_fallback_answers_over_http(tested):
    page = PageAddress(pages()["/"])
    _, mark = tested.live.page(page, "vi")
    body = {
        "inputs": [{"id": "fallback", "property": "n_intervals", "value": 1}],
        "state": [
            {"id": "page-shown", "property": "data", "value": ["/", mark]},
        ],
        "changedPropIds": ["fallback.n_intervals"],
    }
    async with tested.logged_in() as client:
        listed = (await client.get("/_dash-dependencies")).json()
        found = next(one for one in listed if one["inputs"] == [{"id": "fallback", "property": "n_intervals"}])
        response = await client.post("/_dash-update-component", json={**body, "output": found["output"], "outputs": []})
    update = response.json()["sideUpdate"]
    assert update["q02-figure"]["children"] == "23"
    assert update["pulse"]["data-way"] == "fallback"
    assert tested.live.filled.take(mark, page_key(page, "vi")) == {}, "it shows something else now"


async def test_only_the_push_goes_over_the_socket(tested):
    async with tested.logged_in() as client:
        listed = (await client.get("/_dash-dependencies")).json()
    pushes = [one for one in listed if one["websocket"]]
    assert len(pushes) == 1
    assert pushes[0]["persistent"]
    assert pushes[0]["inputs"] == []


def test_frames_are_small(tested):
    page = PageAddress(pages()["/"])
    before = tested.live.frame(page, "vi")
    tested.live.take([Push(WARD, [stock("Q02", 24)], 5)])
    after = tested.live.frame(page, "vi")
    sent = {update.id: value for update, value in changed_properties(after.updates, before.updates).items()}
    assert len(json.dumps(sent)) < 1000
