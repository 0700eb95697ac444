"""The keeper as a process: it does its jobs by itself, says what became of them, and outlives what it needs."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import get_args

import psutil
import pytest
from pydantic import SecretStr

from commands.install.settings import KINDS, ROOT, bare_environment, variable
from commands.supervision.doctor_checks import job_findings
from commands.supervision.stack import Stack
from ingest.contract.label import Label
from tests.support import raw
from tests.support.made import events
from warehouse.maintenance import status
from warehouse.maintenance.backups import archive, files, sealing
from warehouse.maintenance.status import AnnouncedRetention, JobOutcome, JobState, MaintenanceState
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

MEMORY_MB = 80


def test_every_secret_is_known_by_its_name():
    for kind in KINDS:
        for name, field in kind.model_fields.items():
            holds = SecretStr in (field.annotation, *get_args(field.annotation))
            assert files.is_secret(variable(kind, name)) is holds, variable(kind, name)


def until(question, patience=60):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if answer := question():
            return answer
        time.sleep(0.2)
    raise AssertionError("never")


@pytest.mark.long
@pytest.mark.embedded
def test_it_does_its_chores_and_outlives_what_it_needs(tmp_path):
    key = tmp_path / "key.txt"
    sealed_for = {"IOC_KEEPER_BACKUP_KEY": sealing.make_key(key), "IOC_KEEPER_BACKUP_SECRETS": "true"}
    variables = {"IOC_KEEPER_SETTLE": "PT0S", "IOC_KEEPER_BACKUP_COPIES": "1", **sealed_for}
    with Stack(tmp_path, ("warehouse",), variables) as stack:
        with connect(stack.settings(WarehouseSettings)) as client:
            raw.store(client, events(seed=3, count=50))
        stack.start("keeper")
        stack.wait("keeper")
        done = until(lambda: (found := status.read_state(tmp_path)).job("audit").done_at and found)
        assert not any(done.job(name).failed for name in ("backup", "retention", "audit")), done
        assert "not checked" in done.job("audit").said.en  # without Kafka
        (file,) = (tmp_path / "backups").glob("*.tar.age")
        with sealing.open_backup(file, key, tmp_path) as plain:
            made = archive.read_manifest(plain)
        assert made.tables["schema_migrations"].rows > 0
        assert made.secrets
        stack.kill("warehouse")
        pid, looked_at = stack.pid("keeper"), done.looked_at
        until(lambda: status.read_state(tmp_path).looked_at > looked_at)
        assert stack.pid("keeper") == pid
        assert psutil.Process(pid).memory_info().rss < MEMORY_MB * 1e6  # jobs take theirs with them
        findings = list(job_findings(stack.install))
        assert [finding.good for finding in findings] == [True, True, True]


@pytest.mark.processes
def test_a_chore_that_fails_says_why_in_both_languages(tmp_path):
    stack = Stack(tmp_path, ("warehouse",))  # not started
    tried = subprocess.run(
        [sys.executable, "-m", "warehouse.maintenance", "backup"],
        env=bare_environment({**stack.variables, "PYTHONPATH": str(ROOT)}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    said = JobOutcome.model_validate_json(tried.stdout.splitlines()[-1])
    assert said.failed
    assert said.said.vi.startswith("có phần chưa trả lời, hệ thống sẽ tự thử lại (")
    assert "is away" in said.said.en


def test_the_doctor_tells_what_could_not_be_done_and_what_will_be_deleted(tmp_path):
    stack = Stack(tmp_path, ("warehouse",))
    now = datetime(2026, 11, 25, tzinfo=UTC)
    status.write_state(
        tmp_path,
        MaintenanceState(
            jobs={
                "backup": JobState(tried_at=now, said=Label("No room", "No room"), failed=True),
                "audit": JobState(tried_at=now, done_at=now, said=Label("3 sai lệch", "3 differences"), alarming=True),
                "retention": JobState(tried_at=now, done_at=now, said=Label("0 changed", "0 changed")),
            },
            announced={"raw_events": AnnouncedRetention(days=60, rows=7, since=now)},
        ),
    )
    findings = list(job_findings(stack.install))
    assert [finding.good for finding in findings] == [False, False, True, False]
    assert "No room" in findings[0].vietnamese
    assert "3 sai lệch" in findings[1].vietnamese
    assert "3 differences" in findings[1].english
    assert "7 rows of raw_events older than 60 days" in findings[3].english
    assert "26/11/2026" in findings[3].vietnamese
