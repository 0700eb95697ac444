"""Owner: what the database's owner may do, which is everything but leave the database."""

import re
from contextlib import closing, suppress

from warehouse.server.engine.engine import (
    Engine,
    EngineConnection,
    EngineError,
    Parameters,
    is_streaming_refused,
    parameter,
)
from warehouse.server.native import data_insert, protocol
from warehouse.server.native import result as query_result
from warehouse.server.native.data_insert import Target
from warehouse.server.native.protocol import Query
from warehouse.server.native.query_settings import MARK, NO_LIMITS, QuerySettings, known_settings, query_parameters
from warehouse.server.native.query_watchdog import QueryWatchdog
from warehouse.server.native.result import Columns
from warehouse.server.native.wire import SocketReader, SocketWriter
from warehouse.server.sql_gate import sql_text

_SYNTAX_ERROR = 62
_NOT_HERE = 344
_KILLED = 394

_STREAMED = re.compile(r"[\s(]*(?:SELECT|WITH|FROM)\b", re.IGNORECASE)
_TO_BE_LOOKED_AT = re.compile(r"\bFORMAT\b|\bOUTFILE\b|\bINFILE\b|\bfile\s*[(`\"]", re.IGNORECASE)
_CHANGES_SETTINGS = re.compile(r"\s*(?:SET|USE)\b", re.IGNORECASE)
_CHANGES_NOTHING = re.compile(
    r"[\s(]*(?:SELECT|WITH|FROM|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN|SET|INSERT)\b", re.IGNORECASE
)


class Schema:
    """Counts changes of the schema, so that sessions know when what they remember of it is old."""

    def __init__(self) -> None:
        self.version = 0


class OwnerSession:
    """The owner at one connection.

    Args:
        engine: what answers.
        watch: what ends queries that nobody waits for.
        schema: shared by all sessions.
        mark: what this session's queries are found by.
        database: current database to begin with.
    """

    longest_sql = 64 * 1024 * 1024

    def __init__(self, engine: Engine, watch: QueryWatchdog, schema: Schema, mark: str, database: str) -> None:
        self._engine = engine
        self._watch = watch
        self._schema = schema
        self._mark = mark
        self._database = database
        self._connection = self._connect()
        self._settings = QuerySettings(engine, self._connection)
        self._inserts: dict[str, tuple[Target, Columns]] = {}
        self._known_version = -1

    def close(self) -> None:
        """End the connection to the engine."""
        self._connection.close()

    def run(self, query: Query, reader: SocketReader, writer: SocketWriter) -> None:
        """Run one query and answer it.

        Raises:
            EngineError: the engine refused.
        """
        settings = known_settings(query, self._engine.known)
        if settings.get("readonly", "0") != "0":
            # Read-only cannot be taken back on a connection of this engine, so it gets one of its own.
            with closing(self._connect()) as other:
                other.set({**{name: value for name, value in settings.items() if name != "readonly"}})
                other.set({"readonly": settings["readonly"]})
                self._select_or_other(other, query, reader, writer)
            return
        self._settings.use(settings)
        if data_insert.waits_for_data(query.sql):
            known = self._insert(query.sql)
            if known:
                rows = data_insert.take_blocks(*known, self._connection, reader, writer)
                writer.put(protocol.encode_progress(0, 0, rows, 0), protocol.END_OF_STREAM)
                return
        self._select_or_other(self._connection, query, reader, writer)
        if _CHANGES_SETTINGS.match(query.sql):
            self._inserts.clear()
            with suppress(EngineError):  # which limits that were just set may be the reason for
                self._settings.rebase()
                ((self._database,),) = self._connection.rows("SELECT currentDatabase()" + NO_LIMITS)
        if not _CHANGES_NOTHING.match(query.sql):
            self._schema.version += 1

    def _connect(self) -> EngineConnection:
        connection = self._engine.connect()
        connection.set({MARK: self._mark})
        if self._database:
            try:
                connection.use(self._database)
            except EngineError:
                connection.close()
                raise
        return connection

    def _select_or_other(
        self, engine: EngineConnection, query: Query, reader: SocketReader, writer: SocketWriter
    ) -> None:
        sql = self._checked(engine, query.sql)
        given = query_parameters(query)
        with self._watch.over(self._mark, reader) as running:
            try:
                if _STREAMED.match(sql):
                    try:
                        query_result.stream_result(
                            engine,
                            sql,
                            given,
                            writer,
                            lambda: not running.ending,
                            lambda: self._described(sql, given),
                        )
                        return
                    except EngineError as error:
                        if not is_streaming_refused(error):
                            raise
                result = engine.run(sql, given)
            except EngineError as error:
                if error.code == _KILLED and running.ending == "cancelled":
                    writer.put(protocol.END_OF_STREAM)
                    return
                raise
        query_result.answer_small(result, writer)

    def _described(self, sql: str, given: Parameters) -> Columns:
        with closing(self._connect()) as other:
            return query_result.describe_result(other, sql, given)

    def _insert(self, sql: str) -> tuple[Target, Columns] | None:
        """What an INSERT wants, remembered while the schema does not change."""
        if self._known_version != self._schema.version:
            self._inserts.clear()
            self._known_version = self._schema.version
        if sql not in self._inserts:
            target = data_insert.parse_target(sql, self._connection)
            if target is None:
                return None
            if len(self._inserts) > 100:
                self._inserts.clear()
            self._inserts[sql] = target, data_insert.sample_columns(target, self._connection)
        return self._inserts[sql]

    def _checked(self, engine: EngineConnection, sql: str) -> str:
        """A statement as it may run: alone, and without a way to files, which the engine would go."""
        sql = sql.rstrip("; \t\r\n")
        if ";" in sql and engine.statements(sql) > 1:
            raise EngineError(_SYNTAX_ERROR, "Syntax error: Multi-statements are not allowed. (SYNTAX_ERROR)")
        if not _TO_BE_LOOKED_AT.search(sql):
            return sql
        rows = engine.rows("SELECT formatQuerySingleLineOrNull({sql:String})", {"sql": parameter(sql)})
        rendering = rows[0][0] or ""
        try:
            text = sql_text.tokens(rendering)
        except sql_text.UnclearError:
            return sql
        if (
            sql_text.has_sequence(text, "INTO", "OUTFILE")
            or sql_text.has_sequence(text, "FROM", "INFILE")
            or "file" in sql_text.called_names(text)
        ):
            raise EngineError(_NOT_HERE, "Reading and writing files is not allowed here. (SUPPORT_IS_DISABLED)")
        ending = sql_text.format_at(text)
        is_insert = bool(text) and text[0].text == "INSERT"
        return rendering[: ending[0]] + rendering[ending[1] :] if ending and not is_insert else sql
