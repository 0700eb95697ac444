"""Remote: the connectors say over HTTP what they make today of their sources' dead letters, for the board, which does not know them.

`POST /letters` on the intake's port, with a secret of its own, takes dead letters as the warehouse keeps them and answers what becomes of
each. Asking changes nothing: who asks sends the events, and notes it.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import SecretStr, TypeAdapter, ValidationError

from ingest.contract.envelope import decode, encode
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.replay.replay import OUTCOMES, ReplayPlan, SourceReplay
from ingest.untrusted.dead_letter import DeadLetter
from ingest.webhook.body import PostRefusedError, read_question

PATH = "/letters"
AT_ONCE = 20
"""Dead letters of one question."""
LARGEST = 1024 * 1024
"""Bytes of a question: a dead letter keeps 8 kB of its payload at most."""
PATIENCE = timedelta(seconds=10)

_DEAD_LETTERS = TypeAdapter(list[DeadLetter])
_SERVICE = "The connectors"


def dead_letter_router(replay: Callable[[], SourceReplay], secret: SecretStr) -> APIRouter:
    """The route that answers.

    Args:
        replay: makes what maps dead letters; one for each question.
        secret: what a question has to bring as its bearer token.
    """
    router = APIRouter()
    expected = _bearer(secret)

    @router.post(PATH)
    async def mapped(request: Request) -> JSONResponse:
        try:
            dead_letters = _dead_letters(await read_question(request, expected, LARGEST, PATIENCE))
        except PostRefusedError as refused:
            return refused.response()
        plans = await asyncio.to_thread(replay().plans, dead_letters)
        return JSONResponse({"plans": [_told(plan) for plan in plans]})

    return router


class RemotePlans:
    """Asks the connectors; a `SourcePlans`.

    Args:
        url: where their intake is.
        secret: what they know us by; without it they are not asked.
    """

    def __init__(self, url: str, secret: SecretStr | None) -> None:
        self._url = url
        self._secret = secret

    def __call__(self, dead_letters: Sequence[DeadLetter]) -> list[ReplayPlan]:
        """What becomes of dead letters of connectors.

        Raises:
            Unavailable: the connectors do not answer, or not to us.
        """
        if self._secret is None:
            raise Unavailable(_SERVICE, "IOC_LETTERS_SECRET is not set")
        plans: list[ReplayPlan] = []
        headers = {"authorization": _bearer(self._secret), "content-type": "application/json"}
        try:
            with httpx.Client(headers=headers, timeout=PATIENCE.total_seconds(), trust_env=False) as http:
                for start in range(0, len(dead_letters), AT_ONCE):
                    some = list(dead_letters[start : start + AT_ONCE])
                    answer = http.post(self._url + PATH, content=_DEAD_LETTERS.dump_json(some, exclude_none=True))
                    told = answer.raise_for_status().json()["plans"]
                    plans += [_understood(dead_letter, one) for dead_letter, one in zip(some, told, strict=True)]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(_SERVICE, f"{self._url}: {type(error).__name__} {error}") from error
        return plans


def _bearer(secret: SecretStr) -> str:
    return f"Bearer {secret.get_secret_value().strip()}"


def _dead_letters(body: bytes) -> list[DeadLetter]:
    """The dead letters of a question.

    Raises:
        PostRefusedError: it is none.
    """
    try:
        dead_letters = _DEAD_LETTERS.validate_json(body)
    except ValidationError as error:
        raise PostRefusedError(400, "no_letters") from error
    if len(dead_letters) > AT_ONCE:
        raise PostRefusedError(413, "too_many")
    return dead_letters


def _told(plan: ReplayPlan) -> dict[str, Any]:
    events = [json.loads(encode(one)) for one in plan.envelopes]
    return {"id": plan.dead_letter.id, "outcome": plan.outcome, "detail": plan.detail, "events": events}


def _understood(dead_letter: DeadLetter, told: dict[str, Any]) -> ReplayPlan:
    """A plan as it was told.

    Raises:
        ValueError: it is none of this dead letter's, or of another version.
    """
    events = decode([json.dumps(one).encode() for one in told["events"]]).events
    envelopes = tuple(one for one in events if not isinstance(one, InvalidEvent))
    if told["id"] != dead_letter.id or told["outcome"] not in OUTCOMES or len(envelopes) != len(events):
        raise ValueError("an answer that this version does not understand")
    return ReplayPlan(dead_letter, told["outcome"], told["detail"], envelopes)
