"""Board store: one SQLite file, changed in short transactions that other processes see at once.

The journal is a write-ahead log (WAL): whoever reads never waits for whoever writes, so that a command cannot hold up the wall.
Each commit is on the disk before it returns (`synchronous=FULL`; WAL's usual `NORMAL` would lose the last ones when power fails).
SQLite before 3.51.3 may damage the file when a checkpoint runs beside a commit ("WAL-reset bug"), and it is the PC's SQLite that
runs: so there are no automatic checkpoints, but `TRUNCATE` ones, which hold the write lock, and SQLite's own when the last
connection closes, which holds the whole file.

After each change the store is copied beside itself. If the file turns out to be damaged, the board reads the copy, refuses
changes, and says what to do.
"""

import logging
import os
import secrets
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from dashboard.store import json_files
from ingest.contract.clock import RealClock
from ingest.contract.errors import Unavailable
from ingest.contract.label import Label
from ingest.runtime.durable import sync_folder
from warehouse.store.migrate import Migration, pending_migrations
from warehouse.store.migrate import read_migrations as read_migrations

log = logging.getLogger("dashboard.store")

NAME = "store.db"
COPY = "store-copy.db"
MIGRATIONS = Path(__file__).parent / "migrations"

CHANGE_WAITS = timedelta(seconds=5)
"""How long a change waits for another one."""
READ_WAITS = timedelta(seconds=1)
"""How long reading waits, which it has to only while a log that a crash left is worked in."""

LARGEST_LOG = 1_000_000
"""Bytes of the write-ahead log after which it is worked into the file."""

BUSY = Label(
    "Kho tài khoản đang bận vì một tiến trình khác: hãy thử lại sau ít giây.",
    "The store of accounts is held by another process: try again in a few seconds.",
)
DAMAGED = Label(
    "Kho tài khoản bị hỏng: chưa thay đổi được gì. Hãy báo người cài đặt (./ioc doctor).",
    "The store of accounts is damaged: nothing can be changed. Tell the installer (./ioc doctor).",
)
UNUSABLE = Label(
    "Không đọc hoặc ghi được kho tài khoản. Hãy báo người cài đặt (./ioc doctor).",
    "The store of accounts cannot be read or written. Tell the installer (./ioc doctor).",
)

_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations
(version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT
"""

Found = TypeVar("Found")
StoreVersion = tuple[int, int]
"""Of what is read: another one whenever anything has changed."""


class StoreUnavailable(Unavailable):
    """The store cannot be read or changed now.

    Args:
        public: why, for anybody.
        detail: why and what to do, for whoever runs the install; the same if left out.
    """

    def __init__(self, public: Label, detail: Label | None = None) -> None:
        self.public = public
        self.detail = detail or public
        super().__init__("the store of accounts", self.detail.en)


class BoardStore:
    """The store of one install. It is made, migrated and opened when it is first used; any thread may use it.

    Args:
        folder: where it is; made if need be.
        change_waits: how long a change waits for another one.
    """

    def __init__(self, folder: Path, change_waits: timedelta = CHANGE_WAITS) -> None:
        self._folder = folder
        self._path = folder / NAME
        self._copy_path = folder / COPY
        self._change_waits = change_waits
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened = 0
        """How often a connection for reading was opened."""
        self._damage: StoreUnavailable | None = None

    def check(self) -> None:
        """Open it, and see that it is whole.

        Raises:
            StoreUnavailable: it is damaged, also if its copy stands in for it; or it cannot be used now.
            ConfigurationError: a newer version has migrated it.
        """
        with self._lock, self._translated():
            self._reading()
            if self._damage:
                raise self._damage

    def read(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            StoreUnavailable: it cannot be read now.
            ConfigurationError: a newer version has migrated it.
        """
        with self._lock, self._translated():
            return self._ask(query, parameters)

    def read_if_changed(
        self, query: str, known: StoreVersion | None
    ) -> tuple[StoreVersion, list[tuple[Any, ...]]] | None:
        """The rows of a query with the store's version, or `None` if that is still the known one.

        Raises:
            StoreUnavailable: it cannot be read now.
            ConfigurationError: a newer version has migrated it.
        """
        with self._lock, self._translated():
            # Asked for before the rows: what changes in between is read again next time.
            ((number,),) = self._ask("PRAGMA data_version")
            found = (self._opened, number)
            return None if found == known else (found, self._ask(query))

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of the block is kept and seen by everybody, or nothing of it if the block raises.

        Keep the block short, and read in it what the change depends on.

        Raises:
            StoreUnavailable: another process holds it, it is damaged, or the disk does not take it; nothing is changed.
            ConfigurationError: a newer version has migrated it.
        """
        self.check()
        with self._translated(), closing(self._connect(self._change_waits)) as connection:
            with _transaction(connection):
                yield connection
            self._tidy(connection)

    def _ask(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        connection = self._reading()
        try:
            return connection.execute(query, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error) or self._damage:
                raise
            self._connection = None
            connection.close()
            self._connection = self._stand_in(error)
            return self._connection.execute(query, parameters).fetchall()

    def _reading(self) -> sqlite3.Connection:
        """The connection for reading; that of the copy, if the store is damaged."""
        if self._connection is None:
            try:
                self._connection = self._kept(self._opened_whole())
                self._damage = None
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._connection = self._stand_in(error)
        return self._connection

    def _opened_whole(self) -> sqlite3.Connection:
        """A connection for reading to the store, which is made, checked, migrated and filled first."""
        if not self._path.exists():
            if self._copy_path.exists():
                raise sqlite3.DatabaseError("it is gone")
            _make(self._path)
        connection = self._connect(READ_WAITS)
        try:
            faults = connection.execute("PRAGMA quick_check(1)").fetchall()
            if faults != [("ok",)]:
                raise sqlite3.DatabaseError(faults[0][0])
            # It has its name only when its tables are in it: what has none was emptied by something else.
            if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").fetchall():
                raise sqlite3.DatabaseError("its tables are gone")
            connection.execute("PRAGMA journal_mode=WAL")  # which a copy that was put in its place has not
            taken: list[json_files.TakenFile] = []
            is_old = bool(_pending(connection))
            if is_old or json_files.has_old_files(self._folder):
                with _transaction(connection):
                    _migrate(connection)
                    taken = json_files.import_old_files(connection, self._folder)
                json_files.move_aside(taken, self._folder)
                self._tidy(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _stand_in(self, error: sqlite3.DatabaseError) -> sqlite3.Connection:
        """A connection to the copy that replaces a damaged store.

        Raises:
            StoreUnavailable: the copy does not serve either.
        """
        if self._damage is None:
            self._damage = StoreUnavailable(DAMAGED, _advice(self._path, self._copy_path, error))
            log.error("%s", self._damage.detail.en)
        address = f"{self._copy_path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            with ExitStack() as stack:
                connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
                stack.callback(connection.close)
                connection.execute("SELECT count() FROM schema_migrations").fetchall()
                stack.pop_all()
        except sqlite3.DatabaseError:
            raise self._damage from error
        return self._kept(connection)

    def _kept(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """The same; it is closed when nobody has this store any more."""
        self._opened += 1
        weakref.finalize(self, connection.close)
        return connection

    def _connect(self, waits: timedelta) -> sqlite3.Connection:
        # `mode=rw`: a store that is not there is never made by chance, without its tables and readable for others.
        address = f"{self._path.resolve().as_uri()}?mode=rw"
        connection = sqlite3.connect(
            address, waits.total_seconds(), isolation_level=None, check_same_thread=False, uri=True
        )
        try:
            _set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _tidy(self, connection: sqlite3.Connection) -> None:
        """Copy the store beside itself, and keep its log short; what fails here is done with the next change."""
        try:
            # The write lock is held meanwhile, so that no older copy takes the place of a newer one.
            with closing(self._connect(READ_WAITS)) as beside, _transaction(connection):
                new = self._copy_path.with_name(f".{COPY}.{secrets.token_hex(4)}")
                try:
                    dump_store(beside, new)
                    os.replace(new, self._copy_path)
                finally:
                    new.unlink(missing_ok=True)
            with suppress(FileNotFoundError):
                if self._path.with_name(f"{NAME}-wal").stat().st_size > LARGEST_LOG:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except (sqlite3.DatabaseError, OSError) as error:  # the change itself is kept
            log.warning("cannot copy %s: %s", self._path, error)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Faults of SQLite and of the disk as errors of ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StoreUnavailable(BUSY) from error
            raise StoreUnavailable(UNUSABLE, _told(UNUSABLE, self._path, error)) from error
        except OSError as error:
            raise StoreUnavailable(UNUSABLE, _told(UNUSABLE, self._path, error)) from error
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            raise StoreUnavailable(DAMAGED, _advice(self._path, self._copy_path, error)) from error
        except json_files.OldFileError as error:
            raise StoreUnavailable(UNUSABLE, error.label) from error


class StoreView(Generic[Found]):
    """What a query gives, as a value that is made anew when the store has changed.

    While the store cannot be read, the value stays as it was.

    Args:
        store: where it is.
        query: without parameters.
        make: makes the value of the rows.
    """

    def __init__(self, store: BoardStore, query: str, make: Callable[[list[tuple[Any, ...]]], Found]) -> None:
        self._store = store
        self._query = query
        self._make = make
        self._known: tuple[StoreVersion, Found] | None = None

    def __call__(self) -> Found:
        """The value now.

        Raises:
            StoreUnavailable: the store cannot be read, and never could.
            ConfigurationError: a newer version has migrated it.
        """
        known = self._known
        try:
            found = self._store.read_if_changed(self._query, known[0] if known else None)
        except StoreUnavailable:
            if known is None:
                raise
            return known[1]
        if found is not None:
            version, rows = found
            known = self._known = version, self._make(rows)
        if known is None:
            raise AssertionError
        return known[1]


def dump_store(connection: sqlite3.Connection, path: Path) -> None:
    """Write a consistent copy of a store that may be in use: one file, for its owner only, without what was deleted.

    Args:
        connection: to the store, in no transaction.
        path: where the copy will be; it must not be there.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection.execute("VACUUM INTO ?", (str(path),))
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _make(path: Path) -> None:
    """Make an empty store with its tables, for its owner only. It gets its name once it is whole; the first of several stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            _set_up(connection)
            with _transaction(connection):
                connection.execute(_RECORD)
                _migrate(connection)
        with suppress(FileExistsError):
            os.link(new, path)
    finally:
        new.unlink()
    sync_folder(path.parent)


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("PRAGMA secure_delete=ON")


def _pending(connection: sqlite3.Connection) -> list[Migration]:
    applied = connection.execute("SELECT version, name, checksum FROM schema_migrations")
    return pending_migrations(
        read_migrations(MIGRATIONS), {version: (name, checksum) for version, name, checksum in applied.fetchall()}
    )


def _migrate(connection: sqlite3.Connection) -> None:
    for migration in _pending(connection):
        for statement in migration.statements:
            connection.execute(statement)
        row = (migration.version, migration.name, migration.checksum, RealClock().now().isoformat())
        connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)", row)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is damaged; the module has subclasses for everything else."""
    return type(error) is sqlite3.DatabaseError


def _advice(path: Path, copy: Path, error: Exception) -> Label:
    folder = path.parent
    aside = f"mkdir -p {folder}/damaged; mv {path}* {folder}/damaged/; cp {copy} {path}"
    return Label(
        f"{path} bị hỏng ({error}). Bảng dùng bản chép {copy.name}, chưa thay đổi được gì. Cách sửa: ./ioc down; {aside}; "
        "./ioc up. Nếu không có bản chép: ./ioc restore từ bản sao lưu.",
        f"{path} is damaged ({error}). The board uses the copy {copy.name}; nothing can be changed. To fix it: ./ioc down; {aside}; "
        "./ioc up. If there is no copy: ./ioc restore from a backup.",
    )


def _told(label: Label, path: Path, error: Exception) -> Label:
    return Label(f"{path}: {error}. {label.vi}", f"{path}: {error}. {label.en}")
