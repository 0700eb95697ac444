"""Letter choice: what the browser says is chosen on the page of dead letters, checked - anybody can have written it."""

import re

from dashboard.pages.dead_letters.tables import OUTCOMES
from ingest.contract.events import streams
from ingest.contract.topic import topic_of
from warehouse.dead_letters.stored import StoredDeadLetter

AT_ONCE = 200
"""How many dead letters can be chosen at once."""

_MOST_ALLOWED = 100_000
_MOST_PARTITIONS = 1 << 16
_LONGEST_OFFSET = 18
_ID = re.compile(r"[0-9a-f]{8,64}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def is_chosen(stored: StoredDeadLetter, outcome: object) -> bool:
    """Whether a dead letter's outcome is the chosen one."""
    if not isinstance(outcome, str) or outcome not in OUTCOMES:
        return True
    if outcome == "open":
        return stored.outcome != "sent"
    return (stored.outcome or "untried") == outcome


def ids(selected: object) -> list[str]:
    """The dead letters' ids among what the browser says is chosen."""
    rows = selected if isinstance(selected, list) else []
    found = [row.get("key") for row in rows[:AT_ONCE] if isinstance(row, dict)]
    return [id for id in found if isinstance(id, str) and _ID.fullmatch(id)]


def valid_choice(value: object) -> str:
    """The text if it can be a reason, stream or connector; else empty."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _topics() -> set[str]:
    return {topic_of(stream) for stream in streams()}


def is_submitted(submitted: object) -> bool:
    """Whether somebody has confirmed, rather than that the buttons were just made."""
    return isinstance(submitted, list) and any(isinstance(one, int) and one > 0 for one in submitted)


def resumed(triggered: object) -> tuple[str, int] | None:
    """Which partition somebody wants to go on."""
    if not isinstance(triggered, dict) or triggered.get("type") != "resume":
        return None
    topic, partition = triggered.get("topic"), triggered.get("partition")
    if not isinstance(topic, str) or topic not in _topics() or not isinstance(partition, int):
        return None
    return (topic, partition) if 0 <= partition < _MOST_PARTITIONS else None


def allowance(place: tuple[str, int] | None, values: object, names: object) -> int:
    """How many bad records may pass, as written beside the partition's button."""
    if place is None or not isinstance(values, list) or not isinstance(names, list):
        return 0
    for id, value in zip(names, values, strict=False):
        if isinstance(id, dict) and (id.get("topic"), id.get("partition")) == place and isinstance(value, int):
            return max(0, min(value, _MOST_ALLOWED))
    return 0


def repeat_place(selected: object) -> tuple[str, int, int] | None:
    """Topic, partition and offset of the chosen repeat."""
    rows = selected if isinstance(selected, list) else []
    key = rows[0].get("key") if rows and isinstance(rows[0], dict) else None
    parts = key.split(":") if isinstance(key, str) else []
    is_place = (
        len(parts) == 3
        and parts[0] in _topics()
        and all(part.isascii() and part.isdigit() and len(part) <= _LONGEST_OFFSET for part in parts[1:])
    )
    return (parts[0], int(parts[1]), int(parts[2])) if is_place else None
