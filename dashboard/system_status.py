"""System status: how the system itself stands, as the board shows it on every page - last audit, stopped streams, room on the disk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from ingest.contract.clock import Clock, shown_at
from ingest.contract.settings import IngestSettings
from ingest.runtime import disk_space, restarts
from ingest.runtime.disk_space import Disk
from ingest.runtime.restarts import Restarts
from warehouse.audit.history import Audit, recent_audits
from warehouse.dead_letters.stored import open_dead_letters
from warehouse.maintenance.status import JobState, read_state
from warehouse.store.client import Client
from warehouse.store.halted_partitions import HaltedPartition, read_halted_partitions

AUDITED_WITHIN = timedelta(hours=26)
"""An audit older than this was missed: there is one every night."""


class SystemStatus(NamedTuple):
    """What is known of the system itself."""

    audit: Audit | None = None
    """The last one."""
    backup: JobState | None = None
    """The nightly backup; `None` where none is made, or none was tried yet."""
    stops: tuple[HaltedPartition, ...] = ()
    """Streams that are stopped."""
    disk: Disk | None = None
    """The disk that somebody has to look after, if there is one."""
    dead_letters: int = 0
    """Dead letters of the last day that nobody has sent again."""
    restarts: tuple[Restarts, ...] = ()
    """Parts that ended lately and were started again; none where nobody tells."""
    away_since_ms: int = 0
    """Since when the warehouse has not answered, by the install's clock; 0 while it does."""


NOTHING_KNOWN = SystemStatus()


def read_status(ingest: IngestSettings, client: Client) -> SystemStatus:
    """See how the system stands."""
    last = recent_audits(client, 1)
    stops = tuple(halted_streams(ingest.clock(), client))
    disk, dead_letters = disk_space.low_disk(ingest), open_dead_letters(client)
    backup = read_state(ingest.data_folder).jobs.get("backup")
    return SystemStatus(
        last[0] if last else None, backup, stops, disk, dead_letters, restarted_processes(ingest.data_folder)
    )


def restarted_processes(data_folder: Path) -> tuple[Restarts, ...]:
    """The processes that ended lately and were started again, as far as somebody tells."""
    return restarts.reported_restarts(data_folder, datetime.now(UTC))


def halted_streams(clock: Clock, client: Client) -> list[HaltedPartition]:
    """The streams that are stopped, since when by the install's clock."""
    return [
        one._replace(changed_at=shown_at(clock, one.changed_at))
        for one in read_halted_partitions(client).values()
        if one.is_stopped
    ]
