"""Processes: those of the stack, started again whenever they end, as a supervisor does - each with failpoints armed as it pleases the nemesis."""

import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from commands.install.settings import ROOT
from commands.supervision.stack import Stack

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "ingest": ("ingest",),
    "warehouse": ("warehouse",),
    "connectors": ("producer", "intake", "poll", "mqtt", "files"),
    "streams": ("producer", "streams"),
    "alarm": ("producer", "alarm"),
    "dashboard": ("producer", "board"),
}
"""By the beginning of a process's name, the beginnings of the failpoints that it comes by."""

_CALL = re.compile(r"""\bfailpoint\(\s*["']([a-z_.]+)["']""")
_FIRED = re.compile(r"failpoint ([a-z_.]+): (\w+)")


def failpoints() -> list[str]:
    """Every failpoint there is, read from the code."""
    found: set[str] = set()
    for folder in ("ingest", "connectors", "warehouse", "streams", "dashboard"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name != "failpoint.py":
                found.update(_CALL.findall(path.read_text(encoding="utf-8")))
    return sorted(found)


def failpoints_of(name: str) -> list[str]:
    """Those that a process comes by."""
    beginnings = next((names for beginning, names in FOLDERS.items() if name.startswith(beginning)), ())
    return [failpoint for failpoint in failpoints() if failpoint.split(".")[0] in beginnings]


class ProcessGroup:
    """Keeps the processes running.

    Args:
        stack: whose processes.
        names: which.
        environments: by process, variables of its processes only.
        modules: by process, the program that takes its place.
        arm: asked at each start of a process: the failpoints to arm, as the setting names them.
        pause: asked at each end of a process: seconds until it is started again.
    """

    def __init__(
        self,
        stack: Stack,
        names: Sequence[str],
        environments: Mapping[str, Mapping[str, str]],
        modules: Mapping[str, str],
        arm: Callable[[str], str],
        pause: Callable[[], float],
    ) -> None:
        self.stack = stack
        self.names = list(names)
        self.kills: Counter[str] = Counter()
        """By process, how often it was ended with -9 by a signal."""
        self.fired: Counter[str] = Counter()
        """By `failpoint action`, how often one went off."""
        self.fired_in: Counter[tuple[str, str]] = Counter()
        """By process and failpoint, the same."""
        self.crashes: Counter[str] = Counter()
        """By process, how often it ended though nobody had killed it."""
        self.armed: dict[str, str] = {}
        """By process that runs, what is armed in it."""
        self._environments = environments
        self._modules = modules
        self._arm = arm
        self._pause = pause
        self._due: dict[str, float] = {}
        self._killed: set[str] = set()
        self._away: set[str] = set()
        self._read: dict[str, int] = {}
        self._frozen_by_itself: dict[str, float] = {}

    def start(self, name: str) -> None:
        """Start a process now."""
        self.armed[name] = self._arm(name)
        self._killed.discard(name)
        self._away.discard(name)
        self._due.pop(name, None)
        environment = {**self._environments.get(name, {}), "IOC_FAILPOINTS": self.armed[name]}
        self.stack.start(name, self._modules.get(name), environment)

    def supervise(self) -> None:
        """Notice who has ended, start again whose time has come, wake who has frozen itself."""
        now = time.monotonic()
        for name in self.names:
            if self.stack.pid(name) is None and name not in self._away:
                if name not in self._due:
                    self._ended(name)
                    self._due[name] = now + self._pause()
                elif self._due[name] <= now:
                    self.start(name)
            elif self.armed.get(name, "").endswith("freeze"):
                self._wake(name, now)

    def alive(self, name: str) -> bool:
        """Whether a process of it runs."""
        return self.stack.pid(name) is not None

    def kill(self, name: str) -> bool:
        """End it with -9, Kafka's Java alone for `kafka`; whether there was anything to end."""
        process = self.process(name)
        if process is None:
            return False
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
        self.kills[name] += 1
        if name != "kafka":
            self._killed.add(name)
        return True

    def signal(self, name: str, number: int) -> bool:
        """Send another signal; whether there was anybody to get it."""
        process = self.process(name)
        if process is None:
            return False
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        return True

    def leave(self, name: str) -> bool:
        """Ask it to end, and do not start it again until `start`; whether it ran."""
        self._away.add(name)
        return self.signal(name, signal.SIGTERM)

    def come_back(self) -> None:
        """Start the processes that were asked to end again, like all others."""
        self._away.clear()

    def process(self, name: str) -> psutil.Process | None:
        """Its process; `None` if none runs."""
        pid = self.stack.pid("ingest" if name == "kafka" else name)
        if pid is None:
            return None
        try:
            process = psutil.Process(pid)
            if name != "kafka":
                return process
            return next((one for one in process.children() if one.name() == "java"), None)
        except psutil.NoSuchProcess:
            return None

    def log(self, name: str) -> Path:
        """Its log file."""
        return self.stack.folder / "logs" / f"{name}.log"

    def count_fired(self) -> None:
        """Read from the logs which failpoints went off since the last time."""
        for name in self.names:
            self._new_fires(name)

    @property
    def total_kills(self) -> int:
        """By signal and by failpoint."""
        return sum(self.kills.values()) + sum(n for what, n in self.fired.items() if what.endswith(" kill"))

    def _ended(self, name: str) -> None:
        if not self._new_fires(name) and name not in self._killed:
            self.crashes[name] += 1
        self.armed.pop(name, None)
        self._frozen_by_itself.pop(name, None)

    def _new_fires(self, name: str) -> int:
        """Count the failpoints that went off in a process since the last time."""
        path = self.log(name)
        if not path.exists():
            return 0
        with path.open("rb") as file:
            file.seek(self._read.get(name, 0))
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read[name] = self._read.get(name, 0) + len(whole)
        fires = _FIRED.findall(whole.decode("utf-8", "replace"))
        for failpoint, action in fires:
            self.fired[f"{failpoint} {action}"] += 1
            self.fired_in[name, failpoint] += 1
        return len(fires)

    def _wake(self, name: str, now: float) -> None:
        process = self.process(name)
        with suppress(psutil.NoSuchProcess):
            if process is None or process.status() != psutil.STATUS_STOPPED:
                self._frozen_by_itself.pop(name, None)
            elif now - self._frozen_by_itself.setdefault(name, now) > 4 * self._pause() + 2:
                process.send_signal(signal.SIGCONT)
                del self._frozen_by_itself[name]
