from contextlib import suppress

import pytest
from hypothesis import example, given, settings, strategies

from tests.support.examples import examples
from warehouse.server.native.block import Shape, UnwalkableError, block_shape, retype_block, split_blocks
from warehouse.server.native.wire import MalformedPacketError, varint


def text(value):
    return varint(len(value.encode())) + value.encode()


def block(*columns, rows):
    return (
        varint(len(columns)) + varint(rows) + b"".join(text(name) + text(kind) + data for name, kind, data in columns)
    )


TWO = block(("n", "UInt16", b"\1\0\2\0"), ("s", "String", b"\1a\2bc"), rows=2)
ONE = block(("n", "UInt16", b"\3\0"), ("s", "String", b"\0"), rows=1)


def test_a_block_is_found_by_its_types():
    assert block_shape(TWO) == Shape([("n", "UInt16"), ("s", "String")], 2)
    assert block_shape(b"\0\0") == Shape([], 0)


def test_blocks_in_a_row_are_cut_apart():
    assert [(found.rows, bytes(part)) for found, part in split_blocks(TWO + ONE)] == [(2, TWO), (1, ONE)]
    assert split_blocks(b"") == []


def test_other_names_and_types_leave_the_data():
    again = retype_block(TWO, [("number", "Int16"), ("s", "String")])
    assert again == block(("number", "Int16", b"\1\0\2\0"), ("s", "String", b"\1a\2bc"), rows=2)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("Nullable(Int8)", b"\0\1" + b"\5\0"),
        ("Array(UInt8)", b"\1" + b"\0" * 7 + b"\3" + b"\0" * 7 + b"abc"),
        ("Tuple(a UInt8, `b, c` Array(UInt8))", b"\1\2" + b"\0" * 16),
        ("Map(String, UInt8)", b"\0" * 8 + b"\1" + b"\0" * 7 + b"\1k" + b"\7"),
        ("Enum8('a, (b' = 1, 'it\\'s)' = 2)", b"\1\2"),
        ("Decimal(38, 5)", b"\0" * 32),
        ("FixedString(3)", b"abcdef"),
        ("DateTime64(3, 'Asia/Ho_Chi_Minh')", b"\0" * 16),
    ],
)
def test_nested_and_named_types_are_walked_to_their_end(kind, data):
    assert block_shape(block(("x", kind, data), ("after", "UInt8", b"\0\0"), rows=2)).columns[1] == ("after", "UInt8")


@pytest.mark.parametrize(
    "kind", ["Dynamic", "Variant(String, UInt8)", "AggregateFunction(sum, UInt8)", "Nothingness", ""]
)
def test_types_without_a_known_end_are_named(kind):
    with pytest.raises(UnwalkableError):
        block_shape(block(("x", kind, b"\0" * 50), rows=1))


def test_impossible_sizes_are_refused_before_anything_is_read():
    for impossible in (
        varint(5000) + varint(1),
        varint(1) + varint(2**40),
        block(("x", "Array(UInt8)", b"\xff" * 8), rows=1),
        block(("x", "FixedString(999999999)", b""), rows=1),
        block(("x", "Decimal(99, 1)", b""), rows=1),
        block(("x", "SimpleAggregateFunction()", b""), rows=1),
        block(("x", "Array(" * 40 + "UInt8" + ")" * 40, b""), rows=1),
        block(("x", "String", b"\xff\xff\xff\xff\x0f"), rows=1),
        block(("x", "LowCardinality(String)", b"\0" * 60), rows=1),
        b"\xff" * 20,
    ):
        with pytest.raises(MalformedPacketError):
            block_shape(impossible)


KINDS = strategies.recursive(
    strategies.sampled_from(
        ["UInt8", "String", "FixedString(2)", "Decimal(9, 2)", "UUID", "Enum8('a' = 1)", "", "JSON", "x"]
    ),
    lambda inner: strategies.builds(
        lambda outer, kinds: f"{outer}({', '.join(kinds)})",
        strategies.sampled_from(
            ["Array", "Nullable", "Tuple", "Map", "LowCardinality", "Nested", "SimpleAggregateFunction"]
        ),
        strategies.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


@settings(max_examples=examples(400), derandomize=True)
@example(kind="JSON", rows=1, data=b"\2" + b"\0" * 7 + b"\1\1a" + b"\3" * 50)
@example(kind="Map()", rows=1, data=b"\1" + b"\0" * 20)
@given(kind=KINDS, rows=strategies.integers(0, 5), data=strategies.binary(max_size=120))
def test_any_bytes_are_a_block_or_malformed(kind, rows, data):
    with suppress(MalformedPacketError):
        block_shape(block(("x", kind, data), rows=rows))
