"""The whole system as a person starts it: one `./ioc up` on free ports, looked at from outside."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from commands.install import lock
from commands.install.ports import free_ports, is_taken
from commands.install.settings import ROOT
from commands.supervision.stack import PORTS
from dashboard.access.accounts import Accounts
from dashboard.settings import BoardSettings

pytestmark = pytest.mark.embedded


def listen_to_ctrl_c():
    """As at a terminal: who starts the tests in the background of a script lets them ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Person:
    """Somebody at a terminal of one install."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
        own = {name: value for name, value in os.environ.items() if not name.startswith("IOC_")}
        self.environment = {**own, "IOC_DATA_FOLDER": str(folder), "IOC_SIMULATOR_BACKFILL": "PT1M", **self.ports}

    def begin(self, command, *arguments, **changed):
        return subprocess.Popen(
            [sys.executable, "-m", f"commands.{command}", *arguments],
            cwd=ROOT,
            env={**self.environment, **changed},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=listen_to_ctrl_c,
        )

    def run(self, command, *arguments, **changed):
        process = self.begin(command, *arguments, **changed)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def status(self):
        code, out, err = self.run("status", "--json")
        assert out, err
        return code, json.loads(out)

    def pid_of(self, module):
        """The process of a module, as anybody sees it; to ask the system itself takes a process each time."""
        for one in lock.left_over_processes(self.folder):
            with suppress(psutil.Error):
                if one.cmdline()[1:] == ["-m", module]:
                    return one.pid
        return None

    def pids(self):
        return {one["name"]: one["pid"] for one in self.status()[1]["processes"] if one["state"] == "RUNNING"}


@pytest.fixture
def person(tmp_path):
    return Person(tmp_path / "thư mục dữ liệu")


@pytest.fixture
def up(person):
    process = person.begin("up", "--at", "2026-11-25 09:00")
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()
    lock.end_processes(lock.left_over_processes(person.folder), patience=15)


def read_until(process, text):
    seen = []
    for line in process.stderr:
        seen.append(line)
        if text in line:
            return "".join(seen)
    raise AssertionError(f"ended with {process.wait()}:\n{''.join(seen)}")


def readable_by_others(folder):
    """What of an install others on the PC could list, enter, read or write, were the folder above open to them."""
    found = []
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):
            if not path.is_symlink() and path.lstat().st_mode & 0o077:
                found.append(path)
    return found


@pytest.mark.long
def test_one_command_starts_everything_and_leaves_nothing(person, up):
    said = read_until(up, "Ctrl-C")
    url = f"http://127.0.0.1:{person.ports['IOC_BOARD_PORT']}"
    assert url in said
    assert "7 baselines of the pretend ward entered" in said
    # Redirected output stays: the password is in a file that its owner alone can read, until somebody logs in.
    waiting = person.folder / "dashboard" / "first-password"
    assert "admin  /  " not in said
    assert str(waiting) in said
    settings = BoardSettings(
        _env_file=None, data_folder=person.folder, session_secret=SecretStr("0123456789abcdefghijklmnopqrstuvwxyz")
    )
    name, password = waiting.read_text().strip().split("  /  ")
    assert readable_by_others(person.folder) == []
    assert Accounts(settings).check(name, password)
    assert not waiting.exists()
    board = http.client.HTTPConnection("127.0.0.1", int(person.ports["IOC_BOARD_PORT"]), timeout=10)
    board.request("GET", "/", headers={"Accept": "text/html"})
    assert board.getresponse().status in (200, 303, 401)  # The way to the log-in.
    board.close()

    before = person.pids()
    assert set(before) == {
        "ingest",
        "warehouse",
        "connectors",
        "streams-1",
        "keeper",
        "alarm",
        "dashboard",
        "simulator",
    }
    code, report = person.status()
    assert (code, report["up_pid"]) == (0, up.pid)
    assert all(one["memory_mb"] > 0 for one in report["processes"])

    code, _, err = person.run("up")
    assert code == 1
    assert f"running already (pid {up.pid})" in err
    assert any(person.run("doctor")[0] == 0 for _ in range(10))  # partitions may still be recovering

    os.kill(before["connectors"], signal.SIGKILL)
    end = time.monotonic() + 180
    for asked in (person.pid_of, lambda name: person.pids().get(name)):
        while asked("connectors") in (None, before["connectors"]):
            assert time.monotonic() < end, "it is not started again"
            time.sleep(0.5)

    started = lock.left_over_processes(person.folder)
    assert len(started) > len(before)
    assert person.run("down")[0] == 0
    assert up.wait(10) == 0
    assert [one for one in started if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
    assert not any(is_taken(int(port)) for port in person.ports.values())
    assert json.loads((person.folder / "run" / "clock.json").read_text())["last"] > "2026-11-25T02:00"
    assert person.status()[0] == 3
    assert person.run("down")[0] == 0


@pytest.mark.long
def test_ctrl_c_before_the_board_is_up_leaves_nothing(person, up):
    read_until(up, "starting")
    up.send_signal(signal.SIGINT)
    assert up.wait(40) == 0
    assert lock.left_over_processes(person.folder) == []


def test_a_taken_port_is_told_and_nothing_is_started(person):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, _, err = person.run("up", IOC_BOARD_PORT=str(port))
    assert code == 1
    assert f"Port {port} (Board) is taken by another program" in err
    assert f"pid {os.getpid()}" in err
    assert "change IOC_BOARD_PORT" in err
    assert lock.left_over_processes(person.folder) == []


def test_a_wrong_setting_is_told(person):
    code, _, err = person.run("up", IOC_KAFKA_HEAP="much")
    assert code == 1
    assert "IOC_KAFKA_HEAP" in err


@pytest.mark.long
def test_a_killed_up_takes_everything_with_it(person, up):
    if sys.platform != "linux":
        pytest.skip("only Linux ends a child with its parent")
    read_until(up, "starting")
    started = lock.left_over_processes(person.folder)
    up.kill()
    gone, alive = psutil.wait_procs(started, 40)
    assert alive == []
    assert gone
    assert Path(person.folder / "secrets").is_dir()
