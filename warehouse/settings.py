"""Settings of the warehouse: where it is, who may enter, and how much a question may cost."""

from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import ByteSize, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_IDENTIFIER = r"^[a-z][a-z0-9_]{0,62}$"
_MEGABYTE = 1024 * 1024
_FEWEST_CHARACTERS = 8


class WarehouseSettings(BaseSettings):
    """ClickHouse: the embedded engine on this PC, or an outside server or cluster."""

    model_config = SettingsConfigDict(
        env_prefix="IOC_WAREHOUSE_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    data_folder: Path = Field(Path("var"), validation_alias="IOC_DATA_FOLDER")
    """Everything this install writes; the same setting as `IOC_DATA_FOLDER` of the other folders."""

    host: str = ""
    """An outside ClickHouse server. Empty: our own engine on this PC."""
    port: int = Field(9000, ge=1, le=65535)
    """Native port, of the outside server or, on loopback, of our own engine."""
    secure: bool = False
    """Whether the outside server is reached by TLS; its certificate is always checked."""
    ca_file: Path | None = None
    """Certificate authority of the outside server; empty: the system's."""
    database: str = Field("ioc", pattern=_IDENTIFIER)
    """Database that holds everything of this install."""
    cluster: str = Field("", pattern=r"^$|" + _IDENTIFIER)
    """Cluster over which an outside server's database is replicated; empty: one server."""

    user: str = Field("ioc", pattern=_IDENTIFIER)
    """User that owns the database."""
    password: SecretStr = Field(min_length=16, json_schema_extra={"generated": True})
    """The owner's password; made at first start for our own engine."""
    analyst_user: str = Field("analyst", pattern=_IDENTIFIER)
    """User that may only read what is open to analysts."""
    analyst_password: SecretStr | None = Field(None, min_length=16, json_schema_extra={"generated": True})
    """The analysts' password, another than the owner's; without it nobody can ask ad-hoc SQL."""

    analyst_seconds: timedelta = Field(timedelta(seconds=10), gt=timedelta())
    """How long an ad-hoc query may run."""
    analyst_memory: ByteSize = Field(ByteSize(320 * _MEGABYTE), ge=16 * _MEGABYTE)
    """How much memory an ad-hoc query may use."""
    analyst_rows: int = Field(10_000, ge=1)
    """How many rows of an ad-hoc query are shown; the answer says when there were more."""
    analyst_concurrency: int = Field(2, ge=1)
    """How many ad-hoc queries one person may run at once; our own engine runs twice as many for all together."""

    analyst_without_landlock: bool = False
    """Whether ad-hoc queries run where the kernel has no Landlock to confine them; without it they are off there."""

    keep_raw: timedelta = Field(timedelta(days=396), ge=timedelta(days=35))
    """How long events are kept, with repeats; figures that are recomputed from them can be proved for as long."""
    keep_values: timedelta = Field(timedelta(days=3653), ge=timedelta(days=35))
    """How long figures are kept, with their corrections."""
    keep_letters: timedelta = Field(timedelta(days=396), ge=timedelta(days=1))
    """How long dead letters are kept, with what became of them."""
    keep_audits: timedelta = Field(timedelta(days=1827), ge=timedelta(days=1))
    """How long the results of audits are kept."""
    keep_snapshots: timedelta = Field(timedelta(days=3), ge=timedelta(days=1))
    """How long snapshots of the workers' memory are kept, apart from the newest, which stay."""

    engine_memory: ByteSize = Field(ByteSize(2 * 1024 * _MEGABYTE), ge=512 * _MEGABYTE)
    """Memory cap of our own engine, apart from ad-hoc queries; a query that would go over it fails, the engine does not."""
    engine_clients: int = Field(96, ge=4)
    """How many connections our own engine accepts at once."""
    engine_idle: timedelta = Field(timedelta(hours=1), gt=timedelta())
    """After how long without a question our own engine closes a connection."""
    health_port: int = Field(9102, ge=0, le=65535)
    """Port on which the warehouse's process tells how it is; 0: none."""

    @property
    def embedded(self) -> bool:
        """Whether the engine is our own, on this PC."""
        return not self.host

    @property
    def address(self) -> tuple[str, int]:
        """Host and native port."""
        return self.host or "127.0.0.1", self.port

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
