"""Sealing: a backup as an age file (age-encryption.org), which only the holder of its key can read; a stream in both directions.

It is sealed for a public key. So the PC that makes backups every night need not hold what opens them, and whoever takes the disk
with the backups has nothing. `age -d -i KEYFILE FILE > backup.tar` opens one as well.
"""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyrage

from ingest.contract.clock import RealClock
from warehouse.maintenance.backups.tables import BackupError

ENDING = ".age"
"""After the name of an archive that is sealed."""

DIGEST = ".sha256"
"""After the name of a sealed archive: the file with its checksum, for those who cannot open it (`sha256sum -c`)."""

_HEAD = b"age-encryption.org/"
_PUBLIC, _SECRET = "age1", "AGE-SECRET-KEY-1"
_PIECE = 1024 * 1024
_LONGEST_KEY_FILE = 65_536


def make_key(path: Path) -> str:
    """Make a key, for its owner only.

    Returns:
        Its public half, which backups are sealed for.

    Raises:
        BackupError: there is such a file already, or it cannot be written.
    """
    key = pyrage.x25519.Identity.generate()
    public = str(key.to_public())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise BackupError(
            f"There is a file {path} already: choose another name, a key is never overwritten.",
            f"Đã có tệp {path}: hãy chọn tên khác, không bao giờ ghi đè lên khóa.",
        ) from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"# created: {RealClock().now():%Y-%m-%dT%H:%M:%SZ}\n# public key: {public}\n{key}\n")
    return public


def public_key(text: str) -> str:
    """The public key that a text is, or that stands in the file which it names.

    Raises:
        BackupError: it is none, and there is none.
    """
    found = text.strip()
    if not found.startswith(_PUBLIC):
        words = _key_file(Path(found)).split()
        secret = next((word for word in words if word.startswith(_SECRET)), None)
        found = _public_of(secret) if secret else next((word for word in words if word.startswith(_PUBLIC)), "")
    try:
        pyrage.x25519.Recipient.from_str(found)
    except pyrage.RecipientError:
        raise BackupError(
            "This is neither a public key (age1…) nor a file with one. Make a key by ./ioc backup --new-key FILE.",
            "Đây không phải khóa công khai (age1…) hay tệp có khóa. Hãy tạo khóa bằng ./ioc backup --new-key TỆP.",
        ) from None
    return found


def is_sealed(path: Path) -> bool:
    """Whether a file is an age file.

    Raises:
        BackupError: there is no such file.
    """
    try:
        with path.open("rb") as file:
            return file.read(len(_HEAD)) == _HEAD
    except FileNotFoundError:
        raise BackupError(f"There is no file {path}.", f"Không có tệp {path}.") from None


@contextmanager
def sealing(sink: IO[bytes], key: str) -> Iterator[IO[bytes]]:
    """A file to write into, of which only what is sealed reaches `sink`.

    Args:
        sink: where it goes.
        key: public key.

    Raises:
        BackupError: it could not be sealed.
    """
    reading, writing = os.pipe()
    faults: list[BaseException] = []

    def seal() -> None:
        # Closed in any case, so that who writes is not kept waiting by a pipe that nobody empties.
        with os.fdopen(reading, "rb") as source:
            try:
                pyrage.encrypt_io(source, sink, [pyrage.x25519.Recipient.from_str(key)])
            except Exception as error:
                faults.append(error)

    thread = threading.Thread(target=seal, name="sealing")
    thread.start()
    file = os.fdopen(writing, "wb")
    try:
        yield file
        file.close()
    except BrokenPipeError:
        pass  # the fault is the thread's
    finally:
        try:
            file.close()
        except BrokenPipeError:
            pass
        finally:
            thread.join()
    if faults:
        raise BackupError(f"The backup could not be encrypted: {faults[0]}", f"Không mã hóa được: {faults[0]}")


def write_digest(path: Path) -> str:
    """Read a sealed archive back from the disk, and leave its checksum beside it.

    Returns:
        The SHA-256, in hexadecimal.
    """
    found = _digest(path)
    path.with_name(path.name + DIGEST).write_text(f"{found}  {path.name}\n", encoding="utf-8")
    return found


@contextmanager
def open_backup(path: Path, key_file: Path | None, beside: Path) -> Iterator[Path]:
    """The archive as it was before it was sealed, checked from beginning to end; one that is not sealed is given as it is.

    Args:
        path: the archive.
        key_file: holds the key that opens it.
        beside: folder in which it lies open meanwhile, for its owner only.

    Raises:
        BackupError: it is damaged, or not for this key, or there is none.
    """
    if not is_sealed(path):
        yield path
        return
    _see_digest(path)
    if key_file is None:
        raise BackupError(
            f"{path} is encrypted: give the file with its key, ./ioc restore FILE --key KEYFILE.",
            f"{path} đã được mã hóa: hãy đưa tệp khóa, ./ioc restore TỆP --key TỆP_KHOÁ.",
        )
    keys = _secret_keys(key_file)
    beside.mkdir(mode=0o700, parents=True, exist_ok=True)
    open_ = beside / f"opened-{path.name.removesuffix(ENDING)}.part"
    try:
        with path.open("rb") as source, os.fdopen(_private(open_), "wb") as sink:
            _unseal(source, sink, keys, path)
        yield open_
    finally:
        open_.unlink(missing_ok=True)


def _unseal(source: IO[bytes], sink: IO[bytes], keys: list[pyrage.x25519.Identity], path: Path) -> None:
    try:
        pyrage.decrypt_io(source, sink, keys)
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise BackupError(
                f"{path} was encrypted for another key: look for the one that was made for this install.",
                f"{path} được mã hóa bằng khóa khác: hãy tìm đúng tệp khóa đã tạo cho hệ thống này.",
            ) from None
        raise _damaged(path) from None
    except OSError as error:
        if error.errno is not None:  # of the disk; age's own have none
            raise
        raise _damaged(path) from None


def _damaged(path: Path) -> BackupError:
    return BackupError(
        f"{path} is damaged or was cut off or changed: nothing has been touched. Take another backup.",
        f"{path} bị hỏng, bị cắt cụt hoặc bị sửa; chưa thay đổi gì. Hãy dùng bản sao lưu khác.",
    )


def _see_digest(path: Path) -> None:
    """See that a sealed archive is still what it was when it was made, if that was noted beside it."""
    beside = path.with_name(path.name + DIGEST)
    if beside.is_file() and beside.read_text(encoding="utf-8").split(" ")[0] != _digest(path):
        raise _damaged(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _secret_keys(path: Path) -> list[pyrage.x25519.Identity]:
    words = [word for word in _key_file(path).split() if word.startswith(_SECRET)]
    try:
        keys = [pyrage.x25519.Identity.from_str(word) for word in words]
    except pyrage.IdentityError:
        keys = []
    if not keys:
        raise BackupError(
            f"{path} holds no key that opens backups (a line AGE-SECRET-KEY-1…).",
            f"{path} không có khóa mở bản sao lưu (dòng AGE-SECRET-KEY-1…).",
        )
    return keys


def _public_of(secret: str) -> str:
    try:
        return str(pyrage.x25519.Identity.from_str(secret).to_public())
    except pyrage.IdentityError:
        return ""


def _key_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_KEY_FILE).decode("ascii", "replace")
    except OSError as error:
        why = error.strerror or "unreadable"
        raise BackupError(
            f"The key file {path} cannot be read: {why}.", f"Không đọc được tệp khóa {path}: {why}."
        ) from None


def _private(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
