"""Group map: the ward as a grid of its residential groups, each always in the same place, coloured by what is in it.

Three layers - loudspeakers, cameras, petitions - and their worst. Every cell carries all four states as classes, and the style
sheet shows those of the layer that its map is set to; so choosing one asks nothing of the server.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, html
from dash.development.base_component import Component

from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import text
from dashboard.words.freshness import freshness
from ingest.contract.label import Label
from warehouse.catalogue import measures
from warehouse.model.reading import Reading

Cell = Literal["normal", "warning", "critical", "none"]

WORDS: dict[Cell, Label] = {
    "normal": text.CELL_NORMAL,
    "warning": text.CELL_WARNING,
    "critical": text.CELL_CRITICAL,
    "none": text.CELL_NONE,
}

_ORDER: tuple[Cell, ...] = ("none", "normal", "warning", "critical")

Members = Mapping[int, Reading]
"""Readings by the number of the residential group."""


Own = list[Reading | None]
"""A group's readings of a layer's indicators."""


class MapLayer(NamedTuple):
    """What one colouring looks at."""

    label: Label
    indicators: tuple[str, ...]
    """Split by `area_code`."""
    state: Callable[[Own, bool], Cell]
    """How a group is; and whether the ward's figure calls for somebody at once, than which none of its groups is worse."""
    counted: Label
    """How many there are of what."""
    counts: Callable[[Own], dict[str, int]]
    """Them, by their names in `counted`."""


def device_counts(readings: Own) -> dict[str, int]:
    """A group's devices: all, those connected, and those that are not or have a fault."""
    online, wrong = readings
    there, connected = (online.denominator, online.numerator) if online is not None and online.known else (0, 0)
    return {"all": there, "connected": connected, "wrong": max(_number(wrong), there - connected)}


def device_state(readings: Own, is_critical: bool) -> Cell:
    """How a group's devices are: all well, some, or none; and whether there are any.

    A single silent device is as severe here as on its tile: where the ward's figure is a warning, so is the group's.
    """
    counts = device_counts(readings)
    if not counts["all"]:
        return "none"
    if not counts["wrong"]:
        return "normal"
    return "critical" if is_critical and not counts["connected"] else "warning"


def petition_counts(readings: Own) -> dict[str, int]:
    """A group's petitions: those near due, those overdue, and all of the period."""
    return dict(zip(("near", "overdue", "received"), map(_number, readings), strict=True))


def petition_state(readings: Own, _is_critical: bool) -> Cell:
    """How a group's petitions are: overdue, near due, or neither; and whether there were any in the period."""
    counts = petition_counts(readings)
    if counts["overdue"]:
        return "critical"
    if counts["near"]:
        return "warning"
    return "normal" if counts["received"] else "none"


LAYERS: dict[str, MapLayer] = {
    "speakers": MapLayer(
        Label("loa", "loudspeakers"),
        ("S01", "S02"),
        device_state,
        Label("kết nối {connected}/{all}", "{connected}/{all} connected"),
        device_counts,
    ),
    "cameras": MapLayer(
        Label("camera", "cameras"),
        ("C01", "C02"),
        device_state,
        Label("có hình {connected}/{all}, lỗi {wrong}", "{connected}/{all} with a picture, {wrong} faulty"),
        device_counts,
    ),
    "petitions": MapLayer(
        Label("kiến nghị", "petitions"),
        ("P03", "P04", "P01"),
        petition_state,
        Label(
            "sắp đến hạn {near}, quá hạn {overdue}, tiếp nhận {received}",
            "near due {near}, overdue {overdue}, received {received}",
        ),
        petition_counts,
    ),
}
WORST = Label("chung", "all")
LAYER = Label("Tô màu theo", "Colour by")


def grid(state: BoardState, *, choice: bool = True, layer: str = "worst") -> Component:
    """The cells, what their signs mean, and the choice of the layer."""
    cells = [
        html.A(
            str(number),
            id=_cell(number),
            className="cell cell-none",
            href=f"/group/{number}",
            tabIndex="-1"
            if number > 1
            else "0",  # one stop of the Tab key; `assets/groups.js` moves it by the arrow keys
        )
        for number in range(1, state.place.groups + 1)
    ]
    foot = [state_keys(state), *([layer_choice(state, layer)] if choice else [])]
    shown: dict[str, Any] = {"data-layer": layer}
    return html.Div(
        [dmc.SimpleGrid(cells, cols=10, spacing=0, className="cells"), html.Div(foot, className="legend")],
        className="groups",
        id="groups",
        **shown,
    )


def state_keys(state: BoardState) -> Component:
    """What the signs and colours mean."""
    keys = [html.Span([html.I(className=f"key key-{cell}"), state.say(word)]) for cell, word in WORDS.items()]
    return html.Div(keys, className="legend-keys")


def layer_choice(state: BoardState, layer: str = "worst") -> Component:
    """The choice of the layer."""
    layers = {"worst": WORST, **{id: one.label for id, one in LAYERS.items()}}
    chosen = dmc.ChipGroup(
        [dmc.Chip(state.say(label), value=id, size="xs", radius="sm") for id, label in layers.items()],
        id="layer",
        value=layer,
        multiple=False,
    )
    named: dict[str, Any] = {"aria-label": state.say(LAYER)}
    return html.Div(chosen, className="layers", role="group", **named)


def grid_updates(state: BoardState) -> PropertyUpdates:
    """What each group's cell looks like in each layer, and what it says when pointed at."""
    read = {id: [_by_number(state, one) for one in layer.indicators] for id, layer in LAYERS.items()}
    critical = {
        id: any(state.read(one).status == "critical" for one in layer.indicators) for id, layer in LAYERS.items()
    }
    unheard = {id: _is_unheard(state, layer) for id, layer in LAYERS.items()}
    updates: PropertyUpdates = {}
    for number in range(1, state.place.groups + 1):
        own: dict[str, Own] = {id: [members.get(number) for members in read[id]] for id in LAYERS}
        states: dict[str, Cell] = {id: layer.state(own[id], critical[id]) for id, layer in LAYERS.items()}
        states |= {id: "none" for id, cell in states.items() if unheard[id] and cell != "normal"}
        worst = max(states.values(), key=_ORDER.index)
        classes = " ".join(f"{id}-{cell}" for id, cell in {**states, "worst": worst}.items())
        said = [_said(state, LAYERS[id], cell, own[id]) for id, cell in states.items()]
        updates[PropertyUpdate(_cell(number), "className")] = f"cell {classes}"
        updates[PropertyUpdate(_cell(number), "title")] = "\n".join([state.say(text.GROUP, number=number), *said])
    return updates


def register(app: Dash) -> None:
    """Let the browser show the layer that is chosen; a map beside the cells follows them (`ward_map.card`)."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("groups", "choose"), Output("groups", "data-layer"), Input("layer", "value")
    )


def _is_unheard(state: BoardState, layer: MapLayer) -> bool:
    """Whether its devices have not had the time to speak."""
    readings = map(state.read, layer.indicators)
    return any(freshness(reading, state.signs, state.now_ms).state == "unheard" for reading in readings)


def _said(state: BoardState, layer: MapLayer, cell: Cell, own: Own) -> str:
    said = f"{state.say(layer.label)}: {state.say(WORDS[cell])}"
    return said if cell == "none" else f"{said} ({state.say(layer.counted, **layer.counts(own))})"


def _number(reading: Reading | None) -> int:
    return reading.numerator if reading is not None else 0


def _by_number(state: BoardState, id: str) -> Members:
    if id not in {one.id for one in measures()}:
        return {}
    numbered = ((text.group_number(code), reading) for code, reading in state.members(id, "area_code").items())
    return {number: reading for number, reading in numbered if number is not None}


def _cell(number: int) -> str:
    return f"group-{number}"
