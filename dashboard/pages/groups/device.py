"""Device: one loudspeaker, camera or device of the service centre, `/device/<name>`; `callbacks` asks for all of it."""

import re
from collections.abc import Collection, Iterator

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components import header
from dashboard.pages.groups.group import REFRESH_MS
from dashboard.state.page import BoardState, Page
from dashboard.words import text
from ingest.contract.label import Label

DEVICE = Label("Một thiết bị", "A device")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""As `DeviceName`."""


class DeviceNames(Collection[str]):
    """Everything that the name of a device can be in an address."""

    def __contains__(self, name: object) -> bool:
        """Whether an address may end with it."""
        return isinstance(name, str) and _NAME.fullmatch(name) is not None

    def __iter__(self) -> Iterator[str]:
        """None is known beforehand."""
        return iter(())

    def __len__(self) -> int:
        """None is known beforehand."""
        return 0


def layout(state: BoardState) -> Component:
    """Its name, and the place for what is known of it."""
    say, name = state.say, state.argument
    head = html.Header(
        [
            header.navigation(state, viewer(), f"/device/{name}"),
            header.way_back(say(text.BACK), "/"),
            html.H1(name),
            header.transport_mark(state),
        ],
        className="desk-head",
    )
    main = html.Main(
        [
            html.Div(html.P(say(text.READING), className="quiet"), id="device-said"),
            dcc.Store(id="device-name", data=name),
            dcc.Interval(id="device-tick", interval=REFRESH_MS),
        ],
        className="desk-scroll",
        tabIndex=0,
    )
    return html.Div([head, main], className="desk")


PAGE = Page(path="/device", label=DEVICE, right="leader", layout=layout, arguments=DeviceNames)
