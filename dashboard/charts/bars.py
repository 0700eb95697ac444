"""Bars: how many of each kind, the largest first, each with its name and its number beside it."""

from collections.abc import Iterable
from typing import NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard.board.page import Leaf, Leaves, Scene
from dashboard.words import number, text

SEGMENTS = ("normal", "warning", "critical")
"""What a bar's parts mean, from left to right."""


class Row(NamedTuple):
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


def bars_leaves(name: str, found: Iterable[Row], count: int, scene: Scene, *, is_told: bool = True) -> Leaves:
    """What each row says; what does not fit is summed up in the last one.

    Args:
        name: beginning of the components' ids.
        found: the rows.
        count: how many there are places for.
        scene: what is shown.
        is_told: whether the source tells; where it does not and there is no row, a dash says that nobody knows.
    """
    rows = sorted((row for row in found if row.value), key=lambda row: (-row.value, row.name))
    if len(rows) > count:
        rest = rows[count - 1 :]
        values = (sum(row.value for row in rest), sum(row.warning for row in rest), sum(row.critical for row in rest))
        rows = [*rows[: count - 1], Row(scene.say(text.OTHERS), *values)]
    largest = max((row.value for row in rows), default=1)
    leaves: Leaves = {}
    for place in range(count):
        row = rows[place] if place < len(rows) else Row("", 0)
        parts = (row.value - row.warning - row.critical, row.warning, row.critical)
        nothing = (scene.say(text.NOTHING) if is_told else number.NONE) if not rows and place == 0 else ""
        leaves[Leaf(f"{name}-{place}-name", "children")] = row.name or nothing
        leaves[Leaf(f"{name}-{place}-shown", "children")] = (
            row.shown or number.whole(row.value, scene.language) if row.value else ""
        )
        leaves[Leaf(f"{name}-{place}-bar", "style")] = {
            f"--{part}": f"{100 * share / largest:.1f}%" for part, share in zip(SEGMENTS, parts, strict=True)
        }
    return leaves


def member_rows(scene: Scene, id: str, dimension: str) -> list[Row]:
    """A bar for each member of an indicator's dimension, in its unit."""
    return [
        Row(text.code(member, scene.language), round(reading.numerator * reading.indicator.unit.factor))
        for member, reading in scene.members(id, dimension).items()
    ]
