"""Checks: the questions about their surroundings that several processes ask; see `readiness`."""

from ingest.kafka_ping import ping
from ingest.readiness import Check
from ingest.room import NoRoom, disks
from ingest.settings import IngestSettings


def kafka(settings: IngestSettings) -> Check:
    """Whether Kafka answers."""
    return lambda: ping(settings)


def disk(settings: IngestSettings) -> Check:
    """Whether there is room on the disks."""

    def check() -> None:
        if short := next((one for one in disks(settings) if one.is_short), None):
            raise NoRoom(short)

    return check
