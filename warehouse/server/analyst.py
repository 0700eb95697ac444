"""Analyst: what a session of the analysts' user may do: one SELECT at a time, in a replica, within limits."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256

from warehouse.server.engine.engine import Engine, EngineError
from warehouse.server.native.protocol import Query
from warehouse.server.native.query_settings import known_settings
from warehouse.server.native.wire import SocketReader, SocketWriter
from warehouse.server.replicas import pool
from warehouse.server.replicas.pool import ReplicaQuestion, Replicas
from warehouse.server.replicas.query_slots import NoSlotError, QuerySlots
from warehouse.server.sandbox import landlock_version
from warehouse.server.sql_gate import limit_texts
from warehouse.server.sql_gate.bounds import ENGINE_LIMITS
from warehouse.server.sql_gate.gate import LONGEST
from warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

_OFF, _TOO_MANY = 344, 202
_LARGEST_RESULT = 512 * 1024 * 1024


class AnalystDesk:
    """What all analysts share: the replicas, the limits, and the places.

    Args:
        settings: limits.
        engine: the owner's.
        tables: what is open to analysts.
        version: a number that changes when the schema does.
    """

    def __init__(
        self, settings: WarehouseSettings, engine: Engine, tables: frozenset[str], version: Callable[[], int]
    ) -> None:
        self.known = engine.known
        self.seconds = settings.analyst_seconds
        self.memory = int(settings.analyst_memory)
        self.places = QuerySlots(settings.analyst_concurrency, 2 * settings.analyst_concurrency)
        self.is_on = settings.analyst_without_landlock or landlock_version() > 0
        self.replicas = Replicas(settings, engine, tables, version, self.places.of_all)
        self.most = {
            "max_execution_time": self.seconds / timedelta(seconds=1),
            "max_memory_usage": self.memory,
            "max_result_bytes": _LARGEST_RESULT,
        }
        """Limits that a client may lower, but not raise."""
        self.fixed = {
            **ENGINE_LIMITS,
            "max_threads": str(max(1, (os.cpu_count() or 1) // 2)),
            "timeout_overflow_mode": "throw",
            "result_overflow_mode": "throw",
            "max_temporary_data_on_disk_size_for_query": str(self.memory),
        }

    def refused(self, error: EngineError) -> EngineError:
        """An error as it is told: limits with their value, whoever noticed that they were passed."""
        if error.code == pool.TIME_LIMIT:
            seconds = self.seconds / timedelta(seconds=1)
            return EngineError(error.code, f"{limit_texts.overtime(seconds)} [time] (TIMEOUT_EXCEEDED)")
        if error.code == pool.MEMORY_LIMIT:
            return EngineError(error.code, f"{limit_texts.over_memory(self.memory)} [memory] (MEMORY_LIMIT_EXCEEDED)")
        return error


class AnalystSession:
    """An analyst at one connection.

    Args:
        desk: shared by all analysts.
        mark: the session's name in the log.

    Raises:
        EngineError: nobody may ask here.
    """

    longest_sql = 100 * LONGEST
    """Long enough for the gate to say that it is too long."""

    def __init__(self, desk: AnalystDesk, mark: str) -> None:
        self._desk = desk
        self._mark = mark
        if desk.is_on:
            desk.replicas.prepare()

    def close(self) -> None:
        """Nothing stays open between an analyst's queries."""

    def run(self, query: Query, reader: SocketReader, writer: SocketWriter) -> None:
        """Run one query and answer it.

        Raises:
            EngineError: the gate or the engine refused, or a limit was passed.
            EOFError: the client cannot get the rest of its answer.
        """
        if not self._desk.is_on:
            raise EngineError(_OFF, f"{limit_texts.off()} [off]")
        began, outcome = time.monotonic(), "answered"
        try:
            with self._desk.replicas.borrow(self._desk.places.take(query.person)) as answer:
                limits = self._limits(known_settings(query, self._desk.known))
                answer(ReplicaQuestion(query.sql, limits, float(limits["max_execution_time"])), reader, writer)
        except NoSlotError as error:
            outcome = "refused: no place"
            most = self._desk.places.of_person
            said = limit_texts.too_many(most) if error.of_person else limit_texts.all_slots_taken()
            raise EngineError(_TOO_MANY, f"{said} [{said.rule}]") from None
        except EngineError as error:
            outcome = f"refused with code {error.code}"
            raise self._desk.refused(error) from None
        finally:
            digest = sha256(query.sql.encode()).hexdigest()
            log.info("%s: SQL %s %s after %.3f s", self._mark, digest[:16], outcome, time.monotonic() - began)

    def _limits(self, asked: Mapping[str, str]) -> dict[str, str]:
        limits = dict(self._desk.fixed)
        for name, most in self._desk.most.items():
            limit = min(most, _number(asked.get(name)) or most)
            limits[name] = str(int(limit) if limit == int(limit) else limit)
        if rows := _number(asked.get("max_result_rows")):
            limits["max_result_rows"] = str(int(rows))
        return limits


def _number(value: str | None) -> float:
    try:
        number = float(value or 0)
    except ValueError:
        return 0
    return number if 0 < number < float("inf") else 0
