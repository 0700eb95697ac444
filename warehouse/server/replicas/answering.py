"""Answering: what a replica does with a question - the gate, then the query, on tables that are opened anew for each.

Importing this loads the engine, whose threads are confined only where the process is so before.
"""

import json
import logging
import resource
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from datetime import timedelta
from socket import socket
from typing import Any

from ingest.contract.errors import QueryRefused
from ingest.runtime.backoff import BackOff
from warehouse.server.engine.engine import EngineConnection, EngineError, identifier, parameter
from warehouse.server.native import protocol
from warehouse.server.native.query_settings import MARK
from warehouse.server.native.result import Columns, describe_result, stream_result
from warehouse.server.replicas import pipe
from warehouse.server.replicas.peak_memory import peak_memory
from warehouse.server.replicas.pipe import Kind, PacketWriter
from warehouse.server.sql_gate.gate import SqlGate, sql_refusal

_ACCESS_DENIED = 497
_KILLED = 394
_LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes that the engine may answer to one of the gate's questions."""
_OUR_MARK = "replica"
_ATTEMPTS = 6
"""To open a table, within about a second."""

log = logging.getLogger("warehouse.replica")


class Answering:
    """The engine, and what is asked of it.

    Args:
        connection: the pipe to the front.
        setup: the front's first message.
    """

    def __init__(self, connection: socket, setup: Mapping[str, Any]) -> None:
        self._path = str(setup["engine"])
        self._connection = connection
        self._database = str(setup["database"])
        self._beneath: dict[str, list[str]] = setup["beneath"]
        self._gate = SqlGate(self._database, self._beneath, {table for one in self._beneath.values() for table in one})
        self._worn_at = int(setup["memory_of_process"]) // 2
        self._is_cancelled = False
        self._first = self._connect()
        self._first.run(f"CREATE DATABASE {identifier(self._database)}")
        for name, attach in setup["tables"].items():
            self._attach(name, attach)
            self._first.run(f"DETACH TABLE {self._name(name)}")
        for view in setup["views"].values():
            self._first.run(view)
        # What gate and engine make at their first question is made before there is one.
        with closing(self._opened({})) as engine:
            self._checked("SELECT 1", engine)

    def end(self, by_client: bool) -> None:
        """End the running query, as far as the engine can.

        Args:
            by_client: whether its client has had enough, which then is not a failure.
        """
        self._is_cancelled = by_client
        with closing(self._connect()) as other:
            other.run(f"KILL QUERY WHERE Settings['{MARK}'] = '{_OUR_MARK}' ASYNC")

    def answer(self, question: Mapping[str, Any]) -> None:
        """Answer a question, and say how it ended."""
        self._is_cancelled = False
        _bound_processor_time(float(question["seconds"]))
        writer = PacketWriter(self._connection)
        with suppress(ConnectionError):
            try:
                self._answer(question, writer)
            except EngineError as error:
                if error.code != _KILLED or not self._is_cancelled:
                    said = {"code": error.code, "text": error.text, "worn": self._is_bloated()}
                    pipe.send_frame(self._connection, Kind.REFUSED, said)
                    return
                writer.put(protocol.END_OF_STREAM)
            pipe.send_frame(self._connection, Kind.ANSWERED, {"worn": self._is_bloated()})

    def _is_bloated(self) -> bool:
        """Whether the next query would find less memory than it may have."""
        return peak_memory() > self._worn_at

    def _answer(self, question: Mapping[str, Any], writer: PacketWriter) -> None:
        sql, limits = str(question["sql"]), dict(question["limits"])
        tables = self._tables(sql)
        try:
            # Anew for each query: so it sees what was stored just before.
            for name in tables:
                self._attach(name, f"ATTACH TABLE {self._name(name)}")
            with closing(self._opened(limits)) as engine:
                rendering = self._checked(sql, engine)
                stream_result(
                    engine,
                    rendering,
                    {},
                    writer,
                    lambda: not self._is_cancelled,
                    lambda: self._described(rendering, limits),
                    int(limits["max_result_bytes"]),
                )
        finally:
            for name in tables:
                self._first.run(f"DETACH TABLE IF EXISTS {self._name(name)}")

    def _attach(self, table: str, statement: str) -> None:
        """Open a table as it lies there now.

        In the middle of a change by its owner there may be a file that the engine would tidy up, which it cannot do here: a moment
        later there is none.
        """
        backoff = BackOff(timedelta(milliseconds=30), timedelta(milliseconds=500))
        while True:
            try:
                self._first.run(statement)
                return
            except EngineError as error:
                if backoff.failures == _ATTEMPTS - 1:
                    raise
                log.warning("retrying table %s: %s", table, error.text[:200])
                time.sleep(backoff.seconds())

    def _checked(self, sql: str, engine: EngineConnection) -> str:
        try:
            return self._gate.check(sql, lambda question, given: ask(engine, question, given))
        except QueryRefused as error:
            cause = error.__cause__
            if isinstance(cause, EngineError):
                raise EngineError(cause.code, f"{error} [{error.rule}]") from None
            raise EngineError(_ACCESS_DENIED, f"{error} [{error.rule}]") from None

    def _connect(self) -> EngineConnection:
        return EngineConnection(self._path)

    def _opened(self, limits: Mapping[str, str]) -> EngineConnection:
        engine = self._connect()
        engine.use(self._database)
        engine.set({**limits, MARK: _OUR_MARK})
        engine.set({"readonly": "1"})
        return engine

    def _described(self, rendering: str, limits: Mapping[str, str]) -> Columns:
        with closing(self._opened(limits)) as other:
            return describe_result(other, rendering, {})

    def _tables(self, sql: str) -> set[str]:
        """The tables beneath the views that a text may be about: all, where a name may be written in another way."""
        views = [name for name in self._beneath if "\\" in sql or name in sql]
        return {table for view in views for table in self._beneath[view]}

    def _name(self, table: str) -> str:
        return f"{identifier(self._database)}.{identifier(table)}"


def ask(engine: EngineConnection, sql: str, given: Mapping[str, str]) -> list[str]:
    """The gate's questions, put to the engine."""
    try:
        result = engine.run(sql, {name: parameter(value) for name, value in given.items()}, "JSONCompactEachRow")
        if len(result) > _LARGEST_ANSWER:
            raise sql_refusal("size", "Câu lệnh quá phức tạp.", "The query is too complex.")
        return [str(json.loads(line)[0]) for line in result.decode().splitlines()]
    except EngineError as error:
        raise QueryRefused("sql", error.text) from error
    except UnicodeDecodeError:
        raise sql_refusal("text", "Văn bản không phải UTF-8.", "The text has bytes that are not UTF-8.") from None


def _bound_processor_time(seconds: float) -> None:
    """As a last resort, should the front not end this process: the kernel does."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + 4 * (seconds + 10)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
