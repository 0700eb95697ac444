"""An alarm from its cause to the boards and to those who are told, and what people do about it; with everything real, and killed."""

import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial

import pytest

from commands.install.settings import ROOT, bare_environment
from dashboard.alarm.event_log.events import decision_id
from dashboard.alarm.event_log.fold import fold_events
from ingest.contract.errors import Unavailable
from tests.dashboard.support.alarm_stack import OneBoard, RealAlarms, real_alarms
from tests.streams.test_worker import until

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]

SILENT, HALTED = "source.silent", "system.stream"


@pytest.fixture(scope="module")
def alarms(tmp_path_factory):
    with real_alarms(tmp_path_factory.mktemp("alarms")) as running:
        yield running


@pytest.fixture(scope="module")
def board(alarms):
    with OneBoard(alarms) as running:
        yield running


@pytest.fixture(scope="module")
def other(alarms):
    with OneBoard(alarms) as running:
        yield running


def raised(alarms: RealAlarms, board: OneBoard, topic: str):
    alarms.halt(topic)
    assert until(lambda: (one := board.of(HALTED, topic)) is not None and one.is_active, 90), alarms.stack.told()
    return board.of(HALTED, topic)


def cleared(alarms: RealAlarms, board: OneBoard, topic: str):
    alarms.resume(topic)
    assert until(lambda: not board.of(HALTED, topic).is_active, 90), alarms.stack.told()


def is_told(alarms: RealAlarms, alarm: str, times: int) -> bool:
    return alarms.counted(alarm, "told") == times


def is_said(alarms: RealAlarms, alarm: str, times: int) -> bool:
    return alarms.counted(alarm, "commented") == times


@pytest.mark.long
def test_an_event_of_a_source_raises_it_it_is_told_and_handled_and_everybody_knows_the_same(alarms, board, other):
    alarms.fall_silent("civil_status")
    key = (SILENT, "civil_status")
    assert until(lambda: board.of(*key) is not None, 90), alarms.stack.told()
    alarm = board.of(*key)
    assert alarm.severity == "critical"
    assert until(lambda: [kind for kind, _ in alarms.receiver.told(alarm.id)] == ["raised"], 60), alarms.stack.told()
    board.both(alarm.id, "commented", "lan", "đã gọi đầu mối", click="one")
    assert until(lambda: "đã gọi đầu mối" in [act.what for act in other.of(*key).acts])
    other.do(alarm.id, "commented", "lan", "đã gọi đầu mối", click="one")
    other.do(alarm.id, "acknowledged", "mai", click="two")
    assert until(lambda: board.of(*key).acknowledged_by == "mai")
    assert until(lambda: len(alarms.stored(alarm.id)) >= 4, 60)
    (found,) = fold_events(alarms.stored(alarm.id))
    assert [act.kind for act in found.acts if act.kind != "told"] == ["raised", "commented", "acknowledged"]
    assert [act.kind for act in found.acts].count("told") == 1
    assert found == board.of(*key) == other.of(*key)


def test_killed_it_forgets_nothing_and_tells_nothing_twice(alarms, board):
    alarm = raised(alarms, board, "ioc.killed.v1")
    assert until(lambda: alarms.counted(alarm.id, "told") == 1, 60)
    alarms.stack.kill("alarm", signal.SIGKILL)
    board.do(alarm.id, "acknowledged", "lan", click="three")
    alarms.stack.start("alarm")
    alarms.stack.wait("alarm")
    cleared(alarms, board, "ioc.killed.v1")
    assert until(lambda: [kind for kind, _ in alarms.receiver.told(alarm.id)] == ["raised", "cleared"], 60)
    (found,) = fold_events(alarms.stored(alarm.id))
    assert found.acknowledged_by == "lan"
    assert [one.id for one in board.desk.alarms.values() if one.key == alarm.key] == [alarm.id]


STEPS = (
    "alarm.decided",
    "producer.sending",
    "producer.acked",
    "alarm.decision_sent",
    "alarm.telling",
    "alarm.told",
    "alarm.told_sent",
)
"""Between any two steps of a decision and of a message, in their order."""


@pytest.mark.faults
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_decides_once_and_no_receiver_is_confused(alarms, board, step):
    """What the receiver gets twice has the same id; the log has every decision and every delivery once."""
    topic = f"ioc.{step}.v1"
    alarms.stack.kill("alarm", signal.SIGKILL)
    alarms.stack.start("alarm", environment={"IOC_FAILPOINTS": f"{step}:1:kill"})
    alarms.halt(topic)
    assert until(lambda: alarms.stack.pid("alarm") is None, 120), alarms.stack.told()
    alarms.stack.start("alarm")
    alarms.stack.wait("alarm")
    assert until(lambda: (one := board.of(HALTED, topic)) is not None and one.is_active, 90), alarms.stack.told()
    alarm = board.of(HALTED, topic)
    assert until(lambda: alarms.counted(alarm.id, "told") == 1, 90), alarms.stack.told()
    cleared(alarms, board, topic)
    assert until(lambda: alarms.counted(alarm.id, "told") == 2, 90), alarms.stack.told()
    told = alarms.receiver.told(alarm.id)
    assert len(set(told)) == 2, told
    assert [kind for kind, _ in sorted(set(told), key=told.index)] == ["raised", "cleared"]
    (found,) = fold_events(alarms.stored(alarm.id))
    assert [act.kind for act in found.acts] in (
        ["raised", "told", "cleared", "told"],
        ["raised", "cleared", "told", "told"],
    )
    assert until(lambda: board.of(*alarm.key) == found)


@pytest.mark.faults
def test_killed_once_it_told_what_kafka_does_not_have_the_log_hears_of_it_and_the_receiver_of_its_end(alarms, board):
    alarms.stack.kill("alarm", signal.SIGKILL)
    alarms.stack.start("alarm", environment={"IOC_FAILPOINTS": "alarm.told:2:kill"})
    before, topic = raised(alarms, board, "ioc.told-before.v1"), "ioc.told-first.v1"
    assert until(lambda: alarms.counted(before.id, "told") == 1, 90), alarms.stack.told()
    alarms.stack.kill("kafka", signal.SIGSTOP)
    try:
        alarms.halt(topic)
        assert until(lambda: alarms.stack.pid("alarm") is None, 120), alarms.stack.told()
        alarms.resume(topic)
    finally:
        alarms.stack.kill("kafka", signal.SIGCONT)
    alarm = decision_id((HALTED, topic), 0)
    assert [kind for kind, _ in alarms.receiver.told(alarm)] == ["raised"]
    assert alarms.stored(alarm) == []
    alarms.stack.start("alarm")
    alarms.stack.wait("alarm")
    assert until(lambda: alarms.counted(alarm, "told") == 2, 120), alarms.stack.told()
    assert list(dict.fromkeys(kind for kind, _ in alarms.receiver.told(alarm))) == ["raised", "cleared"]
    assert len(set(alarms.receiver.told(alarm))) == 2
    cleared(alarms, board, before.key[1])


@pytest.mark.faults
def test_two_processes_decide_and_tell_as_one(alarms, board):
    """One is frozen in the middle, the other takes over, the first goes on as if nothing had been."""
    variables = {**alarms.stack.variables, "IOC_ALARM_HEALTH_PORT": "0", "PYTHONPATH": str(ROOT)}
    asked = [sys.executable, "-m", "dashboard.alarm"]
    other = subprocess.Popen(asked, env=bare_environment(variables), cwd=alarms.stack.folder)
    try:
        first = raised(alarms, board, "ioc.two-at-once.v1")
        assert until(lambda: alarms.counted(first.id, "told") == 1, 90)
        alarms.stack.kill("alarm", signal.SIGSTOP)
        second = raised(alarms, board, "ioc.while-frozen.v1")
        assert until(lambda: alarms.counted(second.id, "told") == 1, 120), alarms.stack.told()
        alarms.stack.kill("alarm", signal.SIGCONT)
        for one in (first, second):
            cleared(alarms, board, one.key[1])
            assert until(partial(is_told, alarms, one.id, 2), 90)
            assert len(set(alarms.receiver.told(one.id))) == 2
            assert [act.kind for act in fold_events(alarms.stored(one.id))[0].acts].count("raised") == 1
    finally:
        other.kill()
        other.wait()


@pytest.mark.faults
def test_without_kafka_a_click_is_refused_and_counts_once_later(alarms, board):
    alarm = raised(alarms, board, "ioc.frigate-2.v1")
    alarms.stack.kill("kafka", signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            board.do(alarm.id, "commented", "lan", "đang xem", click="away")
    finally:
        alarms.stack.kill("kafka", signal.SIGCONT)

    def is_done():
        with suppress(Unavailable):
            board.do(alarm.id, "commented", "lan", "đang xem", click="away")
            return True
        return False

    assert until(is_done, 90)
    assert until(lambda: alarms.counted(alarm.id, "commented") == 1, 60)
    assert [act.what for act in board.of(*alarm.key).acts if act.kind == "commented"] == ["đang xem"]
    cleared(alarms, board, "ioc.frigate-2.v1")


CLICK_STEPS = {"board.act_taken": False, "producer.sending": False, "producer.acked": True, "board.act_sent": True}
"""Between any two steps of a click, and whether Kafka has acknowledged it by then."""


def comment(alarms: RealAlarms, alarm: str, click: str, failpoints: str = "") -> int:
    """A board on which somebody comments; its exit code."""
    variables = {**alarms.stack.variables, "IOC_FAILPOINTS": failpoints, "PYTHONPATH": str(ROOT)}
    asked = [sys.executable, "-m", "tests.dashboard.support.acting_board", alarm, click]
    return subprocess.run(
        asked, env=bare_environment(variables), cwd=alarms.stack.folder, timeout=120, check=False
    ).returncode


@pytest.mark.faults
def test_a_board_that_dies_with_a_click_loses_no_act_and_doubles_none(alarms, board):
    alarm = raised(alarms, board, "ioc.clicked.v1")
    for number, (step, is_acknowledged) in enumerate(CLICK_STEPS.items(), 1):
        assert comment(alarms, alarm.id, step, f"{step}:1:kill") == -signal.SIGKILL
        if is_acknowledged:
            assert until(partial(is_said, alarms, alarm.id, number), 60), step
        assert comment(alarms, alarm.id, step) == 0
        assert until(partial(is_said, alarms, alarm.id, number), 60), step
    said = [act.what for act in fold_events(alarms.stored(alarm.id))[0].acts if act.kind == "commented"]
    assert said == ["đang đến nơi"] * len(CLICK_STEPS)
    cleared(alarms, board, "ioc.clicked.v1")
