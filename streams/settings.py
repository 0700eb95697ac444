"""Settings of the stream workers."""

import re
import socket
from datetime import timedelta
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class StreamsSettings(BaseSettings):
    """Stream workers: how they read, batch and store snapshots."""

    model_config = SettingsConfigDict(env_prefix="IOC_STREAMS_", env_file=".env", extra="ignore", frozen=True)

    group: str = "ioc-streams"
    """Kafka consumer group; the workers of one group share the partitions."""
    worker: str = Field("1", pattern=r"^[A-Za-z0-9-]{0,32}$")
    """Name of this worker; unique on this PC. Empty: the host's name, for containers of the same service."""
    flush_after: timedelta = timedelta(milliseconds=100)
    """How long a changed figure waits for others before they are written together."""
    flush_rows: int = Field(20_000, ge=1)
    """Number of waiting rows at which a worker writes at once; at twice as many it stops reading until they are written. While Kafka has so many, a worker waits for them, two seconds at most."""
    look_every: timedelta = timedelta(seconds=5)
    """How often figures that change with time alone are updated, in real time."""
    snapshot_every: timedelta = timedelta(seconds=60)
    """How often a snapshot of the fold's memory is stored; a restart folds the events since the newest one again."""
    recompute_every: timedelta = timedelta(seconds=60)
    """Minimum time between two recomputations of closed minutes because of late events."""
    fetch_bytes: int = Field(1_048_576, ge=1024)
    """Maximum number of bytes read of a partition at once."""

    health_port: int = Field(9110, ge=0, le=65500)
    """Base port of the workers' health endpoints: worker n uses this port + n; 0: none."""

    @field_validator("worker")
    @classmethod
    def _host_name(cls, worker: str) -> str:
        return worker or re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:32]

    @property
    def own_health_port(self) -> int:
        """The port of this worker; 0: none."""
        number = int(self.worker) if self.worker.isdecimal() and len(self.worker) <= 2 else 0
        return self.health_port + number if self.health_port else 0

    @staticmethod
    def notes(data_folder: Path) -> Path:
        """Where all workers of a PC note what they are about to do with each partition."""
        return data_folder / "streams" / "attempts"

    def folder(self, data_folder: Path) -> Path:
        """Where this worker keeps Faust's own files."""
        return data_folder / "streams" / self.worker
