from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.source.failure_rate import FEWEST, LARGEST_SHARE, RECENT, FailureRate
from tests.support.examples import examples

RUNS = st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=8)


def judged(gate, *bads):
    for is_bad in bads:
        gate.judge(is_bad)
    return gate.tripped


def test_one_bad_record_among_many_is_no_flood():
    assert judged(FailureRate(), *([True] + [False] * 24) * 300) is None
    assert judged(FailureRate(), *[True] * (FEWEST - 1)) is None


def test_a_hundred_in_a_row_never_get_that_far():
    gate = FailureRate()
    assert judged(gate, *[False] * RECENT * 20, *[True] * FEWEST) is None
    assert judged(gate, True) == f"{FEWEST + 1}/{RECENT}"


def test_tripped_it_stays_tripped_until_somebody_allows():
    gate = FailureRate()
    assert judged(gate, *[True] * FEWEST) == f"{FEWEST}/{FEWEST}"
    assert judged(gate, *[False] * 5000) == f"{FEWEST}/{FEWEST}"
    gate.allow(0)
    assert gate.tripped is None
    assert judged(gate, *[True] * (FEWEST - 1)) is None  # counted anew
    assert judged(gate, True) is not None


def test_an_allowance_lets_so_many_bad_ones_pass():
    gate = FailureRate()
    judged(gate, *[True] * FEWEST)
    gate.allow(500)
    assert judged(gate, *[True] * 500, *[False] * 100, *[True] * (FEWEST - 1)) is None
    assert judged(gate, True) is not None


def simply(bads):
    """What the rule says, counted the slow way: after how many records the gate closes, and why."""
    for count in range(1, len(bads) + 1):
        recent = bads[max(0, count - RECENT) : count]
        if sum(recent) >= FEWEST and sum(recent) > LARGEST_SHARE * len(recent):
            return count, f"{sum(recent)}/{len(recent)}"
    return None


@settings(max_examples=examples(50))
@given(RUNS)
def test_closes_exactly_when_the_rule_says(runs):
    bads = [is_bad for is_bad, count in runs for _ in range(count)]
    gate, found = FailureRate(), None
    for count, is_bad in enumerate(bads, 1):
        gate.judge(is_bad)
        if gate.tripped is not None:
            found = (count, gate.tripped)
            break
    assert found == simply(bads)
