"""Table: rows on a page, for the few that need no sorting.

A table of nothing but texts is one component. Where a cell holds a component, every cell has to be one, and each costs the
browser as much as a whole row of texts: so components are for links, and for what somebody must look at.

A phone has no room for many columns: there the cells of a row follow each other, each with its column's name, and nothing has to be
pushed aside to be seen.
"""

import json
from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

Cell = Component | str

MOST_BESIDE = 3
"""Columns that a phone shows beside each other."""


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
    look = table_look(heads, numbers)
    if all(isinstance(cell, str) for row in rows for cell in row):
        data = {"head": list(heads), "body": [list(row) for row in rows]}
        texts: Component = dmc.Table(data=data, withRowBorders=False, **look)
        return texts
    head = html.Tr([html.Th(title, scope="col") for title in heads])
    body = [html.Tr([html.Td(cell) for cell in row]) for row in rows]
    return html.Table([html.Thead(head), html.Tbody(body)], **look)


def table_look(heads: Sequence[str], numbers: Sequence[int] = ()) -> dict[str, Any]:
    """How a table looks: its classes, and the names of its columns after the first for the style sheet of phones (ten columns at most)."""
    is_wide = len(heads) > MOST_BESIDE
    classes = ["plain", *(f"number-{place}" for place in numbers), *(["flows"] if is_wide else [])]
    names = {f"--head-{place}": json.dumps(head, ensure_ascii=False) for place, head in enumerate(heads) if place}
    return {"className": " ".join(classes), "style": names if is_wide else {}}
