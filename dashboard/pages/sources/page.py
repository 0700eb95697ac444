"""Sources: every source of the ward with its light, and the place where a new one is made.

What is asked and done is in `callbacks` and `editor`; only administrators see the page.
"""

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components.header import navigation
from dashboard.pages.sources.device_tab import device_tab
from dashboard.pages.sources.tables import WAYS
from dashboard.state.page import BoardState, Page
from dashboard.words import text
from dashboard.words.grid_words import grid_words
from ingest.contract.label import Label

SOURCES = Label("Nguồn", "Sources")
TITLE = Label("Quản trị → Nguồn", "Administration → Sources")
LIST = Label("Các nguồn", "All sources")
MAKE = Label("Tạo, sửa đầu nối", "Make or change a connector")
CHOOSE = Label("Mở một nguồn để xem và cài đặt.", "Open a source to see and set it up.")
ON, TURN_OFF = Label("Bật", "Switch on"), Label("Tắt", "Switch off")
PASSWORD = Label("Mật khẩu của bạn (để xem, đổi khóa)", "Your password (to show or change the secret)")
REVEAL = Label("Xem khóa", "Show secret")
ROTATE = Label("Đổi khóa", "Change secret")
GIVEN = Label("Khóa do nguồn đặt (để trống: hệ thống tạo)", "Secret that the source prescribes (empty: one is made)")
URL = Label("Địa chỉ của nguồn (REST, SQL, SFTP)", "Address of the source (REST, SQL, SFTP)")
SAVE_URL = Label("Lưu địa chỉ", "Save address")
TEST = Label("Gửi tin thử", "Send a test")
PRINT = Label("Trang cho nhà cung cấp", "Page for the vendor")
EDIT = Label("Sửa khai báo", "Change declaration")
VERSION = Label("Bản cũ", "Earlier version")
EXPORT = Label("Xuất tệp", "Export file")
REMOVE = Label("Xóa khai báo", "Remove declaration")
REMOVE_SURE = Label(
    "Xóa khai báo của nguồn này? Các bản cũ vẫn được giữ.", "Remove this declaration? Its versions are kept."
)
DEVICES = Label("Thiết bị, camera", "Devices, cameras")
ID = Label("Mã nguồn (a-z, 0-9, _)", "Id (a-z, 0-9, _)")
NAME = Label("Tên nguồn", "Name")
WAY = Label("Cách vào", "Way in")
EVENT = Label("Loại sự kiện", "Kind of event")
MORE = Label("Thêm sự kiện này", "Add this event")
READY = Label("Hoặc bắt đầu từ mẫu có sẵn", "Or begin with a ready one")
BEGIN = Label("Bắt đầu", "Begin")
IMPORT = Label("Nhập tệp .toml", "Import .toml file")
SAMPLE = Label("Tin mẫu: dán JSON hoặc CSV", "Sample: paste JSON or CSV")
UPLOAD = Label("hoặc chọn tệp (≤ 500 kB)", "or choose a file (≤ 500 kB)")
TAKE_LAST = Label("Lấy tin vừa đến", "Take the last message")
PATHS = Label("Có trong tin mẫu", "In the sample")
TEXT = Label("Khai báo (TOML)", "Declaration (TOML)")
TRY = Label("Chạy thử (không gửi gì)", "Dry run (nothing is sent)")
SAVE = Label("Lưu và chạy", "Save and run")
COLUMNS: tuple[tuple[str, Label, int, bool], ...] = (
    ("shown", Label("Sự kiện", "Event"), 360, False),
    ("field", Label("Trường", "Field"), 150, False),
    ("takes", Label("Nhận", "Takes"), 180, False),
    ("needed", Label("Cần", "Needed"), 90, False),
    ("read", Label("Lấy từ (trong tin)", "From (in the message)"), 220, True),
    ("value", Label("Luôn là", "Always"), 110, True),
    ("otherwise", Label("Nếu không có", "Otherwise"), 120, True),
    ("table", Label("Bảng mã: nguồn = ta; …", "Codes: theirs = ours; …"), 240, True),
)

BEGINNABLE = ("webhook", "files", "rest", "sql", "mqtt", "probe", "syslog")
"""Ways in that a new declaration can begin with."""

REFRESH_MS = 5_000
LONGEST_UPLOAD = 500_000


def layout(state: BoardState) -> Component:
    """The sources, and the place where one is made."""
    say = state.say
    head = html.Header(
        [navigation(state, viewer(), "/sources"), html.H1(say(TITLE))],
        className="desk-head",
    )
    tabs = dmc.Tabs(
        [
            dmc.TabsList(
                [
                    dmc.TabsTab(say(LIST), value="list"),
                    dmc.TabsTab(say(DEVICES), value="devices"),
                    dmc.TabsTab(say(MAKE), value="make"),
                ]
            ),
            dmc.TabsPanel(_list(state), value="list"),
            dmc.TabsPanel(device_tab(state), value="devices"),
            dmc.TabsPanel(_editor(state), value="make"),
        ],
        id="sources-tab",
        value="list",
        keepMounted=True,
    )
    beside = [
        dcc.Interval(id="sources-tick", interval=REFRESH_MS),
        dcc.Store(id="source-id"),
        dcc.Store(id="source-acted"),
        dcc.Store(id="source-upload"),
        dcc.Download(id="source-download"),
    ]
    return html.Div([head, html.Main([tabs, *beside], className="desk-scroll sources-page")], className="desk")


def _list(state: BoardState) -> Component:
    say = state.say
    cards = html.Div(html.P(say(text.READING), className="quiet"), id="source-cards", className="source-cards")
    return html.Div([cards, html.Aside(_panel(state), className="source-panel")], className="sources-list")


def _panel(state: BoardState) -> list[Component]:
    say = state.say
    plain = {"variant": "default", "size": "xs"}
    return [
        html.Div(html.P(say(CHOOSE), className="quiet"), id="source-said"),
        html.Div(id="source-fault", className="fault", role="alert"),
        html.Div(id="source-done", role="status"),
        html.Div(
            [
                dmc.Group(
                    [
                        dmc.Button(say(ON), id="source-on", **plain),
                        dmc.Button(say(TURN_OFF), id="source-off", **plain),
                        dmc.Button(say(TEST), id="source-test", **plain),
                        html.A(say(PRINT), id="source-print", href="/sources", target="_blank", className="back"),
                    ]
                ),
                dmc.PasswordInput(
                    id="source-password", label=say(PASSWORD), inputProps={"autoComplete": "current-password"}
                ),
                dmc.PasswordInput(id="source-key", label=say(GIVEN), inputProps={"autoComplete": "off"}),
                dmc.Group(
                    [
                        dmc.Button(say(REVEAL), id="source-reveal", **plain),
                        dmc.Button(say(ROTATE), id="source-rotate", **plain),
                    ]
                ),
                dmc.TextInput(id="source-url", label=say(URL), value="", inputProps={"maxLength": 500}),
                dmc.Button(say(SAVE_URL), id="source-redirect", **plain),
                dmc.Select(id="source-version", label=say(VERSION), data=[], clearable=True),
                dmc.Group(
                    [
                        dmc.Button(say(EDIT), id="source-edit", **plain),
                        dmc.Button(say(EXPORT), id="source-export", **plain),
                        dcc.ConfirmDialogProvider(
                            dmc.Button(say(REMOVE), **plain), id="source-remove", message=say(REMOVE_SURE)
                        ),
                    ]
                ),
            ],
            id="source-acts",
            className="source-acts",
            hidden=True,
        ),
    ]


def _editor(state: BoardState) -> Component:
    """A declaration's beginning, its sample beside its text, its fields, and what can be done with it."""
    say = state.say
    acts = dmc.Group(
        [
            dmc.Button(say(TRY), id="editor-try", variant="default"),
            dmc.Button(say(SAVE), id="editor-save", color="sky", autoContrast=True),
            html.Span(id="editor-done", role="status"),
        ],
        gap="sm",
    )
    return html.Div(
        [
            _beginning(state),
            html.Div([_sample(state), _textarea("editor-text", say(TEXT), 14)], className="editor-sides"),
            html.Div(id="editor-fault", className="fault", role="alert"),
            _fields(state),
            acts,
            html.Div(id="editor-trial"),
        ],
        className="editor",
    )


def _beginning(state: BoardState) -> Component:
    """What a new declaration starts from."""
    say = state.say
    ways = [{"value": way, "label": say(WAYS[way])} for way in BEGINNABLE]
    begin: Component = dmc.Group(
        [
            dmc.TextInput(id="editor-id", label=say(ID), value="", inputProps={"maxLength": 40}, w=210),
            dmc.TextInput(id="editor-name", label=say(NAME), value="", inputProps={"maxLength": 120}, w=240),
            dmc.Select(id="editor-way", label=say(WAY), data=ways, value="webhook", w=230, clearable=False),
            dmc.Select(id="editor-event", label=say(EVENT), data=[], searchable=True, w=340),
            dmc.Select(id="editor-ready", label=say(READY), data=[], clearable=True, w=240),
            dmc.Button(say(BEGIN), id="editor-begin", variant="default"),
            dmc.Button(say(MORE), id="editor-more", variant="default"),
            dcc.Upload(dmc.Button(say(IMPORT), variant="default"), id="editor-import", max_size=LONGEST_UPLOAD),
        ],
        align="end",
        gap="sm",
    )
    return begin


def _sample(state: BoardState) -> Component:
    """A message or a file to try a declaration on."""
    say = state.say
    return html.Section(
        [
            _textarea("editor-sample", say(SAMPLE), 8),
            dmc.Group(
                [
                    dcc.Upload(html.Span(say(UPLOAD), className="back"), id="editor-upload", max_size=LONGEST_UPLOAD),
                    html.Span(id="editor-file", className="quiet"),
                    dmc.Button(say(TAKE_LAST), id="editor-last", variant="default", size="xs"),
                ]
            ),
            html.P([say(PATHS), ": ", html.Span(id="editor-paths")], className="quiet"),
        ]
    )


def _fields(state: BoardState) -> Component:
    """The event's fields, each with the expression that fills it."""
    fields = dag.AgGrid(
        id="editor-fields",
        rowData=[],
        columnDefs=[
            {
                "field": field,
                "headerName": state.say(label),
                "width": width,
                "editable": editable,
                "tooltipField": field,
            }
            for field, label, width, editable in COLUMNS
        ],
        defaultColDef={"resizable": True, "sortable": False, "cellDataType": False},
        getRowId="params.data.key",
        dashGridOptions={
            "animateRows": False,
            "singleClickEdit": True,
            "stopEditingWhenCellsLoseFocus": True,
            "ensureDomOrder": True,
            "suppressRowVirtualisation": True,
            "localeText": grid_words(state.language),
        },
        className="sql-table editor-fields",
    )
    # No cell is filled in while an answer is on its way that does not know of it.
    return html.Div(html.Div(fields, id="editor-filling"), id="editor-beginning")


def _textarea(id: str, label: str, rows: int) -> Component:
    made: Component = dmc.Textarea(
        id=id,
        label=label,
        value="",
        autosize=True,
        minRows=rows,
        maxRows=22,
        spellCheck=False,
        debounce=True,  # told when it is left, so before a button that is pressed next
        classNames={"input": "sql-input"},
    )
    return made


PAGE = Page(path="/sources", label=SOURCES, right="admin", layout=layout, order=10, menu=text.MENU_OPERATION)
