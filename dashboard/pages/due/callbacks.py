"""Due callbacks: asks which dossiers are near due or overdue, while somebody looks at their page."""

from typing import Any

from dash import Dash, Input, Output, State, no_update

from dashboard.access.viewer import viewer
from dashboard.board.page_services import Services
from dashboard.pages.due.page import PAGE
from dashboard.pages.due.table import chosen_field, due_csv, due_table, field_ways, of_field
from dashboard.state.queries import TooMuchError
from dashboard.words.csv import csv_download
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.errors import Unavailable
from warehouse.query.due import due_list


def register(app: Dash, services: Services) -> None:
    """Attach the page's callback."""
    live, reader = services.live, services.reader

    @app.callback(Output("due-list", "children"), Input("due-tick", "n_intervals"), State("url", "search"))
    async def show(_ticks: object, search: object) -> Any:
        person = viewer()
        if not PAGE.may_be_seen_by(person):
            return no_update
        try:
            found = await reader.ask(lambda client: due_list(client, live.ingest.ward, live.now_ms()))
        except (Unavailable, TooMuchError):
            return WAREHOUSE_ASK_AGAIN.text(person.language)
        return [
            field_ways(found, chosen_field(search), person.language),
            *due_table(of_field(found, search), person.language),
        ]

    @app.callback(
        Output("due-download", "data"),
        Input("due-csv", "n_clicks"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    async def download(_clicks: object, search: object) -> Any:
        person = viewer()
        if not PAGE.may_be_seen_by(person):
            return no_update
        try:
            found = await reader.ask(lambda client: due_list(client, live.ingest.ward, live.now_ms()))
        except (Unavailable, TooMuchError):
            return no_update
        return csv_download(due_csv(of_field(found, search), person.language), "due.csv")
