"""Entry files: a file shows what it would change, then changes it; an import is undone the same way. Nothing is done by choosing a file."""

import base64
import binascii
import tempfile
from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from dashboard.access.viewer import Viewer, viewer
from dashboard.entry.amount import EntryRefused
from dashboard.entry.change import ImportPlan
from dashboard.entry.day_file import read_entry_file
from dashboard.entry.desk import FigureDesk
from dashboard.entry.file import FigureFile
from dashboard.entry.template import FIGURES, TEMPLATES, FileKind, template_file
from dashboard.pages.entry.page import LONGEST_UPLOAD, PAGE
from dashboard.pages.entry.tables import plan_table
from dashboard.thread_pool import ThreadPool
from ingest.contract.away import SERVICE_ASK_AGAIN
from ingest.contract.calendar import local_day
from ingest.contract.errors import IocError
from ingest.contract.label import Label, Language

NO_FILE = Label("hãy chọn tệp trước", "choose a file first")
NO_IMPORT = Label("hãy chọn lần nhập tệp", "choose an import")
DONE = Label("Đã ghi {count} số.", "{count} figures written.")
FAULTY = Label("tệp còn dòng sai: sửa rồi chọn lại tệp", "rows are wrong: mend them and choose the file again")


def attach_files(app: Dash, desk: FigureDesk) -> None:
    """Attach the callbacks."""
    pool = ThreadPool("figure-files", threads=1, waiting=4, of_one_client=2)
    _attach_plan(app, desk, pool)
    _attach_acts(app, desk, pool)

    @app.callback(
        Output("entry-download", "data"),
        Input("entry-template-xlsx", "n_clicks"),
        Input("entry-template-csv", "n_clicks"),
        State("entry-template-of", "value"),
        prevent_initial_call=True,
    )
    async def give(_xlsx: object, _csv: object, chosen: object) -> Any:
        person, today = viewer(), local_day(desk.clock.now())
        if not PAGE.may_be_seen_by(person):
            return no_update
        of = chosen if isinstance(chosen, str) and chosen in TEMPLATES else FIGURES
        kind: FileKind = "xlsx" if ctx.triggered_id == "entry-template-xlsx" else "csv"
        content = await pool.run(person.name, template_file, of, kind, today, person.language)
        return {"content": base64.b64encode(content).decode(), "filename": f"{of}.{kind}", "base64": True}


def _attach_plan(app: Dash, desk: FigureDesk, pool: ThreadPool) -> None:
    @app.callback(
        Output("entry-plan", "children"),
        Output("entry-apply", "disabled"),
        Output("entry-fault", "children", allow_duplicate=True),
        Input("entry-upload", "contents"),
        State("entry-upload", "filename"),
        prevent_initial_call=True,
    )
    async def look(contents: object, name: object) -> tuple[Any, ...]:
        person = viewer()
        try:
            plan = await _planned(desk, pool, person, contents, name)
        except (IocError, ValueError) as error:
            return None, True, why(error, person.language)
        return plan_table(plan, person.language), bool(plan.faults) or not plan.events, ""


def _attach_acts(app: Dash, desk: FigureDesk, pool: ThreadPool) -> None:
    @app.callback(
        Output("entry-acted", "data", allow_duplicate=True),
        Output("entry-done", "children", allow_duplicate=True),
        Output("entry-fault", "children", allow_duplicate=True),
        Output("entry-plan", "children", allow_duplicate=True),
        Output("entry-apply", "disabled", allow_duplicate=True),
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
        try:
            if ctx.triggered_id == "entry-apply":
                plan = await _planned(desk, pool, person, contents, name)
                if plan.faults:
                    raise EntryRefused(FAULTY)
            elif isinstance(batch, str) and PAGE.may_be_seen_by(person):
                plan = await desk.plan_undo(batch, person)
            else:
                raise EntryRefused(NO_IMPORT)
            if plan.events:
                await desk.send(plan.events)
        except (IocError, ValueError) as error:
            return no_update, "", why(error, language), no_update, no_update
        faults = "; ".join(fault.said.text(language) for fault in plan.faults)
        return [applies, undoes], DONE.text(language).format(count=len(plan.events)), faults, None, True


async def _planned(desk: FigureDesk, pool: ThreadPool, person: Viewer, contents: object, name: object) -> ImportPlan:
    if not PAGE.may_be_seen_by(person) or not isinstance(contents, str):
        raise EntryRefused(NO_FILE)
    suffix = ".xlsx" if isinstance(name, str) and name.lower().endswith(".xlsx") else ".csv"
    file = await pool.run(person.name, _read, contents, suffix)
    return await desk.plan(file, person)


def _read(contents: str, suffix: str) -> FigureFile:
    """What a browser sent, as a file of figures; blocks."""
    try:
        content = base64.b64decode(contents.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise EntryRefused(NO_FILE) from error
    if not 0 < len(content) <= LONGEST_UPLOAD:
        raise EntryRefused(NO_FILE)
    with tempfile.NamedTemporaryFile(prefix="ward-ioc-figures-", suffix=suffix) as held:
        held.write(content)
        held.flush()
        return read_entry_file(Path(held.name))


def why(error: Exception, language: Language) -> str:
    """Why something was not done."""
    return (
        error.said.text(language).capitalize() if isinstance(error, EntryRefused) else SERVICE_ASK_AGAIN.text(language)
    )
