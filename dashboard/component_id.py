"""Component id: the text by which Dash names a component, also where its id has several parts."""

from typing import Any

from dash import Input


def component_id(id: str | dict[str, Any]) -> str:
    """The text that stands for an id in a layout, a callback and a request."""
    return str(Input(id, "id").component_id_str())
