"""Groups callbacks: asks for a group's devices, and for everything of a device, while somebody looks at their page."""

import asyncio
from typing import Any

from dash import Dash, Input, Output, State, no_update

from dashboard.access.viewer import viewer
from dashboard.board.page_services import Services
from dashboard.pages.groups import device, group
from dashboard.pages.groups.tables import alarm_list, device_page, device_table
from dashboard.state.queries import TooMuchError
from dashboard.words import text
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.errors import Unavailable
from warehouse.query.devices import (
    DeviceChange,
    DeviceHappening,
    DeviceNow,
    device_changes,
    device_happenings,
    devices_now,
)

FoundDevice = tuple[DeviceNow, list[DeviceChange], list[DeviceHappening]]


def register(app: Dash, services: Services) -> None:
    """Attach the callbacks of both pages."""
    live, reader, ward = services.live, services.reader, services.live.ingest.ward

    @app.callback(
        Output("group-alarms", "children"),
        Output("group-devices", "children"),
        Input("group-tick", "n_intervals"),
        State("group-number", "data"),
    )
    async def show_group(_ticks: object, number: object) -> tuple[Any, ...]:
        person = viewer()
        if not group.PAGE.may_be_seen_by(person) or number not in group.GroupNumbers():
            return no_update, no_update
        area, state = group.area_of(str(number)), live.board_state(person.language)
        try:
            found = await reader.ask(lambda client: devices_now(client, ward, state.now_ms, area=area))
        except (Unavailable, TooMuchError):
            return alarm_list({area}, state), WAREHOUSE_ASK_AGAIN.text(person.language)
        return alarm_list({area, *(one.id for one in found)}, state), device_table(found, state)

    @app.callback(Output("device-said", "children"), Input("device-tick", "n_intervals"), State("device-name", "data"))
    async def show_device(_ticks: object, name: object) -> Any:
        person = viewer()
        if not device.PAGE.may_be_seen_by(person) or name not in device.DeviceNames():
            return no_update
        state = live.board_state(person.language)

        async def of(one: DeviceNow) -> FoundDevice:
            changes, happenings = await asyncio.gather(
                reader.ask(lambda client: device_changes(client, ward, state.now_ms, one)),
                reader.ask(lambda client: device_happenings(client, ward, state.now_ms, one)),
            )
            return one, changes, happenings

        try:
            devices = await reader.ask(lambda client: devices_now(client, ward, state.now_ms, id=str(name)))
            found = await asyncio.gather(*map(of, devices))
        except (Unavailable, TooMuchError):
            return WAREHOUSE_ASK_AGAIN.text(person.language)
        return [device_page(*one, state) for one in found] or state.say(text.NO_DEVICE)
