"""Shown: what the figures of a case show at its looks - by the fold that the worker runs, and by SQL over raw events."""

from collections.abc import Iterable, Iterator, Sequence

from ingest.contract.clock import milliseconds
from ingest.contract.topic import topic_of
from streams.fold.fold import Fold
from tests.figures.support.story import Case, Look, Shows
from warehouse.catalogue import measure, measures
from warehouse.model.indicator import PERCENT, Derived, Indicator
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
        found += differences(look, readings) + over_the_whole(look, readings)
    return found


def over_the_whole(look: Look, readings: Readings) -> Wrong:
    """Shares that are more than all there is, whether the case asks for them or not."""
    at_ms = milliseconds(look.at)
    shown = (readings.read(one.id, at_ms) for one in measures() if one.unit.factor == PERCENT.factor)
    return [
        f"{look.at:%d/%m/%Y %H:%M} {reading.indicator.id}: {reading.numerator} of {reading.denominator}"
        for reading in shown
        if (reading.figure or 0) > PERCENT.factor
    ]


def asked(look: Look) -> list[Indicator]:
    """The indicators that a look needs."""
    return list(dict.fromkeys(one for shows in look.shows for one in parts_of(shows.id)))


def parts_of(id: str) -> list[Indicator]:
    """The indicators that a figure is made of."""
    one = measure(id)
    return list(one.made_of) if isinstance(one, Derived) else [one]


def place(case: Case, look: int) -> str:
    """The ward under which the events of a case up to a look are stored: a copy of its own."""
    return f"{case.ward}--{look}"


MOMENT = 3_333_333_333_333
"""Stands for the moment of a look in the SQL of a stock, until that of each place is put there."""


def readings_by_sql(client: Client, cases: Sequence[Case]) -> dict[str, Readings]:
    """What SQL makes of every look of every case, by the place where its events are stored; one query an indicator and grain."""
    moments = {place(case, number): milliseconds(look.at) for case in cases for number, look in enumerate(case.looks)}
    found = {ward: Readings() for ward in moments}
    wanted = {one for case in cases for look in case.looks for one in asked(look)}
    at = f"WITH {list(moments)} AS wards, {list(moments.values())} AS moments "
    for one in wanted:
        queries = [("flow", flow_sql(one))] if one.has_flow else []
        if one.has_stock:
            of_ward = "toInt64(transform(ward, wards, moments, toInt64(0)))"
            queries.append(("stock", at + stock_sql(one, MOMENT).replace(f"toInt64({MOMENT})", of_ward)))
        for grain, query in queries:
            for ward, window, *split, numerator, denominator in client.query(query):
                as_of_ms = moments[ward] if grain == "stock" else 1
                row = (ward, one.id, grain, window, *split, numerator, denominator, 1, as_of_ms, "", 0, 0, 1)
                found[ward].apply([Value(*row)])
    return found


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
