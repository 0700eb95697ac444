"""Parts that hang are ended and started again; all others are left alone."""

import os
import signal
import time
from datetime import timedelta

import pytest

from commands.install.ports import free
from commands.install.processes import Part, Port
from commands.install.secret_files import make
from commands.install.settings import KINDS, described
from commands.supervision import liveness, probe
from commands.supervision.liveness import Liveness
from commands.supervision.probe import Answer
from commands.supervision.supervisor import State, states
from ingest.contract.label import Label
from tests.commands.supervision.test_supervisor import supervised, until

PART = Part(
    "streams-1", Label("Treo", "Hanging"), "tests.commands.support.hanging", "workers", health=Port(1, "IOC_TEST_PORT")
)
PID = 77
RUNNING = State("streams-1", "RUNNING", PID, 0.0, "")


class Looks:
    """Somebody who looks at one part with a clock that is moved by hand; what would be killed is noted."""

    def __init__(self, monkeypatch):
        self.answer, self.now, self.killed = Answer(PID, True, {}), 0.0, []
        monkeypatch.setattr(liveness, "monotonic", lambda: self.now)
        monkeypatch.setattr(liveness, "_ended", lambda pid: self.killed.append(pid) or True)
        self.liveness = Liveness([PART], question=lambda port: self.answer)

    def look(self, seconds, state=RUNNING):
        """Every two seconds for so long."""
        for _ in range(seconds // 2):
            self.now += 2
            for hung in self.liveness.look([state]):
                assert hung.part is PART
                return hung.why
        return ""


@pytest.fixture
def looks(monkeypatch):
    return Looks(monkeypatch)


def test_a_part_that_answers_no_more_is_ended_after_a_minute(looks):
    assert looks.look(100) == ""
    looks.answer = None
    assert looks.look(58) == ""
    assert looks.look(6) == "no answer"
    assert looks.killed == [PID]
    assert looks.look(100) == ""  # the process that comes after it has not answered yet


def test_a_part_that_says_that_it_hangs_is_ended_for_that(looks):
    looks.look(2)
    looks.answer = Answer(PID, False, {"loop": "the loop has not ticked for 11 s", "kafka": "away"})
    assert looks.look(66) == "the loop has not ticked for 11 s"


def test_a_part_that_answers_in_between_is_left_alone(looks):
    for _ in range(5):
        looks.answer = Answer(PID, True, {})
        looks.look(2)
        looks.answer = None
        assert looks.look(50) == ""
    assert looks.killed == []


def test_a_part_that_only_waits_for_others_is_left_alone(looks):
    looks.answer = Answer(PID, True, {"warehouse": "away"})
    assert looks.look(600) == ""


def test_who_has_never_answered_is_not_judged(looks):
    looks.answer = None
    assert looks.look(600) == ""


def test_another_program_on_the_port_proves_nothing(looks):
    for answer in (Answer(PID + 1, True, {}), Answer(PID + 1, False, {"loop": "hangs"}), None):
        looks.answer = answer
        assert looks.look(200) == ""


def test_a_fresh_process_begins_anew(looks):
    looks.look(2)
    looks.answer = None
    looks.look(50)
    assert looks.look(50, RUNNING._replace(pid=PID + 2)) == ""


def test_time_in_which_nobody_looked_does_not_count(looks):
    looks.look(2)
    looks.answer = None
    looks.look(10)
    looks.now += 3600
    assert looks.look(50) == ""
    assert looks.killed == []


def test_parts_that_do_not_run_are_not_asked(looks):
    looks.look(2)
    looks.answer = None
    assert looks.look(600, RUNNING._replace(state="BACKOFF", pid=0)) == ""


def test_a_frozen_part_is_replaced(tmp_path, monkeypatch):
    (port,) = free(1)
    part = Part(
        PART.name, PART.label, PART.module, PART.turn, environment={"IOC_TEST_PORT": str(port)}, health=Port(port, "")
    )
    make(tmp_path / "secrets", KINDS)
    install = described({"IOC_DATA_FOLDER": str(tmp_path)}, tmp_path / "secrets")
    monkeypatch.setattr(probe, "PATIENCE", 0.3)
    looking = Liveness([part], limit=timedelta(seconds=1))
    with supervised(install, part):

        def answering():
            found = [one for one in states(install.run) or [] if one.state == "RUNNING"]
            answer = probe.is_alive(part.health)
            return found and answer and answer.pid == found[0].pid and found[0].pid

        first = until(answering)
        assert looking.look(states(install.run)) == []
        os.kill(first, signal.SIGSTOP)
        ended = until(lambda: looking.look(states(install.run) or []) or time.sleep(0.1))
        assert [(one.part, one.why) for one in ended] == [(part, "no answer")]
        second = until(answering)
        assert second != first
