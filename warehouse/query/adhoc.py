"""Ad-hoc SQL: an analyst's question through the gate, within limits, and its answer.

Our own engine puts the question through the gate (`warehouse.server.sql_gate.gate`) itself, under the same limits as the query, so
that no client gets around it; the rule that refused comes back with the reason. For an outside server the gate is asked
here, with the analyst's account; the server enforces the same rights and limits by that account (`warehouse.store.analyst_account`).
"""

import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from ingest.contract.errors import ConfigurationError, QueryRefused, Unavailable
from ingest.runtime import metrics
from warehouse.server.replicas.query_slots import NoSlotError, QuerySlots
from warehouse.server.sql_gate import limit_texts
from warehouse.server.sql_gate.gate import SqlGate, check_length
from warehouse.settings import WarehouseSettings
from warehouse.store.analyst_account import LARGEST_RESULT
from warehouse.store.client import Client, ServerError, connect

log = logging.getLogger(__name__)

_TIME_LIMITS = (159, 160)
_MEMORY_LIMITS = (241,)
_SIZE_LIMITS = (158, 307, 396)
_CONCURRENCY_LIMITS = (202,)
_AWAY = 210
_WITH_RULE = re.compile(r"(?:DB::Exception: )?(.*) \[([a-z ]{1,20})\](?: \([A-Z_]+\))?\.?", re.DOTALL)
"""How our own engine says which rule refused: after the reason."""


class ResultColumn(NamedTuple):
    """A column of an answer."""

    name: str
    type: str


@dataclass(frozen=True)
class QueryResult:
    """What a query gave."""

    columns: tuple[ResultColumn, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    """Whether there were more rows than are shown."""
    elapsed: timedelta


class Adhoc:
    """The analysts' way to ask; one for a process, used by any number of threads.

    Args:
        settings: where the warehouse is, and the limits.
        tables: names of the views that are open to analysts.

    Raises:
        ConfigurationError: the analysts have no password, so ad-hoc SQL is off.
    """

    def __init__(self, settings: WarehouseSettings, tables: Iterable[str]) -> None:
        if settings.analyst_password is None:
            raise ConfigurationError("IOC_WAREHOUSE_ANALYST_PASSWORD is not set: ad-hoc SQL is off. Set it to use it.")
        self._settings = settings
        self._gate = SqlGate(settings.database, tables)
        self._places = QuerySlots(settings.analyst_concurrency, 2 * settings.analyst_concurrency)
        self._limits = {
            "max_execution_time": settings.analyst_seconds / timedelta(seconds=1),
            "max_memory_usage": int(settings.analyst_memory),
            "max_result_bytes": LARGEST_RESULT,
        }

    def run(self, sql: str, person: str) -> QueryResult:
        """Answer a query.

        Args:
            sql: one SELECT over the open views.
            person: who asks, for the log and for how many queries at once are allowed.

        Raises:
            QueryRefused: it broke a rule or a limit, or ClickHouse does not understand it; says which, and the limit.
            Unavailable: the warehouse is away.
        """
        began = time.monotonic()
        outcome = "failed"
        rows = 0
        try:
            with self._place(person):
                answer = self._run(sql, person, began)
                outcome, rows = "truncated" if answer.truncated else "answered", len(answer.rows)
                return answer
        except QueryRefused as error:
            outcome = f"refused ({error.rule})"
            metrics.SQL_REJECTED.labels(error.rule).inc()
            raise
        finally:
            metrics.SQL_QUERIES.labels(outcome.partition(" ")[0]).inc()
            digest = sha256(sql.encode(errors="replace")).hexdigest()
            milliseconds = (time.monotonic() - began) * 1000
            log.info("%r asked %s: %s, %d rows, %.0f ms", person, digest[:16], outcome, rows, milliseconds)

    def _run(self, sql: str, person: str, began: float) -> QueryResult:
        check_length(sql)
        most = self._settings.analyst_rows
        # An outside server's analyst has its limits in its profile: under `readonly = 1` they cannot come with the query.
        options = {**self._limits, "quota_key": person} if self._settings.embedded else {}
        with connect(self._settings, "analyst", options=options) as client, self._limited():
            if self._settings.embedded:
                rendering = sql
            else:
                rendering = self._gate.check(sql, lambda question, given: self._ask(client, question, given))
            columns, rows = self._fetch(client, rendering, most + 1)
        elapsed = timedelta(seconds=time.monotonic() - began)
        return QueryResult(columns, rows[:most], len(rows) > most, elapsed)

    def _fetch(
        self, client: Client, rendering: str, most: int
    ) -> tuple[tuple[ResultColumn, ...], list[tuple[Any, ...]]]:
        rows: list[tuple[Any, ...]] = []
        with client.stream(rendering) as stream:
            for block in stream:
                rows += block
                if len(rows) >= most:
                    break
            return tuple(ResultColumn(name, kind) for name, kind in stream.columns), rows

    def _ask(self, client: Client, question: str, given: Mapping[str, str]) -> list[str]:
        with self._limited():
            return [str(row[0]) for row in client.query(question, given)]

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """What ClickHouse has against a query is the person's to know, with the limit where it is one."""
        try:
            yield
        except ServerError as error:
            raise self._refused(error) from error
        except Unavailable as error:
            cause = error.__cause__
            if isinstance(cause, ServerError) and cause.code in (*_MEMORY_LIMITS, *_CONCURRENCY_LIMITS, _AWAY):
                raise self._refused(cause) from cause
            raise

    @contextmanager
    def _place(self, person: str) -> Iterator[None]:
        try:
            with self._places.taken(person):
                yield
        except NoSlotError as error:
            raise (
                limit_texts.too_many(self._places.of_person) if error.of_person else limit_texts.all_slots_taken()
            ) from None

    def _refused(self, error: ServerError) -> QueryRefused:
        text = str(error.message).partition(" Stack trace:")[0].removeprefix("DB::Exception: ")
        if named := _WITH_RULE.fullmatch(text):
            return QueryRefused(named[2], named[1])
        if error.code in _TIME_LIMITS:
            return limit_texts.overtime(self._settings.analyst_seconds / timedelta(seconds=1))
        if error.code in _MEMORY_LIMITS:
            return limit_texts.over_memory(int(self._settings.analyst_memory))
        if error.code in _SIZE_LIMITS:
            return limit_texts.too_large(LARGEST_RESULT)
        if error.code in _CONCURRENCY_LIMITS:
            return limit_texts.all_slots_taken()
        return QueryRefused("sql", text.removesuffix("."))
