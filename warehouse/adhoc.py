"""Ad-hoc SQL: an analyst's question through the gate, within limits, and its answer.

The gate (`warehouse.server.gate`) is asked here so that the person is told the reason, and again where our own engine
is, so that no client gets around it. An outside server has to enforce the same by its own means, set up there once:

    CREATE USER analyst IDENTIFIED BY '…' SETTINGS readonly = 1, max_execution_time = 10, max_memory_usage = 1073741824,
        max_result_bytes = 67108864;
    GRANT SELECT ON ioc.indicator_values TO analyst;  -- and so on for each view that is open, and for nothing else

The views' own rights must then be their definer's (`SQL SECURITY DEFINER`), and the server's `remote_url_allow_hosts`
empty.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from ingest import metrics
from ingest.errors import ConfigurationError, QueryRefused, Unavailable
from warehouse.client import Client, ServerError, connect
from warehouse.server.gate import Gate, refusal
from warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

_LARGEST_ANSWER = 64 * 1024 * 1024

_TIME_LIMITS = (159, 160)
_MEMORY_LIMITS = (241,)
_SIZE_LIMITS = (158, 307, 396)
_CONCURRENCY_LIMITS = (202,)


class Column(NamedTuple):
    """A column of an answer."""

    name: str
    type: str


@dataclass(frozen=True)
class Answer:
    """What a query gave."""

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    truncated: bool
    """Whether there were more rows than are shown."""
    elapsed: timedelta
    sql: str
    """The query as it was understood and run."""


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
        self._gate = Gate(settings.database, tables)
        self._limits = {
            "max_execution_time": settings.analyst_seconds / timedelta(seconds=1),
            "max_memory_usage": int(settings.analyst_memory),
        }
        self._asking: Counter[str] = Counter()
        self._lock = threading.Lock()

    def run(self, sql: str, person: str) -> Answer:
        """Answer a query.

        Args:
            sql: one SELECT over the open views.
            person: who asks, for the log and for how many queries at once are allowed.

        Raises:
            QueryRefused: it broke a rule or a limit, or ClickHouse cannot make sense of it; says which, and the limit.
            Unavailable: the warehouse is away.
        """
        began = time.monotonic()
        outcome = "failed"
        rows = 0
        try:
            with self._place(person):
                answer = self._run(sql, began)
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

    def _run(self, sql: str, began: float) -> Answer:
        with connect(self._settings, options=self._limits) as parser:
            rendering = self._gate.check(sql, lambda question, given: self._ask(parser, question, given))
        most = self._settings.analyst_rows
        with connect(self._settings, "analyst") as client, self._limited():
            columns, rows = self._fetch(client, rendering, most + 1)
        elapsed = timedelta(seconds=time.monotonic() - began)
        return Answer(columns, rows[:most], len(rows) > most, elapsed, rendering)

    def _fetch(self, client: Client, rendering: str, most: int) -> tuple[tuple[Column, ...], list[tuple[Any, ...]]]:
        # An outside server's analyst has these in its profile: under `readonly = 1` they cannot come with the query.
        options = {**self._limits, "max_result_bytes": _LARGEST_ANSWER} if self._settings.embedded else {}
        rows: list[tuple[Any, ...]] = []
        with client.stream(rendering, settings=options) as stream:
            for block in stream:
                rows += block
                if len(rows) >= most:
                    break
            return tuple(Column(name, kind) for name, kind in stream.columns), rows

    def _ask(self, parser: Client, question: str, given: Mapping[str, str]) -> list[str]:
        """The gate's questions, put to the engine by the owner, who may see all tables' names."""
        with self._limited():
            return [str(row[0]) for row in parser.query(question, given)]

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """What ClickHouse has against a query is the person's to know, with the limit where it is one."""
        try:
            yield
        except ServerError as error:
            raise self._refused(error) from error
        except Unavailable as error:
            cause = error.__cause__
            if isinstance(cause, ServerError) and cause.code in (*_MEMORY_LIMITS, *_CONCURRENCY_LIMITS):
                raise self._refused(cause) from cause
            raise

    @contextmanager
    def _place(self, person: str) -> Iterator[None]:
        most = self._settings.analyst_concurrency
        with self._lock:
            if self._asking[person] >= most:
                raise _too_many(most)
            self._asking[person] += 1
        try:
            yield
        finally:
            with self._lock:
                self._asking[person] -= 1
                if not self._asking[person]:
                    del self._asking[person]

    def _refused(self, error: ServerError) -> QueryRefused:
        settings = self._settings
        if error.code in _TIME_LIMITS:
            seconds = settings.analyst_seconds / timedelta(seconds=1)
            return refusal(
                "time",
                f"Câu lệnh chạy quá {seconds:g} giây nên đã dừng. Hãy thu hẹp khoảng thời gian.",
                f"The query ran for more than {seconds:g} s and was ended. Ask for a shorter period.",
            )
        if error.code in _MEMORY_LIMITS:
            megabytes = int(settings.analyst_memory) // (1024 * 1024)
            return refusal(
                "memory",
                f"Câu lệnh cần hơn {megabytes} MB bộ nhớ nên đã dừng.",
                f"The query needed more than {megabytes} MB of memory and was ended.",
            )
        if error.code in _SIZE_LIMITS:
            megabytes = _LARGEST_ANSWER // (1024 * 1024)
            return refusal(
                "size",
                f"Kết quả lớn hơn {megabytes} MB. Hãy chọn ít cột hoặc ít dòng hơn.",
                f"The result is larger than {megabytes} MB. Ask for fewer columns or rows.",
            )
        if error.code in _CONCURRENCY_LIMITS:
            return refusal(
                "concurrency",
                "Đang có quá nhiều câu lệnh của mọi người. Hãy thử lại sau.",
                "Too many queries of everybody at once. Try again later.",
            )
        text = str(error.message).partition(" Stack trace:")[0]
        return QueryRefused("sql", text.removeprefix("DB::Exception: ").removesuffix("."))


def _too_many(most: int) -> QueryRefused:
    return refusal(
        "concurrency",
        f"Mỗi người chỉ chạy được {most} câu lệnh cùng lúc. Hãy đợi câu lệnh trước xong.",
        f"Only {most} queries at once for a person. Wait for the one before to end.",
    )
