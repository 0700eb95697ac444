"""Trace: what became of a source's newest message, and how many came within the last hour, for the person who set it up.

The message itself stays in memory only, without what looks personal; it is there to begin a mapping with.
"""

import json
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ingest.contract.envelope import Envelope
from ingest.contract.errors import InvalidEvent
from ingest.contract.personal_fields import PERSONAL, looks_personal, normalise_field_name
from ingest.untrusted.dead_letter import DeadLetter
from ingest.untrusted.json_text import parse_json_loosely

LARGEST_KEPT = 65_536
"""Bytes of a message that is kept to be looked at."""

HIDDEN = "…"
"""Stands for a value that looks personal."""

_MINUTES = 60


class TracedMessage(NamedTuple):
    """The newest message."""

    at: datetime
    body: bytes
    address: str
    events: tuple[str, ...]
    """Kinds of what it made."""
    fault: str


class MessageTrace:
    """What one source sent lately."""

    def __init__(self) -> None:
        self.last: TracedMessage | None = None
        self._minutes: deque[list[int]] = deque(maxlen=_MINUTES)
        """Of each minute in which something came: which, how many messages, how many dead letters."""

    def note(
        self, at: datetime, body: bytes, address: str, made: Sequence[Envelope], letter: DeadLetter | None = None
    ) -> None:
        """Note what became of a message."""
        fault = f"{letter.reason_code}: {letter.error}" if letter else ""
        kept = body if len(body) <= LARGEST_KEPT else b""
        self.last = TracedMessage(at, kept, address, tuple(one.data.kind for one in made), fault)
        minute = int(time.monotonic() // 60)
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append([minute, 0, 0])
        self._minutes[-1][1] += 1
        self._minutes[-1][2] += letter is not None

    def per_hour(self) -> tuple[int, int]:
        """Messages and dead letters of the last 60 minutes."""
        since = int(time.monotonic() // 60) - _MINUTES
        lately = [one for one in list(self._minutes) if one[0] > since]
        return sum(one[1] for one in lately), sum(one[2] for one in lately)

    def sample(self) -> str:
        """The newest message as JSON, without what looks personal; empty where there is none that can be read."""
        if self.last is None or not self.last.body:
            return ""
        try:
            value = parse_json_loosely(self.last.body)
        except InvalidEvent:
            return ""
        return json.dumps(_harmless(value), ensure_ascii=False, indent=2)


def _harmless(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _harmless(one, key) for key, one in value.items() if not looks_personal(key)}
    if isinstance(value, list):
        return [_harmless(one, name) for one in value]
    if value is None or isinstance(value, bool):
        return value
    is_personal = normalise_field_name(name) in PERSONAL or looks_personal(str(value))
    return HIDDEN if is_personal else value
