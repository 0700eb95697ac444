"""Editor: a declared connector made from a sample - begun, filled in field by field, tried, saved.

The text of the declaration is what counts; the form shows a part of it. The connectors judge it: the board does not know
connectors.
"""

import base64
import binascii
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from dashboard.access.viewer import viewer
from dashboard.pages.sources.page import LONGEST_UPLOAD, PAGE
from dashboard.pages.sources.tables import field_rows, trial_report
from dashboard.pages.sources.trail import TracedSources
from dashboard.store.store import StoreUnavailable
from dashboard.thread_pool import ThreadPool
from dashboard.words.event_name import event_name
from ingest.administration.message import (
    AskLibrary,
    AskSample,
    DeclarationText,
    Done,
    Draft,
    DraftForm,
    FieldChoice,
    Library,
    SampleTrial,
    SaveDeclaration,
    SourceRefused,
    TrySample,
)
from ingest.contract.away import SERVICE_ASK_AGAIN
from ingest.contract.errors import IocError
from ingest.contract.label import Label

WRONG_ID = Label(
    "Mã nguồn: chữ thường a-z, số và dấu _, tối đa 40 ký tự; khai báo và tin mẫu có giới hạn dài.",
    "An id has lower-case letters a-z, digits and _, at most 40; declarations and samples have a longest length.",
)
NO_SAMPLE = Label("Hãy dán hoặc chọn tin mẫu trước.", "Paste or choose a sample first.")
NO_LAST = Label("Chưa có tin nào đến từ lúc khởi động.", "No message has come since the start.")
SAVED = Label("Đã lưu; nguồn chạy sau vài giây.", "Saved; the source runs within seconds.")
BROKEN_FILE = Label("Tệp quá lớn hoặc không đọc được.", "The file is too large or cannot be read.")


def reason(error: Exception) -> Label:
    """Why something is not done."""
    if isinstance(error, SourceRefused):
        return error.label
    if isinstance(error, StoreUnavailable):
        return error.public
    return WRONG_ID if isinstance(error, ValueError) else SERVICE_ASK_AGAIN


def attach(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    """Attach what the editor does."""
    _attach_beginning(app, sources, pool)
    _attach_form(app, sources, pool)
    _attach_sample(app, sources, pool)
    _attach_acts(app, sources, pool)


def _attach_beginning(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    @app.callback(Output("editor-event", "data"), Output("editor-ready", "data"), Input("sources-tab", "value"))
    async def offer(tab: object) -> tuple[Any, Any]:
        person = viewer()
        if tab != "make" or not person.may(PAGE.right):
            return no_update, no_update
        try:
            library = await pool.run(person.name, sources.ask, AskLibrary(), Library)
        except IocError:
            return no_update, no_update
        named = ({"value": kind, "label": event_name(kind).text(person.language)} for kind in library.events)
        return sorted(named, key=lambda one: one["label"]), sorted(library.ready)

    @app.callback(
        Output("editor-text", "value", allow_duplicate=True),
        Output("editor-id", "value", allow_duplicate=True),
        Output("editor-fault", "children", allow_duplicate=True),
        Input("editor-begin", "n_clicks"),
        Input("editor-more", "n_clicks"),
        Input("editor-import", "contents"),
        State("editor-import", "filename"),
        State("editor-id", "value"),
        State("editor-name", "value"),
        State("editor-way", "value"),
        State("editor-event", "value"),
        State("editor-ready", "value"),
        State("editor-text", "value"),
        running=[(Output("editor-beginning", "className"), "is-waiting", "")],
        prevent_initial_call=True,
    )
    async def begin(_begins: object, _more: object, contents: object, *given: object) -> tuple[Any, ...]:
        person, (file, id_, name, way, event, ready, text) = viewer(), given
        if not person.may(PAGE.right):
            return no_update, no_update, no_update
        try:
            if ctx.triggered_id == "editor-import":
                stem = str(file).removesuffix(".toml").lower()[:40] if isinstance(file, str) else id_
                return _uploaded(contents).decode(), stem, ""
            is_more = ctx.triggered_id == "editor-more" and bool(_said(text).strip())
            if isinstance(ready, str) and ready and not is_more:
                library = await pool.run(person.name, sources.ask, AskLibrary(), Library)
                return library.ready.get(ready, ""), id_ or ready, ""
            draft = Draft.model_validate({"way": way, "event": _said(event), "label": _said(name)})
            if is_more:
                draft = draft.model_copy(update={"text": _said(text), "is_more": True})
            form = await pool.run(person.name, sources.ask, draft, DraftForm)
        except (IocError, ValueError) as error:
            return no_update, no_update, reason(error).text(person.language)
        return form.text, no_update, ""


def _attach_form(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    @app.callback(
        Output("editor-fields", "rowData"),
        Output("editor-text", "value"),
        Output("editor-paths", "children"),
        Output("editor-fault", "children"),
        Input("editor-text", "value"),
        Input("editor-sample", "value"),
        Input("editor-fields", "cellValueChanged"),
        running=[(Output("editor-filling", "className"), "is-waiting", "")],
        prevent_initial_call=True,
    )
    async def fill(text: object, sample: object, changed: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right) or not _said(text).strip():
            return (no_update,) * 4
        is_edit = ctx.triggered_id == "editor-fields"
        try:
            draft = Draft(text=_said(text), sample=_said(sample), fields=_changed(changed) if is_edit else ())
            form = await pool.run(person.name, sources.ask, draft, DraftForm)
        except (IocError, ValueError) as error:
            return no_update, no_update, no_update, reason(error).text(person.language)
        rows = field_rows(form.fields, person.language)
        fault = form.fault.text(person.language) if form.fault else ""
        return rows, form.text if form.text != text else no_update, " · ".join(form.paths), fault


def _changed(changed: object) -> tuple[FieldChoice, ...]:
    """The fields that were filled in, as the browser tells.

    Raises:
        ValueError: it tells something else.
    """
    told = changed if isinstance(changed, list) else [changed]
    names = FieldChoice.model_fields.keys() - {"options", "is_needed", "rule"}
    found = []
    for one in told:
        row = one.get("data") if isinstance(one, dict) else None
        if isinstance(row, dict):
            values = {name: str(row.get(name) or "") for name in names}
            # In a cell a line is ended by a semicolon.
            values["table"] = values["table"].replace(";", "\n")
            rule = row.get("rule")
            found.append(
                FieldChoice(is_needed=bool(row.get("needed")), rule=rule if isinstance(rule, int) else 0, **values)  # type: ignore[arg-type]
            )
    return tuple(found)


def _attach_sample(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    @app.callback(
        Output("editor-sample", "value"),
        Output("source-upload", "data"),
        Output("editor-file", "children"),
        Output("editor-fault", "children", allow_duplicate=True),
        Input("editor-upload", "contents"),
        Input("editor-last", "n_clicks"),
        State("editor-upload", "filename"),
        State("editor-id", "value"),
        prevent_initial_call=True,
    )
    async def sample(contents: object, _clicks: object, file: object, id_: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right):
            return (no_update,) * 4
        try:
            if ctx.triggered_id == "editor-last":
                asked = AskSample(id=_said(id_))
                text = (await pool.run(person.name, sources.ask, asked, DeclarationText)).text
                return text or no_update, None, "", "" if text else NO_LAST.text(person.language)
            content = _uploaded(contents)
            if _said(file).lower().endswith(".xlsx"):
                return "", base64.b64encode(content).decode(), _said(file)[:80], ""
            return content.decode(), None, _said(file)[:80], ""
        except (IocError, ValueError) as error:
            return no_update, no_update, no_update, reason(error).text(person.language)


def _attach_acts(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    @app.callback(
        Output("editor-trial", "children"),
        Output("editor-done", "children"),
        Output("editor-fault", "children", allow_duplicate=True),
        Input("editor-try", "n_clicks"),
        Input("editor-save", "n_clicks"),
        State("editor-id", "value"),
        State("editor-text", "value"),
        State("editor-sample", "value"),
        State("source-upload", "data"),
        running=[(Output("editor-try", "loading"), True, False), (Output("editor-save", "loading"), True, False)],
        prevent_initial_call=True,
    )
    async def act(_tries: object, _saves: object, id_: object, text: object, *given: object) -> tuple[Any, ...]:
        person, (sample, book) = viewer(), given
        if not person.may(PAGE.right):
            return (no_update,) * 3
        language = person.language
        try:
            if ctx.triggered_id == "editor-save":
                saving = SaveDeclaration(id=_said(id_), text=_said(text), by=person.name)
                await pool.run(person.name, sources.act, saving, Done, person.name, "saved")
                return no_update, SAVED.text(language), ""
            if not (_said(sample).strip() or _said(book)):
                raise SourceRefused(NO_SAMPLE)
            kind: Any = "text" if _said(sample).strip() else "xlsx"
            trying = TrySample(id=_said(id_), text=_said(text), sample=_said(sample) or _said(book), kind=kind)
            trial = await pool.run(person.name, sources.ask, trying, SampleTrial)
        except (IocError, ValueError) as error:
            return no_update, "", reason(error).text(language)
        return trial_report(trial, language), "", ""


def _uploaded(contents: object) -> bytes:
    """The content of a file that was chosen.

    Raises:
        SourceRefused: there is none, or too much.
    """
    try:
        content = base64.b64decode(_said(contents).partition(",")[2], validate=True)
    except binascii.Error:
        content = b""
    if not 0 < len(content) <= LONGEST_UPLOAD:
        raise SourceRefused(BROKEN_FILE)
    return content


def _said(value: object) -> str:
    return value if isinstance(value, str) else ""
