"""JSON from outside, read without trust: one way to read it for webhooks, polls and MQTT.

Python's reader is lenient where it hurts later: it takes `NaN`, keeps the last of two equal keys, accepts half a
surrogate pair that no encoder can write again, and reads integers that no column can hold. Here each of these is a
refusal with a reason code.
"""

import json
import re
from typing import Any, NoReturn

from ingest.contract.errors import InvalidEvent

DEEPEST = 32
"""How many objects and lists may be inside each other."""

LARGEST_WHOLE = 2**63 - 1
"""The largest whole number that the warehouse can hold."""

_TOO_LARGE = 2**64

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""NUL is legal JSON, but no code or time of ours holds it and C libraries end a text there; no encoder writes half a surrogate pair."""


class _Repeated(dict[str, Any]):
    """An object that named a key twice."""


def parse_json(body: bytes) -> Any:
    """Read one JSON text and check all of it.

    Raises:
        InvalidEvent: reasons `not_json`, `encoding`, `too_deep` and those of `check`.
    """
    value = parse_json_loosely(body)
    check_json(value)
    return value


def parse_json_loosely(body: bytes) -> Any:
    """Read one JSON text whose parts are going to be checked one by one, so that one bad item does not spoil its page.

    Raises:
        InvalidEvent: reasons `not_json`, `encoding`, `too_deep`.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidEvent("encoding", f"byte {error.start} is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise InvalidEvent("encoding", "it begins with a byte order mark")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise InvalidEvent("not_json", f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        _too_deep()


def check_json(value: Any) -> None:
    """See that a value holds nothing that a later step could not keep as it is.

    Raises:
        InvalidEvent: reasons `too_deep`, `non_finite`, `out_of_range`, `duplicate_keys`, `encoding`.
    """
    level, depth = [value], 0
    while level:
        below: list[Any] = []
        texts: list[str] = []
        for one in level:
            if isinstance(one, str):
                texts.append(one)
                continue
            if isinstance(one, dict):
                if isinstance(one, _Repeated):
                    raise InvalidEvent("duplicate_keys", "an object names a key twice")
                below += one.keys()
                below += one.values()
            elif isinstance(one, list):
                below += one
            else:
                _check_number(one)
                continue
            if depth == DEEPEST:
                _too_deep()
        if _UNSTORABLE.search("".join(texts)):
            raise InvalidEvent("encoding", "a text holds a NUL or half a surrogate pair")
        level, depth = below, depth + 1


def _check_number(value: Any) -> None:
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise InvalidEvent("non_finite", "a number is not finite")
    elif isinstance(value, int) and not -LARGEST_WHOLE - 1 <= value <= LARGEST_WHOLE:
        raise InvalidEvent("out_of_range", "a whole number does not fit into 64 bits")


def _too_deep() -> NoReturn:
    raise InvalidEvent("too_deep", f"more than {DEEPEST} objects and lists are inside each other")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else _Repeated(made)


def _whole(digits: str) -> int:
    # Python refuses to convert thousands of digits; one number that is too large stands for all.
    return int(digits) if len(digits) <= 20 else _TOO_LARGE
