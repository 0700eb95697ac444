"""Routes: `POST /intake/<connector id>` for systems that push, as FastAPI.

A post is refused while it is read (length, kind), then by its signature, then by its form; it is accepted with 202 only
after Kafka has its events on disk. What is signed but invalid is accepted too, as a dead letter: the source
could not fix it by sending it again.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter, ValidationError

from ingest.contract.connector import PostProof, Webhook
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.contract.label import Label
from ingest.kafka.producer import Producer
from ingest.network.http_server import recognise_client
from ingest.network.rate_limit import RateLimit
from ingest.runtime import metrics
from ingest.runtime.disk_space import NoDiskSpace
from ingest.runtime.failpoint import failpoint
from ingest.source.circuit_breaker import CAUSE, CircuitBreaker
from ingest.source.mapper import MappedMessage, Mapper, ParsedMessage
from ingest.source.rhythm import Rhythm
from ingest.source.status import SourceStatus
from ingest.untrusted.json_text import parse_json
from ingest.webhook.body import PostRefusedError, check_kind, read_body
from ingest.webhook.idempotency import IdempotencyKeys
from ingest.webhook.signature import Signatures

NO_ROOM = Label(
    "Máy chủ của phường sắp đầy đĩa nên tạm chưa nhận: hãy giữ dữ liệu và gửi lại sau.",
    "The ward's disk is nearly full, so nothing is taken for now: keep your data and send it again later.",
)
"""What a source is told then; where the disk is, is nobody's business there."""

CONFLICT = Label(
    "Mã webhook-id này đã dùng cho một nội dung khác; nội dung đầu tiên được giữ: hãy gửi với mã mới.",
    "This webhook-id was used before with another body, and the first stands: send this one under a new id.",
)
HELD_BACK = Label(
    "Gần đây quá nhiều tin của nguồn này không đọc được nên tạm dừng nhận: hãy giữ dữ liệu và gửi lại sau.",
    "Too many recent messages of this source were invalid, so none is accepted for now: keep your data and send it again later.",
)


@dataclass(frozen=True)
class PostLimits:
    """What one post and one source may cost us."""

    body: int = 65_536
    """Bytes of a body."""
    read_time: timedelta = timedelta(seconds=10)
    """Time for a body to arrive."""
    per_second: float = 1000.0
    """Posts that a source may send per second, on average; also how many of them at once."""
    at_once: int = 64
    """Posts of one source that may be in work at the same time."""


@dataclass
class PostSource:
    """One source that posts: its mapper, its status, its circuit breaker, and how many of its posts are in work."""

    mapper: Mapper
    source_status: SourceStatus
    breaker: CircuitBreaker
    rhythm: Rhythm = field(default_factory=Rhythm)
    """When it posted anything that it had signed."""
    forms: frozenset[type] = frozenset()
    """What a body may be: an object, a list, or either."""
    in_work: int = 0

    def __post_init__(self) -> None:
        payload = self.mapper.connector.payload
        self.forms = frozenset(form for form in (dict, list) if _may_be(form(), payload))


class WebhookRoutes:
    """The sources that post, and what happens to a post.

    Args:
        posts: the connectors whose way is `Webhook`; `take_on` adds one later.
        secrets: for each of them its live secrets.
        producer: the way into Kafka.
        limits: what is allowed.
        beside: what else is served on the same port.
    """

    def __init__(
        self,
        posts: Iterable[PostSource],
        secrets: Mapping[str, tuple[str, ...]],
        producer: Producer,
        limits: PostLimits | None = None,
        beside: Iterable[APIRouter] = (),
    ) -> None:
        self.posts: dict[str, PostSource] = {}
        self.closing = False
        """Set when the process ends: from then on every post is answered 503."""
        self._proofs: dict[str, PostProof] = {}
        self._rates: dict[str, RateLimit] = {}
        self._signatures = Signatures({})
        self._producer = producer
        self._limits = limits or PostLimits()
        self._replies = IdempotencyKeys()
        self._beside = tuple(beside)
        for post in posts:
            self.take_on(post, secrets.get(post.mapper.connector.id, ()))

    def take_on(self, post: PostSource, secrets: Sequence[str]) -> None:
        """Serve a source from now on."""
        connector = post.mapper.connector
        if not isinstance(connector.way, Webhook):
            raise TypeError(f"{connector.id} does not post")
        self._proofs[connector.id] = connector.way.proof
        self._rates[connector.id] = RateLimit(self._limits.per_second, max(self._limits.per_second, 1.0))
        self._signatures.know(connector.id, secrets, connector.way.proof)
        self.posts[connector.id] = post

    def let_go(self, connector_id: str) -> None:
        """Serve a source no more; what it has in work is finished."""
        if self.posts.pop(connector_id, None) is not None:
            self._signatures.forget(connector_id)

    def app(self) -> FastAPI:
        """The HTTP application."""
        app = FastAPI(title="Ward IOC intake", docs_url=None, redoc_url=None, openapi_url=None)
        for router in self._beside:
            app.include_router(router)

        @app.post("/intake/{connector_id}")
        async def intake(connector_id: str, request: Request) -> JSONResponse:
            try:
                return JSONResponse(await self.taken(connector_id, request), 202)
            except PostRefusedError as refused:
                if refused.status == 401:
                    metrics.AUTH_FAILURES.inc()
                if connector_id in self.posts:
                    self.posts[connector_id].mapper.counts[f"refused_{refused.status}"] += 1
                return refused.response()

        @app.get("/livez")
        async def livez() -> dict[str, str]:
            return {"status": "ok"}

        @app.get("/readyz")
        async def readyz() -> JSONResponse:
            away = self.closing or self._producer.away
            return JSONResponse({"status": "away" if away else "ok"}, 503 if away else 200)

        return app

    async def taken(self, connector_id: str, request: Request) -> dict[str, Any]:
        """Take one post in; returns the content of the 202.

        Raises:
            PostRefusedError: any other answer.
        """
        if self.closing:
            raise PostRefusedError(503, "closing", timedelta(seconds=5))
        check_kind(request.headers)
        body = await read_body(request, self._limits.body, self._limits.read_time)
        client = request.client.host if request.client else ""
        if fault := self._signatures.verified(connector_id, body, request.headers, client):
            raise PostRefusedError(401, fault)
        post = self.posts.get(connector_id)
        if post is None:
            raise PostRefusedError(401, "signature")
        recognise_client(request.scope, connector_id)
        post.rhythm.heard()
        post.source_status.up()
        self._admit(post)
        post.in_work += 1
        try:
            return await self._answered(post, self._message_id(connector_id, request, body), body)
        except NoDiskSpace as error:
            raise PostRefusedError(503, "no_room", error.retry_after, NO_ROOM) from error
        except Unavailable as error:
            raise PostRefusedError(503, "unavailable", error.retry_after) from error
        finally:
            post.in_work -= 1

    def _admit(self, post: PostSource) -> None:
        """Count one more post of a source.

        Raises:
            PostRefusedError: it sends too many.
        """
        rate, now = self._rates[post.mapper.connector.id], time.monotonic()
        if post.in_work >= self._limits.at_once or rate.missing(1, now):
            raise PostRefusedError(429, "too_many", timedelta(seconds=1))
        rate.take(1, now)

    def _message_id(self, connector_id: str, request: Request, body: bytes) -> str:
        """What a post is known by: its `webhook-id`, where it is signed; else what it says."""
        if self._proofs[connector_id].scheme == "standard_webhooks":
            return request.headers["webhook-id"]
        return blake2b(body, digest_size=16).hexdigest()

    async def _answered(self, post: PostSource, id_: str, body: bytes) -> dict[str, Any]:
        connector_id = post.mapper.connector.id
        try:
            value = parse_json(body)
        except InvalidEvent as fault:
            raise PostRefusedError(400, fault.reason) from fault
        if type(value) not in post.forms:
            raise PostRefusedError(400, "wrong_form")
        try:
            given = self._replies.given(connector_id, id_, body)
        except InvalidEvent as conflict:
            _check_conflict(post)
            await self._producer.dead_letter(post.mapper.refused(body, conflict))
            failpoint("intake.conflict_sent")
            raise PostRefusedError(409, conflict.reason, label=CONFLICT) from conflict
        if given is not None:
            post.mapper.counts["repeated"] += 1
            return given
        try:
            return self._replies.give(connector_id, id_, await self._kept(post, _taken(post, body, value)))
        finally:
            self._replies.withdraw(connector_id, id_)

    async def _kept(self, post: PostSource, taken: MappedMessage) -> dict[str, Any]:
        if taken.dead_letter is not None:
            await self._producer.dead_letter(taken.dead_letter)
            failpoint("intake.dead_letter_sent")
            return {"id": taken.dead_letter.id, "dead_letter": True}
        await self._producer.send(taken.envelopes)
        failpoint("intake.sent")
        post.source_status.sent(taken.envelopes)
        return {"id": taken.envelopes[0].id if taken.envelopes else None, "events": len(taken.envelopes)}


def _taken(post: PostSource, body: bytes, value: Any) -> MappedMessage:
    """What becomes of a post.

    Raises:
        PostRefusedError: its source is held back, or is from now on.
    """
    if not post.breaker.admits():
        raise _held_back(post)
    before = post.mapper.counts.copy()
    taken = post.mapper.take(body, parsed=ParsedMessage(value))
    if not post.breaker.judge(taken.dead_letter is not None):
        post.mapper.hold_back(before, 1)
        raise _held_back(post)
    return taken


def _check_conflict(post: PostSource) -> None:
    """Count a conflict as an invalid message: a source that uses its ids anew makes very many of them.

    Raises:
        PostRefusedError: its source is held back, or is from now on.
    """
    if not post.breaker.admits() or not post.breaker.judge(True):
        raise _held_back(post)


def _held_back(post: PostSource) -> PostRefusedError:
    return PostRefusedError(503, CAUSE, timedelta(seconds=post.breaker.left()), HELD_BACK)


def _may_be(empty: Any, payload: TypeAdapter[Any]) -> bool:
    """Whether a payload type takes this form of value at all, whatever is inside."""
    try:
        payload.validate_python(empty)
    except ValidationError as error:
        return not all(fault["type"].endswith("_type") for fault in error.errors(include_url=False))
    return True
