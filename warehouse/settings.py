"""Settings of the warehouse: where it is, who may enter, and how much a question may cost."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import ByteSize, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_IDENTIFIER = r"^[a-z][a-z0-9_]{0,62}$"
_ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:,\[\]]+)(?::(?P<port>\d{1,5}))?")
_LARGEST_PORT = 65_535
_MEGABYTE = 1024 * 1024
_FEWEST_CHARACTERS = 8


class WarehouseSettings(BaseSettings):
    """ClickHouse: the embedded engine on this PC, or an external server or cluster."""

    model_config = SettingsConfigDict(
        env_prefix="IOC_WAREHOUSE_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    data_folder: Path = Field(Path("var"), validation_alias="IOC_DATA_FOLDER")
    """Everything this install writes; the same setting as `IOC_DATA_FOLDER` of the other folders."""

    host: str = ""
    """Host of an external ClickHouse server, or `host:port,…` of several replicas, of which the first that answers is used; empty: the embedded engine on this PC."""
    port: int = Field(9000, ge=1, le=65535)
    """Native port of an external server without one in `host`, or loopback port of the embedded engine."""
    secure: bool = False
    """Whether to connect to the external server by TLS; its certificate is always verified."""
    ca_file: Path | None = None
    """Certificate authority of the external server; empty: the system's."""
    database: str = Field("ioc", pattern=_IDENTIFIER)
    """Database of this install."""
    cluster: str = Field("", pattern=r"^$|" + _IDENTIFIER)
    """Cluster over which the external servers' database is replicated; a majority of the replicas then has every row before it counts as stored. Empty: a single server."""

    user: str = Field("ioc", pattern=_IDENTIFIER)
    """User that owns the database."""
    password: SecretStr = Field(min_length=16, json_schema_extra={"generated": True})
    """Password of the owner."""
    analyst_user: str = Field("analyst", pattern=_IDENTIFIER)
    """Read-only user for analysts."""
    analyst_password: SecretStr | None = Field(None, min_length=16, json_schema_extra={"generated": True})
    """Password of the analysts' user, different from the owner's; without it ad-hoc SQL is off."""

    analyst_seconds: timedelta = Field(timedelta(seconds=10), gt=timedelta())
    """Time limit of an ad-hoc query."""
    analyst_memory: ByteSize = Field(ByteSize(320 * _MEGABYTE), ge=16 * _MEGABYTE)
    """Memory limit of an ad-hoc query, in bytes."""
    analyst_rows: int = Field(10_000, ge=1)
    """Maximum number of rows of a result; the answer says when there are more."""
    analyst_concurrency: int = Field(2, ge=1)
    """Ad-hoc queries that a person may run at once; the embedded engine runs twice as many for all persons together."""

    analyst_without_landlock: bool = False
    """Whether to run ad-hoc queries although the kernel has no Landlock to confine them; otherwise they are off there."""

    keep_raw: timedelta = Field(timedelta(days=396), ge=timedelta(days=35))
    """How long events and duplicates are kept; figures can be recomputed and proved for as long."""
    keep_values: timedelta = Field(timedelta(days=3653), ge=timedelta(days=35))
    """How long figures and their corrections are kept."""
    keep_letters: timedelta = Field(timedelta(days=396), ge=timedelta(days=1))
    """How long dead letters and the outcomes of their replays are kept."""
    keep_audits: timedelta = Field(timedelta(days=1827), ge=timedelta(days=1))
    """How long the results of audits are kept."""
    keep_snapshots: timedelta = Field(timedelta(days=3), ge=timedelta(days=1))
    """How long snapshots of the workers' memory are kept; the newest are always kept."""

    engine_memory: ByteSize = Field(ByteSize(2 * 1024 * _MEGABYTE), ge=512 * _MEGABYTE)
    """Memory limit of the embedded engine in bytes, without ad-hoc queries; a query that would exceed it fails."""
    engine_clients: int = Field(96, ge=4)
    """Maximum number of connections to the embedded engine."""
    engine_idle: timedelta = Field(timedelta(hours=1), gt=timedelta())
    """Time after which the embedded engine closes an idle connection."""
    health_port: int = Field(9102, ge=0, le=65535)
    """Port of the health endpoints of the warehouse's process; 0: none."""

    @property
    def embedded(self) -> bool:
        """Whether the engine is our own, on this PC."""
        return not self.host

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and native port of each replica, in the order in which they are tried."""
        found = [_ADDRESS.fullmatch(one.strip()) for one in self.host.split(",")] if self.host else []
        ours = [(one["host"].strip("[]"), int(one["port"] or self.port)) for one in found if one]
        return ours or [("127.0.0.1", self.port)]

    @field_validator("host")
    @classmethod
    def _hosts_can_be_read(cls, host: str) -> str:
        for one in host.split(",") if host else ():
            found = _ADDRESS.fullmatch(one.strip())
            if not found or not 0 < int(found["port"] or 1) <= _LARGEST_PORT:
                raise ValueError(
                    f"host must be host or host:port, or several with commas between; {one.strip()!r} is not"
                )
        return host

    @model_validator(mode="after")
    def _passwords_are_worth_the_name(self) -> Self:
        passwords = [password.get_secret_value() for password in (self.password, self.analyst_password) if password]
        if len(set(passwords)) < len(passwords):
            raise ValueError("password and analyst_password must differ")
        if any(len(set(password)) < _FEWEST_CHARACTERS for password in passwords):
            raise ValueError(f"a password needs at least {_FEWEST_CHARACTERS} different characters")
        if self.user == self.analyst_user:
            raise ValueError("user and analyst_user must differ")
        return self
