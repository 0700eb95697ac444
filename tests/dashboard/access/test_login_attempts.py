from datetime import UTC, datetime, timedelta

import pytest

from dashboard.access.login_attempts import MOST_ENTRIES, LoginAttempt, LoginLimits, TooManyTriesError

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LOCK = timedelta(minutes=5)
STRANGER = LoginAttempt("lan", "", "10.0.0.9")
KNOWN = LoginAttempt("lan", "address 10.0.0.1", "10.0.0.1")


@pytest.fixture
def tries():
    return LoginLimits(5, LOCK)


def wrong(tries, attempt, times, now=NOW):
    """How many of so many tries may be made."""
    made = 0
    for _ in range(times):
        try:
            tries.begin(attempt, now)
        except TooManyTriesError:
            continue
        made += 1
    return made


def test_tries_are_counted_before_their_passwords_are_looked_at(tries):
    assert wrong(tries, STRANGER, 300) == 5
    with pytest.raises(TooManyTriesError) as refused:
        tries.begin(STRANGER, NOW + timedelta(minutes=1))
    assert refused.value.of_account
    assert refused.value.retry_after == timedelta(minutes=4)
    assert wrong(tries, STRANGER, 300, NOW + LOCK) == 5


def test_strangers_cannot_lock_who_comes_from_a_known_place(tries):
    for n in range(200):
        wrong(tries, LoginAttempt("lan", "", f"10.1.0.{n}"), 9)
    assert wrong(tries, KNOWN, 9) == 5
    assert wrong(tries, LoginAttempt("lan", "browser x", "10.0.0.9"), 1) == 1


def test_an_address_has_so_many_tries_for_all_accounts_and_gets_them_back_by_and_by(tries):
    made = sum(wrong(tries, LoginAttempt(f"nobody-{n}", "", "10.0.0.9"), 1) for n in range(300))
    assert made == 20
    with pytest.raises(TooManyTriesError) as refused:
        tries.begin(LoginAttempt("minh", "", "10.0.0.9"), NOW)
    assert not refused.value.of_account
    tries.begin(LoginAttempt("minh", "", "10.0.0.9"), NOW + refused.value.retry_after)
    assert wrong(tries, LoginAttempt("minh", "", "10.0.0.8"), 1) == 1
    assert wrong(tries, KNOWN, 1) == 1


def test_a_right_password_forgets_the_wrong_ones_of_its_place_only(tries):
    wrong(tries, KNOWN, 4)
    tries.succeeded(KNOWN, NOW)
    assert wrong(tries, KNOWN, 9) == 5
    assert wrong(tries, STRANGER, 4) == 4
    tries.begin(STRANGER, NOW)
    tries.succeeded(STRANGER, NOW)
    assert wrong(tries, STRANGER, 9) == 1, "the others of the strangers still count"


def test_what_was_not_looked_at_is_given_back(tries):
    for _ in range(100):
        tries.begin(STRANGER, NOW)
        tries.withdraw(STRANGER, NOW)
    assert wrong(tries, STRANGER, 9) == 5


def test_guessing_names_and_addresses_does_not_fill_the_memory(tries):
    for n in range(MOST_ENTRIES + 100):
        tries.begin(LoginAttempt(f"name-{n}", "", f"address-{n}"), NOW)
    assert len(tries) == 2 * MOST_ENTRIES
