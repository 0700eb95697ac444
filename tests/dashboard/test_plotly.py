"""The bundle of Plotly that the board brings itself."""

import hashlib
import re

from plotly.offline import get_plotlyjs_version

from dashboard.apps.static_files import ASSETS
from tests.dashboard.support.board import BoardOfTests

BUNDLE = ASSETS / "plotly" / "plotly-basic.min.js"
PUBLISHED = "99784e3abfb07b142a15e521a439e6d9addceadb3f79553fd24c72774f0649ba"
"""SHA-256 of this file in plotly.js-basic-dist-min 4.1.1 at npm; goes with the version of the package `plotly`."""


def test_it_is_the_published_one_of_the_version_that_dash_brings():
    text = BUNDLE.read_bytes()
    assert hashlib.sha256(text).hexdigest() == PUBLISHED
    assert f"plotly.js (basic - minified) v{get_plotlyjs_version()}\n".encode() in text[:200]
    assert "MIT License" in (BUNDLE.parent / "LICENSE").read_text()


async def test_no_page_has_it_before_it_is_needed(tmp_path):
    async with BoardOfTests(tmp_path).logged_in() as client:
        page = await client.get("/", headers={"accept": "text/html"})
        assert not re.search(r"<script[^>]*plotly", page.text)
        assert (await client.get("/assets/plotly/plotly-basic.min.js")).status_code == 200
