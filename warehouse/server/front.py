"""Front: the engine, open to clients on a loopback port."""

import itertools
import logging
import socket
import threading
import time
from contextlib import suppress

from warehouse.server.engine import Engine
from warehouse.server.session import House, Session
from warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

_BACKLOG = 64
_PATIENCE = 6.0


class Front:
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
        self._house = House(settings, self._engine, tables)
        self._numbers = itertools.count(1)
        self._sessions: dict[Session, threading.Thread] = {}
        self._lock = threading.Lock()
        self._listeners: list[socket.socket] = []
        self._stopping = False

    def open(self, listener: socket.socket) -> None:
        """Let clients in by a bound socket."""
        listener.listen(_BACKLOG)
        self._listeners.append(listener)
        threading.Thread(target=self._accept, args=(listener,), name="listener", daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more, finish running inserts, end the rest, and let go of the folder."""
        self._stopping = self._house.stopping = True
        for listener in self._listeners:
            _shut(listener)
            listener.close()
        with self._lock:
            sessions = dict(self._sessions)
        for session in sessions:
            if not session.busy:
                _shut(session.connection)
        self._house.watch.stop()
        self._house.desk.replicas.close()
        deadline = time.monotonic() + _PATIENCE
        for thread in sessions.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        late = [session for session, thread in sessions.items() if thread.is_alive()]
        for session in late:
            _shut(session.connection)
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
            session = Session(self._house, connection, f"client {next(self._numbers)} at {host}:{port}")
            with self._lock:
                if self._stopping or len(self._sessions) >= self._settings.engine_clients:
                    log.warning("too many clients: one turned away")
                    connection.close()
                    continue
                thread = threading.Thread(target=self._serve, args=(session,), name="session", daemon=True)
                self._sessions[session] = thread
                thread.start()

    def _serve(self, session: Session) -> None:
        try:
            session.serve()
        finally:
            with self._lock:
                del self._sessions[session]


def _shut(connection: socket.socket) -> None:
    """End a connection so that whoever waits on it in another thread notices; that thread closes it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
