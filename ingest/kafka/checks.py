"""Checks: the questions about their surroundings that several processes ask; see `readiness`."""

from ingest.contract.settings import IngestSettings
from ingest.kafka.client import ping_kafka
from ingest.runtime.disk_space import NoDiskSpace, disks
from ingest.runtime.readiness import ReadinessCheck


def check_kafka(settings: IngestSettings) -> ReadinessCheck:
    """Whether Kafka answers."""
    return lambda: ping_kafka(settings)


def check_disk_space(settings: IngestSettings) -> ReadinessCheck:
    """Whether there is room on the disks."""

    def check() -> None:
        if short := next((one for one in disks(settings) if one.is_short), None):
            raise NoDiskSpace(short)

    return check
