"""Key check: whether a request to what programs read shows a key that may, and how often each key has asked."""

import time
from typing import Annotated

from fastapi import Header, HTTPException, Request, Response

from dashboard.feed_key import FeedKey, FeedKeys, KeyScope
from dashboard.settings import BoardSettings
from dashboard.store.store import StoreUnavailable
from ingest import metrics
from ingest.clock import RealClock
from ingest.http_server import recognise

MINUTE = 60.0


class Limits:
    """How many requests each key has made in the running minute."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._minute = 0
        self._used: dict[str, int] = {}

    def use(self, id: str, now: float) -> dict[str, str]:
        """Count a request.

        Returns:
            Headers that tell how much is left.

        Raises:
            HTTPException: 429, too many.
        """
        minute, second = divmod(now, MINUTE)
        if minute != self._minute:
            self._minute, self._used = int(minute), {}
        self._used[id] = self._used.get(id, 0) + 1
        left, reset = self._most - self._used[id], str(int(MINUTE - second) + 1)
        headers = {
            "RateLimit-Limit": str(self._most),
            "RateLimit-Remaining": str(max(0, left)),
            "RateLimit-Reset": reset,
        }
        if left < 0:
            detail = f"a key may make {self._most} requests a minute; try again in {reset} seconds"
            raise HTTPException(429, detail, {**headers, "Retry-After": reset})
        return headers


class KeyCheck:
    """A dependency of FastAPI that gives the key a request came with, and refuses requests without one of the scope."""

    def __init__(self, settings: BoardSettings, scope: KeyScope) -> None:
        self._keys = FeedKeys(settings)
        self._limits = Limits(settings.feed_requests)
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
                "show a key as `Authorization: Bearer ioc_…`"
                if key is None
                else f"the key {key.id} expired on {key.expires_at:%Y-%m-%d}"
            )
            metrics.AUTH_FAILURES.inc()
            raise HTTPException(401, why, {"WWW-Authenticate": "Bearer", "Vary": "Authorization"})
        if self._scope not in key.scopes:
            raise HTTPException(403, f"the key {key.id} is for {', '.join(key.scopes)}, not for {self._scope}")
        recognise(request.scope, f"key {key.id}")
        response.headers.update(self._limits.use(key.id, time.time()))
        return key
