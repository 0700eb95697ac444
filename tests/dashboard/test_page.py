import json

import pytest
from dash import dcc, html
from dash._utils import to_json

from dashboard.page import Leaf, changes, fill, pages, properties


def test_leaves_fill_a_layout():
    layout = html.Div([html.Span(id="a"), dcc.Graph(id={"x": 1}, figure={"data": [{"y": []}]})])
    fill(layout, {Leaf("a", "children"): "5", Leaf("a", "data-since"): 7, Leaf('{"x":1}', "figure.data.0.y"): [1, 2]})
    assert layout.children[0].children == "5"
    assert layout.children[0].to_plotly_json()["props"]["data-since"] == 7
    assert layout.children[1].figure == {"data": [{"y": [1, 2]}]}


def test_a_leaf_without_a_place_is_an_error():
    with pytest.raises(KeyError):
        fill(html.Div(), {Leaf("nowhere", "children"): "5"})


def test_only_what_is_different_travels():
    shown = {Leaf("a", "children"): "5", Leaf("b", "children"): "6"}
    now = {Leaf("a", "children"): "5", Leaf("b", "children"): "7", Leaf("c", "children"): "8"}
    assert changes(now, shown) == {Leaf("b", "children"): "7", Leaf("c", "children"): "8"}
    assert changes(now, now) == {}


def test_what_goes_into_a_property_is_a_patch():
    sent = properties({Leaf("g", "figure.data.0.y"): [1], Leaf("g", "className"): "x", Leaf("g", "figure.layout.t"): 2})
    assert sent["g"]["className"] == "x"
    patch = json.loads(to_json(sent["g"]["figure"]))
    assert [one["location"] for one in patch["operations"]] == [["data", 0, "y"], ["layout", "t"]]


def test_pages_are_found():
    assert list(pages()) == ["/", "/sql"]
    assert {page.right for page in pages().values()} == {"leader", "analyst"}
