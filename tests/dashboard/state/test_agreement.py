"""The board's memory held against what is stored: what is on its way is no correction, what was told wrongly or never is one."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.state import agreement as module
from dashboard.state.agreement import BoardAgreement
from ingest.contract.clock import milliseconds
from tests.dashboard.support.ward import NOW_MS, WARD, flow, stock
from warehouse.model.expression import DAY_MS
from warehouse.model.reading import key_of
from warehouse.model.value_push import Push
from warehouse.readings import Readings


class AClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Board:
    """A memory that has read what is stored and listens."""

    def __init__(self) -> None:
        self.clock = AClock()
        self.readings = Readings()
        self.agreement = BoardAgreement(self.readings, self.clock)
        self.stored = {key_of(one): one for one in (stock("Q02", 3), stock("Q08", 4, 13), flow("Q01", NOW_MS, 5))}

    def store(self, *values):
        self.stored |= {key_of(one): one for one in values}

    def push(self, *values, ago=timedelta()):
        self.agreement.hear(Push(WARD, list(values), 0, milliseconds(self.clock.at - ago)))

    async def compare(self, *pushed, stocks_from_ms=0):
        """Compare; `pushed` comes while the answer is on its way."""
        self.agreement.ask()
        answer = [one for one in self.stored.values() if one.grain == "flow" or one.window_ms >= stocks_from_ms]
        if pushed:
            self.push(*pushed)
        return await self.agreement.compare(answer, NOW_MS, stocks_from_ms)

    def shows(self, value):
        return self.readings.at(key_of(value)) == value

    def counts(self):
        self.agreement.look()
        return self.agreement.corrected, self.agreement.awaited


@pytest.fixture
async def board(monkeypatch):
    monkeypatch.setattr(module, "SETTLED_AFTER", -1.0)
    made = Board()
    await made.compare()
    made.agreement.listens = True
    assert made.counts() == (0, 0)
    return made


async def test_a_push_that_comes_after_the_answer_corrects_nothing(board):
    newer = stock("Q02", 7)
    board.store(newer)
    await board.compare()
    assert board.shows(newer)
    assert board.counts() == (0, 1)
    board.push(newer)
    assert board.counts() == (0, 0)


async def test_a_push_is_waited_for_as_long_as_its_partition_tells_nothing_that_was_stored_later(board):
    board.store(stock("Q02", 7))
    await board.compare()
    board.clock.at += timedelta(hours=1)
    await board.compare()
    board.push(flow("D02", NOW_MS, 1))
    assert board.counts() == (0, 1), "another partition"
    board.push(stock("Q08", 5, 13), ago=timedelta(hours=1))
    assert board.counts() == (0, 1), "told before the answer, and late itself"
    board.push(stock("Q08", 6, 13))
    assert board.counts() == (1, 0)


async def test_what_is_told_while_the_answer_is_on_its_way_stands(board):
    newer = stock("Q02", 7)
    await board.compare(newer)
    assert board.shows(newer)
    same_version = newer._replace(numerator=8)
    board.store(newer)
    await board.compare(same_version)
    assert board.shows(same_version)
    assert board.counts() == (0, 0)


async def test_what_is_not_stored_is_taken_away(board, caplog):
    phantoms = [
        stock("Q02", 9, split=("service_code", "dat_dai")),
        flow("Q03", NOW_MS, 1, 2, ("service_code", "dat_dai")),
    ]
    board.push(*phantoms)
    await board.compare()
    assert [board.readings.at(key_of(one)) for one in phantoms] == [None, None]
    assert board.readings.members("Q02", "service_code", NOW_MS) == {}
    assert board.counts() == (2, 0)
    assert "hong-bang Q02 stock" in caplog.text
    assert "service_code=dat_dai was 9/0" in caplog.text


async def test_what_was_told_to_be_newer_than_it_is_stored_gives_way(board):
    known = board.stored[key_of(stock("Q02", 0))]
    board.push(stock("Q02", 99))
    await board.compare()
    assert board.shows(known)
    assert board.counts() == (1, 0)


async def test_another_content_of_the_same_version_gives_way(board):
    known = board.stored[key_of(stock("Q02", 0))]
    other = known._replace(numerator=1)
    board.store(other)
    await board.compare()
    assert board.shows(other)
    board.clock.at += timedelta(minutes=1)
    board.push(stock("Q08", 6, 13))
    assert board.counts() == (1, 0)


async def test_who_did_not_listen_corrects_nothing(board):
    board.store(stock("Q02", 7))
    await board.compare()
    board.agreement.stop_listening()
    assert board.counts() == (0, 0)
    board.store(stock("Q02", 8))
    board.push(stock("Q07", 8))
    await board.compare()
    assert board.counts() == (0, 0)


async def test_what_the_answer_does_not_reach_stays(board):
    """Windows that no figure and no chart reaches, and indicators that are declared no more."""
    old, gone = flow("Q01", NOW_MS - 40 * DAY_MS, 5), stock("Q02", 5)._replace(indicator="Q99")
    board.push(old, gone)
    await board.compare()
    assert board.shows(old)
    assert board.shows(gone)
    assert board.counts() == (0, 0)


async def test_a_push_that_was_held_back_does_not_stand_against_the_same_version(board):
    first = stock("Q02", 7)
    second = first._replace(numerator=8)
    board.push(first)
    board.push(second)
    assert board.shows(second), "written last"
    board.push(first, ago=timedelta(seconds=9))
    assert board.shows(second)
    newer = stock("Q02", 9)
    board.push(newer, ago=timedelta(seconds=8))
    assert board.shows(newer), "a newer version stands whoever tells it"


async def test_a_short_answer_takes_nothing_away(board):
    """A stock that it leaves out may be what the phantom hides."""
    old = stock("Q02", 4, split=("service_code", "dat_dai"))._replace(window_ms=NOW_MS - 20 * DAY_MS)
    board.store(old)
    board.push(old)
    assert await board.compare(stocks_from_ms=NOW_MS - DAY_MS)
    assert board.shows(old)
    phantom = stock("Q02", 9, split=("service_code", "dat_dai"))
    board.push(phantom)
    assert not await board.compare(stocks_from_ms=NOW_MS - DAY_MS)
    assert board.shows(phantom)
    assert await board.compare()
    assert board.shows(old)
    assert board.counts() == (1, 0)
