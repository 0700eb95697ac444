"""The layer of all charts: that each is valid for Plotly, that all share it, and what is seen where there is nothing to draw."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, pairwise
from math import dist
from typing import Any

import plotly.graph_objects as go
import pytest
from dash import dcc

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.apps.page_list import pages
from dashboard.board.layout import fill_layout
from dashboard.charts import arrivals
from dashboard.charts.chart import DASHES, SERIES, figure, template
from dashboard.charts.graph import graph, graph_id, redraw
from dashboard.charts.slot_chart import Series, SlotChart
from dashboard.pages.history.tables import history_chart
from dashboard.pages.sql.callbacks import column_chart
from dashboard.state.page import PropertyUpdate
from dashboard.theme import TONES
from dashboard.words.freshness import freshness_signs
from ingest.contract.label import Label
from tests.dashboard.pages.history.test_page import told
from tests.dashboard.support import ward, whole_ward
from tests.dashboard.support.board import BoardOfTests, components
from warehouse.readings import Readings

DRAWN = {"bar", "pie", "scatter"}
"""What the bundle of Plotly that the board brings can draw."""
SHARED = ("paper_bgcolor", "plot_bgcolor", "font", "colorway", "separators", "hoverlabel", "annotationdefaults")
TODAY = ward.NOW.date()
EVENTS = SlotChart("events", Label("sự kiện / giờ", "events / hour"), (Series("C03"),), timedelta(hours=1), 24)


def on_pages(language):
    """The charts of every page, filled as for the first paint."""
    set_viewer(Viewer("lan", frozenset({"admin"})))
    paths = [*(path for path, page in pages().items() if page.arguments is None), "/history/Q03"]
    for path in paths:
        place = pages().find(path)
        state = whole_ward.board_state(language, argument=place.argument)
        layout = fill_layout(place.page.layout(state), place.page.updates(state))
        for part in components(layout):
            if isinstance(part, dcc.Graph):
                graph: Any = part
                yield path, graph.figure


def asked(language):
    """The charts that callbacks draw."""
    yield from {
        "history of a share": history_chart(told(), language),
        "history of a count": history_chart(told("Q01", year=told().week), language),
        "query over time": column_chart(["2026-11-24 10:00:00"], [1], "scatter", "n", language),
        "query by kind": column_chart(["a", "b"], [1, None], "bar", "n", language),
        "no query": column_chart([], [], "bar", "", language),
    }.items()


@pytest.mark.parametrize(("language", "separators"), [("vi", ",."), ("en", ".,")])
def test_every_chart_is_valid_and_says_only_what_is_its_own(language, separators):
    found = [*on_pages(language), *((name, drawn.to_dict()) for name, drawn in asked(language))]
    assert len(found) >= 14
    for name, drawn in found:
        again = go.Figure(drawn)  # raises for what Plotly does not know
        assert again.layout.template.layout.separators == separators, name
        assert [shared for shared in SHARED if shared in drawn["layout"]] == [], name
        assert {trace.type for trace in again.data} <= DRAWN, name


def test_what_all_share_is_the_layer_s():
    shared = {density: redraw(figure([], "vi", density)) for density in ("wall", "desk")}
    for name, drawn in asked("vi"):
        assert drawn.layout.template == template("vi", "desk"), name
    for name, content in on_pages("vi"):
        desk = pages().find(name).page.path in ("/history", "/sql", "/letters")
        assert (
            content["layout"]["template"].keys()
            == shared["desk" if desk else "wall"]["figure"]["layout"]["template"].keys()
        )
        size = content["layout"]["template"]["layout"]["font"]["size"]
        assert size == (14 if desk else 16), name


def test_a_property_that_plotly_does_not_know_is_an_error():
    with pytest.raises(ValueError, match="legendary"):
        figure([], "vi", legendary=True)


async def test_no_callback_draws_past_the_layer(tmp_path):
    async with BoardOfTests(tmp_path).logged_in(("admin",)) as client:
        listed = (await client.get("/_dash-dependencies")).json()
    into = [one for one in listed if one["output"].strip(".").endswith(".figure") or ".figure..." in one["output"]]
    assert [one["output"] for one in into] == ['{"name":["MATCH"],"type":"graph"}.figure']
    assert into[0]["clientside_function"]["function_name"] == "dress"


def test_every_size_and_colour_is_put_in_by_the_browser():
    drawn = figure(
        [go.Scatter(x=[1], y=["var(--dim)"], line={"width": 2, "color": "var(--blue)"}, marker={"size": 9})],
        "vi",
        annotations=[{"text": "a", "x": 3, "xshift": 10, "font": {"size": 18}}],
        margin={"t": 48},
    )
    place = graph("a", drawn, "A")
    (one, store) = place.children
    places = store.data["places"]
    assert {name: size for name, size in places.items() if not name.startswith("layout.template")} == {
        "data.0.line.width": 2,
        "data.0.line.color": "var(--blue)",
        "data.0.marker.size": 9,
        "layout.annotations.0.xshift": 10,
        "layout.annotations.0.font.size": 18,
        "layout.margin.t": 48,
    }
    assert places["layout.template.layout.font.color"] == "var(--dim)"
    assert places["layout.template.layout.margin.l"] == 42
    assert one.figure["data"][0]["line"]["color"] == TONES["blue"].dark
    assert one.figure["layout"]["template"]["layout"]["colorway"][0] == TONES["blue"].dark
    assert one.figure["data"][0]["y"] == ["var(--dim)"], "data are left alone"
    assert getattr(place, "aria-label") == "A"


# What people see who lack one kind of cone, in linear RGB (Viénot, Brettel and Mollon 1999 for red and green; Brettel 1997 for blue).
SIGHT = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1)),
    "no green": ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1)),
    "no blue": ((1, 0.14461, -0.14461), (0, 0.85924, 0.14076), (0, 0.85924, 0.14076)),
}


def oklab(rgb):
    """A linear colour where distance is what people see (Ottosson 2020)."""
    cones = (
        (0.4122214708, 0.5363325363, 0.0514459929),
        (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005),
    )
    parts = [max(0, sum(weight * value for weight, value in zip(row, rgb, strict=True))) ** (1 / 3) for row in cones]
    lab = (
        (0.2104542553, 0.793617785, -0.0040720468),
        (1.9779984951, -2.428592205, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.808675766),
    )
    return [sum(weight * value for weight, value in zip(row, parts, strict=True)) for row in lab]


def seen(name, scheme, sight):
    text = getattr(TONES[name], scheme)
    parts = [int(text[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return oklab([sum(weight * value for weight, value in zip(row, linear, strict=True)) for row in SIGHT[sight]])


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_colours_side_by_side_can_be_told_apart(scheme, sight):
    def apart(one, other):
        return dist(seen(one, scheme, sight), seen(other, scheme, sight))

    for one, other in pairwise((*SERIES, SERIES[0])):
        assert apart(one, other) > 0.09, (one, other)
    for one, other in combinations(SERIES, 2):
        assert apart(one, other) > 0.045, (one, other)
    (week, _), (year, _) = DASHES
    assert min(apart(week, year), apart("blue", week), apart("blue", year)) > 0.045


def only_health(**values):
    """The ward of which nothing but the sources' heartbeats is known."""
    readings = Readings()
    readings.apply([value for value in ward.values() if value.indicator.startswith("H")])
    return replace(
        ward.board_state(), readings=readings, signs=freshness_signs(readings, ward.NOW_MS), _read={}, **values
    )


NOBODY_KNOWS = replace(ward.board_state(), readings=Readings(), signs={}, _read={})


@pytest.mark.parametrize(
    ("state", "said"),
    [(ward.board_state(), ""), (only_health(), "Không có"), (NOBODY_KNOWS, "–")],
    ids=["some", "none", "unknown"],
)
def test_a_chart_over_time_says_that_there_is_none_or_that_nobody_knows(state, said):
    assert EVENTS.updates(state)[PropertyUpdate(graph_id("events"), "figure.layout.annotations.2.text")] == said


@pytest.mark.parametrize(("state", "said"), [(ward.board_state(), ""), (NOBODY_KNOWS, "–")], ids=["some", "unknown"])
def test_arrivals_say_so_too(state, said):
    assert arrivals.updates(state)[PropertyUpdate(graph_id("arrivals"), "figure.layout.annotations.4.text")] == said


def dossiers_open():
    """Open dossiers are known to be none, of those that came in nothing is known: as before the first heartbeats."""
    readings = Readings()
    readings.apply([ward.stock(id, 0) for id in ("D05", "D07", "D08")])
    return replace(ward.board_state(), readings=readings, signs={}, _read={})


@pytest.mark.parametrize(
    "make",
    [ward.board_state, whole_ward.board_state, only_health, lambda: NOBODY_KNOWS, dossiers_open],
    ids=["some", "whole", "none", "unknown", "unsigned"],
)
def test_where_a_card_has_no_data_its_bars_and_charts_say_a_dash(make):
    state = make()
    set_viewer(Viewer("lan", frozenset({"admin"})))
    for path, page in pages().items():
        if page.arguments is None:
            updates = page.updates(state)
            for id in {update.id.removesuffix("-0-name") for update in updates if update.id.endswith("-0-name")}:
                said = updates[PropertyUpdate(f"{id}-0-name", "children")]
                word = updates[PropertyUpdate(f"{id}-word", "children")]
                assert said != "Không có" or word in ("ĐANG CẬP NHẬT", "CHẬM"), (path, id)
                assert said != "–" or word not in ("ĐANG CẬP NHẬT", "CHẬM"), (path, id)


async def test_a_chart_is_asked_for_by_its_id_as_a_browser_sends_it(tmp_path):
    dress = '{"name":"timeline","type":"dress"}'
    names = (f"{dress}.data", "timeline-table.children", "timeline-said.children")
    others = [{"id": name, "property": "children"} for name in ("timeline-table", "timeline-said")]
    asked = {
        "output": f"..{'...'.join(names)}..",
        "inputs": [{"id": "url", "property": "search", "value": None}],
        "state": [{"id": "timeline-of", "property": "data", "value": None}],
        "changedPropIds": ["url.search"],
    }
    async with BoardOfTests(tmp_path).logged_in() as client:
        for id, status in ((json.loads(dress), 200), (dress, 400), ({"name": "other", "type": "dress"}, 400)):
            body = {**asked, "outputs": [{"id": id, "property": "data"}, *others]}
            assert (await client.post("/_dash-update-component", json=body)).status_code == status, id
