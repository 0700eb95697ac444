import asyncio
import gzip
import json
import threading
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr, TypeAdapter

from ingest.contract.connector import Connector, Poll
from ingest.contract.envelope import decode
from ingest.contract.errors import ConfigurationError
from ingest.contract.events.health import AppOutageEnded, AppOutageStarted
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS
from ingest.kafka import producer as producer_module
from ingest.kafka.producer import Producer
from ingest.rest import poller as module
from ingest.rest.poller import RestPoller
from ingest.runtime.backoff import BackOff
from ingest.source import circuit_breaker
from ingest.source.cursor import Cursor
from ingest.source.failure_rate import FEWEST
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from ingest.untrusted.dead_letter import DeadLetter
from tests.ingest.support.toy import HEALTH, POLLED, QUEUE, context, frozen, kept, note, until

pytestmark = pytest.mark.embedded

PAUSE = timedelta(milliseconds=20)


class Rest:
    """A source's REST interface: pages by cursor, or whatever a test puts there."""

    def __init__(self):
        self.pages: dict[str | None, dict[str, Any]] = {None: {"notes": []}}
        self.status = 200
        self.body = None
        self.headers = {}
        self.asked = []

    def answer(self, request):
        parts = urlsplit(request.path)
        cursor = parse_qs(parts.query).get("after", [None])[0]
        self.asked.append((parts.path, cursor, request.headers.get("authorization")))
        body = self.body if self.body is not None else json.dumps(self.pages.get(cursor, {"notes": []})).encode()
        request.send_response(self.status)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


@contextmanager
def served(rest, post=None):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            rest.answer(self)

        def do_POST(self):
            post(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def rest():
    return Rest()


class Polling(NamedTuple):
    """What a poller works with."""

    mapper: Mapper
    source_status: SourceStatus
    cursor: Cursor


@asynccontextmanager
async def polling(producer, url, folder, ward, connector=POLLED, token=None):
    mapper = Mapper(connector, context(ward))
    source_status = SourceStatus(connector, mapper.context, producer, timedelta(milliseconds=50))
    cursor = Cursor(folder, connector.id, context("w").pseudonym)
    breaker = circuit_breaker.CircuitBreaker(source_status)
    poller = RestPoller(mapper, source_status, breaker, producer, cursor, url, token, pause=PAUSE)
    tasks = [asyncio.create_task(poller.run()), asyncio.create_task(source_status.report(mapper.counts))]
    try:
        yield Polling(mapper, source_status, cursor)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled():
                task.result()


async def ids(kafka, ward):
    return [one.id for one in decode(await kept(kafka, QUEUE, ward)).events]


async def kinds(kafka, ward):
    """What health says of a ward's sources, without the heartbeats."""
    told = [one.data for one in decode(await kept(kafka, HEALTH, ward)).events]
    return [(one.kind, getattr(one, "cause_code", None)) for one in told if one.kind != "source.heartbeat"]


async def test_reads_page_after_page_and_saves_how_far(kafka, producer, rest, tmp_path):
    rest.pages = {
        None: {"notes": [note(1), note(2)], "next": "c2"},
        "c2": {"notes": [note(3)], "next": "c3"},
    }
    with served(rest) as url:
        async with polling(producer, url + "/", tmp_path, "pages", token=SecretStr("t0k")) as poller:
            await until(lambda: poller.cursor.read() == "c3")
            assert await ids(kafka, "pages") == ["n-1", "n-2", "n-3"]
            rest.pages["c3"] = {"notes": [note(4)], "next": "c4"}
            await until(lambda: poller.cursor.read() == "c4")
        rest.pages["c4"] = {"notes": [note(5)], "next": "c5"}
        rest.asked.clear()
        async with polling(producer, url, tmp_path, "pages") as poller:
            await until(lambda: poller.cursor.read() == "c5")
    assert ("/notes", "c4", None) in rest.asked
    assert ("/notes", None, None) not in rest.asked
    assert await ids(kafka, "pages") == ["n-1", "n-2", "n-3", "n-4", "n-5"]


async def test_the_token_goes_along(producer, rest, tmp_path):
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "token", token=SecretStr("t0k")):
            await until(lambda: rest.asked)
    assert rest.asked[0] == ("/notes", None, "Bearer t0k")


async def test_a_page_repeated_reordered_or_overlapping_is_written_once(kafka, producer, rest, tmp_path):
    rest.pages = {
        None: {"notes": [note(1), note(2)], "next": "c1"},
        "c1": {"notes": [note(2), note(1), note(3)], "next": "c2"},
        "c2": {"notes": [note(3), note(1)], "next": "c2"},
    }
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "repeated"):
            await until(lambda: len(rest.asked) > 8)
    assert await ids(kafka, "repeated") == ["n-1", "n-2", "n-3"]


async def test_another_content_under_a_known_id_is_written_for_people_to_see(kafka, producer, rest, tmp_path):
    changed = note(1, at="2026-03-02T07:00:00+07:00")
    rest.pages = {
        None: {"notes": [note(1)], "next": "c1"},
        "c1": {"notes": [changed], "next": "c2"},
        "c2": {"notes": [note(1), changed], "next": "c2"},
    }
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "conflict"):
            await until(lambda: len(rest.asked) > 6)
    written = decode(await kept(kafka, QUEUE, "conflict")).events
    assert [one.id for one in written] == ["n-1", "n-1"]
    assert written[0].time > written[1].time


async def test_the_cursor_is_not_saved_before_kafka_has_the_page(kafka, producer, rest, tmp_path, monkeypatch):
    monkeypatch.setattr(producer_module, "PATIENCE", timedelta(seconds=1))
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "before") as poller:
            await until(lambda: poller.source_status.reachable)
            with frozen(kafka):
                rest.pages = {None: {"notes": [note(1)], "next": "c1"}}
                await until(lambda: producer.away)
                assert poller.cursor.read() is None
                assert poller.source_status.reachable  # the source is not to blame
            await until(lambda: poller.cursor.read() == "c1")
    assert set(await ids(kafka, "before")) == {"n-1"}


async def test_a_malformed_item_is_a_dead_letter_and_the_next_goes_on(kafka, producer, rest, tmp_path):
    bad = [{"id": "n"}, note(1, at="2026-03-02T08:00:00"), note("refuse"), 7, None, [], "Nguyen", note(1, x=[[[]]] * 3)]
    page = json.dumps({"notes": [*bad, note(2)], "next": "c1"}).encode()
    twice = b'{"id": "a", "id": "b", "hoTen": "Nguyen"}, {"id": 1e999}, "\\ud800", '
    rest.body = page.replace(b'{"notes": [', b'{"notes": [' + twice)
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "malformed") as poller:
            await until(lambda: poller.cursor.read() == "c1")
    assert await ids(kafka, "malformed") == ["n-1", "n-2"]
    dead_letters = [DeadLetter.model_validate_json(one) for one in await kept(kafka, DEAD_LETTERS, "malformed")]
    assert [one.reason_code for one in dead_letters][:3] == ["duplicate_keys", "non_finite", "encoding"]
    assert len(dead_letters) == 10
    assert not any("Nguyen" in one.payload_redacted for one in dead_letters)


def bad(count):
    return [note("refuse", id=f"b{number}") for number in range(count)]


async def test_a_flood_leaves_the_cursor_where_it_is_and_ends_when_the_source_is_mended(
    kafka, producer, rest, tmp_path, monkeypatch
):
    monkeypatch.setattr(circuit_breaker, "PAUSE", timedelta(milliseconds=50))
    rest.pages = {
        None: {"notes": [note(1), *bad(3)], "next": "c1"},
        "c1": {"notes": [note(2), *bad(FEWEST + 3)], "next": "c2"},
    }
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "flood-poll") as poller:
            await until(lambda: poller.mapper.counts["held_back"] > 2 * FEWEST)  # tried again, and as bad
            assert poller.cursor.read() == "c1"
            assert not poller.source_status.reachable
            assert await ids(kafka, "flood-poll") == ["n-1"]
            assert len(await kept(kafka, DEAD_LETTERS, "flood-poll")) == 3
            rest.pages["c1"] = {"notes": [note(2), *bad(3), *map(note, range(3, 8))], "next": "c2"}
            await until(lambda: poller.cursor.read() == "c2")
            assert poller.source_status.reachable

            async def told():
                return await kinds(kafka, "flood-poll") == [
                    ("source.up", "reached"), ("source.down", "flood"), ("source.up", "flood_over"),
                ]  # fmt: skip

            await until(told)
    assert await ids(kafka, "flood-poll") == [f"n-{number}" for number in range(1, 8)]
    assert len(await kept(kafka, DEAD_LETTERS, "flood-poll")) == 3  # the same dead letters again are no new ones


async def test_a_page_that_is_read_again_and_again_is_judged_once(producer, rest, tmp_path):
    rest.pages = {None: {"notes": [note(1), *bad(FEWEST - 1)]}}
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "again") as poller:
            await until(lambda: len(rest.asked) > 4)
            assert poller.source_status.reachable


async def test_a_bug_in_a_mapping_stops_neither_the_next_item_nor_the_process(kafka, producer, rest, tmp_path):
    def broken(received, context):
        return POLLED.map(received, context) if received.payload.number != "1" else 1 / 0

    rest.pages = {None: {"notes": [note(1), note(2)], "next": "c1"}}
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "bug-poll", Connector(**{**vars(POLLED), "map": broken})) as poller:
            await until(lambda: poller.cursor.read() == "c1")
    assert await ids(kafka, "bug-poll") == ["n-2"]
    (dead_letter,) = await kept(kafka, DEAD_LETTERS, "bug-poll")
    assert DeadLetter.model_validate_json(dead_letter).reason_code == "mapping_bug"


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"status": 500}, "http_500"),
        ({"status": 302, "headers": {"location": "http://127.0.0.1:1/"}}, "http_302"),
        ({"body": b"<html>"}, "bad_answer"),
        ({"body": b'{"other": 1}'}, "bad_answer"),
        ({"body": b"[]"}, "bad_answer"),
        ({"body": b'{"notes": 7}'}, "bad_answer"),
        ({"body": b"\xff"}, "bad_answer"),
        ({"body": b"[" * 100_000}, "bad_answer"),
        ({"body": gzip.compress(b'{"notes": []}'), "headers": {"content-encoding": "gzip"}}, "bad_answer"),
        ({"body": b" " * 3000}, "bad_answer"),
    ],
)
async def test_a_source_that_cannot_be_read_turns_its_light_once(
    kafka, producer, rest, tmp_path, changed, cause, monkeypatch, request
):
    monkeypatch.setattr(module, "LARGEST_ANSWER", 2000)
    monkeypatch.setattr(module, "BackOff", partial(BackOff, timedelta(milliseconds=10)))
    ward = request.node.callspec.id.replace("_", "-")
    vars(rest).update(changed)
    with served(rest) as url:
        async with polling(producer, url, tmp_path, ward) as poller:
            await until(lambda: len(rest.asked) > 4)
            assert not poller.source_status.reachable
            assert poller.cursor.read() is None
            vars(rest).update(Rest().__dict__)
            await until(lambda: poller.source_status.reachable)
            await asyncio.sleep(0.1)
    assert await kinds(kafka, ward) == [("source.down", cause), ("source.up", "reached")]


async def test_a_source_that_is_not_there_and_comes_back(kafka, producer, rest, tmp_path):
    with served(rest) as url:
        pass
    async with polling(producer, url, tmp_path, "gone") as poller:
        await until(lambda: poller.mapper.counts["failed"] >= 2)

        async def told():
            return await kinds(kafka, "gone")

        assert await until(told) == [("source.down", "no_answer")]


async def test_one_lost_answer_is_no_outage(kafka, producer, rest, tmp_path):
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "once") as poller:
            await until(lambda: poller.source_status.reachable)
            rest.status = 500
            await until(lambda: poller.mapper.counts["failed"] == 1)
            rest.status = 200
            asked = len(rest.asked)
            await until(lambda: len(rest.asked) > asked + 3)
    assert await kinds(kafka, "once") == [("source.up", "reached")]


@pytest.mark.parametrize("url", ["", "ftp://x", "file:///etc/passwd", "http://", "http://user:pass@host", "x"])
def test_an_address_that_is_none_is_refused(url, tmp_path):
    mapper, producer = Mapper(POLLED, context("w")), Producer(IngestSettings(_env_file=None, data_folder=tmp_path))
    source_status, cursor = (
        SourceStatus(POLLED, mapper.context, producer),
        Cursor(tmp_path, "polled", context("w").pseudonym),
    )
    with pytest.raises(ConfigurationError, match="IOC_CONNECTORS_URLS__POLLED"):
        RestPoller(mapper, source_status, circuit_breaker.CircuitBreaker(source_status), producer, cursor, url)


def probe():
    """A probe that remembers when the outage began, to name its end alike."""
    began: dict[str, str] = {}

    def status(code, at):
        if code != 200 and not began:
            began["ref"] = f"app|{at:%H%M%S}"
            return [AppOutageStarted(outage_ref=began["ref"], app="app", at=at, detected_by="probe")]
        if code == 200 and began:
            return [AppOutageEnded(outage_ref=began.pop("ref"), app="app", at=at, detected_by="probe")]
        return []

    way = Poll("/health", timedelta(1), lambda page: [], lambda page: None, lambda cursor: {}, status)
    events = (AppOutageStarted, AppOutageEnded)
    return Connector(**{**vars(POLLED), "id": "probe", "way": way, "events": events, "payload": TypeAdapter(dict)})


async def test_a_probe_tells_each_change_once_and_across_restarts(kafka, producer, rest, tmp_path):
    with served(rest) as url:
        async with polling(producer, url, tmp_path, "probe", probe()) as poller:
            await until(lambda: str(poller.cursor.read()).startswith("200"))
            rest.status = 503
            await until(lambda: str(poller.cursor.read()).startswith("503"))
            poller.mapper.context.clock.moment += timedelta(hours=1)
            asked = len(rest.asked)
            await until(lambda: len(rest.asked) > asked + 3)
            assert poller.source_status.reachable
        async with polling(producer, url, tmp_path, "probe", probe()) as poller:
            poller.mapper.context.clock.moment += timedelta(hours=2)
            rest.status = 200
            await until(lambda: str(poller.cursor.read()).startswith("200"))
    told = [one.data for one in decode(await kept(kafka, HEALTH, "probe")).events if one.data.kind.startswith("app.")]
    assert [(one.kind, one.outage_ref) for one in told] == [
        ("app.outage_started", "app|010000"),
        ("app.outage_ended", "app|010000"),
    ]
