"""Poison: what hostile, broken and odd senders put into the fields of events, made from the declarations.

A value is a JSON text, so that also what no Python value is (`NaN`, half a surrogate pair, 5,000 digits) can be put anywhere.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args, get_origin

from annotated_types import Len
from pydantic import AwareDatetime, StringConstraints

from ingest.contract import code
from ingest.contract.envelope import Envelope, encode
from ingest.contract.event import Event
from tests.support.made import bounds_of, parts_of

HUGE = (
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "-9223372036854775809",
    "1e308",
    "9" * 5_000,
)
NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999")
TEXTS = (
    '""', '"\\ud800"', '"a\\u0000"', '"\\u202e0912"', '"e\\u0301\\u0323"', '"\\ud83d\\ude00"', '"<script>"', '"0912345678"',
    '"Nguyễn Văn A"', '"' + "x" * 3_000 + '"',
)  # fmt: skip
TIMES = (
    '"0001-01-01T00:00:00+14:00"', '"1969-12-31T23:59:59Z"', '"1970-01-01T00:00:00Z"', '"2106-02-07T06:28:16Z"', '"2200-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59-12:00"', '"2026-02-30T10:00:00Z"', '"2026-11-20T10:00:00"', '"20:00"', '""',
)  # fmt: skip
OTHER_TYPES = ("true", '"12"', "[]", "{}", "[1]")


LINES = frozenset(('"e\\u0301\\u0323"', '"\\ud83d\\ude00"', '"<script>"', '"Nguyễn Văn A"'))
"""Of the odd texts those that people of the ward may write in a line of their own, though they are no code."""


class Value(NamedTuple):
    """A value for a field."""

    text: str
    """As JSON."""
    is_good: bool
    """Whether the field may have it."""


def values(kind: type[Event], name: str, is_whole: bool = True) -> Iterator[Value]:
    """The ends of what a field may be, and what it may not be.

    Args:
        kind: the event.
        name: its field.
        is_whole: everything; else the ends and what lies one beyond them, and what no field may be.
    """
    found = list(_values(kind, name))
    if not is_whole:
        beyond = [one for one in found if not one.is_good]
        found = [one for one in found if one.is_good] + beyond[:2] + beyond[2:3]
    yield from found
    if kind.model_fields[name].is_required():
        yield Value("null", False)


def _values(kind: type[Event], name: str) -> Iterator[Value]:
    parts = parts_of(kind, name)
    ends = bounds_of(kind, name)
    if ends is not None and AwareDatetime in parts:
        yield from _times(kind, name, *ends)
    elif ends is not None:
        least, most = ends
        step = 1 if isinstance(most, int) and int in parts else 0.001
        yield from (Value(json.dumps(end), True) for end in ends)
        yield from (Value(json.dumps(one), False) for one in (least - step, most + step))
        yield from (Value(text, False) for text in (*HUGE, *NO_NUMBERS, '""', *OTHER_TYPES))
    elif any(isinstance(part, StringConstraints) for part in parts):
        yield from _texts(kind, name)
    elif any(get_origin(part) is Literal for part in parts):
        members = next(get_args(part) for part in parts if get_origin(part) is Literal)
        yield from (Value(json.dumps(one), True) for one in (members[0], members[-1]))
        yield from (Value(text, False) for text in ("9223372036854775807", '"none"', "NaN", '"\\ud800"', "[]"))
    else:
        yield from (Value(text, True) for text in ("true", "false"))
        yield from (Value(text, False) for text in ("2", "9223372036854775807", "NaN", '"yes"', '"\\ud800"', "{}"))


def _times(kind: type[Event], name: str, least: datetime, late: datetime) -> Iterator[Value]:
    if name != kind.occurred:  # when it happened moves minutes that are closed; that is not the subject here
        yield from (Value(json.dumps(one.isoformat()), True) for one in (least, late - timedelta(milliseconds=1)))
    yield from (Value(json.dumps(one.isoformat()), False) for one in (least - timedelta(microseconds=1), late))
    yield from (Value(text, False) for text in (*TIMES, *HUGE, *NO_NUMBERS, "true", "[]", "{}"))


def _texts(kind: type[Event], name: str) -> Iterator[Value]:
    rule = next(part for part in parts_of(kind, name) if isinstance(part, StringConstraints))
    if get_origin(kind.model_fields[name].annotation) is list:
        most = next(part.max_length for part in parts_of(kind, name) if isinstance(part, Len))
        assert most
        yield Value(json.dumps(["due_at"] * most), True)
        yield Value(json.dumps(["due_at"] * (most + 1)), False)
        yield from (Value(f"[{text}]", False) for text in (*TEXTS, "NaN", "9223372036854775807"))
        return
    assert rule.max_length is not None
    if rule.min_length == 1 and rule.max_length in (40, 80):
        yield Value(json.dumps("x" * rule.max_length), True)
    yield Value(json.dumps("x" * (rule.max_length + 1)), False)
    is_line = rule in (*get_args(code.Comment), *get_args(code.Assignee))
    yield from (Value(text, is_line and text in LINES and ("<" not in text or rule.max_length != 80)) for text in TEXTS)
    yield from (Value(text, False) for text in ("9223372036854775807", "1e308", "NaN", "true", "[]", "{}"))


def with_value(one: Envelope, id: str, name: str, text: str) -> bytes:
    """A record of the event with another id, and this text as the value of one field."""
    record = json.loads(encode(one))
    record |= {"id": id}
    record["data"][name] = "@value@"
    return json.dumps(record).replace('"@value@"', text, 1).encode()


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all single values in a message."""
    for key, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(one, dict | list):
            yield from leaves(one, (*path, key))
        else:
            yield (*path, key)


def replaced(message: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The message with another value at a place."""
    if not path:
        return new
    if isinstance(message, dict):
        return {key: replaced(one, path[1:], new) if key == path[0] else one for key, one in message.items()}
    return [replaced(one, path[1:], new) if key == path[0] else one for key, one in enumerate(message)]


def at(message: Any, path: tuple[Any, ...]) -> Any:
    """The value at a place of a message."""
    for key in path:
        message = message[key]
    return message
