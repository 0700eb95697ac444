"""Whatever anybody sends to any route of the board ends in an answer below 500, and in no traceback in its log."""

import base64
import itertools
import json
import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Mount

from dashboard.access.api_key import FeedKeys
from dashboard.access.guard import BOARD, CLOCK, FEED
from ingest.contract.clock import RealClock
from ingest.contract.errors import Unavailable
from tests.dashboard.access.test_guard import Socket, cookies
from tests.dashboard.feed.test_routes import FROM, Asked, row
from tests.dashboard.support.board import ORIGIN, BoardOfTests, id_text
from tests.dashboard.support.ward import WARD

INVALID_PAYLOAD = 1007  # RFC 6455, 7.4.1: a message whose content makes no sense
DASH = "/_dash-update-component"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "x" * 200)

ODD_PATHS = (
    "/api", "/api/", "/api/x", f"{CLOCK}/", f"{BOARD}", f"{BOARD}/", f"{BOARD}/x", f"{BOARD}/readings/x", f"{BOARD}x", FEED,
    f"{FEED}/", f"{FEED}/x", f"{FEED}/../../../sql", f"{FEED}//values", "/..", "//", "//evil.test/x", "/%00", "/%ff", "/%ed%a0%80",
    "/login/", "/login/x", "/assets", "/assets/", "/assets/../app.py", "/assets/..%2fapp.py", "/assets/%00", "/assets/x.css",
    "/assets/" + "x" * 300, "/wall", "/wall?token=%ff", "/wall/x", "/wall/assets/../x", "/_dash-x", "/_dash-component-suites/x/y.js",
    "/_dash-component-suites/dash/x.js", "/_dash-component-suites/dash/../x.js", "/_dash-component-suites/os/path.js",
    "/wall/_dash-component-suites/dash/x.js", "/alarms/%ed%a0%80", "/proof/%00", "/history/" + "x" * 5000, "/proof/Q03/../..",
)  # fmt: skip

ODD_QUERIES = (
    "", "lang=%ff", "theme=%00", "next=//[", "&".join(f"a{n}=1" for n in range(300)), "=&==&%", "from=%ed%a0%80", "token=%00",
)  # fmt: skip

ODD_HEADERS = (
    {"origin": "http://["}, {"origin": "null"}, {"origin": "\xff"}, {"sec-fetch-site": "\xff"}, {"cookie": "ioc_session=\xff"},
    {"cookie": 'a="' + "\\" * 50}, {"cookie": "ioc_session=a.b.c; ioc_display=\xe9"}, {"accept": "\xff" * 100}, {"if-none-match": '"'},
    {"authorization": "Bearer \xff"}, {"authorization": "Bearer ioc__"}, {"authorization": "\xff \xff"}, {"range": "bytes=9-1,x"},
    {"content-length": "9" * 5000}, {"content-type": "\xff"}, {"content-type": "application/json; charset=\xff"}, {"host": "\xff"},
    {"accept-encoding": "gzip;q=x"}, {"if-modified-since": "\xff"}, {"transfer-encoding": "\xff"}, {"x": ""},
)  # fmt: skip

ODD_BODIES = (
    b"", b"\xff", b"null", b"[]", b"{}", b'{"output": 1}', b'"\\ud800"', b"[" * 100_000, b"9" * 5000, b"1e999", b'{"output": "x.y"}',
    b'{"output": "\\u0000"}', b"name=%00&password=%ff", b"&" * 3000, b"name=a&name=b&old=%ed%a0%80",
)  # fmt: skip


class Walk:
    """Sends raw requests to the server as an HTTP server would hand them over, and notes what went wrong."""

    def __init__(self, tested, caplog):
        self.tested, self.caplog = tested, caplog
        self.count = 0
        self.faults = []

    async def ask(self, path, method="GET", headers=None, body=b"", query=""):
        path, _, more = path.partition("?")
        raw = {"host": "board.test", "sec-fetch-site": "same-origin", **(headers or {})}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "root_path": "",
            "path": unquote(path), "raw_path": path.encode(), "query_string": "&".join(filter(None, (more, query))).encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in raw.items()],
            "client": ("127.0.0.1", 1), "server": ("board.test", 80), "state": {},
        }  # fmt: skip
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])
        sent = []

        async def receive():
            return next(messages, {"type": "http.disconnect"})

        async def send(message):
            sent.append(message)

        what = f"{method[:9]} {path[:60]}?{query[:40]} {str(headers)[:80]} {body[:60]!r}"
        self.caplog.clear()
        self.count += 1
        try:
            await self.tested.server(scope, receive, send)
        except Exception as error:
            self.faults.append(f"{what}: raised {error!r}")
            return 500, b""
        status = sent[0]["status"] if sent else 0
        if not 200 <= status < 500 or any(record.exc_info for record in self.caplog.records):
            self.faults.append(f"{what}: {status}")
        return status, b"".join(message.get("body", b"") for message in sent)


@pytest.fixture
def tested(tmp_path):
    return BoardOfTests(tmp_path, ask_feed=Asked([row(n) for n in range(5)]), feed_requests=10**6)


@pytest.fixture
def walk(tested, caplog):
    caplog.set_level(logging.INFO)
    return Walk(tested, caplog)


@asynccontextmanager
async def everybody(tested):
    """The headers of everybody who may ask: nobody, somebody logged in, and the holder of each key."""
    now = RealClock().now()
    keys = FeedKeys(tested.settings)
    held = {
        scope: {"authorization": f"Bearer {keys.make(scope, (WARD,), now, now + timedelta(days=1), (scope,))[1]}"}
        for scope in ("feed", "board")
    }
    await tested.live.read_all()
    async with tested.logged_in(("leader", "analyst", "admin")) as client:
        yield {"nobody": {}, "person": {"cookie": cookies(client)}, **held}


def every_path(server):
    """Every route's path, with something put in where it has parameters."""
    for route in server.app.routes:
        inside = (
            [f"{route.path}{one.path}" for one in getattr(route, "routes", None) or ()]
            if isinstance(route, Mount)
            else []
        )
        for path in inside or [route.path or "/"]:
            for name in ("package_name", "fingerprinted_path:path", "path:path"):
                path = path.replace(f"{{{name}}}", "dash")
            yield path


async def test_no_route_fails_whoever_asks_and_by_whatever_method(tested, walk):
    paths = {*every_path(tested.server), *ODD_PATHS, "/sql", "/proof/Q03", "/history/Q03", "/system"}
    async with everybody(tested) as people:
        for path, method, headers in itertools.product(sorted(paths), METHODS, people.values()):
            if method in ("GET", "POST") or headers in (people["nobody"], people["person"]):
                await walk.ask(path, method, headers)
    assert walk.faults == []
    assert walk.count > 1000


async def test_programs_without_a_key_are_told_in_json(tested, walk):
    for path in (BOARD, f"{BOARD}/x", FEED, f"{FEED}/", f"{FEED}/x", f"{FEED}/values"):
        status, body = await walk.ask(path)
        assert status in (401, 404)
        assert json.loads(body)["detail"]
    assert walk.faults == []


async def test_odd_queries_headers_and_bodies_fail_nowhere(tested, walk):
    paths = (
        "/",
        "/login",
        "/password",
        DASH,
        f"/wall{DASH}",
        "/logout",
        f"{FEED}/values",
        f"{BOARD}/readings",
        "/wall",
        CLOCK,
    )
    async with everybody(tested) as people:
        for path, person in itertools.product(paths, people.values()):
            for query in ODD_QUERIES:
                await walk.ask(path, "GET", person, query=query)
            for headers in ODD_HEADERS:
                await walk.ask(path, "POST" if path == DASH else "GET", {**person, **headers})
        for path, body, kind in itertools.product(
            (*paths, "/"), ODD_BODIES, ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
        ):
            if path != "/logout":
                await walk.ask(path, "POST", {**people["person"], "content-type": kind}, body)
    assert walk.faults == []


ODD_PLACES: tuple[Any, ...] = (True, None, 2**62, -(2**63), 10**400, 1.5, "1", [], {}, "\ud800", "\0")
ODD_CURSORS = [
    base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    for odd in ODD_PLACES
    for place in (
        [odd, WARD, "Q01", "flow", 0, "", ""],
        [0, odd, "Q01", "flow", 0, "", ""],
        [0, WARD, "Q01", "flow", odd, "", ""],
    )
] + ["W10", "x.y", ".", "é", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "%", "A" * 600]


async def test_a_cursor_that_this_board_has_not_made_for_the_question_is_refused(tested, walk):
    async with everybody(tested) as people:
        for cursor in ODD_CURSORS:
            status, body = await walk.ask(
                f"{FEED}/values", headers=people["feed"], query=urlencode({**FROM, "cursor": cursor})
            )
            assert status == 422, (cursor, body)
        made = json.loads(
            (await walk.ask(f"{FEED}/values", headers=people["feed"], query=urlencode({**FROM, "limit": 2})))[1]
        )["cursor"]
        good = {**FROM, "cursor": made}
        assert (await walk.ask(f"{FEED}/values", headers=people["feed"], query=urlencode(good)))[0] == 200
        for other in (
            {"dimension": ""},
            {"indicator": "Q01"},
            {"from": "2026-11-25T00:00:00+07:00"},
            {"to": "2027-01-01T00:00:00Z"},
        ):
            asked = urlencode({**good, **other})
            assert (await walk.ask(f"{FEED}/values", headers=people["feed"], query=asked))[0] == 422, other
        for place in range(len(made) - 1):  # the last letter of base64 has bits to spare
            forged = made[:place] + ("B" if made[place] == "A" else "A") + made[place + 1 :]
            status, _ = await walk.ask(
                f"{FEED}/values", headers=people["feed"], query=urlencode({**FROM, "cursor": forged})
            )
            assert status == 422
    assert walk.faults == []


TEXT = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            "2026-11-24T00:00:00+07:00",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-12:00",
            "1e400",
            "-1",
            "0",
            "nan",
            "9" * 30,
            "Q01",
            WARD,
        ]
    ),
)
NAMES = ("from", "to", "indicator", "ward", "dimension", "cursor", "limit", "format", "x")


async def test_the_feed_takes_any_parameters(tested, walk):
    examples = []

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(st.lists(st.tuples(st.sampled_from(NAMES), TEXT), max_size=6))
    def gather(parameters):
        examples.append(parameters)

    gather()
    async with everybody(tested) as people:
        for parameters, usual in itertools.product(examples, ("", urlencode(FROM))):
            query = "&".join(
                [usual, *(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in parameters)]
            )
            await walk.ask(f"{FEED}/values", headers=people["feed"], query=query)
    assert walk.faults == []


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.sampled_from(["Q03", "/sql", "/proof/Q03", "?at=9", "?at=2026-11-24T00:00", "x" * 5000, "2026-11-24", "1" * 5000, "month"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def drawn(strategy, count):
    """Values of a strategy, the same at every run."""
    found = []

    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def gather(value):
        found.append(value)

    gather()
    return found


async def test_a_callback_takes_any_value(tmp_path, walk):
    """Every callback of the board with any JSON value in the place of each input and state, up to its question to the warehouse."""
    values, started = itertools.cycle(drawn(JSON, 200)), itertools.count()
    walk.tested = tested = BoardOfTests(tmp_path, reader=AskedAway())
    async with everybody(tested) as people:
        headers = {**people["person"], "content-type": "application/json"}
        for output, declared in tested.board.dash.callback_map.items():
            if "callback" in declared and not declared["websocket"]:
                for _ in range(20):
                    body = json.dumps(request(output, declared, values, next(started))).encode()
                    status, said = await walk.ask(DASH, "POST", headers, body)
                    assert status in (200, 204), (said, output, body)
    assert walk.faults == []


class AskedAway:
    """A reader whose warehouse goes away with the first question, which has to be one that could be sent."""

    async def ask(self, question):
        return question(self)

    def query(self, sql, parameters=None, *args, **more):
        json.dumps([sql, parameters], ensure_ascii=False, default=str).encode()
        raise Unavailable("ClickHouse", "gone")

    execute = query


def request(output, declared, values, started=0):
    """What a browser sends to run a callback, with values from an iterator."""

    def of(one):
        if not one["id"].startswith("{"):
            return {"id": one["id"], "property": one["property"], "value": next(values)}
        id = {name: "x" if isinstance(part, list) else part for name, part in json.loads(one["id"]).items()}
        return [{"id": id, "property": one["property"], "value": next(values)}]

    outputs = [
        {"id": json.loads(id) if id.startswith("{") else id, "property": name.partition("@")[0]}
        for id, _, name in (part.rpartition(".") for part in output.strip(".").split("..."))
    ]
    inputs, state = ([of(one) for one in declared[name]] for name in ("inputs", "state"))
    first = inputs[started % len(inputs)]
    first = first[0] if isinstance(first, list) else first
    sent = {
        "output": output, "outputs": outputs if output.startswith("..") else outputs[0], "inputs": inputs, "state": state,
        "changedPropIds": [f"{id_text(first['id'])}.{first['property']}"],
    }  # fmt: skip
    return {**sent, "outputs": None} if declared["no_output"] else sent


async def test_a_request_that_our_pages_would_not_send_is_refused(tested, walk):
    output, declared = next(
        (name, one)
        for name, one in tested.board.dash.callback_map.items()
        if name.startswith("..alarm-fault.children...alarm-comment")
    )
    good = request(output, declared, itertools.repeat(None))
    other = {"id": "x", "property": "y", "value": 1}
    async with everybody(tested) as people:
        headers = {**people["person"], "content-type": "application/json"}
        assert (await walk.ask(DASH, "POST", headers, json.dumps(good).encode()))[0] == 200
        for name, wrong in itertools.product(
            good, (None, 1, "x", [], {}, [other], [[other]], [None], good["inputs"][:1])
        ):
            if wrong != good[name] and not (name == "changedPropIds" and wrong == []):
                status, body = await walk.ask(DASH, "POST", headers, json.dumps({**good, name: wrong}).encode())
                assert (status, "detail" in json.loads(body)) == (400, True), (name, wrong)
        body = json.dumps(good)
        for text in (
            body.replace("null", '"\\ud800"', 1),
            body.replace("null", '"\\u0000"', 1),
            body.replace("null", "1e999", 1),
        ):
            assert (await walk.ask(DASH, "POST", headers, text.encode()))[0] == 400
    assert walk.faults == []


async def test_a_message_that_our_pages_would_not_send_ends_its_socket_and_nothing_else(tested, caplog):
    push = next(name for name, one in tested.board.dash.callback_map.items() if one["websocket"])
    other = next(name for name, one in tested.board.dash.callback_map.items() if not one["websocket"])
    asked = {"type": "callback_request", "requestId": "1", "rendererId": "r"}
    odd = [
        "", "x", "[]", "null", "1", '"\\ud800"', "[" * 5000, {}, {"type": None}, {"type": []}, {"type": "x"}, {"type": "callback_request"},
        {**asked, "payload": 1}, {**asked, "payload": {"output": "x"}}, {**asked, "payload": {"output": []}},
        {**asked, "payload": {"output": other, "inputs": [], "state": []}}, {**asked, "requestId": {}, "payload": {"output": push}},
        {**asked, "payload": {"output": push, "changedPropIds": ["x"]}}, {"type": "get_props_response", "requestId": []},
        {"type": "get_props_response", "requestId": "1", "payload": "data"}, {"type": "heartbeat", "x": "\0"},
    ]  # fmt: skip
    messages = [one if isinstance(one, str) else json.dumps(one) for one in odd]
    async with tested.logged_in() as client:
        headers = {"host": "board.test", "origin": ORIGIN, "cookie": cookies(client)}
        received: list[dict[str, Any]] = [*({"text": text} for text in messages), {"bytes": b"x"}]
        for message in received:
            sent = await Socket(tested, headers, messages=[{"type": "websocket.receive", **message}]).run()
            assert [one.get("code") for one in sent if one["type"] == "websocket.close"] == [INVALID_PAYLOAD], message
        beat = {"type": "websocket.receive", "text": json.dumps({"type": "heartbeat"})}
        sent = await Socket(tested, headers, messages=[beat]).run()
    assert not any(one["type"] == "websocket.close" for one in sent)
    assert not any(record.exc_info for record in caplog.records)
