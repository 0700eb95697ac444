"""Devices: the list of devices of a source that asks them, read, typed or pasted from a spreadsheet, and saved."""

from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from dashboard.access.viewer import viewer
from dashboard.pages.sources.editor import reason
from dashboard.pages.sources.page import PAGE
from dashboard.pages.sources.trail import TracedSources
from dashboard.thread_pool import ThreadPool
from ingest.administration.message import AskDevices, DeclarationText, Done, SaveDevices
from ingest.contract.errors import IocError
from ingest.contract.label import Label

SAVED = Label(
    "Đã lưu; thiết bị được hỏi theo danh sách mới sau một vòng.", "Saved; the new list counts within a round."
)


def attach_devices(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    """Attach what is done with the list."""

    @app.callback(
        Output("devices-text", "value"),
        Output("devices-said", "children"),
        Output("devices-fault", "children"),
        Input("devices-read", "n_clicks"),
        Input("devices-save", "n_clicks"),
        Input("source-id", "data"),
        State("devices-text", "value"),
        prevent_initial_call=True,
    )
    async def devices(_reads: object, _saves: object, id_: object, text: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right) or not isinstance(id_, str):
            return no_update, no_update, no_update
        if ctx.triggered_id == "source-id":
            return "", "", ""
        try:
            if ctx.triggered_id == "devices-read":
                found = await pool.run(person.name, sources.ask, AskDevices(id=id_), DeclarationText)
                return found.text, "", ""
            question = SaveDevices(id=id_, text=text if isinstance(text, str) else "")
            await pool.run(person.name, sources.act, question, Done, person.name, "devices")
        except (IocError, ValueError) as error:
            return no_update, "", reason(error).text(person.language)
        return no_update, SAVED.text(person.language), ""
