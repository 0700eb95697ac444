"""Idempotency: a source that posts the same again, because our answer was lost, gets the same answer."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from ingest.contract.errors import InvalidEvent

KEPT = timedelta(days=7)
MOST = 50_000
"""Replies that are remembered; of more, the oldest are forgotten, and events with the same id still count once."""


@dataclass
class _Reply:
    digest: bytes
    since: float
    content: dict[str, Any] | None = None


class IdempotencyKeys:
    """What was answered to each `webhook-id`, of the last seven days and within bounds.

    Kept in memory: after a restart the same post is produced again, with the same event ids.
    """

    def __init__(self) -> None:
        self._replies: OrderedDict[tuple[str, str], _Reply] = OrderedDict()

    def given(self, source: str, id_: str, body: bytes) -> dict[str, Any] | None:
        """The reply that was given to this post; None for a new one, which is remembered from now on.

        Raises:
            InvalidEvent: reason `conflict`, another body came with this id.
        """
        self._forget()
        digest = blake2b(body, digest_size=16).digest()
        reply = self._replies.setdefault((source, id_), _Reply(digest, time.monotonic()))
        if reply.digest != digest:
            raise InvalidEvent("conflict", "another body came with the same webhook-id before")
        return reply.content

    def give(self, source: str, id_: str, content: dict[str, Any]) -> dict[str, Any]:
        """Remember the reply to a post that was accepted."""
        if (reply := self._replies.get((source, id_))) is not None:
            reply.content = content
        return content

    def withdraw(self, source: str, id_: str) -> None:
        """Forget a post that could not be accepted, so that it may come again, fixed or not."""
        reply = self._replies.get((source, id_))
        if reply is not None and reply.content is None:
            del self._replies[(source, id_)]

    def _forget(self) -> None:
        oldest = time.monotonic() - KEPT.total_seconds()
        while self._replies:
            key = next(iter(self._replies))
            if len(self._replies) < MOST and self._replies[key].since > oldest:
                return
            del self._replies[key]
