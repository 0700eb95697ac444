"""OAuth 2, client credentials (RFC 6749, section 4.4): a token for a source that gives one to those who know a secret."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from httpx import BasicAuth

from ingest.contract.errors import InvalidEvent

EARLY = 30.0
"""Seconds before its end from which a token is not used any more."""

Fetch = Callable[..., Awaitable[tuple[int, bytes]]]
"""Asks with a method, a URL and what else `httpx` takes; status and body of the answer, which is bounded."""


class ClientCredentials:
    """The token of one source.

    Args:
        url: the token endpoint.
        account: `<client id>:<secret>`.
    """

    def __init__(self, url: str, account: str) -> None:
        client, _, secret = account.partition(":")
        self._url = url
        self._auth = BasicAuth(client, secret)
        self._token = ""
        self._until = 0.0

    async def token(self, fetch: Fetch) -> str:
        """The token that is valid now.

        Raises:
            InvalidEvent: the endpoint gives none; reason `no_token`.
        """
        if time.monotonic() >= self._until:
            status, body = await fetch("POST", self._url, data={"grant_type": "client_credentials"}, auth=self._auth)
            try:
                said: Any = json.loads(body)
                self._token, seconds = str(said["access_token"]), float(said.get("expires_in", 300))
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                raise InvalidEvent("no_token", f"the token endpoint answered {status} without a token") from None
            self._until = time.monotonic() + max(0.0, seconds - EARLY)
        return self._token

    def forget(self) -> None:
        """Fetch another the next time: this one was refused."""
        self._until = 0.0
