"""Redaction: what of a message that cannot be used may be kept for the person who has to find out why.

Nothing is kept because it looks harmless, only because it is known: values of fields that the payload model names,
if they look like codes, numbers or times. A field that carries personal data loses its value wherever it stands.
Everything else is replaced by its type, and what is not JSON at all keeps its shape: letters become `x`, digits `9`.
"""

import base64
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from ingest.contract.errors import InvalidEvent
from ingest.contract.personal_fields import PERSONAL, looks_personal, normalise_field_name
from ingest.untrusted.json_text import DEEPEST, parse_json_loosely

LARGEST = 8_192
"""Bytes of a payload that are kept at most."""

_PERSONAL, _TEXT, _NUMBER, _DEEP, _NAMED = "[personal]", "[text]", "[number]", "[deep]", "[name]"

MARKS = (_PERSONAL, _TEXT, _NUMBER, _DEEP, _NAMED)
"""What stands for a value, or for the name of a field, that was not kept."""

_MASK = {"L": "x", "M": "x", "N": "9"}
"""What stands for letters, marks on letters, and digits."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_CODE = re.compile(r"[A-Za-z0-9._:|/+-]{1,80}")
_SPACED_CODE = re.compile(r"[A-Z]{1,8}[0-9./-]{0,20}( [0-9][0-9./-]{0,20}){1,4}")
"""A code that is written with spaces, such as `PA 12/2026`: after its letters there are only numbers, so it is neither a name nor an address."""
_TIME = re.compile(r"[0-9][0-9T:.+/ Z-]{7,39}")
_PHONE_OR_ID = re.compile(r"(\+?84|0)?[0-9]{9,12}|\+?[0-9 .-]{9,17}")
_FIRST_SECOND, _LAST_SECOND = 1_000_000_000, 4_102_444_800
"""Whole numbers of nine to twelve digits that are more likely a time (seconds since 1970) than a person's number."""
_LONGEST_WORD = 80
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*")


def redact(
    payload: bytes, known: frozenset[str], personal: frozenset[str] = frozenset(), coded: frozenset[str] = frozenset()
) -> str:
    """What may be kept of a payload, at most `LARGEST` bytes.

    Args:
        payload: as it was received.
        known: names of fields whose values may be kept.
        personal: names of fields whose values may not, beside the general ones.
        coded: names of those whose values are codes because a table of codes reads them; such a code may be several words.

    Returns:
        JSON; or the shape of a text that is none; or, with `base64:` before it, that of bytes that are not UTF-8.
    """
    try:
        value = parse_json_loosely(payload)
    except InvalidEvent:
        return _shape(payload)
    kept, never = _kept_and_never(known, personal, coded)
    return _cut(json.dumps(_value(value, kept, never, DEEPEST), ensure_ascii=False, allow_nan=False))


def has_marks(value: Any) -> bool:
    """Whether anything was taken out of a part of a redacted payload."""
    if isinstance(value, dict):
        return any(has_marks(name) or has_marks(one) for name, one in value.items())
    if isinstance(value, list):
        return any(map(has_marks, value))
    return isinstance(value, str) and any(mark in value for mark in MARKS)


def is_name(name: str) -> bool:
    """Whether a field of this name keeps its name: one that its sender has chosen may be the name of a person."""
    return _NAME.fullmatch(name) is not None and not looks_personal(name)


@cache
def known_names(adapter: TypeAdapter[Any]) -> frozenset[str]:
    """The names under which a payload type's models read their fields, aliases included."""
    names: set[str] = set()
    for schema in _schemas(adapter):
        if schema.get("type") == "dataclass-field":
            names |= _read_names(schema["name"], schema)
        fields = schema.get("fields")
        for name, field in fields.items() if isinstance(fields, dict) else ():
            names |= _read_names(name, field)
    return frozenset(names)


@cache
def reads_any_name(adapter: TypeAdapter[Any]) -> bool:
    """Whether a payload type takes fields that it does not name: `known_names` then does not say what is read."""
    return any(
        schema.get("type") in ("dict", "any")
        or "allow" in (schema.get("extra_behavior"), schema.get("extra_fields_behavior"))
        for schema in _schemas(adapter)
    )


def _schemas(adapter: TypeAdapter[Any]) -> Iterator[dict[str, Any]]:
    """The parts of a payload type, as pydantic describes them."""
    unseen: list[Any] = [adapter.core_schema]
    while unseen:
        schema = unseen.pop()
        if isinstance(schema, dict):
            yield schema
            unseen += schema.values()
        elif isinstance(schema, list | tuple):
            unseen += schema


def _read_names(name: str, field: dict[str, Any]) -> set[str]:
    alias = field.get("validation_alias")
    if isinstance(alias, str):
        return {name, alias}
    ways = alias or []
    paths = [way if isinstance(way, list) else [way] for way in ways]
    return {name, *(part for path in paths for part in path if isinstance(part, str))}


@cache
def _kept_and_never(
    known: frozenset[str], personal: frozenset[str], coded: frozenset[str]
) -> tuple[Mapping[str, bool], frozenset[str]]:
    """Of a payload type and its connector, both declared: the names of the first as they are, of the second normalised."""
    never = PERSONAL | {normalise_field_name(name) for name in personal}
    return {name: name in coded for name in known if normalise_field_name(name) not in never}, never


def _value(
    value: Any, kept: Mapping[str, bool], never: frozenset[str], depth: int, *, coded: bool | None = None
) -> Any:
    """The value with everything replaced that may not be kept; `coded` says of a known field whether a table of codes reads it."""
    if depth == 0:
        return _DEEP
    if isinstance(value, dict):
        return {
            name if name in kept or is_name(name) else _NAMED: _PERSONAL
            if normalise_field_name(name) in never
            else _value(one, kept, never, depth - 1, coded=kept.get(name))
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [_value(one, kept, never, depth - 1, coded=coded) for one in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if coded is not None and (_harmless(value) or (coded and _is_word(value))) else _TEXT
    return value if coded is not None and _is_no_persons(value) else _NUMBER


def _harmless(text: str) -> bool:
    """Whether a text looks like a code or a time, and not like a telephone or identity number."""
    if _DATE.match(text):
        return _TIME.fullmatch(text) is not None
    is_code = _CODE.fullmatch(text) or _SPACED_CODE.fullmatch(text)
    return is_code is not None and _PHONE_OR_ID.fullmatch(text) is None and not looks_personal(text)


def _is_word(text: str) -> bool:
    """Whether a text may be one of a list of codes, such as `Cải cách hành chính`, and does not look like a person's."""
    return (
        0 < len(text) <= _LONGEST_WORD
        and text.isprintable()
        and _PHONE_OR_ID.fullmatch(text) is None
        and not looks_personal(text)
    )


def _is_no_persons(number: float) -> bool:
    """Whether a number is none of a telephone, card or account, which lose their first zero where they are written as numbers."""
    if not abs(number) < 1e15:
        return False
    return (
        number != int(number) or abs(number) < 100_000_000 or _FIRST_SECOND <= number < _LAST_SECOND or number >= 1e12
    )


def _shape(payload: bytes) -> str:
    """The payload with all that can be read replaced."""
    start = payload[: LARGEST // 2]
    text = start.decode(errors="surrogateescape")
    masked = "".join(_MASK.get(unicodedata.category(one)[0], one) for one in text)
    try:
        masked.encode()
    except UnicodeEncodeError:
        return _cut("base64:" + base64.b64encode(masked.encode(errors="surrogateescape")).decode())
    return _cut(masked)


def _cut(text: str) -> str:
    return text.encode()[:LARGEST].decode(errors="ignore")
