"""The bundle of Plotly that the board brings itself."""

import hashlib
import re

import pytest
from dash import dcc
from plotly.offline import get_plotlyjs_version

from dashboard.board.html import ASSETS
from dashboard.board.page import fill, find, pages
from dashboard.board.viewer import Viewer, set_viewer
from tests.dashboard.support import whole_ward
from tests.dashboard.support.board import BoardOfTests

BUNDLE = ASSETS / "plotly" / "plotly-basic.min.js"
PUBLISHED = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"
"""SHA-256 of this file in plotly.js-basic-dist-min 4.1.1 at npm; goes with the version of the package `plotly`."""
IN_IT = {"bar", "pie", "scatter"}


def test_it_is_the_published_one_of_the_version_that_dash_brings():
    text = BUNDLE.read_bytes()
    assert hashlib.sha256(text).hexdigest() == PUBLISHED
    assert f"plotly.js (basic - minified) v{get_plotlyjs_version()}\n".encode() in text[:200]
    assert "MIT License" in (BUNDLE.parent / "LICENSE").read_text()


@pytest.mark.parametrize("path", [*(page.path for page in pages().values() if page.arguments is None), "/history/Q03"])
def test_it_can_draw_every_chart(path):
    set_viewer(Viewer("lan", frozenset({"admin"})))
    place = find(path)
    scene = whole_ward.scene(argument=place.argument)
    layout = fill(place.page.layout(scene), place.page.leaves(scene))
    graphs = [part for part in layout._traverse() if isinstance(part, dcc.Graph)]
    drawn = {data["type"] for graph in graphs for data in (getattr(graph, "figure", None) or {}).get("data", ())}
    assert drawn <= IN_IT


async def test_no_page_has_it_before_it_is_needed(tmp_path):
    async with BoardOfTests(tmp_path).logged_in() as client:
        page = await client.get("/", headers={"accept": "text/html"})
        assert not re.search(r"<script[^>]*plotly", page.text)
        assert (await client.get("/assets/plotly/plotly-basic.min.js")).status_code == 200
