import asyncio
import base64
import json
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from commands.install.ports import free_ports
from ingest.contract.connector import PostProof
from ingest.contract.connector import Webhook as Declared
from ingest.contract.envelope import decode
from ingest.contract.errors import ConfigurationError
from ingest.contract.topic import DEAD_LETTERS
from ingest.kafka import producer as producer_module
from ingest.kafka.producer import Producer
from ingest.network.http_server import Patience
from ingest.source import circuit_breaker
from ingest.source.circuit_breaker import PAUSE, TRIED, CircuitBreaker
from ingest.source.failure_rate import FEWEST
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from ingest.untrusted.dead_letter import DeadLetter
from ingest.webhook.routes import PostLimits, PostSource, WebhookRoutes
from ingest.webhook.server import WebhookServer, WebhookSettings
from tests.ingest.support.toy import POSTING, QUEUE, context, frozen, kept, note, until

pytestmark = pytest.mark.embedded

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()


class Device:
    """A device that posts, and the intake it posts to."""

    def __init__(self, http, port, post, ward):
        self.http, self.port, self.post, self.ward = http, port, post, ward
        self.url = f"http://127.0.0.1:{port}/intake/posting"

    async def send(self, value, *, id_="m1", secret=SECRET, at=None, url=None, signed=None, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        at = datetime.now(UTC) + (at or timedelta(0))
        signature = Webhook(secret).sign(id_, at, (signed or body).decode("latin-1" if signed is None else "utf-8"))
        all_headers = {
            "content-type": "application/json",
            "webhook-id": id_,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        return await self.http.post(url or self.url, content=body, headers=all_headers)


@asynccontextmanager
async def serving(producer, ward, limits=None, connector=POSTING, patience=None):
    mapper = Mapper(connector, context(ward))
    source_status = SourceStatus(connector, mapper.context, producer)
    post = PostSource(mapper, source_status, CircuitBreaker(source_status))
    intake = WebhookRoutes([post], {"posting": (SECRET,)}, producer, limits)
    (port,) = free_ports(1)
    ending = asyncio.Event()
    running = asyncio.create_task(
        WebhookServer(intake, WebhookSettings("127.0.0.1", port), patience=patience).run(ending)
    )
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        device = Device(http, port, post, ward)

        async def ready():
            try:
                return (await http.get(f"http://127.0.0.1:{port}/livez")).status_code == 200
            except httpx.ConnectError:
                return False

        await until(ready)
        yield device
        ending.set()
        await running


@pytest.fixture
async def device(producer, request):
    async with serving(producer, request.node.name.split("[")[0].replace("_", "-")[:40]) as one:
        yield one


async def test_accepted_means_in_kafka(device, kafka):
    answer = await device.send(note(1))
    assert (answer.status_code, answer.json()) == (202, {"id": "n-1", "events": 1})
    (event,) = decode(await kept(kafka, QUEUE, device.ward)).events
    assert event.id == "n-1"
    assert device.post.source_status.reachable


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"secret": OTHER}, 401, "signature"),
        ({"signed": b'{"id": 1}'}, 401, "signature"),
        ({"webhook_id": "m2"}, 401, "signature"),
        ({"at": -timedelta(minutes=6)}, 401, "stale"),
        ({"at": timedelta(minutes=10)}, 401, "stale"),
        ({"content_type": "text/plain"}, 415, "content_type"),
        ({"content_type": "application/json; charset=utf-16"}, 415, "content_type"),
        ({"content_encoding": "gzip"}, 415, "content_encoding"),
        ({"value": b"{"}, 400, "not_json"),
        ({"value": b"[]"}, 400, "wrong_form"),
        ({"value": b'"n"'}, 400, "wrong_form"),
        ({"value": b"\xff"}, 400, "encoding"),
        ({"value": b'{"a":1e999}'}, 400, "non_finite"),
        ({"value": b'{"a":1,"a":2}'}, 400, "duplicate_keys"),
        ({"value": b'"\\ud800"'}, 400, "encoding"),
        ({"value": b"[" * 50_000}, 400, "too_deep"),
        ({"value": b" " * 65_537}, 413, "too_large"),
    ],
)
async def test_refused_posts_change_nothing(device, kafka, changes, status, error):
    answer = await device.send(**{"value": note(1), **changes})
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert await kept(kafka, QUEUE, device.ward) == []
    assert await kept(kafka, DEAD_LETTERS, device.ward) == []


async def test_an_unknown_source_answers_like_a_wrong_signature(device):
    known = await device.send(note(1), secret=OTHER)
    unknown = await device.send(note(1), secret=SECRET, url=device.url + "x")
    assert (known.status_code, known.content, known.headers) == (unknown.status_code, unknown.content, unknown.headers)


async def test_only_post_is_answered(device):
    for method in ("GET", "PUT", "DELETE"):
        assert (await device.http.request(method, device.url)).status_code == 405
    for path in ("/docs", "/openapi.json", "/intake/"):
        assert (await device.http.get(f"http://127.0.0.1:{device.port}{path}")).status_code == 404


async def test_a_body_without_length_is_cut_while_it_is_read(device):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 8192
            yield b" " * 8192

    try:
        answer = await device.http.post(device.url, content=endless(), headers={"content-type": "application/json"})
    except httpx.TransportError:
        pass  # the connection was closed while we were still sending: as good as the answer
    else:
        assert answer.status_code == 413
    assert sent < 10_000_000


@pytest.mark.parametrize("value", [note(1, at="2200-01-01T00:00:00Z"), note("refuse"), {"id": "x", "hoTen": "Nguyen"}])
async def test_what_makes_no_sense_is_accepted_as_a_dead_letter(device, kafka, value):
    answer = await device.send(value, id_=f"m-{value['id']}-{len(value)}")
    assert answer.status_code == 202
    assert answer.json()["dead_letter"] is True
    dead_letters = [DeadLetter.model_validate_json(one) for one in await kept(kafka, DEAD_LETTERS, device.ward)]
    assert answer.json()["id"] in [one.id for one in dead_letters]
    assert not any("Nguyen" in one.payload_redacted for one in dead_letters)
    assert await kept(kafka, QUEUE, device.ward) == []


async def test_the_same_post_again_gets_the_same_answer_and_counts_once(device, kafka):
    answers = [await device.send(note(1)) for _ in range(3)]
    assert {one.content for one in answers} == {answers[0].content}
    assert len(await kept(kafka, QUEUE, device.ward)) == 1
    assert device.post.mapper.counts["repeated"] == 2


async def test_another_body_under_the_same_id_is_a_conflict_and_the_first_wins(device, kafka):
    await device.send(note(1))
    answer = await device.send(note(2))
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert "webhook-id" in answer.json()["message"]
    assert [one.id for one in decode(await kept(kafka, QUEUE, device.ward)).events] == ["n-1"]
    (dead_letter,) = await kept(kafka, DEAD_LETTERS, device.ward)
    assert DeadLetter.model_validate_json(dead_letter).reason_code == "conflict"


async def bad(device, start, count):
    return [await device.send(note("refuse", id=f"b{n}"), id_=f"b{n}") for n in range(start, start + count)]


class Later:
    """A monotonic clock that goes on by itself and can be put on."""

    def __init__(self):
        self.seconds = 0.0

    def monotonic(self):
        return time.monotonic() + self.seconds


async def test_a_flood_is_answered_503_and_ends_by_itself(device, kafka, monkeypatch):
    monkeypatch.setattr(circuit_breaker, "time", later := Later())
    answers = await bad(device, 0, FEWEST + 5)
    assert [one.status_code for one in answers] == [202] * (FEWEST - 1) + [503] * 6
    assert answers[-1].json()["error"] == "flood"
    assert "none is accepted for now" in answers[-1].json()["message"]
    assert 0 < int(answers[-1].headers["retry-after"]) <= PAUSE.total_seconds()
    assert (await device.send(note(1))).status_code == 503  # good ones wait at the source as well
    assert not device.post.source_status.reachable
    assert len(await kept(kafka, DEAD_LETTERS, device.ward)) == FEWEST - 1
    assert device.post.mapper.counts["dead_letters"] == FEWEST - 1

    later.seconds += PAUSE.total_seconds()  # the pause is over: a trial, and it is as bad
    answers = await bad(device, FEWEST, TRIED + 1)
    assert [one.status_code for one in answers] == [202] * TRIED + [503]
    assert not device.post.source_status.reachable

    later.seconds += PAUSE.total_seconds()  # another one, after the source was mended
    for number in range(TRIED + 5):
        assert (await device.send(note(number), id_=f"m{number}")).status_code == 202
    assert device.post.source_status.reachable
    assert len(await kept(kafka, QUEUE, device.ward)) == TRIED + 5


async def test_a_source_that_uses_its_ids_anew_is_held_back(device, kafka):
    await device.send(note(0))
    statuses = [(await device.send(note(number))).status_code for number in range(1, FEWEST + 3)]
    assert statuses == [409] * (FEWEST - 1) + [503] * 3
    assert len(await kept(kafka, DEAD_LETTERS, device.ward)) == FEWEST - 1


async def test_a_bug_in_a_mapping_is_a_dead_letter(kafka, producer):
    def broken(received, context):
        raise KeyError(received.payload.number) if received.payload.number == "7" else ValueError

    connector = POSTING.__class__(**{**vars(POSTING), "map": broken})
    async with serving(producer, "bug-post", connector=connector) as device:
        assert (await device.send(note(7))).json()["dead_letter"] is True
    (dead_letter,) = await kept(kafka, DEAD_LETTERS, "bug-post")
    assert DeadLetter.model_validate_json(dead_letter).reason_code == "mapping_bug"


async def test_unknown_fields_are_kept_out_and_counted(device, kafka):
    await device.send(note(1, hoTen="Nguyễn Văn A", model="k9"))
    (value,) = await kept(kafka, QUEUE, device.ward)
    assert "Nguyễn" not in value.decode()
    assert device.post.mapper.counts["unknown_fields"] == 2


async def test_503_while_kafka_hangs_and_the_same_post_is_accepted_later(kafka, producer, monkeypatch):
    monkeypatch.setattr(producer_module, "PATIENCE", timedelta(seconds=1))
    async with serving(producer, "hanging") as device:
        await device.send(note(0), id_="m0")
        with frozen(kafka):
            for _ in range(2):
                answer = await device.send(note(1))
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) >= 1
            assert (await device.http.get(f"http://127.0.0.1:{device.port}/readyz")).status_code == 503

        async def accepted():
            return (await device.send(note(1))).status_code == 202

        await until(accepted)
        assert {one.id for one in decode(await kept(kafka, QUEUE, "hanging")).events} == {"n-0", "n-1"}


async def test_503_before_kafka_was_ever_there(kafka):
    async with serving(Producer(kafka), "early") as device:
        assert (await device.send(note(1))).status_code == 503


async def test_a_source_that_posts_too_much_is_told_to_wait(kafka, producer):
    async with serving(producer, "many", PostLimits(per_second=2)) as device:
        answers = [await device.send(note(number), id_=f"m{number}") for number in range(6)]
    refused = [one for one in answers if one.status_code == 429]
    assert answers[0].status_code == 202
    assert refused
    assert all(one.headers["retry-after"] == "1" for one in refused)
    accepted = [one.json()["id"] for one in answers if one.status_code == 202]
    assert [one.id for one in decode(await kept(kafka, QUEUE, "many")).events] == accepted


async def test_a_source_may_not_have_too_many_posts_in_work(kafka, producer):
    async with serving(producer, "at-once", PostLimits(at_once=1)) as device:
        answers = await asyncio.gather(*(device.send(note(n), id_=f"m{n}") for n in range(5)))
    assert {one.status_code for one in answers} == {202, 429}


async def test_a_body_that_trickles_in_is_given_up(producer):
    async with serving(producer, "slow", PostLimits(read_time=timedelta(milliseconds=200))) as device:
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        writer.write(
            b"POST /intake/posting HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"
        )
        assert b"408" in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_headers_that_trickle_in_are_given_up(producer):
    async with serving(producer, "slower", patience=Patience(head=timedelta(milliseconds=200))) as device:
        reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
        writer.write(b"POST /intake/posting HTTP/1.1\r\nhost:")
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_ends_with_503_and_finishes_what_is_in_work(kafka, producer):
    async with serving(producer, "ending") as device:
        in_work = [asyncio.create_task(device.send(note(n), id_=f"m{n}")) for n in range(20)]
        await asyncio.sleep(0)
    answers = await asyncio.gather(*in_work, return_exceptions=True)
    accepted = {one.json()["id"] for one in answers if isinstance(one, httpx.Response) and one.status_code == 202}
    assert accepted <= {one.id for one in decode(await kept(kafka, QUEUE, "ending")).events}
    assert {one.status_code for one in answers if isinstance(one, httpx.Response)} <= {202, 503}


async def test_a_port_that_is_taken_is_said_with_its_setting(producer):
    async with serving(producer, "taken") as device:
        with pytest.raises(ConfigurationError, match=f"{device.port}.*IOC_CONNECTORS_INTAKE_PORT"):
            await WebhookServer(WebhookRoutes([], {}, producer), WebhookSettings("127.0.0.1", device.port)).run(
                asyncio.Event()
            )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: json.dumps({"id": text}).encode()))
async def test_any_signed_bytes_are_accepted_or_refused_with_a_reason(device, body):
    try:
        body.decode()
    except UnicodeDecodeError:
        answer = await device.http.post(device.url, content=body, headers={"content-type": "application/json"})
    else:
        answer = await device.send(body, signed=body or None, id_=f"m-{hash(body)}")
    assert answer.status_code in (202, 400, 401)
    assert set(answer.json()) in ({"error"}, {"id", "dead_letter"}, {"id", "events"})


async def test_a_source_with_another_proof_posts_as_it_can_and_counts_once(producer, kafka):
    proof = PostProof("bearer", networks=(ip_network("127.0.0.0/8"),))
    keyed = replace(POSTING, way=Declared(timedelta(seconds=10), proof))
    async with serving(producer, "another-proof", connector=keyed) as device:

        async def post(key):
            return await device.http.post(device.url, json=note(1), headers={"authorization": f"Bearer {key}"})

        assert (await post("wrong")).status_code == 401
        assert (await device.send(note(1))).status_code == 401  # signed, but that is not asked for
        assert [(await post(SECRET)).status_code for _ in range(2)] == [202, 202]
        assert device.post.mapper.counts["repeated"] == 1
    assert len(decode(await kept(kafka, QUEUE, "another-proof")).events) == 1
