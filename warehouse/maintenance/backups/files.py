"""Files: what a backup holds besides the tables, by its name in the archive and its place in the data folder.

Cursors are read before the tables are copied: an older cursor only reads again what then counts once. Of the board there are the
store of what people set (accounts, keys, screens, queries) and its small files; log-ins are not among them, so that nobody
enters by a backup. Settings come along without their secrets unless asked for.
"""

import logging
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from pydantic import SecretStr

from ingest.contract.errors import ConfigurationError
from ingest.untrusted.pseudonym import pseudonymiser
from warehouse.maintenance.backups.tables import BackupError

log = logging.getLogger(__name__)

DATA = "data/"
"""Before the name of a file that belongs into the data folder."""

SETTINGS = "settings.env"
"""The install's `.env`."""

CURSORS = "connectors/*.cursor"
DECLARED = ("connectors/*.toml", "connectors/*.json", "devices/*.toml", "inventory/*.csv", "inventory/*.xlsx")
"""Declared connectors with their versions, what is set of each source, and its devices; in none of them is a secret."""
BOARD = "dashboard/*.json"
STORE = "dashboard/store.db"
"""The board's store, a database of SQLite."""
STORE_COPY = "store-copy.db"
"""Beside it, the copy that the board makes of it after each change."""
STORE_FILES = "dashboard/store*"
"""What belongs together: the store, its log and its copy."""
SECRETS = "secrets/*"
FILES = ("calendar.toml", "run/clock.json")
"""The office's days off; how far the pretend clock is, which never goes back."""

NOT_THE_BOARDS = frozenset({"sessions.json", "known_addresses.json", "readings.json"})
"""Log-ins, from where people logged in, and what is made again by itself."""

_STORE_WAITS = 10.0
"""Seconds that reading the store may wait."""
_VARIABLE = re.compile(r"\s*(?:export\s+)?(\w+)\s*=")
_SECRET_NAME = re.compile(r"SECRET|PASSWORD|TOKEN|WEBHOOK_URL")
_FINGERPRINT = "the same secret gives the same pseudonym"


def files_to_back_up(data_folder: Path, secrets: bool) -> dict[str, Path]:
    """By name in the archive, the files of the data folder that a backup holds besides the tables; cursors first."""
    patterns = [CURSORS, *DECLARED, *FILES, BOARD, *([SECRETS] if secrets else [])]
    found = [path for pattern in patterns for path in sorted(data_folder.glob(pattern))]
    kept = [path for path in found if path.is_file() and path.name[0] != "." and path.name not in NOT_THE_BOARDS]
    store = data_folder / STORE
    if store.exists() or store.with_name(STORE_COPY).exists():
        kept.append(store)
    return {DATA + path.relative_to(data_folder).as_posix(): path for path in kept}


def backup_content(path: Path) -> bytes:
    """What a backup holds of one of the files; of the store, which may be in use or gone, a consistent copy that was checked.

    Raises:
        BackupError: the store is damaged, and so is its copy.
    """
    if path.name != Path(STORE).name:
        return path.read_bytes()
    try:
        return _dumped(path)
    except sqlite3.DatabaseError as error:
        log.error("%s cannot be read; backing up its copy: %s", path, error)
    try:
        return _dumped(path.with_name(STORE_COPY))
    except sqlite3.DatabaseError as error:
        raise BackupError(
            f"{path} and its copy cannot be read: {error}. ./ioc doctor says what to do.",
            f"Không đọc được {path} và bản chép của nó: {error}. Xem ./ioc doctor.",
        ) from error


def _dumped(path: Path) -> bytes:
    """A database of SQLite as one file, without what was deleted.

    Raises:
        sqlite3.DatabaseError: it cannot be read, or is damaged.
    """
    source = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", _STORE_WAITS, uri=True, isolation_level=None)
    with closing(source), closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        source.backup(memory)
        memory.execute("VACUUM")
        memory.execute("SELECT count() FROM schema_migrations")  # a file that was emptied is whole, and no store
        faults = memory.execute("PRAGMA integrity_check(1)").fetchall()
        if faults != [("ok",)]:
            raise sqlite3.DatabaseError(faults[0][0])
        return memory.serialize()


def settings_to_back_up(text: str, secrets: bool) -> tuple[str, list[str]]:
    """The `.env` as it goes into a backup, and the names of the secrets that were left out of it."""
    if secrets:
        return text, []
    kept, left_out = [], []
    for line in text.splitlines():
        found = _VARIABLE.match(line)
        if found and is_secret(found[1]):
            left_out.append(found[1])
            kept.append(f"# {found[1]} is a secret and was left out")
        else:
            kept.append(line)
    return "\n".join([*kept, ""]), left_out


def is_secret(variable: str) -> bool:
    """Whether a variable holds a secret, which its name tells."""
    return bool(_SECRET_NAME.search(variable.upper())) and not variable.upper().startswith("IOC_KEEPER_")


def fingerprint(secret: SecretStr | None) -> str:
    """Tells whether two installs have the same pseudonym secret, without telling it; empty where there is none."""
    try:
        return pseudonymiser(secret)(_FINGERPRINT)
    except ConfigurationError:
        return ""
