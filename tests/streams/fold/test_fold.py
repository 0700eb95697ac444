"""The fold: the same events give the same values, however they are split, repeated, ordered or interrupted."""

import gc
import json
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.events import streams
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.topic import topic_of
from streams.fold.flows import FlowFigure, FlowWindow
from streams.fold.fold import Fold, WithdrawnLives
from streams.fold.plan import EntityPlan, plans
from tests.support.examples import examples
from tests.support.made import START, events
from warehouse.model.entity import EntityState
from warehouse.model.value import Value

SPREAD = timedelta(days=1, hours=3)
"""From a Friday morning over midnight to a day off: every minute of it is closed, which is nearly all that the tests do."""

LATER = milliseconds(START + SPREAD + timedelta(minutes=1))

Figures = dict[tuple[object, ...], tuple[int, int]]


def made(stream: str, seed: int, count: int = 300) -> list[Envelope]:
    kinds = [event for plan in plans(topic_of(stream)) for event in plan.entity.events]
    return events(seed, count, kinds=list(dict.fromkeys(kinds)), spread=SPREAD, keys=20)


def figures(values: list[Value]) -> Figures:
    """The last row of each key, without what tells how it came about."""
    last = {value[:6]: (value.numerator, value.denominator) for value in values}
    return {key: sums for key, sums in last.items() if any(sums)}


def unreachable() -> list[object]:
    """What the garbage collector finds, which keeps it for once."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    found = gc.garbage.copy()
    gc.set_debug(0)
    gc.garbage.clear()
    return found


def final(fold: Fold) -> Figures:
    """The final flows and the stocks at one later moment."""
    fold.look(LATER, only_stirred=False)
    values = fold.take()
    known = {(*key[:2], "stock", *key[2:]): sums[:2] for key, sums in fold.stocks().items() if any(sums[:2])}
    return figures([value for value in values if value.grain == "flow"]) | known


def folded(stream: str, envelopes: list[Envelope], cuts: list[int]) -> list[Value]:
    fold = Fold(topic_of(stream), 0)
    values: list[Value] = []
    for start, end in zip([0, *cuts], [*cuts, len(envelopes)], strict=True):
        fold.fold(envelopes[start:end], range(start, end))
        values += fold.take()
    return values


@pytest.fixture(scope="module")
def nothing_else() -> None:
    """What was there before is not looked through for garbage, again and again: there is a million of it."""
    gc.collect()
    gc.freeze()


@pytest.mark.usefixtures("nothing_else")
@pytest.mark.parametrize("stream", streams())
def test_what_a_fold_remembers_is_freed_without_the_garbage_collector(stream: str) -> None:
    """A backlog's objects are frozen out of its sight (`streams.garbage`): what refers to itself in a circle would stay for ever."""
    envelopes, fold = made(stream, seed=5), Fold(topic_of(stream), 0)
    fold.fold(envelopes, range(len(envelopes)))
    gc.collect()
    fold.forget()
    del fold
    assert not any(isinstance(one, EntityState | FlowWindow | FlowFigure) for one in unreachable())


@pytest.mark.parametrize("stream", streams())
def test_a_dumped_memory_does_not_change_with_what_is_folded_afterwards(stream: str) -> None:
    """It is stored beside the fold, which goes on: a snapshot that knew of a later event would take it for counted."""
    envelopes, fold = made(stream, seed=5), Fold(topic_of(stream), 0)
    for start in range(0, len(envelopes), 50):
        fold.fold(envelopes[start : start + 50], range(start, len(envelopes[: start + 50])))
        fold.take()
        dumped = fold.dump()
        before = json.dumps(dumped)
        fold.fold(envelopes[start + 50 : start + 100], range(start + 50, len(envelopes[: start + 100])))
        assert json.dumps(dumped) == before
        fold = Fold(topic_of(stream), 0)
        fold.load(start + 49, json.loads(before))


@pytest.mark.parametrize("stream", streams())
@given(seed=st.integers(0, 1000), cuts=st.lists(st.integers(0, 300), max_size=8))
@settings(max_examples=examples(5))
def test_any_split_into_batches_gives_the_same_rows(stream: str, seed: int, cuts: list[int]) -> None:
    envelopes = made(stream, seed)
    whole = folded(stream, envelopes, [])
    assert figures(folded(stream, envelopes, sorted(cuts))) == figures(whole)


@pytest.mark.parametrize("stream", streams())
@given(seed=st.integers(0, 1000))
@settings(max_examples=examples(5))
def test_any_order_and_any_repetition_give_the_same_figures(stream: str, seed: int) -> None:
    envelopes = made(stream, seed)
    straight, shuffled = Fold(topic_of(stream), 0), Fold(topic_of(stream), 0)
    straight.fold(envelopes, range(len(envelopes)))
    jumbled = envelopes + envelopes[:50]
    Random(seed).shuffle(jumbled)
    shuffled.fold(jumbled, range(len(jumbled)))
    assert final(straight) == final(shuffled)


@pytest.mark.parametrize("stream", streams())
@given(seed=st.integers(0, 1000), cut=st.integers(0, 300))
@settings(max_examples=examples(5))
def test_a_snapshot_is_the_whole_memory(stream: str, seed: int, cut: int) -> None:
    envelopes = made(stream, seed)
    straight, first, second = (Fold(topic_of(stream), 0) for _ in range(3))
    straight.fold(envelopes, range(len(envelopes)))
    first.fold(envelopes[:cut], range(cut))
    taken = first.take()
    second.load(first.offset, json.loads(json.dumps(first.dump())))
    second.fold(envelopes[cut:], range(cut, len(envelopes)))
    flows = [value for value in taken if value.grain == "flow"]
    assert figures(flows) | final(second) == figures(flows) | final(straight)


def test_a_snapshot_made_by_other_declarations_is_none() -> None:
    """What it counted is something else; and an entity's fields may not even fit any more."""
    fold = Fold(topic_of("speaker"), 0)
    fold.fold(made("speaker", 1), range(300))
    fold.take()
    pieces = json.loads(json.dumps(fold.dump()))
    assert fold.is_mine(pieces)
    assert not fold.is_mine([["declared", "of another release"], *pieces[1:]])
    assert not fold.is_mine(pieces[1:])
    assert not Fold(topic_of("camera"), 0).is_mine(pieces)


def test_a_batch_that_spans_months_loses_no_window() -> None:
    kinds = [event for plan in plans(topic_of("content")) for event in plan.entity.events]
    envelopes = events(5, 300, kinds=kinds, keys=300, spread=timedelta(days=90))
    at_once, one_by_one = Fold(topic_of("content"), 0), Fold(topic_of("content"), 0)
    at_once.fold(envelopes, range(300))
    for offset, one in enumerate(envelopes):
        one_by_one.fold([one], [offset])
    assert figures(at_once.take()) == figures(one_by_one.take())
    assert not at_once.late


def test_a_settled_entity_leaves_the_memory_and_asks_for_its_past_when_it_comes_back() -> None:
    envelopes = made("document", 7, count=40)
    fold = Fold(topic_of("document"), 0)
    fold.fold(envelopes, range(len(envelopes)))
    fold.take()
    fold.watermark += 30 * 86_400_000
    fold.forget()
    again = envelopes[:1]
    assert fold.unknown(again) == {"document": {(again[0].ward, again[0].subject)}}


def test_an_event_for_a_window_that_is_gone_asks_for_a_recomputation() -> None:
    envelopes = made("content", 3, count=10)
    fold = Fold(topic_of("content"), 0)
    fold.fold(envelopes[:5], range(5))
    fold.take()
    fold.watermark += 30 * 86_400_000
    fold.forget()
    fold.fold(envelopes[5:], range(5, 10))
    fold.take()
    assert {late.indicator for late in fold.late} == {"V02"}


WITHDRAWN = {kind.stream: kind for kind in ImportWithdrawn.__subclasses__()}


@pytest.mark.parametrize("stream", sorted(WITHDRAWN))
@given(seed=st.integers(0, 1000), lets_go=st.booleans())
@settings(max_examples=examples(5))
def test_what_an_import_brought_is_as_if_it_had_never_come_once_it_is_taken_back(
    stream: str, seed: int, lets_go: bool
) -> None:
    envelopes, random = made(stream, seed), Random(seed)
    kind = random.choice([one.data.kind for one in envelopes if one.ward == envelopes[0].ward])
    mine = [one for one in envelopes if (one.ward, one.data.kind) == (envelopes[0].ward, kind)]
    taken = random.sample(mine, len(mine) * 2 // 3)
    rest = [one for one in envelopes if one not in taken]
    at = START + SPREAD + timedelta(minutes=1)
    undo = WITHDRAWN[stream](batch="lo", who="lan", at=at)
    last = envelope(undo, ward=envelopes[0].ward, source="/board", recorded_at=at)
    with_them, without, told = (Fold(topic_of(stream), 0) for _ in range(3))
    for fold, some in ((with_them, envelopes), (without, rest), (told, envelopes)):
        fold.fold(some, range(len(some)))
    before = told.take()
    if lets_go:
        told.forget()
    keys = {one.subject for one in taken}
    told.expect_withdrawn(
        [
            WithdrawnLives(
                id,
                [state for key, state in with_them.states.get((id, last.ward), {}).items() if key in keys],
                [state for key, state in without.states.get((id, last.ward), {}).items() if key in keys],
                min(one.at_ms for one in taken),
            )
            for id in {plan.entity.id for plan in plans(topic_of(stream)) if touched(plan, kind)}
        ]
        if taken
        else []
    )
    for fold in (told, without):
        fold.fold([last], [len(envelopes)])
        fold.look(LATER, only_stirred=False)
    told_of = figures([value for value in before + told.take() if value.grain == "flow"])
    assert told_of == figures([value for value in without.take() if value.grain == "flow"])
    assert shown(told) == shown(without)


def touched(plan: EntityPlan, kind: str) -> bool:
    return any(event.kind == kind for event in plan.entity.events)


def shown(fold: Fold) -> Figures:
    return {key: sums[:2] for key, sums in fold.stocks().items() if any(sums[:2])}
