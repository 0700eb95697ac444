import json
import re
import sys

import pytest
from dash import dcc, html
from plotly.io.json import to_json_plotly

import dashboard.pages
from dashboard.access.viewer import Viewer, set_viewer
from dashboard.apps.page_list import pages
from dashboard.board.layout import changed_properties, component_properties, fill_layout
from dashboard.state.page import PropertyUpdate
from tests.dashboard.support import whole_ward
from tests.dashboard.support.board import BoardOfTests, components
from tests.dashboard.support.ward import board_state
from warehouse.catalogue import measures

DOMAINS = {
    "Q": "/queue",
    "D": "/dossiers",
    "P": "/petitions",
    "S": "/speakers",
    "C": "/cameras",
    "V": "/documents",
    "K": "/figures",
    "E": "/equipment",
    "H": "/system",
}
"""By the first letter of an indicator's id, the page where it is."""

SHELL = {"url", "page-shown", "fallback", "pulse", "page", "scheme"}
"""What stands around every page."""


def test_leaves_fill_a_layout():
    layout = html.Div([html.Span(id="a"), dcc.Graph(id={"x": 1}, figure={"data": [{"y": []}]})])
    fill_layout(
        layout,
        {
            PropertyUpdate("a", "children"): "5",
            PropertyUpdate("a", "data-since"): 7,
            PropertyUpdate('{"x":1}', "figure.data.0.y"): [1, 2],
        },
    )
    assert layout.children[0].children == "5"
    assert layout.children[0].to_plotly_json()["props"]["data-since"] == 7
    assert layout.children[1].figure == {"data": [{"y": [1, 2]}]}


def test_a_leaf_without_a_place_is_an_error():
    with pytest.raises(KeyError):
        fill_layout(html.Div(), {PropertyUpdate("nowhere", "children"): "5"})


def test_only_what_is_different_travels():
    shown = {PropertyUpdate("a", "children"): "5", PropertyUpdate("b", "children"): "6"}
    now = {
        PropertyUpdate("a", "children"): "5",
        PropertyUpdate("b", "children"): "7",
        PropertyUpdate("c", "children"): "8",
    }
    assert changed_properties(now, shown) == {
        PropertyUpdate("b", "children"): "7",
        PropertyUpdate("c", "children"): "8",
    }
    assert changed_properties(now, now) == {}


def test_what_goes_into_a_property_is_a_patch():
    sent = component_properties(
        {
            PropertyUpdate("g", "figure.data.0.y"): [1],
            PropertyUpdate("g", "className"): "x",
            PropertyUpdate("g", "figure.layout.t"): 2,
        }
    )
    assert sent["g"]["className"] == "x"
    patch = json.loads(to_json_plotly(sent["g"]["figure"]))
    assert [one["location"] for one in patch["operations"]] == [["data", 0, "y"], ["layout", "t"]]


SILENT = {"Q13", "S10", "C08"}
"""How many devices are not heard of any more is the concern of who keeps the system running."""

BESIDE = {"H": SILENT, "K": {"D16"}}
"""What else a page shows: beside the portal's score stands the ward's own estimate."""

UNTURNED = {"/figures", "/system"}
"""Pages that the wall does not turn to by itself."""


def test_pages_are_found():
    own = ["/", "/today", "/alarms", *DOMAINS.values()]
    own.insert(own.index("/equipment"), "/groups")
    assert list(pages()) == [
        *own,
        "/due",
        "/entry",
        "/letters",
        "/sql",
        "/sources",
        "/boundaries",
        "/alarm",
        "/device",
        "/group",
        "/history",
        "/proof",
        "/sources/setup",
    ]
    assert [page.path for page in pages().values() if page.pace] == [one for one in own if one not in UNTURNED]
    assert {page.right for page in pages().values()} == {"leader", "analyst", "admin"}


PAGE = """
from dash import html
from dashboard.state.page import Page
from ingest.contract.label import Label

PAGE = Page(path="/extra", label=Label("Thêm", "Extra"), right="leader", layout=lambda state: html.Div(id="extra"))
"""
CALLBACKS = """
from dash import Input, Output

def register(app, services):
    @app.callback(Output("extra", "title"), Input("extra", "id"))
    def show(_id):
        return services.live.ingest.ward
"""


def test_a_page_is_found_with_its_callbacks_by_being_there(tmp_path, monkeypatch):
    extra = tmp_path / "pages" / "extra"
    extra.mkdir(parents=True)
    for name, text in (("__init__", ""), ("page", PAGE), ("callbacks", CALLBACKS)):
        (extra / f"{name}.py").write_text(text)
    monkeypatch.setattr(dashboard.pages, "__path__", [*dashboard.pages.__path__, str(extra.parent)])
    pages.cache_clear()
    try:
        assert "/extra" in pages()
        assert "extra.title" in BoardOfTests(tmp_path).board.dash.callback_map
    finally:
        pages.cache_clear()
        for name in [name for name in sys.modules if name.startswith("dashboard.pages.extra")]:
            del sys.modules[name]


def test_an_address_leads_to_a_page_and_what_it_is_about():
    assert pages().find("/proof/Q03") == (pages()["/proof"], "Q03")
    assert pages().find("/sql") == (pages()["/sql"], "")
    assert pages().find(f"/alarm/{'c6f39e9a11dfddfe' * 2}") == (pages()["/alarm"], "c6f39e9a11dfddfe" * 2)
    assert pages().find("/alarm/c6f39e9a11dfddfe") == (pages()["/alarm"], "c6f39e9a11dfddfe")
    for wrong in ("/proof", "/proof/", "/proof/X99", "/proof/q03", "/proof/Q03/x", "/sql/x", "//", "", None, 5, ["/"],
                  "/alarm", "/alarm/", "/alarm/c6f39e9a11dfddf", "/alarm/C6F39E9A11DFDDFE", "/alarms/c6f39e9a11dfddfe"):  # fmt: skip
        assert pages().find(wrong) is None, wrong


def test_every_declared_indicator_appears_on_exactly_its_page():
    set_viewer(Viewer("lan", frozenset({"admin"})))
    found = {
        path: {value for place, value in pages()[path].updates(board_state()).items() if place.path == "data-indicator"}
        for path in DOMAINS.values()
    }
    for dead_letter, path in DOMAINS.items():
        own = {one.id for one in measures() if one.id.startswith(dead_letter)}
        assert found[path] == own - SILENT | BESIDE.get(dead_letter, set()), path


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/due",
        "/entry",
        "/letters",
        "/sql",
        "/alarms",
        *DOMAINS.values(),
        *(f"/{page}/{one.id}" for page in ("proof", "history") for one in measures()),
    ],
)
def test_every_page_renders_in_both_languages(path, language):
    set_viewer(Viewer("lan", frozenset({"admin"}), language))
    place = pages().find(path)
    one = whole_ward.board_state(language, argument=place.argument)
    whole = fill_layout(place.page.layout(one), place.page.updates(one))
    text = json.dumps(json.loads(to_json_plotly(whole)), ensure_ascii=False)
    assert ("Tổng quan" in text) == (language == "vi")
    assert "Label(" not in text
    assert not re.search(r"\{[a-z_]+\}", text), "a text whose values were forgotten"


async def test_no_two_callbacks_of_different_pages_share_a_name(tmp_path):
    """What a callback listens to stands on one page, all of it: else the browser misses some of it on the other one."""
    set_viewer(Viewer("lan", frozenset({"admin"})))
    async with BoardOfTests(tmp_path).logged_in() as client:
        listed = (await client.get("/_dash-dependencies")).json()
    shown = []
    for path in [*(page.path for page in pages().values() if page.arguments is None), "/history/Q03", "/proof/Q03"]:
        place = pages().find(path)
        layout = place.page.layout(whole_ward.board_state(argument=place.argument))
        shown.append({part.id for part in components(layout) if isinstance(getattr(part, "id", None), str)})
    for one in listed:
        ids = {given["id"] for given in [*one["inputs"], *one["state"]] if not given["id"].startswith("{")}
        for there in shown:
            assert not (ids & there) or ids <= there | SHELL, one["output"]
