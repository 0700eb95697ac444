# ruff: noqa: S608
"""Events as an inline table in the place of `raw_events`, and the engine's answers, without a server."""

import json
from collections.abc import Sequence
from typing import Any

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import encode, envelope
from ingest.contract.event import Event
from ingest.contract.topic import topic_of
from warehouse.model.expression import sql

COLUMNS = "topic String, ward String, kind String, subject String, id String, at_ms Int64, event String"


def inline_events(events: Sequence[Event], wards: Sequence[str] = ()) -> str:
    """A subquery with the columns of `raw_events`; ids are `0`, `1`, … in the order of the events.

    Args:
        events: any.
        wards: of each event; `w` without.
    """
    rows = []
    for number, event in enumerate(events):
        one = envelope(
            event, ward=wards[number] if wards else "w", source="/t", recorded_at=event.occurred_at, id=str(number)
        )
        row = (
            topic_of(event.stream),
            one.ward,
            event.kind,
            one.subject,
            one.id,
            milliseconds(one.time),
            encode(one).decode(),
        )
        rows.append(f"({', '.join(map(sql, row))})")
    return f"(SELECT * FROM values({sql(COLUMNS)}, {', '.join(rows)}))"


class InlineEngine:
    """An engine in memory, from the first question to `close`."""

    def __init__(self) -> None:
        self._connection: Any = None

    def answer(self, text: str) -> list[dict[str, Any]]:
        """The rows of a query, by the names of their columns."""
        if self._connection is None:
            import chdb  # starts threads: a process that has only collected tests can be forked

            self._connection = chdb.connect(":memory:")
        return [json.loads(line) for line in self._connection.query(text, "JSONEachRow").data().splitlines()]

    def close(self) -> None:
        """Let another engine be opened in this process."""
        if self._connection:
            self._connection.close()
            self._connection = None
