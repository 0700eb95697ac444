"""Settings of the way into Kafka, and how every folder reads its own.

Each folder has one frozen class with its own prefix; it is read once at the entry point and passed down.
Sources, first wins: environment, `.env` in the application's root, one file a secret in `<data folder>/secrets`.
"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import ByteSize, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.contract.clock import Clock, PretendClock, RealClock
from ingest.contract.errors import ConfigurationError

Settings = TypeVar("Settings", bound=BaseSettings)

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
"""Addresses that only this PC reaches."""


class PlaceSettings(BaseSettings):
    """Where an install keeps its things; every other class of settings finds its secrets through it."""

    model_config = SettingsConfigDict(env_prefix="IOC_", env_file=".env", extra="ignore", frozen=True)

    data_folder: Path = Path("var")
    """Folder for everything that this install writes: Kafka's log, the warehouse, secrets, logs. A second install needs another folder and other ports."""
    cache_folder: Path = Path.home() / ".cache" / "ward-ioc"
    """Downloaded and verified files (Kafka's jars), shared by all installs of this user."""


class HealthSettings(BaseSettings):
    """Health endpoints of the processes: `/livez`, `/readyz`, `/healthz` and `/metrics`, on a port of its own for each process."""

    model_config = SettingsConfigDict(env_prefix="IOC_HEALTH_", env_file=".env", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    """Address on which the health endpoints listen. They have no log-in; an address that is not loopback needs `open_without_tls`."""
    open_without_tls: bool = False
    """Allow an address that is not loopback: everybody who reaches it can read the endpoints. Only for a closed network."""

    @model_validator(mode="after")
    def _nobody_listens_in(self) -> Self:
        if self.host not in LOOPBACK and not self.open_without_tls:
            raise ValueError(
                f"IOC_HEALTH_HOST={self.host} is reachable from outside, and these pages have no log-in: set it to 127.0.0.1, or, only in a "
                "closed network, set IOC_HEALTH_OPEN_WITHOUT_TLS=true"
            )
        return self


class IngestSettings(PlaceSettings):
    """The ward, its clock, and Kafka."""

    model_config = SettingsConfigDict(populate_by_name=True)

    ward: str = Field("hong-bang", pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    """Id of the ward that this install serves; the partition key of its events and the first column of every figure."""
    pseudonym_secret: SecretStr | None = Field(None, json_schema_extra={"generated": True})
    """Key of the pseudonyms that replace dossier codes and similar codes; never stored in the warehouse."""
    letters_secret: SecretStr | None = Field(None, json_schema_extra={"generated": True})
    """Shared secret with which the board authenticates at the connectors when it replays dead letters."""

    disk_reserve: ByteSize = Field(ByteSize(2 * 1000**3), ge=1)
    """Free disk space in bytes below which new events are refused; on a small disk, a tenth of the disk if that is less."""

    kafka_bootstrap: str = ""
    """`host:port,…` of an external Kafka cluster; empty: the embedded Kafka on this PC."""
    kafka_port: int = 9092
    """Loopback port of the embedded Kafka."""
    kafka_controller_port: int = 9093
    """Loopback port of the embedded Kafka's controller."""
    kafka_own_secret: SecretStr | None = Field(None, json_schema_extra={"generated": True})
    """Secret for mutual authentication between the embedded Kafka and its clients; an external cluster uses `kafka_password`."""
    kafka_heap: str = Field("256m", pattern=r"^\d+[mg]$")
    """Maximum Java heap of the embedded Kafka."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """Security protocol of an external cluster."""
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """SASL mechanism, if the protocol includes SASL."""
    kafka_username: str = ""
    """SASL user."""
    kafka_password: SecretStr | None = None
    """SASL password."""
    kafka_ca_file: Path | None = None
    """Certificate authority of the cluster, if the protocol includes SSL; empty: the system's."""
    kafka_partitions: int = Field(4, ge=1, le=1024)
    """Partitions of each topic; wards are distributed over partitions, partitions over workers. Cannot be changed once the topics exist."""
    kafka_replication_factor: int = Field(1, ge=1, le=7)
    """Replicas of each partition; use 3 on a cluster."""
    kafka_min_insync_replicas: int | None = Field(None, ge=1, le=7)
    """Replicas that must have a record before it is acknowledged; empty: more than half of them, of 3 that is 2."""
    kafka_retention: timedelta = timedelta(days=14)
    """How long Kafka keeps events; must be longer than any outage of the warehouse."""
    health_port: int = Field(9101, ge=0, le=65535, validation_alias="IOC_INGEST_HEALTH_PORT")
    """Port of the health endpoints of Kafka's process; 0: none."""

    pretend: bool = False
    """Whether the pretend ward feeds this install; every page of the board says so."""
    clock_origin: datetime | None = None
    """Time that the pretend clock showed at `clock_real_origin`; empty: real time. Set by `./ioc up`."""
    clock_real_origin: datetime | None = None
    """Real time at which the pretend clock showed `clock_origin`. Set by `./ioc up`."""
    clock_speed: float = Field(1.0, gt=0, le=1000)
    """Speed of the pretend clock; 1 is real time."""

    failpoints: str = ""
    """For tests only: failpoints at which a process ends, freezes or fails, as `name:n:kill, …`; see `ingest/runtime/failpoint.py`."""

    @property
    def bootstrap(self) -> str:
        """Kafka's address: the outside cluster's, else our own."""
        return self.kafka_bootstrap or f"127.0.0.1:{self.kafka_port}"

    @property
    def min_insync_replicas(self) -> int:
        """How many replicas must have a record before it is acknowledged."""
        return self.kafka_min_insync_replicas or self.kafka_replication_factor // 2 + 1

    @model_validator(mode="after")
    def _enough_replicas(self) -> Self:
        if self.min_insync_replicas > self.kafka_replication_factor:
            raise ValueError(
                f"IOC_KAFKA_MIN_INSYNC_REPLICAS={self.min_insync_replicas} is more than IOC_KAFKA_REPLICATION_FACTOR="
                f"{self.kafka_replication_factor}: nothing could ever be acknowledged"
            )
        return self

    def clock(self) -> Clock:
        """The clock that this install lives by."""
        if self.clock_origin is None or self.clock_real_origin is None:
            return RealClock()
        return PretendClock(self.clock_origin, self.clock_real_origin, self.clock_speed)


def read_settings(kind: type[Settings]) -> Settings:
    """Read one folder's settings from environment, `.env` and secret files.

    Raises:
        ConfigurationError: a value is wrong; names the variable and what it must be.
    """
    try:
        place = PlaceSettings()
        secrets = place.data_folder / "secrets"
        return kind(_secrets_dir=secrets if secrets.is_dir() else None)
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        faults = "; ".join(f"{prefix}{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"Invalid setting: {faults}. Fix it in .env or the environment.") from None
