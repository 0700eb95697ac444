"""Table: rows on a page, for the few that need no sorting.

A table of nothing but texts is one component. Where a cell holds a component, every cell has to be one, and each costs the
browser as much as a whole row of texts: so components are for links, and for what somebody must look at.
"""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

Cell = Component | str


def data_table(
    heads: Sequence[str], rows: Sequence[Sequence[Cell]], numbers: Sequence[int] = (), empty: str = "–"
) -> Component:
    """A table.

    Args:
        heads: titles of the columns.
        rows: what stands in them.
        numbers: places of the columns whose figures stand below each other; of the first eight.
        empty: what is said where there are no rows.
    """
    if not rows:
        return html.P(empty, className="quiet")
    classes = " ".join(["plain", *(f"number-{place}" for place in numbers)])
    if all(isinstance(cell, str) for row in rows for cell in row):
        data = {"head": list(heads), "body": [list(row) for row in rows]}
        texts: Component = dmc.Table(data=data, className=classes, withRowBorders=False)
        return texts
    head = html.Tr([html.Th(title, scope="col") for title in heads])
    body = [html.Tr([html.Td(cell) for cell in row]) for row in rows]
    return html.Table([html.Thead(head), html.Tbody(body)], className=classes)
