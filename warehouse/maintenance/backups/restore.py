"""Restore: the steps of a restore. Everything is made and proved beside; then what was there is moved aside, never deleted.

`work` is a folder beside what is there, on the same disk, which serves as the data folder of an engine of its own.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from warehouse.maintenance.backups import archive
from warehouse.maintenance.backups import files as backup_files
from warehouse.maintenance.backups.archive import Done
from warehouse.maintenance.backups.backup import WARE
from warehouse.maintenance.backups.manifest import Manifest
from warehouse.maintenance.backups.tables import BackupError, Content, Copier, Progress
from warehouse.maintenance.retention import SNAPSHOTS
from warehouse.server.engine import config
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client
from warehouse.store.migrate import MIGRATIONS, read_migrations

FILES = "files"
"""Folder of `work` for what is not a table."""

MARK = "restoring"
"""File in `run` while folders change places: a start now would begin with an empty warehouse."""


def check_backup_fits(said: Manifest, ward: str) -> None:
    """See that a backup is one for this ward and this version.

    Raises:
        BackupError: it is not.
    """
    if said.ward != ward:
        raise BackupError(f"This is a backup of the ward {said.ward}, this install serves {ward} (IOC_WARD).")
    known = len(read_migrations(MIGRATIONS))
    if said.schema_version > known:
        raise BackupError(
            f"The backup has tables of version {said.schema_version}, this version of the system knows {known}: update it first."
        )


def unpack_backup(path: Path, said: Manifest, settings: WarehouseSettings, done: Done) -> None:
    """Unpack a backup into a work folder, checking every file.

    Args:
        path: the archive.
        said: what it says about itself.
        settings: the warehouse's, with the work folder as data folder.
        done: told how much more is unpacked.
    """
    hand_over, files = config.hand_over_folder(settings), settings.data_folder / FILES

    def place(name: str) -> Path:
        return hand_over / name.removeprefix(WARE) if name.startswith(WARE) else files / name

    archive.unpack_archive(path, said, place, done)


def load_tables(client: Client, watching: Client, said: Manifest, tell: Progress) -> None:
    """Make the tables from their copies, and see that each holds what the backup said.

    Args:
        client: a connection to the work folder's engine.
        watching: another one.
        said: what the backup says.
        tell: told how far it is.

    Raises:
        BackupError: a table does not.
    """
    database = client.settings.database
    client.execute(f"CREATE DATABASE {database}")
    copier = Copier(client, watching, tell)
    for table, expected in said.tables.items():
        found = copier.restore(table, said.database, database, expected.copy_in)
        if found != Content(expected.rows, expected.checksum):
            raise BackupError(
                f"{table} was restored with {found.rows} rows, checksum {found.checksum}; the backup says {expected.rows}, "
                f"{expected.checksum}. Nothing has been changed: take another backup."
            )
    if "fold_snapshots" in said.tables:
        _freshen_snapshots(client, database)


def _freshen_snapshots(client: Client, database: str) -> None:
    """Store the newest snapshots of each partition anew: old ones expire, and without one a worker reads all its events again."""
    table = f"{database}.fold_snapshots"
    client.execute(
        f"INSERT INTO {table} SELECT * REPLACE (now64(3) AS taken_at) FROM (SELECT * FROM {table} "
        "WHERE (topic, partition, offset, taken_at) IN ("
        f"SELECT topic, partition, offset, taken_at FROM {table} GROUP BY ALL HAVING uniqExact(chunk) = any(chunks) "
        f"ORDER BY offset DESC, taken_at DESC LIMIT {SNAPSHOTS} BY topic, partition))"
    )


def swap_folders(work: Path, data_folder: Path, aside: Path) -> list[Path]:
    """Move aside what is there, and put in its place what was restored.

    Args:
        work: the work folder.
        data_folder: the install's.
        aside: where what was there goes.

    Returns:
        What was moved aside, by where it was.
    """
    mark = data_folder / "run" / MARK
    mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark.write_text(str(aside), encoding="utf-8")
    os.sync()
    moved = [*_aside(["warehouse"], data_folder, aside)]
    (work / "warehouse").rename(data_folder / "warehouse")
    files = work / FILES / backup_files.DATA
    restored = [path.relative_to(files) for path in sorted(files.rglob("*")) if path.is_file()]
    moved += _aside(_replaced(data_folder, restored), data_folder, aside)
    for name in restored:
        target = data_folder / name
        if not target.exists():  # what stayed is the same, or goes on by itself
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (files / name).rename(target)
    os.sync()
    mark.unlink()
    return moved


def remove_work_folder(work: Path) -> None:
    """Delete a work folder."""
    shutil.rmtree(work, ignore_errors=True)


def _replaced(data_folder: Path, restored: Iterable[Path]) -> list[str]:
    """The files there that make room: all cursors, the board's store and files with its log-ins, and secrets that are others.

    The memory of the pretend clock stays if there is one: the clock never goes back.
    """
    kept = {Path("run/clock.json")}
    there = [
        path.relative_to(data_folder)
        for pattern in (backup_files.CURSORS, backup_files.BOARD, backup_files.STORE_FILES)
        for path in data_folder.glob(pattern)
    ]
    others = [name for name in restored if (data_folder / name).exists() and name not in kept]
    return sorted({str(name) for name in [*there, *others]})


def _aside(names: Iterable[str], data_folder: Path, aside: Path) -> list[Path]:
    moved = []
    for name in names:
        if (data_folder / name).exists():
            target = aside / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (data_folder / name).rename(target)
            moved.append(Path(name))
    return moved
