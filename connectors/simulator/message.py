"""Message: one thing that an outside system says, and when it says it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from ingest.contract.clock import WARD_OFFSET

WARD = timezone(WARD_OFFSET)


class SimulatedMessage(NamedTuple):
    """What a system sends over its own protocol."""

    at: datetime
    """When it is said; what it tells may have happened a moment before."""
    system: str
    """The connector at which it is aimed."""
    id: str
    """The source's own id of a webhook; empty for MQTT."""
    body: bytes
    address: str = ""
    """MQTT topic; empty for a webhook."""
    retain: bool = False
    """MQTT only."""


def encoded(content: object) -> bytes:
    """Content as JSON; the same content is always the same bytes."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def zoned(moment: datetime) -> str:
    """A time as RFC 3339 with the ward's offset and milliseconds."""
    return moment.astimezone(WARD).isoformat(timespec="milliseconds")


def seconds(moment: datetime) -> float:
    """A time as seconds since 1970, in whole milliseconds."""
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1), 3)
