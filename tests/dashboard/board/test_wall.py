"""The wall's door and what lies behind it: a screen sees figures, and nothing else of the board."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dashboard.access.display_entry import SOCKET as WALL_SOCKET
from dashboard.access.displays import Displays
from dashboard.access.guard import BOARD, FEED, LIVEZ, LOG_IN, SOCKET
from dashboard.access.viewer import Viewer
from dashboard.apps.page_list import pages
from dashboard.board import wall_tour
from dashboard.board.wall_tour import tour, turns, wall_pages
from dashboard.state.page import PropertyUpdate
from ingest.contract.clock import WARD_ZONE, RealClock, milliseconds
from tests.dashboard.access.test_guard import Socket, routes
from tests.dashboard.support.board import ORIGIN, BoardOfTests
from tests.dashboard.support.ward import board_state, stock

PAGE = {"accept": "text/html"}


@pytest.fixture
def tested(tmp_path):
    return BoardOfTests(tmp_path)


@pytest.fixture
def displays(tested):
    return Displays(tested.settings)


@pytest.fixture
def screen(displays):
    return displays.add("hall", RealClock().now())


@pytest.fixture
async def wall(tested, screen):
    async with tested.client() as client:
        await client.get(f"/wall?token={screen[1]}")
        yield client


async def test_the_token_becomes_a_cookie_that_scripts_and_other_paths_do_not_get(tested, screen):
    async with tested.client() as client:
        answer = await client.get(f"/wall?token={screen[1]}", headers=PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/wall/")
        cookie = answer.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=Lax", "Path=/wall;", "Max-Age=34560000"):
            assert part in cookie
        page = await client.get("/wall/", headers=PAGE)
        assert page.status_code == 200
        assert 'lang="vi"' in page.text
        assert page.headers["set-cookie"] == cookie, "given anew, so that it never ends"
        assert (await client.get("/", headers=PAGE)).status_code == 303, "to the log-in, as if it were nobody"


async def test_with_tls_the_cookie_insists_on_it(tmp_path):
    tested = BoardOfTests(tmp_path, public_url="https://ioc.example.vn", behind_proxy=True)
    _, token = Displays(tested.settings).add("hall", RealClock().now())
    async with tested.client() as client:
        cookie = (await client.get(f"/wall?token={token}")).headers["set-cookie"]
    assert cookie.startswith("__Secure-ioc_display=")
    assert cookie.endswith("; Secure")


async def test_a_screen_gets_nothing_outside_the_wall(tested, screen):
    everything = routes(tested.server) | {
        "/",
        "/sql",
        "/letters",
        "/proof/Q01",
        "/history/Q01",
        "/due",
        "/api/clock",
        "/assets/board.css",
        "/password",
    }
    outside = {path for path in everything - {LIVEZ, LOG_IN} if not path.startswith((FEED, BOARD, "/wall"))}
    assert {"/_dash-update-component", "/_dash-layout", "/logout"} <= outside
    async with tested.client() as client:
        client.headers["cookie"] = f"ioc_display={screen[1]}"  # by hand: a browser does not send it there
        for path in outside:
            for method in ("GET", "POST"):
                assert (await client.request(method, path, json={})).status_code == 403, (method, path)


async def test_a_person_s_log_in_opens_no_wall(tested):
    async with tested.logged_in(("admin",)) as client:
        assert (await client.get("/wall/")).status_code == 401


async def test_the_wall_has_no_other_callback_than_what_shows_figures(wall):
    listed = (await wall.get("/wall/_dash-dependencies")).json()
    inputs = {one["id"] for callback in listed for one in callback["inputs"]}
    assert inputs == {"wall-path", "fallback", "map-shapes", '{"name":["MATCH"],"type":"dress"}'}


async def test_the_first_page_is_there_at_once_and_others_by_their_name(tested, wall):
    tested.live.readings.apply([stock("Q02", 77)])
    layout = json.dumps((await wall.get("/wall/_dash-layout")).json())
    assert '"77"' in layout
    for path in wall_pages(pages()):
        assert path.path in layout
    ids = re.findall(r'"id": ("[^"]*"|\{[^}]*\})', layout)
    assert len(ids) > 100
    assert sorted(ids) == sorted(set(ids)), "one place each"


@pytest.mark.parametrize("path", ["/sql", "/letters", "/due", "/proof/Q01", "/nowhere", "", None, 5])
async def test_a_page_that_does_not_belong_there_is_empty(wall, path):
    listed = (await wall.get("/wall/_dash-dependencies")).json()
    found = next(one for one in listed if one["inputs"] == [{"id": "wall-path", "property": "data"}])
    body = {
        "output": found["output"],
        "outputs": [
            {"id": "page", "property": "children"},
            {"id": "page-shown", "property": "data"},
        ],
        "inputs": [{"id": "wall-path", "property": "data", "value": path}],
        "state": [],
        "changedPropIds": ["wall-path.data"],
    }
    answer = (await wall.post("/wall/_dash-update-component", json=body)).json()
    assert answer["response"]["page"]["children"] is None


def test_only_pages_of_figures_are_on_the_wall():
    assert wall_pages(pages())[0].path == "/"
    for page in wall_pages(pages()):
        assert page.right == "leader"
        assert page.arguments is None
    screen = Viewer("hall", frozenset({"display"}))
    seen = {page.path for page in pages().values() if page.may_be_seen_by(screen)}
    assert seen == {page.path for page, _ in tour(screen, pages())}


def test_the_overview_comes_every_second_time_unless_a_screen_has_pages_of_its_own():
    screen = Viewer("hall", frozenset({"display"}))
    paths = [page.path for page, _ in turns(screen, pages())]
    others = [page.path for page in wall_pages(pages()) if page.path != "/"]
    assert (paths[::2], paths[1::2]) == (["/"] * len(others), others)
    own = replace(screen, stops=(("/queue", timedelta(seconds=20)), ("/", timedelta(seconds=30))))
    assert [page.path for page, _ in turns(own, pages())] == ["/queue", "/"]


@pytest.mark.parametrize(
    ("at", "absent"),
    [("2026-11-25 06:30", ["/queue"]), ("2026-11-25 12:00", ["/today"]), ("2026-11-25 17:30", ["/queue"]),
     ("2026-11-28 10:00", ["/queue"]), ("2026-11-24 10:00", ["/queue"])],
)  # fmt: skip
def test_pages_come_when_they_have_news(at, absent):
    """While the office is closed, also on a holiday, what the day brings comes instead of the counters; over the lunch break it is open."""
    now_ms = milliseconds(datetime.fromisoformat(at).replace(tzinfo=WARD_ZONE))
    assert absent_now(board_state(now_ms=now_ms)) == [*absent, "/equipment"]  # of which nothing is connected here


def absent_now(state):
    return json.loads(wall_tour.updates(state)[PropertyUpdate(wall_tour.ID, "data-paths")])


async def test_who_is_not_let_in_sees_why_and_the_page_tries_again(tested, displays, screen):
    async with tested.client() as client:
        assert "chưa được cấp quyền" in (await client.get("/wall", headers=PAGE)).text
        await client.get(f"/wall?token={screen[1]}")
        displays.revoke(screen[0].id)
        answer = await client.get("/wall/", headers=PAGE)
        assert answer.status_code == 403
        assert "đã bị thu hồi" in answer.text
        assert "is revoked" in answer.text
        assert 'http-equiv="refresh"' in answer.text
        assert screen[1] not in answer.text
        for path in ("/wall/clock", "/wall/_dash-layout", "/wall/assets/board.css"):
            assert (await client.get(path)).status_code == 401
        assert (await client.post("/wall", json={})).status_code == 401


async def test_another_network_or_time_is_told_apart(tested, displays):
    now = RealClock().now()
    _, ended = displays.add("hall", now, expires_at=now)
    async with tested.client() as client:
        assert "ngoài mạng hoặc thời hạn" in (await client.get(f"/wall?token={ended}", headers=PAGE)).text


async def test_revoking_ends_an_open_socket(tested, displays, screen):
    beat = {"type": "websocket.receive", "text": json.dumps({"type": "heartbeat"})}
    headers = {"host": "board.test", "origin": ORIGIN, "cookie": f"ioc_display={screen[1]}"}

    def after_revoking():
        displays.revoke(screen[0].id)
        return beat

    sent = await Socket(tested, headers, path=WALL_SOCKET, messages=[beat, after_revoking, beat]).run()
    assert sent[0]["type"] == "websocket.accept"
    assert [message["code"] for message in sent if message["type"] == "websocket.close"] == [4001]
    assert [m["type"] for m in await Socket(tested, headers, path=SOCKET).run()] == ["websocket.close"]
