"""Layout: puts a page's changing properties into its standing parts, for the first paint and as what is pushed later."""

from typing import Any

from dash import Patch
from dash.development.base_component import Component

from dashboard.component_id import component_id
from dashboard.state.page import PropertyUpdates


def fill_layout(layout: Component, updates: PropertyUpdates) -> Component:
    """Put the updates' values into a layout, for the first paint.

    Raises:
        KeyError: an update's component is not in the layout.
    """
    found = {component_id(id): part for part in _every(layout) if (id := getattr(part, "id", None))}
    for update, value in updates.items():
        name, *inner = update.path.split(".")
        if not inner:
            setattr(found[update.id], name, value)
            continue
        target = getattr(found[update.id], name)
        for step in inner[:-1]:
            target = target[_step(step)]
        target[_step(inner[-1])] = value
    return layout


def changed_properties(updates: PropertyUpdates, known: PropertyUpdates) -> PropertyUpdates:
    """The updates whose value is another than the one already shown."""
    return {update: value for update, value in updates.items() if update not in known or known[update] != value}


def component_properties(updates: PropertyUpdates) -> dict[str, dict[str, Any]]:
    """Updates as properties a component; what goes into a property becomes a patch, so that whole figures never travel."""
    grouped: dict[str, dict[str, Any]] = {}
    for update, value in updates.items():
        name, *inner = update.path.split(".")
        component = grouped.setdefault(update.id, {})
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
