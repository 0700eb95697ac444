"""Analyst: what a session of the analysts' user may do: one SELECT at a time through the gate, within limits."""

import logging
import os
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from hashlib import sha256

from ingest.errors import QueryRefused
from warehouse.server import answer, protocol
from warehouse.server.engine import Engine, EngineConnection, EngineError, parameter
from warehouse.server.gate import LONGEST, Gate, refusal
from warehouse.server.protocol import Query
from warehouse.server.query_settings import MARK, wanted
from warehouse.server.watch import Watch
from warehouse.server.wire import Reader, Writer
from warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

_ACCESS_DENIED = 497
_TOO_MANY = 202
_KILLED = 394
_LARGEST_RESULT = 512 * 1024 * 1024


class Desk:
    """What all analysts share: the gate, the limits, and the places.

    Args:
        settings: limits.
        tables: what is open to analysts.
    """

    def __init__(self, settings: WarehouseSettings, tables: frozenset[str]) -> None:
        self.database = settings.database
        self.gate = Gate(settings.database, tables)
        self.places = threading.BoundedSemaphore(2 * settings.analyst_concurrency)
        self.most = {
            "max_execution_time": settings.analyst_seconds / timedelta(seconds=1),
            "max_memory_usage": int(settings.analyst_memory),
            "max_result_bytes": _LARGEST_RESULT,
        }
        """Limits that a client may lower, but not raise."""
        self.fixed = {
            "max_threads": str(max(1, (os.cpu_count() or 1) // 2)),
            "timeout_overflow_mode": "throw",
            "result_overflow_mode": "throw",
            "max_temporary_data_on_disk_size_for_query": str(int(settings.analyst_memory)),
        }


class Analyst:
    """An analyst at one connection.

    Args:
        engine: what answers.
        watch: what ends queries that nobody waits for.
        desk: shared by all analysts.
        mark: what this session's queries are found by.
    """

    longest_sql = 100 * LONGEST
    """Long enough for the gate to say that it is too long."""

    def __init__(self, engine: Engine, watch: Watch, desk: Desk, mark: str) -> None:
        self._engine = engine
        self._watch = watch
        self._desk = desk
        self._mark = mark

    def close(self) -> None:
        """Nothing stays open between an analyst's queries."""

    def run(self, query: Query, reader: Reader, writer: Writer) -> None:
        """Run one query and answer it.

        Raises:
            EngineError: the gate or the engine refused.
        """
        if not self._desk.places.acquire(blocking=False):
            raise EngineError(
                _TOO_MANY,
                str(refusal("concurrency", "Quá nhiều câu lệnh cùng lúc.", "Too many ad-hoc queries at once."))
                + " (TOO_MANY_SIMULTANEOUS_QUERIES)",
            )
        began, outcome = time.monotonic(), "answered"
        try:
            with closing(self._engine.connect()) as engine:
                self._run(query, engine, reader, writer)
        except EngineError as error:
            outcome = f"refused with code {error.code}"
            raise
        finally:
            self._desk.places.release()
            digest = sha256(query.sql.encode()).hexdigest()
            log.info("%s: SQL %s %s after %.3f s", self._mark, digest[:16], outcome, time.monotonic() - began)

    def _run(self, query: Query, engine: EngineConnection, reader: Reader, writer: Writer) -> None:
        engine.use(self._desk.database)
        limits = self._limits(wanted(query, self._engine.known))
        engine.set({**limits, MARK: self._mark})
        with self._watch.over(self._mark, reader) as running:
            try:
                rendering = self._desk.gate.check(query.sql, lambda sql, given: ask(engine, sql, given))
                # Not earlier: under it the engine refuses the gate's own questions.
                engine.set({"readonly": "1"})
                answer.stream(
                    engine,
                    rendering,
                    {},
                    writer,
                    lambda: not running.ending,
                    lambda: self._described(rendering),
                    int(limits["max_result_bytes"]),
                )
            except QueryRefused as error:
                cause = error.__cause__
                if isinstance(cause, EngineError):
                    raise EngineError(cause.code, str(error)) from None
                raise EngineError(_ACCESS_DENIED, f"{error} (ACCESS_DENIED)") from None
            except EngineError as error:
                if error.code == _KILLED and running.ending == "cancelled":
                    writer.put(protocol.END_OF_STREAM)
                    return
                raise

    def _described(self, rendering: str) -> answer.Columns:
        with closing(self._engine.connect()) as other:
            other.use(self._desk.database)
            return answer.described(other, rendering, {})

    def _limits(self, asked: Mapping[str, str]) -> dict[str, str]:
        limits = dict(self._desk.fixed)
        for name, most in self._desk.most.items():
            limit = min(most, _number(asked.get(name)) or most)
            limits[name] = str(int(limit) if limit == int(limit) else limit)
        if rows := _number(asked.get("max_result_rows")):
            limits["max_result_rows"] = str(int(rows))
        return limits


def ask(engine: EngineConnection, sql: str, given: Mapping[str, str]) -> list[str]:
    """The gate's questions, put to the engine."""
    try:
        rows = engine.rows(sql, {name: parameter(value) for name, value in given.items()})
    except EngineError as error:
        raise QueryRefused("sql", error.text) from error
    return [str(row[0]) for row in rows]


def _number(value: str | None) -> float:
    try:
        number = float(value or 0)
    except ValueError:
        return 0
    return number if 0 < number < float("inf") else 0
