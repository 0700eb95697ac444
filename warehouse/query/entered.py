"""Entered: what people entered for each kind and period - what stands, what waits for a second person, and who did what when."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from pydantic_core import from_json

from ingest.contract.events.figure import FigureConfirmed, FigureEntered, FigureWithdrawn
from ingest.contract.topic import topic_of
from warehouse.store.client import Client

MOST = 50_000
"""Events of a ward: twenty kinds a month, each corrected twice, for fifty years."""


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


def entered_figures(client: Client, ward: str) -> dict[str, EnteredFigure]:
    """Everything that people of a ward entered, by kind and period."""
    rows = client.query(
        "SELECT subject, kind, at_ms, JSONExtractRaw(event, 'data') FROM raw_events WHERE topic = %(topic)s AND ward = %(ward)s "
        f"ORDER BY at_ms, id, offset LIMIT 1 BY id LIMIT {MOST}",
        {"topic": topic_of(FigureEntered.stream), "ward": ward},
    )
    acts: dict[str, list[FigureAct]] = {}
    for ref, kind, at_ms, data in rows:
        acts.setdefault(ref, []).append(FigureAct(kind, at_ms, from_json(data)))
    return {ref: EnteredFigure(ref, tuple(found)) for ref, found in acts.items()}
