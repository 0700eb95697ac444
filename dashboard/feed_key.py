"""Feed key: what programs show to read the ward's figures - the city's systems, and the audit. Only a hash of a key is kept."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from dashboard.accounts import write_private
from dashboard.settings import BoardSettings

PREFIX = "ioc"
LONGEST_NAME = 80

KeyScope = Literal["feed", "board"]
"""What a key is for. `feed`: the city's feed. `board`: what this board shows, for the audit."""
SCOPES: tuple[KeyScope, ...] = get_args(KeyScope)


@dataclass(frozen=True)
class FeedKey:
    """One key: who has it, for which wards, until when."""

    id: str
    """Names it without giving it away; the middle part of the key."""
    name: str
    hash: str
    wards: tuple[str, ...]
    """Wards that it may read."""
    made_at: datetime
    expires_at: datetime
    scopes: tuple[KeyScope, ...] = ("feed",)

    def is_valid(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return now < self.expires_at


class FeedKeys:
    """The keys of this install; several may live at once, so that one can be replaced without a gap."""

    def __init__(self, settings: BoardSettings) -> None:
        self._path = settings.folder / "feed_keys.json"
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, FeedKey] = {}

    def all(self) -> dict[str, FeedKey]:
        """Every key by its id; read again when another process has changed the file."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._known, self._stamp = {}, None
            return self._known
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._known = {row["id"]: _key(row) for row in json.loads(self._path.read_text("utf-8"))}
            self._stamp = stamp
        return self._known

    def make(
        self,
        name: str,
        wards: tuple[str, ...],
        now: datetime,
        expires_at: datetime,
        scopes: tuple[KeyScope, ...] = ("feed",),
    ) -> tuple[FeedKey, str]:
        """Make a key.

        Returns:
            What is kept of it, and the key itself, which is nowhere else.

        Raises:
            ValueError: the name is empty, too long, or cannot be printed.
        """
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            raise ValueError(f"a name has 1 to {LONGEST_NAME} printable characters: {name!r}")
        id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        key = FeedKey(id, name, _hash(secret), wards, now, expires_at, scopes)
        self._write({**self.all(), id: key})
        return key, f"{PREFIX}_{id}_{secret}"

    def remove(self, id: str) -> None:
        """Take a key away at once.

        Raises:
            KeyError: there is no such key.
        """
        keys = dict(self.all())
        del keys[id]
        self._write(keys)

    def find(self, text: str) -> FeedKey | None:
        """The key that this text is; `None` if it is none of ours."""
        prefix, _, rest = text.partition("_")
        id, _, secret = rest.partition("_")
        key = self.all().get(id) if prefix == PREFIX else None
        # Hashed in any case, so that a wrong id takes as long as a wrong secret.
        right = hmac.compare_digest(_hash(secret), key.hash if key else _hash(""))
        return key if key and right else None

    def _write(self, keys: dict[str, FeedKey]) -> None:
        rows = [
            {
                "id": key.id,
                "name": key.name,
                "hash": key.hash,
                "wards": list(key.wards),
                "made_at": key.made_at.isoformat(),
                "expires_at": key.expires_at.isoformat(),
                "scopes": list(key.scopes),
            }
            for key in keys.values()
        ]
        write_private(self._path, json.dumps(rows, indent=1))


def _hash(secret: str) -> str:
    # 32 random bytes need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: dict[str, object]) -> FeedKey:
    wards, said = row["wards"], row.get("scopes", ["feed"])  # keys were for the feed only before there were scopes
    if not isinstance(wards, list) or not isinstance(said, list):
        raise TypeError("wards and scopes must be lists")
    made_at, expires_at = (datetime.fromisoformat(str(row[name])) for name in ("made_at", "expires_at"))
    scopes = tuple(scope for scope in SCOPES if scope in said)
    return FeedKey(
        str(row["id"]), str(row["name"]), str(row["hash"]), tuple(map(str, wards)), made_at, expires_at, scopes
    )
