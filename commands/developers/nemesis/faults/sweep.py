"""Sweep: instead of a storm, every failpoint that there is goes off once - with -9, the first time the process comes by."""

import time
from collections import Counter

from commands.developers.nemesis.faults.processes import FOLDERS, ProcessGroup, failpoints_of

PATIENCE = 40.0
"""Seconds until a process has come by; then another process of the kind is asked, if there is one."""

SECOND = {"streams-1": "streams-2"}
"""Who is asked next."""


class Sweep:
    """Arms one failpoint after the other in each process, all processes at the same time; the processes are given in `serve`."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        """How many were armed, by process."""
        self.rolled: Counter[str] = Counter()
        """Nothing is restarted in turn here."""
        self.last_fault = time.monotonic()
        self.notes: list[str] = []
        """Failpoints that nobody came by."""
        self._queues: dict[str, list[str]] = {}
        self._since: dict[str, float] = {}
        self._group: ProcessGroup | None = None
        for name in (*FOLDERS, *SECOND.values()):
            first = "streams-1" if name == "streams" else name
            self._queues[first] = failpoints_of(name) if name in FOLDERS else []

    def serve(self, group: ProcessGroup) -> None:
        """Begin: end every process that comes by any, so that it starts with the first one armed."""
        self._group = group
        for name, queue in self._queues.items():
            if queue:
                group.kill(name)

    def arm(self, name: str) -> str:
        """What a process is started with."""
        if self._group is None or not self._queues.get(name):
            return ""
        self._since[name] = time.monotonic()
        self.counts[f"armed {name}"] += 1
        return f"{self._queues[name][0]}:1:kill"

    def blow(self) -> None:
        """See who has come by, and whom nobody will."""
        if self._group is None:
            return
        for name, queue in self._queues.items():
            if queue and self._group.fired_in[name, queue[0]]:
                queue.pop(0)
                self.last_fault = time.monotonic()
            elif queue and time.monotonic() - self._since.get(name, time.monotonic()) > PATIENCE:
                self._pass_on(name, queue.pop(0))

    @property
    def done(self) -> bool:
        """Whether every one has gone off, or never will."""
        return not any(self._queues.values())

    def undo_all(self) -> None:
        """There is nothing to undo."""
        self._queues.clear()

    def _pass_on(self, name: str, failpoint: str) -> None:
        self._since[name] = time.monotonic()  # until it runs again the next one is not late
        if name in SECOND:
            self._queues[SECOND[name]].append(failpoint)
        else:
            self.notes.append(f"nobody came by the failpoint {failpoint}")
        if self._group is not None:
            for one in {name, SECOND.get(name, name)}:
                self._group.kill(one)
