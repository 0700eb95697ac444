"""Liveness of the processes: one that hangs is ended by force, and supervisor starts it again.

A process is judged once it has answered as the process it is now: one whose health port is taken by another program is left alone.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import NamedTuple

import psutil

from commands.install.ports import ProcessPort
from commands.install.processes import ManagedProcess
from commands.supervision.probe import HealthReport, is_alive
from commands.supervision.supervisor import ProcessState

LIMIT = timedelta(seconds=60)
"""How long a process may hang."""

LONGEST_GAP = timedelta(seconds=15)
"""Time between two looks after which they do not belong together: we were asleep ourselves."""


class HungProcess(NamedTuple):
    """A process that was ended because it hung."""

    process: ManagedProcess
    why: str


@dataclass
class _Known:
    """A process that has answered, and since when it does not, or says that it hangs."""

    pid: int
    failing_since: float | None = None


class LivenessMonitor:
    """Looks after the processes of an install.

    Args:
        found: its processes.
        limit: how long one may hang.
        question: how to ask; for tests.
        end: how to end one that hangs; for tests.
    """

    def __init__(
        self,
        found: Sequence[ManagedProcess],
        limit: timedelta = LIMIT,
        question: Callable[[ProcessPort], HealthReport | None] = is_alive,
        end: Callable[[int], bool] | None = None,
    ) -> None:
        self._ports = {process.name: (process, process.health) for process in found if process.health}
        self._limit = limit.total_seconds()
        self._question = question
        self._end = end or _ended
        self._known: dict[str, _Known] = {}
        self._looked_at = monotonic()
        self._askers = ThreadPoolExecutor(max_workers=8, thread_name_prefix="liveness")

    def look(self, states: Sequence[ProcessState]) -> list[HungProcess]:
        """Ask every running process, and end those that have hung for too long.

        Returns:
            The ended ones.
        """
        began, before = monotonic(), self._looked_at
        if began - before > LONGEST_GAP.total_seconds():
            self._known.clear()
        self._looked_at = began
        asked = [
            (state, *self._ports[state.name])
            for state in states
            if state.state == "RUNNING" and state.name in self._ports
        ]
        answers = list(self._askers.map(self._question, [port for _, _, port in asked]))
        return [
            HungProcess(process, why)
            for (state, process, _), answer in zip(asked, answers, strict=True)
            if (why := self._judged(state, answer)) and self._end(state.pid)
        ]

    def _judged(self, state: ProcessState, answer: HealthReport | None) -> str:
        """Why a process has to be ended; empty if it has not."""
        if answer is not None and answer.pid == state.pid and answer.alive:
            self._known[state.name] = _Known(state.pid)
            return ""
        known = self._known.get(state.name)
        if known is None or known.pid != state.pid:
            return ""
        now = monotonic()
        known.failing_since = known.failing_since or now
        if now - known.failing_since < self._limit:
            return ""
        del self._known[state.name]
        return answer.faults.get("loop", "") if answer and answer.pid == state.pid else "no answer"


def _ended(pid: int) -> bool:
    """Kill a process and its children; a frozen one obeys nothing else."""
    try:
        process = psutil.Process(pid)
        for one in [*process.children(recursive=True), process]:
            one.kill()
    except psutil.NoSuchProcess:
        return False
    return True
