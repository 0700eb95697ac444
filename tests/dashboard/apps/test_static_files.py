import re

import pytest

from dashboard.apps.static_files import ASSETS, content_hash
from tests.dashboard.support.board import BoardOfTests

PAGE = {"accept": "text/html"}


@pytest.fixture
async def client(tmp_path):
    async with BoardOfTests(tmp_path).logged_in(("admin",)) as found:
        yield found


async def test_an_asset_s_address_tells_its_content_and_it_is_kept(client):
    page = (await client.get("/", headers=PAGE)).text
    found = dict(re.findall(r"assets/([\w./-]+)\?m=(\w+)", page))
    assert {"board.css", "chart.js"} <= found.keys()
    assert found == {name: content_hash(name) for name in found}
    kept = await client.get(f"/assets/board.css?m={found['board.css']}")
    assert kept.headers["cache-control"] == "private, max-age=31536000, immutable"
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


async def test_parts_of_libraries_are_asked_for_and_not_sent_again(client):
    path = "/_dash-component-suites/dash_ag_grid/async-community.js"
    first = await client.get(path)
    assert first.headers["cache-control"] == "private, no-cache"
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
