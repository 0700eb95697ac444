"""Nothing that anybody sends stops the stream worker: every field of every event, with every odd value, through the real parts.

What a source can send goes the source's own way (webhook, poll, MQTT); besides, every event type goes into its topic as it is. Between
all that lie good events, of which each must be counted once.
"""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import httpx
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic_core import to_json
from standardwebhooks import Webhook as Signer

from commands.install.ports import free_ports
from commands.supervision.stack import Stack
from connectors.settings import ConnectorsSettings
from ingest.contract.clock import WARD_ZONE
from ingest.contract.connector import AlertStream, Connector, DeviceProbe, Poll, PullPoint, Subscription, Webhook
from ingest.contract.decoder import DecodedEvent
from ingest.contract.envelope import AnyEnvelope, decode
from ingest.contract.errors import InvalidEvent
from ingest.contract.events import event_types
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of
from ingest.source.mapper import MappedMessage, Mapper
from ingest.untrusted.dead_letter import known_fields
from ingest.untrusted.json_text import check_json, parse_json_loosely
from ingest.untrusted.pseudonym import pseudonymiser
from tests.connectors.support.poison import at, leaves, replaced, values, with_value
from tests.declarations.test_connectors import MAPPED, Sent, lines, mapper, sent
from tests.streams.support.counting import Figures, audit, expected, flows, send, until
from tests.support.made import START, events
from warehouse.catalogue import indicator
from warehouse.settings import WarehouseSettings
from warehouse.store import halted_partitions
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.embedded, pytest.mark.faults, pytest.mark.timeout(900)]

PRESENT = START + timedelta(hours=2)
"""A little after all events: what is hours late changes every minute since then, which is not the subject here."""
RECORDED = datetime(2026, 11, 16, 12, tzinfo=UTC)
"""After nearly all that the samples tell."""
WARD = "hong-bang"
ALLOWED = 1_000_000
"""Bad records that whoever resumes a stream, or sets up a source, expects."""


@pytest.fixture(scope="module")
def ledger() -> list[AnyEnvelope]:
    """What this file's stack was sent so far, and counts."""
    return []


REFUSED: Counter[str] = Counter()
"""By topic, how many of their records may not count."""

UNREADABLE = {"not_json", "encoding", "non_finite", "out_of_range", "duplicate_keys", "too_deep"}
"""Reasons for which a webhook is refused at once, with 400 and without a dead letter."""

SENDING = [
    one
    for one in MAPPED
    if not isinstance(one.way, AlertStream | PullPoint | DeviceProbe) and getattr(one.way, "form", "") != "icalendar"
]
"""A device or a calendar is asked, and our own reader makes the message: what it may answer is tried in `tests/ingest/devices`,
`tests/ingest/probe` and `tests/ingest/rest`."""


class Present:
    """The stack's clock, stopped."""

    def now(self) -> datetime:
        return PRESENT


class Pages(BaseHTTPRequestHandler):
    """A dossier system whose pages hold what they are given, as texts."""

    pages: ClassVar[list[list[str]]] = []

    def do_GET(self) -> None:
        number = int(parse_qs(urlsplit(self.path).query).get("conTro", ["0"])[0])
        items = self.pages[number] if number < len(self.pages) else []
        following = min(number + 1, len(self.pages))
        body = f'{{"DuLieu": [{",".join(items)}], "ConTroTiepTheo": "{following}"}}'.encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def variants(one: Connector, is_whole: bool) -> Iterator[tuple[dict[str, Any], str]]:
    """Messages of a connector with odd values, as JSON texts: each kind of message of its sample, each place in it."""
    seen: set[str] = set()
    for number, line in enumerate(map(lately, lines(one))):
        said = line["payload"] if isinstance(one.way, Subscription) else line
        if not isinstance(said, dict):
            continue
        shape = json.dumps(
            [
                sorted(said),
                line.get("topic", "")[:8],
                *(said.get(key) for key in ("event", "loai", "type", "TrangThaiHoSoId")),
            ]
        )
        if shape in seen:
            continue
        seen.add(shape)
        known = known_fields(one)
        for path in leaves(said):
            if any(isinstance(key, str) and key not in known for key in path):
                continue
            for count, text in enumerate(odd(at(said, path))[: None if is_whole else 2]):
                marked = json.dumps(replaced(said, path, "@value@"), ensure_ascii=False)
                yield line, marked.replace('"@value@"', text.replace("@", f"{number}-{count}"), 1)


def lately(value: Any) -> Any:
    """A message of a sample with its times moved to the last hours before the present."""
    if isinstance(value, dict):
        return {name: lately(one) for name, one in value.items()}
    if isinstance(value, list):
        return [lately(one) for one in value]
    if isinstance(value, float) and value > 1e9:
        return moved(datetime.fromtimestamp(value, UTC)).timestamp()
    if isinstance(value, str) and re.match(r"202\d-\d\d-\d\dT", value):
        told = datetime.fromisoformat(value)
        local = moved(told if told.tzinfo else told.replace(tzinfo=WARD_ZONE)).astimezone(WARD_ZONE)
        return (local if told.tzinfo else local.replace(tzinfo=None)).isoformat()
    return value


def moved(told: datetime) -> datetime:
    return min(max(told + (PRESENT - RECORDED), PRESENT - timedelta(hours=6)), PRESENT)


def odd(known: Any) -> tuple[str, ...]:
    """What stands in the place of a value."""
    if isinstance(known, bool) or known is None:
        return ("9223372036854775807", '"x@"')
    if isinstance(known, int | float):
        return (
            "9223372036854775807",
            "NaN",
            "9300000000000000",
            "-9223372036854775808",
            "1e308",
            "-1",
            "4102444800",
            '"1"',
            "9" * 5_000,
        )
    return (
        '"0912345678"',
        "9223372036854775807",
        '""',
        '"\\ud800"',
        '"\\u202e@"',
        '"\\ud83d\\ude00@"',
        '"' + "x" * 300 + '"',
        '"9999-12-31T23:59:59Z"',
    )


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    (port,) = free_ports(1)
    server = ThreadingHTTPServer(("127.0.0.1", port), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    allowances = {f"IOC_CONNECTORS_ALLOWANCES__{one.id.upper()}": str(ALLOWED) for one in MAPPED}
    variables = {
        "IOC_CONNECTORS_URLS__DOSSIER_PORTAL": f"http://127.0.0.1:{port}",
        "IOC_CLOCK_ORIGIN": PRESENT.isoformat(),
        "IOC_CLOCK_REAL_ORIGIN": datetime.now(UTC).isoformat(),
        "IOC_CLOCK_SPEED": "10",
        "IOC_STREAMS_RECOMPUTE_EVERY": "PT1S",
        "IOC_CONNECTORS_INTAKE_PER_SECOND": "100000",
        **allowances,
    }
    Pages.pages = []
    with Stack(
        tmp_path_factory.mktemp("poison"), ("ingest", "warehouse", "connectors", "streams"), variables
    ) as running:
        yield running
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


def resume(client: Client) -> None:
    """Let every stopped stream go on, as a person does who knows what is coming."""
    for (topic, partition), one in halted_partitions.read_halted_partitions(client).items():
        if one.is_stopped:
            halted_partitions.resume_partition(client, topic, partition, "tester", ALLOWED)


def stored(client: Client) -> dict[str, str]:
    """Topic of every event that is stored, by its id."""
    return dict(client.query("SELECT id, topic FROM raw_events"))


def without_health(figures: Figures) -> Figures:
    """Figures that the connectors' own heartbeats have no part in."""
    return {key: sums for key, sums in figures.items() if indicator(key[1]).of.events[0].stream != "health"}


def dead_letters(client: Client) -> dict[str, int]:
    rows = client.query(
        "SELECT if(connector = '', original_topic, connector) AS of, uniqExact(id) FROM raw_dead_letters GROUP BY of"
    )
    return dict(rows)


@pytest.mark.parametrize("is_whole", [False, True], ids=["short", "whole"])
def test_every_field_of_every_event_straight_into_its_topic(
    stack: Stack, client: Client, is_whole: bool, ledger: list[AnyEnvelope]
) -> None:
    """What a field may be counts, and what it may not be is a dead letter."""
    neighbours = events(11 + is_whole, 1_200, keys=120, spread=timedelta(minutes=90))
    half = len(neighbours) // 2
    pattern = {
        kind: next(
            one for one in events(13, 40, [kind], timedelta(minutes=90), keys=120) if one.ward == WARD
        )  # to whose partition all records go
        for kind in event_types().values()
    }
    records: dict[str, list[bytes]] = {}
    ledger.extend(neighbours[:half])
    before = REFUSED.total()
    for kind in event_types().values():
        for name in kind.model_fields:
            if name == kind.about:
                continue  # another thing altogether; the envelope's subject names it too
            for number, value in enumerate(values(kind, name, is_whole)):
                record = with_value(pattern[kind], f"{kind.kind}-{name}-{number}-{is_whole}", name, value.text)
                (judged,) = decode([record], PRESENT).events
                assert isinstance(judged, DecodedEvent) == value.is_good, (kind, name, value, judged)
                if isinstance(judged, InvalidEvent):
                    REFUSED[topic_of(kind.stream)] += 1
                else:
                    ledger.append(judged)
                records.setdefault(topic_of(kind.stream), []).append(record)
    assert REFUSED.total() - before > (5_000 if is_whole else 500)
    ledger.extend(neighbours[half:])
    send(stack, neighbours[:half])
    for topic, some in records.items():
        send(stack, [], some, topic)
    send(stack, neighbours[half:])

    def is_there() -> bool:
        resume(client)
        return dead_letters(client) == REFUSED

    assert until(is_there, 180), (stack.told(), dead_letters(client), REFUSED)
    ids, figures = {one.id for one in ledger}, without_health(expected(ledger))
    until(lambda: ids <= stored(client).keys() and without_health(flows(client)) == figures, 90)
    assert ids - stored(client).keys() == set()
    found = without_health(flows(client))
    assert {
        key: (found.get(key), figures.get(key)) for key in found | figures if found.get(key) != figures.get(key)
    } == {}
    # Besides, the connectors tell that they live.
    assert {topic for id, topic in stored(client).items() if id not in ids} <= {topic_of("health")}
    check_well(stack, client)


@pytest.mark.parametrize("is_whole", [False, True], ids=["short", "whole"])
def test_every_field_of_every_message_through_its_connector(stack: Stack, client: Client, is_whole: bool) -> None:
    settings = stack.settings(ConnectorsSettings)
    secret = pseudonymiser(stack.settings(IngestSettings).pseudonym_secret)
    refused: dict[str, set[str]] = {}
    counted: dict[str, set[str]] = {}
    for one in SENDING:
        judge = mapper(one)
        judge.context = replace(judge.context, clock=Present(), pseudonym=secret)
        bodies = list(variants(one, is_whole))
        for line, body in bodies:
            how = sent(one, line)
            taken = judged(judge, how._replace(body=body.encode()))
            counted.setdefault(one.id, set()).update(envelope.id for envelope in taken.envelopes)
            if taken.dead_letter is not None:
                assert taken.dead_letter.reason_code != "mapping_bug", taken.dead_letter
                if not (isinstance(one.way, Webhook) and taken.dead_letter.reason_code in UNREADABLE):
                    refused.setdefault(one.id, set()).add(taken.dead_letter.id)
        if isinstance(one.way, Webhook):
            post(settings, one, [body for _, body in bodies])
        elif isinstance(one.way, Subscription):
            publish(settings, one, bodies)
        else:
            texts = [body for _, body in bodies]
            Pages.pages += [texts[start : start + 200] for start in range(0, len(texts), 200)]

    def missing() -> dict[str, int]:
        there = {
            id for (id,) in client.query("SELECT id FROM raw_dead_letters UNION DISTINCT SELECT id FROM raw_events")
        }
        ids = {of: refused.get(of, set()) | counted[of] for of in counted}
        return {of: len(some - there) for of, some in ids.items() if some - there}

    def all_there() -> bool:
        resume(client)
        return not missing()

    until(all_there, 120)
    assert missing() == {}
    assert {of: dead_letters(client).get(of) for of in refused} == {of: len(ids) for of, ids in refused.items()}
    check_well(stack, client)


def judged(mapper: Mapper, one: Sent) -> MappedMessage:
    """What a connector makes of a message; an item of a page is read and written again before."""
    if not isinstance(mapper.connector.way, Poll):
        return mapper.take(one.body, payload=one.payload, address=one.address)
    item = parse_json_loosely(one.body)
    try:
        check_json(item)
    except InvalidEvent as fault:
        return MappedMessage(
            dead_letter=mapper.refused(repr(item).encode(errors="replace"), fault, address=one.address)
        )
    return mapper.take(to_json(item), address=one.address)


def check_well(stack: Stack, client: Client) -> None:
    """The worker lives and has never been started again, every dead letter has a reason, and everything agrees with the rows."""
    assert stack.pid("streams") is not None
    assert client.query("SELECT count() - uniqExact(topic, partition, offset) FROM raw_events") == [(0,)]
    assert client.query("SELECT count() FROM raw_dead_letters WHERE reason_code = ''") == [(0,)]
    ends_it = ("not_foldable", "not_storable", "ends_worker", "not_understood")
    assert client.query("SELECT count() FROM raw_dead_letters WHERE reason_code IN %(ends)s", {"ends": ends_it}) == [
        (0,)
    ]
    report = audit(stack)
    assert (report.differences, report.found) == (0, [])


def post(settings: ConnectorsSettings, one: Connector, bodies: list[str]) -> None:
    signer = Signer(settings.webhook_secrets(one.id)[0])
    url = f"http://127.0.0.1:{settings.intake_port}/intake/{one.id}"

    def deliver(numbered: tuple[int, str]) -> int:
        number, body = numbered
        id, now = f"{one.id}-poison-{number}", datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(id, now, body),
        }
        for _ in range(30):
            with suppress(httpx.TransportError):  # a source posts the same again
                answer = http.post(url, content=body.encode(), headers=headers)
                if answer.status_code not in (429, 503):
                    return answer.status_code
            time.sleep(0.2)
        return 0

    with httpx.Client(timeout=30) as http, ThreadPoolExecutor(8) as pool:
        assert set(pool.map(deliver, enumerate(bodies))) <= {200, 202, 400, 422}


def publish(settings: ConnectorsSettings, one: Connector, bodies: list[tuple[dict[str, Any], str]]) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"poison-{one.id}")
    client.max_inflight_messages_set(100)
    client.username_pw_set(one.id, settings.mqtt_account_password(one.id))
    client.connect("127.0.0.1", settings.mqtt_port)
    client.loop_start()
    last = None
    for line, body in bodies:
        last = client.publish(line["topic"], body.encode(), qos=1)
    if last is not None:
        last.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
