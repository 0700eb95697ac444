"""An alarm from its cause to the boards and to those who are told, and what people do about it; with everything real, and killed."""

import signal

import pytest

from dashboard.alarm.fold import fold_events
from tests.dashboard.support.alarm_stack import OneBoard, RealAlarms, real_alarms
from tests.streams.test_worker import until

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]

SILENT = "source.silent"


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


def raised(alarms: RealAlarms, board: OneBoard, source: str):
    alarms.fall_silent(source)
    assert until(lambda: (one := board.of(SILENT, source)) is not None and one.is_active, 90), alarms.stack.told()
    return board.of(SILENT, source)


def cleared(alarms: RealAlarms, board: OneBoard, source: str):
    def is_clear():
        alarms.come_back(source)
        return not board.of(SILENT, source).is_active

    assert until(is_clear, 90), alarms.stack.told()


def test_it_is_raised_told_handled_and_cleared_and_everybody_knows_the_same(alarms, board, other):
    alarm = raised(alarms, board, "civil_status")
    assert until(lambda: [kind for kind, _ in alarms.receiver.told(alarm.id)] == ["raised"], 60), alarms.stack.told()
    assert alarm.severity == "critical"

    board.both(alarm.id, "commented", "lan", "đã gọi đầu mối", click="one")
    assert until(lambda: other.of(*alarm.key).acts[-1].what == "đã gọi đầu mối")
    other.do(alarm.id, "commented", "lan", "đã gọi đầu mối", click="one")
    other.do(alarm.id, "acknowledged", "mai", click="two")
    assert until(lambda: board.of(*alarm.key).acknowledged_by == "mai")
    cleared(alarms, board, "civil_status")
    assert until(lambda: [kind for kind, _ in alarms.receiver.told(alarm.id)] == ["raised", "cleared"], 60)
    assert until(lambda: alarms.counted(alarm.id, "told") == 2, 60)
    assert until(lambda: board.of(*alarm.key).acts[-1].kind == "told")

    (found,) = fold_events(alarms.stored(alarm.id))
    assert [act.kind for act in found.acts if act.kind != "told"] == ["raised", "commented", "acknowledged", "cleared"]
    assert found == board.of(*alarm.key)
    assert until(lambda: other.of(*alarm.key) == found)


def test_killed_it_forgets_nothing_and_tells_nothing_twice(alarms, board):
    alarm = raised(alarms, board, "frigate")
    assert until(lambda: alarms.counted(alarm.id, "told") == 1, 60)
    alarms.stack.kill("alarm", signal.SIGKILL)
    board.do(alarm.id, "acknowledged", "lan", click="three")
    alarms.stack.start("alarm")
    alarms.stack.wait("alarm")
    cleared(alarms, board, "frigate")
    assert until(lambda: [kind for kind, _ in alarms.receiver.told(alarm.id)] == ["raised", "cleared"], 60)
    (found,) = fold_events(alarms.stored(alarm.id))
    assert found.acknowledged_by == "lan"
    assert [one.id for one in board.desk.alarms.values() if one.key == alarm.key] == [alarm.id]
