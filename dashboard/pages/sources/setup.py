"""Setup: what the vendor of a source has to know, as a page to print or send; without secrets."""

import re
from collections.abc import Collection, Iterator

from dash import Dash, Input, Output, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.board.page_services import Services
from dashboard.pages.sources.tables import SEPARATE, setup_table
from dashboard.state.page import BoardState, Page
from dashboard.words import text
from ingest.administration.message import CARDS, AskCards
from ingest.administration.remote import RemoteSources
from ingest.contract.away import SERVICE_ASK_AGAIN
from ingest.contract.errors import IocError
from ingest.contract.label import Label

SETUP = Label("Cài đặt nguồn", "Setup of a source")
WARD = Label("Phường {ward}, thành phố {city}", "{ward} ward, {city}")
UNKNOWN = Label("Không có nguồn này.", "There is no such source.")
BACK = Label("← Nguồn", "← Sources")


class _SourceNames(Collection[str]):
    """Whatever may be a source's id: which there are, the connectors know."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def layout(state: BoardState) -> Component:
    """The page; what stands in it is asked for."""
    ward = state.say(WARD, ward=state.place.ward_name, city=state.place.city_name)
    return html.Div(
        [
            html.P([html.A(state.say(BACK), href="/sources", className="back no-print")]),
            html.P(ward, className="quiet"),
            html.Div(html.P(state.say(text.READING), className="quiet"), id="setup-page"),
            dcc.Store(id="setup-id", data=state.argument),
        ],
        className="desk desk-scroll setup-page",
    )


def register(app: Dash, services: Services) -> None:
    """Attach what fills it."""
    remote = RemoteSources(services.settings.intake, services.live.ingest.letters_secret)

    @app.callback(Output("setup-page", "children"), Input("setup-id", "data"))
    def show(id_: object) -> object:
        person = viewer()
        if not person.may(PAGE.right):
            return no_update
        language = person.language
        try:
            cards = remote.ask(AskCards(), CARDS)
        except IocError:
            return SERVICE_ASK_AGAIN.text(language)
        card = next((one for one in cards if one.id == id_), None)
        if card is None:
            return UNKNOWN.text(language)
        both = [card.guide] if card.guide else []
        return [
            html.H1(card.label.text(language)),
            setup_table(card.setup, language, SEPARATE),
            *(html.P(text) for guide in both for text in (guide.vi, guide.en)),
        ]


PAGE = Page(path="/sources/setup", label=SETUP, right="admin", layout=layout, arguments=_SourceNames)
