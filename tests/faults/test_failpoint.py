"""Failpoints: armed by name and turn, they end, freeze or fail the process; unarmed they do nothing."""

import signal
import subprocess
import sys

import psutil
import pytest

from commands.developers.nemesis.faults.processes import FOLDERS, failpoints, failpoints_of
from commands.install.settings import ROOT
from ingest.contract.errors import ConfigurationError
from ingest.runtime import failpoint

PROGRAM = """
from ingest.runtime.failpoint import arm_failpoints, failpoint
arm_failpoints({armed!r})
for turn in (1, 2, 3):
    failpoint("here")
    print(turn, flush=True)
"""


@pytest.fixture(autouse=True)
def disarmed():
    yield
    failpoint.arm_failpoints("")


def program(armed: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM.format(armed=armed)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def test_kill_ends_the_process_at_its_turn():
    with program("elsewhere:1:kill, here:3:kill") as process:
        said, _ = process.communicate(timeout=30)
    assert (said, process.returncode) == (b"1\n2\n", -signal.SIGKILL)


def test_freeze_stops_it_until_somebody_wakes_it():
    with program("here:2:freeze") as process:
        assert process.stdout.readline() == b"1\n"
        frozen = psutil.Process(process.pid)
        while frozen.status() != psutil.STATUS_STOPPED:
            assert process.poll() is None
        process.send_signal(signal.SIGCONT)
        said, _ = process.communicate(timeout=30)
    assert (said, process.returncode) == (b"2\n3\n", 0)


def test_fail_raises_what_nobody_expects():
    failpoint.arm_failpoints("here:2:fail")
    failpoint.failpoint("here")
    with pytest.raises(failpoint.FailpointError, match="here"):
        failpoint.failpoint("here")
    failpoint.failpoint("here")


def test_unarmed_it_does_nothing():
    failpoint.arm_failpoints("")
    failpoint.failpoint("here")


@pytest.mark.parametrize("text", ["here", "here:0:kill", "here:x:kill", "here:1:explode", ":1:kill"])
def test_a_setting_that_makes_no_sense_is_refused(text):
    with pytest.raises(ConfigurationError, match="name:n:action"):
        failpoint.arm_failpoints(text)


def test_every_failpoint_in_the_code_belongs_to_a_part_that_comes_by():
    known = failpoints()
    assert {"intake.sent", "poll.sent", "mqtt.sent", "producer.acked", "warehouse.inserted"} <= set(known)
    covered = {name for part in FOLDERS for name in failpoints_of(part)}
    # These have a test of their own: `tests/commands/test_letters_whole.py`, `tests/dashboard/entry/test_whole_entry.py`.
    assert set(known) - covered == {name for name in known if name.startswith(("dead_letters.", "withdrawal."))}
