"""Metrics: what every process counts and measures for Prometheus, declared once; which of them a process fills it says at its start.

Names and units as Prometheus has them: seconds, bytes, `_total` for what only grows. No label holds an id of anything: connectors,
topics, partitions, tables and reason codes are few. Nothing is counted event by event where events are many: by batch or flush.
"""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.core import CounterMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

VERSION = "0.1.0"
"""The application's, as in `pyproject.toml`, which is not where the code runs."""

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_FRESH = (0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 3600, 86_400)
_ROWS = (1, 10, 100, 1_000, 5_000, 10_000, 20_000, 50_000, 100_000)

# -- On the way into Kafka

EVENT_BYTES = Counter("ioc_event_bytes_total", "Bytes of events that Kafka has acknowledged.", registry=None)
PRODUCE_SECONDS = Histogram(
    "ioc_kafka_produce_duration_seconds",
    "Time until Kafka had acknowledged a batch.",
    buckets=_QUICK,
    registry=None,
)
DEAD_LETTERS = Counter("ioc_dlq_records_total", "Dead letters that Kafka has acknowledged.", ("reason",), registry=None)
AUTH_FAILURES = Counter(
    "ioc_auth_failures_total", "Requests refused because of a wrong password, key or signature.", registry=None
)

# -- From Kafka into the warehouse

LAG_RECORDS = Gauge(
    "ioc_consumer_lag_records",
    "Records in Kafka that cannot be queried in the warehouse yet.",
    ("topic", "partition"),
    registry=None,
)
LAG_SECONDS = Gauge(
    "ioc_consumer_lag_seconds",
    "Age of the oldest of them by Kafka's timestamp and the real clock; 0 when there is none.",
    ("topic", "partition"),
    registry=None,
)
OFFSET_AGE = Gauge(
    "ioc_committed_offset_age_seconds",
    "Time since the position of a partition last moved while something waits there; 0 when nothing waits.",
    ("topic", "partition"),
    registry=None,
)
BATCH_ROWS = Histogram("ioc_sink_batch_rows", "Rows of one insert.", ("table",), buckets=_ROWS, registry=None)
INSERT_SECONDS = Histogram(
    "ioc_sink_insert_duration_seconds",
    "Time until the warehouse had confirmed an insert.",
    ("table",),
    buckets=_QUICK,
    registry=None,
)
INSERT_RETRIES = Counter(
    "ioc_sink_insert_retries_total",
    "Inserts that the warehouse did not confirm and that have to be done again, by ClickHouse's code.",
    ("code",),
    registry=None,
)
LATE_EVENTS = Counter(
    "ioc_late_events_total", "Figures of closed windows that an event changed afterwards.", registry=None
)
DUPLICATE_EVENTS = Counter(
    "ioc_duplicate_events_total",
    "Records whose id had been stored before: `repeat` with the same content, `conflict` with another.",
    ("kind",),
    registry=None,
)
SET_ASIDE = Counter(
    "ioc_set_aside_records_total",
    "Records that became dead letters because the fold or the sink fails at what they say, by topic and reason.",
    ("topic", "reason"),
    registry=None,
)

# -- What is stored

DLQ_OLDEST = Gauge(
    "ioc_dlq_oldest_age_seconds",
    "Age of the oldest dead letter that nobody has sent again, by the install's clock; 0 when there is none.",
    registry=None,
)
MISMATCHES = Gauge("ioc_reconcile_mismatch_rows", "Differences that the newest audit found.", registry=None)
PARTS = Gauge("ioc_store_parts", "Active parts of the warehouse's tables.", ("table",), registry=None)
FREE_BYTES = Gauge("ioc_store_free_bytes", "Free space where the warehouse stores.", registry=None)

# -- What is shown

SQL_QUERIES = Counter("ioc_sql_queries_total", "Ad-hoc queries by what became of them.", ("outcome",), registry=None)
SQL_REJECTED = Counter(
    "ioc_sql_rejected_total", "Ad-hoc queries that broke a rule or a limit.", ("reason",), registry=None
)
BOARD_CORRECTIONS = Counter(
    "ioc_board_corrections_total",
    "Values that the board had to correct when it compared its memory with the warehouse.",
    registry=None,
)
FEED_REQUESTS = Counter(
    "ioc_feed_requests_total", "Answers of the city's feed by HTTP status.", ("status",), registry=None
)

# -- The whole way

FRESHNESS = Histogram(
    "ioc_event_freshness_seconds",
    "From the time of an event until it was there, by the install's clock; the newest event of a batch. "
    "`kafka`: acknowledged; `stored`: can be queried; `board`: in the board's memory.",
    ("stage",),
    buckets=_FRESH,
    registry=None,
)
HEARTBEAT_AGE = Gauge(
    "ioc_heartbeat_age_seconds",
    "Age of the newest heartbeat that got so far, by the install's clock. "
    "`kafka`: acknowledged; `stored`: can be queried; `board`: in the board's memory; `feed`: in the city's feed.",
    ("path",),
    registry=None,
)

IN_KAFKA, STORED, ON_BOARD, IN_FEED = "kafka", "stored", "board", "feed"

OF_CONNECTORS = (EVENT_BYTES, PRODUCE_SECONDS, DEAD_LETTERS, AUTH_FAILURES, FRESHNESS, HEARTBEAT_AGE)
OF_STREAMS = (
    *(PRODUCE_SECONDS, DEAD_LETTERS, LAG_RECORDS, LAG_SECONDS, OFFSET_AGE, BATCH_ROWS, INSERT_SECONDS),
    *(INSERT_RETRIES, LATE_EVENTS, DUPLICATE_EVENTS, SET_ASIDE, FRESHNESS),
)
OF_WAREHOUSE = (DLQ_OLDEST, MISMATCHES, PARTS, FREE_BYTES, HEARTBEAT_AGE)
OF_BOARD = (SQL_QUERIES, SQL_REJECTED, FEED_REQUESTS, BOARD_CORRECTIONS, AUTH_FAILURES, FRESHNESS, HEARTBEAT_AGE)
"""Which process fills which."""

OUTCOMES = {
    "events": "accepted",
    "dead_letters": "dead_letter",
    "repeated": "repeated",
    "dropped": "dropped",
    "held_back": "held_back",
}
"""What a mapping counts, and what that is called here; with `refused_<status>` for posts."""


class ReceivedCollector(Collector):
    """By connector, what became of what its source sent: read from the counts that mappings keep anyway.

    Args:
        counts: by connector id, its counts as they are now.
    """

    def __init__(self, counts: Callable[[], Mapping[str, Mapping[str, int]]]) -> None:
        self._counts = counts

    def collect(self) -> Iterable[CounterMetricFamily]:
        """One family."""
        found = CounterMetricFamily(
            "ioc_events_received_total", "What became of what sources sent.", labels=("connector", "outcome")
        )
        for connector, counts in self._counts().items():
            for name, count in dict(counts).items():
                outcome = OUTCOMES.get(name, name if name.startswith("refused") else "")
                if outcome:
                    found.add_metric((connector, outcome), count)
        yield found


def registry(*filled: Collector) -> CollectorRegistry:
    """The metrics of one process: those that it fills, and what is known of any process.

    Args:
        filled: from above.
    """
    made = CollectorRegistry()
    ProcessCollector(registry=made)
    build = Info("ioc_build", "What runs here.", registry=made)
    build.info({"version": VERSION})
    for collector in filled:
        made.register(collector)
    return made
