"""Parts that hang are ended and started again; all others are left alone."""

import os
import signal
import time
from datetime import timedelta

import pytest

from commands.install.ports import ProcessPort, free_ports
from commands.install.processes import ManagedProcess
from commands.install.secret_files import make_secrets
from commands.install.settings import KINDS, install_of
from commands.supervision import liveness, probe
from commands.supervision.liveness import LivenessMonitor
from commands.supervision.probe import HealthReport
from commands.supervision.supervisor import ProcessState, process_states
from ingest.contract.label import Label
from tests.commands.supervision.test_supervisor import supervised, until

PART = ManagedProcess(
    "streams-1",
    Label("Treo", "Hanging"),
    "tests.commands.support.hanging",
    "workers",
    health=ProcessPort(1, "IOC_TEST_PORT"),
)
PID = 77
RUNNING = ProcessState("streams-1", "RUNNING", PID, 0.0, "")


class Looks:
    """Somebody who looks at one part with a clock that is moved by hand; what would be killed is noted."""

    def __init__(self, monkeypatch):
        self.answer: HealthReport | None = HealthReport(PID, True, {})
        self.now = 0.0
        self.killed: list[int] = []
        monkeypatch.setattr(liveness, "monotonic", lambda: self.now)
        self.liveness = LivenessMonitor([PART], question=lambda port: self.answer, end=self.end)

    def end(self, pid: int) -> bool:
        self.killed.append(pid)
        return True

    def look(self, seconds, state=RUNNING):
        """Every two seconds for so long."""
        for _ in range(seconds // 2):
            self.now += 2
            for hung in self.liveness.look([state]):
                assert hung.process is PART
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
    looks.answer = HealthReport(PID, False, {"loop": "the loop has not ticked for 11 s", "kafka": "away"})
    assert looks.look(66) == "the loop has not ticked for 11 s"


def test_a_part_that_answers_in_between_is_left_alone(looks):
    for _ in range(5):
        looks.answer = HealthReport(PID, True, {})
        looks.look(2)
        looks.answer = None
        assert looks.look(50) == ""
    assert looks.killed == []


def test_a_part_that_only_waits_for_others_is_left_alone(looks):
    looks.answer = HealthReport(PID, True, {"warehouse": "away"})
    assert looks.look(600) == ""


def test_who_has_never_answered_is_not_judged(looks):
    looks.answer = None
    assert looks.look(600) == ""


def test_another_program_on_the_port_proves_nothing(looks):
    for answer in (HealthReport(PID + 1, True, {}), HealthReport(PID + 1, False, {"loop": "hangs"}), None):
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


@pytest.mark.processes
def test_a_frozen_part_is_replaced(tmp_path, monkeypatch):
    (port,) = free_ports(1)
    part = ManagedProcess(
        PART.name,
        PART.label,
        PART.module,
        PART.turn,
        environment={"IOC_TEST_PORT": str(port)},
        health=ProcessPort(port, ""),
    )
    make_secrets(tmp_path / "secrets", KINDS)
    install = install_of({"IOC_DATA_FOLDER": str(tmp_path)}, tmp_path / "secrets")
    monkeypatch.setattr(probe, "PATIENCE", 0.3)
    looking = LivenessMonitor([part], limit=timedelta(seconds=1))
    with supervised(install, part):

        def answering():
            found = [one for one in process_states(install.run) or [] if one.state == "RUNNING"]
            assert part.health
            answer = probe.is_alive(part.health)
            return found and answer and answer.pid == found[0].pid and found[0].pid

        first = until(answering)
        running = process_states(install.run)
        assert running
        assert looking.look(running) == []
        os.kill(first, signal.SIGSTOP)

        def hung():
            time.sleep(0.1)
            return looking.look(process_states(install.run) or [])

        ended = until(hung)
        assert [(one.process, one.why) for one in ended] == [(part, "no answer")]
        second = until(answering)
        assert second != first
