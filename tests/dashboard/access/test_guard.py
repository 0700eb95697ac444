import json

import pytest
from starlette.routing import Mount, Route, WebSocketRoute

from dashboard.access.guard import BOARD, BODY_LIMIT, FEED, LIVEZ, LOG_IN, MESSAGE_LIMIT, SOCKET
from tests.dashboard.support.board import ORIGIN, BoardOfTests


@pytest.fixture
def tested(tmp_path):
    return BoardOfTests(tmp_path)


def routes(server):
    """Every path of the server, with something put in where it has parameters."""
    app = server._app
    found = set()
    for route in app.routes:
        if isinstance(route, Route) or type(route).__name__ == "APIRoute":
            path = route.path.replace("{package_name}", "dash").replace("{fingerprinted_path:path}", "x.js")
            found.add(path.replace("{path:path}", "/anything"))
        elif isinstance(route, Mount):
            found.add(f"{route.path}/fonts/inter-latin-wght-normal.woff2")
    return {path for path in found if path.startswith("/")}


async def test_no_route_answers_without_a_log_in(tested):
    paths = routes(tested.server) | {
        "/",
        "/sql",
        "/_dash-layout",
        "/_dash-dependencies",
        "/assets/board.css",
        "/api/clock",
    }
    assert "/_dash-update-component" in paths
    async with tested.client() as client:
        for path in paths - {LIVEZ, LOG_IN}:
            if path.startswith((FEED, BOARD)):
                continue
            for method in ("GET", "POST"):
                response = await client.request(method, path, json={})
                assert response.status_code == 401, (method, path)
                assert response.json() == {"detail": "log in first"}


async def test_what_programs_read_asks_for_a_key_of_its_own(tested):
    async with tested.client() as client:
        for path in (f"{FEED}/values", f"{FEED}/indicators", f"{FEED}/openapi.json", f"{BOARD}/readings"):
            assert (await client.get(path)).status_code == 401


async def test_a_page_leads_to_the_log_in_and_back(tested):
    async with tested.client() as client:
        response = await client.get("/sql?x=1", headers={"accept": "text/html"})
        assert response.status_code == 303
        assert response.headers["location"] == "/login?next=/sql%3Fx%3D1"


async def test_the_sign_of_life_is_open_and_tells_nothing(tested):
    async with tested.client() as client:
        response = await client.get(LIVEZ)
        assert response.json() == {"alive": True}


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"}],
)
async def test_what_changes_something_must_come_from_our_pages(tested, headers):
    async with tested.client() as client:
        client.headers.update(headers)
        response = await client.post("/login", data={"name": "a", "password": "b"})
        assert response.status_code == 403


async def test_an_old_browser_is_judged_by_its_origin(tested):
    async with tested.client() as client:
        del client.headers["sec-fetch-site"]
        foreign = await client.post("/login", data={"name": "a"}, headers={"origin": "http://evil.test"})
        null = await client.post("/login", data={"name": "a"}, headers={"origin": "null"})
        ours = await client.post("/login", data={"name": "a"}, headers={"origin": ORIGIN})
    assert (foreign.status_code, null.status_code, ours.status_code) == (403, 403, 401)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused(tested, method):
    async with tested.client() as client:
        assert (await client.request(method, "/")).status_code == 405


async def test_every_answer_carries_the_headers(tested):
    async with tested.client() as client:
        for path in (LIVEZ, LOG_IN, "/", f"{FEED}/values"):
            headers = (await client.get(path)).headers
            policy = headers["content-security-policy"]
            for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"):
                assert part in policy
            script = next(part for part in policy.split("; ") if part.startswith("script-src"))
            assert "unsafe" not in script
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert "strict-transport-security" not in headers, "not on plain HTTP"
            assert "no-store" in headers["cache-control"] or "no-cache" in headers["cache-control"]


async def test_with_tls_browsers_are_told_to_insist(tmp_path):
    tested = BoardOfTests(tmp_path, public_url="https://ioc.example.vn", behind_proxy=True)
    password = tested.accounts.add("lan", frozenset({"leader"}))
    async with tested.client() as client:
        response = await client.post("/login", data={"name": "lan", "password": password})
    assert "max-age" in response.headers["strict-transport-security"]
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-ioc_session=")
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in cookie


async def test_bodies_are_bounded_by_what_they_say_and_by_what_they_are(tested):
    async def chunks():
        for _ in range(BODY_LIMIT // 65536 + 2):
            yield b" " * 65536

    async with tested.logged_in() as client:
        said = await client.post("/_dash-update-component", content=b" " * (BODY_LIMIT + 1))
        silent = await client.post(
            "/_dash-update-component", content=chunks(), headers={"content-type": "application/json"}
        )
    assert said.status_code == 413
    assert silent.status_code == 413


async def test_the_language_is_remembered(tested):
    async with tested.client() as client:
        assert 'lang="vi"' in (await client.get("/login")).text
        chosen = await client.get("/login?lang=en")
        assert 'lang="en"' in chosen.text
        assert 'lang="en"' in (await client.get("/login")).text
        assert 'lang="vi"' in (await client.get("/login?lang=<x>")).text


class Socket:
    """A WebSocket conversation with the server, message by message."""

    def __init__(self, tested, headers, path=SOCKET, messages=()):
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.scope = {
            "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": raw,
            "scheme": "ws", "server": ("board.test", 80), "client": ("127.0.0.1", 1), "subprotocols": [],
            "root_path": "", "state": {}, "extensions": {}, "asgi": {"version": "3.0"},
        }  # fmt: skip
        self.tested = tested
        self.messages = iter([{"type": "websocket.connect"}, *messages])
        self.sent = []

    async def run(self):
        async def receive():
            message = next(self.messages, {"type": "websocket.disconnect", "code": 1000})
            return message() if callable(message) else message

        async def send(message):
            self.sent.append(message)

        await self.tested.server(self.scope, receive, send)
        return self.sent


def cookies(client):
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


async def test_the_socket_needs_a_log_in_and_our_origin(tested):
    async with tested.logged_in() as client:
        ours = {"host": "board.test", "origin": ORIGIN, "cookie": cookies(client)}
        assert (await Socket(tested, ours).run())[0]["type"] == "websocket.accept"
        for wrong in (
            {**ours, "cookie": ""},
            {**ours, "origin": "http://evil.test"},
            {name: value for name, value in ours.items() if name != "origin"},
            {**ours, "cookie": ours["cookie"].replace("ioc_session=", "ioc_session=x")},
        ):
            sent = await Socket(tested, wrong).run()
            assert [message["type"] for message in sent] == ["websocket.close"]
        assert [m["type"] for m in await Socket(tested, ours, path="/elsewhere").run()] == ["websocket.close"]


async def test_a_log_in_that_ends_ends_the_socket(tested):
    beat = {"type": "websocket.receive", "text": json.dumps({"type": "heartbeat"})}
    async with tested.logged_in() as client:
        headers = {"host": "board.test", "origin": ORIGIN, "cookie": cookies(client)}

        def after_removal():
            tested.accounts.remove("lan")
            return beat

        sent = await Socket(tested, headers, messages=[beat, after_removal, beat]).run()
    closed = [message for message in sent if message["type"] == "websocket.close"]
    assert closed[0]["code"] == 4001


async def test_a_message_that_is_too_large_ends_the_socket(tested):
    huge = {"type": "websocket.receive", "text": "x" * (MESSAGE_LIMIT + 1)}
    async with tested.logged_in() as client:
        headers = {"host": "board.test", "origin": ORIGIN, "cookie": cookies(client)}
        sent = await Socket(tested, headers, messages=[huge]).run()
    assert any(message["type"] == "websocket.close" for message in sent)


def test_the_socket_is_a_route_of_dash(tested):
    assert any(isinstance(route, WebSocketRoute) or SOCKET in str(route.path) for route in tested.server._app.routes)
