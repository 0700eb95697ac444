"""Whether an install runs: the lock that `./ioc up` holds, and what a crash may have left behind."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from ingest.contract.errors import Refused

MARK = "IOC_STARTED_FOR"
"""What `./ioc up` starts carries its data folder in this variable; so our processes are told from all others."""


class AlreadyRunningError(Refused):
    """Another `./ioc up` runs this install."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"already running as pid {pid}")
        self.pid = pid


@contextmanager
def install_lock(run: Path) -> Iterator[None]:
    """Be the one `./ioc up` of this install; the kernel gives the lock back however we end.

    Raises:
        AlreadyRunningError: another one is.
    """
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _file(run).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(_pid(run)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
        lock.truncate(0)


def running_pid(run: Path) -> int | None:
    """The pid of the `./ioc up` that runs this install; None if none does."""
    try:
        with _file(run).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _pid(run)


def has_ended(run: Path, patience: float) -> bool:
    """Whether the `./ioc up` of this install ends within so many seconds.

    The lock tells, and not the process: one that has ended stays until whoever started it asks how.
    """
    until = time.monotonic() + patience
    while running_pid(run) is not None:
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def left_over_processes(folder: Path) -> list[psutil.Process]:
    """Processes of this install other than ourselves and those above us."""
    us = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [one for one in psutil.process_iter() if one.pid not in us and data_folder_of(one) == folder]


def data_folder_of(process: psutil.Process) -> Path | None:
    """The data folder of the install that a process belongs to; None if it belongs to none, or we may not ask."""
    try:
        marked = process.environ().get(MARK)
    except (psutil.Error, OSError):
        return None
    return Path(marked) if marked and Path(marked).is_absolute() else None


def end_processes(processes: list[psutil.Process], patience: float = 10) -> None:
    """End processes: asked first, then by force."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, stubborn = psutil.wait_procs(processes, patience)
    for process in stubborn:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(stubborn, 5)


def _file(run: Path) -> Path:
    return run / "up.lock"


def _pid(run: Path) -> int | None:
    try:
        return int(_file(run).read_text())
    except (OSError, ValueError):
        return None
