"""Entry callbacks: shows what is due while somebody looks, and does what a person wants done with a figure.

Every act asks anew whether the person may, reads what stands, and takes nothing from the browser for granted.
"""

from collections.abc import Mapping
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from dashboard.access.viewer import Viewer, viewer
from dashboard.board.page_services import Services
from dashboard.entry.act import CHANGED_MEANWHILE, REASONS, Statement, confirm, enter, reject
from dashboard.entry.amount import EntryRefused, period_name, read_amounts, read_written_period
from dashboard.entry.desk import FigureDesk
from dashboard.entry.event_desk import EventDesk
from dashboard.pages.entry import files
from dashboard.pages.entry.page import PAGE
from dashboard.pages.entry.tables import batches, drafts, figures_due, history_table
from dashboard.store.store import BoardStore
from ingest.administration.remote import RemoteSources
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.calendar import local_day
from ingest.contract.errors import IocError
from ingest.contract.event import Event
from ingest.contract.label import Label
from warehouse.catalogue import entered_kind, figure_kinds
from warehouse.query.entered import EnteredFigure

ENTERED = Label("Đã ghi.", "Done.")
CHOOSE = Label("Hãy chọn chỉ tiêu.", "Choose a figure.")
CHOOSE_DRAFT = Label("Hãy chọn số chờ xác nhận.", "Choose what is to be confirmed.")


def register(app: Dash, services: Services) -> None:
    """Attach the page's callbacks."""
    desk = FigureDesk(services.live.ingest, services.reader, services.live.clock)
    remote = RemoteSources(services.settings.intake, services.live.ingest.letters_secret)
    events = EventDesk(*desk, remote, BoardStore(services.settings.folder), {})
    _register_list(app, desk, events)
    _register_acts(app, desk)
    files.attach_files(app, files.EntryDesks(desk, events))


def _register_list(app: Dash, desk: FigureDesk, events: EventDesk) -> None:
    @app.callback(
        Output("entry-due", "children"),
        Output("entry-draft", "data"),
        Output("entry-batch", "data"),
        Output("entry-history", "children"),
        Input("entry-tick", "n_intervals"),
        Input("entry-acted", "data"),
    )
    async def show(_ticks: object, _done: object) -> tuple[Any, ...]:
        person = viewer()
        if not PAGE.may_be_seen_by(person):
            return (no_update,) * 4
        try:
            known, imports, of_events = await desk.figures(), await desk.imports(), await events.imports(person)
        except IocError:
            return WAREHOUSE_ASK_AGAIN.text(person.language), no_update, no_update, no_update
        today, language = local_day(desk.clock.now()), person.language
        table = figures_due(known, today, language)
        return (
            table,
            drafts(known, language),
            batches(known, imports, of_events, language),
            history_table(known, language),
        )

    @app.callback(
        Output("entry-period", "value"),
        Output("entry-whole", "disabled"),
        Input("entry-kind", "value"),
        prevent_initial_call=True,
    )
    def chosen(code: object) -> tuple[Any, ...]:
        kind = figure_kinds().get(str(code))
        if kind is None:
            return no_update, no_update
        period = kind.last_period(local_day(desk.clock.now()))
        return period_name(period.code, viewer().language), kind.of_whole is None


def _register_acts(app: Dash, desk: FigureDesk) -> None:
    @app.callback(
        Output("entry-acted", "data"),
        Output("entry-done", "children"),
        Output("entry-fault", "children"),
        Input("entry-enter", "n_clicks"),
        Input("entry-confirm", "n_clicks"),
        Input("entry-reject", "n_clicks"),
        State("entry-kind", "value"),
        State("entry-period", "value"),
        State("entry-value", "value"),
        State("entry-whole", "value"),
        State("entry-reason", "value"),
        State("entry-draft", "value"),
        running=[
            (Output(button, "loading"), True, False) for button in ("entry-enter", "entry-confirm", "entry-reject")
        ],
        prevent_initial_call=True,
    )
    async def act(*given: object) -> tuple[Any, ...]:
        person, written = viewer(), [one if isinstance(one, str) else "" for one in given[3:]]
        language, clicks = person.language, list(given[:3])
        if not PAGE.may_be_seen_by(person):
            return no_update, no_update, no_update
        try:
            known = await desk.figures()
            if ctx.triggered_id == "entry-enter":
                event = _entered(written, known, person, desk)
            else:
                event = _judged(str(ctx.triggered_id), written[-1], known, person, desk)
            await desk.send([event])
        except (IocError, ValueError) as error:
            return no_update, "", files.why(error, language)
        return clicks, ENTERED.text(language), ""


def _entered(written: list[str], known: Mapping[str, EnteredFigure], person: Viewer, desk: FigureDesk) -> Event:
    code, period, value, whole, reason, _ = written
    kind = figure_kinds().get(code)
    if kind is None:
        raise EntryRefused(CHOOSE)
    what = Statement(kind, read_written_period(kind, period), read_amounts(kind, value, whole))
    figure = known.get(what.ref, EnteredFigure(what.ref, ()))
    return enter(what, figure, person, desk.clock.now(), reason if reason in REASONS else None)


def _judged(button: str, chosen: str, known: Mapping[str, EnteredFigure], person: Viewer, desk: FigureDesk) -> Event:
    ref, _, version = chosen.partition("@")
    figure = known.get(ref)
    kind = entered_kind(figure.acts[-1].data["kind_code"]) if figure else None
    if figure is None or kind is None:
        raise EntryRefused(CHOOSE_DRAFT)
    if version != str(figure.version):
        raise EntryRefused(CHANGED_MEANWHILE)
    do = confirm if button == "entry-confirm" else reject
    return do(kind, figure, person, desk.clock.now())
