"""Accounts: who may enter and what they may do, with Argon2 hashes and never a password."""

import json
import secrets
import sqlite3
import string
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from dashboard.access.rights import RIGHTS, Right
from dashboard.settings import BoardSettings
from dashboard.store.changes import record_change
from dashboard.store.store import BoardStore, StoreView
from ingest.contract.clock import RealClock
from ingest.runtime.durable import replace_file

FIRST = "admin"
"""The account of the first start."""

SHORTEST = 14
"""Characters of a password without a second factor (TCVN 14423:2026, level 2), of four kinds."""
LONGEST = 200

_NAME_LENGTH = 40
_FIRST_FILE = "first-password"
_HASHER = PasswordHasher()


class WeakPasswordError(ValueError):
    """A chosen password breaks the rule."""


@dataclass(frozen=True)
class Account:
    """One person's account."""

    name: str
    hash: str
    rights: frozenset[Right]
    changed_at: datetime
    """When the password was last made; older log-ins are void."""


class Accounts:
    """The accounts of this install; what another process changes holds here at once.

    Each method raises `StoreUnavailable` where the store cannot be read or changed now.

    Args:
        settings: the board's.
        hasher: makes the hashes of passwords; any can check those that another made.
    """

    def __init__(self, settings: BoardSettings, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher, self._dummy = hasher, _dummy_hash(hasher)
        self._store = BoardStore(settings.folder)
        self._first_password = first_password(settings)
        self._all = StoreView(
            self._store, "SELECT name, hash, rights, changed_at FROM accounts ORDER BY rowid", _accounts
        )

    def all(self) -> dict[str, Account]:
        """Every account by its name."""
        return self._all()

    def add(self, name: str, rights: frozenset[Right]) -> str:
        """Make an account.

        Returns:
            Its random password, which is nowhere else.

        Raises:
            ValueError: the name is taken or unusable, or a right does not exist.
        """
        if (
            not 1 <= len(name) <= _NAME_LENGTH
            or not name.isascii()
            or not name.replace("-", "").replace(".", "").isalnum()
        ):
            raise ValueError(f"a name has 1 to {_NAME_LENGTH} letters, digits, dots and hyphens: {name!r}")
        taken = f"there is an account {name!r} already; `./ioc account reset {name}` makes a new password"
        if name in self.all():
            raise ValueError(taken)
        if unknown := rights - RIGHTS:
            raise ValueError(f"no such right: {', '.join(sorted(unknown))}; there are {', '.join(sorted(RIGHTS))}")
        password, account = self._make(name, rights)
        try:
            with self._store.change() as connection:
                _insert(connection, account)
        except sqlite3.IntegrityError:
            raise ValueError(taken) from None
        return password

    def add_first(self, leave: bool = False) -> str | None:
        """Make the first account, an administrator, where there is none.

        Args:
            leave: whether its password waits in `first_password`, because nobody sees it now.

        Returns:
            Its random password, which is nowhere else; `None` when there are accounts already.
        """
        if self.all():
            return None
        password, account = self._make(FIRST, RIGHTS)
        with self._store.change() as connection:
            if connection.execute("SELECT 1 FROM accounts LIMIT 1").fetchall():
                return None
            if leave:
                # What is redirected stays, in a log or a journal that others may read.
                replace_file(self._first_password, f"{FIRST}  /  {password}\n")
            _insert(connection, account)
        return password

    def reset(self, name: str) -> str:
        """Make a new random password; whoever is logged in with the old one is out.

        Raises:
            KeyError: there is no such account.
        """
        password = _random_password()
        self._put(name, password, "reset")
        return password

    def change(self, name: str, password: str) -> None:
        """Take a password that the person chose; whoever is logged in with the old one is out.

        Raises:
            KeyError: there is no such account.
            WeakPasswordError: it is too short, or of too few kinds of characters.
        """
        kinds = (str.isupper, str.islower, str.isdigit, lambda character: not character.isalnum())
        if not SHORTEST <= len(password) <= LONGEST or not all(any(map(kind, password)) for kind in kinds):
            raise WeakPasswordError
        self._put(name, password, "password", by=name)

    def remove(self, name: str) -> None:
        """Take an account away, and with it its log-ins.

        Raises:
            KeyError: there is no such account.
        """
        with self._store.change() as connection:
            if not connection.execute("DELETE FROM accounts WHERE name = ?", (name,)).rowcount:
                raise KeyError(name)
            record_change(connection, "account", name, "removed")

    def check(self, name: str, password: str) -> Account | None:
        """The account, if the password is right. Takes as long for a name that does not exist."""
        account = self.all().get(name)
        try:
            self._hasher.verify(account.hash if account else self._dummy, password)
        except (VerifyMismatchError, InvalidHashError):
            return None
        if account is not None and name == FIRST:
            self._first_password.unlink(missing_ok=True)
        return account

    def _make(self, name: str, rights: frozenset[Right]) -> tuple[str, Account]:
        """A random password, and an account that has it."""
        password = _random_password()
        return password, Account(name, self._hasher.hash(password), rights, RealClock().now())

    def _put(self, name: str, password: str, act: str, by: str = "") -> None:
        hash, changed_at = self._hasher.hash(password), RealClock().now()  # some 50 ms, so outside of the transaction
        with self._store.change() as connection:
            update = "UPDATE accounts SET hash = ?, changed_at = ? WHERE name = ?"
            if not connection.execute(update, (hash, changed_at.isoformat(), name)).rowcount:
                raise KeyError(name)
            record_change(connection, "account", name, act, by)
        if name == FIRST:
            self._first_password.unlink(missing_ok=True)


def ensure_first(settings: BoardSettings, leave: bool = False) -> str | None:
    """Make the first account, an administrator, where there is none.

    Args:
        settings: of the board.
        leave: whether its password waits in `first_password`, because nobody sees it now.

    Returns:
        Its password, to be shown once; `None` when there are accounts already.

    Raises:
        StoreUnavailable: the store cannot be changed now.
    """
    return Accounts(settings).add_first(leave)


def first_password(settings: BoardSettings) -> Path:
    """Where the first account's password waits when nobody saw it at the first start; gone with the first log-in or a new password."""
    return settings.folder / _FIRST_FILE


@cache
def _dummy_hash(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody has this password, and checking it takes as long as checking a real one")


def _insert(connection: sqlite3.Connection, account: Account) -> None:
    row = (account.name, account.hash, json.dumps(sorted(account.rights)), account.changed_at.isoformat())
    connection.execute("INSERT INTO accounts (name, hash, rights, changed_at) VALUES (?, ?, ?, ?)", row)
    record_change(connection, "account", account.name, "added")


def _accounts(rows: list[tuple[str, str, str, str]]) -> dict[str, Account]:
    return {
        name: Account(name, hash, frozenset(json.loads(rights)), datetime.fromisoformat(changed_at))
        for name, hash, rights, changed_at in rows
    }


def _random_password() -> str:
    """Twenty characters of four kinds without those that look alike: about 110 bits."""
    alphabet = "".join(c for c in string.ascii_letters + string.digits if c not in "0OoIl1")
    while True:
        letters = "".join(secrets.choice(alphabet) for _ in range(20))
        if (
            any(c.isdigit() for c in letters)
            and any(c.isupper() for c in letters)
            and any(c.islower() for c in letters)
        ):
            return "-".join(letters[start : start + 5] for start in range(0, 20, 5))
