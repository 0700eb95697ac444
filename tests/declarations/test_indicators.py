"""Every indicator: declared whole, and its fold in Python agrees with its SQL in the engine, window by window, to the last unit."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from random import Random

import pytest

from dashboard.words.number import is_share
from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope
from ingest.contract.topic import topic_of
from streams.fold.fold import Fold
from tests.streams.support.states import states_of
from tests.support.made import events
from tests.support.raw import store
from warehouse.catalogue import entities, indicator, indicators, measures
from warehouse.model.entity import EntityState
from warehouse.model.indicator import Derived, Indicator, Measure
from warehouse.model.reading import TOTAL, Reading, Split
from warehouse.model.value import Value
from warehouse.recompute import rebuild
from warehouse.recompute.sql import flow_sql, stock_sql, stocks_sql
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect


@cache
def sent() -> list[Envelope]:
    return events(seed=2, count=12_000, keys=300)


def minutes_before_the_end(minutes: int) -> int:
    return milliseconds(sent()[-1].time) - minutes * 60_000


MOMENTS = (7, 1)
"""Minutes before the last event."""

Figures = dict[tuple[str, int, str, str], tuple[int, int]]
Stocks = dict[int, dict[tuple[str, str, str, str], tuple[int, int]]]


@pytest.fixture(scope="module")
def stored(warehouse: WarehouseSettings) -> Iterator[Client]:
    """A real warehouse that holds the events."""
    with connect(warehouse) as client:
        store(client, sent())
        yield client


@pytest.fixture(scope="module")
def folded() -> tuple[dict[str, Fold], Stocks]:
    """The same events, folded; and by moment every stock by ward, indicator, dimension and member."""
    folds: dict[str, Fold] = {}
    stocks: Stocks = {}
    begin = 0
    for moment in map(minutes_before_the_end, MOMENTS):
        end = moment + 5_000
        fold_into(folds, [(n, one) for n, one in enumerate(sent()) if begin <= milliseconds(one.time) < end])
        begin, stocks[moment] = end, {}
        for fold in folds.values():
            fold.look(moment, only_stirred=False)
            stocks[moment] |= {key: sums[:2] for key, sums in fold.stocks().items() if any(sums[:2])}
    fold_into(folds, [(n, one) for n, one in enumerate(sent()) if milliseconds(one.time) >= begin])
    return folds, stocks


@pytest.fixture(scope="module")
def folds(folded: tuple[dict[str, Fold], Stocks]) -> dict[str, Fold]:
    return folded[0]


@pytest.fixture(scope="module")
def stocks(folded: tuple[dict[str, Fold], Stocks]) -> Stocks:
    return folded[1]


@pytest.fixture(scope="module")
def values(folds: dict[str, Fold]) -> dict[str, list[Value]]:
    """By indicator, everything the fold has to say, with the stocks at each moment."""
    found: dict[str, list[Value]] = {}
    for value in chain.from_iterable(fold.take() for fold in folds.values()):
        found.setdefault(value.indicator, []).append(value)
    return found


def fold_into(folds: dict[str, Fold], placed: list[tuple[int, Envelope]]) -> None:
    for offset, envelope in placed:
        topic = topic_of(envelope.data.stream)
        folds.setdefault(topic, Fold(topic, 0)).fold([envelope], [offset])


def from_sql(client: Client, sql: str) -> Figures:
    return {tuple(row[:4]): (row[4], row[5]) for row in client.query(sql) if row[4] or row[5]}


@pytest.mark.parametrize("one", indicators(), ids=lambda one: one.id)
def test_is_declared_whole(one: Indicator) -> None:
    assert one.label.vi
    assert one.label.en
    assert one.definition.vi
    assert one.definition.en
    assert one.unit.label.vi
    assert one.parts
    assert not ({field for field in one.by if isinstance(field, str)} - set(one.of.fields) - {"key"})
    assert one.has_flow or one.has_stock


@pytest.mark.parametrize("one", [one for one in measures() if one.is_ratio], ids=lambda one: one.id)
def test_a_ratio_is_a_part_of_a_whole_or_says_what_it_is_made_of(one: Measure) -> None:
    is_flag = isinstance(one, Indicator) and one.is_known_by_denominator
    assert (one.counted is None) == (is_share(one) or one.unit.out_of or is_flag)


@pytest.mark.parametrize("one", measures(), ids=lambda one: one.id)
def test_what_is_counted_has_an_english_singular(one: Measure) -> None:
    """What is always told out of how many has no need of one."""
    labels = (*(() if one.unit.out_of else (one.unit.label, one.unit.short)), one.counted)
    plural = [
        label
        for label in labels
        if label and (label.en in ("people", "people a counter") or re.search("[^m]s( |$)", label.en))
    ]
    assert all(label.one and label.one != label.en for label in plural), one.unit


def test_ids_are_given_once() -> None:
    ids = [one.id for one in measures()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("one", [one for one in measures() if isinstance(one, Derived)], ids=lambda one: one.id)
def test_a_derived_measure_asks_what_it_says(one: Derived) -> None:
    asked = set()

    def ask(id: str, split: Split = TOTAL) -> Reading:
        asked.add(id)
        return Reading(indicator(id), 3, 4, 1, 2)

    sides = one.value(ask)
    assert sides is None or all(isinstance(side, int) for side in sides)
    assert asked == {part.id for part in one.made_of}
    assert all((*one.formula.both, *one.definition.both, *one.label.both))
    assert one.sources
    for part in one.made_of:
        assert part.id in one.formula.vi
        assert part.id in one.formula.en
        assert set(one.by) <= {dimension.name for dimension in part.dimensions}


@pytest.mark.embedded
@pytest.mark.parametrize("one", [one for one in indicators() if one.has_flow], ids=lambda one: one.id)
def test_flows_agree_with_sql(one: Indicator, stored: Client, values: dict[str, list[Value]]) -> None:
    mine = {
        (value.ward, value.window_ms, value.dimension, value.member): (value.numerator, value.denominator)
        for value in values.get(one.id, ())
        if value.grain == "flow" and (value.numerator or value.denominator)
    }
    assert mine
    assert from_sql(stored, flow_sql(one)) == mine


@pytest.mark.embedded
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("one", [one for one in indicators() if one.has_stock], ids=lambda one: one.id)
def test_stocks_agree_with_sql(one: Indicator, moment: int, stored: Client, stocks: Stocks) -> None:
    """Also at a moment that lies a little behind the newest event that the fold has seen."""
    at_ms = minutes_before_the_end(moment)
    mine = {(ward, *split): sums for (ward, id, *split), sums in stocks[at_ms].items() if id == one.id}
    theirs = {(ward, *split): sums for (ward, _, *split), sums in from_sql(stored, stock_sql(one, at_ms)).items()}
    assert theirs == mine


@pytest.mark.embedded
@pytest.mark.parametrize(
    "hours",
    [
        pytest.param((-1, 2), id="begin", marks=pytest.mark.long),
        pytest.param((30, 33), id="middle"),
        pytest.param((94, 97), id="end", marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("one", [one for one in indicators() if one.has_stock], ids=lambda one: one.id)
def test_stocks_minute_by_minute_agree_with_each_moment(one: Indicator, hours: tuple[int, int], stored: Client) -> None:
    begin, end = (milliseconds(sent()[0].time) + hour * 3_600_000 for hour in hours)
    minutes: dict[int, Figures] = {minute: {} for minute in range(begin // 60_000 * 60_000, end - 60_000 + 1, 60_000)}
    for ward, window, *split, numerator, denominator in stored.query(stocks_sql(one, begin, end)):
        minutes[window][ward, window, *split] = (numerator, denominator)
    for window in Random(one.id).sample(sorted(minutes), 1):
        there = {place: sums for place, sums in minutes[window].items() if any(sums)}
        assert there == from_sql(stored, stock_sql(one, window + 60_000)), window


@pytest.mark.embedded
@pytest.mark.parametrize("entity", entities(), ids=lambda entity: entity.id)
def test_states_recalled_from_the_warehouse_are_those_of_the_fold(entity, stored, folds) -> None:
    topic = topic_of(entity.events[0].stream)
    mine = {(state.ward, state.key): state for id, state in states_of(folds[topic]) if id == entity.id}
    assert mine
    theirs = rebuild.entity_states(stored, entity, mine, topic, 0, len(sent()))
    assert len(theirs) == len(mine)
    for state in theirs:
        assert fields(state) == fields(mine[state.ward, state.key])


def fields(state: EntityState) -> dict[str, object]:
    return {name: getattr(state, name) for name, _ in state.rules}


@pytest.mark.embedded
def test_the_state_up_to_an_offset_leaves_out_what_came_later(stored: Client) -> None:
    entity = next(entity for entity in entities() if entity.id == "ticket")
    half = len(sent()) // 2
    earlier: dict[str, Fold] = {}
    fold_into(earlier, [(n, one) for n, one in enumerate(sent()[:half]) if one.data.stream == "queue"])
    mine = {(state.ward, state.key): state for id, state in states_of(earlier["ioc.queue.v1"]) if id == "ticket"}
    theirs = rebuild.entity_states(stored, entity, mine, "ioc.queue.v1", 0, half - 1)
    assert {(state.ward, state.key): fields(state) for state in theirs} == {
        key: fields(one) for key, one in mine.items()
    }
