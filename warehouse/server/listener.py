"""Listener: the engine, open to clients on a loopback port."""

import itertools
import logging
import socket
import threading
import time
from contextlib import suppress

from ingest.network.connection_limits import ConnectionLimits, ConnectionQuota
from warehouse.server.engine.engine import Engine
from warehouse.server.session import HANDSHAKE, ClientSession, ServerContext
from warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

_BACKLOG = 1024
_PATIENCE = 6.0
_LOOK_EVERY = 0.5
_STRANGERS = 128
"""Connections, each with a thread, whose clients have not shown yet who they are; ours do within milliseconds."""


class Listener:
    """Our own ClickHouse: owns the folder, and serves clients in a thread each.

    Args:
        settings: where, for whom, how much.
        tables: what is open to analysts.

    Raises:
        ConfigurationError: the folder is taken.
    """

    def __init__(self, settings: WarehouseSettings, tables: frozenset[str]) -> None:
        self._settings = settings
        self._engine = Engine(settings, tables)
        self._house = ServerContext(settings, self._engine, tables)
        self._numbers = itertools.count(1)
        clients = settings.engine_clients
        self._places = ConnectionLimits(ConnectionQuota(_STRANGERS, _STRANGERS, clients, clients))
        # Analysts leave most of the places to our own parts.
        self._most = {settings.user: clients, settings.analyst_user: max(1, clients // 3)}
        self._sessions: dict[ClientSession, threading.Thread] = {}
        self._lock = threading.Lock()
        self._listeners: list[socket.socket] = []
        self._stopping = False
        self._closed = threading.Event()
        threading.Thread(target=self._end_handshakes, name="handshakes", daemon=True).start()

    def open(self, listener: socket.socket) -> None:
        """Let clients in by a bound socket."""
        listener.listen(_BACKLOG)
        self._listeners.append(listener)
        threading.Thread(target=self._accept, args=(listener,), name="listener", daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more, finish running inserts, end the rest, and let go of the folder."""
        self._stopping = self._house.stopping = True
        self._closed.set()
        for listener in self._listeners:
            _shut(listener)
            listener.close()
        with self._lock:
            sessions = dict(self._sessions)
        for session in sessions:
            if not session.busy:
                session.drop()
        self._house.watch.stop()
        self._house.desk.replicas.close()
        deadline = time.monotonic() + _PATIENCE
        for thread in sessions.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        late = [session for session, thread in sessions.items() if thread.is_alive()]
        for session in late:
            session.drop()
            sessions[session].join(1.0)
        self._house.watch.join(1.0)
        self._engine.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, (host, port) = listener.accept()
            except OSError:
                if self._stopping:
                    return
                time.sleep(0.1)  # out of file descriptors, say: the next one may fit
                continue
            session = ClientSession(
                self._house, connection, f"client {next(self._numbers)} at {host}:{port}", self._has_place
            )
            with self._lock:
                if self._stopping:
                    connection.close()
                    continue
                thread = threading.Thread(target=self._serve, args=(session,), name="session", daemon=True)
                self._sessions[session] = thread
                self._places.enter(session, host)
                thread.start()

    def _has_place(self, session: ClientSession, user: str) -> bool:
        return self._places.know(session, user, self._most[user])

    def _end_handshakes(self) -> None:
        """End connections whose clients take too long to show who they are."""
        while not self._closed.wait(_LOOK_EVERY):
            for session in self._places.strangers():
                if isinstance(session, ClientSession) and time.monotonic() - session.began > HANDSHAKE.total_seconds():
                    session.drop()

    def _serve(self, session: ClientSession) -> None:
        try:
            session.serve()
        finally:
            self._places.leave(session)
            with self._lock:
                del self._sessions[session]


def _shut(connection: socket.socket) -> None:
    """Shut a socket down, so that a thread that waits on it notices."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
