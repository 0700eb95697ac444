"""Accounts: who may enter and what they may do. One JSON file, for its owner only, with Argon2 hashes and never a password."""

import json
import os
import secrets
import string
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from dashboard.settings import BoardSettings
from dashboard.viewer import Right
from ingest.clock import RealClock

RIGHTS: frozenset[Right] = frozenset({"leader", "analyst", "admin"})

FIRST = "admin"
"""The account of the first start."""

SHORTEST = 14
"""Characters of a password without a second factor (TCVN 14423:2026, level 2), of four kinds."""
LONGEST = 200

_NAME_LENGTH = 40
_FIRST_FILE = "first-password"
_hasher = PasswordHasher()
_DUMMY = _hasher.hash("nobody has this password, and checking it takes as long as checking a real one")


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
    """The accounts of this install. The file is read again when another process has changed it."""

    def __init__(self, settings: BoardSettings) -> None:
        self._path = settings.folder / "accounts.json"
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, Account] = {}

    def all(self) -> dict[str, Account]:
        """Every account by its name."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._known, self._stamp = {}, None
            return self._known
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            rows = json.loads(self._path.read_text("utf-8"))
            self._known = {row["name"]: _account(row) for row in rows}
            self._stamp = stamp
        return self._known

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
        if name in self.all():
            raise ValueError(f"there is an account {name!r} already; `./ioc account reset {name}` makes a new password")
        if unknown := rights - RIGHTS:
            raise ValueError(f"no such right: {', '.join(sorted(unknown))}; there are {', '.join(sorted(RIGHTS))}")
        return self._put(name, rights)

    def reset(self, name: str) -> str:
        """Make a new random password; whoever is logged in with the old one is out.

        Raises:
            KeyError: there is no such account.
        """
        return self._put(name, self.all()[name].rights)

    def change(self, name: str, password: str) -> None:
        """Take a password that the person chose; whoever is logged in with the old one is out.

        Raises:
            KeyError: there is no such account.
            WeakPasswordError: it is too short, or of too few kinds of characters.
        """
        kinds = (str.isupper, str.islower, str.isdigit, lambda character: not character.isalnum())
        if not SHORTEST <= len(password) <= LONGEST or not all(any(map(kind, password)) for kind in kinds):
            raise WeakPasswordError
        self._put(name, self.all()[name].rights, password)

    def remove(self, name: str) -> None:
        """Take an account away, and with it its log-ins.

        Raises:
            KeyError: there is no such account.
        """
        accounts = dict(self.all())
        del accounts[name]
        self._write(accounts)

    def check(self, name: str, password: str) -> Account | None:
        """The account, if the password is right. Takes as long for a name that does not exist."""
        account = self.all().get(name)
        try:
            _hasher.verify(account.hash if account else _DUMMY, password)
        except (VerifyMismatchError, InvalidHashError):
            return None
        if account is not None and name == FIRST:
            self._path.with_name(_FIRST_FILE).unlink(missing_ok=True)
        return account

    def _put(self, name: str, rights: frozenset[Right], chosen: str | None = None) -> str:
        password = chosen or _password()
        account = Account(name, _hasher.hash(password), rights, RealClock().now())
        self._write({**self.all(), name: account})
        if name == FIRST:
            self._path.with_name(_FIRST_FILE).unlink(missing_ok=True)
        return password

    def _write(self, accounts: dict[str, Account]) -> None:
        rows = [
            {"name": one.name, "hash": one.hash, "rights": sorted(one.rights), "changed_at": one.changed_at.isoformat()}
            for one in accounts.values()
        ]
        write_private(self._path, json.dumps(rows, indent=1))


def ensure_first(settings: BoardSettings) -> str | None:
    """Make the first account, an administrator, where there is none.

    Returns:
        Its password, to be shown once; `None` when there are accounts already.
    """
    accounts = Accounts(settings)
    return None if accounts.all() else accounts.add(FIRST, RIGHTS)


def first_password(settings: BoardSettings) -> Path:
    """Where the first account's password waits when nobody saw it at the first start; gone with the first log-in or a new password."""
    return settings.folder / _FIRST_FILE


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step by one that only its owner can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _account(row: dict[str, object]) -> Account:
    rights = row["rights"]
    if not isinstance(rights, list):
        raise TypeError("rights must be a list")
    changed_at = datetime.fromisoformat(str(row["changed_at"]))
    return Account(str(row["name"]), str(row["hash"]), frozenset(map(str, rights)), changed_at)


def _password() -> str:
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
