"""Doctor checks: what processes and the keeper's jobs report of themselves, as findings of `./ioc doctor`."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from commands.install import preflight
from commands.install.ports import is_taken, port_holder
from commands.install.processes import ManagedProcess
from commands.install.settings import Install
from commands.supervision import probe
from connectors.declared.load import load_connectors
from ingest.contract.away import KAFKA_AWAY, WAREHOUSE_AWAY
from ingest.contract.clock import WARD_ZONE
from ingest.contract.connector import Misdeclared
from ingest.contract.label import Label
from warehouse.maintenance import retention, status
from warehouse.maintenance.status import JobState


class Finding(NamedTuple):
    """What was found, in both languages."""

    good: bool
    vietnamese: str
    english: str


PATIENCE = 10.0
"""Seconds that a process may wait for something before that is worth a sentence."""

CHECKS = {
    "loop": Label("bị treo", "it hangs"),
    "kafka": KAFKA_AWAY,
    "topics": Label("Kafka chưa có đủ luồng", "Kafka's topics are missing"),
    "warehouse": WAREHOUSE_AWAY,
    "tables": Label("kho dữ liệu chưa có đủ bảng", "the warehouse's tables are missing"),
    "disk": Label("ổ đĩa sắp đầy", "the disk is nearly full"),
    "heartbeat": Label("dữ liệu mới không vào được Kafka", "new data does not get into Kafka"),
    "partitions": Label("đang khôi phục", "it is recovering"),
    "writes": Label("không ghi được vào kho dữ liệu", "it cannot write into the warehouse"),
    "figures": Label("chưa đọc được số liệu", "the figures have not been read"),
}
"""What is wrong, by the name of the check that found it."""


def process_finding(process: ManagedProcess, pid: int) -> Finding:
    """Check a process; what it waits for may come within a moment, so it is asked more than once.

    Args:
        process: one that runs and answers.
        pid: its process.
    """
    until = time.monotonic() + PATIENCE
    answer = probe.health_report(process.health) if process.health else None
    while process.health and answer is not None and answer.faults and time.monotonic() < until:
        time.sleep(0.5)
        answer = probe.health_report(process.health)
    if answer is not None and answer.pid == pid:
        return _said(process, answer.faults)
    if (
        process.health
        and is_taken(process.health.number, process.health.host)
        and port_holder(process.health.number).pid != pid
    ):
        return Finding(False, *preflight.port_conflict(process, process.health))
    return _said(process, {})


def _said(process: ManagedProcess, faults: dict[str, str]) -> Finding:
    if not faults:
        return Finding(True, f"{process.label.vi}: hoạt động tốt", f"{process.label.en}: well")
    known = [(CHECKS.get(name, Label(name, name)), why) for name, why in faults.items()]
    return Finding(
        False,
        f"{process.label.vi} đang chờ: " + "; ".join(label.vi for label, _ in known),
        f"{process.label.en} is waiting: " + "; ".join(f"{label.en} ({why})" for label, why in known),
    )


NAMES = {
    "backup": Label("Sao lưu", "Backup"),
    "audit": Label("Đối soát", "Audit"),
    "retention": Label("Thời hạn lưu", "Retention"),
}


def job_findings(install: Install) -> Iterator[Finding]:
    """Findings about every job that was done or failed, and every deletion that is announced."""
    known = status.read_state(install.folder)
    for name, label in NAMES.items():
        job = known.job(name)
        if job.done_at is not None or job.failed:
            yield _finding(label, job)
    for table, one in known.announced.items():
        at = f"{(one.since + retention.NOTICE).astimezone(WARD_ZONE):%d/%m/%Y %H:%M}"
        yield Finding(
            False,
            f"Sau {at}, {one.rows} dòng cũ hơn {one.days} ngày của {table} sẽ bị xóa: đặt lại IOC_WAREHOUSE_KEEP_… nếu cần giữ.",
            f"After {at}, {one.rows} rows of {table} older than {one.days} days will be deleted: set IOC_WAREHOUSE_KEEP_… back "
            "to keep them.",
        )


def declaration_findings(folder: Path) -> Iterator[Finding]:
    """Findings about the files in an install's data folder that should declare a connector and do not."""
    for connector in load_connectors(folder / "connectors"):
        if isinstance(connector.way, Misdeclared):
            yield Finding(False, *connector.way.fault.both)


def _finding(label: Label, job: JobState) -> Finding:
    done = f"{job.done_at.astimezone(WARD_ZONE):%d/%m/%Y %H:%M}" if job.done_at else "-"
    if job.failed:
        return Finding(
            False,
            f"{label.vi} không làm được (lần gần nhất {done}): {job.said.vi}",
            f"{label.en} could not be done (last done {done}): {job.said.en}",
        )
    return Finding(not job.alarming, f"{label.vi} {done}: {job.said.vi}", f"{label.en} {done}: {job.said.en}")
