"""Graph: a chart's place on a page; its letters grow with the screen, and its colours follow the scheme.

A figure names colours as tokens (`theme.token`) and has its sizes for a screen of 1080 lines (`chart`); the browser puts in what
both are there. So what is pushed into a figure later are data, and never a colour or a size.

Plotly is its official bundle with bars and lines only (`assets/plotly/`, from the npm package plotly.js-basic-dist-min, of the
version that Dash brings): a quarter of the whole, and a screen is live in half the time. `assets/chart.js` brings it.
"""

from collections.abc import Iterator
from typing import Any, TypedDict

import plotly.graph_objects as go
from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from dashboard import theme
from dashboard.component_id import component_id

Places = dict[str, float | str]
"""Place in a figure, with dots -> size on a screen of 1080 lines, or token of a colour."""


class Dress(TypedDict, total=False):
    """What the browser is told of a chart."""

    places: Places
    """Where its sizes and its colours are."""
    figure: dict[str, Any]
    """The figure itself where it is another one than the page came with."""


def graph_id(name: str) -> str:
    """The component id of a graph, as leaves name it."""
    return component_id(_id("graph", name))


def graph(name: str, figure: go.Figure, label: str, *, at_desk: bool = False) -> Component:
    """A chart in its place.

    Args:
        name: name of the chart.
        figure: it.
        label: what the chart shows, for those who do not see it.
        at_desk: whether people can point at it, and its place has a height of its own in the style sheet, by the id `<name>-chart`.
    """
    content = figure.to_dict()
    places = _places(content)
    described: dict[str, Any] = {"aria-label": label}
    return html.Div(
        [
            dcc.Graph(
                id=_id("graph", name),
                figure=_dark(content, places),
                config={"staticPlot": not at_desk, "displayModeBar": False, "responsive": True},
                responsive=True,
                className="graph",
            ),
            dcc.Store(id=_id("dress", name), data=dict(Dress(places=places))),
        ],
        id=f"{name}-chart",
        className="desk-chart" if at_desk else "graph-place",
        role="img",
        **described,
    )


def redrawn(name: str) -> Output:
    """Where a callback puts another figure for a graph, as `redraw` gives it."""
    return Output(_id("dress", name), "data")


def redraw(figure: go.Figure) -> Dress:
    """Another figure for a graph."""
    content = figure.to_dict()
    return Dress(places=_places(content), figure=content)


def register(app: Dash) -> None:
    """Let the browser dress the figures whenever a graph appears, gets another figure, or the screen or the scheme changes."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("board", "dress"),
        Output(_id("graph", MATCH), "figure"),
        Input(_id("dress", MATCH), "data"),
        State(_id("graph", MATCH), "figure"),
    )


_DARK = {theme.token(name): tone.dark for name, tone in theme.TONES.items()}
_SIZES = (
    "font.size", "gridwidth", "line.width", "margin.b", "margin.l", "margin.r", "margin.t", "marker.size", "xshift", "yshift",
)  # fmt: skip
"""What grows with the screen, by the end of its place in a figure."""


def _places(content: dict[str, Any]) -> Places:
    """Every place of a figure in which a size or a token stands."""
    return {
        place: value
        for place, value in _values(content)
        if (isinstance(value, str) and value in _DARK)
        or (isinstance(value, int | float) and any(f".{place}".endswith(f".{size}") for size in _SIZES))
    }


def _values(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a figure with its place; not those of long arrays, which are data."""
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list | tuple) else ()
    for name, value in inner:
        if isinstance(part, dict) and name in ("x", "y") and isinstance(value, list | tuple):
            continue
        place = f"{path}.{name}" if path else str(name)
        if isinstance(value, dict | list | tuple):
            yield from _values(value, place)
        else:
            yield place, value


def _dark(content: dict[str, Any], places: Places) -> dict[str, Any]:
    """The figure as it is on a dark screen of 1080 lines."""
    for path, value in places.items():
        if isinstance(value, str):
            *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
            target: Any = content
            for step in steps:
                target = target[step]
            target[last] = _DARK[value]
    return content


def _id(kind: str, name: Any) -> dict[str, Any]:
    return {"name": name, "type": kind}
