"""Records that come again: what is suspected, and what is decided."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract.envelope import Envelope, encode
from streams.partition import duplicates
from streams.partition.duplicates import EventIdMemory, judge_duplicates
from tests.support.examples import examples
from tests.support.made import events
from warehouse.store.event_ids import KEPT, StoredEventId, id_hash

DAY = date(2026, 11, 20)
HASHES = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=30)


@given(days=st.lists(HASHES, max_size=6), loaded=HASHES)
@settings(max_examples=examples(100))
def test_nothing_that_was_there_is_overlooked_and_nothing_else_is_suspected(
    days: list[list[int]], loaded: list[int]
) -> None:
    loose, duplicates.LOOSE = duplicates.LOOSE, 7  # packed all the time
    try:
        memory, known = EventIdMemory(), set(loaded)
        memory.load(DAY, loaded)
        for number, hashes in enumerate(days):
            expected = {index for index, one in enumerate(hashes) if one in known or one in hashes[:index]}
            assert memory.suspects(hashes) == expected
            memory.add(hashes, DAY + timedelta(days=number))
            known |= set(hashes)
    finally:
        duplicates.LOOSE = loose


def test_an_id_is_forgotten_after_a_week_and_not_before() -> None:
    memory = EventIdMemory()
    memory.add([1], DAY)
    memory.add([2], DAY + KEPT)
    assert memory.suspects([1, 2]) == {0, 1}
    memory.add([3], DAY + KEPT + timedelta(days=1))
    assert memory.suspects([1, 2, 3]) == {1, 2}
    assert len(memory) == 2


def test_the_memory_is_small() -> None:
    memory = EventIdMemory()
    for start in range(0, 1_000_000, 2_000):
        memory.add(range(start, start + 2_000), DAY)
    assert len(memory) == 1_000_000
    assert memory.nbytes <= 8_000_000
    assert memory.loose <= duplicates.LOOSE + 2_000


def batch(*envelopes: Envelope) -> tuple[list[Envelope], list[int]]:
    return list(envelopes), list(range(100, 100 + len(envelopes)))


def suspects(envelopes: list[Envelope], *known: Envelope) -> set[int]:
    memory = EventIdMemory()
    memory.add([id_hash(one.ward, one.id) for one in known], DAY)
    return memory.suspects([id_hash(one.ward, one.id) for one in envelopes])


def key(one: Envelope) -> tuple[str, str]:
    return one.ward, one.id


def test_the_first_copy_counts_and_the_others_are_told_apart() -> None:
    first, second, third = events(3, 3)
    again = first.model_copy(update={"recordedtime": first.recordedtime + timedelta(hours=1)})
    other = second.model_copy(update={"id": first.id, "partitionkey": first.partitionkey})
    envelopes, offsets = batch(again, second, other, third)
    verdict = judge_duplicates(
        envelopes, offsets, suspects(envelopes, first), {key(first): StoredEventId(7, encode(first))}
    )
    assert verdict.fresh == [1, 3]
    assert verdict.repeated == [(0, 7)]
    assert verdict.conflicts == [(2, 7)]


def test_copies_within_a_chunk_are_told_apart() -> None:
    first, second = events(4, 2)
    other = second.model_copy(update={"id": first.id, "partitionkey": first.partitionkey})
    envelopes, offsets = batch(first, second, first, other)
    verdict = judge_duplicates(envelopes, offsets, suspects(envelopes), {})
    assert (verdict.fresh, verdict.repeated, verdict.conflicts) == ([0, 1], [(2, 100)], [(3, 100)])


def test_a_record_is_no_copy_of_itself() -> None:
    """Another worker, which has not noticed yet that the partition is no longer its own, has stored it first."""
    (one,) = events(5, 1)
    envelopes, offsets = batch(one)
    verdict = judge_duplicates(envelopes, offsets, {0}, {key(one): StoredEventId(100, encode(one))})
    assert verdict.fresh == [0]


def test_the_same_id_of_another_ward_is_another_id() -> None:
    (one,) = events(6, 1)
    elsewhere = one.model_copy(update={"partitionkey": "elsewhere"})
    assert suspects([elsewhere], one) == set()


def test_what_is_only_suspected_counts() -> None:
    (one,) = events(7, 1)
    assert judge_duplicates(*batch(one), {0}, {}).fresh == [0]
