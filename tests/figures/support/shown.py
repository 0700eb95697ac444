"""Shown: what the figures of a case show at its looks - by the fold that the worker runs, and by SQL over raw events."""

from collections.abc import Iterable, Iterator, Sequence

from ingest.contract.clock import milliseconds
from ingest.contract.topic import topic_of
from streams.fold.fold import Fold
from tests.figures.support.story import Case, Look, Shows
from warehouse.catalogue import indicators, measure
from warehouse.model.expression import sql
from warehouse.model.indicator import Derived, Indicator
from warehouse.model.reading import Reading
from warehouse.model.value import Value
from warehouse.readings import Readings
from warehouse.recompute.sql import flow_sql, stock_sql
from warehouse.store.client import Client

Wrong = list[str]
"""What is not as it was worked out, in words."""


class FoldOfMoments(Fold):
    """A fold that does not write down every minute between a case's events, which may lie weeks apart; the whole stack does."""

    def reach(self, at: int) -> None:
        """Take in how late it is."""
        self.watermark = at


def wrong_by_fold(case: Case) -> Wrong:
    """What the fold shows otherwise, event by event and look by look."""
    folds: dict[str, Fold] = {}
    readings, happened, found = Readings(), 0, []
    for look in case.looks:
        for offset, event in enumerate(case.events[happened : look.happened], happened):
            topic = topic_of(event.data.stream)
            folds.setdefault(topic, FoldOfMoments(topic, 0)).fold([event], [offset])
        happened = look.happened
        for fold in folds.values():
            fold.look(milliseconds(look.at), only_stirred=False)
            readings.apply(fold.take())
        found += differences(look, readings)
    return found


def asked(look: Look) -> list[Indicator]:
    """The indicators that a look needs."""
    found: dict[Indicator, None] = {}
    for one in map(measure, (shows.id for shows in look.shows)):
        found.update(dict.fromkeys(one.made_of if isinstance(one, Derived) else [one]))  # type: ignore[list-item]
    return list(found)


def place(case: Case, look: int) -> str:
    """The ward under which the events of a case up to a look are stored: a copy of its own."""
    return f"{case.ward}--{look}"


AT_ONCE = 12
"""Queries that are asked as one."""


def readings_by_sql(client: Client, cases: Sequence[Case]) -> dict[str, Readings]:
    """What SQL makes of every look of every case, by the place where its events are stored."""
    found = {place(case, number): Readings() for case in cases for number, _ in enumerate(case.looks)}
    queries = [(one, flow_sql(one), "flow", 0) for one in indicators() if one.has_flow]
    for case in cases:
        for number, look in enumerate(case.looks):
            source = f"(SELECT * FROM raw_events WHERE ward = {sql(place(case, number))})"
            at_ms = milliseconds(look.at)
            queries += [
                (one, stock_sql(one, at_ms, source), "stock", at_ms) for one in asked(look) if one.has_stock
            ]
    for some in _pieces(queries):
        rows = client.query(
            " UNION ALL ".join(f"SELECT {number} AS asked, * FROM ({query})" for number, (_, query, _, _) in enumerate(some))
        )
        for number, ward, window, *split, numerator, denominator in rows:
            one, _, grain, at_ms = some[number]
            value = Value(ward, one.id, grain, window, *split, numerator, denominator, 1, at_ms or 1, "", 0, 0, 1)  # type: ignore[arg-type]
            found[ward].apply([value])
    return found


def _pieces(queries: Sequence[tuple[Indicator, str, str, int]]) -> Iterator[Sequence[tuple[Indicator, str, str, int]]]:
    for start in range(0, len(queries), AT_ONCE):
        yield queries[start : start + AT_ONCE]


def differences(look: Look, readings: Readings) -> Wrong:
    """What readings show at a look that was worked out otherwise."""
    at_ms = milliseconds(look.at)
    return [
        f"{look.at:%d/%m/%Y %H:%M} {shows.id}{list(shows.split) if shows.split[0] else ''}: {shown} instead of {shows.value}"
        for shows in look.shows
        if (shown := _shown(readings.read(shows.id, at_ms, shows.split), shows)) != shows.value
    ]


def _shown(reading: Reading, shows: Shows) -> str:
    one = reading.indicator
    if shows.value.startswith("~") or shows.value == "-":
        figure = reading.figure
        return "-" if figure is None else f"~{figure:.{one.unit.decimals}f}"
    if one.is_ratio and reading.ranked is None:
        return f"{reading.numerator}/{reading.denominator}" if "/" in shows.value else str(reading.numerator)
    return str(reading.numerator)


def stored_copies(cases: Iterable[Case]) -> Iterator[tuple[str, Case, int]]:
    """Every place with its case and how many of the case's events lie there."""
    for case in cases:
        for number, look in enumerate(case.looks):
            yield place(case, number), case, look.happened
