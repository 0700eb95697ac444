"""Devices: the list of devices of a source, changed in a table or by a file, looked through and saved; a scan of a network beside it."""

from typing import Any, NamedTuple
from uuid import uuid4

from dash import Dash, Input, Output, State, ctx, no_update

from dashboard.access.viewer import Viewer, viewer
from dashboard.board.page_services import Services
from dashboard.pages.sources.device_tab import PROGRESS, plan_line, plan_of, row_of, scan_rows, table_columns
from dashboard.pages.sources.editor import reason
from dashboard.pages.sources.page import PAGE
from dashboard.pages.sources.trail import TracedSources
from dashboard.thread_pool import ThreadPool
from ingest.administration.message import (
    CARDS,
    MOST_ROWS,
    AskCards,
    AskDevices,
    AskScan,
    DeviceListChanges,
    DeviceRow,
    DeviceTable,
    Done,
    FoundDevice,
    GiveDevicePassword,
    ReadDevices,
    SaveDevices,
    ScanState,
    SourceRefused,
    StartScan,
)
from ingest.contract.errors import IocError
from ingest.contract.label import Label

SAVED = Label("Đã lưu; có hiệu lực sau một vòng hỏi.", "Saved; it counts within a round.")
READ = Label("Đã đọc tệp vào bảng: xem thay đổi rồi lưu.", "The file is in the table: look what changes, then save.")
GIVEN = Label("Đã đặt mật khẩu.", "The password is set.")
TOO_LONG = Label(
    "Bảng có ô quá dài, hoặc quá nhiều dòng.", "A cell of the table is too long, or there are too many rows."
)
CHOOSE_ONE = Label("Hãy chọn đúng một dòng.", "Choose exactly one row.")


class DeviceEditing(NamedTuple):
    """What an act makes of the tab; what it leaves as it is stays out."""

    rows: Any = no_update
    columns: Any = no_update
    digest: Any = no_update
    plan: Any = None
    cannot_save: bool = True
    fault: str = ""
    done: str = ""


class Given(NamedTuple):
    """What the browser tells beside an act."""

    source: str
    rows: list[dict[str, Any]]
    chosen: list[dict[str, Any]]
    digest: str
    file: tuple[object, object]
    scanned: list[dict[str, Any]]
    is_camera: bool


def attach_devices(app: Dash, services: Services, sources: TracedSources, pool: ThreadPool) -> None:
    """Attach what is done on the tab."""
    _attach_readiness(app)
    _attach_table(app, sources, pool)
    _attach_password(app, services, sources, pool)
    _attach_scan(app, sources, pool)


def _attach_readiness(app: Dash) -> None:
    """Let the table be changed once its list is read, and not while another one is."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        "(digest) => [!digest, !digest]",
        Output("devices-acts", "disabled"),
        Output("scan-acts", "disabled"),
        Input("devices-digest", "data"),
    )
    app.clientside_callback(  # type: ignore[no-untyped-call]
        "(source) => ''",
        Output("devices-digest", "data", allow_duplicate=True),
        Input("devices-source", "value"),
        prevent_initial_call=True,
    )


def _attach_table(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    @app.callback(Output("devices-source", "data"), Input("sources-tab", "value"), State("devices-source", "data"))
    async def offer(tab: object, offered: object) -> Any:
        person = viewer()
        if tab != "devices" or not person.may(PAGE.right):
            return no_update
        try:
            cards = await pool.run(person.name, sources.ask, AskCards(), CARDS)
        except IocError:
            return no_update
        found = [{"value": one.id, "label": one.label.text(person.language)} for one in cards if one.has_list]
        return found if found != offered else no_update  # what was typed into the table stays there

    @app.callback(
        Output("devices-rows", "rowData"),
        Output("devices-rows", "columnDefs"),
        Output("devices-digest", "data"),
        Output("devices-plan", "children"),
        Output("devices-save", "disabled"),
        Output("devices-fault", "children"),
        Output("devices-done", "children"),
        Input("devices-source", "value"),
        Input("devices-source", "data"),
        Input("devices-add", "n_clicks"),
        Input("devices-remove", "n_clicks"),
        Input("devices-look", "n_clicks"),
        Input("devices-save", "n_clicks"),
        Input("devices-upload", "contents"),
        Input("devices-rows", "cellValueChanged"),
        Input("scan-take", "n_clicks"),
        State("devices-rows", "rowData"),
        State("devices-rows", "selectedRows"),
        State("devices-digest", "data"),
        State("devices-upload", "filename"),
        State("scan-rows", "selectedRows"),
        State("devices-rows", "columnDefs"),
        prevent_initial_call=True,
    )
    async def act(source: object, _data: object, *told: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right):
            return tuple(DeviceEditing())
        contents, (rows, chosen, digest, file, scanned, columns) = told[4], told[-6:]
        beside = _rows(rows), _rows(chosen), _said(digest), (contents, file), _rows(scanned), _lists_cameras(columns)
        given = Given(_said(source), *beside)
        try:
            return tuple(await pool.run(person.name, _done, sources, _said(ctx.triggered_id), person, given))
        except ValueError:
            return tuple(DeviceEditing(fault=TOO_LONG.text(person.language)))
        except IocError as error:
            return tuple(DeviceEditing(fault=reason(error).text(person.language)))


def _done(sources: TracedSources, button: str, person: Viewer, given: Given) -> DeviceEditing:
    """What an act makes of the tab."""
    match button:
        case "devices-source":
            return _shown(sources.ask(AskDevices(id=given.source), DeviceTable), person)
        case "devices-add":
            return DeviceEditing(rows=[*given.rows, _keyed(DeviceRow(device=""))])
        case "devices-remove":
            keys = {row.get("key") for row in given.chosen}
            return DeviceEditing(rows=[row for row in given.rows if row.get("key") not in keys])
        case "devices-upload":
            table = sources.ask(_file_of(given), DeviceTable)
            return _shown(table, person)._replace(digest=no_update, done=READ.text(person.language))
        case "devices-look":
            plan = sources.ask(_saving(given, is_trial=True), DeviceListChanges)
            return DeviceEditing(plan=plan_of(plan, person.language), cannot_save=not plan.changes)
        case "devices-save":
            plan = sources.ask(_saving(given, is_trial=True), DeviceListChanges)
            sources.act(_saving(given), DeviceListChanges, person.name, "devices", plan_line(plan))
            made = _shown(sources.ask(AskDevices(id=given.source), DeviceTable), person)
            return made._replace(done=SAVED.text(person.language), plan=plan_of(plan, person.language))
        case "scan-take":
            found = [row_of(_found(row), is_camera=given.is_camera) for row in given.scanned]
            return DeviceEditing(rows=[*given.rows, *map(_keyed, found)])
    return DeviceEditing()  # a cell was changed: what would change has to be looked at again


def _shown(table: DeviceTable, person: Viewer) -> DeviceEditing:
    rows = [_keyed(row, table.columns) for row in table.rows]
    return DeviceEditing(rows=rows, columns=table_columns(table.columns, person.language), digest=table.digest)


def _keyed(row: DeviceRow, columns: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"key": uuid4().hex} | row.model_dump(
        include=set(columns) if columns else None, exclude_defaults=not columns
    )


def _saving(given: Given, *, is_trial: bool = False) -> SaveDevices:
    names = DeviceRow.model_fields
    rows = tuple(
        DeviceRow(**{name: str(row.get(name) or "").strip() for name in names})
        for row in given.rows
        if any(row.get(name) for name in names)
    )
    return SaveDevices(id=given.source, rows=rows, digest=given.digest, is_trial=is_trial)


def _file_of(given: Given) -> ReadDevices:
    contents, name = (_said(one) for one in given.file)
    kind: Any = "xlsx" if name.lower().endswith(".xlsx") else "csv"
    return ReadDevices(id=given.source, kind=kind, content=contents.partition(",")[2])


def _found(row: dict[str, Any]) -> FoundDevice:
    """A row of a scan that was chosen, as the browser tells.

    Raises:
        ValueError: it tells something else.
    """
    ports = tuple(int(one) for one in str(row.get("ports") or "").split(",") if one.strip())
    told = {name: str(row.get(name) or "") for name in ("address", "description")}
    return FoundDevice(pings=bool(row.get("pings")), ports=ports, **told)


def _attach_password(app: Dash, services: Services, sources: TracedSources, pool: ThreadPool) -> None:
    @app.callback(
        Output("device-given", "children"),
        Output("devices-fault", "children", allow_duplicate=True),
        Output("device-password", "value"),
        Output("device-own", "value"),
        Input("device-give", "n_clicks"),
        State("devices-source", "value"),
        State("devices-rows", "selectedRows"),
        State("device-password", "value"),
        State("device-own", "value"),
        prevent_initial_call=True,
    )
    async def give(_clicks: object, source: object, chosen: object, secret: object, own: object) -> tuple[Any, ...]:
        person, rows = viewer(), _rows(chosen)
        if not person.may(PAGE.right):
            return (no_update,) * 4
        fault = await services.confirm(_said(own))
        if fault is not None:
            return "", fault.text(person.language), secret, ""
        try:
            if len(rows) != 1:
                raise SourceRefused(CHOOSE_ONE)
            device = _said(rows[0].get("device"))
            question = GiveDevicePassword(id=_said(source), device=device, password=_said(secret))
            await pool.run(person.name, sources.act, question, Done, person.name, "rotated", device)
        except (IocError, ValueError) as error:
            return "", reason(error).text(person.language), secret, ""
        return GIVEN.text(person.language), "", "", ""

    @app.callback(Output("device-secret", "hidden"), Input("devices-rows", "columnDefs"))
    def offer(columns: object) -> bool:
        return not _lists_cameras(columns)


def _attach_scan(app: Dash, sources: TracedSources, pool: ThreadPool) -> None:
    # What a click brings has a callback of its own: the answer to a tick after it would take its place.
    @app.callback(
        Output("scan-fault", "children"),
        Input("scan-start", "n_clicks"),
        State("scan-network", "value"),
        prevent_initial_call=True,
    )
    async def start(_clicks: object, network: object) -> Any:
        person = viewer()
        if not person.may(PAGE.right):
            return no_update
        try:
            question = StartScan(network=_said(network))
            await pool.run(person.name, sources.act, question, ScanState, person.name, "scanned", question.network)
        except (IocError, ValueError) as error:
            return reason(error).text(person.language)
        return ""

    @app.callback(
        Output("scan-rows", "rowData"),
        Output("scan-network", "data"),
        Output("scan-said", "children"),
        Input("scan-fault", "children"),
        Input("sources-tick", "n_intervals"),
        Input("sources-tab", "value"),
        State("scan-rows", "rowData"),
        State("devices-rows", "rowData"),
        prevent_initial_call=True,
    )
    async def look(_fault: object, _ticks: object, tab: object, shown: object, listed: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right) or tab != "devices":
            return (no_update,) * 3
        try:
            state = await pool.run(person.name, sources.ask, AskScan(), ScanState)
        except (IocError, ValueError) as error:
            return no_update, no_update, reason(error).text(person.language)
        rows = scan_rows(state, [_said(row.get("address")) for row in _rows(listed)], person.language)
        said = PROGRESS.text(
            person.language, network=state.network, asked=state.asked, of=state.of, found=len(state.found)
        )
        # Ticks would be lost with each answer that brings nothing new.
        return rows if rows != shown else no_update, list(state.networks), said if state.network else ""


def _lists_cameras(columns: object) -> bool:
    """Whether a table's columns are those of cameras."""
    fields = {row.get("field") for row in _rows(columns)}
    return "channels" in fields and "category" not in fields


def _rows(value: object) -> list[dict[str, Any]]:
    """Rows as the browser tells them."""
    return [row for row in value[: 2 * MOST_ROWS] if isinstance(row, dict)] if isinstance(value, list) else []


def _said(value: object) -> str:
    return value if isinstance(value, str) else ""
