"""A warehouse alone: our own engine on a folder of an install that does not run, as it is, for backup, restore and looking."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from commands.install import lock
from commands.install import settings as install_settings
from commands.install.ports import free_ports
from commands.install.settings import Install, variable
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.runtime.process import end_with_parent
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

PATIENCE = 60.0
"""Seconds that the engine gets to open a store."""


@contextmanager
def reachable_warehouse(install: Install, when_alone: Callable[[], None] = lambda: None) -> Iterator[WarehouseSettings]:
    """The warehouse of the install as it runs; of one that is stopped, its store is opened for us alone.

    Args:
        install: which install.
        when_alone: called when it is the latter.

    Yields:
        How to reach it.
    """
    is_running = lock.running_pid(install.run) is not None or lock.left_over_processes(install.folder)
    if is_running or not install.warehouse.embedded:
        yield install.warehouse
        return
    with lock.install_lock(install.run), lone_warehouse(install, install.folder) as settings:
        when_alone()
        yield settings


@contextmanager
def lone_warehouse(install: Install, folder: Path) -> Iterator[WarehouseSettings]:
    """Open the engine on a data folder, on a port that nobody else knows, and close it at the end.

    Args:
        install: whose settings hold, but for folder and port.
        folder: the data folder whose `warehouse` is opened; one that is not there is made.

    Yields:
        How to reach it.

    Raises:
        ConfigurationError: it cannot be opened.
    """
    (port,) = free_ports(1)
    settings = install.warehouse.model_copy(update={"data_folder": folder, "port": port})
    log = folder / "logs" / "lone-warehouse.log"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "warehouse", "--as-it-is"],
            cwd=install_settings.ROOT,
            env=_environment(install, folder, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
    try:
        _wait(settings, process, log)
        yield settings
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(install: Install, folder: Path, port: int) -> dict[str, str]:
    """Our own environment; what it would find in the install's folder is said, because its folder is another one."""
    kind = WarehouseSettings
    passwords = {"password": install.warehouse.password, "analyst_password": install.warehouse.analyst_password}
    return install_settings.environment(
        {
            **{variable(kind, name): secret.get_secret_value() for name, secret in passwords.items() if secret},
            variable(kind, "data_folder"): str(folder),
            variable(kind, "port"): str(port),
            lock.MARK: str(install.folder),
        }
    )


def _wait(settings: WarehouseSettings, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connect(settings, database="").close()
            return
        except Unavailable:
            if process.poll() is not None or time.monotonic() > until:
                said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                raise ConfigurationError(
                    f"The store in {settings.data_folder} cannot be opened: {said[-1] if said else 'no answer'}"
                ) from None
            time.sleep(0.1)
