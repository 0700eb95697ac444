"""Post body: the body of a post, refused while it is read if it is too long, too slow or no plain JSON text."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from hmac import compare_digest

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from ingest.contract.errors import Refused
from ingest.contract.label import Label


class PostRefusedError(Refused):
    """A post is refused; the error holds the HTTP answer."""

    def __init__(
        self, status: int, reason: str, retry_after: timedelta | None = None, label: Label | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after
        self.label = label

    def response(self) -> JSONResponse:
        """As HTTP."""
        headers = {"retry-after": str(max(1, round(self.retry_after.total_seconds())))} if self.retry_after else {}
        if self.status in (408, 413):
            headers["connection"] = "close"
        said = {"message": f"{self.label.vi} | {self.label.en}"} if self.label else {}
        return JSONResponse({"error": self.reason, **said}, self.status, headers)


def check_kind(headers: Mapping[str, str]) -> None:
    """See that a post says that it is plain JSON.

    Raises:
        PostRefusedError: 415.
    """
    kind, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.strip().casefold()
    if kind.strip().casefold() != "application/json" or charset not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise PostRefusedError(415, "content_type")
    if headers.get("content-encoding", "identity").strip().casefold() not in ("", "identity"):
        raise PostRefusedError(415, "content_encoding")


async def read_body(request: Request, most: int, within: timedelta) -> bytes:
    """The raw body.

    Args:
        request: whose.
        most: bytes that it may have.
        within: time in which it must have arrived.

    Raises:
        PostRefusedError: 413, 408 when it takes too long, or 400.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise PostRefusedError(413, "too_large")
    body = bytearray()
    try:
        async with asyncio.timeout(within.total_seconds()):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise PostRefusedError(413, "too_large")
    except TimeoutError:
        raise PostRefusedError(408, "too_slow") from None
    except ClientDisconnect:
        raise PostRefusedError(400, "disconnected") from None
    try:
        body.decode()
    except UnicodeDecodeError:
        raise PostRefusedError(400, "encoding") from None
    return bytes(body)


async def read_question(request: Request, bearer: str, most: int, within: timedelta) -> bytes:
    """The body of what another of our processes asks, which shows a secret that both have.

    Args:
        request: whose.
        bearer: the `authorization` that it must have.
        most: bytes that the body may have.
        within: time in which it must have arrived.

    Raises:
        PostRefusedError: 401, or as `check_kind` and `read_body`.
    """
    if not compare_digest(request.headers.get("authorization", "").encode(), bearer.encode()):
        raise PostRefusedError(401, "secret")
    check_kind(request.headers)
    return await read_body(request, most, within)
