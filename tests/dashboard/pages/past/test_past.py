import asyncio
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotly.io.json import to_json_plotly

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.apps.page_list import pages
from dashboard.board.layout import fill_layout
from dashboard.pages.past import callbacks, frame, memory
from dashboard.pages.past.memory import NOTHING, PastCache, SupersededError, TooOldError, state_of
from dashboard.state.page import PropertyUpdate
from dashboard.words.freshness import freshness_signs
from dashboard.words.moment import (
    FUTURE,
    NO_SUCH_DATE,
    NOT_A_TIME,
    NOT_TYPED,
    RequestedMoment,
    TypedFault,
    day_start,
    moment_address,
    requested_moment,
    typed_moment,
)
from dashboard.words.text import local_time
from tests.dashboard.support.alarms import after, raised, records
from tests.dashboard.support.board import BoardOfTests, full_answer
from tests.dashboard.support.past import AT_MS, keep_one_day
from tests.dashboard.support.ward import NOW_MS, TODAY_MS, readings
from warehouse.model.expression import DAY_MS, MINUTE
from warehouse.store.alarm_log import SYSTEM

LOOKABLE = [path for path, page in pages().items() if page.can_look_back]


@pytest.fixture(autouse=True)
def _somebody_looks():
    set_viewer(Viewer("lan", frozenset({"leader"}), session="s"))


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """What a board shows, which these tests leave as it is."""
    return BoardOfTests(tmp_path_factory.mktemp("live")).live


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", None),
        (None, None),
        ("?lang=en", None),
        ("?at=2026-11-24T10:15", RequestedMoment(AT_MS)),
        ("?lang=en&at=2026-11-24T10:15&view=now", RequestedMoment(AT_MS, "now")),
        ("?at=", RequestedMoment(AT_MS)),
        ("?at=2026-11-24T10:16", RequestedMoment(AT_MS, "then", FUTURE)),
        ("?at=9999-12-31T23:59", RequestedMoment(AT_MS, "then", FUTURE)),
        ("?at=0001-01-01T00:00", RequestedMoment(AT_MS, "then", NOT_A_TIME)),
        ("?at=yesterday", RequestedMoment(AT_MS, "then", NOT_A_TIME)),
        ("?at=2026-11-24T10:15:30", RequestedMoment(AT_MS, "then", NOT_A_TIME)),
        ("?at=2026-02-30T10:15", RequestedMoment(AT_MS, "then", NOT_A_TIME)),
        ("?at=%00%ff", RequestedMoment(AT_MS, "then", NOT_A_TIME)),
        ("?" + "&".join("a" for _ in range(99)), None),
    ],
)
def test_an_address_names_a_minute_or_is_told_why_not(search, expected):
    assert requested_moment(search, NOW_MS) == expected


def test_addresses_lead_back_to_their_minute():
    assert moment_address("/", AT_MS) == "/?at=2026-11-24T10:15"
    assert requested_moment(moment_address("/", AT_MS, "now")[1:], NOW_MS) == RequestedMoment(AT_MS, "now")
    assert day_start(TODAY_MS) == TODAY_MS - DAY_MS
    assert day_start(TODAY_MS + 1) == TODAY_MS


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("path", LOOKABLE)
def test_nothing_of_a_past_page_is_called_live(live, path, language):
    set_viewer(Viewer("lan", frozenset({"leader"}), language))
    state = state_of(live, NOTHING._replace(readings=readings()), AT_MS, language)
    assert state.signs == freshness_signs(readings(), AT_MS)
    page = pages()[path]
    whole = frame.past_frame(page.layout(state), page, state, RequestedMoment(AT_MS), NOW_MS, "")
    mark = {PropertyUpdate("past-mark", "children"): frame.mark(AT_MS, language)}
    fill_layout(whole, frame.as_past(page.updates(state), language) | mark)
    said = json.dumps(json.loads(to_json_plotly(whole)), ensure_ascii=False)
    assert "ĐANG CẬP NHẬT" not in said.upper()
    assert '"LIVE"' not in said
    for absent in ("latency", "transport", "look-back"):
        assert f'"id": "{absent}"' not in said
    expected = "QUÁ KHỨ · 10:15 thứ Ba 24/11/2026" if language == "vi" else "PAST · 10:15 Tuesday 24/11/2026"
    assert expected in said
    assert '"href": "/history/' in said or path in ("/alarms", "/today")
    assert not re.search(r'"href": "/history/\w+"', said), "a figure leads to its history until then"
    assert f"{path}?lang={'en' if language == 'vi' else 'vi'}&at=2026-11-24T10:15" in said


def test_only_a_wall_page_is_looked_back_at_and_faults_are_told_in_words(live):
    assert "/" in LOOKABLE
    assert {"/alarms", "/due", "/system"} <= set(LOOKABLE)
    assert not {"/sql", "/letters", "/sources", "/entry", "/proof", "/history"} & set(LOOKABLE)
    told = json.dumps(
        json.loads(to_json_plotly(callbacks.show(pages()["/"], live, RequestedMoment(AT_MS, fault=FUTURE)))),
        ensure_ascii=False,
    )
    assert FUTURE.vi in told
    assert frame.BACK.vi in told
    told = json.dumps(
        json.loads(to_json_plotly(callbacks.show(pages()["/sql"], live, RequestedMoment(AT_MS)))), ensure_ascii=False
    )
    assert callbacks.NOT_HERE.vi in told


class OneDay:
    """A warehouse with the values of one day."""

    def __init__(self):
        self.asked = 0
        self.free = asyncio.Event()
        self.free.set()

    async def ask(self, question):
        self.asked += 1
        await self.free.wait()
        return question(self)


@pytest.fixture
def one_day(monkeypatch):
    keep_one_day(monkeypatch)
    return OneDay()


async def test_a_day_is_read_once_and_its_minutes_are_remembered(live, one_day):
    looked, page = PastCache(live, one_day), pages()["/"]
    state, unrestored, own = await looked.look("s", page, AT_MS, "then", "vi")
    assert state.past
    assert own == {}
    assert {one.key[0] for one in state.alarms.active} == {"queue.longest_wait", "speaker.offline"}
    assert state.now_ms == AT_MS
    assert state.read("Q02").numerator == 23
    assert unrestored == ()
    first = one_day.asked
    await looked.look("s", page, AT_MS, "then", "en")
    assert one_day.asked == first
    early, _, _ = await looked.look("s", page, AT_MS - 5 * MINUTE, "now", "vi")
    assert one_day.asked == first + 1, "the day is there, the minute is counted from it, and its alarms are read"
    assert not early.read("Q02").known
    with pytest.raises(TooOldError) as error:
        await looked.look("s", page, TODAY_MS, "then", "vi")
    assert error.value.first_ms == TODAY_MS
    assert f"{local_time(TODAY_MS):%d/%m/%Y}" in callbacks.too_old(TODAY_MS).vi


def test_alarms_stand_at_a_minute_as_their_log_says_until_then():
    first = raised(ago=40)
    cleared = after(first, ("acknowledged", "mai", "", 30), ("cleared", SYSTEM, "", 20)).acts
    log = records(*cleared, raised("speaker.offline", "", "critical", ago=10))

    def at(ago):
        return {one.key[0]: (one.is_active, len(one.acts)) for one in memory.alarms_at(log, NOW_MS - ago * MINUTE)}

    assert at(41) == {}
    assert at(35) == {"queue.longest_wait": (True, 1)}
    assert at(20) == {"queue.longest_wait": (False, 3)}
    assert at(0) == {"queue.longest_wait": (False, 3), "speaker.offline": (True, 1)}
    assert at(20 - 24 * 60 - 1).keys() == {"speaker.offline"}, "what cleared a day ago is off the list"


async def test_who_moves_on_gets_the_newest_minute_only(live, one_day):
    looked, page = PastCache(live, one_day), pages()["/"]
    one_day.free.clear()
    asked_for = [
        asyncio.create_task(looked.look("s", page, AT_MS - place * MINUTE, "then", "vi")) for place in range(1, 5)
    ]
    other = asyncio.create_task(looked.look("another", page, AT_MS, "then", "vi"))
    await asyncio.sleep(0.01)
    one_day.free.set()
    found = await asyncio.gather(*asked_for, return_exceptions=True)
    assert [type(one) for one in found[1:3]] == [SupersededError] * 2, "what waits while another is read"
    assert not isinstance(found[3], BaseException)
    assert found[3][0].now_ms == AT_MS - 4 * MINUTE
    assert (await other)[0].now_ms == AT_MS
    assert looked.is_idle


async def test_what_a_page_asks_for_is_of_that_minute_and_asked_once(live, one_day):
    asked = []

    def past_updates(question):
        asked.append((question.state.now_ms, question.known_ms is None))
        return {PropertyUpdate("due-list", "children"): "then"}

    looked, page = PastCache(live, one_day), replace(pages()["/due"], past_updates=past_updates)
    for view in ("then", "then", "now"):
        seen = await looked.look("s", page, AT_MS, view, "vi")
        assert list(seen.own.values()) == ["then"]
    assert asked == [(AT_MS, False), (AT_MS, True)]


async def turned(client, *wished, **given):
    return (await wished_for(client, *wished, **given)).get("response", {})


async def wished_for(client, at_ms, typed="", view="then", number=7, path="/", shown=""):
    wish = {"at": at_ms, "view": view, "typed": typed, "number": number, "shown": shown}
    return await full_answer(
        client, "past-note.children", [(("past-turn", "data"), wish)], [(("url", "pathname"), path)]
    )


async def test_of_another_minute_only_that_comes_which_the_browser_does_not_show(tmp_path, one_day):
    tested = BoardOfTests(tmp_path, reader=one_day)
    async with tested.logged_in() as client:
        whole = (await wished_for(client, AT_MS))["sideUpdate"]
        assert whole["q02-figure"]["children"] == "23"
        mark = whole["past"]["data-shown"]
        again = (await wished_for(client, AT_MS, number=8, shown=mark))["sideUpdate"]
        assert again.keys() == {"past"}
        assert again["past"]["data-at"] == AT_MS
        early = (await wished_for(client, AT_MS - 5 * MINUTE, shown=again["past"]["data-shown"]))["sideUpdate"]
        assert early["past"]["data-at"] == AT_MS - 5 * MINUTE
        assert early["q02-figure"]["children"] != "23"
        assert len(early) < len(whole)
        # A mark is good for one answer, of the same page: whatever else a browser shows, it gets everything.
        for shown, path in ((mark, "/"), ("x" * 99, "/"), (early["past"]["data-shown"], "/queue")):
            found = (await wished_for(client, AT_MS, shown=shown, path=path))["sideUpdate"]
            assert found["q02-figure"]["children"] == "23"


async def test_a_wish_brings_another_minute_and_a_wrong_one_a_sentence(tmp_path, one_day):
    tested = BoardOfTests(tmp_path, reader=one_day)
    async with tested.logged_in() as client:
        told = await turned(client, AT_MS)
        assert told["past-note"]["children"] == frame.NOTES["then"].vi
        assert told["past-fault"]["children"] == ""
        for at_ms, typed, said in (
            (AT_MS + MINUTE, "", "chưa đến"),
            (TODAY_MS, "", "sớm nhất"),
            (AT_MS, "01/01/2020 7:00", "sớm nhất"),
            (AT_MS, "31/2/2026", "Không có ngày"),
            (AT_MS, "<b>", "Không hiểu"),
        ):
            assert said in (await turned(client, at_ms, typed))["past-fault"]["children"], typed
        assert (await turned(client, AT_MS, "10:05"))["past-fault"]["children"] == ""
        wrong_wishes = ((True,), ("615",), (-1,), (AT_MS + 1,), (AT_MS, "", "x"), (AT_MS, 5), (AT_MS, "", "then", -1))
        for wrong in (*wrong_wishes, (AT_MS, "", "then", 7, "/", 5)):
            assert await turned(client, *wrong) == {}, wrong
        assert await turned(client, AT_MS, path="/sql") == {}
    async with tested.logged_in(("analyst",), "mai") as client:
        assert await turned(client, AT_MS) == {}


TYPED = {
    "10:05 24/11/2026": "10:05 24/11/2026",
    "24/11/2026 10:05": "10:05 24/11/2026",
    "23/11 7h30": "07:30 23/11/2026",
    "7 giờ": "07:00 24/11/2026",
    "2026-10-01T07:05": "07:05 01/10/2026",
    "1-10-2026": "10:15 01/10/2026",
    "30/2/2026": NO_SUCH_DATE,
    "29/2": NO_SUCH_DATE,
    "25:00": NO_SUCH_DATE,
    "10:60": NO_SUCH_DATE,
    "10:16": FUTURE,
    "25/11/2026": FUTURE,
    "hôm qua": NOT_TYPED,
    "10:05:30": NOT_TYPED,
    "10:05 10:06": NOT_TYPED,
    "": NOT_TYPED,
    "1" * 99: NOT_TYPED,
}


@pytest.mark.parametrize(("typed", "expected"), TYPED.items())
def test_a_typed_minute_is_found_or_is_told_why_not(typed, expected):
    found = typed_moment(typed, AT_MS, NOW_MS)
    assert (found.said if isinstance(found, TypedFault) else f"{local_time(found):{frame.TYPED}}") == expected


@given(st.integers(0, 500_000), st.sampled_from(["{t} {d}", "{d} {t}", "{d}, {t}"]))
def test_every_minute_can_be_typed_either_way(ago, shape):
    at_ms = AT_MS - ago * MINUTE
    at = local_time(at_ms)
    assert typed_moment(shape.format(t=f"{at:%H:%M}", d=f"{at:%d/%m/%Y}"), NOW_MS, NOW_MS) == at_ms


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_minute_that_was_or_a_sentence(typed):
    found = typed_moment(typed, AT_MS, NOW_MS)
    assert found.text("vi") and found.text("en") if isinstance(found, TypedFault) else found <= NOW_MS
