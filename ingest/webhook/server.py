"""The HTTP server under the intake, with an end that loses nothing."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ingest.contract.errors import ConfigurationError
from ingest.network import sockets
from ingest.network.connection_limits import ConnectionQuota
from ingest.network.http_server import HttpConfig, HttpServer, Patience
from ingest.webhook.routes import WebhookRoutes

log = logging.getLogger(__name__)

LAST_ANSWERS = timedelta(milliseconds=300)
"""How long new posts are still answered with 503 before the port closes."""


@dataclass(frozen=True)
class WebhookSettings:
    """Where the intake listens."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


class _Server(HttpServer):
    """A server without signal handlers of its own: the process has others to end as well."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


class WebhookServer:
    """Serves the intake until it is told to end.

    Args:
        intake: what to serve.
        listen: where.
        places: how many connections there may be.
        patience: how long clients may keep us waiting.
    """

    def __init__(
        self,
        intake: WebhookRoutes,
        listen: WebhookSettings,
        places: ConnectionQuota | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._intake = intake
        self._listen = listen
        self._server = _Server(
            HttpConfig(
                intake.app(),
                listen.host,
                listen.port,
                certificate=listen.certificate,
                key=listen.key,
                places=places,
                patience=patience,
                ws="none",
                lifespan="off",
                loop="none",
                date_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=3,
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
            listening = sockets.bind_socket(self._listen.host, self._listen.port)
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
            log.info("webhook receiver ready on %s", at)
            await self._server.serve(sockets=[listening])
