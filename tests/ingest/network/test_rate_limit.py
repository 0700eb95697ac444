import pytest

from ingest.network.rate_limit import RateLimit, RateLimits


def test_what_is_taken_beyond_the_burst_has_to_wait_in_order() -> None:
    limit = RateLimit(per_second=10, burst=20)
    assert [limit.take(1, 100.0) for _ in range(20)] == [0.0] * 20
    assert [round(limit.take(1, 100.0), 6) for _ in range(2)] == [0.1, 0.2]
    assert limit.take(1, 100.3) == pytest.approx(0.0), "it fills meanwhile"


def test_nothing_is_taken_by_asking_and_what_is_given_back_is_there() -> None:
    limit = RateLimit(per_second=2, burst=1)
    assert (limit.missing(1, 5.0), limit.missing(1, 5.0)) == (0.0, 0.0)
    limit.take(1, 5.0)
    assert limit.missing(1, 5.0) == pytest.approx(0.5)
    assert limit.missing(1, 5.5) == 0.0
    limit.give_back(1)
    assert limit.missing(1, 5.0) == 0.0


def test_what_is_left_and_when_it_is_full_again() -> None:
    limit = RateLimit(per_second=2, burst=10)
    assert (limit.left(100.0), limit.full_in(100.0)) == (10.0, 0.0)
    limit.take(13, 100.0)
    assert (limit.left(100.0), limit.full_in(100.0)) == pytest.approx((-3.0, 6.5))
    assert (limit.left(102.0), limit.full_in(102.0)) == pytest.approx((1.0, 4.5))


def test_each_client_has_its_own_and_those_that_are_full_are_forgotten_first() -> None:
    limits = RateLimits(per_second=1, burst=10, most=2)
    limits.of("a", 0.0).take(5, 0.0)
    limits.of("b", 0.0).take(1, 0.0)
    limits.of("c", 2.0)
    assert limits.of("a", 2.0).missing(10, 2.0) == pytest.approx(3.0), "it owes, so it is remembered"
    limits.of("a", 2.0).take(1, 2.0)
    limits.of("c", 2.0).take(9, 2.0)
    limits.of("d", 2.0)
    assert len(limits) == 2
    assert limits.of("c", 2.0).missing(10, 2.0) == pytest.approx(9.0), "of those that owe, the one of longest ago goes"
