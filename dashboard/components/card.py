"""Card: one question of a page, declared as a value - its large figure, the small ones that follow from it, and what is drawn.

A page of the wall is lines of cards; `wall_page` makes layout and leaves from them.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components import header, tile
from dashboard.components.trend import trend
from dashboard.components.widget import Widget
from dashboard.state.page import BoardState, Page, PropertyUpdate, PropertyUpdates
from dashboard.words import number
from dashboard.words.short_name import short_name
from ingest.contract.label import Label
from warehouse.catalogue import measure


@dataclass(frozen=True)
class Card:
    """One card."""

    id: str
    title: Label
    big: str = ""
    """Id of the measure whose figure is large."""
    smalls: tuple[str, ...] = ()
    """Ids of those whose figures stand beneath."""
    part: Widget | None = None
    """What is drawn."""
    note: Label | None = None
    """Of what and when, beside the title."""

    @property
    def indicators(self) -> tuple[str, ...]:
        """Ids of the indicators that the card answers for."""
        drawn = self.part.indicators if self.part else ()
        return (*self._large, *self.smalls, *drawn)

    @property
    def _large(self) -> tuple[str, ...]:
        return (self.big,) if self.big else ()

    def layout(self, scene: BoardState) -> Component:
        """The standing parts."""
        body: list[Component] = []
        for id in self._large:
            unit = "" if measure(id).unit.out_of else scene.say(measure(id).unit.label)
            name = id.lower()
            said = [
                html.Span(short_name(id, scene.language)),
                html.Span(id=f"{name}-parts", className="parts"),
                html.Div(id=f"{name}-trend", className="trend"),
            ]
            body += [tile.big(name, unit), html.Div(said, className="caption")]
        if self.part:
            body.append(self.part.layout(scene))
        if smalls := [tile.small(id.lower(), short_name(id, scene.language)) for id in self.smalls]:
            body.append(tile.smalls(*smalls))
        facts = [html.Span(scene.say(self.note))] if self.note else []
        return tile.card(self.id, scene.say(self.title), *body, facts=facts)

    def leaves(self, scene: BoardState) -> PropertyUpdates:
        """The changing parts."""
        found = tile.card_leaves(self.id, scene, self.indicators) if self.indicators else {}
        for id in self._large:
            one = measure(id)
            parts = "" if one.unit.out_of else number.fraction_text(scene.read(id), scene.language)
            found |= tile.figure_leaves(id, scene)
            found[PropertyUpdate(f"{id.lower()}-parts", "children")] = parts
            found[PropertyUpdate(f"{id.lower()}-trend", "children")] = trend(scene, id)
        for id in self.smalls:
            found |= tile.small_leaves(id, scene)
        return found | (self.part.leaves(scene) if self.part else {})


class CardRow(NamedTuple):
    """Cards side by side."""

    height: float
    """Its share of the page's height."""
    cards: tuple[Card, ...]
    widths: tuple[float, ...] = ()
    """The cards' shares of the width; equal where empty."""
    for_people: bool = False
    """Whether screens, which nobody touches, leave it out."""

    @property
    def columns(self) -> str:
        """Its columns of the page's grid."""
        return " ".join(f"minmax(0, {width}fr)" for width in self.widths or (1,) * len(self.cards))

    @property
    def row(self) -> str:
        """Its row of the page's grid: figures get the height that they need, drawings what is left."""
        least = "min-content" if any(card.big for card in self.cards) else "0"
        return f"minmax({least}, {self.height}fr)"


def wall_page(
    path: str, label: Label, order: int, pace: timedelta | None, lines: tuple[CardRow, ...], *, only_now: bool = False
) -> Page:
    """A page of the wall.

    Args:
        path: its address.
        label: its name.
        order: its place among the pages.
        pace: how long the wall shows it.
        lines: its cards.
        only_now: whether it asks for more than its leaves.
    """

    def layout(scene: BoardState) -> Component:
        seen = [line for line in lines if not (line.for_people and viewer().is_display)]
        shown = [
            html.Div(
                [card.layout(scene) for card in line.cards],
                className="line",
                style={"--columns": line.columns},
            )
            for line in seen
        ]
        main = html.Main(shown, style={"--rows": " ".join(line.row for line in seen)})
        return html.Div([header.head(scene, label), main, header.foot(scene, viewer(), path)], className="wall domain")

    def leaves(scene: BoardState) -> PropertyUpdates:
        found = header.head_leaves(scene) | header.foot_leaves(scene)
        for line in lines:
            for card in line.cards:
                found |= card.leaves(scene)
        return found

    return Page(
        path=path, label=label, right="leader", layout=layout, leaves=leaves, order=order, pace=pace, only_now=only_now
    )
