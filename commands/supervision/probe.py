"""Probe: asks a process how it is, over its own health port (`ingest/runtime/health.py`)."""

import json
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

from commands.install.ports import ProcessPort

PATIENCE = 3.0
"""Seconds after which no answer is one."""


class HealthReport(NamedTuple):
    """What a process says."""

    pid: int
    alive: bool
    faults: dict[str, str]
    """What is wrong: `loop` with its own work, the others with what it needs."""


def is_alive(port: ProcessPort) -> HealthReport | None:
    """Whether the process at this port does its work; `None`: no answer, or another program is there."""
    return _asked(port, "/livez")


def health_report(port: ProcessPort) -> HealthReport | None:
    """How the process at this port is, and what it needs; `None`: no answer, or another program is there."""
    return _asked(port, "/healthz")


def _asked(port: ProcessPort, path: str) -> HealthReport | None:
    connection = HTTPConnection(port.host, port.number, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        said = json.loads(connection.getresponse().read(1_000_000))
        own = {"loop": str(said["fault"])} if said["fault"] else {}
        return HealthReport(int(said["pid"]), bool(said["alive"]), {**own, **said.get("faults", {})})
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return None
    finally:
        connection.close()
