"""Supervision: the library `supervisor` keeps the processes running; here are its configuration and questions to a running one."""

import hashlib
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from commands.install.processes import ManagedProcess
from commands.install.settings import ROOT, Install

STOP_WAITS = {"front": 8, "workers": 10, "stores": 10}
"""Seconds that each turn gets to stop, one turn after the other; together under 30."""

LONGEST_PAUSE = timedelta(seconds=30)
"""Longest pause before a process that keeps failing is tried again; supervisor's own grows without end."""

LONGEST_SOCKET_NAME = 90
"""Unix sockets have short names; supervisor adds its pid while it makes one."""


class ProcessState(NamedTuple):
    """A process as supervisor sees it."""

    name: str
    state: str
    """`RUNNING`, `STARTING`, `BACKOFF`, `STOPPING`, `STOPPED`, `EXITED` or `FATAL`."""
    pid: int
    since: float
    """When it was started or, if it is not running, when it ended; seconds since 1970."""
    said: str
    """What supervisor says about its end."""


def socket_path(run: Path) -> Path:
    """Where supervisor listens: in the install's folder, or elsewhere if the name would be too long for a socket."""
    path = run / "supervisor.sock"
    if len(str(path)) <= LONGEST_SOCKET_NAME:
        return path
    short = hashlib.sha256(str(run).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"ward-ioc-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    return folder / f"{short}.sock"


def configure(install: Install, processes: Sequence[ManagedProcess]) -> Path:
    """Write supervisor's configuration.

    Returns:
        Its file.
    """
    for folder in (install.run, install.logs):
        folder.mkdir(parents=True, exist_ok=True)
    install.run.chmod(0o700)
    path = install.run / "supervisord.conf"
    text = _HEAD.format(
        socket=_plain(socket_path(install.run)),
        log=_plain(install.logs / "supervisord.log"),
        pid=_plain(install.run / "supervisord.pid"),
    )
    for turn in STOP_WAITS:
        members = [process for process in processes if process.turn == turn]
        order = list(reversed(STOP_WAITS)).index(turn)
        text += f"\n[group:{turn}]\nprograms={','.join(process.name for process in members)}\npriority={order}\n"
        text += "".join(_program(install, process) for process in members)
    path.write_text(text, encoding="utf-8")
    return path


def supervisor_command(configuration: Path) -> list[str]:
    """The command that runs supervisor in the foreground."""
    return [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(configuration)]


def process_states(run: Path) -> list[ProcessState] | None:
    """Every process's state, from the running supervisor; None if there is none."""
    answer = _ask(run, "getAllProcessInfo")
    if answer is None:
        return None
    return [
        ProcessState(
            info["name"],
            info["statename"],
            info["pid"],
            info["start"] if info["pid"] else info["stop"],
            info["spawnerr"] or info["description"],
        )
        for info in answer
    ]


def retry_waiting(run: Path, known: Sequence[ProcessState]) -> None:
    """Try processes again that have been waiting longer than `LONGEST_PAUSE` since they failed."""
    for one in known:
        if one.state == "BACKOFF" and time.time() - one.since > LONGEST_PAUSE.total_seconds():
            name = _full_name(run, one.name)
            _ask(run, "stopProcess", name)
            _ask(run, "startProcess", name, False)


def _ask(run: Path, method: str, *arguments: Any) -> Any:
    path = socket_path(run)
    if not path.exists():
        return None
    with ServerProxy("http://127.0.0.1", SupervisorTransport(None, None, f"unix://{path}")) as server:
        try:
            return getattr(server.supervisor, method)(*arguments)
        except (OSError, HTTPException, Fault):
            return None


def _full_name(run: Path, name: str) -> str:
    for info in _ask(run, "getAllProcessInfo") or []:
        if info["name"] == name:
            return f"{info['group']}:{name}"
    return name


_HEAD = """\
; Written by `./ioc up` at each start.
[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisord]
nodaemon=true
silent=true
umask=077
logfile={log}
logfile_maxbytes=10MB
logfile_backups=3
pidfile={pid}
"""


def _program(install: Install, process: ManagedProcess) -> str:
    started = shlex.join([sys.executable, "-m", process.module])
    variables = ",".join(f'{name}="{value}"' for name, value in process.environment.items())
    return f"""
[program:{process.name}]
command={_plain(started)}
directory={_plain(ROOT)}
environment={_plain(variables)}
autorestart=true
startsecs=2
startretries=1000000
stopwaitsecs={STOP_WAITS[process.turn]}
killasgroup=true
redirect_stderr=true
stdout_logfile={_plain(_plain(install.logs / f"{process.name}.log"))}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


def _plain(value: object) -> str:
    """A value as supervisor reads it back unchanged; names of logs it reads twice."""
    return str(value).replace("%", "%%")
