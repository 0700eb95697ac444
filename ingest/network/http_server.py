"""HTTP server: uvicorn behind limits, for every port that people, devices and programs reach.

What uvicorn does not do is done here, for HTTP/1.1 and for WebSockets alike:
- every connection has a place (`connection_limits`), from before its TLS handshake until it is closed;
- a whole handshake, a whole head and each pause between requests have a deadline, and a body has a least rate, so that no client
  can spin any of them out; whoever does not read its answer is cut;
- requests that two servers could read differently are refused with 400: no or several `Host`, HTTP/0.9, a length given twice or beside
  a chunked body, a target that is not a path; and with 421 those for a name that is none of ours, as a page of another site sends
  them that has led its own name to this address.
"""

import asyncio
import ipaddress
import logging
import re
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import is_ssl
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ingest.contract.label import Label
from ingest.network.connection_limits import ConnectionLimits, ConnectionQuota
from ingest.network.sockets import open_files

HEAD_LIMIT = 32_768
"""Most bytes of a request's line and headers."""

NOT_OURS = Label(
    "Máy chủ này không có tên {name}. Người quản trị có thể thêm tên bằng {setting}.",
    "This server has no such name: {name}. Its administrator can add names in {setting}.",
)

_CONNECTION = "client_connection"
_LEAST_RATE = 4096
"""Bytes a second of a body."""
_UNREAD_LIMIT = 65_536
"""Bytes of an answer that may wait for its client to read them; so many must be read within its patience."""
_LOOK_EVERY_TICKS = 5
_TURNS = 3
"""Turns of the event loop within which a connection that was accepted is read for the first time."""
_BACKLOG = 512
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_LENGTHS = re.compile(rb"^content-length[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


@dataclass(frozen=True)
class Patience:
    """How long a client may keep us waiting."""

    head: timedelta = timedelta(seconds=10)
    """For its TLS handshake as a whole, and again for a request's line and headers as a whole."""
    idle: timedelta = timedelta(seconds=15)
    """Between two requests."""
    body: timedelta = timedelta(seconds=15)
    """For a body, and a second more for each 4 kB of it that have come."""
    unread: timedelta = timedelta(seconds=20)
    """For reading on (64 kB, or all there is), where it does not read its answer."""


@dataclass(frozen=True)
class HostNames:
    """By which names browsers may ask."""

    ours: frozenset[str]
    """Names and addresses; the address at which a connection came in is one of ours in any case."""
    setting: str
    """By which setting others are added."""


class _Phase(Enum):
    """What a connection is at."""

    HANDSHAKE = auto()
    HEAD = auto()
    IDLE = auto()
    BODY = auto()
    WORK = auto()
    """A request is in work, or its answer is being sent."""
    REST = auto()
    """A request was answered before its body had come."""
    SOCKET = auto()
    """It is an open WebSocket, which has pings of its own."""


_WAITING = frozenset(_Phase) - {_Phase.WORK, _Phase.SOCKET}


class HttpConfig(uvicorn.Config):
    """What is served, where, and with which limits.

    Args:
        app: the ASGI application.
        host: address.
        port: port.
        certificate: its TLS certificate (PEM); none: plain HTTP.
        key: the certificate's key.
        names: by which names it may be asked for; `None`: by any.
        places: how many connections there may be.
        patience: how long clients may keep us waiting.
        more: settings of uvicorn.
    """

    def __init__(
        self,
        app: Any,
        host: str,
        port: int,
        *,
        certificate: Path | None = None,
        key: Path | None = None,
        names: HostNames | None = None,
        places: ConnectionQuota | None = None,
        patience: Patience | None = None,
        **more: Any,
    ) -> None:
        self.names = names
        self.patience = patience or Patience()
        self.limits = ConnectionLimits((places or ConnectionQuota()).fitting(open_files()))
        self.tls: Any = None
        super().__init__(
            app,
            host=host,
            port=port,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            http=HttpConnection,
            log_config=None,
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=HEAD_LIMIT,
            backlog=_BACKLOG,
            timeout_keep_alive=max(1, round(self.patience.idle.total_seconds())),
            **{
                # uvloop reads from a new connection before TLS can be begun at it.
                "loop": "asyncio" if certificate else "auto",
                "ws": SocketConnection,
                **more,
            },
        )

    def load(self) -> None:
        """Load what is served. TLS is begun by each connection, which has its place by then, and not by the event loop."""
        super().load()
        self.tls, self.ssl = self.ssl, None


class HttpServer(uvicorn.Server):
    """Uvicorn that cuts connections off whose time is over."""

    config: HttpConfig

    def __init__(self, config: HttpConfig) -> None:
        super().__init__(config)
        # A line for each bad request would be a way to fill the disk.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)

    async def on_tick(self, counter: int) -> bool:
        """Look at the connections twice a second."""
        if counter % _LOOK_EVERY_TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in self.config.limits.all():
                if isinstance(connection, ClientConnection) and connection.is_overdue(now):
                    connection.drop()
        return await super().on_tick(counter)


def recognise_client(scope: MutableMapping[str, Any], client: str) -> bool:
    """Take note of who the client of an ASGI request is: its connection is not a stranger's any more.

    Args:
        scope: the request's.
        client: an account, a screen, a key, a source.

    Returns:
        False when the client has too many connections already.
    """
    connection = scope.get("state", {}).get(_CONNECTION)
    return connection is None or connection.know(client)


class ClientConnection:
    """One client's TCP connection: what it is at, and since when."""

    def __init__(self, config: HttpConfig, loop: asyncio.AbstractEventLoop) -> None:
        self._limits = config.limits
        self._patience = config.patience
        self._loop = loop
        self._phase = _Phase.HEAD
        self._since = loop.time()
        self._received = 0
        self._unread_since: float | None = None
        self._unread = 0
        self._closing_since: float | None = None
        self._transports: list[asyncio.Transport] = []
        self._has_place = self._has_ended = False

    @property
    def keeps_waiting(self) -> bool:
        """Whether it is its client's turn."""
        return self._phase in _WAITING

    def over(self, transport: asyncio.Transport, phase: _Phase) -> None:
        """Use a transport: the bare one first, then one with TLS over it."""
        self._transports.append(transport)
        transport.set_write_buffer_limits(_UNREAD_LIMIT)
        if len(self._transports) == 1:
            self._enter_later(_TURNS)
        self.at(phase)

    def _enter_later(self, turns: int) -> None:
        """Take a place once what the client has sent already was read: many are accepted in one turn of the loop."""
        if turns:
            self._loop.call_soon(self._enter_later, turns - 1)
        elif not self._has_place and not self._has_ended:
            self._enter()

    def _enter(self) -> None:
        self._has_place = True
        peer = self._transports[0].get_extra_info("peername")
        self._limits.enter(self, str(peer[0]) if peer else "")

    def at(self, phase: _Phase) -> None:
        """Take note of what it is at; its time begins when that changes."""
        if phase is not self._phase:
            self._phase, self._since, self._received = phase, self._loop.time(), 0

    def received(self, size: int) -> None:
        """Count what has come of a body."""
        self._received += size

    def has_read(self) -> None:
        """Take note that the client has read most of what was sent."""
        self._unread_since = None

    def know(self, client: str) -> bool:
        """See `recognise_client`."""
        if not self._has_place and not self._has_ended:
            self._enter()
        return self._limits.know(self, client)

    def drop(self) -> None:
        """End it at once."""
        if self._transports:
            self._transports[0].abort()

    def end(self) -> None:
        """Give its place up."""
        self._has_ended = True
        self._limits.leave(self)

    def is_overdue(self, now: float) -> bool:
        """Whether its client has kept us waiting for too long."""
        waited, patience = now - self._since, self._patience
        top, unread = self._transports[-1], patience.unread.total_seconds()
        buffered = sum(one.get_write_buffer_size() for one in self._transports)
        if not buffered:
            self._unread_since = None
        elif self._unread_since is None or buffered <= self._unread - _UNREAD_LIMIT:
            self._unread_since, self._unread = now, buffered
        if self._closing_since is None and top.is_closing():
            self._closing_since = now
        if any(since is not None and now - since > unread for since in (self._unread_since, self._closing_since)):
            return True
        if self._phase is _Phase.BODY:
            if not top.is_reading():  # we keep the client waiting
                self._since, self._received = now, 0
                return False
            return waited > patience.body.total_seconds() + self._received / _LEAST_RATE
        if self._phase is _Phase.IDLE:
            return waited > patience.idle.total_seconds() + 1  # uvicorn closes it before, with good manners
        return self.keeps_waiting and waited > patience.head.total_seconds()


class HttpConnection(H11Protocol):
    """HTTP/1.1 at one connection; its TLS first, if there is to be any."""

    config: HttpConfig
    conn: "_Strict"

    def __init__(self, config: HttpConfig, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = _Strict(config.names)
        self.client_connection = ClientConnection(config, self.loop)
        self.app_state = {**app_state, _CONNECTION: self.client_connection}
        self._early: list[bytes] | None = []
        """What comes between the handshake and our knowing of its end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place, and begin."""
        if self.config.tls is not None and not is_ssl(transport):
            self.client_connection.over(transport, _Phase.HANDSHAKE)
            transport.pause_reading()
            self._handshake = self.loop.create_task(self._shake_hands(transport))
            return
        self.client_connection.over(transport, _Phase.HEAD)
        self.conn.address = str((transport.get_extra_info("sockname") or [""])[0])
        super().connection_made(transport)
        early, self._early = self._early, None
        for data in early or ():
            self.data_received(data)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._early is not None:
            self._early.append(data)
            return
        self.client_connection.received(len(data))
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._look()

    def resume_writing(self) -> None:
        """Go on after the client has read."""
        self.client_connection.has_read()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place up."""
        self.client_connection.end()
        if self._early is None:
            super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over."""
        self._unset_keepalive_if_required()
        self.client_connection.at(_Phase.HANDSHAKE)
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Tell what is wrong with a request, and close."""
        status, why = self.conn.fault or (400, f"{msg}\n")
        body = why.encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for part in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(part) or b"")
        self.transport.close()

    async def _shake_hands(self, transport: asyncio.Transport) -> None:
        try:
            secured = await self.loop.start_tls(transport, self, self.config.tls, server_side=True)
        except (OSError, EOFError):  # no TLS, or gone, or dropped
            secured = None
        if secured is None:
            transport.abort()
            self.client_connection.end()
        else:
            self.connection_made(secured)

    def _look(self) -> None:
        """Find out what the connection is at."""
        cycle, theirs = self.cycle, self.conn.their_state
        if self.transport.get_protocol() is not self:
            return  # a WebSocket by now
        if cycle is None or (cycle.response_complete and theirs is not h11.SEND_BODY):
            between = cycle is not None and not self.conn.trailing_data[0]
            self.client_connection.at(_Phase.IDLE if between else _Phase.HEAD)
        elif theirs is h11.SEND_BODY:
            self.client_connection.at(_Phase.REST if cycle.response_complete else _Phase.BODY)
        else:
            self.client_connection.at(_Phase.WORK)


class SocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket, at the connection at which it was asked for."""

    def __init__(self, config: HttpConfig, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.client_connection: ClientConnection = app_state[_CONNECTION]

    def start_keepalive(self) -> None:
        """Begin, once it is accepted; from now on it is pinged."""
        self.client_connection.at(_Phase.SOCKET)
        super().start_keepalive()

    def resume_writing(self) -> None:
        """Go on after the client has read."""
        self.client_connection.has_read()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place up."""
        self.client_connection.end()
        super().connection_lost(exc)


class _Strict(h11.Connection):
    """The parser, and what it is too lenient with."""

    def __init__(self, names: HostNames | None) -> None:
        super().__init__(h11.SERVER, HEAD_LIMIT)
        self.address = ""
        """At which the connection came in."""
        self.fault: tuple[int, str] | None = None
        """Status and text for a request that is refused."""
        self._names = names

    def next_event(self) -> Any:
        """The next event.

        Raises:
            h11.RemoteProtocolError: the request is refused.
        """
        if self.fault:
            raise h11.RemoteProtocolError(self.fault[1])
        if self.their_state is h11.IDLE:
            self._check_head(self.trailing_data[0])
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._check(event)
        return event

    def _check_head(self, received: bytes) -> None:
        """See that the head is not too long, and says a length once: the parser takes any that come at once, and drops repeats."""
        end = _END_OF_HEAD.search(received)
        if end and end.start() > HEAD_LIMIT:
            self._refuse(431, f"a request's line and headers have at most {HEAD_LIMIT} bytes")
        lengths = _LENGTHS.findall(received[: end.start() + 1]) if end else []
        if len(lengths) > 1 or any(b"," in one for one in lengths):
            self._refuse(400, "one Content-Length only")

    def _check(self, request: h11.Request) -> None:
        said = dict(request.headers)  # in lower case, and none but these of one name are of use here
        if b"transfer-encoding" in said and (b"content-length" in said or request.http_version < b"1.1"):
            self._refuse(400, "Transfer-Encoding: chunked comes without Content-Length, with HTTP/1.1")
        if not request.target.startswith(b"/"):
            self._refuse(400, "the target of a request is a path")
        host = said.get(b"host", b"").decode("latin-1")
        if not _HOST.fullmatch(host):
            self._refuse(400, "a request names its host")
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        if self._names and name not in self._names.ours and not _same_address(name, self.address):
            why = f"{NOT_OURS.vi} | {NOT_OURS.en}".format(name=name[:100], setting=self._names.setting)
            self._refuse(421, why)

    def _refuse(self, status: int, why: str) -> None:
        self.fault = status, f"{why}\n"
        raise h11.RemoteProtocolError(why)


def _same_address(name: str, address: str) -> bool:
    try:
        return _plain(name) == _plain(address)
    except ValueError:
        return False


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    ip = ipaddress.ip_address(address)
    return getattr(ip, "ipv4_mapped", None) or ip


def host_names(setting: str, *names: str, more: Iterable[str] = ()) -> HostNames:
    """The names of a server on this PC.

    Args:
        setting: by which others are added.
        names: its own; empty ones and those that stand for all addresses are left out.
        more: added by the setting.
    """
    own = {"localhost", "127.0.0.1", "::1"}
    given = {name.strip().lower().strip("[]").rstrip(".") for name in (*names, *more)}
    return HostNames(frozenset(own | given - {"", "0.0.0.0", "::"}), setting)
