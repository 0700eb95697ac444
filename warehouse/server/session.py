"""Session: one client, from its first byte to its last. Whatever goes wrong here costs nobody else anything."""

import hmac
import logging
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from time import monotonic
from typing import Protocol

from warehouse.server.analyst import AnalystDesk, AnalystSession
from warehouse.server.engine.engine import Engine, EngineError
from warehouse.server.native import protocol
from warehouse.server.native.protocol import Hello, Query
from warehouse.server.native.query_watchdog import QueryWatchdog
from warehouse.server.native.wire import MalformedPacketError, SocketReader, SocketWriter
from warehouse.server.owner import OwnerSession, Schema
from warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

HANDSHAKE = timedelta(seconds=10)
"""How long a client may take to show who it is, in all."""
_WITHIN_A_PACKET = 60.0
"""Seconds for which a client may stop in the middle of what it sends, and of reading what it is sent."""
_LARGEST_BLOCK = 512 * 1024 * 1024

_UNKNOWN_PACKET = 99
_UNEXPECTED_PACKET = 101
_UNKNOWN_COMPRESSION = 432
_AUTHENTICATION_FAILED = 516
_TOO_MANY = 202
_NOT_IMPLEMENTED = 48


class User(Protocol):
    """What a user may do at one connection."""

    longest_sql: int

    def run(self, query: Query, reader: SocketReader, writer: SocketWriter) -> None:
        """Run one query and answer it."""
        ...

    def close(self) -> None:
        """Let go of what the session holds."""
        ...


class ServerContext:
    """What all sessions share.

    Args:
        settings: users, limits.
        engine: what answers.
        tables: what is open to analysts.
    """

    def __init__(self, settings: WarehouseSettings, engine: Engine, tables: frozenset[str]) -> None:
        self.settings = settings
        self.engine = engine
        self.watch = QueryWatchdog(engine)
        self.schema = Schema()
        self.desk = AnalystDesk(settings, engine, tables, lambda: self.schema.version)
        self.stopping = False
        """Whether sessions end after the query they are at."""


class ClientSession:
    """A client's connection.

    Args:
        context: what all sessions share.
        connection: its socket.
        mark: what its queries are found by.
        admit: whether there is a place for one more of a user; called once the user is known.
    """

    def __init__(
        self,
        context: ServerContext,
        connection: socket.socket,
        mark: str,
        admit: Callable[["ClientSession", str], bool],
    ) -> None:
        self.connection = connection
        self.began = monotonic()
        self.busy = False
        """Whether a query is on its way."""
        self._context = context
        self._mark = mark
        self._admit = admit
        self._reader = SocketReader(connection, _LARGEST_BLOCK)
        self._writer = SocketWriter(connection)

    @property
    def keeps_waiting(self) -> bool:
        """Whether it is the client's turn."""
        return not self.busy

    def drop(self) -> None:
        """End it so that whoever waits on it in another thread notices; that thread closes it."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Talk to the client until one of the two ends it."""
        try:
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connection.settimeout(HANDSHAKE.total_seconds())
            user = self._let_in()
            if user:
                try:
                    self._serve(user)
                finally:
                    user.close()
        except (EOFError, OSError):
            pass
        except (MalformedPacketError, struct.error, UnicodeDecodeError, OverflowError, MemoryError) as error:
            log.warning("%s: malformed packet: %s", self._mark, error)
        finally:
            self.connection.close()

    def _let_in(self) -> User | None:
        """The user at this connection; `None` when the client is turned away, with the reason told."""
        if self._reader.varint() != protocol.HELLO:
            raise MalformedPacketError("first packet is not a hello")
        hello = protocol.read_hello(self._reader)
        try:
            if hello.revision < protocol.REVISION:
                raise EngineError(_NOT_IMPLEMENTED, "This client is too old for this server. (NOT_IMPLEMENTED)")
            user = self._user(hello)
            if not self._admit(self, hello.user):
                user.close()
                raise EngineError(_TOO_MANY, "Too many connections of this user. (TOO_MANY_SIMULTANEOUS_QUERIES)")
        except EngineError as error:
            self._refuse(error)
            return None
        self._writer.put(protocol.encode_hello(self._context.engine.version, self._context.engine.timezone))
        self._writer.flush()
        return user

    def _user(self, hello: Hello) -> User:
        settings, context = self._context.settings, self._context
        is_owner = _is_same(hello, settings.user, settings.password.get_secret_value())
        analyst_password = settings.analyst_password.get_secret_value() if settings.analyst_password else None
        is_analyst = _is_same(hello, settings.analyst_user, analyst_password)
        if is_owner:
            return OwnerSession(context.engine, context.watch, context.schema, self._mark, hello.database)
        if is_analyst:
            return AnalystSession(context.desk, self._mark)
        log.warning("%s: wrong password or unknown user", self._mark)
        raise EngineError(
            _AUTHENTICATION_FAILED,
            f"{hello.user}: Authentication failed: password is incorrect, or there is no user with such name. "
            "(AUTHENTICATION_FAILED)",
        )

    def _serve(self, user: User) -> None:
        idle = self._context.settings.engine_idle.total_seconds()
        while not self._context.stopping:
            self.connection.settimeout(idle)
            packet = self._reader.varint()
            self.connection.settimeout(_WITHIN_A_PACKET)
            if packet == protocol.PING:
                self._writer.put(protocol.PONG)
                self._writer.flush()
            elif packet == protocol.QUERY:
                if not self._answer(user):
                    return
            elif packet != protocol.CANCEL:  # which came after the end of what it is about
                self._refuse(EngineError(_UNKNOWN_PACKET, "Unknown packet from client. (UNKNOWN_PACKET_FROM_CLIENT)"))
                return

    def _answer(self, user: User) -> bool:
        """Answer a query; whether the connection can go on."""
        query = protocol.read_query(self._reader, user.longest_sql)
        if query.compressed:
            self._refuse(
                EngineError(
                    _UNKNOWN_COMPRESSION,
                    "Compression is not available here: connect without. (UNKNOWN_COMPRESSION_METHOD)",
                )
            )
            return False
        if not self._no_tables_come_along():
            return False
        self.busy = True
        try:
            user.run(query, self._reader, self._writer)
        except EngineError as error:
            self._refuse(error)
        self._writer.flush()
        self.busy = False
        return True

    def _no_tables_come_along(self) -> bool:
        """Read the packet that ends a query's temporary tables, of which none are taken."""
        if self._reader.varint() != protocol.DATA:
            self._refuse(EngineError(_UNEXPECTED_PACKET, "Expected a block. (UNEXPECTED_PACKET_FROM_CLIENT)"))
            return False
        name = protocol.read_table_name(self._reader)
        protocol.skip_block_info(self._reader)
        if name or self._reader.varint() or self._reader.varint():
            self._refuse(EngineError(_NOT_IMPLEMENTED, "External tables are not taken here. (NOT_IMPLEMENTED)"))
            return False
        return True

    def _refuse(self, error: EngineError) -> None:
        self._writer.put(protocol.encode_exception(error.code, f"DB::Exception: {error.text}"))
        self._writer.flush()


def _is_same(hello: Hello, user: str, password: str | None) -> bool:
    """Whether a client is this user, in the same time whether it is or not."""
    given = sha256(hello.password.encode()).digest()
    expected = sha256((password or "").encode()).digest()
    return hmac.compare_digest(given, expected) & (hello.user == user) & (password is not None)
