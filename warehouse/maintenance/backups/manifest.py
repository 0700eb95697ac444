"""Manifest: what a backup says about itself. It is the last file of the archive: one that has it is whole."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

NAME = "manifest.json"

FORM = 2
"""Of the archive; a later one is refused by this version. Since 2 accounts, keys and screens are in the board's store."""


class TableContent(BaseModel):
    """One table, counted and summed up over the backup's own content: it was restored beside, and dropped again."""

    model_config = ConfigDict(frozen=True)

    rows: int
    checksum: int
    """Sum of the rows' hashes, modulo 2^64; their order does not matter."""
    copy_in: str
    """Folder of the archive that holds it."""


class FileContent(BaseModel):
    """One file of the archive."""

    model_config = ConfigDict(frozen=True)

    size: int
    sha256: str


class Position(BaseModel):
    """How far one partition is in the backup."""

    model_config = ConfigDict(frozen=True)

    topic: str
    partition: int
    offset: int
    kafka_offset: int | None
    """The same in the Kafka that it was read from; `None` where that one is not known, or was another one then."""
    at_ms: int
    """When its newest event happened."""
    stored_ms: int
    """When its newest row was stored, in real time."""


class Manifest(BaseModel):
    """A whole backup."""

    model_config = ConfigDict(frozen=True)

    form: int = FORM
    kind: Literal["ward-ioc backup"] = "ward-ioc backup"
    ward: str
    database: str
    engine: str
    """Version of ClickHouse."""
    schema_version: int
    """Last migration."""
    pretend: bool
    """Whether a pretend ward fed it."""
    made_at: AwareDatetime
    """By the install's clock."""
    real_made_at: AwareDatetime
    """The moment, in real time, before which everything that had been acknowledged and processed is in it."""
    waiting: int | None
    """Events that Kafka had then and the tables had not; `None` where it could not be asked."""
    kafka: str
    """The Kafka cluster that positions count in; empty where it could not be asked."""
    secrets: bool
    """Whether the secrets are in it."""
    pseudonym: str
    """What the pseudonym secret makes of a fixed word: tells whether another install has the same."""
    left_out: list[str]
    """Settings that are secrets, and so were left out."""
    tables: dict[str, TableContent]
    positions: list[Position]
    files: dict[str, FileContent]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())

    @property
    def newest_ms(self) -> int:
        """When the newest event in it happened."""
        return max((position.at_ms for position in self.positions), default=0)


def archive_name(ward: str, made_at: datetime) -> str:
    """What a backup's file is called: by its ward and time, so that names sort by age.

    Args:
        ward: the ward's id.
        made_at: in the ward's zone.
    """
    return f"ioc-{ward}-{made_at:%Y-%m-%d-%H%M%S}.tar"
