"""Reconcile: every record that Kafka holds is stored, once - as an event, a repeat or a dead letter - and nothing else is.

Offset by offset, counted by the hour at which Kafka took the record, up to where the workers are. Kafka's offsets have no gaps,
so a number that is missing is a record that is missing.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ingest.contract.clock import WARD_ZONE
from ingest.contract.events import streams
from ingest.contract.topic import topic_of
from ingest.kafka.offsets import LogExtents
from warehouse.audit.report import AuditedHour, AuditedStream, Difference
from warehouse.store.client import Client
from warehouse.store.positions import PartitionKey, PositionBase

MOST_RANGES = 1_000
"""At most so many missing ranges of one partition are listed."""

SAME_ID = timedelta(days=7)
"""An id that comes again within this time is a repeat and no event."""

MOST_HOURS = 14 * 24

_IDS_AT_ONCE = 4_000_000
_EVER = datetime.fromtimestamp(0, UTC)
_HOUR = timedelta(hours=1)


class PositionSpan(NamedTuple):
    """The positions of one partition that are compared: [start, end), cut by hours."""

    start: int
    end: int
    cuts: tuple[tuple[int, datetime], ...]
    """Where each hour begins, the first one at `start`."""


def event_topics() -> list[str]:
    """The topics of all events."""
    return [topic_of(stream) for stream in streams()]


def audit_hours(since: datetime | None, until: datetime) -> list[datetime]:
    """Begin of the hours to count by, up to `until`: from the one that holds `since`, or, when `None`, from ever on.

    What is older than `MOST_HOURS` is one.
    """
    last = until.replace(minute=0, second=0, microsecond=0)
    first = max(since or _EVER, last - MOST_HOURS * _HOUR).replace(minute=0, second=0, microsecond=0)
    counted = [first + number * _HOUR for number in range((last - first) // _HOUR + 1)]
    return counted if since is not None and since >= first else [since or _EVER, *counted]


def stored_ends(client: Client) -> dict[PartitionKey, int]:
    """By partition, the position after the newest record that is stored in any way."""
    rows = client.query(
        "SELECT topic, partition, max(offset) + 1 FROM ("
        "SELECT topic, partition, max(offset) AS offset FROM raw_events GROUP BY ALL "
        "UNION ALL SELECT topic, partition, max(offset) FROM raw_repeats GROUP BY ALL "
        "UNION ALL SELECT original_topic, toUInt32(partition), max(offset) FROM raw_dead_letters "
        "WHERE original_topic != '' AND partition >= 0 GROUP BY ALL) GROUP BY topic, partition"
    )
    return {(topic, partition): end for topic, partition, end in rows}


def comparable_spans(
    logs: LogExtents,
    moments: Sequence[datetime],
    known: dict[PartitionKey, list[PositionBase]],
    stored: dict[PartitionKey, int],
) -> tuple[dict[PartitionKey, PositionSpan], dict[PartitionKey, int]]:
    """What can be compared of each partition.

    Args:
        logs: what Kafka holds, with where each of `moments` begins.
        moments: begin of the first hour that is compared, and of all later ones.
        known: where partitions began in each log that they were read from.
        stored: `stored_ends`.

    Returns:
        The positions to compare, and how many records the workers are behind.
    """
    found: dict[PartitionKey, PositionSpan] = {}
    behind: dict[PartitionKey, int] = {}
    for place, log in logs.logs.items():
        base = base_of(known.get(place), logs.cluster)
        if base is None:
            behind[place] = log.latest - log.earliest
            continue
        done = max(log.committed or 0, stored.get(place, 0) - base.base)
        start = max(log.earliest + base.base, log.starts[0] + base.base, base.first)
        end = min(log.latest, done) + base.base
        behind[place] = max(0, log.latest - max(done, log.earliest))
        if start < end:
            cuts = {start: moments[0]}
            for offset, moment in zip(log.starts, moments, strict=True):
                if offset + base.base < end:
                    cuts[max(start, offset + base.base)] = moment
            found[place] = PositionSpan(start, end, tuple(sorted(cuts.items())))
    return found, behind


def partitions_beyond_kafka(
    logs: LogExtents, known: dict[PartitionKey, list[PositionBase]], stored: dict[PartitionKey, int]
) -> Iterator[Difference]:
    """Partitions of which more is stored, or was said to be processed, than Kafka ever had."""
    for place, log in logs.logs.items():
        base = base_of(known.get(place), logs.cluster)
        if base is None:
            continue
        for what, end in (("stored", stored.get(place, 0) - base.base), ("processed", log.committed or 0)):
            if end > log.latest:
                yield Difference(
                    "records", "beyond", name_positions(place), f"{what} to {end - 1}", f"Kafka to {log.latest - 1}"
                )


def count_records(client: Client, place: PartitionKey, span: PositionSpan, since: datetime) -> list[AuditedHour]:
    """What became of the records of one partition, hour by hour.

    Args:
        client: an open connection.
        place: topic and partition.
        span: the positions.
        since: real time before which none of them was stored.
    """
    begins = [offset for offset, _ in span.cuts]
    ends = [*begins[1:], span.end]
    counted = {
        begin: AuditedHour(moment, kafka=end - begin) for (begin, moment), end in zip(span.cuts, ends, strict=True)
    }
    bucket = f"roundDown(offset, {begins})"
    for begin, raw, repeats, conflicts, dead_letters, there, doubled in client.query(
        f"SELECT {bucket} AS begin, countIf(raws > 0), countIf(repeats > 0), countIf(conflict), countIf(letters > 0), count(), "
        f"countIf(raws + repeats + letters > 1) FROM ({_places(since)}) GROUP BY begin",
        _parameters(place, span),
    ):
        hour = counted[begin]
        hour.raw, hour.repeats, hour.conflicts, hour.dead_letters, hour.doubled = (
            raw,
            repeats,
            conflicts,
            dead_letters,
            doubled,
        )
        hour.missing = hour.kafka - there
    for hour in counted.values():
        if not (hour.raw or hour.repeats or hour.dead_letters):
            hour.missing = hour.kafka
    for begin, kind, events in client.query(
        f"SELECT {bucket} AS begin, toString(kind), uniqExact(offset) FROM raw_events WHERE topic = %(topic)s AND {_WITHIN} "
        f"AND ingested_at >= {_sql_moment(since)} GROUP BY begin, kind ORDER BY kind",
        _parameters(place, span),
    ):
        counted[begin].kinds[kind] = events
    return list(counted.values())


def missing_ranges(client: Client, place: PartitionKey, span: PositionSpan, since: datetime) -> list[tuple[int, int]]:
    """The ranges of positions, both ends included, of which nothing is stored."""
    rows = client.query(
        "SELECT before + 1, offset - 1 FROM ("
        "SELECT offset, lagInFrame(offset, 1, toInt64(%(start)s - 1)) OVER (ORDER BY offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) "
        f"AS before FROM (SELECT offset FROM ({_places(since)}) UNION ALL SELECT toInt64(%(end)s))) "
        f"WHERE offset > before + 1 ORDER BY offset LIMIT {MOST_RANGES}",
        _parameters(place, span),
    )
    return [(first, last) for first, last in rows]


def doubled_positions(
    client: Client, place: PartitionKey, span: PositionSpan, since: datetime
) -> list[tuple[int, int, int, int]]:
    """Positions at which more than one record is stored: offset, and how many events, repeats and dead letters."""
    return client.query(
        f"SELECT offset, raws, repeats, letters FROM ({_places(since)}) WHERE raws + repeats + letters > 1 "
        f"ORDER BY offset LIMIT {MOST_RANGES}",
        _parameters(place, span),
    )


def repeated_ids(client: Client, topic: str, since: datetime) -> list[tuple[int, str, list[int]]]:
    """Ids under which several events are stored that came within `SAME_ID`: partition, id, positions.

    Args:
        client: an open connection.
        topic: where.
        since: real time; what was stored before is left out.
    """
    recent = f"topic = %(topic)s AND ingested_at >= {_sql_moment(since)}"
    ((rows,),) = client.query(f"SELECT count() FROM raw_events WHERE {recent}", {"topic": topic})
    pieces = rows // _IDS_AT_ONCE + 1
    found: list[tuple[int, str, list[int]]] = []
    for piece in range(pieces):
        found += client.query(
            "SELECT partition, id, arraySort(groupUniqArray(offset)) AS places FROM raw_events "
            f"WHERE {recent} AND (partition, xxh3(id)) IN ("
            f"SELECT partition, xxh3(id) AS short FROM raw_events WHERE {recent} AND short %% {pieces} = {piece} "
            "GROUP BY partition, short HAVING min(offset) != max(offset)) "
            f"GROUP BY partition, id HAVING length(places) > 1 AND dateDiff('second', min(ingested_at), max(ingested_at)) < {SAME_ID.total_seconds():.0f} "
            f"ORDER BY id LIMIT {MOST_RANGES}",
            {"topic": topic},
        )
    return found


def base_of(known: Sequence[PositionBase] | None, cluster: str) -> PositionBase | None:
    """Where a partition's positions begin in the log that Kafka has now; `None`: nobody has read that one yet."""
    if not known:
        return PositionBase(cluster, 0, 0)
    return next((base for base in reversed(known) if base.cluster == cluster), None)


def name_positions(place: PartitionKey, first: int | None = None, last: int | None = None) -> str:
    """A partition or some of its positions as people read them."""
    where = f"{place[0]}/{place[1]}"
    if first is None:
        return where
    return f"{where} {first}" if last in (None, first) else f"{where} {first}–{last}"


def local_hour(moment: datetime) -> str:
    """An hour as people read it, in the ward's time."""
    return f"{moment.astimezone(WARD_ZONE):%Y-%m-%d %H:%M}"


def add_hours(total: dict[str, AuditedStream], place: PartitionKey, found: Sequence[AuditedHour], behind: int) -> None:
    """Count a partition's hours for its topic."""
    stream = total.setdefault(place[0], AuditedStream())
    stream.behind += behind
    for hour in found:
        stream.add(hour)


_WITHIN = "partition = %(partition)s AND offset >= %(start)s AND offset < %(end)s"


def _places(since: datetime) -> str:
    """SQL: every position at which something is stored, with how many different records."""
    return (
        "SELECT offset, uniqExactIf(hash, what = 1) AS raws, max(what = 2) AS repeats, max(what = 3) AS letters, max(is_conflict) AS conflict "
        "FROM (SELECT offset, 1 AS what, false AS is_conflict, cityHash64(ward, kind, subject, at_ms, id) AS hash FROM raw_events "
        f"WHERE topic = %(topic)s AND {_WITHIN} AND ingested_at >= {_sql_moment(since)} "
        f"UNION ALL SELECT offset, 2, is_conflict, 0 FROM raw_repeats WHERE topic = %(topic)s AND {_WITHIN} "
        f"UNION ALL SELECT offset, 3, false, 0 FROM raw_dead_letters WHERE original_topic = %(topic)s AND {_WITHIN}) GROUP BY offset"
    )


def _parameters(place: PartitionKey, span: PositionSpan) -> dict[str, object]:
    return {"topic": place[0], "partition": place[1], "start": span.start, "end": span.end}


def _sql_moment(moment: datetime) -> str:
    return f"fromUnixTimestamp({int(moment.timestamp())})"
