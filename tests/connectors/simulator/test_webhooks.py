"""The pretend systems that post: signed, in order, again until accepted, and not more of the past than needed."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook

from connectors.simulator.mark import Mark
from connectors.simulator.protocols.rest import RestServer
from connectors.simulator.protocols.webhooks import Sender
from connectors.simulator.systems import kiosk, office
from connectors.simulator.ward import Pretend
from ingest.contract.calendar import local_day

PRETEND = Pretend()
NOW = datetime(2026, 11, 19, 2, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class _Clock:
    moment = NOW

    def now(self) -> datetime:
        return self.moment


class Intake:
    """Stands for the intake: verifies signatures with the library, and can be told to be away."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []
        self.away = 0
        self.app = FastAPI()

        @self.app.post("/intake/{system}")
        async def intake(system: str, request: Request) -> Response:
            body = await request.body()
            Webhook(SECRET).verify(body, dict(request.headers))
            if self.away:
                self.away -= 1
                return Response(status_code=503)
            self.bodies.append(json.loads(body))
            return Response(status_code=202)


@asynccontextmanager
async def serving(intake: Intake) -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = RestServer(intake.app, port)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(60):
        while not server.started:
            await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


async def spoken(intake: Intake, mark: Mark, system: str, count: int, clock: _Clock | None = None) -> None:
    """Let one system speak until the intake has that many posts."""
    async with serving(intake) as url:
        sender = Sender(url, {system: SECRET}, PRETEND, clock or _Clock(), 1, mark)
        speaking = asyncio.create_task(sender.speak(system))
        async with asyncio.timeout(120):
            while len(intake.bodies) < count and not speaking.done():
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        speaking.cancel()
        with suppress(asyncio.CancelledError):
            await speaking
        await sender.close()


def mark(folder: Path, backfill: timedelta = timedelta(days=1), now: datetime = NOW) -> Mark:
    return Mark(folder / "mark.json", PRETEND, now, backfill)


@pytest.mark.heavy
async def test_the_past_is_told_up_to_now(tmp_path: Path) -> None:
    intake, kept = Intake(), mark(tmp_path)
    expected = [
        message for day in (18, 19) for message in kiosk.kiosk(PRETEND, date(2026, 11, day)) if message.at <= NOW
    ]
    await spoken(intake, kept, kiosk.SYSTEM, len(expected))
    assert sorted(str(body["id"]) for body in intake.bodies) == sorted(message.id for message in expected)
    told = [datetime.fromisoformat(str(body["time"])) for body in intake.bodies]
    assert max(told) <= NOW


async def test_what_is_not_accepted_is_posted_again(tmp_path: Path) -> None:
    intake = Intake()
    intake.away = 20
    await spoken(intake, mark(tmp_path), office.REGISTER, 140)
    assert len({str(body["id"]) for body in intake.bodies}) == 140


async def test_time_brings_the_next(tmp_path: Path) -> None:
    intake, clock = Intake(), _Clock()
    posts = kiosk.kiosk(PRETEND, local_day(NOW))
    told = [message for message in posts if message.at <= NOW]
    clock.moment = posts[len(told)].at
    await spoken(intake, mark(tmp_path, timedelta(0)), kiosk.SYSTEM, len(told) + 1, clock)
    # Several are on their way at once: the last one to be told need not be the last one to arrive.
    assert {str(body["id"]) for body in intake.bodies} == {message.id for message in posts[: len(told) + 1]}


async def test_a_sign_of_life(tmp_path: Path) -> None:
    intake = Intake()
    async with serving(intake) as url:
        sender = Sender(url, {kiosk.SYSTEM: SECRET}, PRETEND, _Clock(), 1, mark(tmp_path))
        living = asyncio.create_task(sender.live(kiosk.heartbeat, timedelta(seconds=60)))
        async with asyncio.timeout(120):
            while not intake.bodies:
                await asyncio.sleep(0.01)
        living.cancel()
        with suppress(asyncio.CancelledError):
            await living
        await sender.close()
    assert intake.bodies[0]["event"] == "kiosk.heartbeat"


def test_the_mark_is_kept(tmp_path: Path) -> None:
    first = mark(tmp_path, timedelta(days=7))
    assert first.resume("queue_kiosk", NOW) == date(2026, 11, 12)
    first.sent("queue_kiosk", NOW - timedelta(days=2))
    first.save()
    second = mark(tmp_path, timedelta(days=7), NOW + timedelta(days=30))
    assert second.since == date(2026, 11, 12)
    assert second.resume("queue_kiosk", NOW + timedelta(days=30)) == date(2026, 11, 17)
    assert second.resume("content_post", NOW) == date(2026, 11, 12)


def test_a_mark_in_the_future_does_not_silence_today(tmp_path: Path) -> None:
    kept = mark(tmp_path)
    kept.sent("queue_kiosk", NOW + timedelta(days=9))
    assert kept.resume("queue_kiosk", NOW) == local_day(NOW)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"whose": 1}', '{"whose":"1/x","since":"2026","sent":{}}'])
def test_a_damaged_mark_does_not_count(tmp_path: Path, content: str) -> None:
    (tmp_path / "mark.json").write_text(content)
    assert mark(tmp_path).since == date(2026, 11, 18)


def test_a_mark_of_another_ward_does_not_count(tmp_path: Path) -> None:
    mark(tmp_path, timedelta(days=7)).save()
    other = Mark(tmp_path / "mark.json", Pretend(seed=2), NOW, timedelta(days=1))
    assert other.since == date(2026, 11, 18)
