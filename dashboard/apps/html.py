"""HTML: the HTML around an app of Dash - its language, its tokens, where it asks for the clock, and of which version it is."""

import hashlib
import logging
import re
from functools import cache
from pathlib import Path
from typing import Any

from dash import Dash
from fastapi import FastAPI

from dashboard import theme
from dashboard.access.viewer import viewer
from dashboard.apps.static_files import ASSETS, Kind, register_bundles
from dashboard.board.live import Live
from dashboard.words import text

log = logging.getLogger("dashboard")

_ROOT = Path(__file__).parents[2]
_SHOWN_BY = ("dashboard", "ingest", "warehouse")
"""Folders that make what the browser shows."""
_GRID = re.compile(r"<script src=\"([^\"]*/dash_ag_grid/[^\"]*)\"></script>")
_UNUSED = re.compile(r"<script src=\"[^\"]*/dash_table/[^\"]*\"></script>")
_ASKED_FIRST = ("_dash-layout", "_dash-dependencies")
"""What Dash asks for once its scripts run; made while they still come."""


class IndexedDash(Dash):
    """Dash with a page around it that says what the scripts need to know before anything else is there.

    Args:
        clock: path at which this app's pages ask for the clock.
        bundles: addresses of this app's scripts and style sheets.
        arguments: Dash's own.
    """

    def __init__(self, *, clock: str, bundles: dict[Kind, str], **arguments: Any) -> None:
        self._ioc_clock = clock
        self._ioc_bundles = bundles
        super().__init__("dashboard", **arguments)

    def interpolate_index(self, *args: Any, **parts: Any) -> str:
        """The page around the app."""
        grid = _GRID.search(parts["scripts"])
        own = f'<script src="{self._ioc_bundles["js"]}"></script>'
        parts["scripts"] = own + _UNUSED.sub("", _GRID.sub("", parts["scripts"]))
        parts["css"] += f'<link rel="stylesheet" href="{self._ioc_bundles["css"]}">'
        index: str = super().interpolate_index(*args, **parts)  # type: ignore[no-untyped-call]
        scheme = f'data-theme="{chosen}" ' if (chosen := viewer().scheme) else ""
        # Pages are the same for all; the style sheets show them for a screen on the wall, a desk, or a phone.
        far = "data-far " if viewer().is_far else ""
        density = f'data-density="wall" {far}style="--letters:{viewer().letters:.3f}" ' if viewer().is_display else ""
        facts = f'{density}{scheme}lang="{viewer().language}" data-clock="{self._ioc_clock}" data-version="{version()}"'
        if grid:  # its library is larger than all others together: `grid.js` brings it
            facts += f' data-grid="{grid[1]}"'
        asked = (f"{self.config.requests_pathname_prefix}{name}" for name in _ASKED_FIRST)
        early = "".join(f'<link rel="preload" as="fetch" crossorigin href="{path}">' for path in asked)
        # Dash wraps its scripts in a footer, which would be a second one beside the page's own.
        for before, after in (
            ("<html>", f"<html {facts}>"),
            ("<head>", f"<head>{early}"),
            ("</head>", f"<style>{theme.variables()}</style></head>"),
            ("<footer>", "<div>"),
            ("</footer>", "</div>"),
        ):
            index = index.replace(before, after, 1)
        return index


def make_dash(server: FastAPI, live: Live, *, clock: str, without: str, prefix: str = "/") -> Dash:
    """An app of Dash on our server, without pages and callbacks yet.

    Args:
        server: gets its routes.
        live: names the ward.
        clock: path at which its pages ask for the clock.
        without: assets that it has no use for, as a regular expression.
        prefix: where its routes begin.
    """
    app = IndexedDash(
        clock=clock,
        bundles=register_bundles(server, prefix, without),
        server=server,
        assets_folder=str(ASSETS),
        include_assets_files=False,  # they come as two files
        url_base_pathname=prefix,
        use_pages=False,
        serve_locally=True,
        suppress_callback_exceptions=True,  # pages come one at a time
        title=text.CENTRE.vi.format(ward=live.board.ward_name),
        update_title="",
        add_log_handler=False,
        websocket_inactivity_timeout=0,  # a wall is quiet for longer than five minutes
        websocket_batch_delay=0.002,
        enable_mcp=False,
        on_error=_log,
    )
    app.enable_dev_tools(debug=False)
    return app


@cache
def version() -> str:
    """What tells one state of code and assets from another, so that pages left open notice that they are of the past."""
    seen = hashlib.sha256()
    for folder in _SHOWN_BY:
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".js", ".css", ".html"):
                seen.update(str(path.relative_to(_ROOT)).encode())
                seen.update(path.read_bytes())
    return seen.hexdigest()[:12]


def _log(error: Exception) -> None:
    """Dash answers 500 and says nothing: write down why."""
    log.error("a callback failed", exc_info=error)
    raise error
