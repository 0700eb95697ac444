"""SQL reader: asks a table or view of a source's database for what is new, by a column that only grows.

The statement is made here from the declaration's names, and only columns that are read are selected: a personal column is not even
fetched. It is one SELECT, in a transaction that may only read; the account should have no other right. How far the table has been
read is saved after Kafka has acknowledged; each round begins a little before that, since a database may show a row later than
another with a larger number or time. What is known to be in Kafka is not sent again, and what is sent again counts once.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from pydantic_core import to_json
from sqlalchemy import BigInteger, DateTime, Engine, Row, create_engine, make_url, select
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from xxhash import xxh3_64_hexdigest

from ingest.administration.reach import ForbiddenAddress
from ingest.contract.connector import SqlTable
from ingest.contract.errors import ConfigurationError
from ingest.kafka.producer import Producer
from ingest.runtime.backoff import BackOff
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.cursor import Cursor
from ingest.source.mapper import MappedMessage, Mapper
from ingest.source.reader import SourceReader
from ingest.source.status import SourceStatus

log = logging.getLogger(__name__)

BATCH = 200
"""Rows that go to Kafka together."""

PATIENCE = timedelta(seconds=30)
"""Time to connect and to read a batch."""

MOST_AT_ONCE = 20_000
"""Rows that are read at once: those that are known and lie within the overlap come along with new ones."""

MOST_REMEMBERED = 20_000
"""Rows that are known to be in Kafka: rounds overlap."""

CONNECTION_LIMITS: dict[str, dict[str, Any]] = {
    "postgresql": {"connect_timeout": 10, "options": "-c statement_timeout=25000 -c default_transaction_read_only=on"},
    "mysql": {"connect_timeout": 10, "read_timeout": 25, "init_command": "SET SESSION TRANSACTION READ ONLY"},
    "mariadb": {"connect_timeout": 10, "read_timeout": 25, "init_command": "SET SESSION TRANSACTION READ ONLY"},
    "mssql": {"login_timeout": 10, "timeout": 25},
    "oracle": {"tcp_connect_timeout": 10.0},
    "sqlite": {"timeout": 10, "check_same_thread": False},
}
"""By kind of database, what ends a connection that hangs, and lets it only read where the kind has such a thing."""

EXTRAS = {"mssql": "pymssql", "oracle": "oracledb"}
"""Kinds of databases whose drivers do not come with the product -> the driver."""


class SqlReader(SourceReader):
    """Reads one source's table for ever.

    Args:
        mapper: its connector's, whose way is a `SqlTable`.
        source_status: its source's status.
        breaker: its circuit breaker.
        producer: the way into Kafka.
        cursor: where it remembers how far it has read.
        url: the database, as SQLAlchemy writes it, without user and password.
        account: `<user>:<password>`.
        pause: replaces the way's pause between two rounds; for tests.
        guard: sees before each question that the database's address may be asked.

    Raises:
        ConfigurationError: the URL is none, or of a database whose driver is not there.
    """

    def __init__(
        self,
        mapper: Mapper,
        source_status: SourceStatus,
        breaker: CircuitBreaker,
        producer: Producer,
        cursor: Cursor,
        url: str,
        account: SecretStr | None = None,
        pause: timedelta | None = None,
        guard: Callable[[], None] | None = None,
    ) -> None:
        way = mapper.connector.way
        if not isinstance(way, SqlTable):
            raise TypeError(f"{mapper.connector.id} is not a table")
        super().__init__(mapper, source_status, breaker, producer)
        self._way = way
        self._grows: Any = sql_column(way.grows, DateTime() if way.by == "time" else BigInteger())
        self._columns = sorted((mapper.connector.reads or frozenset()) | {way.grows})
        self._cursor = cursor
        self._engine = _engine(url, account, self._id)
        self._guard = guard
        self._pause = (pause or way.every).total_seconds()
        self._backoff = BackOff()
        self._remembered: dict[str, None] = {}

    async def run(self) -> None:
        """Read for ever."""
        position = await asyncio.to_thread(self._cursor.read)
        try:
            self._since(position)
        except ValueError:
            log.warning(
                "%s: the position is damaged: the table is read from the beginning; known events count once", self._id
            )
            position = None
        while True:
            try:
                position = await self._round(position)
            except (SQLAlchemyError, TimeoutError, OSError, ValueError, ForbiddenAddress) as error:
                self._mapper.counts["failed"] += 1
                # What a driver says may hold values and the account.
                log.warning("%s: its database cannot be read: %s", self._id, type(error).__name__)
                self._source_status.down("forbidden_address" if isinstance(error, ForbiddenAddress) else "no_answer")
                await asyncio.sleep(self._backoff.seconds())
            else:
                self._backoff.reset()
                self._source_status.up()
                await asyncio.sleep(self._pause)

    async def _round(self, position: str | None) -> str | None:
        """Read what is new; from where on to read the next time."""
        asked, most = self._since(position), BATCH
        while rows := await self._in_time(self._page, asked, most):
            await self._into_kafka([dict(zip(self._columns, row, strict=True)) for row in rows])
            grown = [row[self._columns.index(self._way.grows)] for row in rows]
            position = _text(grown[-1])
            await asyncio.to_thread(self._cursor.save, position)
            if len(rows) < most:
                break
            edge = self._edge(position)
            asked, most = self._grows >= edge, BATCH + sum(value >= edge for value in grown)
            if most > MOST_AT_ONCE:
                raise ValueError(f"more than {MOST_AT_ONCE} rows have nearly the same {self._way.grows}")
        return position

    def _page(self, asked: Any, most: int) -> Sequence[Row[Any]]:
        """Rows in their order; the database is let go before anything else is done, however long Kafka takes then."""
        columns = [self._grows if name == self._way.grows else sql_column(name) for name in self._columns]
        table = sql_table(self._way.table, schema=self._way.schema)
        statement: Any = select(*columns).select_from(table).where(asked).order_by(self._grows).limit(most)
        if self._guard is not None:
            self._guard()
        with self._engine.connect() as connection:
            return connection.execute(statement).fetchall()

    def _since(self, position: str | None) -> Any:
        """The rows that are asked for, where a round begins.

        Raises:
            ValueError: the position is none of this table's.
        """
        return self._grows.is_not(None) if position is None else self._grows >= self._edge(position)

    def _edge(self, position: str) -> Any:
        """From where on rows may come that were not there when those up to a position were read."""
        if self._way.by == "time":
            # At least a second: SQLite compares times as texts, whose fractions of a second may be written or not.
            return datetime.fromisoformat(position) - timedelta(seconds=max(1, self._way.overlap))
        return int(position) - self._way.overlap

    async def _into_kafka(self, rows: Sequence[dict[str, Any]]) -> None:
        """Wait until Kafka has what comes of some rows; while the source is held back its table keeps them."""
        fresh = {}
        for row in rows:
            cells = {name: _cell(value) for name, value in row.items() if value is not None}
            if (name := xxh3_64_hexdigest(to_json(cells))) not in self._remembered:
                fresh[name] = cells
        while (taken := self.judge_page(map(self._mapped, fresh.values()), len(fresh))) is None:
            await asyncio.sleep(self._breaker.left())
        await self.deliver_all(taken)
        self._remembered |= dict.fromkeys(fresh)
        for oldest in list(self._remembered)[:-MOST_REMEMBERED]:
            del self._remembered[oldest]

    def _mapped(self, cells: dict[str, Any]) -> MappedMessage:
        return self.map_object(cells, self._way.table)

    async def _in_time(self, work: Any, *given: Any) -> Any:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await asyncio.to_thread(work, *given)


def _engine(url: str, account: SecretStr | None, connector_id: str) -> Engine:
    name = f"IOC_CONNECTORS_URLS__{connector_id.upper()}"
    try:
        made = make_url(url)
        if made.password or made.username:
            raise ConfigurationError(f"{name} must have no user and password: they are in IOC_CONNECTORS_TOKENS__…")
        user, _, password = account.get_secret_value().partition(":") if account else ("", "", "")
        made = made.set(username=user or None, password=password or None)
        waiting = CONNECTION_LIMITS.get(made.get_backend_name(), {})
        return create_engine(made, poolclass=NullPool, connect_args=waiting, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        driver = EXTRAS.get(url.partition("://")[0].partition("+")[0])
        if driver is not None and isinstance(error, ModuleNotFoundError):
            raise ConfigurationError(
                f"{name}: the driver of this database is not installed: .venv/bin/pip install {driver}, and the address is "
                f"{url.partition('+')[0]}+{driver}://host/database"
            ) from None
        raise ConfigurationError(
            f"{name} must be like postgresql+psycopg://host/database or mysql+pymysql://host/database: {type(error).__name__}"
        ) from None


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(int(value))


def _cell(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value if isinstance(value, str | int | float | bool | list | dict) else None
