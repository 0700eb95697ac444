"""API key: what programs show to read the ward's figures - the city's systems, and the audit - and how often each key has asked.

Only a hash of a key is kept.
"""

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Annotated, Literal, get_args

from fastapi import Header, HTTPException, Request, Response

from dashboard.settings import BoardSettings
from dashboard.store.changes import record_change
from dashboard.store.store import BoardStore, StoreUnavailable, StoreView
from ingest.contract.clock import RealClock
from ingest.network.http_server import recognise_client
from ingest.network.rate_limit import ROUNDING, RateLimits
from ingest.runtime import metrics

PREFIX = "ioc"
LONGEST_NAME = 80

_READ = "SELECT id, name, hash, wards, made_at, expires_at, scopes FROM feed_keys ORDER BY rowid"
_ADD = "INSERT INTO feed_keys (id, name, hash, wards, made_at, expires_at, scopes) VALUES (?, ?, ?, ?, ?, ?, ?)"

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
    """The keys of this install; several may live at once, so that one can be replaced without a gap.

    What another process changes holds here at once. Each method raises `StoreUnavailable` where the store cannot be read or
    changed now.
    """

    def __init__(self, settings: BoardSettings) -> None:
        self._store = BoardStore(settings.folder)
        self._all = StoreView(
            self._store,
            _READ,
            lambda rows: {key.id: key for key in map(_key, rows)},
        )

    def all(self) -> dict[str, FeedKey]:
        """Every key by its id."""
        return self._all()

    def make(
        self,
        name: str,
        wards: tuple[str, ...],
        now: datetime,
        expires_at: datetime,
        scopes: tuple[KeyScope, ...] = ("feed",),
        by: str = "",
    ) -> tuple[FeedKey, str]:
        """Make a key.

        Args:
            name: who has it.
            wards: wards that it may read.
            now: the present.
            expires_at: until when it is valid.
            scopes: what it is for.
            by: who makes it; the user of this PC, if left out.

        Returns:
            What is kept of it, and the key itself, which is nowhere else.

        Raises:
            ValueError: the name is empty, too long, or cannot be printed.
        """
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            raise ValueError(f"a name has 1 to {LONGEST_NAME} printable characters: {name!r}")
        id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        key = FeedKey(id, name, _hash(secret), wards, now, expires_at, scopes)
        row = (id, name, key.hash, json.dumps(wards, ensure_ascii=False), now.isoformat(), expires_at.isoformat())
        with self._store.change() as connection:
            connection.execute(_ADD, (*row, json.dumps(scopes)))
            record_change(connection, "feed_key", f"{id} {name}", "added", by)
        return key, f"{PREFIX}_{id}_{secret}"

    def remove(self, id: str, by: str = "") -> None:
        """Take a key away at once.

        Args:
            id: the key's.
            by: who does; the user of this PC, if left out.

        Raises:
            KeyError: there is no such key.
        """
        with self._store.change() as connection:
            removed = connection.execute("DELETE FROM feed_keys WHERE id = ? RETURNING name", (id,)).fetchall()
            if not removed:
                raise KeyError(id)
            record_change(connection, "feed_key", f"{id} {removed[0][0]}", "removed", by)

    def find(self, text: str) -> FeedKey | None:
        """The key that this text is; `None` if it is none of ours."""
        prefix, _, rest = text.partition("_")
        id, _, secret = rest.partition("_")
        key = self.all().get(id) if prefix == PREFIX else None
        # Hashed in any case, so that a wrong id takes as long as a wrong secret.
        right = hmac.compare_digest(_hash(secret), key.hash if key else _hash(""))
        return key if key and right else None


def _hash(secret: str) -> str:
    # 32 random bytes need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(row: tuple[str, ...]) -> FeedKey:
    id, name, hash, wards, made_at, expires_at, scopes = row
    made, expires = datetime.fromisoformat(made_at), datetime.fromisoformat(expires_at)
    said = json.loads(scopes)
    return FeedKey(id, name, hash, tuple(json.loads(wards)), made, expires, tuple(one for one in SCOPES if one in said))


MINUTE = 60.0
MOST_KEYS = 1_000
"""Keys whose requests are remembered."""


class KeyRequestLimits:
    """How many requests each key may make: so many at once, and so many more in each minute.

    Args:
        most: how many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limits = RateLimits(most / MINUTE, most, MOST_KEYS)

    def use(self, id: str, now: float) -> dict[str, str]:
        """Count a request.

        Args:
            id: the key's.
            now: seconds of a clock that never goes back.

        Returns:
            Headers that tell how much is left.

        Raises:
            HTTPException: 429, too many.
        """
        limit = self._limits.of(id, now)
        wait = limit.missing(1, now)
        if not wait:
            limit.take(1, now)
        headers = {
            "RateLimit-Limit": str(self._most),
            "RateLimit-Remaining": str(max(0, floor(limit.left(now) + ROUNDING))),
            "RateLimit-Reset": str(ceil(limit.full_in(now))),
        }
        if wait:
            retry = str(ceil(wait))
            detail = f"a key may make {self._most} requests a minute; try again in {retry} seconds"
            raise HTTPException(429, detail, {**headers, "Retry-After": retry})
        return headers


class KeyCheck:
    """A dependency of FastAPI that gives the key a request came with, and refuses requests without one of the scope."""

    def __init__(self, settings: BoardSettings, scope: KeyScope) -> None:
        self._keys = FeedKeys(settings)
        self._limits = KeyRequestLimits(settings.feed_requests)
        self._scope = scope
        self._clock = RealClock()

    def __call__(self, request: Request, response: Response, authorization: Annotated[str, Header()] = "") -> FeedKey:
        """The key of a request.

        Raises:
            HTTPException: 401, there is none; 403, it is for something else; 429, it has asked too often; 503, keys cannot be read.
        """
        kind, _, text = authorization.partition(" ")
        try:
            key = self._keys.find(text.strip()) if kind.lower() == "bearer" else None
        except StoreUnavailable as error:
            raise HTTPException(503, error.public.en, {"Retry-After": "5"}) from error
        if key is None or not key.is_valid(self._clock.now()):
            why = (
                "send a key as `Authorization: Bearer ioc_…`"
                if key is None
                else f"the key {key.id} expired on {key.expires_at:%Y-%m-%d}"
            )
            metrics.AUTH_FAILURES.inc()
            raise HTTPException(401, why, {"WWW-Authenticate": "Bearer", "Vary": "Authorization"})
        if self._scope not in key.scopes:
            raise HTTPException(403, f"the key {key.id} is for {', '.join(key.scopes)}, not for {self._scope}")
        recognise_client(request.scope, f"key {key.id}")
        response.headers.update(self._limits.use(key.id, time.monotonic()))
        return key
