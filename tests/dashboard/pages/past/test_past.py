import asyncio
import json
import re

import pytest
from plotly.io.json import to_json_plotly

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.apps.page_list import pages
from dashboard.board.layout import fill_layout
from dashboard.pages.past import callbacks, frame, memory
from dashboard.pages.past.memory import NOTHING, PastCache, SupersededError, TooOldError, state_of
from dashboard.words.freshness import freshness_signs
from dashboard.words.moment import FUTURE, NOT_A_TIME, RequestedMoment, day_start, moment_address, requested_moment
from dashboard.words.text import local_time
from tests.dashboard.support.board import BoardOfTests, call
from tests.dashboard.support.ward import NOW_MS, TODAY_MS, readings, values
from warehouse.history.as_of import BoardDay, StoredValue
from warehouse.model.expression import DAY_MS, MINUTE

AT_MS = NOW_MS // MINUTE * MINUTE
"""10:15 on Tuesday 24 November 2026."""
LOOKABLE = [path for path, page in pages().items() if page.can_look_back]


@pytest.fixture(autouse=True)
def _somebody_looks():
    set_viewer(Viewer("lan", frozenset({"leader"}), session="s"))


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
def test_nothing_of_a_past_page_is_called_live(tmp_path, path, language):
    set_viewer(Viewer("lan", frozenset({"leader"}), language))
    live = BoardOfTests(tmp_path).live
    state = state_of(live, NOTHING._replace(readings=readings()), AT_MS, language)
    assert state.signs == freshness_signs(readings(), AT_MS)
    page = pages()[path]
    whole = frame.past_frame(page.layout(state), page, state, RequestedMoment(AT_MS), NOW_MS)
    fill_layout(whole, frame.as_past(page.updates(state), language) | frame.mark_updates(AT_MS, "then", language))
    said = json.dumps(json.loads(to_json_plotly(whole)), ensure_ascii=False)
    assert "ĐANG CẬP NHẬT" not in said.upper()
    assert '"LIVE"' not in said
    for absent in ("latency", "transport", "look-back"):
        assert f'"id": "{absent}"' not in said
    expected = "QUÁ KHỨ · 10:15 thứ Ba 24/11/2026" if language == "vi" else "PAST · 10:15 Tuesday 24/11/2026"
    assert expected in said
    assert '"href": "/history/' in said
    assert not re.search(r'"href": "/history/\w+"', said), "a figure leads to its history until then"
    assert f"{path}?lang={'en' if language == 'vi' else 'vi'}&at=2026-11-24T10:15" in said


def test_only_a_wall_page_is_looked_back_at_and_faults_are_told_in_words(tmp_path):
    live = BoardOfTests(tmp_path).live
    assert "/" in LOOKABLE
    assert not {"/sql", "/letters", "/system", "/proof", "/history"} & set(LOOKABLE)
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
    kept = [
        StoredValue(value._replace(window_ms=AT_MS - MINUTE, as_of_ms=AT_MS), AT_MS)
        for value in values()
        if value.grain == "stock"
    ]
    flows = [StoredValue(value, AT_MS) for value in values() if value.grain == "flow"]
    day = BoardDay("hong-bang", TODAY_MS, AT_MS, flows, kept, [], [], [])
    monkeypatch.setattr(memory, "oldest_window", lambda client, ward: TODAY_MS)
    monkeypatch.setattr(memory, "read_day", lambda client, ward, start, until: day._replace(until_ms=until.at_ms))
    monkeypatch.setattr(
        memory, "recompute_as_of", lambda client, ward, minute, view, places: {place: [] for place in places}
    )
    monkeypatch.setattr(memory, "recent_audits", lambda client, count, until: [])
    return OneDay()


async def test_a_day_is_read_once_and_its_minutes_are_remembered(tmp_path, one_day):
    looked = PastCache(BoardOfTests(tmp_path).live, one_day)
    state, unrestored = await looked.board_state("s", AT_MS, "then", "vi")
    assert state.past
    assert state.now_ms == AT_MS
    assert state.read("Q02").numerator == 23
    assert unrestored == ()
    first = one_day.asked
    await looked.board_state("s", AT_MS, "then", "en")
    assert one_day.asked == first
    early, _ = await looked.board_state("s", AT_MS - 5 * MINUTE, "now", "vi")
    assert one_day.asked == first + 1, "the day is there, only the minute is counted"
    assert not early.read("Q02").known
    with pytest.raises(TooOldError) as error:
        await looked.board_state("s", TODAY_MS, "then", "vi")
    assert error.value.first_ms == TODAY_MS
    assert f"{local_time(TODAY_MS):%d/%m/%Y}" in callbacks.too_old(TODAY_MS).vi


async def test_who_moves_on_gets_the_newest_minute_only(tmp_path, one_day):
    looked = PastCache(BoardOfTests(tmp_path).live, one_day)
    one_day.free.clear()
    asked_for = [
        asyncio.create_task(looked.board_state("s", AT_MS - place * MINUTE, "then", "vi")) for place in range(1, 5)
    ]
    other = asyncio.create_task(looked.board_state("another", AT_MS, "then", "vi"))
    await asyncio.sleep(0.01)
    one_day.free.set()
    found = await asyncio.gather(*asked_for, return_exceptions=True)
    assert [type(one) for one in found[1:3]] == [SupersededError] * 2, "what waits while another is read"
    assert not isinstance(found[3], BaseException)
    assert found[3][0].now_ms == AT_MS - 4 * MINUTE
    assert (await other)[0].now_ms == AT_MS
    assert looked.is_idle


async def turned(client, minute, view="then", start_ms=TODAY_MS, path="/"):
    return await call(
        client,
        "past-note.children",
        [(("past-turn", "data"), minute), (("past-view", "value"), view)],
        [(("past-start", "data"), start_ms), (("url", "pathname"), path)],
    )


async def test_moving_the_slider_brings_another_minute(tmp_path, one_day):
    tested = BoardOfTests(tmp_path, reader=one_day)
    async with tested.logged_in() as client:
        told = await turned(client, 615)
        assert told["past-note"]["children"] == frame.NOTES["then"].vi
        assert "Thời điểm này chưa đến" in (await turned(client, 1440))["past-note"]["children"]
        assert "sớm nhất" in (await turned(client, 0))["past-note"]["children"]
        for wrong in ((True,), ("615",), (-1,), (9999,), (615, "x"), (615, "then", 5), (615, "then", TODAY_MS, "/sql")):
            assert await turned(client, *wrong) == {}, wrong
    async with tested.logged_in(("analyst",), "mai") as client:
        assert await turned(client, 615) == {}
