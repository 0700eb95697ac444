"""The real warehouse process for tests, on a free port in a folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from commands.install.ports import free_ports
from ingest.contract.errors import Unavailable
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

ROOT = Path(__file__).parent.parent.parent
OWNER_PASSWORD = "owner-password-of-the-tests"
ANALYST_PASSWORD = "analyst-password-of-the-tests"
_PATIENCE = 60.0


@contextmanager
def running(folder: Path, **changed: Any) -> Iterator[WarehouseSettings]:
    """Run `python -m warehouse` with tables and views made, and stop it at the end.

    Args:
        folder: an empty folder for its data, or one of an earlier run.
        changed: settings other than the defaults.

    Yields:
        The settings by which clients reach it.
    """
    settings = settings_for(folder, **changed)
    process = launch(settings)
    try:
        wait_for(settings, process)
        yield settings
    finally:
        end(process)


def empty(settings: WarehouseSettings) -> None:
    """Take everything out of a warehouse but what it has from its start."""
    with connect(settings) as client:
        tables = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
        for (table,) in client.query(f"{tables} AND name != 'schema_migrations'"):
            client.execute(f"TRUNCATE TABLE {table}")


def settings_for(folder: Path, **changed: Any) -> WarehouseSettings:
    """Settings of a warehouse in a folder, on a free port."""
    (port,) = free_ports(1)
    return WarehouseSettings(
        _env_file=None,
        **{
            "data_folder": folder,
            "port": port,
            "health_port": 0,
            "password": SecretStr(OWNER_PASSWORD),
            "analyst_password": SecretStr(ANALYST_PASSWORD),
            **changed,
        },
    )


def launch(settings: WarehouseSettings, program: Sequence[str] = ("-m", "warehouse")) -> subprocess.Popen[bytes]:
    """Start the process; what it logs goes to `warehouse.log` in its folder.

    Args:
        settings: of the warehouse.
        program: what Python runs.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IOC_")}
    environment["IOC_DATA_FOLDER"] = str(settings.data_folder)
    for name, value in settings:
        if name in settings.model_fields_set and name != "data_folder" and value is not None:
            environment[f"IOC_WAREHOUSE_{name.upper()}"] = _text(value)
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    with (settings.data_folder / "warehouse.log").open("ab") as log:
        return subprocess.Popen([sys.executable, *program], cwd=ROOT, env=environment, stderr=log)


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return f"PT{value.total_seconds()}S" if isinstance(value, timedelta) else str(value)


def wait_for(settings: WarehouseSettings, process: subprocess.Popen[bytes]) -> None:
    """Return when it answers."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            connect(settings).close()
        except Unavailable:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (settings.data_folder / "warehouse.log").read_text()
                raise AssertionError(f"the warehouse did not start:\n{log[-4000:]}") from None
            time.sleep(0.05)
        else:
            return


def end(process: subprocess.Popen[bytes]) -> int:
    """Stop the process as the launcher does; its exit code."""
    process.terminate()
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError("the warehouse did not end within 10 s of SIGTERM") from None
