"""Block: where a block in format `Native` ends, found by walking its columns by type without reading a value.

The native protocol gives no length for the blocks of an insert, and the names and types of a result stand between its
columns. So both need somebody who knows how long each type is; nobody here needs what is in it.
"""

import re
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from clickhouse_driver.columns.service import read_column
from clickhouse_driver.context import Context
from clickhouse_driver.errors import Error

from warehouse.server.native.wire import Bytes, BytesReader, MalformedPacketError, SocketReader, varint

_MOST_COLUMNS = 4096
_MOST_ROWS = 16 * 1024 * 1024
_LONGEST_NAME = 4096
_LONGEST_TYPE = 16 * 1024
_DEEPEST = 32

Walk = Callable[[SocketReader, int], None]
Prefix = Callable[[SocketReader], None]


class UnwalkableError(MalformedPacketError):
    """A type whose end cannot be found: a block of it can be passed on to a client, but not taken from one."""


class Shape(NamedTuple):
    """What a block is made of."""

    columns: list[tuple[str, str]]
    rows: int


class _Walker(NamedTuple):
    """How to get past a column: first what describes its serialization, then its rows."""

    prefix: Prefix
    data: Walk


def skip_block(reader: SocketReader, longest_name: int = _LONGEST_NAME) -> Shape:
    """Go past one block.

    Args:
        reader: where it begins.
        longest_name: most bytes of a column's name.

    Raises:
        UnwalkableError: it has a type whose end cannot be found.
        MalformedPacketError: it is not a block.
    """
    width, rows = reader.varint(), reader.varint()
    if width > _MOST_COLUMNS or rows > _MOST_ROWS:
        raise MalformedPacketError(f"block of {width} columns and {rows} rows")
    columns = []
    for _ in range(width):
        name, kind = reader.text(longest_name), reader.text(_LONGEST_TYPE)
        columns.append((name, kind))
        if rows:
            walker = _walker(kind)
            walker.prefix(reader)
            walker.data(reader, rows)
    return Shape(columns, rows)


def block_shape(block: Bytes) -> Shape:
    """Names, types and rows of one block that the engine wrote; a column without a name has the whole expression as its name."""
    return skip_block(BytesReader(block), len(block))


def split_blocks(blocks: Bytes) -> list[tuple[Shape, Bytes]]:
    """The blocks of which a whole result consists, each with its shape."""
    reader = BytesReader(blocks)
    parts: list[tuple[Shape, Bytes]] = []
    while reader.has_more:
        start = reader.position
        found = skip_block(reader, len(blocks))
        parts.append((found, blocks[start : reader.position]))
    return parts


def retype_block(block: Bytes, columns: list[tuple[str, str]]) -> bytes:
    """A block with the given names and types written over its own, which must be of the same form."""
    reader = BytesReader(block)
    width, rows = reader.varint(), reader.varint()
    parts: list[Bytes] = [block[: reader.position]]
    for name, kind in columns[:width]:
        for text in (name, kind):
            reader.text(len(block))
            encoded = text.encode()
            parts += [varint(len(encoded)), encoded]
        start = reader.position
        walker = _walker(kind)
        walker.prefix(reader)
        walker.data(reader, rows)
        parts.append(block[start : reader.position])
    return b"".join(parts)


_FIXED = {
    **{f"{sign}Int{bits}": bits // 8 for sign in ("", "U") for bits in (8, 16, 32, 64, 128, 256)},
    **{"Float32": 4, "Float64": 8, "BFloat16": 2, "Bool": 1, "Nothing": 1, "UUID": 16, "IPv4": 4, "IPv6": 16},
    **{"Date": 2, "Date32": 4, "DateTime": 4, "DateTime32": 4, "DateTime64": 8, "Time": 4, "Time64": 8},
    **{"Enum8": 1, "Enum16": 2, "Decimal32": 4, "Decimal64": 8, "Decimal128": 16, "Decimal256": 32},
}
_ALIASES = {
    "Point": "Tuple(Float64, Float64)",
    "Ring": "Array(Point)",
    "LineString": "Array(Point)",
    "MultiLineString": "Array(LineString)",
    "Polygon": "Array(Ring)",
    "MultiPolygon": "Array(Polygon)",
}
_JSON = re.compile(r"\bJSON\b")


@lru_cache(maxsize=1024)
def _walker(kind: str, depth: int = 0) -> _Walker:  # noqa: C901  # one case a type
    """How to get past a column of the type."""
    if depth > _DEEPEST:
        raise MalformedPacketError("type nested too deep")
    if not depth and _JSON.search(kind):
        return _by_the_driver(kind)
    name, _, rest = kind.partition("(")
    inner = rest[:-1] if rest.endswith(")") else ""
    if name in _FIXED:
        return _fixed(_FIXED[name])
    if name.startswith("Interval"):
        return _fixed(8)
    if name in _ALIASES:
        return _walker(_ALIASES[name], depth + 1)
    match name:
        case "String":
            return _Walker(_no_prefix, lambda reader, rows: reader.skip_strings(rows))
        case "FixedString":
            return _fixed(_integer(inner))
        case "Decimal":
            return _decimal(_integer(inner.partition(",")[0]))
        case "Nullable":
            return _nullable(_walker(inner, depth + 1))
        case "LowCardinality":
            return _low_cardinality(inner, depth)
        case "Array":
            return _array(_walker(inner, depth + 1))
        case "Map":
            return _array(_tuple(_elements(inner), depth))
        case "Nested":
            return _array(_tuple([_without_name(element) for element in _elements(inner)], depth))
        case "Tuple":
            return _tuple([_without_name(element) for element in _elements(inner)], depth)
        case "SimpleAggregateFunction":
            return _walker((_elements(inner) or [""])[-1], depth + 1)
    raise UnwalkableError(f"type {kind[:100]} cannot be taken over this protocol")


def _no_prefix(reader: SocketReader) -> None:
    """Most types have nothing before their rows."""


def _fixed(size: int) -> _Walker:
    return _Walker(_no_prefix, lambda reader, rows: reader.skip(rows * size))


def _decimal(precision: int) -> _Walker:
    for digits, size in ((9, 4), (18, 8), (38, 16), (76, 32)):
        if precision <= digits:
            return _fixed(size)
    raise MalformedPacketError(f"decimal of {precision} digits")


def _nullable(inner: _Walker) -> _Walker:
    def data(reader: SocketReader, rows: int) -> None:
        reader.skip(rows)
        inner.data(reader, rows)

    return _Walker(inner.prefix, data)


def _array(inner: _Walker) -> _Walker:
    def data(reader: SocketReader, rows: int) -> None:
        if not rows:
            return
        reader.skip(8 * (rows - 1))
        items = reader.number()
        if items > 64 * _MOST_ROWS:
            raise MalformedPacketError(f"array of {items} items")
        inner.data(reader, items)

    return _Walker(inner.prefix, data)


def _tuple(kinds: list[str], depth: int) -> _Walker:
    inner = [_walker(kind, depth + 1) for kind in kinds]

    def prefix(reader: SocketReader) -> None:
        for one in inner:
            one.prefix(reader)

    def data(reader: SocketReader, rows: int) -> None:
        for one in inner:
            one.data(reader, rows)
        if not inner:
            reader.skip(rows)

    return _Walker(prefix, data)


def _low_cardinality(kind: str, depth: int) -> _Walker:
    has_keys = 1 << 9
    keys = _walker(kind.removeprefix("Nullable(")[:-1] if kind.startswith("Nullable(") else kind, depth + 1)

    def data(reader: SocketReader, rows: int) -> None:
        if not rows:
            return
        layout = reader.number()
        if layout & has_keys:
            count = reader.number()
            if count > _MOST_ROWS:
                raise MalformedPacketError(f"dictionary of {count} keys")
            keys.data(reader, count)
        if reader.number() != rows or layout & 0xFF > 3:
            raise MalformedPacketError("low-cardinality column does not fit its block")
        reader.skip(rows << (layout & 0xFF))

    return _Walker(lambda reader: reader.skip(8), data)


def _by_the_driver(kind: str) -> _Walker:
    """The driver's own column reader, which reads values and drops them, for what is too intricate to be skipped."""
    context = Context()
    context.settings = {}
    context.client_settings = {
        "strings_as_bytes": True,
        "strings_encoding": "utf-8",
        "use_numpy": False,
        "namedtuple_as_json": True,
        "input_format_null_as_default": False,
    }

    def data(reader: SocketReader, rows: int) -> None:
        try:
            read_column(context, kind, rows, reader)
        except (Error, NotImplementedError, LookupError, ValueError, TypeError, AttributeError, struct.error) as error:
            raise MalformedPacketError(f"column of type {kind[:100]}: {error}") from None

    return _Walker(_no_prefix, data)


def _integer(digits: str) -> int:
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 8:
        raise MalformedPacketError(f"{digits[:20]!r} is not a size of a type")
    return int(digits)


def _elements(inner: str) -> list[str]:
    """The types of a list, split at its commas outside brackets and quotes."""
    parts, start, nesting, quote, position = [], 0, 0, "", 0
    while position < len(inner):
        character = inner[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "'`":
            quote = character
        elif character in "()":
            nesting += 1 if character == "(" else -1
        elif character == "," and not nesting:
            parts.append(inner[start:position].strip())
            start = position + 1
        position += 1
    last = inner[start:].strip()
    return [*parts, last] if last else parts


def _without_name(element: str) -> str:
    """The type of a tuple's element that may have a name before it, which may be quoted."""
    if element.startswith("`"):
        position = 1
        while position < len(element) and element[position] != "`":
            position += 2 if element[position] == "\\" else 1
        return element[position + 1 :].strip()
    name, space, kind = element.partition(" ")
    return kind if space and "(" not in name else element
