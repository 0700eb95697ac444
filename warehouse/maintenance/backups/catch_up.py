"""Catch up: what Kafka has that the tables do not have yet, and waiting until they do."""

import time
from datetime import timedelta
from typing import NamedTuple

from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.offsets import HeldRecords, held_records
from warehouse.maintenance.backups.tables import Progress
from warehouse.store import positions
from warehouse.store.client import Client

PATIENCE = timedelta(minutes=2)
"""How long the workers are waited for."""

LOOK_EVERY = 1.0


class UnstoredRecords(NamedTuple):
    """What Kafka had, at one moment, that the tables do not have."""

    cluster: str
    """Which Kafka; empty where it could not be asked."""
    events: int | None
    """How many records; `None` where it could not be asked."""


def catch_up(
    client: Client, settings: IngestSettings, tell: Progress, patience: timedelta = PATIENCE
) -> UnstoredRecords:
    """Wait until the tables have what Kafka has now, or have waited long enough; then what is missing is told, not waited for."""
    try:
        now = held_records(settings)
    except Unavailable:
        return UnstoredRecords("", None)
    until = time.monotonic() + patience.total_seconds()
    while (behind := unstored_records(client, now)) and time.monotonic() < until:
        tell(f"{behind} events still in Kafka", 0, 0)
        time.sleep(LOOK_EVERY)
    return UnstoredRecords(now.cluster, behind)


def unstored_records(client: Client, kafka: HeldRecords) -> int:
    """How many records Kafka holds behind the newest one of each partition that the tables have."""
    known, logs = positions.read_progress(client), positions.read_bases(client)
    behind = 0
    for place, extent in kafka.extents.items():
        newest = known[place].newest if place in known else -1
        at = positions.kafka_offset_of(logs, kafka.cluster, place, newest) if newest >= 0 else None
        behind += max(0, extent.end - max(extent.first, -1 if at is None else at + 1))
    return behind
