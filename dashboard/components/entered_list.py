"""Entered list: figures that people enter, each with its period; one beneath the other, because each is of another time."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.components import tile
from dashboard.components.widget import Widget
from dashboard.entry.amount import period_name
from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import number
from dashboard.words.freshness import freshness
from ingest.contract.calendar import local_day
from ingest.contract.clock import moment
from ingest.contract.label import Label
from warehouse.catalogue import measure
from warehouse.figures.kind import FigureKind, period_at

NOT_ENTERED = Label("chưa nhập", "not entered yet")


def entered_list(kinds: Sequence[FigureKind], *beside: str) -> Widget:
    """The figures of some kinds, and what stands beside them for comparison.

    Args:
        kinds: the kinds.
        beside: ids of other measures.
    """
    ids = (*(kind.id for kind in kinds), *beside)

    def layout(state: BoardState) -> Component:
        return html.Table(html.Tbody([_row(id, state) for id in ids]), className="plain entered-list")

    def updates(state: BoardState) -> PropertyUpdates:
        found: PropertyUpdates = {}
        for id in ids:
            name, reading = id.lower(), state.read(id)
            found |= tile.small_updates(id, state)
            fresh = freshness(reading, state.signs, state.now_ms).state
            found[PropertyUpdate(name, "className")] = f"status-{reading.status} fresh-{fresh}"
        for kind in kinds:
            name, reading = kind.id.lower(), state.read(kind.id)
            if kind.of_whole is None and kind.unit.factor == 1:  # its unit stands where others have their parts
                found[PropertyUpdate(f"{name}-figure", "children")] = number.figure_text(reading, state.language)
                found[PropertyUpdate(f"{name}-parts", "children")] = state.say(kind.unit.label)
            covers = period_at(local_day(moment(reading.newest_ms)), kind.months)
            said = period_name(covers.code, state.language) if reading.known else state.say(NOT_ENTERED)
            found[PropertyUpdate(f"{name}-period", "children")] = said
        return found

    return Widget(layout, updates)  # no freshness of all together: each figure is of another period


def _row(id: str, state: BoardState) -> Component:
    name = id.lower()
    return html.Tr(
        [
            html.Td([html.Span(id=f"{name}-sign", className="sign"), state.say(measure(id).label)]),
            html.Td(html.A(id=f"{name}-figure", className="figure")),
            html.Td(html.Span(id=f"{name}-parts", className="parts")),
            html.Td(html.Span(id=f"{name}-period", className="quiet")),
        ],
        id=name,
    )
