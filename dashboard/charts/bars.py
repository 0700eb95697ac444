"""Bars: how many of each kind, the largest first, each with its name and its number beside it."""

from collections.abc import Iterable
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import number, text

SEGMENTS = ("normal", "warning", "critical")
"""What a bar's parts mean, from left to right."""


class Bar(NamedTuple):
    """One bar."""

    name: str
    value: int
    warning: int = 0
    """How many of them somebody must look at."""
    critical: int = 0
    """How many of them somebody must act on."""
    shown: str = ""
    """What stands behind it; the value itself where empty."""


def bars(name: str, count: int) -> Component:
    """The standing places of so many rows."""
    rows = [
        html.Li(
            [
                html.Span(id=f"{name}-{place}-name", className="bar-name"),
                html.Span(
                    [
                        *[html.I(className=f"bar-part bar-{part}") for part in SEGMENTS],
                        html.Span(id=f"{name}-{place}-shown", className="bar-shown"),
                    ],
                    id=f"{name}-{place}-bar",
                    className="bar",
                ),
            ],
            className="bar-row",
        )
        for place in range(count)
    ]
    return html.Ul(rows, className="bars")


def bars_updates(name: str, found: Iterable[Bar], count: int, state: BoardState, nothing: str) -> PropertyUpdates:
    """What each row says; what does not fit is summed up in the last one.

    Args:
        name: beginning of the components' ids.
        found: the rows.
        count: how many there are places for.
        state: what is shown.
        nothing: what stands there where there is no row.
    """
    rows = sorted((row for row in found if row.value), key=lambda row: (-row.value, row.name))
    if len(rows) > count:
        rest = rows[count - 1 :]
        values = (sum(row.value for row in rest), sum(row.warning for row in rest), sum(row.critical for row in rest))
        rows = [*rows[: count - 1], Bar(state.say(text.OTHERS), *values)]
    largest = max((row.value for row in rows), default=1)
    said = [row.shown or number.whole_number(row.value, state.language) for row in rows]
    room = f"{max(map(len, said), default=0)}ch"
    updates: PropertyUpdates = {}
    for place in range(count):
        row = rows[place] if place < len(rows) else Bar("", 0)
        parts = (row.value - row.warning - row.critical, row.warning, row.critical)
        updates[PropertyUpdate(f"{name}-{place}-name", "children")] = row.name if rows or place else nothing
        updates[PropertyUpdate(f"{name}-{place}-shown", "children")] = said[place] if place < len(rows) else ""
        updates[PropertyUpdate(f"{name}-{place}-bar", "style")] = {
            f"--{part}": f"{100 * share / largest:.1f}%" for part, share in zip(SEGMENTS, parts, strict=True)
        } | {"--room": room}
    return updates


def member_rows(state: BoardState, id: str, dimension: str) -> list[Bar]:
    """A bar for each member of an indicator's dimension, in its unit."""
    return [
        Bar(text.name_of_code(member, state.language), round(reading.numerator * reading.indicator.unit.factor))
        for member, reading in state.members(id, dimension).items()
    ]
