"""The fold's flows: a change of a closed window is a revision and a correction, one for each event, whatever the batches."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.events import streams
from ingest.contract.events.content import PostPublished
from ingest.contract.topic import topic_of
from streams.fold.compiled import TOTAL, Contribution, Splits
from streams.fold.flows import Flows
from streams.fold.fold import Fold
from streams.fold.plan import EntityPlan, FlowPlan, Recount, plans
from tests.streams.support.states import states_of
from tests.support.examples import examples
from tests.support.made import START, events
from warehouse.model.correction import Cause, Correction
from warehouse.model.entity import EntityState
from warehouse.model.expression import window_start
from warehouse.model.value import Value

COUNTED = [stream for stream in streams() if any(plan.flows for plan in plans(topic_of(stream)))]
DAY = timedelta(days=1)


def jumbled(stream: str, seed: int, count: int = 200) -> list[Envelope]:
    """Events of some days, each up to two days late, some twice."""
    random = Random(seed)
    kinds = [event for plan in plans(topic_of(stream)) for event in plan.entity.events]
    made = events(seed, count, kinds=list(dict.fromkeys(kinds)), keys=20)
    coming = [*made, *random.sample(made, 20)]
    return sorted(coming, key=lambda one: one.time + random.choice((0, 1)) * random.random() * 2 * DAY)


def folded(stream: str, envelopes: list[Envelope], cuts: list[int]) -> tuple[list[Value], list[Correction]]:
    """Last rows of the flows, and every correction."""
    fold = Fold(topic_of(stream), 0)
    rows: dict[tuple[object, ...], Value] = {}
    corrections: list[Correction] = []
    for start, end in zip([0, *cuts], [*cuts, len(envelopes)], strict=True):
        fold.fold(envelopes[start:end], range(start, end))
        rows |= {value[:6]: value for value in fold.take() if value.grain == "flow"}
        corrections += fold.take_corrections()
    # Of the offset a row only says up to where events were folded in when it was written.
    return [value._replace(offset=0, version=0) for _, value in sorted(rows.items())], corrections


@pytest.mark.parametrize("stream", COUNTED)
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(0, 220), max_size=12))
@settings(max_examples=examples(3))
def test_any_split_into_batches_gives_the_same_revisions_and_corrections(
    stream: str, seed: int, cuts: list[int]
) -> None:
    envelopes = jumbled(stream, seed)
    whole = folded(stream, envelopes, [])
    assert whole == folded(stream, envelopes, sorted(cuts))
    assert whole[1]


@pytest.mark.parametrize("stream", COUNTED)
@given(seed=st.integers(0, 10_000))
@settings(max_examples=examples(3))
def test_corrections_lead_from_one_figure_to_the_next(stream: str, seed: int) -> None:
    values, corrections = folded(stream, jumbled(stream, seed), [])
    by_window: dict[tuple[object, ...], list[Correction]] = {}
    for one in corrections:
        by_window.setdefault((*one[:4], "", ""), []).append(one)
    for value in values:
        if not value.dimension:
            mine = by_window.pop(value[:6], [])
            assert [one.revision for one in mine] == list(range(1, value.revision + 1))
            assert all(
                (one.numerator, one.denominator) == (after.old_numerator, after.old_denominator)
                for one, after in pairwise(mine)
            )
            if mine:
                assert (mine[-1].numerator, mine[-1].denominator) == (value.numerator, value.denominator)
            assert len({one.offset for one in mine}) == len(mine)
    assert not by_window


@pytest.mark.parametrize("stream", COUNTED)
def test_nothing_that_an_event_contributes_is_overlooked(stream: str) -> None:
    """The fold counts again only when a field changes that flows look at; here every state is counted as it is in the end."""
    fold = Fold(topic_of(stream), 0)
    envelopes = jumbled(stream, 5, count=600)
    fold.fold(envelopes, range(len(envelopes)))
    told = {value[:6]: value[6:8] for value in fold.take() if value.grain == "flow" and any(value[6:8])}
    by_id = {plan.entity.id: plan for plan in plans(topic_of(stream))}
    counted: dict[tuple[object, ...], list[int]] = {}
    for id, state in states_of(fold):
        for flow, found in zip(by_id[id].flows, by_id[id].contributions(state), strict=True):
            for at, numerator, denominator, splits in found:
                for split in splits:
                    key = (state.ward, flow.id, "flow", window_start(at, flow.window_ms), *split)
                    sums = counted.setdefault(key, [0, 0])
                    sums[0] += numerator
                    sums[1] += denominator
    assert len(told) > 5
    assert told == {place: tuple(sums) for place, sums in counted.items() if any(sums)}


@pytest.mark.parametrize("stream", COUNTED)
@given(seed=st.integers(0, 10_000), taken=st.integers(20, 200), lost=st.integers(0, 60))
@settings(max_examples=examples(3))
def test_a_replay_writes_the_same_revisions_and_corrections_again(
    stream: str, seed: int, taken: int, lost: int
) -> None:
    """A worker dies `lost` events after its snapshot, and the next one knows what it wrote."""
    envelopes = jumbled(stream, seed)
    until = min(taken + lost, len(envelopes))
    first, second = Fold(topic_of(stream), 0), Fold(topic_of(stream), 0)
    first.fold(envelopes[:taken], range(taken))
    first.take()
    first.take_corrections()
    snapshot = json.loads(json.dumps(first.dump()))
    stored: dict[tuple[object, ...], Value] = {}
    for offset in range(taken, until):
        first.fold([envelopes[offset]], [offset])
        stored |= {value[:6]: value for value in first.take() if value.grain == "flow"}
    second.load(taken - 1, snapshot)
    second.expect(stored.values())
    second.fold(envelopes[taken:until], range(taken, until))
    again = {value[:6]: value for value in second.take() if value.grain == "flow"}
    assert second.take_corrections() == first.take_corrections()
    assert {key: value[6:8] for key, value in again.items()} == {key: value[6:8] for key, value in stored.items()}
    assert {key: value.revision for key, value in again.items()} == {
        key: value.revision for key, value in stored.items()
    }
    for fold in (first, second):
        fold.fold(envelopes[until:], range(until, len(envelopes)))
    assert sorted(value for value in second.take() if value.grain == "flow") == sorted(
        value for value in first.take() if value.grain == "flow"
    )


Platform = Literal["zalo", "portal", "fanpage", "speaker"]


def published(number: int, at: datetime, platform: Platform = "zalo") -> Envelope:
    """A news item."""
    post = PostPublished(post_ref=f"p-{number}", platform=platform, topic_code="tin", published_at=at)
    return envelope(post, ward="hong-bang", source="/t", recorded_at=at, id=f"post-{number}-{platform}")


def content(*envelopes: Envelope) -> Fold:
    """A fold that has taken these events and told of them."""
    fold = Fold(topic_of("content"), 0)
    fold.fold(envelopes, range(len(envelopes)))
    fold.take()
    fold.take_corrections()
    return fold


def revisions(values: list[Value]) -> dict[tuple[str, int], tuple[int, int]]:
    """Numerator and revision by member and window, in days since the start's."""
    midnight = milliseconds(START.replace(hour=17) - DAY)
    return {
        (value.member, (value.window_ms - midnight) // 86_400_000): (value.numerator, value.revision)
        for value in values
        if value.indicator == "V02"
    }


def test_a_late_event_revises_the_window_it_belongs_to_and_says_so() -> None:
    fold = content(published(1, START), published(2, START + DAY))
    late = published(3, START + timedelta(hours=1))
    fold.fold([late], [2])
    assert revisions(fold.take()) == {("", 0): (2, 1), ("zalo", 0): (2, 1)}
    (correction,) = fold.take_corrections()
    assert correction.ward == "hong-bang"
    assert (correction.indicator, correction.grain, correction.revision) == ("V02", "flow", 1)
    assert (correction.old_numerator, correction.numerator) == (1, 2)
    assert (correction.kind, correction.subject, correction.id) == ("post.published", "p-3", late.id)
    assert (correction.at_ms, correction.offset) == (milliseconds(late.time), 2)


def test_until_its_grace_is_over_a_window_changes_without_a_revision() -> None:
    midnight = START.replace(hour=17)
    fold = content(published(1, START), published(2, midnight + timedelta(seconds=59)))
    fold.fold([published(3, START)], [2])
    assert revisions(fold.take())["", 0] == (2, 0)
    fold.fold([published(4, midnight + timedelta(seconds=60)), published(5, START)], [3, 4])
    assert revisions(fold.take())["", 0] == (3, 1)
    assert [one.offset for one in fold.take_corrections()] == [4]


def test_what_only_moves_between_members_revises_them_and_not_the_total() -> None:
    fold = content(published(1, START, "portal"), published(2, START + DAY))
    fold.fold([published(1, START, "zalo")], [2])
    assert revisions(fold.take()) == {("", 0): (1, 0), ("portal", 0): (0, 1), ("zalo", 0): (1, 1)}
    assert not fold.take_corrections()


def test_a_revision_never_goes_back_after_a_recovery() -> None:
    """Even if the snapshot is from before revisions were kept."""
    fold = content(published(1, START), published(2, START + DAY))
    older = [
        ["flows", [row[:8] for row in piece[1]]] if piece[0] == "flows" else piece
        for piece in json.loads(json.dumps(fold.dump()))
    ]
    fold.fold([published(3, START)], [2])
    stored = [value._replace(revision=value.revision + 4) for value in fold.take()]
    again = Fold(topic_of("content"), 0)
    again.load(1, older)
    again.expect(stored)
    again.fold([published(3, START)], [2])
    assert revisions(again.take())["", 0] == (2, 5)
    again.fold([published(4, START)], [3])
    assert revisions(again.take())["", 0] == (3, 6)


def test_an_event_for_a_window_that_is_gone_asks_for_a_recomputation_and_says_why() -> None:
    fold = content(published(1, START), published(2, START + 30 * DAY))
    fold.forget()
    late = published(3, START)
    fold.fold([late], [2])
    cause = Cause("post.published", "p-3", late.id, milliseconds(late.time), 2)
    assert set(fold.late.values()) == {cause}
    assert {one.indicator for one in fold.late} == {"V02"}
    assert not fold.take()
    again = Fold(topic_of("content"), 0)
    again.load(2, json.loads(json.dumps(fold.dump())))
    assert again.late == fold.late


def test_what_an_entity_contributes_twice_counts_twice() -> None:
    """Two parts of an indicator may give the same at the same time; what is taken back is as much as was given."""
    at, indicator = milliseconds(START), "Q01"
    one: Contribution = (at, 1, 0, Splits((TOTAL,)))
    state: Any = SimpleNamespace(ward="hong-bang", given=[()], adds=())
    entity: Any = SimpleNamespace(id="thing")
    contributions: Any = lambda of: (of.adds,)  # noqa: E731
    recounts = {1: Recount((0,), contributions)}
    plan = EntityPlan(entity, EntityState, (FlowPlan(indicator, 300_000),), contributions, recounts, (), lambda *_: {})
    flows = Flows(topic_of("queue"), 0, {indicator: 300_000})
    for adds, counted in (((one,), 1), ((one, one), 2), ((one, one, one), 3), ((one,), 1), ((), 0)):
        state.adds = adds
        flows.settle(plan, flows.windows(plan, state.ward), state, 1, at)
        assert [value.numerator for value in flows.take(1)] == [counted]
