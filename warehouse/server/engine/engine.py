"""Engine: the one owner of the chDB folder, and its connections."""

import fcntl
import json
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from chdb import _chdb

from ingest.contract.errors import ConfigurationError, IocError
from warehouse.server.engine import config
from warehouse.server.engine.definitions import mend_definitions
from warehouse.settings import WarehouseSettings

_MESSAGE = re.compile(r"Code: (\d+)\. DB::Exception: (.*?)(?: \(version [\d.]+[^()]*\))?\s*", re.DOTALL)
_INTERNAL = 1002  # ClickHouse's UNKNOWN_EXCEPTION
_STREAMING_REFUSED = "Streaming query is not supported"

Parameters = Mapping[str, str]

CHANGED_SETTINGS = "SELECT name, value FROM system.settings WHERE changed"


class EngineError(IocError):
    """The engine refused something: ClickHouse's own code and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"Code: {code}. {text}")
        self.code = code
        self.text = text


class ResultBlock(NamedTuple):
    """A piece of a result: one block, and what was read to make it. It is gone when the next one is asked for."""

    block: memoryview
    rows: int
    rows_read: int
    bytes_read: int


@contextmanager
def _translated() -> Iterator[None]:
    """The engine's errors come as bare `RuntimeError`; give them their code."""
    try:
        yield
    except RuntimeError as error:
        found = _MESSAGE.fullmatch(str(error))
        code, text = (int(found[1]), found[2]) if found else (_INTERNAL, str(error))
        raise EngineError(code, text) from None


class EngineConnection:
    """A connection with its own settings, current database and temporary tables; used by one thread at a time."""

    def __init__(self, path: str) -> None:
        with _translated():
            self._connection = _chdb.connect(path)  # type: ignore[attr-defined] # missing in its stubs

    def run(self, sql: str, parameters: Parameters | None = None, form: str = "Native") -> bytes:
        """Run a statement to its end, and return the whole result in the given format."""
        with _translated():
            return bytes(self._connection.query(sql, form, params=dict(parameters or {})).bytes())

    def run_bytes(self, sql: bytes) -> None:
        """Run a statement that need not be text, as an INSERT with its rows."""
        with _translated():
            self._connection.query(sql, "Native")

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[list[Any]]:
        """The rows of a small result, numbers of 64 bits as text."""
        lines = self.run(sql, parameters, "JSONCompactEachRow").decode().splitlines()
        return [json.loads(line) for line in lines]

    def stream(self, sql: str, parameters: Parameters | None = None) -> Generator[ResultBlock, None, None]:
        """The blocks of a SELECT, each made when it is asked for; closing the iterator ends the query."""
        with _translated():
            result = self._connection.send_query(sql, "Native", params=dict(parameters or {}))
        ended = False
        try:
            while True:
                with _translated():
                    part = self._connection.streaming_fetch_result(result)
                    if part.has_error():
                        raise RuntimeError(part.error_message())
                if not len(part):
                    ended = True
                    return
                yield ResultBlock(
                    memoryview(part.get_memview().view()),
                    part.rows_read(),
                    part.storage_rows_read(),
                    part.storage_bytes_read(),
                )
                del part
        except EngineError:
            ended = True
            raise
        finally:
            if not ended:
                with _translated():
                    self._connection.streaming_cancel_query(result)

    def statements(self, sql: str) -> int:
        """How many statements a text has; 0 when it cannot be read."""
        return int(self._connection.classify_query(sql)["statement_count"])

    def set(self, settings: Mapping[str, str | None]) -> None:
        """Change settings of this connection; `None` gives one ClickHouse's own default."""
        changes = (
            f"{identifier(name)} = {'DEFAULT' if value is None else literal(value)}" for name, value in settings.items()
        )
        if settings:
            self.run("SET " + ", ".join(changes))

    def use(self, database: str) -> None:
        """Change the current database."""
        self.run(f"USE {identifier(database)}")

    def insert(self, sql: str) -> "Insert":
        """Begin an INSERT without its data; nothing else runs on the connection until it is finished or cancelled."""
        with _translated():
            return Insert(self._connection, self._connection.send_insert(sql, "Native"))

    def close(self) -> None:
        """End the connection and what runs on it."""
        self._connection.close()


class Insert:
    """An INSERT that takes its blocks one by one. What the table refuses at the end is not told: see `server.native.durable_insert`."""

    def __init__(self, connection: Any, handle: Any) -> None:
        self._connection = connection
        self._handle = handle

    def append(self, block: bytes) -> None:
        """Add a block in format `Native`."""
        with _translated():
            self._connection.insert_append(self._handle, block)

    def finish(self) -> None:
        """Store what was added; when this returns, it is stored."""
        with _translated():
            result = self._connection.insert_done(self._handle)
            if result.has_error():
                raise RuntimeError(result.error_message())

    def cancel(self) -> None:
        """Drop what was added, as far as it is not stored yet."""
        with _translated():
            self._connection.insert_cancel(self._handle)


class Engine:
    """The engine on its folder, which it locks.

    Args:
        settings: whose `data_folder` it lives in.
        views: names of what is made again at every start, should its definition be gone.

    Raises:
        ConfigurationError: the folder is in use by another process, damaged, or cannot be a folder of the engine.
    """

    def __init__(self, settings: WarehouseSettings, views: frozenset[str] = frozenset()) -> None:
        folder = config.engine_store(settings)
        if set(str(folder)) & set("?&#%"):
            raise ConfigurationError(
                f"IOC_DATA_FOLDER: {folder} must not contain any of ? & # %. Choose another folder."
            )
        self._path = f"{folder}?config-file={config.write_engine_config(settings)}"
        self._lock = (config.engine_home(settings) / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(f"IOC_DATA_FOLDER: another warehouse already runs on {folder}. End it.") from None
        mend_definitions(folder, views)
        self._first = EngineConnection(self._path)
        self.known = frozenset(name for (name,) in self._first.rows("SELECT name FROM system.settings"))
        """Names of all settings."""
        self.changed: Mapping[str, str] = dict(self._first.rows(CHANGED_SETTINGS))
        """Settings that differ from ClickHouse's own defaults on a new connection."""
        ((version, self.timezone),) = self._first.rows("SELECT version(), timezone()")
        major, minor, patch = (int(part) for part in version.split(".")[:3])
        self.version = (major, minor, patch)

    def connect(self) -> EngineConnection:
        """A new connection; cheap enough for one a query."""
        return EngineConnection(self._path)

    def close(self) -> None:
        """Let go of the folder; all other connections are closed before."""
        self._first.close()
        self._lock.close()


def is_streaming_refused(error: EngineError) -> bool:
    """Whether a statement has to be run by `run` instead of `stream`."""
    return error.text.startswith(_STREAMING_REFUSED)


def literal(value: str) -> str:
    """A string as SQL writes it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def identifier(name: str) -> str:
    """A name as SQL writes it, whatever is in it."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def parameter(value: str) -> str:
    """A query parameter's text as the engine reads it: what a tab-separated file would hold."""
    escapes = {"\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f"}
    return "".join(escapes.get(character, character) for character in value)
