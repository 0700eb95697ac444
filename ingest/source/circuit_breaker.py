"""Circuit breaker: a source whose messages are suddenly invalid is held back instead of being emptied into the dead letters.

Each connector has one. While it has tripped the source keeps its messages: a poll's cursor stays, a webhook is
answered 503, MQTT is not acknowledged, and the source is reported as down. Every few minutes a few messages are tried, so that a
source that was fixed goes on by itself; a fixed connector comes with a restart, which begins with a closed breaker.
"""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta

from ingest.source.failure_rate import FailureRate
from ingest.source.status import SourceStatus

log = logging.getLogger(__name__)

PAUSE = timedelta(minutes=5)
"""How long nothing is taken after it has tripped, and after a trial that was as bad."""

TRIED = 20
"""How many messages a trial consists of, where they come one by one."""

CAUSE = "flood"
"""What the source's status says."""


class CircuitBreaker:
    """Whether one source's messages are taken.

    Args:
        source_status: the source's.
        allowance: messages that may be invalid before they are counted, because somebody decided so.
    """

    def __init__(self, source_status: SourceStatus, allowance: int = 0) -> None:
        self.allowance = allowance
        self._source_status = source_status
        self._rate = FailureRate()
        self._rate.allow(allowance)
        self._until = 0.0
        self._tried: list[bool] = []

    @property
    def is_open(self) -> bool:
        """Whether it has tripped: the source is held back, but for trials."""
        return self._rate.tripped is not None

    def left(self) -> float:
        """Seconds until the next trial; 0 when it may be now, or nothing is held back."""
        return max(0.0, self._until - time.monotonic()) if self.is_open else 0.0

    def admits(self) -> bool:
        """Whether one more message may be taken; whoever takes one says at once what it was, by `judge`."""
        return not self.left()

    def judge(self, is_bad: bool) -> bool:
        """Count one message.

        Returns:
            Whether it may go on, to Kafka or to the dead letters; False for the one that trips it.
        """
        if not self.is_open:
            return self._count([is_bad])
        self._tried.append(is_bad)
        if len(self._tried) >= TRIED:
            self._decide(self._tried)
        return True

    def judge_page(self, bads: Sequence[bool]) -> bool:
        """Count messages that go on together or not at all; while the breaker is open they are a trial of their own."""
        if not bads:
            return True
        return self._decide(bads) if self.is_open else self._count(bads)

    def trip(self, why: str) -> None:
        """Hold the source back: somebody else has found that its messages are invalid.

        Args:
            why: for the log.
        """
        self._rate.tripped = why
        self._open()

    def _count(self, bads: Sequence[bool]) -> bool:
        """Whether the breaker is still closed after these."""
        for is_bad in bads:
            self._rate.judge(is_bad)
        if self._rate.tripped is None:
            return True
        self._open()
        return False

    def _decide(self, bads: Sequence[bool]) -> bool:
        """After a trial: closed again if most of it was valid; what is bad from now on is counted anew."""
        if 2 * sum(bads) >= len(bads):
            self._open()
            return False
        self._rate.allow(0)
        self._source_status.release("flood_over")
        log.warning("%s: its messages are valid again; the circuit breaker is closed", self._source_status.source_id)
        return True

    def _open(self) -> None:
        self._until = time.monotonic() + PAUSE.total_seconds()
        self._tried = []
        self._source_status.hold(CAUSE)
        log.error(
            "%s: circuit breaker open, because %s of its messages are invalid. The source keeps them. Look at the dead letters; a few are "
            "tried every %.0f s. Update and restart the connectors, or set IOC_CONNECTORS_ALLOWANCES__%s to let that many pass.",
            self._source_status.source_id,
            self._rate.tripped,
            PAUSE.total_seconds(),
            self._source_status.source_id.upper(),
        )
