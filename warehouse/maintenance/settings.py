"""Settings of the keeper: what it does at night."""

from datetime import time, timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class KeeperSettings(BaseSettings):
    """Maintenance: backups and audits at night."""

    model_config = SettingsConfigDict(
        env_prefix="IOC_KEEPER_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    data_folder: Path = Field(Path("var"), validation_alias="IOC_DATA_FOLDER")
    """Everything this install writes; the same setting as `IOC_DATA_FOLDER` of the other folders."""

    backup: bool = True
    """Whether to make a backup every night; an external ClickHouse server is not backed up here."""
    backup_at: time = time(1, 30)
    """Time of the backup, in the ward's time; if the PC is off then, the backup is made soon after its next start."""
    backup_folder: Path | None = None
    """Folder for backups, preferably on another disk; empty: `backups` in the data folder."""
    backup_copies: int = Field(7, ge=1)
    """Number of backups that are kept; older backups are deleted."""
    backup_secrets: bool = False
    """Whether backups include the secrets, which needs `backup_key`. Without the pseudonym secret a new PC gives every code another
    pseudonym."""
    backup_key: str = ""
    """Public key (`age1…`) for which backups are encrypted, from `./ioc backup --new-key FILE`; empty: no encryption."""

    audit: bool = True
    """Whether to recompute figures from the events and compare them every night."""
    audit_at: time = time(2, 30)
    """Time of the audit, in the ward's time."""

    group: str = Field("ioc-streams", validation_alias="IOC_STREAMS_GROUP")
    """Kafka consumer group of the workers, for the audit; the same setting as theirs."""

    settle: timedelta = Field(timedelta(minutes=2), ge=timedelta())
    """How long after the start no heavy job begins."""

    health_port: int = Field(9104, ge=0, le=65535)
    """Port of the health endpoints of the maintenance process; 0: none."""

    @property
    def folder(self) -> Path:
        """Where backups go."""
        return self.backup_folder or self.data_folder / "backups"
