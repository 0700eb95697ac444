import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.apps.page_list import pages
from dashboard.board import live as module
from dashboard.board.live import Live
from dashboard.state.page import PageAddress, PropertyUpdate
from ingest.contract.errors import Unavailable
from tests.dashboard.support.ward import NOW, WARD, board_settings, ingest_settings, stock, values
from warehouse.model.value_push import Push

OVERVIEW = PageAddress(pages()["/"])


@pytest.fixture
def live(tmp_path):
    found = Live(ingest_settings(tmp_path), board_settings(tmp_path), lambda now_ms, stocks_from_ms: values(), pages())
    found.readings.apply(values())
    return found


def push(number, recorded_ms=0, ward=WARD):
    return Push(ward, [stock("Q02", number)], recorded_ms)


def waiting(frame):
    return frame.updates[PropertyUpdate("q02-figure", "children")]


def test_a_push_is_in_the_next_frame(live):
    assert waiting(live.frame(OVERVIEW, "vi")) == "23"
    live.take([push(24)])
    assert waiting(live.frame(OVERVIEW, "vi")) == "24"


def test_another_ward_is_not_shown(live):
    number = live.number
    live.take([push(99, ward="le-chan")])
    assert live.number == number
    assert waiting(live.frame(OVERVIEW, "vi")) == "23"


def test_what_is_older_than_known_changes_nothing(live):
    old = push(7)
    live.take([push(24)])
    number = live.number
    live.take([old])
    assert live.number == number
    assert waiting(live.frame(OVERVIEW, "vi")) == "24"


def test_a_frame_is_made_once_for_all_who_look(live):
    assert live.frame(OVERVIEW, "vi").updates is live.frame(OVERVIEW, "vi").updates
    assert live.frame(OVERVIEW, "en").updates is not live.frame(OVERVIEW, "vi").updates
    first = live.frame(OVERVIEW, "vi").updates
    live.take([push(24)])
    assert live.frame(OVERVIEW, "vi").updates is not first


def test_a_frame_tells_when_each_of_its_pushes_was_taken_in(live):
    live.take([push(24, 1000), push(25, 2000)])
    first = live.frame(OVERVIEW, "vi", after=0)
    assert first.recorded_ms == [1000, 2000]
    live.take([push(26, 3000)])
    assert live.frame(OVERVIEW, "vi", after=first.number).recorded_ms == [3000]
    live.take([push(27, 0)])
    assert live.frame(OVERVIEW, "vi", after=live.number - 1).recorded_ms == [], "only the clock moved it"


async def test_a_push_wakes_everybody_who_waits(live):
    number = live.number
    waiters = [asyncio.create_task(live.changed(number)) for _ in range(3)]
    await asyncio.sleep(0)
    live.take([push(24)])
    assert await asyncio.gather(*waiters) == [number + 1] * 3


async def test_who_is_behind_does_not_wait(live):
    live.take([push(24)])
    assert await live.changed(live.number - 1) == live.number


async def test_the_clock_alone_makes_a_new_frame(live, monkeypatch):
    monkeypatch.setattr(module, "TICK", 0.01)
    number = live.number
    assert await live.changed(number) > number


async def test_the_warehouse_is_waited_for(tmp_path, monkeypatch):
    asked = []

    def load(now_ms, stocks_from_ms):
        asked.append(now_ms)
        if len(asked) < 3:
            raise Unavailable("ClickHouse", "not yet")
        return values()

    async def no_wait(seconds):
        waits.append(seconds)

    waits: list[float] = []
    live = Live(ingest_settings(tmp_path), board_settings(tmp_path), load, pages())
    monkeypatch.setattr(asyncio, "sleep", no_wait)
    await live.read_all()
    assert live.loaded
    assert waiting(live.frame(OVERVIEW, "vi")) == "23"
    assert waits == [pytest.approx(1.0, rel=0.25), pytest.approx(2.0, rel=0.25)], "with back-off"


def test_the_clocks_speed_is_told_only_when_it_is_pretend(tmp_path):
    board = board_settings(tmp_path)
    real = {"clock_origin": None, "clock_real_origin": None}
    same = {"clock_origin": datetime.now(UTC), "clock_speed": 1.0}
    same["clock_real_origin"] = same["clock_origin"]

    def speed(**changed):
        return Live(ingest_settings(tmp_path, **changed), board, lambda now_ms, stocks_from_ms: [], pages()).clock_speed

    assert speed(**real) is None
    assert speed(**same) is None
    assert speed() == 1.0
    assert speed(clock_speed=60.0) == 60.0
    assert speed(**{**same, "clock_origin": NOW - timedelta(days=1)}) == 1.0
