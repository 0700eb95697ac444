"""Login attempts: how many passwords may be tried, counted before a password is looked at.

A try comes from a place. A place from which the account has been entered before - an address, or a browser that shows the mark it
was given then - has a count of its own; all others share one, and one more for each address. So strangers use up
what strangers have, and whoever knows the password comes in from where they did before, whatever strangers do.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.contract.errors import Overloaded
from ingest.network.rate_limit import RateLimits

MOST_ENTRIES = 10_000
"""More than can be tried within a lock, as each entry costs a hash."""
_OF_AN_ADDRESS = 4
"""How many times as many tries an address has for all accounts together as an account has."""
_ADDRESS_FILLS_IN = timedelta(minutes=1)


@dataclass(frozen=True)
class LoginAttempt:
    """A try that may be made."""

    account: str
    place: str
    """From where the account was entered before; empty: from a place that is not known."""
    address: str


class TooManyTriesError(Overloaded):
    """No password may be tried now."""

    def __init__(self, retry_after: timedelta, *, of_account: bool) -> None:
        super().__init__("too many tries", retry_after)
        self.of_account = of_account
        """Whether too many were made at this account, and not from this address at all accounts."""


class LoginLimits:
    """The tries of the last minutes; forgotten at restart.

    Args:
        most: wrong passwords in a row, for an account from one known place, or from all others together.
        lock: for how long there may be no more then.
    """

    def __init__(self, most: int, lock: timedelta) -> None:
        self._most = most
        self._lock = lock
        self._counts: OrderedDict[tuple[str, str], tuple[int, datetime]] = OrderedDict()
        of_address = most * _OF_AN_ADDRESS
        self._addresses = RateLimits(of_address / _ADDRESS_FILLS_IN.total_seconds(), of_address, MOST_ENTRIES)

    def __len__(self) -> int:
        """How many accounts and addresses are remembered."""
        return len(self._counts) + len(self._addresses)

    def begin(self, attempt: LoginAttempt, now: datetime) -> None:
        """Count a try, before its password is looked at.

        Raises:
            TooManyTriesError: it may not be made.
        """
        key = (attempt.account, attempt.place)
        count, last = self._count(key, now)
        if count >= self._most:
            raise TooManyTriesError(last + self._lock - now, of_account=True)
        if not attempt.place:
            of_address, at = self._addresses.of(attempt.address, now.timestamp()), now.timestamp()
            if wait := of_address.missing(1, at):
                raise TooManyTriesError(timedelta(seconds=wait), of_account=False)
            of_address.take(1, at)
        self._counts[key] = (count + 1, now)
        self._counts.move_to_end(key)
        while len(self._counts) > MOST_ENTRIES:
            self._counts.popitem(last=False)

    def succeeded(self, attempt: LoginAttempt, now: datetime) -> None:
        """Forget a place's wrong passwords; where nobody was known, only this try is given back: others may be making theirs."""
        if attempt.place:
            self._counts.pop((attempt.account, attempt.place), None)
        else:
            self.withdraw(attempt, now)

    def withdraw(self, attempt: LoginAttempt, now: datetime) -> None:
        """Give a try back that was no wrong password."""
        key = (attempt.account, attempt.place)
        count, last = self._count(key, now)
        if count > 1:
            self._counts[key] = (count - 1, last)
        else:
            self._counts.pop(key, None)
        if not attempt.place:
            self._addresses.of(attempt.address, now.timestamp()).give_back(1)

    def _count(self, key: tuple[str, str], now: datetime) -> tuple[int, datetime]:
        count, last = self._counts.get(key, (0, now))
        return (count, last) if now - last < self._lock else (0, now)
