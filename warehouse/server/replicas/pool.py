"""Replicas: the processes in which analysts' queries run, as the front sees them.

Each answers one query at a time, so that ending it hurts nobody but its query. They are started when an analyst comes, one more
than are busy, and end when nobody has needed them for a while. The one more is for the next person: a query that ends its replica
gives its place back only when there is another replica in its stead.
"""

import itertools
import logging
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from ingest.runtime.backoff import BackOff
from warehouse.server.engine import config as engine_config
from warehouse.server.engine.engine import Engine, EngineError
from warehouse.server.native.protocol import END_OF_STREAM
from warehouse.server.native.query_watchdog import QueryEnding, ending_of
from warehouse.server.native.wire import SocketReader, SocketWriter
from warehouse.server.replicas import open_data, pipe
from warehouse.server.replicas.open_data import DISK, OpenData
from warehouse.server.replicas.pipe import Kind
from warehouse.server.replicas.process import TOO_MUCH_MEMORY
from warehouse.server.replicas.query_slots import QuerySlot
from warehouse.server.sql_gate import limit_texts
from warehouse.settings import WarehouseSettings

log = logging.getLogger(__name__)

ENDING_WAITS = 2.0
"""Seconds that a replica has to end its query when asked; then it is ended itself."""

TIME_LIMIT, MEMORY_LIMIT, AWAY = 159, 241, 210
"""ClickHouse's codes."""

_KILLED = 394
_START_WITHIN = 30.0
_GOING = 0.05
_MOST_FAILURES = 2
_LOOK_AGAIN = 0.5
"""Seconds after which a query that waits for a replica looks whether one has ended."""
_IDLE_FOR = 180.0
_LOOK_EVERY = 0.1
_AT_ONCE = 256 * 1024
_BEYOND_THE_ENGINE = 64 * 1024 * 1024
"""How much more memory than its engine may take ends a replica."""

_OUT_OF_MEMORY = Path("/proc/self/oom_score_adj")
_PACKAGES = ("warehouse", "ingest")
_CODE = Path(__file__).parent.parent.parent.parent


class ReplicaQuestion(NamedTuple):
    """What a replica is asked."""

    sql: str
    limits: dict[str, str]
    """Settings of the engine."""
    seconds: float
    """Time limit, of the gate and the query together."""


class Replica:
    """A running replica.

    Args:
        folder: its own, made here and removed at its end.
        settings: limits, and whose data.
        data: what it shows.
        program: what Python runs.
    """

    def __init__(
        self,
        folder: Path,
        settings: WarehouseSettings,
        data: OpenData,
        program: Sequence[str] = ("-m", "warehouse.server.replicas.process"),
    ) -> None:
        self.data = data
        self.idle_since = time.monotonic()
        self.is_bloated = False
        """Whether it has taken so much memory that the next query had better have another one."""
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        code = folder / "code"
        code.mkdir(parents=True, mode=0o700)
        # Where its packages lie nothing may be listed: they are found by links in its own folder.
        for package in _PACKAGES:
            (code / package).symlink_to(_CODE / package)
        config = engine_config.write_replica(folder, settings, DISK)
        self._connection, theirs = socket.socketpair()
        with theirs, _first_to_go():
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-P", *program],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                cwd=folder,
                env={
                    "PYTHONPATH": str(code),
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "TMPDIR": str(folder),
                    "LC_ALL": "C.UTF-8",
                },
            )
        try:
            self._connection.settimeout(_START_WITHIN)
            setup = {
                "folder": str(folder),
                "engine": f"{folder / 'store'}?config-file={config}",
                "database": settings.database,
                "code": [str(_CODE / package) for package in _PACKAGES],
                "may_be_unconfined": settings.analyst_without_landlock,
                "memory_of_process": int(settings.analyst_memory) + engine_config.REPLICA_ITSELF + _BEYOND_THE_ENGINE,
                **data._asdict(),
            }
            pipe.send_frame(self._connection, Kind.SETUP, setup)
            pipe.receive_message(self._connection, pipe.receive_head(self._connection)[1])
        except (EOFError, OSError, ValueError):
            self.end()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it, while another thread waits for it."""
        self._process.kill()

    def end(self) -> int:
        """End it, whatever it is doing; its exit code, which is its own if it had ended before."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GOING)
        self._process.kill()
        code: int = self._process.wait()
        # Its engine runs in a child, which holds the other end of the pipe and ends with it.
        with suppress(OSError):
            self._connection.settimeout(ENDING_WAITS)
            while self._connection.recv(_AT_ONCE):
                pass
        self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        return code

    def answer(self, question: ReplicaQuestion, reader: SocketReader, writer: SocketWriter) -> bool:
        """Have a query answered to a client. Within the time limit and twice `ENDING_WAITS` it is, or the replica has ended.

        Returns:
            Whether the replica can answer another one.

        Raises:
            EngineError: the gate or the engine refused, a limit was passed, or the replica is gone.
            EOFError: the client is gone, or has half of a packet and cannot get the rest.
        """
        relay = _Relay(self._connection, question, reader, writer)
        try:
            return relay.run()
        except EngineError:
            self.is_bloated = relay.is_bloated
            raise
        except (OverdueError, EOFError, OSError, ValueError) as error:
            code = self.end()
            log.warning("replica ended with exit code %d after %s", code, repr(error) or type(error).__name__)
            if relay.ending == "gone" or relay.is_within_packet:
                raise EOFError from None
            if relay.ending == "cancelled":
                writer.put(END_OF_STREAM)
                return False
            if code == TOO_MUCH_MEMORY:
                raise EngineError(MEMORY_LIMIT, "") from None
            if isinstance(error, OverdueError) or code == -signal.SIGXCPU:
                raise EngineError(TIME_LIMIT, "") from None
            raise EngineError(
                AWAY,
                f"{limit_texts.query_interrupted()} [away]",
            ) from None


@contextmanager
def _first_to_go() -> Iterator[None]:
    """Whatever is started now is what Linux ends first when the PC is out of memory; it inherits that."""
    if sys.platform != "linux":
        yield
        return
    # The kernel lets a confined process write into this file, but not open it to be emptied first.
    with _OUT_OF_MEMORY.open("r+", buffering=1) as score:
        own = score.read()
        score.write("1000\n")
        try:
            yield
        finally:
            score.write(own)


class OverdueError(Exception):
    """A query did not end when it had to."""


class _Relay:
    """One query's way through the front."""

    def __init__(
        self, connection: socket.socket, question: ReplicaQuestion, reader: SocketReader, writer: SocketWriter
    ) -> None:
        self.ending: QueryEnding = ""
        self.is_within_packet = self.is_bloated = False
        self._connection = connection
        self._question = question
        self._reader = reader
        self._writer = writer
        self._ends_at = time.monotonic() + question.seconds

    def run(self) -> bool:
        self._connection.settimeout(ENDING_WAITS)
        pipe.send_frame(self._connection, Kind.QUESTION, self._question._asdict())
        while True:
            self._wait()
            kind, size = pipe.receive_head(self._connection)
            if kind == Kind.PACKETS:
                self._pass_on(size)
                continue
            message: dict[str, Any] = pipe.receive_message(self._connection, size)
            self.is_bloated = bool(message["worn"])
            if kind == Kind.ANSWERED:
                return not self.is_bloated
            if self.ending == "overdue" and message["code"] == _KILLED:
                raise EngineError(TIME_LIMIT, "")
            raise EngineError(int(message["code"]), str(message["text"]))

    def _wait(self) -> None:
        """Return when the replica says something; look after client and clock meanwhile."""
        look = select.poll()
        look.register(self._connection, select.POLLIN)
        while True:
            is_late = time.monotonic() > self._ends_at
            if is_late and self.ending:
                raise OverdueError
            if not self.ending and (ending := "overdue" if is_late else ending_of(self._reader)):
                self._end(ending)
            if look.poll(1000 * _LOOK_EVERY):
                return

    def _end(self, ending: QueryEnding) -> None:
        self.ending = ending
        self._ends_at = time.monotonic() + ENDING_WAITS
        pipe.send_frame(self._connection, Kind.END, {"by_client": ending != "overdue"})

    def _pass_on(self, size: int) -> None:
        """Give the client whole packets; a client that does not take them in the query's time is gone."""
        while size:
            self._wait()
            part = self._connection.recv(min(size, _AT_ONCE))
            if not part:
                raise EOFError
            size -= len(part)
            if self.ending == "gone":
                continue
            self.is_within_packet = True
            try:
                self._writer.pass_on(part, max(0.0, self._ends_at - time.monotonic()) + ENDING_WAITS)
            except OSError:
                self._end("gone")
        self.is_within_packet = False


class Replicas:
    """All replicas: at most one more than queries have places.

    Args:
        settings: limits, and whose data.
        engine: the owner's, which knows what is open.
        views: names of what is open.
        version: a number that changes when the schema does.
        places: how many queries run at once.
    """

    def __init__(
        self,
        settings: WarehouseSettings,
        engine: Engine,
        views: frozenset[str],
        version: Callable[[], int],
        places: int,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._views = views
        self._version = version
        self._most = places + 1
        self._data: tuple[int, OpenData] | None = None
        self._changed = threading.Condition()
        self._idle: list[Replica] = []
        self._busy: set[Replica] = set()
        self._waiting = 0
        self._owed: deque[QuerySlot] = deque()
        """Places of queries that ended their replicas."""
        self._is_spare_wanted = False
        self._failures = 0
        self._backoff = BackOff(timedelta(milliseconds=500), timedelta(seconds=5))
        """Between two starts of which the first failed."""
        self._stopped = False
        self._numbers = itertools.count(1)
        shutil.rmtree(engine_config.replica_folder(settings), ignore_errors=True)
        # Replicas are children of this thread: on Linux they end with it.
        self._thread = threading.Thread(target=self._keep, name="replicas", daemon=True)
        self._thread.start()

    def prepare(self) -> None:
        """Have one ready for an analyst who has come."""
        with self._changed:
            self._is_spare_wanted = True
            self._changed.notify_all()

    @contextmanager
    def borrow(self, place: QuerySlot) -> Iterator[Callable[[ReplicaQuestion, SocketReader, SocketWriter], None]]:
        """A replica for one query.

        Args:
            place: the query's; given back when the replica is free again, or another in its stead.

        Raises:
            EngineError: none can be started.
        """
        try:
            replica = self._taken()
        except BaseException:
            place.give_back()
            raise
        is_good = False

        def answer(question: ReplicaQuestion, reader: SocketReader, writer: SocketWriter) -> None:
            nonlocal is_good
            try:
                is_good = replica.answer(question, reader, writer)
            except EngineError:
                is_good = replica.is_alive and not replica.is_bloated
                raise

        try:
            yield answer
        finally:
            with self._changed:
                self._busy.discard(replica)
                is_good = is_good and replica.is_alive and not self._stopped
                if is_good:
                    replica.idle_since = time.monotonic()
                    self._idle.append(replica)
                    place.give_back()
                else:
                    place.announce()
                    self._owed.append(place)
                self._pay()
                self._changed.notify_all()
            if not is_good:
                replica.end()

    def close(self) -> None:
        """End them all."""
        with self._changed:
            self._stopped = True
            self._pay()
            replicas = [*self._idle, *self._busy]
            self._changed.notify_all()
        for replica in replicas:
            replica.kill()
        self._thread.join(ENDING_WAITS)

    def _taken(self) -> Replica:
        data = self._open_data()
        deadline = time.monotonic() + _START_WITHIN
        with self._changed:
            self._waiting += 1
            self._is_spare_wanted = True
            failures_before = self._failures
            try:
                while True:
                    self._changed.notify_all()
                    for replica in reversed(self._idle):
                        if replica.data == data and replica.is_alive:
                            self._idle.remove(replica)
                            self._busy.add(replica)
                            return replica
                    has_failed = self._failures - failures_before >= _MOST_FAILURES
                    if self._stopped or has_failed or time.monotonic() > deadline:
                        raise EngineError(
                            AWAY,
                            f"{limit_texts.no_replica()} [away]",
                        )
                    self._changed.wait(_LOOK_AGAIN)
            finally:
                self._waiting -= 1

    def _pay(self) -> None:
        """Give slots back for which no replica can be started, since there are enough."""
        while self._owed and (self._stopped or not self._has_room):
            self._owed.popleft().give_back()

    def _open_data(self) -> OpenData:
        version = self._version()
        with self._changed:
            if self._data and self._data[0] == version:
                return self._data[1]
        with closing(self._engine.connect()) as engine:
            data = open_data.read_open_data(engine, self._settings.database, self._views)
        with self._changed:
            self._data = version, data
        return data

    def _keep(self) -> None:
        """Start and end replicas as they are needed."""
        while not self._stopped:
            with self._changed:
                ended = self._unneeded()
                if not ended and not self._is_one_missing():
                    self._changed.wait(_IDLE_FOR / 10)
                    continue
            for replica in ended:
                replica.end()
            if not ended:
                self._start()

    def _unneeded(self) -> list[Replica]:
        now = time.monotonic()
        data = self._data[1] if self._data else None
        gone = [one for one in self._idle if not one.is_alive or one.data != data or now - one.idle_since > _IDLE_FOR]
        self._idle = [one for one in self._idle if one not in gone]
        self._is_spare_wanted = self._is_spare_wanted and not (gone and not self._idle and not self._busy)
        return gone

    @property
    def _has_room(self) -> bool:
        return len(self._idle) + len(self._busy) < self._most

    def _is_one_missing(self) -> bool:
        self._pay()
        return self._has_room and (bool(self._owed) or len(self._idle) < self._waiting + self._is_spare_wanted)

    def _start(self) -> None:
        began = time.monotonic()
        try:
            folder = engine_config.replica_folder(self._settings) / str(next(self._numbers))
            replica = Replica(folder, self._settings, self._open_data())
        except (EOFError, OSError, ValueError, EngineError) as error:
            log.error("cannot start a replica for analysts' queries: %s", error)
            with self._changed:
                self._failures += 1
                if self._owed:
                    self._owed.popleft().give_back()
                self._is_spare_wanted = False
                self._changed.notify_all()
                self._changed.wait(self._backoff.seconds())
            return
        log.info("replica ready after %.2f s", time.monotonic() - began)
        with self._changed:
            self._backoff.reset()
            self._idle.append(replica)
            # One that came back pays for nothing: its sender's next query takes it again.
            if self._owed and len(self._idle) > self._waiting + 1:
                self._owed.popleft().give_back()
            self._changed.notify_all()
