"""The proof of a figure: it agrees where the fold was right, names what is wrong, and takes nothing on its way for a difference."""

from datetime import timedelta
from random import Random

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.topic import topic_of
from streams.fold.fold import Fold
from tests.support.made import events
from tests.support.raw import store
from warehouse.catalogue import indicator, indicators
from warehouse.model.expression import MINUTE
from warehouse.proof.evidence import corrected_figures, event_kinds, newest_events
from warehouse.proof.proof import proof_windows, prove_figure, shown_figures
from warehouse.proof.queries import PROOF_QUERIES, indicator_query, record_query
from warehouse.query.adhoc import Adhoc
from warehouse.query.due import due_list
from warehouse.store.client import connect
from warehouse.store.sink import write_values
from warehouse.views import public_names

pytestmark = pytest.mark.embedded

WARD = "hong-bang"
BEHIND = "le-chan"
"""A ward whose last events are stored, but not yet in its values."""
ENVELOPES = events(seed=11, count=3_000, keys=60, spread=timedelta(hours=84))
"""Until 20:00 of the ward, so that today has something of everything."""
NOW_MS = milliseconds(ENVELOPES[-1].time) // MINUTE * MINUTE
PAST = [one for one in ENVELOPES if milliseconds(one.time) <= NOW_MS]
Random(4).shuffle(PAST)  # as records lie in Kafka: not in the order of what happened


EARLY = PAST[: len(PAST) // 2]


def folded(envelopes, ward=WARD):
    """What the board would know: each stream folded, and the stocks looked at now."""
    folds: dict[str, Fold] = {}
    for offset, envelope in enumerate(envelopes):
        topic = topic_of(envelope.data.stream)
        folds.setdefault(topic, Fold(topic, 0)).fold([envelope], [offset])
    values = []
    for fold in folds.values():
        fold.look(NOW_MS, only_stirred=False)
        values += fold.take()
    newest = {}
    for value in sorted(values, key=lambda value: (value.window_ms, value.version)):
        key = (value.ward, value.indicator, value.grain, value.dimension, value.member)
        newest[key if value.grain == "stock" else (*key, value.window_ms)] = value
    return [value for value in newest.values() if value.ward == ward]


@pytest.fixture(scope="module")
def memory():
    return folded(PAST)


@pytest.fixture(scope="module")
def settings(warehouse, memory):
    with connect(warehouse) as client:
        store(client, PAST)
        write_values(client, memory)
        write_values(client, folded(EARLY, BEHIND))
    return warehouse


@pytest.fixture
def client(settings):
    with connect(settings) as opened:
        yield opened


@pytest.mark.parametrize("one", indicators(), ids=lambda one: one.id)
def test_what_was_folded_rightly_agrees(client, memory, one):
    what = shown_figures(one, WARD, NOW_MS, memory)
    found = prove_figure(client, what)
    assert found.agrees, found.differing
    assert found.ahead == 0
    assert {split: sides for split, sides in what.sides().items() if any(sides)} == {
        split: sides for split, sides in found.sides.items() if any(sides)
    }


def test_the_due_list_names_as_many_as_the_indicators_count(client, memory):
    found = due_list(client, WARD, NOW_MS)
    counted = {value.indicator: value.numerator for value in memory if not value.dimension and value.grain == "stock"}
    assert [sum(one.is_overdue == late for one in found) for late in (False, True)] == [counted["D07"], counted["D08"]]
    assert [one.due_ms for one in found] == sorted(one.due_ms for one in found)
    assert {one.is_overdue for one in found if one.due_ms < NOW_MS} <= {True}
    assert due_list(client, "nowhere", NOW_MS) == []


def changed(memory, id, grain):
    """The board's memory with one unit too many in a total that is shown."""
    one = indicator(id)
    (*_, wrong) = [
        value
        for value in shown_figures(one, WARD, NOW_MS, memory).values
        if value.grain == grain and not value.dimension
    ]
    return wrong, [value._replace(numerator=value.numerator + 1) if value == wrong else value for value in memory]


@pytest.mark.parametrize(
    ("id", "grain"), [("Q01", "flow"), ("Q02", "stock"), ("D09", "flow"), ("D09", "stock"), ("H01", "stock")]
)
def test_one_unit_too_many_is_found_and_named(client, memory, id, grain):
    wrong, told = changed(memory, id, grain)
    found = prove_figure(client, shown_figures(indicator(id), WARD, NOW_MS, told))
    assert found.differing == ((grain, wrong.window_ms if grain == "flow" else 0, "", ""),)


def test_a_window_that_is_not_shown_at_all_is_found(client, memory):
    one = indicator("Q01")
    lost = next(
        value for value in shown_figures(one, WARD, NOW_MS, memory).values if value.numerator and not value.dimension
    )
    found = prove_figure(client, shown_figures(one, WARD, NOW_MS, [value for value in memory if value != lost]))
    assert found.differing == (("flow", lost.window_ms, "", ""),)


@pytest.mark.parametrize("id", ["D10", "P01", "V02"])
def test_events_that_are_still_on_their_way_are_no_difference(client, id):
    """The warehouse has everything; the board's memory was made of the first part."""
    one = indicator(id)
    what = shown_figures(one, WARD, NOW_MS, folded(EARLY))
    found = prove_figure(client, what)
    assert found.agrees, found.differing
    assert 0 < found.ahead <= len(PAST) - len(EARLY)


def test_nothing_known_is_nothing_wrong_and_nothing_right(client):
    what = shown_figures(indicator("Q01"), WARD, NOW_MS, [])
    assert not what.values
    assert not what.taken_in
    assert not prove_figure(client, what).agrees


def test_the_last_windows_stand_beside_their_recomputation(client, memory):
    found = proof_windows(client, indicator("Q01"), WARD, NOW_MS)
    assert found
    assert all(window.agrees for window in found)
    assert [window.stored.window_ms for window in found] == sorted((w.stored.window_ms for w in found), reverse=True)
    assert found[0].stored.window_ms + 15 * MINUTE + MINUTE > NOW_MS or found[0].is_closed
    closed = [
        window for window in proof_windows(client, indicator("Q02"), WARD, NOW_MS) if window.stored.grain == "stock"
    ]
    assert closed
    assert all(window.agrees for window in closed)


@pytest.mark.parametrize("id", ["V01", "P01", "D05"])
def test_windows_whose_events_are_still_on_their_way_agree_as_well(client, id):
    found = proof_windows(client, indicator(id), BEHIND, NOW_MS)
    assert found
    assert all(window.agrees for window in found)


def test_only_events_that_matter_are_behind_a_figure(client):
    assert event_kinds(indicator("Q01")) == ["ticket.issued"]
    assert set(event_kinds(indicator("Q03"))) == {"ticket.issued", "ticket.called"}
    found = newest_events(client, indicator("Q03"), WARD)
    assert {event.kind for event in found} <= {"ticket.issued", "ticket.called"}
    assert [event.at_ms for event in found] == sorted((event.at_ms for event in found), reverse=True)
    for event in found[:3]:
        envelope = PAST[event.offset]
        assert (envelope.subject, envelope.id) == (event.subject, event.id)


def test_corrections_tell_old_new_and_why(client):
    assert corrected_figures(client, WARD) == []
    place = {"topic": "ioc.queue.v1", "partition": 0, "offset": 7}
    row = {
        "ward": WARD, "indicator": "Q01", "grain": "flow", "window_ms": NOW_MS, "old_numerator": 3, "old_denominator": 0,
        "numerator": 4, "denominator": 0, "revision": 1, "kind": "ticket.issued", "subject": "s", "id": "e", "at_ms": NOW_MS,
        **place, "corrected_at": ENVELOPES[-1].time,
    }  # fmt: skip
    for _ in range(2):  # replayed: the same row
        client.insert("raw_corrections", {name: [value] for name, value in row.items()})
    (found,) = corrected_figures(client, WARD, "Q01")
    assert (found.old, found.new, found.cause.kind, found.cause.offset) == ((3, 0), (4, 0), "ticket.issued", 7)
    assert corrected_figures(client, WARD, "Q02") == corrected_figures(client, "le-chan") == []
    assert corrected_figures(client, WARD, since_ms=found.corrected_ms + 1) == []


def one_of_each_entity_first():
    """Every indicator; those whose entity had one already are long."""
    entities, found = set(), []
    for one in indicators():
        found.append(pytest.param(one, id=one.id, marks=pytest.mark.long if one.of.id in entities else ()))
        entities.add(one.of.id)
    return found


@pytest.mark.parametrize("one", one_of_each_entity_first())
def test_prepared_queries_pass_the_gate_and_say_the_same(settings, client, memory, one):
    adhoc = Adhoc(settings, public_names())
    offered = {part: indicator_query(one, WARD, part, NOW_MS) for part in PROOF_QUERIES}
    for part, query in offered.items():
        if query is not None:
            assert adhoc.run(query, f"lan-{part}").columns
    if offered["recomputed"] is None:
        return  # too long for the gate: the page says so
    mine = {
        (value.grain, value.window_ms if value.grain == "flow" else 0, value.dimension, value.member): (
            value.numerator,
            value.denominator,
        )
        for value in shown_figures(one, WARD, NOW_MS, memory).values
        if value.numerator or value.denominator
    }
    theirs = {
        (row[0], milliseconds(row[1]) if row[0] == "flow" else 0, row[2], row[3]): (row[4], row[5])
        for row in adhoc.run(offered["recomputed"], "lan").rows
        if row[4] or row[5]
    }
    assert theirs == mine


def test_the_query_for_one_event_finds_it(settings):
    envelope = PAST[5]
    answer = Adhoc(settings, public_names()).run(record_query(topic_of(envelope.data.stream), 0, 5), "lan")
    assert [row[3] for row in answer.rows] == [envelope.id]
