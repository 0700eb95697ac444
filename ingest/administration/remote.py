"""Administration over HTTP: the board asks, the connectors answer; `POST /sources` on the intake's port.

Who asks shows the secret that board and connectors share. Whether the person may is the board's to judge; what may be set at all is
judged here, where it is done.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from hmac import digest
from typing import Any, TypeVar

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from ingest.administration.message import ASK, MapFile, SourceRefused
from ingest.contract.errors import Unavailable
from ingest.contract.label import LANGUAGES, Label
from ingest.webhook.body import PostRefusedError, read_question

SOURCES_PATH = "/sources"
LARGEST_ASK = 2 * 1024 * 1024
"""Bytes of a question: a sample and a declaration, each escaped as JSON."""
SOURCES_PATIENCE = timedelta(seconds=20)
FILE_PATIENCE = timedelta(minutes=2)
"""The same for a file of events: ten thousand rows of a workbook take some seconds, on a busy PC many."""

Answer = TypeVar("Answer")

_CONNECTORS = "The connectors"
_NOT_UNDERSTOOD = Label("Yêu cầu không hợp lệ, hoặc quá dài.", "The request is invalid or too long.")


def administration_router(answer: Callable[[Any], Any], secret: SecretStr) -> APIRouter:
    """The route that answers.

    Args:
        answer: gives a message for one of `Ask`, or raises `SourceRefused`; runs in a thread of its own.
        secret: that of board and connectors.
    """
    router = APIRouter()
    expected = _bearer_of(secret)
    one_at_a_time, one_file = asyncio.Lock(), asyncio.Lock()

    @router.post(SOURCES_PATH)
    async def asked(request: Request) -> Response:
        try:
            question = ASK.validate_json(await read_question(request, expected, LARGEST_ASK, SOURCES_PATIENCE))
        except PostRefusedError as refused:
            return refused.response()
        except ValidationError:
            return _refusal(_NOT_UNDERSTOOD)
        try:
            # A file changes nothing, and takes long.
            async with one_file if isinstance(question, MapFile) else one_at_a_time:
                made = await asyncio.to_thread(answer, question)
        except SourceRefused as refused:
            return _refusal(refused.label)
        return Response(TypeAdapter(type(made)).dump_json(made), media_type="application/json")

    return router


class RemoteSources:
    """Asks the connectors; blocks.

    Args:
        url: where their intake is.
        secret: what they know us by; without it they are not asked.
    """

    def __init__(self, url: str, secret: SecretStr | None) -> None:
        self._url = url
        self._secret = secret

    def ask(self, question: BaseModel, answer: type[Answer] | TypeAdapter[Answer]) -> Answer:
        """The answer to one of `Ask`.

        Raises:
            SourceRefused: it is not done.
            Unavailable: the connectors do not answer, or not to us.
        """
        if self._secret is None:
            raise Unavailable(_CONNECTORS, "IOC_LETTERS_SECRET is not set")
        headers = {"authorization": _bearer_of(self._secret), "content-type": "application/json"}
        try:
            got = httpx.post(
                self._url + SOURCES_PATH,
                content=question.model_dump_json(),
                headers=headers,
                timeout=(FILE_PATIENCE if isinstance(question, MapFile) else SOURCES_PATIENCE).total_seconds(),
                trust_env=False,
            )
            if got.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
                raise SourceRefused(Label(*(str(got.json()[language]) for language in LANGUAGES)))
            understood = answer if isinstance(answer, TypeAdapter) else TypeAdapter(answer)
            return understood.validate_json(got.raise_for_status().content)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(_CONNECTORS, f"{self._url}: {type(error).__name__}") from error


def _refusal(label: Label) -> JSONResponse:
    return JSONResponse({"vi": label.vi, "en": label.en}, httpx.codes.UNPROCESSABLE_ENTITY)


def _bearer_of(secret: SecretStr) -> str:
    # Another than for dead letters: who learns the one cannot use the other.
    return "Bearer " + digest(secret.get_secret_value().strip().encode(), b"administration of sources", "sha256").hex()
