"""Checks: the questions about their surroundings that several processes ask; see `readiness`."""

from ingest.contract.settings import IngestSettings
from ingest.kafka.client import ping
from ingest.runtime.disk_space import NoRoom, disks
from ingest.runtime.readiness import Check


def kafka(settings: IngestSettings) -> Check:
    """Whether Kafka answers."""
    return lambda: ping(settings)


def disk(settings: IngestSettings) -> Check:
    """Whether there is room on the disks."""

    def check() -> None:
        if short := next((one for one in disks(settings) if one.is_short), None):
            raise NoRoom(short)

    return check
