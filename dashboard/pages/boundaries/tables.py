"""Boundaries tables: what a file says beside what the board knows, and who took which."""

from collections.abc import Iterable, Sequence

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.table import data_table
from dashboard.state.page import BoardState
from dashboard.ward_map.drawing import draw
from dashboard.ward_map.geojson import Boundaries
from dashboard.ward_map.kept import KeptMap
from dashboard.words import number
from ingest.contract.clock import WARD_ZONE
from ingest.contract.label import Label, Language

GROUPS = Label(
    "{count} tổ dân phố, đủ theo danh sách của phường.", "{count} residential groups, all of the ward's list."
)
DEVICES = Label("{count} thiết bị có tọa độ.", "{count} devices with coordinates.", "{count} device with coordinates.")
UNKNOWN = Label("Bảng không biết các thiết bị: {names}.", "The board does not know these devices: {names}.")
OUTSIDE = Label("Nằm ngoài mọi tổ: {names}.", "Outside of every group: {names}.")
HEADS = (Label("Lúc", "At"), Label("Người nạp", "By"), Label("Dung lượng", "Size"))
NONE = Label("Chưa nạp tệp nào.", "No file was taken yet.")
MOST_NAMES = 10


def known_devices(state: BoardState) -> set[str]:
    """Names of the loudspeakers and cameras that the board has heard of."""
    return {name for id in ("S02", "C02") for name in state.members(id, "key")}


def preview(found: Boundaries, known: set[str], key: str, language: Language) -> Component:
    """What the file shows.

    Args:
        found: what it says.
        known: names of the devices that the board has heard of.
        key: another one for another file, or the browser leaves the drawing as it was.
        language: of the reader.
    """
    drawing = draw(found)
    outside = [name for name, *_, group in drawing.devices if not group]
    said = [html.P(GROUPS.text(language, count=len(found.groups)))]
    if found.devices:
        said.append(html.P(DEVICES.text(language, count=number.whole_number(len(found.devices), language))))
    for label, names in ((UNKNOWN, found.devices.keys() - known), (OUTSIDE, outside)):
        if names:
            warned: list[Component | str] = [
                html.Span(className="sign sign-warning"),
                label.text(language, names=_listed(names)),
            ]
            said.append(html.P(warned, className="quiet broken"))
    return html.Div(
        [
            *said,
            html.Div(html.Div(id="map", className="map"), className="map-place"),
            dcc.Store(id="map-shapes", data=drawing._asdict()),
        ],
        className="boundaries-preview",
        key=key,
    )


def kept_table(kept: Sequence[KeptMap], language: Language) -> Component:
    """The files that were taken, the newest first."""
    rows = [
        [f"{one.at.astimezone(WARD_ZONE):%H:%M %d/%m/%Y}", one.by, number.size(len(one.content), language)]
        for one in kept
    ]
    return data_table([head.text(language) for head in HEADS], rows, (2,), empty=NONE.text(language))


def _listed(names: Iterable[str]) -> str:
    known = sorted(names)
    more = f" (+{len(known) - MOST_NAMES})" if len(known) > MOST_NAMES else ""
    return ", ".join(known[:MOST_NAMES]) + more
