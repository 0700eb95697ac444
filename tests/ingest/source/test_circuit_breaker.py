import pytest

from ingest.source import circuit_breaker as module
from ingest.source.circuit_breaker import TRIED, CircuitBreaker
from ingest.source.failure_rate import FEWEST
from ingest.source.status import SourceStatus
from tests.ingest.support.toy import POSTING, Kafka, context


class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(module, "time", one := Clock())
    return one


@pytest.fixture
def source_status():
    made = SourceStatus(POSTING, context("w"), Kafka())
    made.up()
    return made


def told(source_status):
    return [(one.data.kind, one.data.cause_code) for one in source_status.changes]


def test_one_that_closes_the_gate_does_not_go_on(clock, source_status):
    breaker = CircuitBreaker(source_status)
    assert [breaker.judge(True) for _ in range(FEWEST)] == [True] * (FEWEST - 1) + [False]
    assert breaker.is_open
    assert not breaker.admits()
    assert told(source_status) == [("source.up", "reached"), ("source.down", "flood")]


def test_messages_one_by_one_are_tried_after_a_pause(clock, source_status):
    breaker = CircuitBreaker(source_status)
    breaker.judge_page([True] * FEWEST)
    clock.now += module.PAUSE.total_seconds() - 1
    assert not breaker.admits()
    clock.now += 1
    for is_bad in [True] * (TRIED // 2) + [False] * (TRIED // 2):  # half of them bad is too many
        assert breaker.admits()
        assert breaker.judge(is_bad)
    assert not breaker.admits()
    clock.now += module.PAUSE.total_seconds()
    for is_bad in [True] * (TRIED // 2 - 1) + [False] * (TRIED // 2 + 1):
        assert breaker.admits()
        assert breaker.judge(is_bad)
    assert not breaker.is_open
    assert told(source_status)[2:] == [("source.up", "flood_over")]


def test_a_page_is_a_trial_of_its_own(clock, source_status):
    breaker = CircuitBreaker(source_status)
    assert not breaker.judge_page([False] * 10 + [True] * FEWEST)
    assert breaker.judge_page([])  # nothing new: nothing to hold back
    assert breaker.is_open
    assert not breaker.judge_page([True, False])
    assert breaker.left() == module.PAUSE.total_seconds()
    assert breaker.judge_page([True, False, False])
    assert not breaker.is_open


def test_an_allowance_lets_a_source_through(clock, source_status):
    breaker = CircuitBreaker(source_status, allowance=500)
    assert breaker.judge_page([True] * 500 + [True] * (FEWEST - 1))
    assert not breaker.judge(True)


def test_a_source_that_went_out_of_sight_meanwhile_stays_dark(clock, source_status):
    breaker = CircuitBreaker(source_status)
    breaker.judge_page([True] * FEWEST)
    source_status.up()
    source_status.down("disconnected")
    assert breaker.judge_page([False])
    assert told(source_status) == [("source.up", "reached"), ("source.down", "flood")]
    source_status.up()
    assert source_status.reachable
