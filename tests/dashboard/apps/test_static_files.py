import gzip
import re

import pytest

from dashboard.apps.static_files import ASSETS, StaticFiles, bundle, content_hash
from tests.dashboard.support.board import BoardOfTests

PAGE = {"accept": "text/html"}


@pytest.fixture
async def client(tmp_path):
    async with BoardOfTests(tmp_path).logged_in(("admin",)) as found:
        yield found


async def test_all_scripts_are_one_file_whose_address_tells_its_content_and_it_is_kept(client):
    page = (await client.get("/", headers=PAGE)).text
    addresses = dict(re.findall(r"(?:src|href)=\"/assets/all\.(\w+)(\?m=\w+)\"", page))
    assert addresses.keys() == {"css", "js"}
    for kind, address in addresses.items():
        kept = await client.get(f"/assets/all.{kind}{address}")
        assert kept.content == bundle(kind, "wall")
        assert kept.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert (ASSETS / "board.css").read_bytes() in bundle("css", "wall")
    assert (ASSETS / "wall.js").read_bytes() not in bundle("js", "wall")
    assert (await client.get("/assets/board.css")).headers["cache-control"] == "private, no-cache"
    assert "immutable" not in (await client.get("/assets/none.css?m=1")).headers["cache-control"]


def test_letters_are_known_by_their_content_too():
    fonts = re.findall(r"url\(fonts/([\w.-]+)\?m=(\w+)\)", (ASSETS / "board.css").read_text())
    assert [told for _, told in fonts] == [content_hash(f"fonts/{name}") for name, _ in fonts]
    assert len(fonts) == 3


async def test_what_pages_fetch_is_compressed_and_what_strangers_may_ask_for_is_not(client):
    for path in ("/", "/_dash-layout", "/_dash-dependencies", "/assets/plotly/plotly-basic.min.js"):
        assert (await client.get(path, headers=PAGE)).headers.get("content-encoding") == "gzip", path
    for path in ("/login", "/password", "/api/clock"):
        assert "content-encoding" not in (await client.get(path, headers=PAGE)).headers, path


async def test_what_stays_is_sent_by_brotli_to_browsers_that_read_it(client):
    for path, others in (("/assets/plotly/plotly-basic.min.js?m=1", 0.92), ("/assets/all.css?m=1", 0.95)):
        by_gzip, by_brotli = [
            await client.get(path, headers={"accept-encoding": accepted}) for accepted in ("gzip", "gzip;q=0.5, br")
        ]
        assert (by_gzip.headers["content-encoding"], by_brotli.headers["content-encoding"]) == ("gzip", "br")
        assert int(by_brotli.headers["content-length"]) < others * len(gzip.compress(by_gzip.content, 6))
        assert by_brotli.headers["vary"] == "Accept-Encoding"
    font = next((ASSETS / "fonts").glob("*.woff2"))
    sent = await client.get(f"/assets/fonts/{font.name}?m=1", headers={"accept-encoding": "gzip, br"})
    assert (sent.content, "content-encoding" in sent.headers) == (font.read_bytes(), False)


async def test_an_answer_is_compressed_once_and_never_kept_in_half(tmp_path):
    asked = []

    async def app(scope, receive, send):
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half" * 1000, "more_body": True})
        if len(asked) > 1:  # who asked first has gone meanwhile
            await send({"type": "http.response.body", "body": b"whole"})

    files, got = StaticFiles(app), []

    async def take(message):
        got.append(message)

    async def nothing():
        return {"type": "http.disconnect"}

    asking = {"type": "http", "method": "GET", "path": "/assets/all.js", "query_string": b"m=1"}
    for _ in range(3):
        got.clear()
        await files({**asking, "headers": [(b"accept-encoding", b"gzip")]}, nothing, take)
    assert gzip.decompress(b"".join(message.get("body", b"") for message in got)) == b"half" * 1000 + b"whole"
    assert len(asked) == 2


async def test_parts_of_libraries_are_asked_for_and_not_sent_again(client):
    path = "/_dash-component-suites/dash_ag_grid/async-community.js"
    first = await client.get(path)
    assert first.headers["cache-control"] == "private, no-cache"
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
