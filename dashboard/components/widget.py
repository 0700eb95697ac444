"""Part: what is drawn in a card beneath its figures - a chart, bars, a map, a list - and the makers of those that several pages show."""

from collections.abc import Callable
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard.board.page import Leaves, Scene
from dashboard.charts import arrivals
from dashboard.charts.bars import Row, bars, bars_leaves, member_rows
from dashboard.charts.chart import Chart
from dashboard.components.group_map import LAYERS, grid, grid_leaves
from dashboard.words import text
from dashboard.words.freshness import freshness, worst


class Part(NamedTuple):
    """Something drawn."""

    layout: Callable[[Scene], Component]
    """The standing parts; every leaf's component has its id there."""
    leaves: Callable[[Scene], Leaves] = lambda scene: {}
    indicators: tuple[str, ...] = ()
    """Ids of the indicators that it shows, for the card's freshness."""


def chart_part(chart: Chart) -> Part:
    """A chart over time."""
    return Part(chart.layout, chart.leaves, tuple(one.indicator for one in chart.series))


def bars_part(
    name: str, count: int, indicators: tuple[str, ...], rows: Callable[[Scene], list[Row]], legend: bool = False
) -> Part:
    """Bars of whatever rows.

    Args:
        name: beginning of the components' ids.
        count: how many rows there are places for.
        indicators: where the rows come from.
        rows: them, at a moment.
        legend: whether it is said beneath what the colours of a bar's parts mean.
    """

    def layout(scene: Scene) -> Component:
        if not legend:
            return bars(name, count)
        keys = [("warning", text.NEAR_DUE), ("critical", text.OVERDUE)]
        said = [html.Span([html.I(className=f"key key-{status}"), scene.say(label)]) for status, label in keys]
        return html.Div([bars(name, count), html.Div(said, className="legend")], className="bars-place")

    def leaves(scene: Scene) -> Leaves:
        fresh = worst([freshness(scene.read(id), scene.signs, scene.now_ms) for id in indicators])
        return bars_leaves(name, rows(scene), count, scene, is_told=fresh.state in ("live", "late"))

    return Part(layout, leaves, indicators)


def member_bars(name: str, id: str, dimension: str, count: int) -> Part:
    """A bar for each member of an indicator's dimension."""
    return bars_part(name, count, (id,), lambda scene: member_rows(scene, id, dimension))


def field_bars(count: int) -> Part:
    """Open dossiers by field: in time, near due, overdue."""

    def rows(scene: Scene) -> list[Row]:
        near, overdue = scene.members("D07", "field_code"), scene.members("D08", "field_code")
        return [
            Row(
                text.code(field, scene.language),
                reading.numerator,
                near[field].numerator if field in near else 0,
                overdue[field].numerator if field in overdue else 0,
            )
            for field, reading in scene.members("D05", "field_code").items()
        ]

    return bars_part("fields", count, ("D05", "D07", "D08"), rows, legend=True)


ARRIVALS = Part(arrivals.layout, arrivals.leaves, ("Q01", "Q03"))
"""Who comes, and how long they wait."""


def groups_part(*, choice: bool = True, layer: str = "worst") -> Part:
    """The map of the residential groups.

    Args:
        choice: whether its layer can be chosen.
        layer: the one shown first.
    """
    looked_at = [LAYERS[layer]] if layer in LAYERS else LAYERS.values()
    indicators = tuple(id for one in looked_at for id in one.indicators)
    return Part(lambda scene: grid(scene, choice=choice, layer=layer), grid_leaves, indicators)
