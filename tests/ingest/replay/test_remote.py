"""The connectors asked over HTTP what becomes of their dead letters: the same as they would say themselves, and nothing to strangers."""

import json
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from commands.install.ports import free_ports
from ingest.contract.envelope import decoded
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.replay.remote import AT_ONCE, LARGEST, PATH, RemotePlans, dead_letter_router
from ingest.replay.replay import SourceReplay
from ingest.untrusted.dead_letter import from_source
from tests.ingest.support.toy import POSTING, StillClock, context, note

SECRET = SecretStr("the-board-and-the-connectors-know-it")
BUG = InvalidEvent("mapping_bug", "KeyError in toy.py, line 1")


def dead_letter(value):
    return from_source(POSTING, json.dumps(value).encode(), BUG, ward="w", received_at=StillClock().now())


def replay():
    return SourceReplay([POSTING], "w", context("w").pseudonym)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    app = FastAPI()
    app.include_router(dead_letter_router(replay, SECRET))
    port = free_ports(1)[0]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_it_says_what_they_would_say(url):
    dead_letters = [dead_letter(note(number)) for number in range(2 * AT_ONCE + 1)]
    dead_letters[3:5] = [dead_letter(note("refuse")), dead_letter(note(1, number="Nguyen Van A"))]
    plans = RemotePlans(url, SECRET)(dead_letters)
    own = [plan._replace(envelopes=tuple(map(decoded, plan.envelopes))) for plan in replay().plans(dead_letters)]
    assert plans == own
    assert {plan.outcome for plan in plans} == {"sent", "refused", "redacted"}


@pytest.mark.parametrize("header", [None, "", "Bearer another", SECRET.get_secret_value()])
def test_strangers_learn_nothing(url, header):
    headers = {} if header is None else {"authorization": header}
    answer = httpx.post(url + PATH, json=[], headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()) == (401, {"error": "secret"})
    with pytest.raises(Unavailable, match="401"):
        RemotePlans(url, SecretStr("another"))([dead_letter(note(1))])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[5]", 400),
        (b"\xff", 400),
        (b"[" + b",".join([dead_letter(note(1)).encode()] * (AT_ONCE + 1)) + b"]", 413),
        (b" " * (LARGEST + 1), 413),
    ],
)
def test_a_question_that_is_none_is_refused(url, body, status):
    headers = {"authorization": f"Bearer {SECRET.get_secret_value()}", "content-type": "application/json"}
    assert httpx.post(url + PATH, content=body, headers=headers, trust_env=False).status_code == status


@pytest.mark.parametrize("secret", [SECRET, None])
def test_without_an_answer_the_connectors_are_away(secret):
    with pytest.raises(Unavailable, match="The connectors"):
        RemotePlans(f"http://127.0.0.1:{free_ports(1)[0]}", secret)([dead_letter(note(1))])
