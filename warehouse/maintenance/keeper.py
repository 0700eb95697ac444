"""Keeper: the process that stays. It needs little memory, and outlives outages of what its jobs need."""

import logging
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta

from pydantic import ValidationError

from ingest.contract.clock import RealClock
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings
from ingest.runtime.disk_space import DiskSpace, disks
from ingest.runtime.liveness import Pulse
from ingest.runtime.process import end_with_parent
from warehouse.maintenance import schedule, status
from warehouse.maintenance.settings import KeeperSettings
from warehouse.maintenance.status import AnnouncedRetention, JobOutcome, MaintenanceState

log = logging.getLogger("keeper")

LOOK_EVERY = timedelta(seconds=5)
RETENTION_EVERY = timedelta(hours=1)
TALLY_EVERY = timedelta(minutes=5)
SOON = timedelta(minutes=1)
"""When retention is looked at again if the warehouse was away."""
LONGEST_CHORE = timedelta(hours=6)
"""A job that takes longer hangs, and keeps the others from being done."""
PATIENCE = 8.0
"""Seconds that a job gets to end when we do."""
LONGEST_LINE = 500


class MaintenanceService:
    """Looks at the disks, and does what is due.

    Args:
        settings: what and when.
        ingest: the install, its disks and its clock.
        embedded: whether the warehouse is our own; of an outside server no backup is made here.
        pulse: beaten as long as we look.
    """

    def __init__(self, settings: KeeperSettings, ingest: IngestSettings, embedded: bool, pulse: Pulse) -> None:
        self._pulse = pulse
        self._settings = settings
        self._ingest = ingest
        self._nightly = {
            "backup": settings.backup_at if settings.backup and embedded else None,
            "audit": settings.audit_at if settings.audit else None,
        }
        self._room = DiskSpace(ingest)
        self._was_low = False
        self._is_written = True
        known = status.read_state(settings.data_folder)
        # What is not done here any more is not missed.
        off = {name for name, at in self._nightly.items() if at is None}
        jobs = {name: one for name, one in known.jobs.items() if name not in off}
        self._state = known.model_copy(update={"jobs": jobs})

    def run(self, stop: threading.Event) -> None:
        """Keep until told to stop."""
        began = time.monotonic()
        log.info("maintaining %s", self._settings.data_folder.absolute())
        while not stop.is_set():
            self._look()
            if time.monotonic() - began >= self._settings.settle.total_seconds() and (job := self._due()):
                self._do(job, stop)
            stop.wait(LOOK_EVERY.total_seconds())
        log.info("stopped")

    def _look(self) -> None:
        """Say when a disk gets full, and that we live."""
        self._pulse.beat()
        self._room.shortage()  # which logs
        low = next((disk for disk in disks(self._ingest) if disk.is_low), None)
        if low and not low.is_short and not self._was_low:
            log.warning("%s", low.label.en)
        self._was_low = low is not None
        self._write(self._state.model_copy(update={"looked_at": RealClock().now()}))

    def _due(self) -> str | None:
        """The job to do now: retention every hour, the nightly ones when their time has come, else the tally."""
        now, real_now = self._ingest.clock().now(), RealClock().now()
        last = self._state.job("retention")
        pause = SOON if last.failed else RETENTION_EVERY
        if last.tried_at is None or not timedelta() <= real_now - last.tried_at < pause:
            return "retention"
        for name, at in self._nightly.items():
            one = self._state.job(name)
            if at is not None and schedule.is_due(at, now, one.done_at, one.tried_at, real_now):
                return name
        tallied_at = self._state.job("tally").tried_at
        return None if tallied_at and timedelta() <= real_now - tallied_at < TALLY_EVERY else "tally"

    def _do(self, name: str, stop: threading.Event) -> None:
        """Do one job in a process of its own, and keep looking meanwhile."""
        began, real_began = self._ingest.clock().now(), RealClock().now()
        self._note(name, tried_at=real_began)
        with subprocess.Popen(
            [sys.executable, "-m", "warehouse.maintenance", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent,
        ) as child:
            until = time.monotonic() + LONGEST_CHORE.total_seconds()
            while child.poll() is None:
                if time.monotonic() > until:
                    log.error("%s: takes longer than %s; ending it", name, LONGEST_CHORE)
                    _end(child)
                if stop.wait(min(1.0, LOOK_EVERY.total_seconds())):
                    _end(child)
                    return
                self._look()
            answer = child.stdout.read() if child.stdout else ""
        self._heard(name, began, child.returncode, answer.strip())

    def _heard(self, name: str, began: datetime, code: int, answer: str) -> None:
        try:
            outcome = JobOutcome.model_validate_json(answer)
        except ValidationError:
            said = Label(
                f"đã dừng với mã {code}; lý do trong logs/keeper.log",
                f"it ended with code {code}; logs/keeper.log says why",
            )
            outcome = JobOutcome(said=said, failed=True)
        self._note(
            name,
            outcome.announced,
            said=outcome.said.changed(lambda line: line[:LONGEST_LINE]),
            failed=outcome.failed,
            alarming=outcome.alarming,
            **({} if outcome.failed else {"done_at": began}),
        )

    def _note(self, name: str, announced: dict[str, AnnouncedRetention] | None = None, **changed: object) -> None:
        jobs = {**self._state.jobs, name: self._state.job(name).model_copy(update=changed)}
        self._write(
            self._state.model_copy(
                update={"jobs": jobs, "announced": self._state.announced if announced is None else announced}
            )
        )

    def _write(self, changed: MaintenanceState) -> None:
        self._state = changed
        try:
            status.write_state(self._settings.data_folder, changed)
        except OSError as error:  # a full disk, which we are here to tell of
            if self._is_written:
                log.error("cannot write the state of maintenance: %s", error)
            self._is_written = False
        else:
            self._is_written = True


def _end(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
