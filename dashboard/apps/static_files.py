"""Static files: they stay in the browser for as long as their content is the same; and everything that pages fetch goes compressed.

A secret is shown in answers to requests that come from our own pages only (`access.guard`), so nobody else can put a text beside it and
learn of it from the length of what is sent. What strangers can ask for, log-in and programs' addresses, is not compressed.
"""

import asyncio
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs

import cramjam
from fastapi import FastAPI, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASSETS = Path(__file__).parent.parent / "assets"
HASH = "m"
"""The part of an asset's address that changes with its content."""

Kind = Literal["css", "js"]
MEDIA: dict[Kind, str] = {"css": "text/css", "js": "text/javascript"}

_PLAIN = ("/login", "/password", "/api/")
_ASSET = re.compile(r"(/wall)?/assets/")
_LIBRARY = re.compile(r"(/wall)?/_dash-component-suites/")
_SMALLEST = 1024
_BROTLI_LEVEL = 9
"""As fast as gzip, and an eighth smaller; the two levels above take ten times as long for another twelfth."""
_FOUND = (200, 304)
_ROOM = 8_000_000
"""Bytes of compressed answers that are kept; all that pages fetch are a quarter of it."""


class StaticFiles:
    """Stands before the board's routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._compressing = GZipMiddleware(app, minimum_size=_SMALLEST, compresslevel=6)
        self._app = app
        self._packed: dict[tuple[str, bool], list[Message]] = {}
        """Path of an asset or of a part of a library, whether by brotli -> the compressed answer. They stay the same, so that this is done
        once."""
        self._room = _ROOM

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path.startswith(_PLAIN):
            await self._app(scope, receive, send)
            return
        keep = ""
        if _ASSET.match(path) and HASH in parse_qs(scope["query_string"].decode("latin-1")):
            keep = "private, max-age=31536000, immutable"
        elif _LIBRARY.match(path):  # parts that a library asks for by itself; it is asked whether they are the same
            keep = "private, no-cache"
        if not keep or not _is_whole(scope):
            await self._compressing(scope, receive, _keeping(keep, send))
            return
        by_brotli = "br" in _encodings(scope)
        answer = self._packed.get((path, by_brotli))
        if answer is None:
            answer = await self._answer(scope, receive, by_brotli)
            size = sum(len(message.get("body", b"")) for message in answer)
            is_all = len(answer) > 1 and not answer[-1].get("more_body")  # else who asked went away meanwhile
            if is_all and answer[0]["status"] == 200 and size <= self._room:
                self._packed[path, by_brotli], self._room = answer, self._room - size
        await _replay(answer, keep, send)

    async def _answer(self, scope: Scope, receive: Receive, by_brotli: bool) -> list[Message]:
        answer: list[Message] = []

        async def take(message: Message) -> None:
            answer.append(message)

        await (self._app if by_brotli else self._compressing)(scope, receive, take)
        return await asyncio.to_thread(_by_brotli, answer) if by_brotli else answer


def _by_brotli(answer: list[Message]) -> list[Message]:
    """The answer compressed; as it is where it is not whole, or gets no smaller."""
    start, *body = answer
    content = b"".join(message.get("body", b"") for message in body)
    packed = bytes(cramjam.brotli.compress(content, level=_BROTLI_LEVEL))
    if not body or body[-1].get("more_body") or len(packed) >= len(content):
        return answer
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["content-encoding"] = "br"
    headers["content-length"] = str(len(packed))
    headers.add_vary_header("Accept-Encoding")
    return [{**start, "headers": headers.raw}, {"type": "http.response.body", "body": packed}]


def _encodings(scope: Scope) -> set[str]:
    """How an answer may be compressed."""
    return {one.partition(";")[0].strip() for one in Headers(scope=scope).get("accept-encoding", "").split(",")}


def _is_whole(scope: Scope) -> bool:
    """Whether all of it is asked for, compressed."""
    headers = Headers(scope=scope)
    is_part = "range" in headers or "if-none-match" in headers or "if-modified-since" in headers
    return scope["method"] == "GET" and not is_part and "gzip" in _encodings(scope)


def _keeping(keep: str, send: Send) -> Send:
    async def keeping(message: Message) -> None:
        if keep and message["type"] == "http.response.start" and message["status"] in _FOUND:
            MutableHeaders(scope=message).setdefault("cache-control", keep)
        await send(message)

    return keeping


async def _replay(answer: list[Message], keep: str, send: Send) -> None:
    start, *body = answer
    await _keeping(keep, send)({**start, "headers": list(start["headers"])})  # those who send it add to them
    for message in body:
        await send(message)


def register_bundles(server: FastAPI, prefix: str, without: str) -> dict[Kind, str]:
    """Serve the assets of an app as two files, for each request costs more than what a small file holds; their addresses.

    Args:
        server: gets the routes.
        prefix: where the app's routes begin.
        without: assets that it has no use for, as a regular expression.
    """
    return {kind: _register_bundle(server, prefix, without, kind) for kind in MEDIA}


def _register_bundle(server: FastAPI, prefix: str, without: str, kind: Kind) -> str:
    content, path = bundle(kind, without), f"{prefix}assets/all.{kind}"

    @server.get(path, include_in_schema=False)
    async def whole() -> Response:
        return Response(content, media_type=MEDIA[kind])

    return f"{path}?{HASH}={_hash(content)}"


def bundle(kind: Kind, without: str) -> bytes:
    """All assets of a kind, but those whose names have this regular expression, in the order of their names."""
    files = sorted(one for one in ASSETS.glob(f"*.{kind}") if not re.search(without, one.name))
    return b"\n".join(one.read_bytes() for one in files)


@cache
def content_hash(name: str) -> str:
    """What an asset's content is known by."""
    return _hash((ASSETS / name).read_bytes())


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
