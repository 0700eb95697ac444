import os
import subprocess
import time
from contextlib import contextmanager

import psutil
import pytest

from commands.install import lock
from commands.install.processes import ManagedProcess
from commands.install.secret_files import make_secrets
from commands.install.settings import KINDS, ROOT, environment, install_of
from commands.supervision import supervisor
from commands.supervision.watch import last_line
from ingest.contract.label import Label
from ingest.runtime.process import end_with_parent

SLEEPER = ManagedProcess("ingest", Label("Ngủ", "Sleeper"), "tests.commands.support.sleeper", "stores")
OTHER = ManagedProcess(
    "streams-2",
    Label("Ngủ", "Sleeper"),
    "tests.commands.support.sleeper",
    "workers",
    environment={"IOC_STREAMS_WORKER": "2"},
)
FAILING = ManagedProcess("failing", Label("Hỏng", "Failing"), "tests.commands.support.failing", "front")


@pytest.fixture(params=["plain", "with spaces, 100% and a name too long for a Unix socket" + "g" * 60])
def install(request, tmp_path):
    folder = tmp_path / request.param
    make_secrets(folder / "secrets", KINDS)
    return install_of({"IOC_DATA_FOLDER": str(folder)}, folder / "secrets")


@contextmanager
def supervised(install, *parts):
    configuration = supervisor.configure(install, parts)
    process = subprocess.Popen(
        supervisor.supervisor_command(configuration),
        cwd=ROOT,
        env=environment({lock.MARK: str(install.folder)}),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def until(question):
    for _ in range(600):
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError("never")


def state_of(install, name, state):
    return next(
        (one for one in supervisor.process_states(install.run) or [] if one.name == name and one.state == state), None
    )


@pytest.mark.processes
def test_parts_run_come_back_and_end_with_their_supervisor(install):
    with supervised(install, SLEEPER, OTHER) as process:
        first = until(lambda: state_of(install, "ingest", "RUNNING"))
        second = until(lambda: state_of(install, "streams-2", "RUNNING"))
        assert psutil.Process(second.pid).environ()["IOC_STREAMS_WORKER"] == "2"
        assert psutil.Process(first.pid).cwd() == str(ROOT)
        assert {one.pid for one in lock.left_over_processes(install.folder)} == {process.pid, first.pid, second.pid}
        os.kill(first.pid, 9)
        again = until(lambda: (found := state_of(install, "ingest", "RUNNING")) and found.pid != first.pid and found)
    assert not psutil.pid_exists(again.pid)
    assert supervisor.process_states(install.run) is None
    assert lock.left_over_processes(install.folder) == []
    assert (install.logs / "ingest.log").read_text().count("sleeping") == 2


@pytest.mark.processes
def test_what_cannot_start_is_tried_again_and_says_why(install, monkeypatch):
    with supervised(install, FAILING):
        before = until(lambda: state_of(install, "failing", "BACKOFF"))
        assert last_line(install.logs, FAILING) == "the reason in the last line"
        monkeypatch.setattr(time, "time", lambda: before.since + 31)
        tries = (install.logs / "failing.log").read_text().count("reason")
        supervisor.retry_waiting(install.run, [before])
        until(lambda: (install.logs / "failing.log").read_text().count("reason") > tries)


@pytest.mark.processes
def test_parts_end_when_their_supervisor_is_killed(install):
    with supervised(install, SLEEPER) as process:
        part = until(lambda: state_of(install, "ingest", "RUNNING"))
        process.kill()
        until(lambda: not psutil.pid_exists(part.pid))
    assert lock.left_over_processes(install.folder) == []


@pytest.mark.processes
def test_left_over_processes_are_ended(install):
    sleeper = subprocess.Popen(["sleep", "600"], env=environment({lock.MARK: str(install.folder)}))
    stubborn = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"],
        env=environment({lock.MARK: str(install.folder)}),
    )
    until(lambda: {sleeper.pid, stubborn.pid} <= {one.pid for one in lock.left_over_processes(install.folder)})
    lock.end_processes(lock.left_over_processes(install.folder), patience=1)
    assert sleeper.poll() is not None
    assert stubborn.poll() is not None


def test_one_install_runs_once(tmp_path):
    assert lock.running_pid(tmp_path) is None
    with lock.install_lock(tmp_path):
        assert lock.running_pid(tmp_path) == os.getpid()
        with pytest.raises(lock.AlreadyRunningError) as refused, lock.install_lock(tmp_path):
            pass
        assert refused.value.pid == os.getpid()
    assert lock.running_pid(tmp_path) is None
