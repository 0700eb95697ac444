"""Graph: a chart's place on a page, without controls; its letters grow with the screen, and its colours follow the scheme.

A figure names colours as tokens (`theme.token`) and gets its sizes for a screen of 1080 lines; the browser puts in what both are
there. So what is pushed into a figure later are data, and never a colour or a size.

Plotly is its official bundle with bars and lines only (`assets/plotly/`, from the npm package plotly.js-basic-dist-min, of the
version that Dash brings): a quarter of the whole, and a screen is live in half the time. `assets/chart.js` brings it.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

from dash import MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash._utils import stringify_id
from dash.development.base_component import Component

from dashboard import theme

Places = dict[str, float | str]
"""Place in a figure, with dots -> size on a screen of 1080 lines, or token of a colour."""


def graph_id(name: str) -> str:
    """The component id of a graph, as leaves name it."""
    return str(stringify_id(_id("graph", name)))


def graph(name: str, figure: dict[str, Any], sizes: dict[str, float], label: str) -> Component:
    """A chart with what grows with the screen and follows the scheme.

    Args:
        name: name of the chart.
        figure: data and layout for Plotly, colours as tokens.
        sizes: place in the figure -> size on a screen of 1080 lines.
        label: what the chart shows, for those who do not see it.
    """
    places: Places = {**sizes, **dict(_tokens(figure))}
    described: dict[str, Any] = {"aria-label": label, "data-places": json.dumps(places)}
    return html.Div(
        [
            dcc.Graph(
                id=_id("graph", name),
                figure=dressed(figure, places),
                config={"staticPlot": True, "displayModeBar": False, "responsive": True},
                responsive=True,
                className="graph",
            ),
            dcc.Store(id=_id("places", name), data=places),
        ],
        className="graph-place",
        role="img",
        **described,
    )


def dressed(figure: dict[str, Any], places: Places) -> dict[str, Any]:
    """The figure as it is on a dark screen of 1080 lines."""
    figure = copy.deepcopy(figure)
    for path, value in places.items():
        *steps, last = path.split(".")
        target: Any = figure
        for step in steps:
            target = target[int(step)] if step.isdigit() else target.setdefault(step, {})
        target[last] = _DARK[value] if isinstance(value, str) else value
    return figure


def register(app: Dash) -> None:
    """Let the browser dress the figures whenever a graph appears, the screen changes or the scheme."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("board", "dress"),
        Output(_id("graph", MATCH), "figure"),
        Input(_id("places", MATCH), "data"),
        State(_id("graph", MATCH), "figure"),
    )


_DARK = {theme.token(name): tone.dark for name, tone in theme.TONES.items()}


def _tokens(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every place of a figure in which a token stands."""
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, value in inner:
        place = f"{path}.{name}" if path else str(name)
        if isinstance(value, str) and value in _DARK:
            yield place, value
        else:
            yield from _tokens(value, place)


def _id(kind: str, name: Any) -> dict[str, Any]:
    return {"name": name, "type": kind}
