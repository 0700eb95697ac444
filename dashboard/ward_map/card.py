"""Card: the map as a part of a page, the residential groups within their boundaries; each looks as its cell of `components.group_map`.

The browser draws it once from the shapes and then mirrors the grid's cells (`assets/groups.js`): what is pushed to the cells colours the
map, and nothing is pushed twice. Loudspeakers, cameras and petitions stand at the centre of their group, devices whose place the ward's
file tells at that place.
"""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html
from dash.development.base_component import Component

from dashboard.components.group_map import LAYERS, layer_choice, state_keys
from dashboard.components.widget import Widget
from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.ward_map.file import shown_map
from ingest.contract.label import Label
from warehouse.indicators.dismantled import SILENT_SINCE, last_sign

PRETEND = Label("BẢN ĐỒ MINH HỌA", "MAP FOR ILLUSTRATION")
CENTRES = Label(
    "Thiết bị chưa có tọa độ và kiến nghị: ở giữa tổ",
    "Devices without coordinates, and petitions: in the middle of their group",
)
NONE = Label("Chưa có ranh giới của phường: chưa vẽ được bản đồ.", "There are no boundaries of the ward to draw.")
MAP = Label("Bản đồ các tổ dân phố", "Map of the residential groups")


def layout(state: BoardState) -> Component:
    """The map's place, what its symbols mean, and its shapes."""
    found = shown_map(state.place.data_folder, state.place.groups)
    if found.drawing is None:
        return html.P(state.say(NONE), className="quiet")
    named: dict[str, Any] = {"aria-label": state.say(MAP)}
    keys = [
        html.Span([html.I(className=f"symbol-key symbol-{id}"), state.say(one.label)]) for id, one in LAYERS.items()
    ]
    foot = [
        html.Div(keys, className="legend-keys map-keys"),
        html.Div(state_keys(state), className="map-states"),
        html.P(state.say(CENTRES), className="map-centres"),
        layer_choice(state),
    ]
    if found.is_pretend:
        foot.insert(0, html.P(state.say(PRETEND), className="pill"))
    return html.Div(
        [
            html.Div(html.Div(id="map", className="map", role="group", **named), className="map-place"),
            html.Div(foot, className="legend"),
            dcc.Store(id="map-shapes", data=found.drawing._asdict()),
        ],
        className="map-whole",
    )


def updates(state: BoardState) -> PropertyUpdates:
    """Names of the devices that somebody has to look at, for those that stand at a place of their own."""
    if shown_map(state.place.data_folder, state.place.groups).drawing is None:
        return {}
    lost = {device for id in ("S02", "C02") for device, one in state.members(id, "key").items() if one.numerator}
    silent = {last_sign(one)[0] for id in ("S10", "C08") for one in state.members(id, SILENT_SINCE)}
    return {PropertyUpdate("map", "data-lost"): " ".join(sorted(lost | silent))}


def register(app: Dash) -> None:
    """Let the browser draw the map when a page brings one."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("groups", "draw"), Output("map", "data-drawn"), Input("map-shapes", "data")
    )


MAP_PART = Widget(layout, updates, tuple(id for one in LAYERS.values() for id in one.indicators))
