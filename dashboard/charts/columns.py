"""Columns: how many of each kind on each day, stacked. The style sheet draws them: Plotly would be a third of what the page weighs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import cycle
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.charts.chart import SERIES
from dashboard.theme import token
from dashboard.words import number
from ingest.contract.label import Language

_MOST_NAMED = 10
"""Days that are named below their columns, and whose sums stand above them."""


def day_columns(days: Sequence[date], counts: Mapping[tuple[date, str], int], language: Language) -> list[Component]:
    """The kinds with their colours, the one with most first; then a column a day, that kind lowest; nothing where there is nothing.

    Args:
        days: from left to right; those without any have their place.
        counts: how many there are of each kind on each day.
        language: in which numbers are written.
    """
    kinds = Counter[str]()
    for (_, kind), count in counts.items():
        kinds[kind] += count
    if not kinds:
        return []
    order = [kind for kind, _ in kinds.most_common()]
    colours = dict(zip(order, cycle(map(token, SERIES)), strict=False))
    sums = {day: sum(counts.get((day, kind), 0) for kind in order) for day in days}
    largest = max(1, *sums.values())
    step = -(-len(days) // _MOST_NAMED)
    keys = [
        html.Span([_block(colours[kind]), f"{kind} {number.whole_number(kinds[kind], language)}"]) for kind in order
    ]
    columns = []
    for place, day in enumerate(reversed(days)):
        told = {kind: counts[day, kind] for kind in reversed(order) if counts.get((day, kind))}
        parts = [_block(colours[kind], count / largest) for kind, count in told.items()]
        is_named = place % step == 0
        said = number.whole_number(sums[day], language) if sums[day] and (step == 1 or sums[day] == largest) else ""
        lines = [f"{day:%d/%m}", *(f"{kind}: {number.whole_number(count, language)}" for kind, count in told.items())]
        stack = html.Div([html.Span(said), *parts], className="day-stack")
        label = html.Span(f"{day:%d/%m}" if is_named else "", className="day-label")
        columns.append(html.Div([stack, label], title="\n".join(lines)))
    return [html.Div(keys, className="legend"), html.Div(columns[::-1], className="day-columns")]


def _block(colour: str, share: float | None = None) -> Component:
    style: dict[str, Any] = {"background": colour, **({} if share is None else {"--share": f"{share:.3f}"})}
    return html.I(className="key" if share is None else "day-part", style=style)
