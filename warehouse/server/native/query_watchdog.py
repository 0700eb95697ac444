"""Query watchdog: ends the query of a client that has cancelled it or is gone.

The engine makes a block for as long as it takes, and nobody reads the client's socket meanwhile. So one thread looks at
the sockets of the queries that have been running for a while.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from warehouse.server.engine.engine import Engine, EngineConnection, EngineError, literal
from warehouse.server.native.protocol import CANCEL
from warehouse.server.native.query_settings import MARK
from warehouse.server.native.wire import SocketReader

log = logging.getLogger(__name__)

_EVERY = 0.1

QueryEnding = Literal["", "cancelled", "gone", "stopping", "overdue"]
"""Why a query was ended."""


class RunningQuery:
    """A query on its way, and why it was ended, if it was."""

    def __init__(self, mark: str, reader: SocketReader) -> None:
        self.mark = mark
        self.reader = reader
        self.ending: QueryEnding = ""


class QueryWatchdog:
    """The thread that looks after running queries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._running: set[RunningQuery] = set()
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._thread.start()

    @contextmanager
    def over(self, mark: str, reader: SocketReader) -> Iterator[RunningQuery]:
        """Look after a query while it runs."""
        running = RunningQuery(mark, reader)
        with self._lock:
            self._running.add(running)
            self._some.set()
        try:
            yield running
        finally:
            # A query that is being ended holds the lock: the next one with its mark cannot be meant.
            with self._lock:
                self._running.discard(running)

    def stop(self) -> None:
        """End all queries, then look after no more."""
        with self._lock:
            self._stopped = True
            self._some.set()

    def join(self, seconds: float) -> None:
        """Wait until no query runs any more, but no longer than that."""
        self._thread.join(seconds)

    def _look(self) -> None:
        connection = self._engine.connect()
        while True:
            self._some.wait()
            time.sleep(_EVERY / 10 if self._stopped else _EVERY)
            with self._lock:
                for running in self._running:
                    running.ending = running.ending or ("stopping" if self._stopped else ending_of(running.reader))
                    if running.ending:
                        self._kill(connection, running)
                if not self._running:
                    if self._stopped:
                        break
                    self._some.clear()
        connection.close()

    def _kill(self, connection: EngineConnection, running: RunningQuery) -> None:
        try:
            connection.run(f"KILL QUERY WHERE Settings['{MARK}'] = {literal(running.mark)} ASYNC")
        except EngineError as error:
            log.warning("cannot end a query: %s", error)


def ending_of(reader: SocketReader) -> QueryEnding:
    """What the client has done since its query: waits, mostly."""
    try:
        waiting = reader.peek()
    except (EOFError, OSError, ValueError):
        return "gone"
    return "cancelled" if waiting == CANCEL else ""
