"""Layout: puts a page's changing properties into its standing parts, for the first paint and as what is pushed later."""

from typing import Any

from dash import Patch
from dash.development.base_component import Component

from dashboard.component_id import component_id
from dashboard.state.page import PropertyUpdates


def fill_layout(layout: Component, leaves: PropertyUpdates) -> Component:
    """Put the leaves' values into a layout, for the first paint.

    Raises:
        KeyError: a leaf's component is not in the layout.
    """
    found = {component_id(id): part for part in _every(layout) if (id := getattr(part, "id", None))}
    for leaf, value in leaves.items():
        name, *inner = leaf.path.split(".")
        if not inner:
            setattr(found[leaf.id], name, value)
            continue
        target = getattr(found[leaf.id], name)
        for step in inner[:-1]:
            target = target[_step(step)]
        target[_step(inner[-1])] = value
    return layout


def changed_properties(leaves: PropertyUpdates, known: PropertyUpdates) -> PropertyUpdates:
    """The leaves whose value is another than the one already shown."""
    return {leaf: value for leaf, value in leaves.items() if leaf not in known or known[leaf] != value}


def component_properties(leaves: PropertyUpdates) -> dict[str, dict[str, Any]]:
    """Leaves as properties a component; what goes into a property becomes a patch, so that whole figures never travel."""
    grouped: dict[str, dict[str, Any]] = {}
    for leaf, value in leaves.items():
        name, *inner = leaf.path.split(".")
        component = grouped.setdefault(leaf.id, {})
        if not inner:
            component[name] = value
            continue
        target = component.setdefault(name, Patch())
        for step in inner[:-1]:
            target = target[_step(step)]
        target[_step(inner[-1])] = value
    return grouped


def _every(layout: Component) -> list[Component]:
    parts = layout._traverse()  # type: ignore[no-untyped-call]  # noqa: SLF001  # Dash has no public walk
    return [layout, *(part for part in parts if isinstance(part, Component))]


def _step(text: str) -> int | str:
    return int(text) if text.isdigit() else text
