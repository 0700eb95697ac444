"""Result: a result on its way to a client, block by block, as the engine makes it and the client takes it."""

from collections.abc import Callable, Iterator

from warehouse.server.engine.engine import EngineConnection, EngineError, Parameters, ResultBlock
from warehouse.server.native import protocol
from warehouse.server.native.block import UnwalkableError, block_shape, retype_block, split_blocks
from warehouse.server.native.wire import Bytes, BytesReader, MalformedPacketError, SocketWriter

Columns = list[tuple[str, str]]

_TOO_MANY_BYTES, _BAD_NAME = 396, 36
_WITHOUT_ZONE = "DateTime"
"""How the engine names this type in format `Native` whatever its zone, out of regard for clients of 2017."""


def stream_result(
    connection: EngineConnection,
    sql: str,
    parameters: Parameters,
    writer: SocketWriter,
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
    tally = _Tally(most)
    chunks = connection.stream(sql, parameters)
    try:
        chunk = tally.counted(next(chunks, None))
        columns = _columns(chunk)
        zones = columns is not None and any(kind == _WITHOUT_ZONE for _, kind in columns)
        if chunk is None:
            columns = describe_result(connection, sql, parameters)
        elif columns is None or zones:
            try:
                columns = describe()
            except EngineError:  # temporary tables, which only this connection knows
                chunks.close()
                columns = describe_result(connection, sql, parameters)
                tally = _Tally(most)
                chunks = connection.stream(sql, parameters)
                chunk = tally.counted(next(chunks, None))
        writer.put(protocol.DATA_HEAD, protocol.encode_header(columns))
        while chunk is not None:
            for block in _blocks(chunk):
                writer.put(protocol.DATA_HEAD, retype_block(block, columns) if zones else block)
            chunk = None  # it may be large: gone before the next is made
            chunk = tally.counted(next(chunks, None)) if wanted() else None
    finally:
        chunks.close()
    writer.put(
        protocol.encode_progress(tally.rows_read, tally.bytes_read),
        protocol.encode_profile(tally.rows, tally.blocks, tally.size),
        protocol.END_OF_STREAM,
    )


class _Tally:
    """What an answer comes to so far."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self.rows = self.blocks = self.size = self.rows_read = self.bytes_read = 0

    def counted(self, chunk: ResultBlock | None) -> ResultBlock | None:
        """Count a chunk before it is sent.

        Raises:
            EngineError: it would be too much.
        """
        if chunk:
            self.rows += chunk.rows
            self.blocks += 1
            self.size += len(chunk.block)
            self.rows_read += chunk.rows_read
            self.bytes_read += chunk.bytes_read
            if self._most is not None and self.size > self._most:
                raise EngineError(
                    _TOO_MANY_BYTES,
                    f"Limit for result exceeded, max bytes: {self._most}, current bytes: {self.size}. "
                    "(TOO_MANY_ROWS_OR_BYTES)",
                )
        return chunk


def describe_result(connection: EngineConnection, sql: str, parameters: Parameters) -> Columns:
    """Names and types of a SELECT's result, without running it."""
    rows = connection.rows(f"DESCRIBE TABLE ({sql}\n)", parameters)
    return [(row[0], row[1]) for row in rows]


def answer_small(result: bytes, writer: SocketWriter) -> None:
    """Answer any other statement with what it gave, which is small."""
    parts = split_blocks(result)
    if parts:
        writer.put(protocol.DATA_HEAD, protocol.encode_header(parts[0][0].columns))
        for _, block in parts:
            writer.put(protocol.DATA_HEAD, block)
        rows = sum(found.rows for found, _ in parts)
        writer.put(protocol.encode_progress(rows, len(result)), protocol.encode_profile(rows, len(parts), len(result)))
    writer.put(protocol.END_OF_STREAM)


def _columns(first: ResultBlock | None) -> Columns | None:
    """Names and types as they stand in the first block; `None` when there is none, or they cannot be found in it."""
    if first is None:
        return None
    try:
        found = block_shape(first.block)
    except UnwalkableError:
        return None
    except MalformedPacketError as error:
        raise EngineError(
            _BAD_NAME, f"A column's name cannot be told: {error}. Give it another with AS. (BAD_ARGUMENTS)"
        ) from None
    return found.columns


def _blocks(chunk: ResultBlock) -> Iterator[Bytes]:
    """A chunk is one block, as far as anybody has seen; what says otherwise is cut."""
    head = BytesReader(chunk.block[:20])
    head.varint()
    if head.varint() == chunk.rows:
        yield chunk.block
    else:
        yield from (block for _, block in split_blocks(chunk.block))
