"""Absence: a card none of whose sources was ever heard, or all of whose are switched off, leaves its room to the others of its line.

A line that has no card left leaves its room to the other lines. One line of text says what is not connected; where that is nearly
everything, it is a card of its own.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import text
from dashboard.words.freshness import freshness
from ingest.contract.label import Label
from warehouse.catalogue import entities, measure

FEW = 2
"""Cards with figures, up to which a page is sparse."""


class CardLine(NamedTuple):
    """Cards side by side."""

    cards: Mapping[str, tuple[str, ...]]
    """From left to right, the indicators that each answers for."""
    widths: tuple[float, ...]
    """The cards' shares of the width; equal where empty."""
    row: str
    """Its row of the page's grid."""
    look: str = ""
    """The style of its own that it has."""
    titles: Mapping[str, Label] = MappingProxyType({})
    """What the cards are about, where several of the page have their figures from the same source."""


def cards_main(parts: Sequence[Sequence[Component]], lines: Sequence[CardLine]) -> Component:
    """The cards of a page, line by line, and the place for what is not connected."""
    shown = [
        html.Div(list(cards), id=f"line-{place}", className=f"line {line.look}", style=_line_style(line))
        for place, (cards, line) in enumerate(zip(parts, lines, strict=True), 1)
    ]
    return html.Main(
        [*shown, html.Div(id="not-connected", className="not-connected")], id="lines", style=_main_style(lines)
    )


def room_updates(lines: Sequence[CardLine], state: BoardState) -> PropertyUpdates:
    """Whose room is whose now; after the cards' own updates. A page none of whose cards has figures needs none."""
    if not any(indicators for line in lines for indicators in line.cards.values()):
        return {}
    absent = absent_cards(lines, state)
    names = ", ".join(dict.fromkeys(_names(lines, absent, state)))
    said = state.say(text.NOT_CONNECTED, names=names) if names else ""
    is_sparse = _is_sparse(lines, absent)
    found: PropertyUpdates = {
        PropertyUpdate("not-connected", "children"): state.say(text.CONNECT, said=said) if is_sparse else said,
        PropertyUpdate("lines", "className"): "is-sparse" if is_sparse else "",
        PropertyUpdate("lines", "style"): _main_style(lines, absent),
    }
    for place, line in enumerate(lines, 1):
        is_absent = " is-absent" if line.cards.keys() <= absent else ""
        found[PropertyUpdate(f"line-{place}", "className")] = f"line {line.look}{is_absent}"
        found[PropertyUpdate(f"line-{place}", "style")] = _line_style(line, absent)
    return found | {PropertyUpdate(f"{id}-card", "className"): "card is-absent" for id in absent}


def absent_cards(lines: Sequence[CardLine], state: BoardState) -> frozenset[str]:
    """The cards whose figures are all not connected."""
    return frozenset(
        id
        for line in lines
        for id, indicators in line.cards.items()
        if indicators
        and all(freshness(state.read(one), state.signs, state.now_ms).state == "unconnected" for one in indicators)
    )


def _is_sparse(lines: Sequence[CardLine], absent: frozenset[str]) -> bool:
    """Whether hardly any card has figures, on a page that has other cards as well."""
    has_figures = [bool(indicators) for line in lines for indicators in line.cards.values()]
    return bool(absent) and not all(has_figures) and sum(has_figures) - len(absent) <= FEW


def _names(lines: Sequence[CardLine], absent: frozenset[str], state: BoardState) -> Iterator[str]:
    """What is not connected: sources, or cards, where another source tells of the same things."""
    heard = {_streams().get(source) for source in state.signs}
    for line in lines:
        for id in [id for id in line.cards if id in absent]:
            for source in dict.fromkeys(measure(one).sources[0] for one in line.cards[id]):
                is_card = id in line.titles and _streams()[source] in heard
                yield state.say(line.titles[id]) if is_card else text.source_name(source, state.language)


@cache
def _streams() -> dict[str, str]:
    """By source, the stream of what it tells first of all."""
    ranked = [
        (place, source, entity.events[0].stream) for entity in entities() for place, source in enumerate(entity.sources)
    ]
    return {source: stream for _, source, stream in sorted(ranked, reverse=True)}


def _line_style(line: CardLine, absent: Container[str] = frozenset()) -> dict[str, Any]:
    widths = [
        width for id, width in zip(line.cards, line.widths or (1,) * len(line.cards), strict=True) if id not in absent
    ]
    columns = " ".join(f"minmax(0, {width}fr)" for width in widths)
    return {"--columns": columns, "--others": str(max(1, len(widths) - 1))}


def _main_style(lines: Sequence[CardLine], absent: frozenset[str] = frozenset()) -> dict[str, Any]:
    return {"--rows": " ".join(line.row for line in lines if not line.cards.keys() <= absent)}
