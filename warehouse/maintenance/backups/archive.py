"""Archive: one file a backup, a tar whose files are compressed already, sealed or not. It has its name once it is whole."""

import hashlib
import os
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO

from pydantic import ValidationError

from ingest.runtime.durable import sync_folder
from warehouse.maintenance.backups import manifest
from warehouse.maintenance.backups.manifest import FileContent, Manifest
from warehouse.maintenance.backups.sealing import sealing
from warehouse.maintenance.backups.tables import BackupError

PIECE = 1024 * 1024

Done = Callable[[int], None]
"""Told how many more bytes have been packed or unpacked."""


class Packer:
    """An archive that is being written.

    Args:
        tar: where to.
        done: told how much more is packed.
    """

    def __init__(self, tar: tarfile.TarFile, done: Done) -> None:
        self.files: dict[str, FileContent] = {}
        """What is in it, by name."""
        self._tar = tar
        self._done = done

    def move(self, path: Path, name: str) -> None:
        """Pack a file and delete it, so that the disk need not hold everything twice."""
        with path.open("rb") as source:
            self._add(source, name, path.stat().st_size)
        path.unlink()

    def write(self, name: str, data: bytes) -> None:
        """Pack some bytes as a file."""
        self._add(BytesIO(data), name, len(data))

    def _add(self, source: IO[bytes], name: str, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, int(time.time())
        reader = _Hashed(source, self._done)
        self._tar.addfile(info, reader)
        self.files[name] = FileContent(size=size, sha256=reader.hash.hexdigest())


@contextmanager
def packing(path: Path, done: Done, key: str = "") -> Iterator[Packer]:
    """Write an archive; it has its name once it is whole and on disk, and nothing is left behind if it never is.

    Args:
        path: where it will be.
        done: told how much more is packed.
        key: public key that it is sealed for; empty: it is not sealed.
    """
    part = path.with_name(path.name + ".part")
    try:
        with _private(part) as file:
            with (
                sealing(file, key) if key else nullcontext(file) as sink,
                tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield Packer(tar, done)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(path)
    sync_folder(path.parent)


class _Hashed:
    """A file that is hashed while it is read."""

    def __init__(self, source: IO[bytes], done: Done) -> None:
        self.hash = hashlib.sha256()
        self._source = source
        self._done = done

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.hash.update(data)
        self._done(len(data))
        return data


def read_manifest(path: Path) -> Manifest:
    """What an archive says about itself.

    Raises:
        BackupError: it is none, is not whole, or was made by a later version.
    """
    with _opened(path) as tar:
        try:
            found = tar.extractfile(manifest.NAME)
        except KeyError:
            found = None
        if found is None:
            raise BackupError(
                f"{path} is not a whole backup: its last file, {manifest.NAME}, is missing. Take another one."
            )
        try:
            said = Manifest.model_validate_json(found.read())
        except ValidationError as error:
            raise BackupError(f"{path}: {manifest.NAME} cannot be read by this version: {error.errors()[0]}") from error
    if said.form > manifest.FORM:
        raise BackupError(f"{path} was made by a later version; restore it with that.")
    return said


def unpack_archive(path: Path, said: Manifest, place: Callable[[str], Path | None], done: Done) -> None:
    """Check every file against its checksum, and write it where it belongs.

    Args:
        path: the archive.
        said: what it says about itself.
        place: where a file goes; `None`: it is only checked.
        done: told how much more is done.

    Raises:
        BackupError: a file is missing, is damaged, or is not what the archive says.
    """
    seen = set()
    with _opened(path) as tar:
        for member in tar:
            if member.name == manifest.NAME:
                continue
            expected = said.files.get(member.name)
            if expected is None or not member.isfile() or not _is_plain(member.name):
                raise BackupError(f"{path} holds {member.name}, which its manifest does not know. Take another backup.")
            target = place(member.name)
            found = _copied(tar, member, target, done)
            if found != expected.sha256 or member.size != expected.size:
                raise BackupError(f"{path}: {member.name} is damaged. Take another backup.")
            seen.add(member.name)
    missing = sorted(set(said.files) - seen)
    if missing:
        raise BackupError(f"{path}: {missing[0]} is missing. Take another backup.")


def _copied(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path | None, done: Done) -> str:
    """Write one file; its checksum."""
    source = tar.extractfile(member)
    if source is None:
        return ""
    hash = hashlib.sha256()
    if target is not None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _private(target or Path(os.devnull)) as sink:
        while piece := source.read(PIECE):
            hash.update(piece)
            sink.write(piece)
            done(len(piece))
    return hash.hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except FileNotFoundError:
        raise BackupError(f"There is no file {path}.") from None
    except tarfile.TarError as error:
        raise BackupError(f"{path} is not a backup, or is damaged: {error}. Take another one.") from error


def _is_plain(name: str) -> bool:
    """Whether a name stays within the folder that it is unpacked into."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)


def _private(path: Path) -> IO[bytes]:
    """A file for its owner only: accounts and pseudonymous events are nobody else's business."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
