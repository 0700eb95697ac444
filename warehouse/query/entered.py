"""Entered: what people entered for each kind and period - what stands, what waits for a second person, and who did what when."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic_core import from_json

from ingest.contract.events.figure import FigureConfirmed, FigureEntered, FigureWithdrawn
from ingest.contract.topic import topic_of
from warehouse.entities.figure import DAY_TOTAL
from warehouse.store.client import Client

MOST = 50_000
"""Events of a ward: twenty kinds a month, each corrected twice, for fifty years."""
MOST_OF_DAYS = 100_000
"""Of totals of days: thirty indicators for five years, twice."""


class FigureAct(NamedTuple):
    """What somebody did."""

    kind: str
    """The event's."""
    at_ms: int
    data: dict[str, Any]
    """The event's own fields."""

    @property
    def who(self) -> str:
        """The account."""
        return str(self.data["who"])

    @property
    def stated(self) -> tuple[int, int]:
        """How much, in the smallest unit of its kind, and out of how many."""
        return int(self.data["numerator"]), int(self.data["denominator"])


class EnteredFigure(NamedTuple):
    """One kind and period."""

    ref: str
    acts: tuple[FigureAct, ...]
    """Oldest first."""

    @property
    def version(self) -> int:
        """How many acts there were."""
        return len(self.acts)

    @property
    def standing(self) -> FigureAct | None:
        """What counts."""
        return _standing(self.acts)

    @property
    def draft(self) -> FigureAct | None:
        """What waits for a second person."""
        last = self.acts[-1] if self.acts else None
        return last if last and last.kind == FigureEntered.kind else None

    @property
    def last_stated(self) -> FigureAct:
        """The newest that says how much."""
        stated = [act for act in self.acts if act.kind in (FigureEntered.kind, FigureConfirmed.kind)]
        return stated[-1]

    def before(self, batch: str) -> FigureAct | None:
        """What stood before an import."""
        first = next(n for n, act in enumerate(self.acts) if act.data.get("batch") == batch)
        return _standing(self.acts[:first])


def _standing(acts: Iterable[FigureAct]) -> FigureAct | None:
    found: FigureAct | None = None
    for act in acts:
        if act.kind in (FigureConfirmed.kind, FigureWithdrawn.kind):
            found = act if act.kind == FigureConfirmed.kind else None
    return found


class ImportBatch(NamedTuple):
    """An import of totals of days."""

    batch: str
    at_ms: int
    who: str
    size: int
    """How many it entered."""


def entered_figures(client: Client, ward: str) -> dict[str, EnteredFigure]:
    """Everything that people of a ward entered, by kind and period; but no totals of days."""
    return _entered(client, ward, MOST, f"NOT startsWith(subject, '{DAY_TOTAL}')")


def entered_days(client: Client, ward: str, batch: str | None = None) -> dict[str, EnteredFigure]:
    """The totals of days that they entered, by indicator, day and part; only those that an import was about, where one is named."""
    asked = f"subject IN (SELECT subject FROM raw_events WHERE {_MINE} AND {_BATCH} = %(batch)s)" if batch else "true"
    return _entered(client, ward, MOST_OF_DAYS, f"startsWith(subject, '{DAY_TOTAL}') AND {asked}", batch)


def day_batches(client: Client, ward: str) -> list[ImportBatch]:
    """The imports of totals of days, the newest first."""
    rows = client.query(
        f"SELECT {_BATCH} AS batch, max(at_ms) AS newest, any(JSONExtractString(event, 'data', 'who')), count() FROM raw_events "
        f"WHERE {_MINE} AND startsWith(subject, '{DAY_TOTAL}') AND batch != '' GROUP BY batch ORDER BY newest DESC",
        {"topic": topic_of(FigureEntered.stream), "ward": ward},
    )
    return [ImportBatch(*row) for row in rows]


_MINE = "topic = %(topic)s AND ward = %(ward)s"
_BATCH = "JSONExtractString(event, 'data', 'batch')"


def _entered(client: Client, ward: str, most: int, which: str, batch: str | None = None) -> dict[str, EnteredFigure]:
    rows = client.query(
        f"SELECT subject, kind, at_ms, JSONExtractRaw(event, 'data') FROM raw_events WHERE {_MINE} AND {which} "
        f"ORDER BY at_ms, id, offset LIMIT 1 BY id LIMIT {most}",
        {"topic": topic_of(FigureEntered.stream), "ward": ward, "batch": batch},
    )
    acts: dict[str, list[FigureAct]] = {}
    for ref, kind, at_ms, data in rows:
        acts.setdefault(ref, []).append(FigureAct(kind, at_ms, from_json(data)))
    return {ref: EnteredFigure(ref, tuple(found)) for ref, found in acts.items()}
