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
    "connectors": ("producer", "intake", "poll", "mqtt"),
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


def failpoints_of(part: str) -> list[str]:
    """Those that a process comes by."""
    beginnings = next((names for beginning, names in FOLDERS.items() if part.startswith(beginning)), ())
    return [name for name in failpoints() if name.split(".")[0] in beginnings]


class ProcessGroup:
    """Keeps the processes running.

    Args:
        stack: whose processes.
        parts: their names.
        environments: by process, variables of its processes only.
        modules: by process, the program that takes its place.
        arm: asked at each start of a process: the failpoints to arm, as the setting names them.
        pause: asked at each end of a process: seconds until it is started again.
    """

    def __init__(
        self,
        stack: Stack,
        parts: Sequence[str],
        environments: Mapping[str, Mapping[str, str]],
        modules: Mapping[str, str],
        arm: Callable[[str], str],
        pause: Callable[[], float],
    ) -> None:
        self.stack = stack
        self.parts = list(parts)
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

    def start(self, part: str) -> None:
        """Start a process now."""
        self.armed[part] = self._arm(part)
        self._killed.discard(part)
        self._away.discard(part)
        self._due.pop(part, None)
        environment = {**self._environments.get(part, {}), "IOC_FAILPOINTS": self.armed[part]}
        self.stack.start(part, self._modules.get(part), environment)

    def tend(self) -> None:
        """Notice who has ended, start again whose time has come, wake who has frozen itself."""
        now = time.monotonic()
        for part in self.parts:
            if self.stack.pid(part) is None and part not in self._away:
                if part not in self._due:
                    self._ended(part)
                    self._due[part] = now + self._pause()
                elif self._due[part] <= now:
                    self.start(part)
            elif self.armed.get(part, "").endswith("freeze"):
                self._wake(part, now)

    def alive(self, part: str) -> bool:
        """Whether a process of it runs."""
        return self.stack.pid(part) is not None

    def kill(self, part: str) -> bool:
        """End it with -9, Kafka's Java alone for `kafka`; whether there was anything to end."""
        process = self.process(part)
        if process is None:
            return False
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
        self.kills[part] += 1
        if part != "kafka":
            self._killed.add(part)
        return True

    def signal(self, part: str, number: int) -> bool:
        """Send another signal; whether there was anybody to get it."""
        process = self.process(part)
        if process is None:
            return False
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        return True

    def leave(self, part: str) -> bool:
        """Ask it to end, and do not start it again until `start`; whether it ran."""
        self._away.add(part)
        return self.signal(part, signal.SIGTERM)

    def come_back(self) -> None:
        """Whoever was asked to end is started again, as everybody else."""
        self._away.clear()

    def process(self, part: str) -> psutil.Process | None:
        """Its process; `None` if none runs."""
        pid = self.stack.pid("ingest" if part == "kafka" else part)
        if pid is None:
            return None
        try:
            process = psutil.Process(pid)
            if part != "kafka":
                return process
            return next((one for one in process.children() if one.name() == "java"), None)
        except psutil.NoSuchProcess:
            return None

    def log(self, part: str) -> Path:
        """Its log file."""
        return self.stack.folder / "logs" / f"{part}.log"

    def count_fired(self) -> None:
        """Read from the logs which failpoints went off since the last time."""
        for part in self.parts:
            self._new_fires(part)

    @property
    def total_kills(self) -> int:
        """By signal and by failpoint."""
        return sum(self.kills.values()) + sum(n for what, n in self.fired.items() if what.endswith(" kill"))

    def _ended(self, part: str) -> None:
        if not self._new_fires(part) and part not in self._killed:
            self.crashes[part] += 1
        self.armed.pop(part, None)
        self._frozen_by_itself.pop(part, None)

    def _new_fires(self, part: str) -> int:
        """Count the failpoints that went off in a process since the last time."""
        path = self.log(part)
        if not path.exists():
            return 0
        with path.open("rb") as file:
            file.seek(self._read.get(part, 0))
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read[part] = self._read.get(part, 0) + len(whole)
        fires = _FIRED.findall(whole.decode("utf-8", "replace"))
        for name, action in fires:
            self.fired[f"{name} {action}"] += 1
            self.fired_in[part, name] += 1
        return len(fires)

    def _wake(self, part: str, now: float) -> None:
        process = self.process(part)
        with suppress(psutil.NoSuchProcess):
            if process is None or process.status() != psutil.STATUS_STOPPED:
                self._frozen_by_itself.pop(part, None)
            elif now - self._frozen_by_itself.setdefault(part, now) > 4 * self._pause() + 2:
                process.send_signal(signal.SIGCONT)
                del self._frozen_by_itself[part]
