"""Process watch: looks on during the run - at the positions that are committed, and at what the processes take up."""

import threading
import time
from typing import Any, NamedTuple

import psutil

from commands.developers.nemesis.faults.processes import ProcessGroup
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.admin import connect_admin
from streams.settings import StreamsSettings
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, ServerError

EVERY = 3.0
"""Seconds between two looks."""

STORED = (
    "SELECT topic, partition, max(offset) FROM ("
    "SELECT topic, toInt32(partition) AS partition, offset FROM raw_events UNION ALL "
    "SELECT topic, toInt32(partition), offset FROM raw_repeats UNION ALL "
    "SELECT original_topic, partition, offset FROM raw_dead_letters WHERE original_topic != '' UNION ALL "
    "SELECT 'ioc.dlq.v1', log_partition, log_offset FROM raw_dead_letters WHERE log_offset >= 0"
    ") GROUP BY topic, partition"
)

PartitionKey = tuple[str, int]


class PositionLead(NamedTuple):
    """A committed offset that was beyond what was stored then."""

    place: PartitionKey
    committed: int
    stored: int


class ProcessUse(NamedTuple):
    """What one process takes up."""

    memory: int
    """Resident bytes."""
    files: int
    """Open file descriptors."""


class ProcessWatch:
    """Looks every few seconds, from `start` to `stop`, in a thread of its own.

    Args:
        processes: whose processes.
        group: consumer group of the streams.
    """

    def __init__(self, processes: ProcessGroup, group: str) -> None:
        self._processes = processes
        self._group = group
        self._ingest = processes.stack.settings(IngestSettings)
        self._warehouse = processes.stack.settings(WarehouseSettings)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.looks = 0
        """How often positions could be compared."""
        self.ahead: dict[PartitionKey, PositionLead] = {}
        """Of each partition, the newest that was beyond."""
        self.backwards = 0
        """How often a committed offset went back."""
        self.uses: dict[tuple[str, int], list[ProcessUse]] = {}
        """By name and process id, in the order of looking."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ending.set()
        self._thread.join(60)

    def most(self) -> dict[str, dict[str, int]]:
        """By process, the most that any process of it took up, and how much the longest-lived one grew."""
        found: dict[str, dict[str, int]] = {}
        for (name, _), uses in self.uses.items():
            one = found.setdefault(name, {"mb_most": 0, "files_most": 0, "mb_grown": 0, "looks": 0})
            one["mb_most"] = max(one["mb_most"], max(use.memory for use in uses) >> 20)
            one["files_most"] = max(one["files_most"], *(use.files for use in uses), 0)
            settled = uses[min(5, len(uses) - 1) :]
            if len(uses) > one["looks"]:
                one["looks"] = len(uses)
                one["mb_grown"] = (settled[-1].memory - settled[0].memory) >> 20
        return found

    def _run(self) -> None:
        before: dict[PartitionKey, int] = {}
        with Client(self._warehouse) as client:
            while not self._ending.wait(EVERY):
                self._look_at_processes()
                try:
                    before = self._look_at_positions(client, before)
                except (Unavailable, ConfigurationError, ServerError, KeyError):
                    continue  # somebody is down just now, which is the point of it all

    def _look_at_positions(self, client: Client, before: dict[PartitionKey, int]) -> dict[PartitionKey, int]:
        committed = self._committed()
        stored = {(topic, partition): offset for topic, partition, offset in client.query(STORED)}
        self.looks += 1
        for place, offset in committed.items():
            if offset - 1 > stored.get(place, -1):
                self.ahead[place] = PositionLead(place, offset, stored.get(place, -1))
        self.backwards += sum(offset < before.get(place, 0) for place, offset in committed.items())
        return committed

    def _committed(self) -> dict[PartitionKey, int]:
        with connect_admin(self._ingest) as client:
            found: Any = client.list_group_offsets(self._group)[self._group]
        return {
            (place.topic, place.partition): position.offset for place, position in found.items() if position.offset > 0
        }

    def _look_at_processes(self) -> None:
        for name in (*self._processes.names, "kafka"):
            process = self._processes.process(name)
            try:
                if process is not None:
                    use = ProcessUse(process.memory_info().rss, process.num_fds())
                    self.uses.setdefault((name, process.pid), []).append(use)
            except psutil.Error:
                continue


def watch_processes(processes: ProcessGroup) -> ProcessWatch:
    """A watch over the processes' stack."""
    return ProcessWatch(processes, processes.stack.settings(StreamsSettings).group)


def wait_until(condition: object, patience: float) -> bool:
    """Whether the condition becomes true in time; a service that is away counts as `not yet`."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if callable(condition) and condition():
                return True
        except (Unavailable, ConfigurationError, ServerError, OSError):
            pass
        time.sleep(0.2)
    return False
