"""Protocol: the packets of ClickHouse's native protocol, at the revision that the front speaks.

The revision is the newest one before blocks carry a serialization kind for each column: so a block on the wire is
byte for byte what the engine's format `Native` reads and writes. Query parameters came to the packet later;
`warehouse.store.client` sends them as settings named `param_<name>`, as ClickHouse's HTTP interface does.
"""

import struct
from typing import NamedTuple

from warehouse.server.native.wire import MalformedPacketError, SocketReader, varint

REVISION = 54440
"""Settings as strings (54429) are in; tracing (54442) and column serialization kinds (54454) are not."""

HELLO, QUERY, DATA, CANCEL, PING = 0, 1, 2, 3, 4
"""Packets of a client."""

_HELLO, _DATA, _EXCEPTION, _PROGRESS, _PONG, _END_OF_STREAM, _PROFILE = 0, 1, 2, 3, 4, 5, 6

_LONGEST_NAME = 1024
_LONGEST_SETTING = 1024 * 1024
_MOST_SETTINGS = 1024

NATIVE_TCP = 1
"""Interface of a client that speaks this protocol itself."""


class Hello(NamedTuple):
    """How a client introduces itself."""

    client: str
    revision: int
    database: str
    user: str
    password: str


class Query(NamedTuple):
    """A question or command, before its data."""

    sql: str
    settings: dict[str, str]
    important: frozenset[str]
    """Settings that must be known, or the query fails."""
    compressed: bool
    person: str
    """For whom the client asks, as it says (the protocol's quota key); empty: for itself."""


def encode_string(value: str) -> bytes:
    """A string with its length."""
    encoded = value.encode()
    return varint(len(encoded)) + encoded


def read_hello(reader: SocketReader) -> Hello:
    """The client's first packet, after its number."""
    client = reader.text(_LONGEST_NAME)
    reader.varint()
    reader.varint()
    return Hello(client, reader.varint(), *(reader.text(_LONGEST_NAME) for _ in range(3)))


def read_query(reader: SocketReader, longest: int) -> Query:
    """A query packet, after its number.

    Args:
        reader: the client's socket.
        longest: how many bytes of SQL are allowed.
    """
    reader.text(_LONGEST_NAME)  # the client's query id: the engine gives its own
    person = _read_client_info(reader)
    settings, important = {}, set()
    while name := reader.text(_LONGEST_NAME):
        if reader.varint() & 1:
            important.add(name)
        settings[name] = reader.text(_LONGEST_SETTING)
        if len(settings) > _MOST_SETTINGS:
            raise MalformedPacketError("too many settings")
    reader.varint()  # the stage: always to the end
    compressed = bool(reader.varint())
    return Query(reader.text(longest), settings, frozenset(important), compressed, person)


def _read_client_info(reader: SocketReader) -> str:
    """The quota key, which is all of it that matters here."""
    if not reader.byte():
        return ""
    for _ in range(3):  # initial user, query id, address
        reader.text(_LONGEST_NAME)
    if reader.byte() != NATIVE_TCP:
        raise MalformedPacketError("unknown interface of the client")
    for _ in range(3):  # operating system's user, host, client name
        reader.text(_LONGEST_NAME)
    for _ in range(3):  # version and revision
        reader.varint()
    person = reader.text(_LONGEST_NAME)
    reader.varint()  # patch version
    return person


def read_table_name(reader: SocketReader) -> str:
    """A data packet's table, after the packet's number; empty for the data of an insert."""
    return reader.text(_LONGEST_NAME)


def skip_block_info(reader: SocketReader) -> None:
    """What stands before a block in a data packet and is not part of format `Native`."""
    while field := reader.varint():
        if field == 1:
            reader.skip(1)
        elif field == 2:
            reader.skip(4)
        else:
            raise MalformedPacketError("unknown field of a block")


def encode_hello(version: tuple[int, int, int], timezone: str) -> bytes:
    """The front's answer to a client that it lets in."""
    major, minor, patch = version
    parts = [
        varint(_HELLO),
        encode_string("ClickHouse"),
        varint(major),
        varint(minor),
        varint(REVISION),
        encode_string(timezone),
    ]
    return b"".join([*parts, encode_string("ward IOC"), varint(patch)])


PONG = varint(_PONG)
END_OF_STREAM = varint(_END_OF_STREAM)
DATA_HEAD = varint(_DATA) + encode_string("") + b"\x01\x00\x02\xff\xff\xff\xff\x00"
"""What stands before a block in format `Native` to make it a data packet."""


def encode_header(columns: list[tuple[str, str]]) -> bytes:
    """A block without rows, that says names and types of what follows."""
    return b"".join(
        [varint(len(columns)), varint(0), *(encode_string(name) + encode_string(kind) for name, kind in columns)]
    )


def encode_exception(code: int, message: str) -> bytes:
    """The end of a query that failed."""
    return (
        varint(_EXCEPTION)
        + struct.pack("<i", code)
        + encode_string("DB::Exception")
        + encode_string(message)
        + encode_string("")
        + b"\x00"
    )


def encode_progress(rows: int, size: int, written_rows: int = 0, written_bytes: int = 0) -> bytes:
    """How much a query has read and written."""
    return b"".join(varint(value) for value in (_PROGRESS, rows, size, 0, written_rows, written_bytes))


def encode_profile(rows: int, blocks: int, size: int) -> bytes:
    """How much a query has answered."""
    return b"".join([varint(_PROFILE), varint(rows), varint(blocks), varint(size), b"\x00", varint(0), b"\x00"])
