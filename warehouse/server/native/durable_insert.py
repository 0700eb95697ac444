"""Sure insert: an INSERT that is known to be stored when it is said to be.

The engine's own way to take an INSERT block by block, `send_insert`, forgets what goes wrong at the end: for rows that a
full disk or a constraint refused it reports success. A whole statement tells. So one small block goes within the statement,
and everything else by way of a table in memory, where nothing of that can happen, from where a statement takes it.
"""

from warehouse.server.engine.engine import EngineConnection, EngineError, Insert, identifier
from warehouse.server.native.query_settings import NO_LIMITS
from warehouse.server.native.result import Columns

WITHIN_A_STATEMENT = 200_000
"""Bytes; the engine reads no more than 262,144 of one."""

END_OF_ROWS = b"\n\n"
"""Where rows within a statement end for the engine, also in the middle of a block, which it then refuses as a whole."""

AT_ONCE = 256 * 1024 * 1024
"""Bytes after which rows are stored before more are taken; by then the engine would have begun another part as well."""

_ON_THE_WAY = "_rows_on_the_way"
_ONE_PART = "SETTINGS max_threads = 1, max_insert_threads = 1"
_INCOMPLETE = 1002  # ClickHouse's UNKNOWN_EXCEPTION


class DurableInsert:
    """Takes blocks in format `Native`, and stores them.

    Args:
        connection: nothing else runs on it until the insert is finished or cancelled.
        sql: the statement without a format.
        columns: what each block holds.
    """

    def __init__(self, connection: EngineConnection, sql: str, columns: Columns) -> None:
        self._connection = connection
        self._sql = sql
        self._columns = columns
        self._waiting = b""
        """A block that may go within the statement, if it stays the only one."""
        self._size = 0
        self._rows = 0
        self._memory: Insert | None = None
        self._has_table = False

    def append(self, block: bytes, rows: int) -> None:
        """Take a block."""
        self._size += len(block)
        self._rows += rows
        if self._memory is None and not self._waiting and len(block) <= WITHIN_A_STATEMENT and END_OF_ROWS not in block:
            self._waiting = block
            return
        memory = self._memory = self._memory or self._begun()
        for one in filter(None, (self._waiting, block)):
            memory.append(one)
        self._waiting = b""
        if self._size > AT_ONCE:
            self.finish()

    def finish(self) -> None:
        """Store what was taken; when this returns, it is stored.

        Raises:
            EngineError: it is not.
        """
        if self._memory is not None:
            memory, self._memory = self._memory, None
            memory.finish()
            self._from_memory()
        elif self._waiting:
            self._connection.run_bytes(self._sql.encode() + b" FORMAT Native\n" + self._waiting)
        self._waiting, self._size, self._rows = b"", 0, 0
        self._drop()

    def cancel(self) -> None:
        """Drop what was taken and is not stored yet."""
        if self._memory is not None:
            memory, self._memory = self._memory, None
            memory.cancel()
        self._drop()

    def _begun(self) -> Insert:
        described = ", ".join(f"{identifier(name)} {kind}" for name, kind in self._columns)
        self._connection.run(f"CREATE TEMPORARY TABLE {_ON_THE_WAY} ({described}) ENGINE = Memory")
        self._has_table = True
        return self._connection.insert(f"INSERT INTO {_ON_THE_WAY}")

    def _from_memory(self) -> None:
        ((there,),) = self._connection.rows(f"SELECT count() FROM {_ON_THE_WAY}{NO_LIMITS}")
        if int(there) != self._rows:
            raise EngineError(_INCOMPLETE, f"Only {there} of {self._rows} rows fitted into memory. (UNKNOWN_EXCEPTION)")
        names = ", ".join(identifier(name) for name, _ in self._columns)
        self._connection.run(f"{self._sql} SELECT {names} FROM {_ON_THE_WAY} {_ONE_PART}")

    def _drop(self) -> None:
        if self._has_table:
            self._has_table = False
            self._connection.run(f"DROP TEMPORARY TABLE {_ON_THE_WAY}")
