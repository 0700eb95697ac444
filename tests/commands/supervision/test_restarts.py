"""Restarts as the real supervisor tells them: an ordinary one is told, a crash loop is called by name, and it is over by itself."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from commands import status
from commands.install import lock
from commands.install import settings as install_settings
from commands.install.secret_files import make_secrets
from commands.install.settings import KINDS, install_of
from commands.supervision import restarts, supervisor
from commands.supervision.watch import ConsoleWatch
from ingest.contract.label import Label
from ingest.runtime.restarts import HOLDS, LOOP, WITHIN, Restarts, report_restarts, reported_restarts
from tests.commands.supervision.test_supervisor import FAILING, SLEEPER, state_of, supervised, until

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
LOOPING = Restarts(
    process="streams-1",
    ended_at=tuple(NOW - timedelta(minutes=minutes) for minutes in (4, 3, 2, 0)),
    how=restarts.SIGNALS["SIGKILL"],
    said=("the last line",),
)


@pytest.fixture
def install(tmp_path):
    make_secrets(tmp_path / "secrets", KINDS)
    return install_of({"IOC_DATA_FOLDER": str(tmp_path)}, tmp_path / "secrets")


@pytest.mark.processes
def test_the_supervisors_restarts_reach_whoever_shows_them(install):
    with supervised(install, SLEEPER, FAILING):
        first = until(lambda: state_of(install, "ingest", "RUNNING"))
        os.kill(first.pid, 9)
        until(lambda: (found := state_of(install, "ingest", "RUNNING")) and found.pid != first.pid)
        until(lambda: any(one.is_loop for one in restarts.recent_restarts(install)))
        ConsoleWatch(install, [SLEEPER, FAILING]).look()
        now = datetime.now(UTC)
        by_process = {one.process: one for one in reported_restarts(install.folder, now)}
        assert {name: one.is_loop for name, one in by_process.items()} == {"ingest": False, "failing": True}
        assert by_process["ingest"].how == restarts.SIGNALS["SIGKILL"]
        assert by_process["failing"].how == restarts.CODES[1]
        assert by_process["failing"].said[-1] == "the reason in the last line"
        assert supervisor.process_states(install.run) is not None
    (found,) = restarts.crash_loops(restarts.recent_restarts(install))
    assert not found.good
    assert "failing" in found.vietnamese
    assert "the reason in the last line" in found.english
    later = now + WITHIN + timedelta(minutes=1)
    assert restarts.recent_restarts(install, later) == (), "it is over by itself"
    assert reported_restarts(install.folder, later) == (), "nobody tells any more"


def test_where_nobody_tells_nothing_is_said(tmp_path):
    assert reported_restarts(tmp_path, NOW) == ()
    (tmp_path / "run").mkdir()
    report_restarts(tmp_path, (LOOPING,), NOW)
    assert reported_restarts(tmp_path, NOW + HOLDS) == (LOOPING,)
    assert reported_restarts(tmp_path, NOW + HOLDS + timedelta(seconds=1)) == ()
    (tmp_path / "run" / "restarts.json").write_text("{")
    assert reported_restarts(tmp_path, NOW) == ()


def test_status_calls_a_crash_loop_by_name(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(install_settings, "data_folder_path", lambda: tmp_path)
    monkeypatch.setattr(install_settings, "read_install", lambda: None)
    monkeypatch.setattr(lock, "running_pid", lambda run: 7)
    once = LOOPING.model_copy(update={"process": "keeper", "ended_at": (NOW,), "how": Label("a", "b")})
    process = {
        "name": "streams-1",
        "state": "RUNNING",
        "pid": 9,
        "memory_mb": 90.0,
        "uptime_s": 9,
        "alive": True,
        "faults": {},
    }
    report = {
        **{
            "url": "",
            "data_folder": "",
            "up_pid": 7,
            "processes": [process],
            "lag": None,
            "lag_s": None,
            "streams": None,
        },
        "restarts": [status.restarted_value(one) for one in (once, LOOPING)],
    }
    monkeypatch.setattr(status, "status_value", lambda install, pid: report)
    assert status.main([]) == 1, "though it runs just now"
    said = capsys.readouterr().out
    assert "Xử lý luồng 1 (streams-1) dừng liên tục: 4 lần trong 4 phút, lần cuối bị buộc dừng (SIGKILL)" in said
    assert "is in a crash loop: 4 ends in 4 minutes" in said
    assert "the last line" in said
    assert "• Trông coi (keeper) đã tự chạy lại 1 lần" in said


def test_so_many_are_a_loop_and_no_fewer():
    for count in range(1, 6):
        assert LOOPING.model_copy(update={"ended_at": (NOW,) * count}).is_loop == (count >= LOOP)
