"""Settings of the stream workers."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class StreamsSettings(BaseSettings):
    """How a worker reads, batches and remembers."""

    model_config = SettingsConfigDict(env_prefix="IOC_STREAMS_", env_file=".env", extra="ignore", frozen=True)

    group: str = "ioc-streams"
    """Kafka consumer group; the workers of one group share the partitions."""
    worker: str = Field("1", pattern=r"^[A-Za-z0-9-]{1,32}$")
    """Name of this worker, different for each on the same machine."""
    flush_after: timedelta = timedelta(milliseconds=100)
    """How long a changed figure waits for others before it goes to the warehouse."""
    flush_rows: int = Field(20_000, ge=1)
    """Rows that make a worker write at once; twice as many make it stop reading until they are written."""
    look_every: timedelta = timedelta(seconds=5)
    """How often figures that move with the clock are taken, in real time."""
    snapshot_every: timedelta = timedelta(seconds=60)
    """How often the fold's memory is stored: what a restart has to fold again."""
    recompute_every: timedelta = timedelta(seconds=60)
    """How often closed minutes that events came too late for are recomputed, at most."""
    fetch_bytes: int = Field(1_048_576, ge=1024)
    """Largest piece of one partition that is read at once."""

    health_port: int = Field(9110, ge=0, le=65500)
    """Port behind which the workers tell how they are: worker 1 on the next one, worker 2 on the one after it; 0: none."""

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
