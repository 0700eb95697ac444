"""Syslog message: one message as an object, by RFC 5424, or by RFC 3164 as older devices write it.

`severity` (`emergency` … `debug`) and `facility` come from its priority. `at` is its time, where that has a year (RFC 5424); an older device
writes none, and no zone, so of its messages only when they came is known. `said` is its text without control characters.
"""

import re
from datetime import datetime
from typing import Any

from ingest.contract.errors import InvalidEvent

LONGEST = 8_192
"""Bytes of a message; every receiver takes 2,048 (RFC 5424, 6.1)."""

MOST_DATA = 64
"""Structured parameters of a message."""

SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "info", "debug")

_PRIORITY = re.compile(r"<(\d{1,3})>")
_NEW = re.compile(r"1 (\S{1,48}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) ")
_OLD = re.compile(r"(?:([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) )?(?:(\S{1,255}) )?([\w./-]{1,48})(?:\[(\w{1,32})\])?: ?")
_ELEMENT = re.compile(r'\[([^\s="\]]{1,32})((?: [^\s="\]]{1,32}="(?:[^"\\\]]|\\.)*")*)\]')
_PARAMETER = re.compile(r' ([^\s="\]]{1,32})="((?:[^"\\\]]|\\.)*)"')
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def read_syslog(raw: bytes) -> dict[str, Any]:
    """A message as an object.

    Raises:
        InvalidEvent: reasons `too_large` and `not_syslog`.
    """
    if len(raw) > LONGEST:
        raise InvalidEvent("too_large", f"a message of more than {LONGEST} bytes")
    text = raw.decode(errors="replace")
    priority = _PRIORITY.match(text)
    if priority is None or int(priority[1]) > 191:
        raise InvalidEvent("not_syslog", "it does not begin with a priority")
    found: dict[str, Any] = {
        "severity": SEVERITIES[int(priority[1]) % 8],
        "facility": int(priority[1]) // 8,
    }
    rest = text[priority.end() :]
    new = _NEW.match(rest)
    found |= _of_5424(new, rest[new.end() :]) if new else _of_3164(rest)
    return {name: value for name, value in found.items() if value not in (None, "-", "", {})}


def _of_5424(head: re.Match[str], rest: str) -> dict[str, Any]:
    at, host, app, process, kind = head.groups()
    data: dict[str, dict[str, str]] = {}
    place, count = 0, 0
    while (element := _ELEMENT.match(rest, place)) and count < MOST_DATA:
        values = {name: re.sub(r'\\(["\\\]])', r"\1", value) for name, value in _PARAMETER.findall(element[2])}
        data[element[1].partition("@")[0]] = values
        place, count = element.end(), count + 1 + len(values)
    said = rest[place:] if data else rest.removeprefix("-")
    return {
        "at": _time(at), "host": host, "app": app, "process": process, "kind": kind, "data": data, "said": _plain(said),
    }  # fmt: skip


def _of_3164(rest: str) -> dict[str, Any]:
    head = _OLD.match(rest)
    if head is None:
        return {"said": _plain(rest)}
    _, host, app, process = head.groups()
    return {"host": host, "app": app, "process": process, "said": _plain(rest[head.end() :])}


def _time(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.isoformat() if moment.tzinfo else None


def _plain(text: str) -> str:
    return _UNSEEN.sub(" ", text).strip().removeprefix("\ufeff").strip()
