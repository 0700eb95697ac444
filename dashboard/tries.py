"""Tries: how many passwords may be tried, counted before a password is looked at.

A try comes from a place. A place from which the account has been entered before - an address, or a browser that shows the mark it
was given then - has a count of its own; all others share one, and one more for each address. So strangers use up
what strangers have, and whoever knows the password comes in from where they did before, whatever strangers do.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

_MOST_ENTRIES = 10_000
"""More than can be tried within a lock, as each entry costs a hash."""
_OF_AN_ADDRESS = 4
"""How many times as many tries an address has for all accounts together as an account has."""
_ADDRESS_FILLS_IN = timedelta(minutes=1)


@dataclass(frozen=True)
class Attempt:
    """A try that may be made."""

    account: str
    place: str
    """From where the account was entered before; empty: from a place that is not known."""
    address: str


class TooManyTriesError(Exception):
    """No password may be tried now."""

    def __init__(self, retry_after: timedelta, *, of_account: bool) -> None:
        super().__init__("too many tries")
        self.retry_after = retry_after
        self.of_account = of_account
        """Whether too many were made at this account, and not from this address at all accounts."""


class Tries:
    """The tries of the last minutes; forgotten at restart.

    Args:
        most: wrong passwords in a row, for an account from one known place, or from all others together.
        lock: for how long there may be no more then.
    """

    def __init__(self, most: int, lock: timedelta) -> None:
        self._most = most
        self._lock = lock
        self._counts: OrderedDict[tuple[str, str], tuple[int, datetime]] = OrderedDict()
        self._addresses: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def begin(self, attempt: Attempt, now: datetime) -> None:
        """Count a try, before its password is looked at.

        Raises:
            TooManyTriesError: it may not be made.
        """
        key = (attempt.account, attempt.place)
        count, last = self._count(key, now)
        if count >= self._most:
            raise TooManyTriesError(last + self._lock - now, of_account=True)
        if not attempt.place:
            level, most = self._level(attempt.address, now), self._most * _OF_AN_ADDRESS
            if level > most - 1:
                raise TooManyTriesError((level - most + 1) * _ADDRESS_FILLS_IN / most, of_account=False)
            _put(self._addresses, attempt.address, (level + 1, now))
        _put(self._counts, key, (count + 1, now))

    def succeeded(self, attempt: Attempt, now: datetime) -> None:
        """Forget a place's wrong passwords; where nobody was known, only this try is given back: others may be making theirs."""
        if attempt.place:
            self._counts.pop((attempt.account, attempt.place), None)
        else:
            self.withdraw(attempt, now)

    def withdraw(self, attempt: Attempt, now: datetime) -> None:
        """Give a try back that was no wrong password."""
        key = (attempt.account, attempt.place)
        count, last = self._count(key, now)
        if count > 1:
            self._counts[key] = (count - 1, last)
        else:
            self._counts.pop(key, None)
        if not attempt.place:
            _put(self._addresses, attempt.address, (max(0.0, self._level(attempt.address, now) - 1), now))

    def _count(self, key: tuple[str, str], now: datetime) -> tuple[int, datetime]:
        count, last = self._counts.get(key, (0, now))
        return (count, last) if now - last < self._lock else (0, now)

    def _level(self, address: str, now: datetime) -> float:
        level, at = self._addresses.get(address, (0.0, now))
        return max(0.0, level - (now - at) / _ADDRESS_FILLS_IN * self._most * _OF_AN_ADDRESS)


def _put(entries: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    entries[key] = value
    entries.move_to_end(key)
    while len(entries) > _MOST_ENTRIES:
        entries.popitem(last=False)
