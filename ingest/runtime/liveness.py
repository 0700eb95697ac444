"""Liveness: whether a process still does its work, judged by another thread than the one that does it.

Two signs: the pulse, which the process's own loop gives, and progress - work that waits has to move. While something that the
work needs is away, waiting is not a fault: a process that is ended for an outage of its neighbour helps nobody.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from time import monotonic

from ingest.runtime.readiness import Readiness

LONGEST_TICK = timedelta(seconds=10)
"""Age of the pulse from which a loop counts as hanging."""

BEAT_EVERY = timedelta(seconds=1)

LONGEST_WAIT = timedelta(seconds=60)
"""How long work may wait without any progress."""


class Pulse:
    """The heartbeat of a loop. Not judged before its first beat, nor while it rests."""

    def __init__(self) -> None:
        self._at: float | None = None

    @property
    def age(self) -> float | None:
        """Seconds since the last beat; `None` while it is not judged."""
        at = self._at
        return None if at is None else monotonic() - at

    def beat(self) -> None:
        """The loop goes on."""
        self._at = monotonic()

    def rest(self) -> None:
        """Something begins that has a time limit of its own: not judged until the next beat."""
        self._at = None

    async def run(self) -> None:
        """Beat for an event loop, for ever."""
        while True:
            self.beat()
            await asyncio.sleep(BEAT_EVERY.total_seconds())


class Progress:
    """How far some work has got; whoever does it notes that once a second or so.

    Args:
        name: what it is called in a fault.
        needs: names of the checks without which it cannot move.
        limit: how long it may wait without moving.
    """

    def __init__(self, name: str, needs: Collection[str] = (), limit: timedelta = LONGEST_WAIT) -> None:
        self.name = name
        self.needs = frozenset(needs)
        self.limit = limit.total_seconds()
        self._waits = False
        self._moved_at = monotonic()
        self._place: object = None

    def note(self, waits: bool, place: object) -> None:
        """Say how things are.

        Args:
            waits: whether there is something to do.
            place: how far it has got: any value that is another one after progress.
        """
        if not waits or place != self._place:
            self._moved_at = monotonic()
        self._waits, self._place = waits, place

    def stalled(self, since: float = 0.0) -> float:
        """Seconds that work has been waiting without progress, counted from `since` (of the monotonic clock) at the earliest."""
        return max(0.0, monotonic() - max(self._moved_at, since)) if self._waits else 0.0


class Liveness:
    """The verdict on one process.

    Args:
        pulse: its loop's.
        works: what has to move.
        readiness: tells whether what they need is there.
        longest_tick: how old the pulse may be.
    """

    def __init__(
        self,
        pulse: Pulse,
        works: Sequence[Progress] = (),
        readiness: Readiness | None = None,
        longest_tick: timedelta = LONGEST_TICK,
    ) -> None:
        self.pulse = pulse
        self.works = works
        self._readiness = readiness
        self._longest_tick = longest_tick.total_seconds()

    def fault(self) -> str:
        """What is wrong, in one sentence; empty when it lives."""
        tick = self.pulse.age
        if tick is not None and tick > self._longest_tick:
            return f"the loop has not ticked for {tick:.0f} s"
        if tick is None:
            return ""  # still starting, or in something with a limit of its own: nobody notes progress either
        for work in self.works:
            well_since = self._well_since(work)
            if well_since is not None and (stalled := work.stalled(well_since)) > work.limit:
                return f"{work.name}: work has waited for {stalled:.0f} s without progress"
        return ""

    def _well_since(self, work: Progress) -> float | None:
        """Since when all that the work needs has been there; `None` if some of it is not."""
        if self._readiness is None or not work.needs:
            return 0.0
        moments = [self._readiness.well_since(name) for name in work.needs]
        return None if None in moments else max(moment for moment in moments if moment is not None)
