"""REST: the pretend systems that are asked: the dossier system's pages, whether the civil-status software answers, and a calendar."""

import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Header, HTTPException, Query
from fastapi.responses import JSONResponse, PlainTextResponse

from connectors.simulator.plan import DOSSIER_PATH
from connectors.simulator.systems.dossier_system import page
from connectors.simulator.systems.meetings import calendar_text
from connectors.simulator.systems.outages import is_away
from connectors.simulator.ward import Pretend
from ingest.contract.calendar import local_day
from ingest.contract.clock import Clock

LARGEST_PAGE = 500


def rest(pretend: Pretend, clock: Clock, token: str, since: Callable[[], date]) -> FastAPI:
    """The HTTP application of all of them.

    Args:
        pretend: the ward.
        clock: the shared clock; what lies after it has not happened.
        token: bearer token of the dossier system.
        since: first day of the dossier system's memory.
    """
    app = FastAPI(title="Pretend ward", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get(DOSSIER_PATH)
    def changes(
        cursor: Annotated[str | None, Query(alias="conTro", max_length=100)] = None,
        size: Annotated[int, Query(alias="soLuong", ge=1, le=LARGEST_PAGE)] = 100,
        authorization: Annotated[str, Header()] = "",
    ) -> JSONResponse:
        if not secrets.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "MaLoi 401")
        return JSONResponse(page(pretend, since(), cursor, clock.now(), size))

    @app.get("/")
    def meetings() -> PlainTextResponse:
        return PlainTextResponse(calendar_text(pretend, clock.now()), media_type="text/calendar")

    @app.get("/ho-tich/health")
    def health() -> JSONResponse:
        now = clock.now()
        if is_away(pretend, local_day(now), now):
            return JSONResponse({"trangThai": "khong_truy_cap_duoc"}, 503)
        return JSONResponse({"trangThai": "hoat_dong"})

    return app


class RestServer(uvicorn.Server):
    """Serves it on loopback, without signal handlers of its own."""

    def __init__(self, app: FastAPI, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host="127.0.0.1",
                port=port,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=2,
            )
        )

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none: the process has others to end as well."""
        yield
