"""A real engine with open and closed tables, and the gate in front of it, in this process: nothing runs but what the gate asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ingest.contract.errors import QueryRefused
from tests.support.warehouse_server import ANALYST_PASSWORD, OWNER_PASSWORD
from warehouse.server.engine.engine import Engine, EngineConnection
from warehouse.server.replicas.answering import ask
from warehouse.server.sql_gate.bounds import ENGINE_LIMITS
from warehouse.server.sql_gate.gate import SqlGate
from warehouse.settings import WarehouseSettings

RESOLVES = "EXPLAIN QUERY TREE"
"""What the question begins with in which the engine evaluates constants."""


class Ward:
    """The engine, its gate, and what the gate asked last."""

    def __init__(self, engine: Engine, connection: EngineConnection) -> None:
        self.engine = engine
        self.connection = connection
        self.gate = SqlGate("ioc", ["open_numbers", "indicator_values"])
        self.asked: list[str] = []

    def ask(self, sql: str, given: Any) -> list[str]:
        """Put a question to the engine, and remember it."""
        self.asked.append(sql)
        return ask(self.connection, sql, given)

    def refusal(self, sql: str) -> QueryRefused | None:
        """Why the gate refuses a text; `None` when it lets it pass."""
        self.asked.clear()
        try:
            self.gate.check(sql, self.ask)
        except QueryRefused as error:
            return error
        return None

    def is_resolved(self) -> bool:
        """Whether the engine has evaluated anything of the last text."""
        return any(RESOLVES in sql for sql in self.asked)

    def names(self, table: str, column: str = "name") -> list[str]:
        """Names out of one of the engine's own tables."""
        return [name for (name,) in self.connection.rows(f"SELECT DISTINCT {column} FROM system.{table}")]  # noqa: S608


@contextmanager
def ward(folder: Path) -> Iterator[Ward]:
    """Start an engine in an empty folder."""
    settings = WarehouseSettings(
        _env_file=None,
        data_folder=folder,
        password=SecretStr(OWNER_PASSWORD),
        analyst_password=SecretStr(ANALYST_PASSWORD),
    )
    engine = Engine(settings)
    connection = engine.connect()
    try:
        connection.run("CREATE DATABASE ioc")
        connection.use("ioc")
        for statement in (
            "CREATE TABLE numbers_kept (n UInt32, name String, at DateTime64(3, 'Asia/Ho_Chi_Minh'), data String) "
            "ENGINE = MergeTree ORDER BY n",
            "INSERT INTO numbers_kept SELECT number, ['a', 'b', 'c'][number % 3 + 1], now64(3) - number, "
            """'{"kind": "q"}' FROM numbers(10)""",
            "CREATE VIEW open_numbers AS SELECT * FROM numbers_kept",
            "CREATE TABLE indicator_values (indicator String, revision UInt32, value Float64) ENGINE = Memory",
            "CREATE TABLE secret (code UInt32) ENGINE = MergeTree ORDER BY code",
            "INSERT INTO secret SELECT 4242",
        ):
            connection.run(statement)
        connection.set(ENGINE_LIMITS)
        yield Ward(engine, connection)
    finally:
        connection.close()
        engine.close()
