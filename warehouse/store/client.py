"""Client: the only module that opens a connection to ClickHouse, our own engine or an outside server alike.

Driver errors become ours here: `Unavailable` when the same call may succeed later, `ConfigurationError` when the password
is wrong; what ClickHouse has against a statement stays `ServerError`, with its code and text. Nothing is ever sent twice
behind the caller's back. Values go into SQL as parameters that mean the same in every time zone; rows come as a stream in bounded memory.
"""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Literal, Self

import clickhouse_driver
from clickhouse_driver.defines import DBMS_MIN_PROTOCOL_VERSION_WITH_PARAMETERS
from clickhouse_driver.errors import NetworkError, ServerException, SocketTimeoutError
from clickhouse_driver.util.escape import escape_params

from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.runtime import metrics
from warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Moment:
    """A moment as SQL that means the same in every zone."""

    def __init__(self, microseconds: int) -> None:
        self.microseconds = microseconds

    def __str__(self) -> str:
        return f"fromUnixTimestamp64Micro({self.microseconds}, 'UTC')"


def plain_value(value: Any, *, typed: bool) -> Any:
    """A parameter's value as the driver can write it.

    Args:
        value: the value.
        typed: whether its place in the SQL says its type.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"datetime without zone: {value}")
        microseconds = (value - _EPOCH) // timedelta(microseconds=1)
        seconds, rest = divmod(microseconds, 1_000_000)
        return (f"{seconds}.{rest:06}" if rest else str(seconds)) if typed else _Moment(microseconds)
    if isinstance(value, list | tuple):
        return type(value)(plain_value(item, typed=typed) for item in value)
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


class RowStream:
    """Iterating gives lists of tuples; closing it early ends the query.

    Args:
        chunks: what the driver gives; the first row of all says names and types.
        guard: around every step, so that the driver's errors become ours.
        end: ends the query and its connection.
    """

    def __init__(
        self,
        chunks: Iterator[list[Any]],
        guard: Callable[[], AbstractContextManager[None]],
        end: Callable[[], None],
    ) -> None:
        self._chunks = chunks
        self._guard = guard
        self._end = end
        self._ended = False
        (head, *rows) = self._next() or [[]]
        self.columns: list[tuple[str, str]] = list(head)
        """Names and types."""
        self._rows: list[Any] = rows

    def __iter__(self) -> Iterator[list[Any]]:
        if self._rows:
            yield self._rows
        while rows := self._next():
            yield rows

    def _next(self) -> list[Any]:
        try:
            with self._guard():
                rows = list(next(self._chunks, ()))
        except (ServerException, Unavailable):
            self._ended = True
            raise
        self._ended = not rows
        return rows

    def close(self) -> None:
        """End the query if it has not ended by itself."""
        if not self._ended:
            self._ended = True
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


ServerError = ServerException
"""ClickHouse refused a statement; `code` is its own."""

Parameters = Mapping[str, Any]
Settings = Mapping[str, Any]

INSERT_SETTINGS: Settings = {
    "async_insert": 0,
    "insert_deduplicate": 1,
    "deduplicate_insert": "enable",
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "date_time_overflow_behavior": "throw",
}
"""Said with every insert, because ClickHouse's own defaults changed between versions."""

QUORUM: Settings = {"insert_quorum": "auto", "insert_quorum_parallel": 1, "insert_quorum_timeout": 30_000}
"""Said with every statement on a cluster: what was inserted is on more than half of the replicas when the insert returns."""

_CONNECT = timedelta(seconds=5)
_ANSWER = timedelta(minutes=5)
_ROWS_AT_ONCE = 8192

_AUTHENTICATION_FAILED = (192, 193, 194, 516)
_TOO_MANY_PARTS = 252
_FOR_EVER = "Too many partitions"
_MEMORY_LIMIT = 241
_MEMORY_OF_ALL = "(total)"
_DISK_FULL = "No space left on device"
_LATER_PERHAPS = {
    81: "database is not there (yet)",
    202: "too many queries at once",
    203: "no free connection",
    209: "socket timeout",
    210: "network error",
    225: "no keeper",
    236: "aborted",
    242: "table is read-only",
    243: "disk is full",
    285: "too few live replicas",
    286: "the replicas did not confirm the insert in time",
    319: "unknown status of the insert",
    394: "query was cancelled",
    999: "keeper error",
}
"""ClickHouse's codes for what may be different the next time."""

_OF_THIS_REPLICA = (225, 242, 999)
"""Of these, what another replica may not suffer from."""

_CLIENT_SIDE = re.compile(r"%\((\w+)\)s")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")


class Client:
    """A connection to ClickHouse, for one thread at a time. Opens itself, again if need be, when it is used.

    Args:
        settings: where to connect.
        user: as the database's owner, or as an analyst.
        database: current database; `None`: that of the settings, empty: the user's own.
        options: settings of ClickHouse for every query of this client.

    Raises:
        ConfigurationError: there is no password for the user.
    """

    def __init__(
        self,
        settings: WarehouseSettings,
        user: Literal["owner", "analyst"] = "owner",
        database: str | None = None,
        options: Settings | None = None,
    ) -> None:
        is_owner = user == "owner"
        password = settings.password if is_owner else settings.analyst_password
        if password is None:
            raise ConfigurationError("IOC_WAREHOUSE_ANALYST_PASSWORD is not set: ad-hoc SQL is off. Set it to use it.")
        self.settings = settings
        (self._host, self._port), *others = settings.addresses
        # Its warnings repeat with a traceback what our errors say.
        logging.getLogger("clickhouse_driver.connection").setLevel(logging.ERROR)
        self._driver = clickhouse_driver.Client(
            self._host,
            self._port,
            database=settings.database if database is None else database,
            user=settings.user if is_owner else settings.analyst_user,
            password=password.get_secret_value(),
            client_name="ward-ioc",
            connect_timeout=_CONNECT.total_seconds(),
            send_receive_timeout=_ANSWER.total_seconds(),
            secure=settings.secure,
            ca_certs=str(settings.ca_file) if settings.ca_file else None,
            tcp_keepalive=True,
            settings={**(QUORUM if settings.cluster and is_owner else {}), **(options or {})},
            alt_hosts=",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in others)
            or None,
        )
        self.replica: tuple[str, int] | None = None
        """Which one it has connected to last."""

    def query(self, sql: str, parameters: Parameters | None = None, settings: Settings | None = None) -> list[Any]:
        """The rows of a SELECT, each a tuple; for results that fit in memory.

        Args:
            sql: with `{name:Type}` or, filled in here, `%(name)s` where parameters go.
            parameters: values; datetimes must be aware.
            settings: settings of ClickHouse for this query.
        """
        with self._open(sql, parameters, settings, may_reconnect=True) as (given, options):
            return list(self._driver.execute(sql, given, settings=options))

    def query_columns(
        self, sql: str, parameters: Parameters | None = None, settings: Settings | None = None
    ) -> dict[str, Sequence[Any]]:
        """The columns of a SELECT by name; for results that fit in memory."""
        with self._open(sql, parameters, settings, may_reconnect=True) as (given, options):
            data, columns = self._driver.execute(sql, given, settings=options, columnar=True, with_column_types=True)
            values = data or [()] * len(columns)
            return {name: column for (name, _), column in zip(columns, values, strict=True)}

    def stream(self, sql: str, parameters: Parameters | None = None, settings: Settings | None = None) -> RowStream:
        """The rows of a SELECT in bounded memory; the client does nothing else until the stream is closed."""
        with self._open(sql, parameters, settings, may_reconnect=True) as (given, options):
            rows = self._driver.execute_iter(
                sql, given, settings=options, with_column_types=True, chunk_size=_ROWS_AT_ONCE
            )
            return RowStream(iter(rows), self._translated, self.close)

    def insert(self, table: str, columns: Mapping[str, Sequence[Any]], settings: Settings | None = None) -> int:
        """Store rows, given column by column, as one block. When this returns they are stored.

        An `Unavailable` leaves open whether they are: ask, or insert the same block again where that does no harm.

        Args:
            table: its name, with or without database.
            columns: values by column; what is left out gets its default. `DateTime64` takes whole ticks as well.
            settings: settings of ClickHouse for this insert, for example `insert_deduplication_token`.

        Returns:
            How many rows.
        """
        if not all(_NAME.fullmatch(name) for name in (table, *columns)):
            raise ValueError(f"no name of a table or column: {table}, {', '.join(columns)}")
        sql = f"INSERT INTO {table} ({', '.join(f'`{name}`' for name in columns)}) VALUES"
        # The driver writes into lists that it is given, so it gets its own.
        data = [list(values) for values in columns.values()]
        options = {**INSERT_SETTINGS, **(settings or {})}
        began = monotonic()
        try:
            with self._open(sql, None, options, may_reconnect=False) as (_, options):
                rows = int(self._driver.execute(sql, data, settings=options, columnar=True))
        except Unavailable as error:
            metrics.INSERT_RETRIES.labels(getattr(error.__cause__, "code", "network")).inc()
            raise
        metrics.INSERT_SECONDS.labels(table).observe(monotonic() - began)
        metrics.BATCH_ROWS.labels(table).observe(rows)
        return rows

    def execute(self, sql: str, parameters: Parameters | None = None, settings: Settings | None = None) -> None:
        """Run a statement that gives no rows."""
        with self._open(sql, parameters, settings, may_reconnect=False) as (given, options):
            self._driver.execute(sql, given, settings=options)

    def ping(self) -> None:
        """Ask whether the warehouse answers.

        Raises:
            Unavailable: it does not.
        """
        with self._translated():
            connection = self._driver.connection
            if not connection.connected:
                self._connect()
            elif not connection.ping():
                connection.disconnect()
                raise NetworkError("no answer to a ping")

    def sync_replica(self) -> None:
        """On a cluster, wait until this replica has all rows that were stored on any; elsewhere there is nothing to wait for.

        Raises:
            Unavailable: it does not get them.
        """
        if not self.settings.cluster:
            return
        database = self.settings.database
        asked = "SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE 'Replicated%'"
        for (table,) in self.query(asked, {"database": database}):
            self.execute(f"SYSTEM SYNC REPLICA {database}.{table} LIGHTWEIGHT")

    def follow(self, other: "Client") -> None:
        """See what another client has written: where that asks another replica, wait until this one has everything.

        Raises:
            Unavailable: it does not get it.
        """
        if other.replica not in (None, self.replica):
            self.sync_replica()

    def _connect(self) -> None:
        """Connect to the first replica that answers; another one than before has to have what that one had."""
        connection = self._driver.connection
        for others in reversed(range(len(connection.hosts))):
            try:
                connection.connect()
                break
            except EOFError:  # it hung up on us at the door, for which the driver does not go on to the next
                connection.disconnect()
                connection.hosts.rotate(-1)
                if not others:
                    raise
        before, self.replica = self.replica, (connection.host, connection.port)
        if before not in (None, self.replica):
            log.warning("ClickHouse at %s:%d is away, now asking the one at %s:%d", *before, *self.replica)
            self.sync_replica()

    def close(self) -> None:
        """End the connection, and what runs on it."""
        # A thread that still works on it may end it in the same moment; then the driver finds no socket any more.
        with suppress(AttributeError):
            self._driver.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _open(
        self, sql: str, parameters: Parameters | None, settings: Settings | None, *, may_reconnect: bool
    ) -> Iterator[tuple[dict[str, Any] | None, dict[str, Any]]]:
        """Parameters and settings as the driver wants them, with the connection open and its errors translated."""
        with self._translated():
            connection = self._driver.connection
            is_one = len(connection.hosts) == 1
            if connection.connected and may_reconnect and not is_one and not connection.ping():
                connection.disconnect()
            if not connection.connected:
                self._connect()
            # The driver itself would not notice that it is another replica.
            connection.disable_reconnect = not (may_reconnect and is_one)
            options = dict(settings or {})
            if not parameters:
                yield None, options
                return
            if set(_CLIENT_SIDE.findall(sql)) & set(parameters):
                yield {name: plain_value(value, typed=False) for name, value in parameters.items()}, options
                return
            given = {name: plain_value(value, typed=True) for name, value in parameters.items()}
            if connection.server_info.used_revision >= DBMS_MIN_PROTOCOL_VERSION_WITH_PARAMETERS:
                yield given, {**options, "server_side_params": True}
            else:
                texts = escape_params(given, connection.context, for_server=True)
                yield None, {**options, **{f"param_{name}": text for name, text in texts.items()}}

    @contextmanager
    def _translated(self) -> Iterator[None]:
        where = f"ClickHouse at {self._host}:{self._port}"
        try:
            yield
        except ServerException as error:
            self._driver.disconnect()
            if error.code in _OF_THIS_REPLICA:
                self._driver.connection.hosts.rotate(-1)
            text = str(error.message).partition(" Stack trace:")[0]
            if error.code in _AUTHENTICATION_FAILED:
                raise ConfigurationError(
                    f"{where} refuses the user or password: IOC_WAREHOUSE_USER, IOC_WAREHOUSE_PASSWORD and those of the "
                    "analyst must be the ones it was set up with."
                ) from error
            if (
                error.code in _LATER_PERHAPS
                or (error.code == _TOO_MANY_PARTS and _FOR_EVER not in text)
                or (error.code == _MEMORY_LIMIT and _MEMORY_OF_ALL in text)
                or _DISK_FULL in text
            ):
                raise Unavailable(where, text) from error
            raise
        except (NetworkError, SocketTimeoutError, EOFError, OSError) as error:
            self._driver.disconnect()
            self._driver.connection.hosts.rotate(-1)
            raise Unavailable(where, str(error) or type(error).__name__) from error


def connect(
    settings: WarehouseSettings,
    user: Literal["owner", "analyst"] = "owner",
    database: str | None = None,
    options: Settings | None = None,
) -> Client:
    """Open a connection.

    Raises:
        Unavailable: nobody answers.
        ConfigurationError: the password is wrong, or there is none.
    """
    client = Client(settings, user, database, options)
    client.ping()
    return client
