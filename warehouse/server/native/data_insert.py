"""Data insert: an `INSERT` whose rows come as blocks over the protocol."""

import re
from typing import NamedTuple

from ingest.runtime.failpoint import failpoint
from warehouse.server.engine.engine import EngineConnection, EngineError, identifier, parameter
from warehouse.server.native import protocol
from warehouse.server.native.block import skip_block
from warehouse.server.native.durable_insert import DurableInsert
from warehouse.server.native.result import Columns
from warehouse.server.native.wire import MalformedPacketError, SocketReader, SocketWriter
from warehouse.server.sql_gate import sql_text

_WAITS_FOR_DATA = re.compile(r"\s*INSERT\b.*\b(?:VALUES|FORMAT\s+\w+)\s*;?\s*", re.IGNORECASE | re.DOTALL)
_NO_SUCH_COLUMN = 16
_NOT_FOUND_IN_BLOCK = 10
_TYPE_MISMATCH = 53


class Target(NamedTuple):
    """Where the rows go."""

    sql: str
    """The statement as the engine wants it: without a format."""
    table: str
    columns: tuple[str, ...]
    """Empty: all that a row has to give."""


def waits_for_data(sql: str) -> bool:
    """Whether a statement is an INSERT that ends where its rows would begin."""
    return bool(_WAITS_FOR_DATA.fullmatch(sql))


def parse_target(sql: str, connection: EngineConnection) -> Target | None:
    """Read such a statement; `None` when it is one of another form after all.

    Raises:
        EngineError: it cannot be parsed.
    """
    ((rendering,),) = connection.rows("SELECT formatQuerySingleLine({sql:String})", {"sql": parameter(sql)})
    try:
        text = sql_text.tokens(rendering)
    except sql_text.UnclearError:
        return None
    ending = sql_text.format_at(text)
    if not ending or not sql_text.has_sequence(text[:2], "INSERT", "INTO"):
        return None
    table, position = _names(text, 2, ".")
    columns: list[str] = []
    if position < len(text) and text[position].text == "(":
        columns, position = _names(text, position + 1, ",")
        if position >= len(text) or text[position].text != ")":
            return None
        position += 1
    if not table or position >= len(text) or text[position].text not in ("SETTINGS", "FORMAT"):
        return None
    return Target(rendering[: ending[0]], ".".join(map(identifier, table)), tuple(columns))


def sample_columns(target: Target, connection: EngineConnection) -> Columns:
    """Names and types of the columns that the client has to give."""
    described = connection.rows(f"DESCRIBE TABLE {target.table}")
    types = {row[0]: row[1] for row in described if row[2] not in ("MATERIALIZED", "ALIAS")}
    if not target.columns:
        return [(row[0], row[1]) for row in described if row[2] not in ("MATERIALIZED", "ALIAS", "EPHEMERAL")]
    for name in target.columns:
        if name not in types:
            raise EngineError(
                _NO_SUCH_COLUMN, f"No such column {name} in table {target.table} (NO_SUCH_COLUMN_IN_TABLE)"
            )
    return [(name, types[name]) for name in target.columns]


def take_blocks(
    target: Target, columns: Columns, connection: EngineConnection, reader: SocketReader, writer: SocketWriter
) -> int:
    """Ask the client for its blocks and hand each on to the engine, until there are no more.

    A block that the engine refuses ends the insert; what the client still sends of it is read and dropped.

    Returns:
        How many rows were stored.

    Raises:
        EngineError: the engine refused; nothing of the block in question is stored.
        MalformedPacketError: what the client sends cannot be walked; the connection is lost.
    """
    insert = DurableInsert(connection, target.sql, columns)
    try:
        writer.put(protocol.DATA_HEAD, protocol.encode_header(columns))
        writer.flush()
        rows, refused = _blocks(insert, columns, reader)
        if refused:
            raise refused
        failpoint("warehouse.received")
        insert.finish()
        failpoint("warehouse.inserted")
        return rows
    except BaseException:
        insert.cancel()
        raise


def _blocks(insert: DurableInsert, columns: Columns, reader: SocketReader) -> tuple[int, EngineError | None]:
    stored, refused = 0, None
    while True:
        if reader.varint() != protocol.DATA:
            raise MalformedPacketError("packet that is not a block within an insert")
        protocol.read_table_name(reader)
        protocol.skip_block_info(reader)
        reader.keep()
        found = skip_block(reader)
        block = reader.kept()
        if not found.columns and not found.rows:
            return stored, refused
        if refused or not found.rows:
            continue
        try:
            _check(found.columns, columns)
            insert.append(block, found.rows)
            stored += found.rows
        except EngineError as error:
            refused = error


def _check(given: Columns, wanted: Columns) -> None:
    if given == wanted:
        return
    there = dict(given)
    for name, kind in wanted:
        if name not in there:
            raise EngineError(_NOT_FOUND_IN_BLOCK, f"Not found column {name} in block. (NOT_FOUND_COLUMN_IN_BLOCK)")
        if there[name] != kind:
            raise EngineError(_TYPE_MISMATCH, f"Cannot convert: {there[name]} to {kind}. (TYPE_MISMATCH)")


def _names(text: list[sql_text.Token], position: int, separator: str) -> tuple[list[str], int]:
    """Names with a separator between them, and the position after the last."""
    names: list[str] = []
    while position < len(text) and text[position].kind in ("word", "name"):
        names.append(text[position].text)
        position += 1
        if position >= len(text) or text[position].text != separator:
            break
        position += 1
    return names, position
