"""A stack: the same processes as `./ioc up` starts, in a folder of their own on free ports, for tests, `replay` and `bench`.

Nothing is taken from our own environment or `.env`, so that a stack neither sees nor disturbs an install.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

import psutil
from pydantic_settings import BaseSettings

from commands.install import lock, secret_files
from commands.install import settings as install_settings
from commands.install.ports import free_ports
from commands.install.processes import ManagedProcess, managed_processes
from commands.supervision.ready import is_ready
from ingest.contract.errors import NotReady
from ingest.kafka.broker import fetch
from ingest.runtime.process import end_with_parent

Kind = TypeVar("Kind", bound=BaseSettings)

PORTS = (
    "IOC_KAFKA_PORT",
    "IOC_KAFKA_CONTROLLER_PORT",
    "IOC_WAREHOUSE_PORT",
    "IOC_CONNECTORS_INTAKE_PORT",
    "IOC_CONNECTORS_MQTT_PORT",
    "IOC_CONNECTORS_SIMULATOR_PORT",
    "IOC_BOARD_PORT",
    "IOC_INGEST_HEALTH_PORT",
    "IOC_WAREHOUSE_HEALTH_PORT",
    "IOC_CONNECTORS_HEALTH_PORT",
    "IOC_STREAMS_HEALTH_PORT",
    "IOC_BOARD_HEALTH_PORT",
    "IOC_KEEPER_HEALTH_PORT",
    "IOC_ALARM_HEALTH_PORT",
)

WHOLE = ("ingest", "warehouse", "connectors", "streams", "alarm", "dashboard", "simulator")
"""What takes events from the pretend ward's devices to the board."""

STOP_ORDER = ("front", "workers", "stores")


class NotReadyError(NotReady):
    """A process did not become ready; the message ends with the last lines of its log."""


class Stack:
    """Processes that belong together; a context manager that starts them, waits until each is ready, and ends all by force.

    Args:
        folder: an empty folder for everything they write.
        names: which: `ingest`, `warehouse`, `connectors`, `simulator`, `streams` (or `streams-2` … for further workers),
            `alarm`, `dashboard`. They are started in this order, all at once, and waited for in this order.
        environment: further variables, as in `.env`; they go before the free ports chosen here.
        patience: seconds that each process gets to become ready.
        further: processes that no install has; `names` may name them.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str] = ("ingest", "warehouse"),
        environment: Mapping[str, str] | None = None,
        patience: float = 60,
        further: Sequence[ManagedProcess] = (),
    ) -> None:
        self.folder = folder.resolve()
        self._further = {one.name: one for one in further}
        self._patience = patience
        ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
        self.variables = {"IOC_DATA_FOLDER": str(self.folder), **ports, **(environment or {})}
        """Every variable of this stack, as its processes see them."""
        install_settings.restrict_access(self.folder)
        secret_files.make_secrets(self.folder / "secrets", install_settings.KINDS)
        self.install = install_settings.install_of(self.variables, self.folder / "secrets")
        """The settings of all folders."""
        self._names = ["streams-1" if name == "streams" else name for name in names]
        self._known = self._find(self._names)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        if "ingest" in self._names and not self.install.ingest.kafka_bootstrap:
            fetch.ensure_jars(self.install.ingest.cache_folder, lambda there, in_all, megabytes: None)
        try:
            for name in self._names:
                self.start(name)
            for name in self._names:
                self.wait(name)
        except BaseException:
            self.discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    def settings(self, kind: type[Kind]) -> Kind:
        """This stack's settings of one class, from its variables and secrets only."""
        return install_settings.read_explicit(kind, self.variables, self.folder / "secrets")

    def start(self, name: str, module: str | None = None, environment: Mapping[str, str] | None = None) -> None:
        """Start a process that does not run, without waiting for it. A further worker needs no mention before.

        Args:
            name: which.
            module: another program that takes its place, with the same environment.
            environment: variables of this process only.
        """
        name = self._name(name)
        if name not in self._names:
            self._names.append(name)
            self._known = self._find(self._names)
        one = self._known[name]
        variables = {
            **self.variables,
            **one.environment,
            **(environment or {}),
            lock.MARK: str(self.folder),
            "PYTHONPATH": str(install_settings.ROOT),
        }
        with self._log(name) as log:
            # Not in the application's root, where a developer's `.env` may be.
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", module or one.module],
                cwd=self.folder,
                env=install_settings.bare_environment(variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    def wait(self, name: str) -> None:
        """Wait until a process is ready.

        Raises:
            NotReadyError: it ended, or is not ready in time.
        """
        name, until = self._name(name), time.monotonic() + self._patience
        workers = sum(one.startswith("streams-") and self.pid(one) is not None for one in self._names)
        while not is_ready(self._known[name], self.install, max(1, workers)):
            code = self._processes[name].poll()
            if code is not None:
                raise NotReadyError(f"{name} ended with code {code} before it was ready:\n{self.log(name)}")
            if time.monotonic() > until:
                raise NotReadyError(f"{name} is not ready after {self._patience:.0f} s:\n{self.log(name)}")
            time.sleep(0.1)

    def kill(self, name: str, with_signal: int = signal.SIGKILL) -> None:
        """Send a signal to a process, by default one that it cannot handle, and wait until it and its children have ended.

        Args:
            name: which, or `kafka` for the Java process alone.
            with_signal: one that ends it; others, as SIGSTOP, are not waited for.
        """
        if name == "kafka":
            java = next(one for one in psutil.Process(self._processes["ingest"].pid).children() if one.name() == "java")
            java.send_signal(with_signal)
            return
        process = self._processes[self._name(name)]
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(with_signal)
        if with_signal in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            process.wait(30)
            # They end with their parent, a moment later; until then they would answer as if it were still there.
            _, left = psutil.wait_procs(children, 15)
            lock.end_processes(left, patience=0)

    def restart(self, name: str) -> None:
        """Start a process again, after stopping it if it runs, and wait until it is ready."""
        self.end([self._name(name)])
        self.start(name)
        self.wait(name)

    def pid(self, name: str) -> int | None:
        """The process id of a process; None if it does not run."""
        process = self._processes.get(self._name(name))
        return process.pid if process is not None and process.poll() is None else None

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """The process that was started last under a name."""
        return self._processes[self._name(name)]

    def memory(self) -> dict[str, int]:
        """By process that runs, the resident memory in bytes, with that of its children."""
        found = {}
        for name in self._names:
            pid = self.pid(name)
            if pid is not None:
                family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
                found[name] = sum(one.memory_info().rss for one in family)
        return found

    def log(self, name: str, lines: int = 40) -> str:
        """The last lines that a process has written."""
        path = self._log_path(self._name(name))
        return (
            "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]) if path.exists() else ""
        )

    def told(self) -> str:
        """For diagnosis: whether each process runs, and the last lines of its log."""
        return "\n".join(
            f"== {name}: {'ended' if self.pid(name) is None else 'runs'}\n{self.log(name)}" for name in self._names
        )

    def of_turn(self, turn: str) -> list[str]:
        """The processes that are stopped in one turn of `STOP_ORDER`."""
        return [name for name in self._names if self._known[name].turn == turn]

    def discard(self) -> None:
        """End every process at once and by force: what they have written is not needed any more."""
        running = [process for process in self._processes.values() if process.poll() is None]
        families = [child for one in running for child in psutil.Process(one.pid).children(recursive=True)]
        for process in running:
            process.kill()
        for process in running:
            process.wait()
        lock.end_processes([child for child in families if child.is_running()], patience=0)

    def stop(self) -> None:
        """Stop every process in order; by force what does not stop."""
        for turn in STOP_ORDER:
            self.end(self.of_turn(turn))

    def end(self, names: Sequence[str]) -> None:
        """Stop these processes; kill those that do not stop within 12 s."""
        open_ = [self._processes[name] for name in names if self.pid(name) is not None]
        families = [child for one in open_ for child in psutil.Process(one.pid).children(recursive=True)]
        for process in open_:
            process.terminate()
        for process in open_:
            try:
                process.wait(12)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        lock.end_processes([child for child in families if child.is_running()], patience=2)

    def _find(self, names: Sequence[str]) -> dict[str, ManagedProcess]:
        workers = max([int(name.removeprefix("streams-")) for name in names if name.startswith("streams-")], default=1)
        known = {one.name: one for one in managed_processes(self.install, simulator=True, workers=workers)}
        known |= self._further
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise ValueError(f"no such process: {', '.join(unknown)}; there are {', '.join(known)}")
        return known

    def _name(self, name: str) -> str:
        return "streams-1" if name == "streams" else name

    def _log_path(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _log(self, name: str) -> BinaryIO:
        path = self._log_path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
