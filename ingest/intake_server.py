"""The HTTP server under the intake: uvicorn, with time limits for slow clients and an end that loses nothing."""

import asyncio
import logging
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ingest.errors import ConfigurationError
from ingest.intake import Intake

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 512
LAST_ANSWERS = timedelta(milliseconds=300)
"""How long new posts are still answered with 503 before the port closes."""


@dataclass(frozen=True)
class Listen:
    """Where the intake listens."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that closes a connection whose request line and headers do not arrive in time."""

    header_time = timedelta(seconds=15)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock with the connection."""
        super().connection_made(transport)
        self._watch()

    def on_response_complete(self) -> None:
        """Start it again for the next request on the same connection."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop it."""
        self._header_watch.cancel()
        super().connection_lost(exc)

    def _watch(self) -> None:
        self._awaited = self.cycle
        self._header_watch = self.loop.call_later(self.header_time.total_seconds(), self._expire)

    def _expire(self) -> None:
        # A request that has arrived has made a new cycle.
        if self.cycle is self._awaited and not self.transport.is_closing():
            self.transport.abort()


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: the process has others to end as well."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


class IntakeServer:
    """Serves the intake until it is told to end.

    Args:
        intake: what to serve.
        listen: where.
    """

    def __init__(self, intake: Intake, listen: Listen) -> None:
        self._intake = intake
        self._listen = listen
        self._server = _Server(
            uvicorn.Config(
                intake.app(),
                host=listen.host,
                port=listen.port,
                http=PatientProtocol,
                ws="none",
                lifespan="off",
                loop="none",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                limit_concurrency=MOST_CONNECTIONS,
                h11_max_incomplete_event_size=16_384,
                timeout_keep_alive=10,
                timeout_graceful_shutdown=3,
                ssl_certfile=listen.certificate,
                ssl_keyfile=listen.key,
            )
        )

    async def run(self, ending: asyncio.Event) -> None:
        """Serve until `ending` is set; then answer 503 for a moment, finish what is in work, and close.

        Raises:
            ConfigurationError: the port is taken, or the certificate does not serve.
        """
        serving = asyncio.create_task(self._serve())
        waiting = asyncio.create_task(ending.wait())
        try:
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            self._intake.closing = True
            if not serving.done():
                await asyncio.sleep(LAST_ANSWERS.total_seconds())
            self._server.should_exit = True
            await serving
        finally:
            waiting.cancel()
            serving.cancel()

    async def _serve(self) -> None:
        at = f"{self._listen.host}:{self._listen.port}"
        try:
            listening = _bound(self._listen)
        except OSError as error:
            raise ConfigurationError(
                f"The intake cannot listen on {at} ({error.strerror}); change IOC_CONNECTORS_INTAKE_PORT or _HOST."
            ) from error
        with listening:
            try:
                self._server.config.load()
            except OSError as error:
                raise ConfigurationError(
                    f"IOC_CONNECTORS_INTAKE_CERTIFICATE={self._listen.certificate} cannot be used: {error}"
                ) from error
            log.info("intake ready on %s", at)
            await self._server.serve(sockets=[listening])


def _bound(listen: Listen) -> socket.socket:
    # With its protocol named: else asyncio leaves Nagle's algorithm on, and each answer waits 40 ms for it.
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((listen.host, listen.port))
    except OSError:
        bound.close()
        raise
    return bound
