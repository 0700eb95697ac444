"""Card: one question of a page, declared as a value - its large figure, the small ones that follow from it, and what is drawn.

A page of the wall is lines of cards; `wall_page` makes layout and updates from them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.charts.period_ways import period_choice, period_ways
from dashboard.components import header, tile
from dashboard.components.absence import CardLine, absent_cards, cards_main, room_updates
from dashboard.components.trend import trend
from dashboard.components.widget import Widget
from dashboard.state.page import BoardState, Page, PastQuestion, PropertyUpdate, PropertyUpdates
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

    def layout(self, state: BoardState) -> Component:
        """The standing parts."""
        body: list[Component] = []
        for id in self._large:
            name = id.lower()
            said = [
                html.Span(short_name(id, state.language)),
                html.Span(id=f"{name}-parts", className="parts"),
                html.Div(id=f"{name}-trend", className="trend"),
            ]
            body += [tile.big(name), html.Div(said, className="caption")]
        if self.part:
            body += _drawn(self.id, self.part, state)
        if smalls := [tile.small(id.lower(), short_name(id, state.language)) for id in self.smalls]:
            body.append(tile.smalls(*smalls))
        facts = [html.Span(state.say(self.note))] if self.note else []
        return tile.card(self.id, state.say(self.title), *body, facts=facts)

    def updates(self, state: BoardState) -> PropertyUpdates:
        """The changing parts."""
        found = tile.card_updates(self.id, state, self.indicators) if self.indicators else {}
        for id in self._large:
            one = measure(id)
            parts = "" if one.unit.out_of else number.fraction_text(state.read(id), state.language)
            found |= tile.big_updates(id, state)
            found[PropertyUpdate(f"{id.lower()}-parts", "children")] = parts
            found[PropertyUpdate(f"{id.lower()}-trend", "children")] = trend(state, id)
        for id in self.smalls:
            found |= tile.small_updates(id, state)
        return found | (self.part.updates(state) if self.part else {})


def _drawn(id: str, part: Widget, state: BoardState) -> list[Component]:
    """What is drawn; for people, what shows something through time beside a choice of its period."""
    drawn = part.layout(state)
    if not part.through or viewer().is_display:
        return [drawn]
    if state.past:
        return [drawn, period_ways(state, part.through)]
    live = html.Div(drawn, id=f"{id}-live", className="period-place")
    return [live, html.Div(id=f"{id}-told", className="period-place", hidden=True), period_choice(state, id)]


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
    def line(self) -> CardLine:
        """Its place on the page: figures get the height that they need, drawings what is left."""
        least = "min-content" if any(card.big for card in self.cards) else "0"
        row = f"minmax({least}, {self.height}fr)"
        titles = {card.id: card.title for card in self.cards}
        return CardLine({card.id: card.indicators for card in self.cards}, self.widths, row, titles=titles)


def wall_page(
    path: str,
    label: Label,
    order: int,
    pace: timedelta | None,
    lines: tuple[CardRow, ...],
    *,
    menu: Label | None = None,
    has_news: Callable[[BoardState], bool] = lambda state: True,
    past_updates: Callable[[PastQuestion], PropertyUpdates] | None = None,
) -> Page:
    """A page of the wall.

    Args:
        path: its address.
        label: its name.
        order: its place among the pages.
        pace: how long the wall shows each of its lines.
        lines: its cards.
        menu: the word of the menu under which it is found.
        has_news: whether a screen that has no pages of its own shows it now.
        past_updates: what it asks for, beyond its updates, of a minute of the past.
    """
    places = [line.line for line in lines]

    def layout(state: BoardState) -> Component:
        seen = [line for line in lines if not (line.for_people and viewer().is_display)]
        parts = [[card.layout(state) for card in line.cards] for line in seen]
        main = cards_main(parts, [line.line for line in seen])
        return html.Div(
            [header.head(state, viewer(), path, label), main, header.foot(state, viewer(), path)],
            className="wall domain",
        )

    def updates(state: BoardState) -> PropertyUpdates:
        found = header.head_updates(state) | header.foot_updates(state)
        for line in lines:
            for card in line.cards:
                found |= card.updates(state)
        return found | room_updates(places, state)

    def has_said(state: BoardState) -> bool:
        return has_news(state) and not absent_cards(places, state) >= {id for line in places for id in line.cards}

    return Page(
        path=path,
        label=label,
        right="leader",
        layout=layout,
        updates=updates,
        order=order,
        menu=menu,
        has_news=has_said,
        pace=pace,
        past_updates=past_updates,
        through={
            card.id: card.part.through for line in lines for card in line.cards if card.part and card.part.through
        },
    )
