"""Settings of the keeper: what it does at night."""

from datetime import time, timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class KeeperSettings(BaseSettings):
    """The keeper: backups and audits at night."""

    model_config = SettingsConfigDict(
        env_prefix="IOC_KEEPER_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    data_folder: Path = Field(Path("var"), validation_alias="IOC_DATA_FOLDER")
    """Everything this install writes; the same setting as `IOC_DATA_FOLDER` of the other folders."""

    backup: bool = True
    """Whether a backup is made every night; of an outside ClickHouse server none is made here."""
    backup_at: time = time(1, 30)
    """When, in the ward's time; a PC that was off then makes it soon after its start."""
    backup_folder: Path | None = None
    """Where backups go; better on another disk. Empty: `backups` in the data folder."""
    backup_copies: int = Field(7, ge=1)
    """How many backups stay there; older ones are deleted."""
    backup_secrets: bool = False
    """Whether they hold the secrets too, which needs `backup_key`. Without the pseudonym secret a new PC gives every code another
    pseudonym."""
    backup_key: str = ""
    """Public key (`age1…`) that they are encrypted for, from `./ioc backup --new-key FILE`. Empty: they are not encrypted."""

    audit: bool = True
    """Whether every night the figures are recomputed from the events and compared."""
    audit_at: time = time(2, 30)
    """When, in the ward's time."""

    group: str = Field("ioc-streams", validation_alias="IOC_STREAMS_GROUP")
    """Kafka consumer group of the workers, for the audit; the same setting as theirs."""

    settle: timedelta = Field(timedelta(minutes=2), ge=timedelta())
    """How long after the start nothing heavy is done."""

    health_port: int = Field(9104, ge=0, le=65535)
    """Port on which the keeper tells how it is; 0: none."""

    @property
    def folder(self) -> Path:
        """Where backups go."""
        return self.backup_folder or self.data_folder / "backups"
