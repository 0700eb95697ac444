"""Duplicates: records that came under an id that was stored before, beside the first one - the same again, or another content."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from warehouse.store.client import Client

MOST = 500


class Duplicate(NamedTuple):
    """A record that was not counted, and the first one under its id."""

    topic: str
    partition: int
    offset: int
    ward: str
    kind: str
    subject: str
    id: str
    at_ms: int
    is_conflict: bool
    """Whether its content is another."""
    first_offset: int
    came_at: datetime
    content: dict[str, Any]
    first: dict[str, Any]
    """The content that counts; empty where it is not stored any more."""

    @property
    def differing(self) -> list[tuple[str, Any, Any]]:
        """Fields whose values are not the same: name, first value, this value; `None` where there is none."""
        names = [*self.first, *(name for name in self.content if name not in self.first)]
        pairs = [(name, self.first.get(name), self.content.get(name)) for name in names]
        return [(name, first, second) for name, first, second in pairs if first != second]


def read_duplicates(
    client: Client, *, only_conflicts: bool = False, place: tuple[str, int, int] | None = None
) -> list[Duplicate]:
    """The newest repeats, at most `MOST`.

    Args:
        client: an open connection.
        only_conflicts: leave out those that say the same again.
        place: only the one at this topic, partition and offset.
    """
    conditions = ["withdrawn_by < 0", *(["is_conflict"] if only_conflicts else [])]
    conditions += ["(topic, partition, offset) = %(place)s"] if place else []
    rows = client.query(
        "SELECT topic, partition, offset, ward, kind, subject, id, at_ms, is_conflict, first_offset, ingested_at, event "
        f"FROM raw_repeats FINAL WHERE {' AND '.join(conditions)} "
        f"ORDER BY ingested_at DESC, topic, partition, offset DESC LIMIT {MOST}",
        {"place": place} if place else None,
    )
    firsts = _firsts(client, rows)
    return [
        Duplicate._make([*row, _data(event), _data(firsts.get((row[0], row[1], row[9]), ""))]) for *row, event in rows
    ]


def _firsts(client: Client, rows: list[Any]) -> dict[tuple[str, int, int], str]:
    """The records that count, by their place."""
    if not rows:
        return {}
    found = client.query(
        "SELECT topic, partition, offset, event FROM raw_events WHERE id IN %(ids)s AND (topic, partition, offset) IN %(places)s",
        {"ids": tuple({row[6] for row in rows}), "places": tuple({(row[0], row[1], row[9]) for row in rows})},
    )
    return {(topic, partition, offset): event for topic, partition, offset, event in found}


def _data(event: str) -> dict[str, Any]:
    """What the event says, without its envelope; its time is part of it."""
    try:
        envelope = json.loads(event)
    except ValueError:
        return {}
    if not isinstance(envelope, dict):
        return {}
    data = envelope.get("data")
    return {**({"time": envelope["time"]} if "time" in envelope else {}), **(data if isinstance(data, dict) else {})}
