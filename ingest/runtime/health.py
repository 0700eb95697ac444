"""Health: how a process tells others how it is, over HTTP on loopback, from threads of its own that never wait for its work.

- `/livez`: 200 while it does its work, 503 when it hangs (one JSON line); who keeps it running ends it then and starts it again;
- `/readyz`: 200 while what it needs is there (Kafka, the warehouse, room on the disk), 503 when something is not;
- `/healthz`: both, and where each stage of the work stands, as JSON for people and scripts;
- `/metrics`: figures for Prometheus, see `metrics`.

GET only, no log-in, so loopback only unless a setting opens it. Nothing here may stop a process from starting: a port that is
taken is a warning.
"""

import json
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from time import monotonic
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from ingest.contract.settings import LOOPBACK, HealthSettings
from ingest.network import sockets
from ingest.network.connection_limits import ConnectionLimits, ConnectionQuota
from ingest.runtime.liveness import Liveness
from ingest.runtime.readiness import Readiness

log = logging.getLogger(__name__)

MOST_AT_ONCE = 32
PATIENCE = timedelta(seconds=5)
"""How long a client may take in all, from its first byte to the last of its answer."""

END_AFTER = timedelta(seconds=90)
"""How long a process may hang before it ends itself, where nobody else does (`./ioc up` is quicker)."""
LOOK_EVERY = timedelta(seconds=5)
HANGING = 70
"""Exit code (EX_SOFTWARE) of a process that ended itself."""

Details = Callable[[], dict[str, Any]]
"""Where each stage stands, as JSON values; called from another thread, so it only reads."""


class Health:
    """What is told of one process.

    Args:
        name: the process's, as in its log.
        live: whether it does its work.
        ready: whether what it needs is there.
        registry: its metrics.
        details: where its stages stand.
    """

    def __init__(
        self, name: str, live: Liveness, ready: Readiness, registry: CollectorRegistry, details: Details = dict
    ) -> None:
        self.name = name
        self.registry = registry
        self._live = live
        self._ready = ready
        self._details = details
        self._began = monotonic()

    def livez(self) -> tuple[int, dict[str, Any]]:
        """Status and answer of `/livez`."""
        fault, tick = self._live.fault(), self._live.pulse.age
        found = {"alive": not fault, "fault": fault, "tick_s": None if tick is None else round(tick, 3)}
        return 503 if fault else 200, {**self._who(), **found}

    def readyz(self) -> tuple[int, dict[str, Any]]:
        """Status and answer of `/readyz`."""
        faults = self._ready.faults()
        return 503 if faults else 200, {**self._who(), "ready": not faults, "faults": faults}

    def healthz(self) -> tuple[int, dict[str, Any]]:
        """Status and answer of `/healthz`."""
        waiting = {work.name: round(work.stalled(), 1) for work in self._live.works}
        whole = {**self.livez()[1], **self.readyz()[1], "without_progress_s": waiting}
        return 200, {**whole, "uptime_s": round(monotonic() - self._began, 1), "stages": self._details()}

    def watch(self) -> None:
        """End the process when it has been hanging for long; never returns."""
        looks = 0
        pause = threading.Event()
        while looks < END_AFTER / LOOK_EVERY:
            pause.wait(LOOK_EVERY.total_seconds())
            fault = self._live.fault()
            looks = looks + 1 if fault else 0
        log.critical("%s: this process ends so that it is restarted", fault)
        os._exit(HANGING)

    def _who(self) -> dict[str, Any]:
        return {"name": self.name, "pid": os.getpid()}


def listener_of(settings: HealthSettings, port: int) -> socket.socket | None:
    """The socket for a process's answers; `None` when there is to be none, or the port is taken.

    Args:
        settings: on which address.
        port: which port; 0: none.
    """
    if not port:
        return None
    try:
        return sockets.bind_socket(settings.host, port)
    except OSError as error:
        _say_taken(port, error)
        return None


def serve_health(health: Health, listener: socket.socket | None, may_end: bool = True) -> None:
    """Tell how the process is from now on, and watch over it.

    Args:
        health: what to tell.
        listener: where, from `listener_of`; `None`: nowhere.
        may_end: whether the process ends itself should it hang.
    """
    if may_end:
        threading.Thread(target=health.watch, name="health watch", daemon=True).start()
    if listener is None:
        return
    try:
        server = _Server(health, listener)
    except OSError as error:  # another process, that bound it as well, has listened first
        _say_taken(listener.getsockname()[1], error)
        listener.close()
    else:
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()


def _say_taken(port: int, error: OSError) -> None:
    log.warning("health endpoints are off: port %d cannot be used (%s)", port, error.strerror)


class _Visit(NamedTuple):
    """A client's connection."""

    connection: socket.socket
    began: float

    @property
    def keeps_waiting(self) -> bool:
        """Whether it is its client's turn: answers take no time."""
        return True

    def drop(self) -> None:
        """End it, so that its thread ends."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingMixIn, TCPServer):
    """The HTTP server: few clients at once, the oldest making room for the newest; short patience."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, health: Health, listener: socket.socket) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.health = health
        self.on_loopback = listener.getsockname()[0] in LOOPBACK
        self._places = ConnectionLimits(ConnectionQuota(MOST_AT_ONCE, MOST_AT_ONCE))
        self._visits: dict[socket.socket, _Visit] = {}
        self.server_activate()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a client in a thread."""
        visit = self._visits[request] = _Visit(request, monotonic())
        self._places.enter(visit, client_address[0])
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a client, and make room for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.leave(self._visits.pop(request))

    def service_actions(self) -> None:
        """End visits that take too long; called twice a second."""
        super().service_actions()
        for visit in list(self._visits.values()):
            if monotonic() - visit.began > PATIENCE.total_seconds():
                visit.drop()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has gone, or was ended."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "ioc", ""
    timeout = PATIENCE.total_seconds()

    def do_GET(self) -> None:
        health, path = self.server.health, self.path.partition("?")[0]
        if self.request_version == "HTTP/0.9":  # refused, with a status all the same
            self.request_version = "HTTP/1.0"
        if not self._is_for_us():
            self._answer(400, {"error": "GET without a body, at this address only"})
        elif path == "/metrics":
            encode, kind = choose_encoder(self.headers.get("Accept", ""))
            self._send(200, encode(health.registry), kind)
        elif path in ("/livez", "/readyz", "/healthz"):
            self._answer(*getattr(health, path[1:])())
        else:
            self._answer(404, {"error": "there are /livez, /readyz, /healthz and /metrics"})

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: these pages are asked for every few seconds."""

    def _is_for_us(self) -> bool:
        """Whether it is what a probe sends, and no web page that was led to a loopback address."""
        hosts = self.headers.get_all("Host", [])
        bodies = self.headers.get_all("Content-Length", ["0"])
        if bodies != ["0"] or "Transfer-Encoding" in self.headers or len(hosts) != 1 or not self.path.startswith("/"):
            return False
        host = hosts[0].rpartition(":")[0] or hosts[0]
        return not self.server.on_loopback or host.strip("[]") in LOOPBACK

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        self._send(status, json.dumps(value, ensure_ascii=False).encode() + b"\n", "application/json; charset=utf-8")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
