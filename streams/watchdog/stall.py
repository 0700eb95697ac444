"""Stall: ends a worker that takes nothing though Kafka has something for it and nothing is away.

Faust and aiokafka are known to stop without a word: a fetcher that waits for ever, a rebalance that never ends (faust-streaming #175,
#229, #640; aiokafka #1154). Whether there is something is therefore asked on a connection of its own, from a thread of its own.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic
from typing import NamedTuple

from ingest.contract.errors import ConfigurationError, Unavailable
from streams.watchdog import exit
from warehouse.store.positions import PartitionKey

log = logging.getLogger(__name__)

LIMIT = timedelta(seconds=60)
"""How long nothing may be taken."""

LOOK_EVERY = timedelta(seconds=10)


class WorkerActivity(NamedTuple):
    """Where the worker is."""

    moves: int
    """Grows with everything that it takes or recovers."""
    positions: Mapping[PartitionKey, int]
    """Kafka's offset of the next record of each partition that should get on."""
    is_rebalancing: bool
    """Whether partitions are being shared out anew."""


class StallWatchdog:
    """Looks now and then whether the worker gets on.

    Args:
        state: where the worker is; called from the watch's thread.
        ends: Kafka's offset after the last record, of every partition; raises `Unavailable`.
        ping: a sign of life of the warehouse; raises `Unavailable`.
        end: what ends the process.
        now: seconds that pass.
    """

    def __init__(
        self,
        state: Callable[[], WorkerActivity],
        ends: Callable[[], Mapping[PartitionKey, int]],
        ping: Callable[[], None],
        end: Callable[[int], object] = exit.end_process,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._state = state
        self._ends = ends
        self._ping = ping
        self._end = end
        self._now = now
        self._moves = -1
        self._since = now()

    def start(self) -> None:
        """Look from now on, in a thread of its own."""
        threading.Thread(target=self._run, name="stall watch", daemon=True).start()

    def look(self) -> None:
        """End the process if it has stalled."""
        state = self._state()
        if state.moves != self._moves or not self._has_to_move(state):
            self._moves, self._since = state.moves, self._now()
        elif self._now() - self._since > LIMIT.total_seconds():
            log.critical(
                "no progress for %.0f s although Kafka has records and the warehouse answers: this process ends so that it is restarted",
                self._now() - self._since,
            )
            self._end(exit.STALLED)

    def _has_to_move(self, state: WorkerActivity) -> bool:
        """Whether there is something to do and nothing to wait for."""
        if self._now() - self._since < LOOK_EVERY.total_seconds():
            return True  # too early to ask others
        try:
            ends = self._ends()
            self._ping()
        except (Unavailable, ConfigurationError):
            return False
        behind = any(ends.get(place, 0) > position for place, position in state.positions.items())
        return state.is_rebalancing or behind

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(LOOK_EVERY.total_seconds())
            self.look()
