"""Sources callbacks: shows the sources while somebody looks, and does what an administrator wants done with one.

Every act asks anew whether the person may, and takes nothing from the browser for granted. A secret is shown, or changed, only
after the person has typed their password again.
"""

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component

from dashboard.access.viewer import Viewer, viewer
from dashboard.board.page_services import Services
from dashboard.pages.sources import editor
from dashboard.pages.sources.devices import attach_devices
from dashboard.pages.sources.page import PAGE
from dashboard.pages.sources.tables import (
    card_list,
    last_message,
    setup_table,
    shown_time,
    source_trial,
    status_badge,
)
from dashboard.pages.sources.trail import TracedSources
from dashboard.store.store import BoardStore
from dashboard.thread_pool import ThreadPool
from dashboard.words import text
from ingest.administration.message import (
    CARDS,
    AskCards,
    AskText,
    DeclarationText,
    Done,
    Redirect,
    RemoveDeclaration,
    Reveal,
    Revealed,
    Rotate,
    SourceCard,
    SourceRefused,
    SourceTrial,
    Switch,
    TrySource,
)
from ingest.administration.remote import RemoteSources
from ingest.contract.away import SERVICE_ASK_AGAIN
from ingest.contract.errors import IocError
from ingest.contract.label import Label

NOTHING = Label("Hãy mở một nguồn trước.", "Open a source first.")
DONE = Label("Đã xong; có hiệu lực sau vài giây.", "Done; it takes effect within seconds.")
VERSION_OF = Label("Bản {number} · {at} · {by}", "Version {number} · {at} · {by}")
BY_HAND = Label("chép tay", "by hand")
ROTATED = Label(
    "Đổi khóa lúc {at}; khóa cũ còn dùng được một ngày.", "Secret changed {at}; the old one is valid for one more day."
)

BUTTONS = ("source-on", "source-off", "source-redirect", "source-rotate", "source-reveal", "source-test")


def register(app: Dash, services: Services) -> None:
    """Attach the page's callbacks."""
    remote = RemoteSources(services.settings.intake, services.live.ingest.letters_secret)
    sources = TracedSources(remote, BoardStore(services.settings.folder))
    pool = ThreadPool("sources", threads=2, waiting=12, of_one_client=6)
    _register_list(app, sources, pool)
    _register_acts(app, services, sources, pool)
    _register_files(app, sources, pool)
    editor.attach(app, sources, pool)
    attach_devices(app, services, sources, pool)


def _register_list(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    @app.callback(
        Output("source-cards", "children"),
        Output("source-said", "children"),
        Output("source-version", "data"),
        Input("sources-tick", "n_intervals"),
        Input("source-acted", "data"),
        Input("source-id", "data"),
    )
    async def show(_ticks: object, _done: object, id_: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right):
            return (no_update,) * 3
        try:
            cards = await pool.run(person.name, sources.ask, AskCards(), CARDS)
        except IocError:
            return SERVICE_ASK_AGAIN.text(person.language), no_update, no_update
        card = next((one for one in cards if one.id == id_), None)
        listed = card_list(cards, person.language)
        if card is None:
            return listed, no_update, []
        return listed, _panel_of(card, person), _versions(card, person)

    @app.callback(
        Output("source-id", "data"),
        Output("source-acts", "hidden"),
        Output("source-url", "value"),
        Output("source-print", "href"),
        Input({"type": "source-open", "id": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def choose(clicks: object) -> tuple[Any, ...]:
        found = ctx.triggered_id
        id_ = found.get("id") if isinstance(found, dict) else None
        if not viewer().may(PAGE.right) or not isinstance(id_, str) or not (isinstance(clicks, list) and any(clicks)):
            return (no_update,) * 4
        return id_, False, "", f"/sources/setup/{id_}"


def _panel_of(card: SourceCard, person: Viewer) -> list[Component]:
    language = person.language
    rotated = ROTATED.text(language, at=shown_time(card.rotated_at)) if card.rotated_at else ""
    guide = card.guide.text(language) if card.guide else ""
    counts = " · ".join(f"{name} {count}" for name, count in sorted(card.counts.items()))
    return [
        html.H2(card.label.text(language), className="title"),
        status_badge(card, language),
        html.P(card.fault.text(language), className="fault") if card.fault else html.Div(),
        setup_table(card.setup, language),
        html.P(guide, className="quiet"),
        html.P(last_message(card.last, language)),
        html.P(counts, className="quiet"),
        html.P(rotated, className="quiet"),
    ]


def _versions(card: SourceCard, person: Viewer) -> list[dict[str, str]]:
    return [
        {
            "value": str(one.number),
            "label": VERSION_OF.text(
                person.language,
                number=one.number,
                at=shown_time(one.at),
                by=one.by if one.by != "./" else BY_HAND.text(person.language),
            ),
        }
        for one in card.versions
    ]


def _register_acts(app: Dash, services: Services, sources: TracedSources, pool: ThreadPool) -> None:
    @app.callback(
        Output("source-acted", "data"),
        Output("source-done", "children"),
        Output("source-fault", "children"),
        Output("source-password", "value"),
        Output("source-key", "value"),
        *(Input(button, "n_clicks") for button in BUTTONS),
        Input("source-remove", "submit_n_clicks"),
        State("source-id", "data"),
        State("source-password", "value"),
        State("source-key", "value"),
        State("source-url", "value"),
        running=[(Output(button, "loading"), True, False) for button in BUTTONS],
        prevent_initial_call=True,
    )
    async def act(*given: object) -> tuple[Any, ...]:
        person, (id_, password, key, url) = viewer(), given[-4:]
        language, button = person.language, ctx.triggered_id
        if not person.may(PAGE.right):
            return no_update, no_update, text.NOT_ALLOWED.text(language), "", ""
        if not isinstance(id_, str):
            return no_update, no_update, NOTHING.text(language), "", ""
        if button in ("source-rotate", "source-reveal"):
            fault = await services.confirm(password if isinstance(password, str) else "")
            if fault is not None:
                return no_update, no_update, fault.text(language), "", key
        try:
            done = await pool.run(person.name, _do, sources, button, id_, person.name, _text(key), _text(url))
        except (IocError, ValueError) as error:
            return no_update, no_update, editor.reason(error).text(language), "", key
        shown: object = DONE.text(language)
        if isinstance(done, Revealed):
            shown = setup_table(done.setup, language)
        elif isinstance(done, SourceTrial):
            shown = source_trial(done, language)
        # What has happened is told apart from what is shown: a secret is not sent back with each look at the sources.
        return [button, *given[: len(BUTTONS) + 1]], shown, "", "", ""


def _do(sources: TracedSources, button: object, id_: str, by: str, key: str, url: str) -> Done | Revealed | SourceTrial:
    """Do what a button says."""
    match button:
        case "source-on" | "source-off":
            is_off = button == "source-off"
            return sources.act(Switch(id=id_, is_off=is_off), Done, by, "off" if is_off else "on")
        case "source-redirect":
            return sources.act(Redirect(id=id_, url=url), Done, by, "redirected")
        case "source-rotate":
            return sources.act(Rotate(id=id_, key=key), Done, by, "rotated")
        case "source-reveal":
            return sources.act(Reveal(id=id_), Revealed, by, "revealed")
        case "source-test":
            return sources.act(TrySource(id=id_), SourceTrial, by, "tested")
        case "source-remove":
            return sources.act(RemoveDeclaration(id=id_, by=by), Done, by, "removed")
    raise SourceRefused(NOTHING)


def _register_files(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    @app.callback(
        Output("source-download", "data"),
        Output("editor-text", "value", allow_duplicate=True),
        Output("editor-id", "value", allow_duplicate=True),
        Output("sources-tab", "value"),
        Output("source-fault", "children", allow_duplicate=True),
        Input("source-export", "n_clicks"),
        Input("source-edit", "n_clicks"),
        State("source-id", "data"),
        State("source-version", "value"),
        prevent_initial_call=True,
    )
    async def text_of(_exports: object, _edits: object, id_: object, version: object) -> tuple[Any, ...]:
        person, keep = viewer(), no_update
        if not person.may(PAGE.right):
            return keep, keep, keep, keep, text.NOT_ALLOWED.text(person.language)
        try:
            number = int(version) if isinstance(version, str) and version.isdecimal() else None
            asked = AskText(id=_text(id_), version=number)
            toml = (await pool.run(person.name, sources.ask, asked, DeclarationText)).text
        except (IocError, ValueError) as error:
            return keep, keep, keep, keep, editor.reason(error).text(person.language)
        if ctx.triggered_id == "source-export":
            return {"content": toml, "filename": f"{id_}.toml", "type": "application/toml"}, keep, keep, keep, ""
        return keep, toml, id_, "make", ""


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
