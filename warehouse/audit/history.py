"""History: how the system itself stands, as far as the warehouse knows - its audits, and what each stream has stored."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from warehouse.store.client import Client


class Audit(NamedTuple):
    """What one audit found."""

    started_at: datetime
    finished_at: datetime
    scope: str
    compared: int
    differences: int
    repaired: int
    report: dict[str, Any]
    """The whole report, as `./ioc audit --json` gives it; empty where it cannot be read."""


class StoredPartition(NamedTuple):
    """What is stored of one partition."""

    topic: str
    partition: int
    events: int
    repeats: int
    dead_letters: int
    last_offset: int
    newest_ms: int
    """Event time of its newest event; 0 when there is none."""


def recent_audits(client: Client, count: int, until: datetime | None = None) -> list[Audit]:
    """The last audits, newest first; of those that had finished by a time, where one is given."""
    columns = ", ".join(Audit._fields)
    by = "WHERE finished_at <= %(until)s " if until else ""
    rows = client.query(f"SELECT {columns} FROM audits {by}ORDER BY started_at DESC LIMIT {count}", {"until": until})
    return [Audit(*row)._replace(report=_read(row[-1])) for row in rows]


def stored_partitions(client: Client, until: datetime | None = None) -> list[StoredPartition]:
    """What is stored of every partition that anything came from, or was by a time of the machine's clock."""
    by, letters = ("WHERE ingested_at <= %(until)s ", "AND received_at <= %(until)s ") if until else ("", "")
    rows = client.query(
        "SELECT topic, partition, sum(e), sum(r), sum(l), max(last), max(newest) FROM ("
        "SELECT topic, toInt32(partition) AS partition, count() AS e, 0 AS r, 0 AS l, max(offset) AS last, max(at_ms) AS newest "
        f"FROM raw_events {by}GROUP BY topic, partition "
        "UNION ALL SELECT topic, toInt32(partition), 0, uniqExact(offset), 0, max(offset), 0 FROM raw_repeats "
        f"{by}GROUP BY topic, partition "
        "UNION ALL SELECT original_topic, partition, 0, 0, uniqExact(offset), max(offset), 0 "
        f"FROM raw_dead_letters WHERE original_topic != '' {letters}GROUP BY original_topic, partition) "
        "GROUP BY topic, partition ORDER BY topic, partition",
        {"until": until},
    )
    return [StoredPartition(*row) for row in rows]


def _read(text: str) -> dict[str, Any]:
    try:
        report = json.loads(text)
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}
