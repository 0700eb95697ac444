"""Guard: stands before every route and the WebSocket of the board.

Nothing but the log-in page, the heartbeat and what programs read (which has keys of its own) is answered without a log-in.
The wall's paths are for screens with a token (`wall.door`), and a screen gets nothing outside them.
What changes something must come from our own pages. Bodies and messages are bounded while they are read, and every answer
carries the headers that keep browsers from doing more than the board needs.
"""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access.display_entry import ENTRY, DisplayEntry, is_wall, refusal_page
from dashboard.access.display_entry import SOCKET as WALL_SOCKET
from dashboard.access.session import Sessions
from dashboard.access.viewer import Viewer, set_viewer
from dashboard.settings import BoardSettings
from dashboard.store.store import StoreUnavailable
from dashboard.theme import SCHEME_COOKIE, scheme_of
from ingest.contract.clock import RealClock
from ingest.contract.label import Label, Language
from ingest.network.http_server import recognise_client

LIVEZ = "/livez"
LOG_IN = "/login"
FEED = "/api/feed/v1"
BOARD = "/api/board/v1"
"""What the audit reads; has keys of its own, as the feed."""
SOCKET = "/_dash-ws-callback"
CLOCK = "/api/clock"
"""Asked for by open pages on their own, so it does not keep a log-in from expiring."""

BODY_LIMIT = 1_048_576
"""Most bytes of a request's body: a callback with a table of query results is the largest."""
MESSAGE_LIMIT = 262_144
"""Most bytes of a WebSocket message."""
LANGUAGE_COOKIE = "ioc_language"

_OF_PROGRAMS = (FEED, BOARD)
_LONGEST_NUMBER = 12
"""Digits of a length that can be meant."""
_METHODS = frozenset({"GET", "HEAD", "POST"})
_ENDED = 4001
"""Close code after which the page does not try again by itself but asks for a log-in."""
_TRY_AGAIN = 1013
"""Close code after which the page tries again by itself."""
_YEAR = 31_536_000


class Guard:
    """The outermost layer of the board's server."""

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        door: DisplayEntry,
        settings: BoardSettings,
        script_hashes: Iterable[str],
    ) -> None:
        self.app = app
        self._sessions = sessions
        self._door = door
        self._settings = settings
        self._clock = RealClock()
        self._headers = _security_headers(settings, script_hashes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or let through."""
        if scope["type"] == "http":
            send = self._with_headers(scope, send)
            try:
                await self._http(scope, receive, send)
            except StoreUnavailable as error:  # so it is not known who asks
                await self._excuse(error, scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, headers = scope["path"], Headers(scope=scope)
        if scope["method"] not in _METHODS:
            await _refuse(send, 405, "method not allowed")
            return
        if scope["method"] == "POST" and not self._from_here(headers):
            await _refuse(send, 403, "this must come from the board's own pages")
            return
        said = headers.get("content-length", "")
        if said.isdecimal() and (len(said) > _LONGEST_NUMBER or int(said) > BODY_LIMIT):
            await _refuse(send, 413, f"a body has at most {BODY_LIMIT} bytes")
            return
        if path in _OF_PROGRAMS:
            await _refuse(send, 404, "there is nothing at this path, only below it")
            return
        if not _is_open(path):
            cookies = read_cookies(headers)
            if not await self._admit(scope, headers, cookies, send):
                return
            send = self._door.keeping(scope, cookies, send)
        body = _Body(receive)
        refused = False

        async def unless_refused(message: Message) -> None:
            # Whatever the server beneath makes of a body that was cut off, the answer is that it was too large.
            nonlocal refused
            if body.is_too_large and not refused and message["type"] == "http.response.start":
                refused = True
                await _refuse(send, 413, f"a body has at most {BODY_LIMIT} bytes")
            elif not refused:
                await send(message)

        with suppress(ClientDisconnect):  # who was cut off, or has gone, while the body was read gets no answer
            await self.app(scope, body.receive, unless_refused)

    async def _admit(self, scope: Scope, headers: Headers, cookies: dict[str, str], send: Send) -> bool:
        """Whether somebody who may see it asks; else they are answered here."""
        path = scope["path"]
        screen = self._door.viewer(scope, cookies)
        viewer = screen if is_wall(path) else self._viewer(cookies, scope["query_string"], used=path != CLOCK)
        if is_wall(path) and (viewer is None or path == ENTRY):
            await self._door.answer(scope, send, headers, cookies)
        elif viewer is None and screen is not None:
            await _refuse(send, 403, "a screen may see the wall only")
        elif viewer is None:
            await self._send_to_log_in(scope, send, headers)
        elif not recognise_client(scope, _client(viewer)):
            await _refuse(send, 503, "too many connections of yours are open", retry_after=5)
        else:
            set_viewer(viewer)
            return True
        return False

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        cookies = read_cookies(headers)
        ask: Callable[[], Viewer | None] = {
            SOCKET: lambda: self._viewer(cookies, b"", used=False),
            WALL_SOCKET: lambda: self._door.viewer(scope, cookies),
        }.get(scope["path"], lambda: None)
        try:
            viewer = ask() if self._same_origin(headers) else None
        except StoreUnavailable:
            await receive()
            await send({"type": "websocket.close", "code": _TRY_AGAIN})
            return
        if viewer is None or not recognise_client(scope, _client(viewer)):
            await receive()
            await send({"type": "websocket.close", "code": _ENDED})
            return
        set_viewer(viewer)

        async def checked() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            size = len(message.get("text") or "") + len(message.get("bytes") or b"")
            # Each message asks again: a log-in that has ended meanwhile ends the socket.
            if size > MESSAGE_LIMIT or ask() is None:
                await send({"type": "websocket.close", "code": _ENDED, "reason": "log in again"})
                return {"type": "websocket.disconnect", "code": _ENDED}
            return message

        await self.app(scope, checked, send)

    async def _excuse(self, error: StoreUnavailable, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell why it is not known who asks; the wall's page tries again by itself."""
        if is_wall(scope["path"]) and "text/html" in Headers(scope=scope).get("accept", ""):
            await HTMLResponse(refusal_page(error.public, Label("", "")), 503)(scope, receive, send)
        else:
            await _refuse(send, 503, f"{error.public.vi} | {error.public.en}", retry_after=5)

    def _viewer(self, cookies: dict[str, str], query: bytes, *, used: bool) -> Viewer | None:
        key = self._sessions.key(cookies.get(cookie_name(self._settings), ""))
        account = self._sessions.account(key, self._clock.now(), used=used) if key else None
        if account is None or key is None:
            return None
        return Viewer(account.name, account.rights, language_of(cookies, query), key, scheme=scheme_of(cookies, query))

    def _from_here(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        return "origin" not in headers or self._same_origin(headers)

    def _same_origin(self, headers: Headers) -> bool:
        origin = headers.get("origin", "")
        if self._settings.public_url and origin == self._settings.public_url:
            return True
        try:
            return bool(origin) and urlsplit(origin).netloc == headers.get("host")
        except ValueError:  # it is not an address
            return False

    async def _send_to_log_in(self, scope: Scope, send: Send, headers: Headers) -> None:
        is_page = scope["method"] == "GET" and "text/html" in headers.get("accept", "")
        if not is_page:
            await _refuse(send, 401, "log in first")
            return
        query = scope["query_string"].decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        location = f"{LOG_IN}?next={quote(target, safe='/')}".encode()
        await send({"type": "http.response.start", "status": 303, "headers": [(b"location", location)]})
        await send({"type": "http.response.body", "body": b""})

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        known = ((LANGUAGE_COOKIE, "lang", ("vi", "en")), (SCHEME_COOKIE, "theme", ("dark", "light")))
        chosen = [(cookie, value) for cookie, name, all in known if (value := query.get(name, [""])[0]) in all]

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # What a person sees depends on who they are: only the fingerprinted libraries may be kept by anybody.
                headers.setdefault(
                    "cache-control", "no-store" if not scope["path"].startswith("/assets/") else "private, no-cache"
                )
                secure = "; Secure" if self._settings.secure else ""
                for cookie, value in chosen:
                    headers.append("set-cookie", f"{cookie}={value}; Path=/; Max-Age={_YEAR}; SameSite=Lax{secure}")
            await send(message)

        return add


def cookie_name(settings: BoardSettings) -> str:
    """Name of the log-in cookie; with TLS one that browsers take from this host only."""
    return "__Host-ioc_session" if settings.secure else "ioc_session"


def read_cookies(headers: Headers) -> dict[str, str]:
    """The request's cookies; a garbled header has none."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def language_of(cookies: dict[str, str], query: bytes = b"") -> Language:
    """The language that was just chosen, else the one remembered, else Vietnamese."""
    chosen = parse_qs(query.decode("latin-1")).get("lang", [cookies.get(LANGUAGE_COOKIE, "vi")])[0]
    return "en" if chosen == "en" else "vi"


def _is_open(path: str) -> bool:
    return path in (LIVEZ, LOG_IN) or any(path.startswith(f"{one}/") for one in _OF_PROGRAMS)


def _client(viewer: Viewer) -> str:
    return f"{'screen' if 'display' in viewer.rights else 'account'} {viewer.name}"


class _Body:
    """A request's body, cut off where it goes over the limit."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = 0

    @property
    def is_too_large(self) -> bool:
        return self._read > BODY_LIMIT

    async def receive(self) -> Message:
        message = await self._receive()
        self._read += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.is_too_large else message


async def _refuse(send: Send, status: int, why: str, retry_after: int = 0) -> None:
    body = json.dumps({"detail": why}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if retry_after:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _security_headers(settings: BoardSettings, script_hashes: Iterable[str]) -> dict[str, str]:
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *script_hashes]),
        "style-src": "'self' 'unsafe-inline'",  # Plotly and the component library make style elements
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",  # the table's icons are a font in its style sheet
        "connect-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    headers = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if settings.secure:
        headers["strict-transport-security"] = f"max-age={_YEAR}; includeSubDomains"
    return headers
