"""Graph: a chart's place on a page. It does not move, has no controls, and its letters grow with the screen."""

import copy
import json
from typing import Any

from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash._utils import stringify_id
from dash.development.base_component import Component


def graph_id(name: str) -> str:
    """The component id of a graph, as leaves name it."""
    return str(stringify_id(_id("graph", name)))


def graph(name: str, figure: dict[str, Any], sizes: dict[str, float], label: str) -> Component:
    """A chart with the sizes that grow with the screen.

    Args:
        name: name of the chart.
        figure: data and layout for Plotly.
        sizes: place in the figure -> size on a screen of 1080 lines.
        label: what the chart shows, for those who do not see it.
    """
    described: dict[str, Any] = {"aria-label": label, "data-sizes": json.dumps(sizes)}
    return html.Div(
        [
            dcc.Graph(
                id=_id("graph", name),
                figure=sized(figure, sizes),
                config={"staticPlot": True, "displayModeBar": False, "responsive": True},
                responsive=True,
                className="graph",
            ),
            dcc.Store(id=_id("sizes", name), data=sizes),
        ],
        className="graph-place",
        role="img",
        **described,
    )


def sized(figure: dict[str, Any], sizes: dict[str, float]) -> dict[str, Any]:
    """The figure with its sizes on a screen of 1080 lines."""
    figure = copy.deepcopy(figure)
    for path, size in sizes.items():
        *steps, last = path.split(".")
        target: Any = figure
        for step in steps:
            target = target[int(step)] if step.isdigit() else target.setdefault(step, {})
        target[last] = size
    return figure


def register(app: Dash) -> None:
    """Let the browser multiply the sizes whenever a graph appears or the screen changes."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("board", "scale"),
        Output(_id("graph", MATCH), "figure"),
        Input(_id("sizes", MATCH), "data"),
        State(_id("graph", MATCH), "figure"),
    )


def _id(kind: str, name: Any) -> dict[str, Any]:
    return {"name": name, "type": kind}
