"""Backup: makes one while everything runs, and proves it: each table is restored beside, counted, summed up and dropped again.

The order: cursors and the other small files, then a wait until the workers have what Kafka had at that moment, then the
tables. So what a source will not send again is in the tables, and what it will send again counts once.
"""

import fcntl
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from ingest.contract.clock import WARD_ZONE, RealClock
from ingest.contract.settings import IngestSettings
from ingest.runtime.disk_space import disks, size_text
from warehouse.maintenance.backups import files as backup_files
from warehouse.maintenance.backups import manifest, sealing, tables
from warehouse.maintenance.backups.archive import packing
from warehouse.maintenance.backups.catch_up import UnstoredRecords, catch_up
from warehouse.maintenance.backups.manifest import Manifest, Position, TableContent, archive_name
from warehouse.maintenance.backups.tables import BackupError, Copier, Newest, PartitionKey, Progress
from warehouse.server.engine import config
from warehouse.settings import WarehouseSettings
from warehouse.store import positions
from warehouse.store.client import Client, connect

CHECKED_IN = "ioc_check"
"""Database in which a backup is restored to prove it."""

WARE = "warehouse/"
"""Before the names of the engine's files in the archive."""

MARGIN = 50_000_000
"""Bytes that must be left besides what a backup needs."""


class BackupOrigin(NamedTuple):
    """What is backed up."""

    ingest: IngestSettings
    warehouse: WarehouseSettings
    env_file: Path
    """The install's `.env`, be it there or not."""


class BackupResult(NamedTuple):
    """A backup that was made."""

    path: Path
    said: Manifest
    took: timedelta


class _Small(NamedTuple):
    """The small files, as they were before the tables were copied."""

    files: dict[str, bytes]
    left_out: list[str]
    """Secrets that are not among the settings."""


class _Copies(NamedTuple):
    """The tables, copied and proved."""

    contents: dict[str, TableContent]
    newest: dict[PartitionKey, Newest]


def make_backup(origin: BackupOrigin, folder: Path, secrets: bool, tell: Progress, key: str = "") -> BackupResult:
    """Make a backup of what runs, in one file.

    Args:
        origin: the install.
        folder: where it goes; made if need be.
        secrets: whether the secrets go with it.
        tell: told how far it is.
        key: public key that the file is sealed for, once all that goes into it has been proved; empty: anybody can read it.

    Raises:
        BackupError: it cannot be made, and why, as with secrets that nothing seals; nothing is left behind.
        Unavailable: the warehouse does not answer.
    """
    began, now = time.monotonic(), origin.ingest.clock().now()
    check_own_engine(origin.warehouse)
    if secrets and not key:
        raise BackupError(
            "A backup with the secrets is encrypted: make a key by ./ioc backup --new-key FILE, then give its public half by "
            "--key or IOC_KEEPER_BACKUP_KEY.",
            "Bản sao lưu kèm mã bí mật phải được mã hóa: tạo khóa bằng ./ioc backup --new-key TỆP, rồi đưa khóa công khai bằng --key "
            "hoặc IOC_KEEPER_BACKUP_KEY.",
        )
    if key:
        key = sealing.public_key(key)
    with (
        backup_lock(origin.ingest.data_folder),
        connect(origin.warehouse) as client,
        connect(origin.warehouse) as watching,
    ):
        hand_over = clear_hand_over(client, origin.warehouse)
        sizes = tables.stored_tables(client, origin.warehouse.database)
        _check_room(origin, sizes, folder)
        small = _small(origin, secrets)
        waiting = catch_up(client, origin.ingest, tell)
        real_now = RealClock().now()
        try:
            copies = _copied(Copier(client, watching, tell), client, origin.warehouse.database, sizes)
            said = _manifest(origin, client, secrets, now, real_now, waiting, small, copies)
            name = archive_name(origin.ingest.ward, now.astimezone(WARD_ZONE))
            path = folder / (name + sealing.ENDING if key else name)
            said = _packed(path, hand_over, small, said, tell, key)
        finally:
            clear_hand_over(client, origin.warehouse)
    return BackupResult(path, said, timedelta(seconds=time.monotonic() - began))


def prune_backups(folder: Path, ward: str, copies: int) -> list[Path]:
    """Delete a ward's older backups, and unfinished ones that a crash left behind.

    Args:
        folder: where they are.
        ward: whose.
        copies: how many stay.

    Returns:
        What was deleted.
    """
    # Every digit is asked for: wards may be called alike.
    name = re.sub(r"\d", "[0-9]", archive_name("", datetime(2000, 1, 1, tzinfo=WARD_ZONE))).replace(
        "--", f"-{ward}-", 1
    )
    whole = sorted([*folder.glob(name), *folder.glob(name + sealing.ENDING)])
    old = [*whole[:-copies], *folder.glob(f"{name}*.part")]
    for path in old:
        path.unlink(missing_ok=True)
        path.with_name(path.name + sealing.DIGEST).unlink(missing_ok=True)
    return old


def check_own_engine(settings: WarehouseSettings) -> None:
    """See that the engine is our own.

    Raises:
        BackupError: it is an outside server, whose files are not ours to copy.
    """
    if not settings.embedded:
        raise BackupError(
            f"The warehouse is an outside server ({settings.host}): back it up there, with ClickHouse's own BACKUP DATABASE "
            f"{settings.database} TO Disk(...), and keep `.env` and the data folder's connectors and dashboard beside it.",
            f"Kho số liệu là máy chủ ngoài ({settings.host}): sao lưu tại đó bằng BACKUP DATABASE của ClickHouse, và giữ kèm `.env` "
            "cùng các thư mục connectors, dashboard trong thư mục dữ liệu.",
        )


@contextmanager
def backup_lock(data_folder: Path) -> Iterator[None]:
    """Be the only one that makes or restores a backup of this install.

    Raises:
        BackupError: another process does.
    """
    run = data_folder / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (run / "keeping.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(
                "Another backup of this install is being made: wait until it is done.",
                "Đang có một bản sao lưu khác được tạo: chờ cho xong.",
            ) from None
        yield


def clear_hand_over(client: Client, settings: WarehouseSettings) -> Path:
    """Empty the hand-over folder and drop what was restored for proof, this time or by somebody who was cut off.

    Raises:
        BackupError: the engine is still busy with a backup that nobody waits for any more.
    """
    busy = "SELECT count() FROM system.backups WHERE status IN ('CREATING_BACKUP', 'RESTORING')"
    if client.query(busy)[0][0]:
        raise BackupError(
            "The engine is still busy with a backup that was cut off: try again in a few minutes.",
            "Kho số liệu còn đang làm dở một bản sao lưu bị ngắt: thử lại sau vài phút.",
        )
    client.execute(f"DROP DATABASE IF EXISTS {CHECKED_IN} SYNC")
    folder = config.hand_over_folder(settings)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return folder


def _check_room(origin: BackupOrigin, sizes: Mapping[str, int], folder: Path) -> None:
    """See that there is room, without touching the reserve that new events need."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    largest, whole = max(sizes.values(), default=0), sum(sizes.values())
    # Copied, and one table at a time restored beside; while the copies are packed each goes when it is in the archive.
    needed = {config.hand_over_folder(origin.warehouse).stat().st_dev: whole + 2 * largest}
    target = folder.stat().st_dev
    needed[target] = max(needed.get(target, 0), whole)
    for disk in disks(origin.ingest, also=[folder]):
        free = disk.free - disk.reserve - MARGIN
        wanted = needed.get(disk.folder.stat().st_dev, 0)
        if free < wanted:
            raise BackupError(
                f"No room for a backup on the disk of {disk.folder}: {size_text(wanted)} are needed, {size_text(max(0, free))} can be "
                "had. Free some, or write it to another disk: ./ioc backup --to FOLDER, IOC_KEEPER_BACKUP_FOLDER.",
                f"Ổ đĩa của {disk.folder} không đủ chỗ để sao lưu: cần {size_text(wanted)}, chỉ còn dùng được {size_text(max(0, free))}. Dọn "
                "bớt, hoặc ghi sang ổ khác: ./ioc backup --to THƯ_MỤC, IOC_KEEPER_BACKUP_FOLDER.",
            )


def _small(origin: BackupOrigin, secrets: bool) -> _Small:
    found = backup_files.files_to_back_up(origin.ingest.data_folder, secrets)
    files = {name: backup_files.backup_content(path) for name, path in found.items()}
    text = origin.env_file.read_text(encoding="utf-8") if origin.env_file.is_file() else ""
    settings, left_out = backup_files.settings_to_back_up(text, secrets)
    return _Small({**files, backup_files.SETTINGS: settings.encode()}, left_out)


def _copied(copier: Copier, client: Client, database: str, there: Mapping[str, int]) -> _Copies:
    """Copy the tables in two steps, and prove each by restoring it."""
    parts = {
        "figures": [table for table in there if table in tables.FIRST],
        "events": [table for table in there if table not in tables.FIRST],
    }
    for name, members in parts.items():
        if members:
            copier.copy(database, members, name)
    found: dict[str, TableContent] = {}
    newest: dict[PartitionKey, Newest] = {}
    client.execute(f"CREATE DATABASE {CHECKED_IN}")
    for name, members in parts.items():
        for table in members:
            content = copier.restore(table, database, CHECKED_IN, name)
            found[table] = TableContent(rows=content.rows, checksum=content.checksum, copy_in=name)
            tables.merge(newest, tables.newest(client, CHECKED_IN, [table]))
            client.execute(f"DROP TABLE {CHECKED_IN}.{table} SYNC")
    return _Copies(dict(sorted(found.items())), newest)


def _manifest(
    origin: BackupOrigin,
    client: Client,
    secrets: bool,
    now: datetime,
    real_now: datetime,
    waiting: UnstoredRecords,
    small: _Small,
    copies: _Copies,
) -> Manifest:
    logs = positions.read_bases(client)
    return Manifest(
        ward=origin.ingest.ward,
        database=origin.warehouse.database,
        engine=str(client.query("SELECT version()")[0][0]),
        schema_version=client.query("SELECT max(version) FROM schema_migrations")[0][0],
        pretend=origin.ingest.pretend,
        made_at=now,
        real_made_at=real_now,
        waiting=waiting.events,
        kafka=waiting.cluster,
        secrets=secrets,
        pseudonym=backup_files.fingerprint(origin.ingest.pseudonym_secret),
        left_out=small.left_out,
        tables=copies.contents,
        positions=[
            Position(
                topic=topic,
                partition=partition,
                kafka_offset=positions.kafka_offset_of(logs, waiting.cluster, (topic, partition), newest.offset),
                **newest._asdict(),
            )
            for (topic, partition), newest in sorted(copies.newest.items())
        ],
        files={},
    )


def _packed(path: Path, hand_over: Path, small: _Small, said: Manifest, tell: Progress, key: str) -> Manifest:
    """Pack everything into one file; the manifest as it is in there."""
    copies = sorted(one for one in hand_over.rglob("*") if one.is_file())
    whole = sum(one.stat().st_size for one in copies)
    packed = 0

    def done(more: int) -> None:
        nonlocal packed
        packed += more
        tell(path.name, min(packed, whole), whole)

    with packing(path, done, key) as packer:
        for name, data in small.files.items():
            packer.write(name, data)
        for copy in copies:
            packer.move(copy, WARE + copy.relative_to(hand_over).as_posix())
        said = said.model_copy(update={"files": dict(packer.files)})
        packer.write(manifest.NAME, said.model_dump_json(indent=1).encode())
    if key:
        sealing.write_digest(path)
    return said
