"""What `./ioc status` says; the whole of it, with a running install, is looked at in `test_up`."""

import os
import sys

import pytest

from commands import status
from commands.install import lock
from commands.install import settings as install_settings

REPORT = {
    "url": "http://127.0.0.1:8050",
    "data_folder": "/var/ioc",
    "up_pid": 7,
    "processes": [
        {"name": "ingest", "state": "RUNNING", "pid": 8, "memory_mb": 300.0, "uptime_s": 9, "alive": True, "faults": {}},
        {
            "name": "streams-1", "state": "RUNNING", "pid": 9, "memory_mb": 90.0, "uptime_s": 9, "alive": True,
            "faults": {"warehouse": "the warehouse is away"},
        },
    ],
    "lag": {"ioc.queue.v1": 12},
    "lag_s": {"ioc.queue.v1": 3.4},
    "streams": [
        {
            "topic": "ioc.queue.v1", "events": 1234, "newest": "2026-11-24T03:00:00+00:00",
            "stored": "2026-11-24T03:00:01+00:00",
        }
    ],
    "stopped": [
        {"topic": "ioc.dossier.v1", "partition": 2, "reason": "51/1000", "since": "2026-11-24T02:00:00+00:00"}
    ],
    "audit": {"finished": "2026-11-23T19:31:00+00:00", "compared": 4096, "differences": 0},
    "backup": {"done": "2026-11-23T18:31:00+00:00", "failed": False, "said": "1.2 GB"},
}  # fmt: skip


@pytest.fixture
def report(monkeypatch, tmp_path):
    monkeypatch.setattr(install_settings, "data_folder_path", lambda: tmp_path)
    monkeypatch.setattr(install_settings, "read_install", lambda: None)
    monkeypatch.setattr(lock, "running_pid", lambda run: 7)
    monkeypatch.setattr(status, "status_value", lambda install, pid: dict(REPORT))


@pytest.mark.usefixtures("report")
def test_everything_that_matters_is_said(capsys):
    assert status.main([]) == 0
    said = capsys.readouterr().out.splitlines()
    (queue,) = (line for line in said if line.startswith("ioc.queue.v1"))
    assert queue.split()[:4] == ["ioc.queue.v1", "1234", "12", "3.4"]
    assert any("streams-1" in line and "✘ warehouse" in line for line in said)
    assert any("ioc.dossier.v1/2" in line and "24/11 09:00" in line and "51/1000" in line for line in said)
    assert any(line.startswith("✔") and "24/11 02:31" in line and "4096" in line for line in said)
    assert any(line.startswith("✔") and "24/11 01:31" in line and "1.2 GB" in line for line in said)


@pytest.mark.usefixtures("report")
@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_reader_that_has_enough_is_no_fault(arguments, monkeypatch, capfd):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert status.main(arguments) == 0
    assert capfd.readouterr().err == ""
