import pytest

from commands.developers.soak import SoakSample, soak_report


def samples(count, heap=lambda round: 20.0, nodes=lambda round: 900):
    return [SoakSample(7 * round, heap(round), nodes(round), 350, 160.0) for round in range(1, count + 1)]


def test_what_only_trembles_is_flat():
    found = soak_report(samples(30, heap=lambda round: 20 + round % 3 / 5), [])
    assert found["flat"]
    assert found["turns"] == 210


def test_samples_taken_while_a_page_turns_are_no_growth():
    assert soak_report(samples(6, nodes=lambda round: 1500 if round in (4, 6) else 900), [])["flat"]


@pytest.mark.parametrize(
    "leaking",
    [{"heap": lambda round: 20 + round / 5}, {"nodes": lambda round: 900 + 10 * round}],
    ids=["heap", "nodes"],
)
def test_what_grows_is_found(leaking):
    assert not soak_report(samples(30, **leaking), [])["flat"]


def test_growth_before_everything_was_shown_a_few_times_does_not_count():
    assert soak_report(samples(30, heap=lambda round: 20 + min(round, 8)), [])["flat"]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_short_run_says_nothing(count):
    assert not soak_report(samples(count), [])["flat"]


def test_the_slope_is_told_over_a_thousand_turns():
    assert soak_report(samples(30, heap=lambda round: 20 + 0.07 * round), [])["heap_mb"]["per_1000_turns"] == 10
    assert soak_report(samples(30), list(range(1000)))["latency_ms"] == {
        "events": 1000,
        "p50": 500,
        "p95": 950,
        "p99": 990,
    }
