"""Groups: the ward as a grid of its residential groups, each always in the same place, coloured by its loudspeakers."""

import re
from typing import Literal

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard import text
from dashboard.page import Leaf, Leaves, Scene
from ingest.label import Label
from warehouse.reading import Reading

Cell = Literal["normal", "warning", "critical", "none"]

WORDS: dict[Cell, Label] = {
    "normal": text.CELL_NORMAL,
    "warning": text.CELL_WARNING,
    "critical": text.CELL_CRITICAL,
    "none": text.CELL_NONE,
}

_NUMBER = re.compile(r"(\d+)$")


def group_number(area_code: str) -> int | None:
    """The number at the end of a group's code (`TDP-017` is 17); `None` when there is none."""
    found = _NUMBER.search(area_code)
    return int(found[1]) if found else None


def grid(scene: Scene) -> Component:
    """The cells, and what their signs mean."""
    cells = [
        html.Div(str(number), id=_cell(number), className="cell cell-none")
        for number in range(1, scene.place.groups + 1)
    ]
    legend = [html.Span([html.I(className=f"key key-{cell}"), scene.say(word)]) for cell, word in WORDS.items()]
    return html.Div(
        [dmc.SimpleGrid(cells, cols=10, spacing=0, className="cells"), html.Div(legend, className="legend")],
        className="groups",
    )


def grid_leaves(scene: Scene) -> Leaves:
    """What each group's cell looks like, and what it says when pointed at."""
    online = _by_number(scene.members("S01", "area_code"))
    offline = _by_number(scene.members("S02", "area_code"))
    leaves: Leaves = {}
    for number in range(1, scene.place.groups + 1):
        cell = cell_of(online.get(number), offline.get(number))
        leaves[Leaf(_cell(number), "className")] = f"cell cell-{cell}"
        said = f"{scene.say(text.GROUP, number=number)}: {scene.say(WORDS[cell])}"
        if reading := online.get(number):
            said += f" ({reading.numerator}/{reading.denominator})"
        leaves[Leaf(_cell(number), "title")] = said
    return leaves


def cell_of(online: Reading | None, offline: Reading | None) -> Cell:
    """How a group's loudspeakers are: connected, partly, not at all, or unknown."""
    if online is None or not online.known or not online.denominator:
        return "none"
    if offline is None or not offline.numerator:
        return "normal"
    return "warning" if online.numerator else "critical"


def offline_numbers(scene: Scene) -> list[int]:
    """Numbers of the groups whose loudspeakers are not all connected."""
    return sorted(
        number for number, reading in _by_number(scene.members("S02", "area_code")).items() if reading.numerator
    )


def _by_number(readings: dict[str, Reading]) -> dict[int, Reading]:
    numbered = ((group_number(code), reading) for code, reading in readings.items())
    return {number: reading for number, reading in numbered if number is not None}


def _cell(number: int) -> str:
    return f"group-{number}"
