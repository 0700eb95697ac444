"""Storm: the nemesis itself - what happens to whom and when, by a seed."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from random import Random

import psutil

from commands.developers.nemesis.faults.processes import ProcessGroup, failpoints_of
from commands.developers.nemesis.faults.small_disk import SmallDisk
from commands.developers.nemesis.faults.tcp_proxy import TcpProxies, Way

PAUSE = (0.6, 3.2)
"""Seconds between two faults, from … to."""
GALE = (25.0, 45.0)
"""How long faults come one after the other …"""
LULL = (5.0, 9.0)
"""… and how long there is peace then, so that those who start again get anywhere."""
ARMED = 0.5
"""Share of starts with a failpoint armed."""
LONGEST_FREEZE = 15.0
LONGEST_STOP = 30.0
"""Seconds in which a process has to end when it is asked to, awake."""

ROLL_AT = (2.0, 6.0)
"""Seconds from the beginning to the first rolling restart of brokers and workers, where there are several brokers …"""
ROLL_EVERY = (90.0, 150.0)
"""… and from each to the next."""
BACK = 4.0
"""Seconds that a process which was restarted in turn has before the next is."""

KILLS = {
    "connectors": 20,
    "streams": 16,
    "dashboard": 12,
    "alarm": 14,
    "warehouse": 11,
    "kafka": 6,
    "broker": 3,
    "keeper": 3,
    "ingest": 1,
}
"""Who is killed how often, relative to each other: who starts quickly, more often. `kafka` is the only node, `broker` each of several."""
FREEZES = {"connectors": 3, "streams": 4, "warehouse": 3, "kafka": 2, "broker": 1, "alarm": 3, "dashboard": 1}
RESTARTS = {"connectors": 1, "streams": 1, "alarm": 1, "dashboard": 1}
FAULTS = {"kill": 68, "kill several": 4, "freeze": 9, "restart": 6, "cut": 13}

WAYS: tuple[Way, ...] = ("shut", "held", "deaf", "slow")


class Storm:
    """Makes faults for some minutes, and undoes each in its time.

    Args:
        minutes: how long it lasts, from `serve` on.
        gates: the doors.
        disk: what can be full; `None` where that cannot be tried.
        random: chooses.
        names: the processes.
    """

    def __init__(
        self, minutes: float, gates: TcpProxies, disk: SmallDisk | None, random: Random, names: Sequence[str]
    ) -> None:
        self._seconds = minutes * 60
        self._gates = gates
        self._disk = disk
        self._random = random
        self.counts: Counter[str] = Counter()
        """Faults by kind and whom."""
        self.rolled: Counter[str] = Counter()
        """By process, how often it was restarted in turn and ran again."""
        self.last_fault = time.monotonic()
        self._brokers = [name for name in names if name.startswith("kafka-")]
        self._names = [*names, *([] if self._brokers else ["kafka"])]
        self.notes: list[str] = []
        """What is not a breach, but ought to be known."""
        self._undo: list[tuple[float, Callable[[], object]]] = []
        self._group: ProcessGroup | None = None

    def serve(self, group: ProcessGroup) -> None:
        """Begin, with these processes."""
        self._group = group
        now = self._next = time.monotonic()
        self._over_at = now + self._seconds
        self._lull_at = now + self._random.uniform(*GALE)
        self._full_at = now + self._random.uniform(15, 60)
        self._roll_at = now + self._random.uniform(*ROLL_AT)

    def arm(self, name: str) -> str:
        """The failpoints to arm at a process's start; often none."""
        known = failpoints_of(name)
        if self._group is None or not known or self._random.random() >= ARMED:
            return ""
        count = self._random.choice((1, 1, 2, 4))
        action = self._random.choices(("kill", "freeze", "fail"), (8, 1, 1))[0]
        return f"{self._random.choice(known)}:{count}:{action}"

    @property
    def done(self) -> bool:
        """Whether its time is over."""
        return self._group is not None and time.monotonic() >= self._over_at

    def blow(self) -> None:
        """Undo what is due, and make the next fault if it is time."""
        if self._group is None:
            return
        now = time.monotonic()
        for due, undo in [one for one in self._undo if one[0] <= now]:
            self._undo.remove((due, undo))
            undo()
        if self._disk is not None and now >= self._full_at:
            self._fill(self._disk, now)
        if self._brokers and now >= self._roll_at:
            self._roll_at = now + self._random.uniform(*ROLL_EVERY)
            self._roll(self._group, [name for name in self._names if name.startswith(("kafka-", "streams-"))])
        if now < self._next:
            return
        self._fault(self._group, now)
        self.last_fault = time.monotonic()
        self._next = now + self._random.uniform(*PAUSE)
        if now >= self._lull_at:
            self._next = now + self._random.uniform(*LULL)
            self._lull_at = self._next + self._random.uniform(*GALE)

    def undo_all(self) -> None:
        """Undo everything that is not undone yet."""
        self._over_at = time.monotonic()
        for _, undo in self._undo:
            undo()
        self._undo.clear()
        self._gates.open_all()
        if self._group is not None:
            self._group.come_back()
        self._group = None

    def _fault(self, group: ProcessGroup, now: float) -> None:
        match self._one_of(FAULTS):
            case "kill":
                kills = self._weights(KILLS)
                self._kill(group, self._one_of({name: n for name, n in kills.items() if group.process(name)} or kills))
            case "kill several":
                for name in self._random.sample(sorted(self._names), self._random.randrange(2, len(self._names))):
                    self._kill(group, name)
            case "freeze":
                name = self._one_of(self._weights(FREEZES))
                if group.signal(name, signal.SIGSTOP):
                    self.counts[f"freeze {name}"] += 1
                    seconds = self._random.choice((1.5, 4.0, LONGEST_FREEZE)) * self._random.uniform(0.6, 1.0)
                    self._undo.append((now + seconds, partial(_thaw, group.process(name))))
            case "restart":
                name = self._one_of(self._weights(RESTARTS))
                if group.leave(name):
                    self.counts[f"restart {name}"] += 1
                    self._undo.append((now + self._random.uniform(2, 9), partial(self._back, group, name, now)))
            case _:
                self._cut(now)

    def _kill(self, group: ProcessGroup, name: str) -> None:
        if group.kill(name):
            self.counts[f"kill {name}"] += 1

    def _cut(self, now: float) -> None:
        gate, way = self._random.choice(sorted(self._gates.by_name)), self._random.choice(WAYS)
        self._gates.set(gate, way)
        self.counts[f"{way} {gate}"] += 1
        seconds = self._random.choice((0.3, 2.0, 8.0)) * self._random.uniform(0.5, 1.0)
        self._undo.append((now + seconds, lambda: self._gates.set(gate, "open")))

    def _fill(self, disk: SmallDisk, now: float) -> None:
        self._full_at = now + self._random.uniform(40, 80)
        what = self._random.choice(disk.names)
        disk.fill(what)
        self.counts[f"full disk {what}"] += 1
        self.last_fault = now
        self._undo.append((now + self._random.uniform(4, 12), lambda: disk.free(what)))

    def _back(self, group: ProcessGroup, name: str, since: float) -> None:
        """Start a process that was asked to end; by force where it does not."""
        now = time.monotonic()
        if not group.alive(name):
            group.start(name)
            return
        if now - since > LONGEST_STOP + LONGEST_FREEZE:
            self.notes.append(f"{name} had not ended {now - since:.0f} s after it was asked to")
            self._kill(group, name)
        self._undo.append((now + 1, partial(self._back, group, name, since)))

    def _roll(self, group: ProcessGroup, turn: list[str]) -> None:
        """Restart these processes, one after the other, as for an upgrade; what else happens goes on meanwhile."""
        now = time.monotonic()
        if not turn or now >= self._over_at:
            return
        group.leave(turn[0])
        self.last_fault = now
        self._undo.append((now + 0.2, partial(self._ended, group, turn, now)))

    def _ended(self, group: ProcessGroup, turn: list[str], since: float) -> None:
        """Start the first of these processes again once it has ended, by force where it does not, and go on with the next."""
        now, name = time.monotonic(), turn[0]
        if group.alive(name):
            if now - since > LONGEST_STOP + LONGEST_FREEZE:
                self.notes.append(f"{name} had not ended {now - since:.0f} s after it was asked to")
                self._kill(group, name)
            self._undo.append((now + 0.2, partial(self._ended, group, turn, since)))
            return
        group.start(name)
        self.rolled[name] += 1
        self._undo.append((now + BACK, partial(self._roll, group, turn[1:])))

    def _weights(self, table: dict[str, int]) -> dict[str, int]:
        """By process of this run, its weight in a table of kinds."""
        kinds = {name: "broker" if name in self._brokers else name.partition("-")[0] for name in self._names}
        return {name: table[kind] for name, kind in kinds.items() if kind in table}

    def _one_of(self, weights: dict[str, int]) -> str:
        return self._random.choices(list(weights), list(weights.values()))[0]


def _thaw(process: psutil.Process | None) -> None:
    with suppress(psutil.Error):
        if process is not None and process.is_running():
            process.resume()
