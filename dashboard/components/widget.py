"""Widget: what is drawn in a card beneath its figures - a chart, bars, a map, a list - and the makers of those that several pages show."""

from collections.abc import Callable
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard.charts import arrivals
from dashboard.charts.bars import Bar, bars, bars_updates, member_rows
from dashboard.charts.chart import nothing
from dashboard.charts.slot_chart import SlotChart
from dashboard.components.group_map import LAYERS, grid, grid_updates
from dashboard.state.page import BoardState, PropertyUpdates
from dashboard.words import text


class Widget(NamedTuple):
    """Something drawn."""

    layout: Callable[[BoardState], Component]
    """The standing parts; every update's component has its id there."""
    updates: Callable[[BoardState], PropertyUpdates] = lambda state: {}
    indicators: tuple[str, ...] = ()
    """Ids of the indicators that it shows, for the card's freshness."""
    through: str = ""
    """Id of the measure that it shows through time, which people can see for other periods; empty: there is none."""


def chart_part(chart: SlotChart) -> Widget:
    """A chart over time."""
    indicators = tuple(one.indicator for one in chart.series)
    return Widget(chart.layout, chart.updates, indicators, through=indicators[0])


def bars_part(
    name: str, count: int, indicators: tuple[str, ...], rows: Callable[[BoardState], list[Bar]], legend: bool = False
) -> Widget:
    """Bars of whatever rows.

    Args:
        name: beginning of the components' ids.
        count: how many rows there are places for.
        indicators: where the rows come from.
        rows: them, at a moment.
        legend: whether it is said beneath what the colours of a bar's parts mean.
    """

    def layout(state: BoardState) -> Component:
        if not legend:
            return bars(name, count)
        keys = [("warning", text.NEAR_DUE), ("critical", text.OVERDUE)]
        said = [html.Span([html.I(className=f"key key-{status}"), state.say(label)]) for status, label in keys]
        return html.Div([bars(name, count), html.Div(said, className="legend")], className="bars-place")

    def updates(state: BoardState) -> PropertyUpdates:
        return bars_updates(name, rows(state), count, state, nothing(state, indicators))

    return Widget(layout, updates, indicators)


def member_bars(name: str, id: str, dimension: str, count: int) -> Widget:
    """A bar for each member of an indicator's dimension."""
    return bars_part(name, count, (id,), lambda state: member_rows(state, id, dimension))


def field_bars(count: int, *beside: str) -> Widget:
    """Open dossiers by field: in time, near due, overdue.

    Args:
        count: how many rows there are places for.
        beside: ids of what else their card shows, which is as fresh as the worst of all.
    """

    def rows(state: BoardState) -> list[Bar]:
        near, overdue = state.members("D07", "field_code"), state.members("D08", "field_code")
        return [
            Bar(
                text.name_of_code(field, state.language),
                reading.numerator,
                near[field].numerator if field in near else 0,
                overdue[field].numerator if field in overdue else 0,
            )
            for field, reading in state.members("D05", "field_code").items()
        ]

    return bars_part("fields", count, ("D05", "D07", "D08", *beside), rows, legend=True)


ARRIVALS = Widget(arrivals.layout, arrivals.updates, arrivals.INDICATORS, through=arrivals.INDICATORS[0])
"""Who comes, and how long they wait."""


def groups_part(*, choice: bool = True, layer: str = "worst") -> Widget:
    """The map of the residential groups.

    Args:
        choice: whether its layer can be chosen.
        layer: the one shown first.
    """
    looked_at = [LAYERS[layer]] if layer in LAYERS else LAYERS.values()
    indicators = tuple(id for one in looked_at for id in one.indicators)
    return Widget(lambda state: grid(state, choice=choice, layer=layer), grid_updates, indicators)
