"""Device tab: the lists of devices and cameras as tables that are typed in, what would change, and what a scan found."""

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.table import Cell, data_table
from dashboard.state.page import BoardState
from dashboard.words.grid_words import grid_words
from ingest.administration.message import DeviceListChanges, DeviceRow, FoundDevice, ScanState
from ingest.contract.label import Label, Language

SOURCE = Label("Danh sách của nguồn", "List of the source")
ADD, REMOVE = Label("Thêm dòng", "Add a row"), Label("Xóa dòng đã chọn", "Remove chosen rows")
FILE = Label("Nhập từ tệp .xlsx, .csv", "Import an .xlsx or .csv file")
LOOK, SAVE = Label("Xem thay đổi", "Show what changes"), Label("Lưu danh sách", "Save the list")
HINT = Label(
    "Sửa ngay trong bảng, hoặc nhập tệp có các cột như bảng (tệp thay cả danh sách). Chưa gì được ghi trước khi bấm “Lưu danh sách”; ai sửa gì "
    "được ghi lại. Theo dõi: ping, TCP, HTTP, SNMP, tự báo hoặc không.",
    "Change the table, or import a file with its columns (a file stands for the whole list). Nothing is kept before “Save the list”; who "
    "changed what is written down. Watched by: ping, TCP, HTTP, SNMP, tự báo (it speaks by itself) or không (not at all).",
)
DEVICE_PASSWORD = Label("Mật khẩu của camera đã chọn", "Password of the chosen camera")
OWN_PASSWORD = Label("Mật khẩu của bạn", "Your password")
GIVE = Label("Đặt mật khẩu camera", "Set the camera's password")
SCAN = Label("Tìm thiết bị trên mạng", "Find devices on the network")
SCAN_HINT = Label(
    "Hỏi một lần từng địa chỉ của một mạng nội bộ (tối đa /24) bằng ping, vài cổng TCP và SNMP. Chỉ thiết bị được đánh dấu mới đưa vào bảng.",
    "Asks each address of a private network (a /24 at most) once by ping, a few TCP ports and SNMP. Only ticked devices get into the table.",
)
NETWORK = Label("Mạng, ví dụ 192.168.1.0/24", "Network, such as 192.168.1.0/24")
START = Label("Quét", "Scan")
TAKE = Label("Đưa dòng đã chọn vào bảng", "Put chosen rows into the table")
PROGRESS = Label(
    "{network}: đã hỏi {asked}/{of} địa chỉ, {found} trả lời", "{network}: {asked}/{of} asked, {found} answer"
)
LISTED = Label("có trong bảng", "in the table")

COLUMNS: dict[str, tuple[Label, int]] = {
    "device": (Label("Mã", "Code"), 150),
    "category": (Label("Loại", "Kind"), 150),
    "place": (Label("Nơi đặt", "Place"), 170),
    "by": (Label("Theo dõi", "Watched by"), 120),
    "address": (Label("Địa chỉ", "Address"), 260),
    "user": (Label("Tài khoản", "Account"), 130),
    "channels": (Label("Kênh (1=tên; 2=tên)", "Channels (1=name; 2=name)"), 260),
}
"""By field of a row."""

SCANNED: dict[str, tuple[Label, int]] = {
    "address": (Label("Địa chỉ", "Address"), 150),
    "pings": (Label("Ping", "Ping"), 80),
    "ports": (Label("Cổng mở", "Open ports"), 200),
    "description": (Label("Tự giới thiệu (SNMP)", "Says it is (SNMP)"), 360),
    "known": (Label("Danh sách", "List"), 130),
}

PLAN_HEADS = (Label("Việc", "Change"), Label("Thiết bị", "Device"), Label("Đang có", "Before"), Label("Sẽ là", "After"))
CHANGES = {"added": Label("thêm", "added"), "changed": Label("sửa", "changed"), "removed": Label("bỏ", "removed")}
NOTHING = Label("Không có gì thay đổi.", "Nothing changes.")

PRINTING, VIDEO, PC = {515, 631, 9100}, {554, 8000}, {445, 3389}


def device_tab(state: BoardState) -> Component:
    """The whole of it."""
    say = state.say
    return html.Div(
        [
            dmc.Select(id="devices-source", label=say(SOURCE), data=[], value="equipment", w=320, clearable=False),
            html.P(say(HINT), className="quiet"),
            _grid("devices-rows", table_columns(tuple(COLUMNS), state.language), state.language),
            # Until the list is read there is nothing to add to: what is done before it would take the place of reading.
            html.Fieldset(_table_acts(state), id="devices-acts", className="acts", disabled=True),
            html.Div(id="devices-fault", className="fault", role="alert"),
            html.Div(id="devices-done", role="status"),
            html.Div(id="devices-plan"),
            html.Div(_secret(state), id="device-secret", hidden=True),
            html.H2(say(SCAN), className="title"),
            html.P(say(SCAN_HINT), className="quiet"),
            _scan_acts(state),
            html.Div(id="scan-fault", className="fault", role="alert"),
            _grid("scan-rows", _columns(SCANNED, state.language), state.language),
            dcc.Store(id="devices-digest", data=""),
        ],
        className="editor",
    )


def _table_acts(state: BoardState) -> Component:
    say = state.say
    made: Component = dmc.Group(
        [
            dmc.Button(say(ADD), id="devices-add", variant="default"),
            dmc.Button(say(REMOVE), id="devices-remove", variant="default"),
            dcc.Upload(dmc.Button(say(FILE), variant="default"), id="devices-upload", max_size=500_000),
            dmc.Button(say(LOOK), id="devices-look", variant="default"),
            dmc.Button(say(SAVE), id="devices-save", color="sky", autoContrast=True, disabled=True),
        ]
    )
    return made


def _secret(state: BoardState) -> Component:
    """The password of a camera, which is set after one's own was typed."""
    say = state.say
    given, own = {"autoComplete": "off"}, {"autoComplete": "current-password"}
    made: Component = dmc.Group(
        [
            dmc.PasswordInput(id="device-password", label=say(DEVICE_PASSWORD), w=260, inputProps=given),
            dmc.PasswordInput(id="device-own", label=say(OWN_PASSWORD), w=260, inputProps=own),
            dmc.Button(say(GIVE), id="device-give", variant="default"),
            html.Span(id="device-given", role="status"),
        ],
        align="end",
    )
    return made


def _scan_acts(state: BoardState) -> Component:
    say = state.say
    made: Component = dmc.Group(
        [
            dmc.Autocomplete(id="scan-network", label=say(NETWORK), data=[], value="", w=280),
            dmc.Button(say(START), id="scan-start", variant="default"),
            html.Fieldset(
                dmc.Button(say(TAKE), id="scan-take", variant="default"),
                id="scan-acts",
                className="acts",
                disabled=True,
            ),
            html.Span(id="scan-said", role="status"),
        ],
        align="end",
    )
    return made


def table_columns(shown: Sequence[str], language: Language) -> list[dict[str, Any]]:
    """The columns of a list, each typed in."""
    columns = _columns({name: COLUMNS[name] for name in COLUMNS if name in shown}, language)
    for column in columns:
        column["editable"] = True
    return columns


def _columns(columns: dict[str, tuple[Label, int]], language: Language) -> list[dict[str, Any]]:
    return [
        {"field": field, "headerName": label.text(language), "width": width}
        for field, (label, width) in columns.items()
    ]


def _grid(id: str, columns: list[dict[str, Any]], language: Language) -> Component:
    made: Component = dag.AgGrid(
        id=id,
        rowData=[],
        columnDefs=columns,
        defaultColDef={"resizable": True, "cellDataType": False},
        getRowId="params.data.key",
        dashGridOptions={
            "animateRows": False,
            "rowSelection": {"mode": "multiRow"},
            "stopEditingWhenCellsLoseFocus": True,
            "ensureDomOrder": True,
            "localeText": grid_words(language),
        },
        className="sql-table editor-fields",
    )
    return made


def plan_of(plan: DeviceListChanges, language: Language) -> Component:
    """What would change, device by device."""
    rows: list[list[Cell]] = [
        [CHANGES[one.kind].text(language), one.device, one.before, one.after] for one in plan.changes
    ]
    return data_table([head.text(language) for head in PLAN_HEADS], rows, empty=NOTHING.text(language))


def plan_line(plan: DeviceListChanges) -> str:
    """The same in one line, for the trail."""
    signs = {"added": "+", "changed": "~", "removed": "−"}
    line = ", ".join(f"{signs[one.kind]}{one.device}" for one in plan.changes)
    return line if len(line) <= 200 else f"{line[:200]}…"


def scan_rows(state: ScanState, listed: Sequence[str], language: Language) -> list[dict[str, Any]]:
    """What a scan found, as rows.

    Args:
        state: of the scan.
        listed: addresses that are in the table.
        language: of the reader.
    """
    return [
        {
            "key": one.address,
            "address": one.address,
            "pings": "✓" if one.pings else "",
            "ports": ", ".join(map(str, one.ports)),
            "description": one.description,
            "known": LISTED.text(language) if any(_is_at(text, one.address) for text in listed) else "",
        }
        for one in state.found
    ]


def _is_at(text: str, address: str) -> bool:
    """Whether an address of a list names a host."""
    before, found, after = text.partition(address)
    return bool(found) and not before[-1:].isdigit() and not after[:1].isdigit()


def row_of(found: FoundDevice, *, is_camera: bool) -> DeviceRow:
    """What a device that was found is likely to be; whoever takes it gives it its name."""
    host, ports = found.address, set(found.ports)
    code = "TB-" + "-".join(host.split(".")[2:])
    if is_camera:
        return DeviceRow(device=code, address=f"http://{host}")
    kind = (
        "Máy in" if ports & PRINTING else "Camera" if ports & VIDEO else "Máy tính" if ports & PC else "Thiết bị khác"
    )
    if found.description:
        return DeviceRow(device=code, category=kind, by="SNMP", address=host)
    if found.pings or not ports:
        return DeviceRow(device=code, category=kind, by="ping", address=host)
    chosen = next((port for port in (9100, 554, 445) if port in ports), min(ports))
    return DeviceRow(device=code, category=kind, by="TCP", address=f"{host}:{chosen}")
