"""Store gauges: what is measured of the warehouse's content from time to time, for `/metrics`."""

import math

from ingest import metrics
from ingest.clock import Clock, milliseconds
from ingest.topic import topic_of
from warehouse.client import Client

_NEWEST = """
SELECT max(at_ms) FROM raw_events
WHERE topic = %(topic)s AND at_ms > %(after)s AND kind IN ('source.heartbeat', 'system.heartbeat')
"""
_OLDEST_LETTER = """
SELECT count(), toUnixTimestamp64Milli(min(received_at)) FROM raw_dead_letters
WHERE id NOT IN (SELECT id FROM raw_letter_replays FINAL WHERE outcome = 'sent')
"""
_PARTS = "SELECT table, count() FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table"
_FREE = "SELECT min(free_space) FROM system.disks"
_AUDIT = "SELECT differences FROM audits ORDER BY started_at DESC LIMIT 1"


class StoreGauges:
    """Measures the warehouse.

    Args:
        client: an open connection, used only here.
        clock: the install's.
    """

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._newest_ms = 0
        self._oldest_letter_ms: int | None = None
        metrics.HEARTBEAT_AGE.labels(metrics.STORED).set_function(self.heartbeat_age)
        metrics.DLQ_OLDEST.set_function(self._letter_age)
        for unknown in (metrics.FREE_BYTES, metrics.MISMATCHES):
            unknown.set(math.nan)

    def look_for_heartbeat(self) -> None:
        """Look whether there is a newer heartbeat; its age goes on growing by itself, also while nobody can look.

        Raises:
            Unavailable: the warehouse is away.
        """
        asked = {"topic": topic_of("health"), "after": self._newest_ms}
        self._newest_ms = max(self._newest_ms, self._client.query(_NEWEST, asked)[0][0])

    def take(self) -> None:
        """Measure everything else.

        Raises:
            Unavailable: the warehouse is away.
        """
        count, oldest = self._client.query(_OLDEST_LETTER)[0]
        self._oldest_letter_ms = oldest if count else None
        for table, parts in self._client.query(_PARTS):
            metrics.PARTS.labels(table).set(parts)
        metrics.FREE_BYTES.set(self._client.query(_FREE)[0][0])
        for (differences,) in self._client.query(_AUDIT):
            metrics.MISMATCHES.set(differences)

    def heartbeat_age(self) -> float:
        """Seconds since the newest heartbeat that can be queried, by the install's clock; NaN when there never was one."""
        return self._age(self._newest_ms) if self._newest_ms else math.nan

    def _letter_age(self) -> float:
        return 0.0 if self._oldest_letter_ms is None else self._age(self._oldest_letter_ms)

    def _age(self, at_ms: int) -> float:
        return max(0.0, (milliseconds(self._clock.now()) - at_ms) / 1000)
