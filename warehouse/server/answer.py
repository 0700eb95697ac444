"""Answer: a result on its way to a client, block by block, as the engine makes it and the client takes it."""

from collections.abc import Callable, Iterator

from warehouse.server import protocol
from warehouse.server.block import UnwalkableError, retyped, shape, split
from warehouse.server.engine import Chunk, EngineConnection, EngineError, Parameters
from warehouse.server.wire import Bytes, BytesReader, Writer

Columns = list[tuple[str, str]]

_TOO_MANY_BYTES = 396
_WITHOUT_ZONE = "DateTime"
"""How the engine names this type in format `Native` whatever its zone, out of regard for clients of 2017."""


def stream(
    connection: EngineConnection,
    sql: str,
    parameters: Parameters,
    writer: Writer,
    wanted: Callable[[], bool],
    describe: Callable[[], Columns],
    most: int | None = None,
) -> None:
    """Answer a SELECT in bounded memory: the next block is made when the client has taken the one before.

    Args:
        connection: where it runs.
        sql: the SELECT.
        parameters: its parameters.
        writer: where the answer goes.
        wanted: whether the client still wants more.
        describe: names and types of the result, found on another connection.
        most: how many bytes it may have; the engine's own limit takes a constant for one row.
    """
    chunks = connection.stream(sql, parameters)
    try:
        first = next(chunks, None)
        columns = _columns(first) if most is None or first is None or len(first.block) <= most else []
        zones = columns is not None and any(kind == _WITHOUT_ZONE for _, kind in columns)
        if first is None:
            columns = described(connection, sql, parameters)
        elif columns is None or zones:
            try:
                columns = describe()
            except EngineError:  # temporary tables, which only this connection knows
                chunks.close()
                columns = described(connection, sql, parameters)
                chunks = connection.stream(sql, parameters)
                first = next(chunks, None)
        writer.put(protocol.DATA_HEAD, protocol.header(columns))
        rows = blocks = size = rows_read = bytes_read = 0
        chunk, first = first, None  # a block may be large: none is kept longer than it is needed
        while chunk is not None:
            for block in _blocks(chunk):
                blocks += 1
                size += len(block)
                if most is not None and size > most:
                    raise EngineError(
                        _TOO_MANY_BYTES,
                        f"Limit for result exceeded, max bytes: {most}, current bytes: {size}. (TOO_MANY_ROWS_OR_BYTES)",
                    )
                writer.put(protocol.DATA_HEAD, retyped(block, columns) if zones else block)
            rows += chunk.rows
            rows_read += chunk.rows_read
            bytes_read += chunk.bytes_read
            chunk = None
            chunk = next(chunks, None) if wanted() else None
    finally:
        chunks.close()
    writer.put(protocol.progress(rows_read, bytes_read), protocol.profile(rows, blocks, size), protocol.END_OF_STREAM)


def described(connection: EngineConnection, sql: str, parameters: Parameters) -> Columns:
    """Names and types of a SELECT's result, without running it."""
    rows = connection.rows(f"DESCRIBE TABLE ({sql}\n)", parameters)
    return [(row[0], row[1]) for row in rows]


def whole(result: bytes, writer: Writer) -> None:
    """Answer any other statement with what it gave, which is small."""
    parts = split(result)
    if parts:
        writer.put(protocol.DATA_HEAD, protocol.header(parts[0][0].columns))
        for _, block in parts:
            writer.put(protocol.DATA_HEAD, block)
        rows = sum(found.rows for found, _ in parts)
        writer.put(protocol.progress(rows, len(result)), protocol.profile(rows, len(parts), len(result)))
    writer.put(protocol.END_OF_STREAM)


def _columns(first: Chunk | None) -> Columns | None:
    """Names and types as they stand in the first block; `None` when there is none, or they cannot be found in it."""
    if first is None:
        return None
    try:
        found = shape(first.block)
    except UnwalkableError:
        return None
    return found.columns


def _blocks(chunk: Chunk) -> Iterator[Bytes]:
    """A chunk is one block, as far as anybody has seen; what says otherwise is cut."""
    head = BytesReader(chunk.block[:20])
    head.varint()
    if head.varint() == chunk.rows:
        yield chunk.block
    else:
        yield from (block for _, block in split(chunk.block))
