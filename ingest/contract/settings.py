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
    """Everything this install writes: Kafka's log, the warehouse, secrets, logs. Another folder and other ports make a second install."""
    cache_folder: Path = Path.home() / ".cache" / "ward-ioc"
    """What was fetched, verified and prepared once, shared by all installs of this user: Kafka's jars."""


class HealthSettings(BaseSettings):
    """Where every process tells how it is: `/livez`, `/readyz`, `/healthz` and `/metrics`, each process on a port of its own."""

    model_config = SettingsConfigDict(env_prefix="IOC_HEALTH_", env_file=".env", extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    """Address of these pages, which have no log-in. Another than loopback needs `open_without_tls`."""
    open_without_tls: bool = False
    """Let everybody who reaches `host` read them: only where the network itself is closed."""

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
    """The ward this install serves: partition key of its events, and first column of every figure."""
    pseudonym_secret: SecretStr | None = Field(None, json_schema_extra={"generated": True})
    """Key of the hashes that stand in for dossier codes and the like; kept outside the warehouse, made at first start."""
    letters_secret: SecretStr | None = Field(None, json_schema_extra={"generated": True})
    """By which the connectors know the board when it asks what they make of dead letters now; made at first start."""

    disk_reserve: ByteSize = Field(ByteSize(2 * 1000**3), ge=1)
    """Free disk space below which new events are refused until there is room again; on a small disk a tenth of it is enough."""

    kafka_bootstrap: str = ""
    """`host:port,…` of an outside Kafka cluster. Empty: a Kafka of our own on this PC."""
    kafka_port: int = 9092
    """Loopback port of our own Kafka."""
    kafka_controller_port: int = 9093
    """Loopback port of our own Kafka's controller."""
    kafka_own_secret: SecretStr | None = Field(None, json_schema_extra={"generated": True})
    """By which our own Kafka knows our parts, and they know it; made at first start. An outside cluster has `kafka_password`."""
    kafka_heap: str = Field("256m", pattern=r"^\d+[mg]$")
    """Largest Java heap of our own Kafka."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How to talk to an outside cluster."""
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """SASL mechanism, where the protocol has SASL."""
    kafka_username: str = ""
    """SASL user."""
    kafka_password: SecretStr | None = None
    """SASL password."""
    kafka_ca_file: Path | None = None
    """Certificate authority of the cluster, where the protocol has SSL; empty: the system's."""
    kafka_partitions: int = Field(4, ge=1, le=1024)
    """Partitions of each topic; wards spread over them, and they over workers. Fixed once the topics exist."""
    kafka_replication_factor: int = Field(1, ge=1, le=7)
    """Copies of each partition; 3 on a cluster."""
    kafka_retention: timedelta = timedelta(days=14)
    """How long Kafka keeps events: longer than any outage of the warehouse."""
    health_port: int = Field(9101, ge=0, le=65535, validation_alias="IOC_INGEST_HEALTH_PORT")
    """Port on which Kafka's process tells how it is; 0: none."""

    pretend: bool = False
    """Whether the pretend ward feeds this install; the board then says so on every page."""
    clock_origin: datetime | None = None
    """What the pretend clock showed at `clock_real_origin`; empty: real time. Set by `./ioc up`."""
    clock_real_origin: datetime | None = None
    """When, in real time, the pretend clock showed `clock_origin`. Set by `./ioc up`."""
    clock_speed: float = Field(1.0, gt=0, le=1000)
    """How many times as fast the pretend clock runs."""

    failpoints: str = ""
    """For tests only: places in the code where a process ends, freezes or fails, as `name:n:kill, …`; see `ingest/runtime/failpoint.py`."""

    @property
    def bootstrap(self) -> str:
        """Kafka's address: the outside cluster's, else our own."""
        return self.kafka_bootstrap or f"127.0.0.1:{self.kafka_port}"

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
        raise ConfigurationError(f"Setting not usable: {faults}. Mend it in .env or the environment.") from None
