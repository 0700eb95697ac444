"""Entry files: a file shows what it would change, then changes it; an import is undone the same way. Nothing is done by choosing a file."""

import base64
import binascii
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, cast

from dash import Dash, Input, Output, State, ctx, no_update

from dashboard.access.viewer import Viewer, viewer
from dashboard.entry.amount import EntryRefused
from dashboard.entry.change import ImportPlan
from dashboard.entry.day_file import read_entry_file
from dashboard.entry.desk import FigureDesk
from dashboard.entry.event_desk import EventDesk
from dashboard.entry.event_file import EventPlan, is_event_file
from dashboard.entry.event_undo import EventUndo
from dashboard.entry.file import FigureFile, file_digest
from dashboard.entry.template import EVENTS, FIGURES, TEMPLATES, FileKind, template_file
from dashboard.pages.entry.page import HIDDEN, LONGEST_UPLOAD, PAGE
from dashboard.pages.entry.tables import event_plan_table, plan_table, undo_table
from dashboard.thread_pool import ThreadPool
from ingest.administration.message import MapFile
from ingest.contract.away import SERVICE_ASK_AGAIN
from ingest.contract.calendar import local_day
from ingest.contract.errors import IocError
from ingest.contract.label import Label, Language

NO_FILE = Label("hãy chọn tệp trước", "choose a file first")
NO_IMPORT = Label("hãy chọn lần nhập tệp", "choose an import")
BEGUN = Label("Đang ghi…", "Being written…")
GOES_ON = Label("Đang ghi: {done}/{size} sự kiện…", "Being written: {done} of {size} events…")
EVENTS_DONE = Label("Xong {done}/{size} sự kiện.", "Done: {done} of {size} events.")
DONE = Label("Đã ghi {count} số.", "{count} figures written.", "{count} figure written.")
FAULTY = Label("tệp còn dòng sai: sửa rồi chọn lại tệp", "rows are wrong: mend them and choose the file again")


class EntryDesks(NamedTuple):
    """What takes what people have in files."""

    figures: FigureDesk
    events: EventDesk


def attach_files(app: Dash, desks: EntryDesks) -> None:
    """Attach the callbacks."""
    pool = ThreadPool("figure-files", threads=1, waiting=4, of_one_client=2)
    _attach_plan(app, desks, pool)
    _attach_acts(app, desks, pool)

    @app.callback(
        Output("entry-download", "data"),
        Input("entry-template-xlsx", "n_clicks"),
        Input("entry-template-csv", "n_clicks"),
        State("entry-template-of", "value"),
        prevent_initial_call=True,
    )
    async def give(_xlsx: object, _csv: object, chosen: object) -> Any:
        person, today = viewer(), local_day(desks.figures.clock.now())
        if not PAGE.may_be_seen_by(person):
            return no_update
        of = chosen if isinstance(chosen, str) and chosen in (*TEMPLATES, *EVENTS) else FIGURES
        kind: FileKind = "xlsx" if ctx.triggered_id == "entry-template-xlsx" else "csv"
        content = await pool.run(person.name, template_file, of, kind, today, person.language)
        return {"content": base64.b64encode(content).decode(), "filename": f"{of}.{kind}", "base64": True}


def _attach_plan(app: Dash, desks: EntryDesks, pool: ThreadPool) -> None:
    @app.callback(
        Output("entry-plan", "children"),
        Output("entry-apply", "disabled"),
        Output("entry-fault", "children", allow_duplicate=True),
        Input("entry-upload", "contents"),
        State("entry-upload", "filename"),
        running=[(Output("entry-reading", "style"), {}, HIDDEN)],
        prevent_initial_call=True,
    )
    async def look(contents: object, name: object) -> tuple[Any, ...]:
        person = viewer()
        try:
            plan = await _planned(desks, pool, person, contents, name)
        except (IocError, ValueError) as error:
            return None, True, why(error, person.language)
        table = (
            event_plan_table(plan, person.language)
            if isinstance(plan, EventPlan)
            else plan_table(plan, person.language)
        )
        return table, bool(plan.faults) or not plan.events, ""

    @app.callback(
        Output("entry-plan", "children", allow_duplicate=True),
        Output("entry-fault", "children", allow_duplicate=True),
        Input("entry-batch", "value"),
        prevent_initial_call=True,
    )
    async def look_back(batch: object) -> tuple[Any, ...]:
        person = viewer()
        if batch is None:  # as at first: a file may be shown already
            return no_update, no_update
        try:
            plan = await _undone(desks, person, batch)
        except (IocError, ValueError) as error:
            return None, why(error, person.language)
        if isinstance(plan, EventUndo):
            return undo_table(plan, person.language), ""
        return plan_table(plan, person.language), ""


def _attach_acts(app: Dash, desks: EntryDesks, pool: ThreadPool) -> None:
    @app.callback(
        Output("entry-acted", "data", allow_duplicate=True),
        Output("entry-done", "children", allow_duplicate=True),
        Output("entry-fault", "children", allow_duplicate=True),
        Output("entry-plan", "children", allow_duplicate=True),
        Output("entry-apply", "disabled", allow_duplicate=True),
        Output("entry-progress", "disabled"),
        Input("entry-apply", "n_clicks"),
        Input("entry-undo", "submit_n_clicks"),
        State("entry-upload", "contents"),
        State("entry-upload", "filename"),
        State("entry-batch", "value"),
        prevent_initial_call=True,
    )
    async def act(applies: object, undoes: object, contents: object, name: object, batch: object) -> tuple[Any, ...]:
        person = viewer()
        language = person.language
        plan: ImportPlan | EventPlan | EventUndo
        try:
            if ctx.triggered_id == "entry-apply":
                plan = await _planned(desks, pool, person, contents, name)
                if plan.faults:
                    raise EntryRefused(FAULTY)
            else:
                plan = await _undone(desks, person, batch)
            if not isinstance(plan, ImportPlan):
                await desks.events.begin(plan, person)
                return no_update, BEGUN.text(language), "", None, True, False
            if plan.events:
                await desks.figures.send(plan.events)
        except (IocError, ValueError) as error:
            return no_update, "", why(error, language), no_update, no_update, no_update
        faults = "; ".join(fault.said.text(language) for fault in plan.faults)
        return [applies, undoes], DONE.text(language, count=len(plan.events)), faults, None, True, True

    @app.callback(
        Output("entry-acted", "data", allow_duplicate=True),
        Output("entry-done", "children", allow_duplicate=True),
        Output("entry-fault", "children", allow_duplicate=True),
        Output("entry-progress", "disabled", allow_duplicate=True),
        Input("entry-progress", "n_intervals"),
        prevent_initial_call=True,
    )
    def show(ticks: object) -> tuple[Any, ...]:
        language, events = viewer().language, desks.events
        running = events.running.get(events.ingest.ward)
        if running is None or not PAGE.may_be_seen_by(viewer()):
            return no_update, "", no_update, True
        said = (EVENTS_DONE if running.is_over else GOES_ON).filled(done=running.done, size=running.size).text(language)
        if not running.is_over:
            return no_update, said, "", False
        return (ticks, "", why(running.error, language), True) if running.error else (ticks, said, "", True)


async def _undone(desks: EntryDesks, person: Viewer, batch: object) -> ImportPlan | EventUndo:
    """What undoing an import would do."""
    if not isinstance(batch, str) or not PAGE.may_be_seen_by(person):
        raise EntryRefused(NO_IMPORT)
    known = next((one for one in await desks.events.imports(person) if one.batch == batch), None)
    return await desks.events.plan_undo(known) if known else await desks.figures.plan_undo(batch, person)


async def _planned(
    desks: EntryDesks, pool: ThreadPool, person: Viewer, contents: object, name: object
) -> ImportPlan | EventPlan:
    if not PAGE.may_be_seen_by(person) or not isinstance(contents, str):
        raise EntryRefused(NO_FILE)
    suffix = Path(name).suffix.lower() if isinstance(name, str) else ""
    file = await pool.run(person.name, _read, contents, suffix if suffix in (".xlsx", ".jsonl") else ".csv")
    if isinstance(file, FigureFile):
        return await desks.figures.plan(file, person)
    return await desks.events.plan(*file, person)


def _read(contents: str, suffix: str) -> FigureFile | tuple[MapFile, str]:
    """What a browser sent, as a file of figures, or as one of events and its digest; blocks."""
    packed = contents.partition(",")[2]
    try:
        content = base64.b64decode(packed, validate=True)
    except binascii.Error as error:
        raise EntryRefused(NO_FILE) from error
    if not 0 < len(content) <= LONGEST_UPLOAD:
        raise EntryRefused(NO_FILE)
    with tempfile.NamedTemporaryFile(prefix="ward-ioc-figures-", suffix=suffix) as held:
        held.write(content)
        held.flush()
        file = Path(held.name)
        if is_event_file(file):
            return MapFile(kind=cast(Any, suffix.removeprefix(".")), content=packed), file_digest(file)
        return read_entry_file(file)


def why(error: Exception, language: Language) -> str:
    """Why something was not done."""
    return (
        error.said.text(language).capitalize() if isinstance(error, EntryRefused) else SERVICE_ASK_AGAIN.text(language)
    )
