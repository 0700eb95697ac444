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
def light():
    made = SourceStatus(POSTING, context("w"), Kafka())
    made.up()
    return made


def told(light):
    return [(one.data.kind, one.data.cause_code) for one in light.changes]


def test_one_that_closes_the_gate_does_not_go_on(clock, light):
    hold = CircuitBreaker(light)
    assert [hold.judge(True) for _ in range(FEWEST)] == [True] * (FEWEST - 1) + [False]
    assert hold.is_closed
    assert not hold.admits()
    assert told(light) == [("source.up", "reached"), ("source.down", "flood")]


def test_messages_one_by_one_are_tried_after_a_pause(clock, light):
    hold = CircuitBreaker(light)
    hold.judge_page([True] * FEWEST)
    clock.now += module.PAUSE.total_seconds() - 1
    assert not hold.admits()
    clock.now += 1
    for is_bad in [True] * (TRIED // 2) + [False] * (TRIED // 2):  # half of them bad is too many
        assert hold.admits()
        assert hold.judge(is_bad)
    assert not hold.admits()
    clock.now += module.PAUSE.total_seconds()
    for is_bad in [True] * (TRIED // 2 - 1) + [False] * (TRIED // 2 + 1):
        assert hold.admits()
        assert hold.judge(is_bad)
    assert not hold.is_closed
    assert told(light)[2:] == [("source.up", "flood_over")]


def test_a_page_is_a_trial_of_its_own(clock, light):
    hold = CircuitBreaker(light)
    assert not hold.judge_page([False] * 10 + [True] * FEWEST)
    assert hold.judge_page([])  # nothing new: nothing to hold back
    assert hold.is_closed
    assert not hold.judge_page([True, False])
    assert hold.left() == module.PAUSE.total_seconds()
    assert hold.judge_page([True, False, False])
    assert not hold.is_closed


def test_an_allowance_lets_a_source_through(clock, light):
    hold = CircuitBreaker(light, allowance=500)
    assert hold.judge_page([True] * 500 + [True] * (FEWEST - 1))
    assert not hold.judge(True)


def test_a_source_that_went_out_of_sight_meanwhile_stays_dark(clock, light):
    hold = CircuitBreaker(light)
    hold.judge_page([True] * FEWEST)
    light.up()
    light.down("disconnected")
    assert hold.judge_page([False])
    assert told(light) == [("source.up", "reached"), ("source.down", "flood")]
    light.up()
    assert light.reachable
