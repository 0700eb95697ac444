"""Feed: the city's aggregate output over HTTP - the same definitions and figures as on the board, to be added up over wards.

Every row carries numerator and denominator, so that ratios are re-added and never averaged; `revision` and `complete` say what
may still change. Whoever keeps the last `cursor` and asks again gets what is new and what was corrected, nothing else.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import AwareDatetime, BaseModel
from starlette.middleware.base import RequestResponseEndpoint

from dashboard.access.api_key import FeedKey, KeyCheck
from dashboard.feed.city_cut import CityCuts
from dashboard.feed.cursor import LONGEST, CursorText, UnknownCursorError
from dashboard.feed.schema import FeedDeclarations, FeedFigure, FeedFigures, declaration, feed_figure
from dashboard.settings import BoardSettings
from dashboard.thread_pool import ThreadPool
from dashboard.words.csv import csv_text
from ingest.contract.clock import Clock, milliseconds
from ingest.contract.errors import Overloaded, Unavailable
from ingest.runtime import metrics
from warehouse.catalogue import measures
from warehouse.model.indicator import Derived
from warehouse.query.feed import FeedQuestion, FeedRow, cursor_after, known_ids

FeedRequest = Callable[[FeedQuestion], list[FeedRow]]
"""Reads rows from the warehouse; blocks."""

VERSION = "1"


class FeedError(BaseModel):
    """Why a request was refused."""

    detail: str


def build_feed(settings: BoardSettings, clock: Clock, ask: FeedRequest, cuts: CityCuts) -> FastAPI:
    """Make the feed's own application, to be mounted by the board's server.

    Args:
        settings: the board's.
        clock: the install's clock: windows are over by it.
        ask: reads rows from the warehouse.
        cuts: is told who has read the feed to its end.
    """
    authorised = KeyCheck(settings, "feed")
    faults: dict[int | str, dict[str, Any]] = {
        status: {"model": FeedError, "description": why}
        for status, why in (
            (401, "no valid key"),
            (403, "the key may not"),
            (429, "too many requests"),
            (503, "the warehouse is away, or too much is asked at once"),
        )
    }

    app = FastAPI(
        title="Ward IOC: city feed",
        version=VERSION,
        description=(__doc__ or "").strip(),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses=faults,
    )

    @app.middleware("http")
    async def count(request: Request, answer: RequestResponseEndpoint) -> Response:
        answered = await answer(request)
        metrics.FEED_REQUESTS.labels(str(answered.status_code)).inc()
        return answered

    @app.get("/openapi.json", include_in_schema=False)
    async def describe(key: Annotated[FeedKey, Depends(authorised)]) -> dict[str, Any]:
        return {
            **app.openapi(),
            "components": {**app.openapi().get("components", {}), "securitySchemes": _BEARER},
            "security": [{"key": []}],
        }

    _serve_declarations(app, authorised)
    _serve_values(app, authorised, settings, clock, ask, cuts)
    return app


def _serve_declarations(app: FastAPI, authorised: KeyCheck) -> None:
    @app.get("/indicators", response_model=FeedDeclarations)
    async def declarations(
        request: Request, response: Response, key: Annotated[FeedKey, Depends(authorised)]
    ) -> Response:
        """What each indicator is, as declared; of a derived one, which others have the rows."""
        listed = FeedDeclarations(indicators=[declaration(one) for one in measures()])
        return _answer(request, response, listed.model_dump_json(), "application/json")


def _serve_values(
    app: FastAPI, authorised: KeyCheck, settings: BoardSettings, clock: Clock, ask: FeedRequest, cuts: CityCuts
) -> None:
    pool = ThreadPool("feed", threads=2, waiting=16, of_one_client=6)

    @app.get(
        "/values",
        response_model=FeedFigures,
        responses={
            200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        },
    )
    async def values(
        request: Request,
        response: Response,
        key: Annotated[FeedKey, Depends(authorised)],
        start: Annotated[
            AwareDatetime, Query(alias="from", description="Windows that begin at or after this, with zone")
        ],
        end: Annotated[
            AwareDatetime | None, Query(alias="to", description="Windows that begin before this; now, if left out")
        ] = None,
        asked: Annotated[
            list[str] | None, Query(alias="indicator", description="Ids; all, if left out", max_length=100)
        ] = None,
        wards: Annotated[
            list[str] | None, Query(alias="ward", description="All of the key's, if left out", max_length=200)
        ] = None,
        dimension: Annotated[
            str | None, Query(max_length=40, description="Empty: totals only; all, if left out")
        ] = None,
        cursor: Annotated[
            str | None, Query(max_length=LONGEST, description="From the page before, of the same question")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=settings.feed_page)] = min(1000, settings.feed_page),
        form: Annotated[Literal["json", "csv"] | None, Query(alias="format")] = None,
    ) -> Response:
        """Figures by window, in the order in which they were written: corrections come again at the end."""
        _refuse_others(key, wards, asked)
        until = end or clock.now() + timedelta(days=1)
        if start >= until:
            raise HTTPException(422, "`from` must be before `to`")
        question = FeedQuestion(tuple(wards or key.wards), tuple(asked or ()), start, until, dimension, None, limit + 1)
        cursors = CursorText(settings.session_secret, question, is_open=end is None)
        with _refusals():
            question = question._replace(after=cursors.read(cursor)) if cursor else question
            rows = await pool.run(key.id, ask, question)
        now_ms = milliseconds(clock.now())
        page = FeedFigures(
            rows=[feed_figure(row, now_ms) for row in rows[:limit]],
            cursor=cursors.write(cursor_after(rows[min(limit, len(rows)) - 1])) if rows else cursor,
            more=len(rows) > limit,
        )
        text = page.model_dump_json()
        if not page.more:
            cuts.fetched(key, question, len(page.rows), text)
        if form == "csv" or (form is None and "text/csv" in request.headers.get("accept", "")):
            return _csv_answer(request, response, page)
        return _answer(request, response, text, "application/json")


@contextmanager
def _refusals() -> Iterator[None]:
    """What keeps a page from being read, as the status that tells the client what to do."""
    try:
        yield
    except UnknownCursorError as error:
        raise HTTPException(422, _NOT_OURS) from error
    except Unavailable as error:
        raise HTTPException(503, "the warehouse is away, try again", {"Retry-After": "5"}) from error
    except Overloaded as error:
        wait = str(round(error.retry_after.total_seconds()))
        raise HTTPException(503, "too much is asked at once, try again", {"Retry-After": wait}) from error


def _csv_answer(request: Request, response: Response, page: FeedFigures) -> Response:
    """A page as CSV, with what is not in its rows as headers."""
    names = list(FeedFigure.model_fields)
    response.headers["Feed-Cursor"] = page.cursor or ""
    response.headers["Feed-More"] = str(page.more).lower()
    text = csv_text(names, ([getattr(one, name) for name in names] for one in page.rows))
    return _answer(request, response, text, "text/csv; charset=utf-8")


def _refuse_others(key: FeedKey, wards: list[str] | None, asked: list[str] | None) -> None:
    """Refuse wards that are not the key's, and indicators that have no rows of their own."""
    forbidden = sorted(set(wards or ()) - set(key.wards))
    if forbidden:
        raise HTTPException(403, f"the key {key.id} may not read: {', '.join(forbidden)}")
    unknown = sorted(set(asked or ()) - known_ids())
    if unknown:
        derived = [
            f"{one.id} is made of {', '.join(part.id for part in one.made_of)}"
            for one in measures()
            if isinstance(one, Derived)
        ]
        hints = [hint for hint in derived if hint.split()[0] in unknown]
        raise HTTPException(422, f"no rows of: {', '.join(unknown)}; {'; '.join([*hints, 'see /indicators'])}")


_NOT_OURS = (
    "`cursor` belongs to another question: ask with the same `from`, `to`, `ward`, `indicator` and `dimension` as on the page "
    "that gave it, or begin again without it"
)
_BEARER = {"key": {"type": "http", "scheme": "bearer", "description": "`./ioc feed_key make NAME` on the ward's PC"}}


def _answer(request: Request, response: Response, text: str, kind: str) -> Response:
    """The text with its tag; only the tag when the asker has it already."""
    body = text.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        **dict(response.headers),
        "ETag": tag,
        "Vary": "Authorization, Accept",
        "Cache-Control": "private, no-cache",
        "Feed-Version": VERSION,
    }
    given = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in given:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=kind, headers=headers)
