"""Each way in that a declaration may name becomes a way of the runtime, and its messages become events."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from connectors import __main__ as main
from connectors.declared.declaration import InvalidDeclaration
from connectors.declared.load import load_connector
from connectors.describe import describe
from connectors.settings import ConnectorsSettings
from ingest.contract.connector import DeviceProbe, FileDrop, Poll, SqlTable, Subscription, Syslog, Webhook
from ingest.contract.errors import InvalidEvent
from ingest.contract.settings import IngestSettings
from ingest.mqtt.subscriber import payload_of
from ingest.rest.oauth import ClientCredentials
from ingest.rest.poller import RestPoller
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.cursor import Cursor
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from ingest.untrusted.xml_text import parse_xml
from tests.connectors.support.taking import CONTEXT
from tests.ingest.rest.test_poller import Rest, served
from tests.ingest.sql.test_reader import Sink
from tests.ingest.support.toy import until

POSTS = """
label = {vi = "Tin bài", en = "Posts"}
times = ["iso", "dd/mm/yyyy"]
[[events]]
event = "post.published"
id = "ma"
fields = {post_ref = "ma", platform = {value = "zalo"}, topic_code = {value = "khac"}, published_at = "ngay"}
[way]
"""
SETTINGS = ConnectorsSettings(_env_file=None, webhook_secret=SecretStr("webhook-secret-of-thirty-two-characters"),
                              mqtt_secret=SecretStr("mqtt-secret-of-thirty-two-characters"))  # fmt: skip


def declared(tmp_path, way, text=POSTS):
    file = tmp_path / "posts.toml"
    file.write_text(text + way, encoding="utf-8")
    return load_connector(file)


def rest(**changed):
    values = {"kind": "rest", "path": "/posts", "items": "data.items", "parameter": "after", **changed}
    return "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())


def item(number):
    return {"ma": f"P-{number}", "ngay": f"2026-11-{number:02}", "nguoiDang": "Nguyễn Văn A"}


class Api(Rest):
    """A REST interface in each of the ways in which such systems turn pages."""

    def __init__(self, answer, *, token=None):
        super().__init__()
        self.reply, self.valid, self.granted = answer, token, 0

    def answer(self, request):
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        sent = request.headers.get("authorization"), request.headers.get("x-api-key")
        self.asked.append((query, *sent))
        request.send_response(401 if self.valid and sent[0] != f"Bearer {self.valid}" else 200)
        request.end_headers()
        said = self.reply(query)
        request.wfile.write(said if isinstance(said, bytes) else json.dumps(said).encode())


@asynccontextmanager
async def polling(connector, url, folder, token=None):
    sink: Any = Sink()
    mapper = Mapper(connector, CONTEXT)
    status = SourceStatus(connector, CONTEXT, sink)
    cursor = Cursor(folder, connector.id, CONTEXT.pseudonym)
    poller = RestPoller(mapper, status, CircuitBreaker(status), sink, cursor, url, token, timedelta(milliseconds=20))
    task = asyncio.create_task(poller.run())
    try:
        yield sink, cursor, mapper
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result()


async def test_rest_by_cursor_with_a_key_in_a_header(tmp_path):
    pages = {
        None: {"data": {"items": [item(1), item(2)]}, "next": "c1"},
        "c1": {"data": {"items": [item(3)]}, "next": None},
    }
    api = Api(lambda query: pages[query.get("after")])
    connector = declared(tmp_path, rest(cursor="next", key_header="X-Api-Key") + '\nparameters = {size = "2"}')
    with served(api) as url:
        async with polling(connector, url, tmp_path, SecretStr("key")) as (sink, cursor, _):
            await until(lambda: len(sink.ids) == 3)
            await until(lambda: cursor.read() == "c1")
    assert api.asked[0] == ({"size": "2"}, None, "key")


async def test_rest_since_a_time_which_overlaps(tmp_path):
    known = [item(1), item(2)]
    api = Api(lambda query: {"data": {"items": [one for one in known if one["ngay"] >= query.get("after", "")]}})
    connector = declared(tmp_path, rest(since="ngay"))
    with served(api) as url:
        async with polling(connector, url, tmp_path) as (sink, _, _):
            await until(lambda: len(sink.ids) == 2)
            known.append({**item(2), "ma": "P-2b"})
            await until(lambda: len(sink.ids) == 3)
            await until(lambda: api.asked[-1][0] == {"after": "2026-11-02"})
    assert len(set(sink.ids)) == 3


async def test_rest_page_by_page(tmp_path):
    known = [item(number) for number in range(1, 6)]
    api = Api(lambda query: {"data": {"items": known[2 * int(query["after"]) - 2 : 2 * int(query["after"])]}})
    connector = declared(tmp_path, rest(page_size=2))
    with served(api) as url:
        async with polling(connector, url, tmp_path) as (sink, cursor, _):
            await until(lambda: len(sink.ids) == 5)
            known += [item(6), item(7)]
            await until(lambda: len(sink.ids) == 7)
            await until(lambda: cursor.read() == "4")


async def test_rest_in_xml(tmp_path):
    def page(query):
        return b"<r><i ma='P-1'><ngay>01/11/2026</ngay><nguoi>A</nguoi></i></r>" if not query else b"<r/>"

    way = rest(items="r.i", since='"@ma"', xml=True)
    connector = declared(tmp_path, way, POSTS.replace('"ma"', "'\"@ma\"'"))
    with served(Api(page)) as url:
        async with polling(connector, url, tmp_path) as (sink, cursor, _):
            await until(lambda: cursor.read() == "P-1")
    assert len(sink.ids) == 1


async def test_rest_with_oauth_fetches_a_token_and_another_when_it_is_refused(tmp_path):
    class Granting(Api):
        def do_post(self, request):
            self.granted += 1
            self.valid = f"t{self.granted}"
            request.rfile.read(int(request.headers["content-length"]))
            request.send_response(200)
            request.end_headers()
            request.wfile.write(json.dumps({"access_token": self.valid, "expires_in": 3600}).encode())

    api = Granting(lambda query: {"data": {"items": [item(1)]}}, token="t0")
    connector = declared(tmp_path, rest(since="ma", token_path="/oauth/token"))
    with served(api, post=api.do_post) as url:
        async with polling(connector, url, tmp_path, SecretStr("client:secret")) as (sink, _, mapper):
            await until(lambda: sink.ids)
            api.valid = "changed"
            await until(lambda: api.granted == 2)
            asked = len(api.asked)
            await until(lambda: len(api.asked) > asked + 2)
            assert mapper.counts["failed"] == 1


async def test_an_endpoint_that_gives_no_token_says_so():
    for body in (b"", b"[]", b"{}", b'{"access_token": "x", "expires_in": "soon"}'):

        async def fetch(*asked, body=body, **more):
            return 200, body

        with pytest.raises(InvalidEvent, match="no_token"):
            await ClientCredentials("http://x", "a:b").token(fetch)


@pytest.mark.parametrize("body", [b"", b"<a>", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><a>&a;</a>', b"\xff", b"<a>" * 2_000])
def test_xml_that_is_none_is_refused(body):
    with pytest.raises(InvalidEvent, match="not_xml"):
        parse_xml(body)


TOPICS = 'kind = "mqtt"\ntopics = ["hall/+/state", "hall/+/post"]\n'


def test_mqtt_levels_of_the_topic_and_plain_values(tmp_path):
    text = """
label = {vi = "Loa", en = "Speaker"}
[[events]]
event = "device.online"
when = "_item == 'online'"
fields = {area_code = {value = "TDP-017"}, device_id = "_topic[1]", at = "_received_at", reason = {value = "reconnect"}}
[[events]]
event = "device.offline"
when = "_item == 'offline'"
fields = {area_code = {value = "TDP-017"}, device_id = "_topic[1]", at = "_received_at", reason = {value = "lwt"}}
[[events]]
event = "post.published"
when = "ma"
id = "ma"
fields = {post_ref = "ma", platform = {value = "speaker"}, topic_code = {value = "khac"}, published_at = "ngay"}
[way]
"""
    connector = declared(tmp_path, TOPICS, text)
    assert connector.way == Subscription(("hall/+/state", "hall/+/post"), connector.way.payloads)
    mapper = Mapper(connector, CONTEXT)

    def take(topic, body, *, retained=False):
        payload = payload_of(connector.way, topic)
        taken = mapper.take(body, payload=payload, address=topic, retained=retained)
        return taken.dead_letter.reason_code if taken.dead_letter else [one.data for one in taken.envelopes]

    (online,) = take("hall/l-1/state", b"online")
    assert (online.kind, online.device_id) == ("device.online", "l-1")
    assert take("hall/l-1/state", b"online", retained=True) == []  # told by no time of its own, it is a state
    (post,) = take("hall/l-1/post", json.dumps(item(1)).encode())
    assert post.post_ref == "P-1"
    assert take("hall/l-1/state", b"5") == "no_mapping"
    assert take("hall/l-1/state", b"\xff") == "encoding"


@pytest.mark.parametrize("topic", ["#", "+/state", "$SYS/x", "", "a/#/b", "a/b+", "/a", "a" * 201])
def test_topics_begin_with_a_name_of_their_own(tmp_path, topic):
    with pytest.raises(InvalidDeclaration, match="topics"):
        declared(tmp_path, f'kind = "mqtt"\ntopics = [{json.dumps(topic)}]')


SQL = 'kind = "sql"\ntable = "tin_bai"\nschema = "cms"\ngrows = "cap_nhat"\nby = "time"\n'
PROBE = 'kind = "probe"\ndevices = [{device = "l-1", by = "ping", addresses = ["10.0.0.5"]}]\n'
FILES = 'kind = "files"\n'
WEBHOOK = 'kind = "webhook"\nproof = "basic"\nnetworks = ["10.0.0.0/8"]\n'


@pytest.mark.parametrize(
    ("way", "kind", "told"),
    [
        (WEBHOOK, Webhook, ["Authorization: Basic", "10.0.0.0/8", "/intake/posts"]),
        (FILES, FileDrop, ["inbox/posts/"]),
        (rest(cursor="next"), Poll, ["IOC_CONNECTORS_URLS__POSTS", "/posts"]),
        (SQL, SqlTable, ["IOC_CONNECTORS_URLS__POSTS", "cms.tin_bai", "<user>:<password>"]),
        (TOPICS, Subscription, ["hall/+/state"]),
        (PROBE, DeviceProbe, ["l-1", "IOC_CONNECTORS_TOKENS__POSTS"]),
        ('kind = "syslog"\nport = 5514', Syslog, ["127.0.0.1:5514", "IOC_CONNECTORS_SYSLOG_HOST"]),
        ('kind = "probe"', DeviceProbe, ["inventory/posts.xlsx"]),
    ],
)
def test_each_is_a_way_that_is_described_and_reached(tmp_path, way, kind, told):
    connector = declared(tmp_path, way)
    assert isinstance(connector.way, kind)
    lines = " ".join(text for _, text in describe(connector, SETTINGS))
    assert [one for one in told if one not in lines] == []
    ingest = IngestSettings(_env_file=None, data_folder=tmp_path, pretend=True)
    reach = main.connector_endpoints([connector], ingest, SETTINGS)
    assert "posts" not in reach.urls  # the pretend ward plays none of these
    assert ("posts" in reach.webhook_secrets) == (kind is Webhook)


@pytest.mark.parametrize(
    ("way", "what"),
    [
        (rest(), "exactly one of"),
        (rest(cursor="a", since="b"), "exactly one of"),
        (rest(cursor="a."), "way.cursor"),
        (rest(cursor="a", path="//other.host/x@y"), "path"),
        (rest(cursor="a", items="*.x"), "way.items"),
        (SQL.replace('"time"', '"guess"'), "way.by"),
        (SQL + 'query = "DROP TABLE x"', "query"),
        (PROBE.replace('"ping"', '"telnet"'), "devices.0.by"),
        (PROBE.replace("10.0.0.5", "http://10.0.0.5"), "host"),
        (PROBE.replace("}]", "}, {device = 'l-1', by = 'unwatched'}]"), "same name"),
        (PROBE + "every = 1", "every"),
        ('kind = "syslog"\nport = 514', "port"),
        (PROBE + "values = {x = 'sysUpTime'}", "values"),
    ],
)
def test_a_way_that_is_none_is_a_fault(tmp_path, way, what):
    with pytest.raises(InvalidDeclaration, match=what):
        declared(tmp_path, way)
