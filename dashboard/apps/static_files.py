"""Static files: they stay in the browser for as long as their content is the same; and everything that pages fetch goes compressed.

A secret is shown in answers to requests that come from our own pages only (`access.guard`), so nobody else can put a text beside it and
learn of it from the length of what is sent. What strangers can ask for, log-in and programs' addresses, is not compressed.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASSETS = Path(__file__).parent.parent / "assets"
HASH = "m"
"""The part of an asset's address that changes with its content."""

_PLAIN = ("/login", "/password", "/api/")
_ASSET = re.compile(r"(/wall)?/assets/")
_LIBRARY = re.compile(r"(/wall)?/_dash-component-suites/")
_STAMPED = re.compile(rf"(assets/)([\w./-]+)\?{HASH}=[\d.]+")
_SMALLEST = 1024
_FOUND = (200, 304)


class StaticFiles:
    """Stands before the board's routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=_SMALLEST, compresslevel=6)

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

        async def keeping(message: Message) -> None:
            if keep and message["type"] == "http.response.start" and message["status"] in _FOUND:
                MutableHeaders(scope=message).setdefault("cache-control", keep)
            await send(message)

        await self._compressing(scope, receive, keeping)


def hashed_addresses(page: str) -> str:
    """A page in which every asset's address tells its content, instead of when the file was written."""
    return _STAMPED.sub(lambda found: f"{found[1]}{found[2]}?{HASH}={content_hash(found[2])}", page)


@cache
def content_hash(name: str) -> str:
    """What an asset's content is known by."""
    return hashlib.sha256((ASSETS / name).read_bytes()).hexdigest()[:12]
