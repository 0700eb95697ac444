"""SQL: the analysts' page - a query over the documented views, its answer as table, chart and CSV, and queries to keep.

What may be asked is decided by `warehouse.query.adhoc` alone; this page only shows.
"""

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components.header import navigation
from dashboard.state.page import BoardState, Page
from dashboard.words import text
from dashboard.words.grid_words import grid_words
from ingest.contract.label import Label
from warehouse.views import View, dictionary

TITLE = Label("Truy vấn SQL", "SQL")
RUN = Label("Chạy", "Run")
RUN_HINT = Label("Ctrl + Enter", "Ctrl + Enter")
EDITOR = Label("Câu truy vấn (chỉ đọc)", "Query (read only)")
EXAMPLES = Label("Câu mẫu", "Examples")
SAVED = Label("Đã lưu", "Saved")
NAME = Label("Tên để lưu", "Name to save as")
SAVE = Label("Lưu", "Save")
DELETE = Label("Xóa", "Delete")
TABLE = Label("Bảng", "Table")
CHART = Label("Biểu đồ", "Chart")
CHART_SAYS = Label(
    "Biểu đồ của kết quả; mọi giá trị ở thẻ Bảng", "Chart of the result; every value is in the tab Table"
)
RESULT = Label("Kết quả", "Result")
DOWNLOAD = Label("Tải CSV", "Download CSV")
DICTIONARY = Label("Từ điển dữ liệu", "Data dictionary")
ACROSS = Label("Trục ngang", "Across")
UP = Label("Trục đứng", "Up")
BARS = Label("Cột", "Bars")
LINE = Label("Đường", "Line")

EXAMPLE_QUERIES: dict[str, tuple[Label, str]] = {
    "indicators": (
        Label("Các chỉ số và cách tính", "Indicators and how they are counted"),
        "SELECT id, label_vi, definition_vi, unit_vi\nFROM indicators\nORDER BY id",
    ),
    "arrivals": (
        Label("Lượt đến theo 15 phút", "Arrivals by quarter of an hour"),
        "SELECT window_start, numerator AS visits\nFROM indicator_values\n"
        "WHERE indicator = 'Q01' AND dimension = ''\nORDER BY window_start DESC\nLIMIT 60",
    ),
    "waits": (
        Label("Thời gian chờ trung bình theo dịch vụ, phút", "Mean wait by service, minutes"),
        "SELECT member AS service, round(sum(numerator) / sum(denominator) / 60000, 1) AS minutes, sum(denominator) AS calls\n"
        "FROM indicator_values\nWHERE indicator = 'Q03' AND dimension = 'service_code'\nGROUP BY member\nORDER BY minutes DESC",
    ),
    "dossiers": (
        Label("Hồ sơ theo lĩnh vực và trạng thái", "Dossiers by field and state"),
        "SELECT field_code, state, count() AS dossiers\nFROM dossier\nGROUP BY field_code, state\nORDER BY dossiers DESC",
    ),
    "events": (
        Label("Sự kiện theo loại", "Events by kind"),
        "SELECT kind, count() AS events, max(occurred_at) AS newest\nFROM events\nGROUP BY kind\nORDER BY events DESC",
    ),
    "dead_letters": (
        Label("Sự kiện lỗi theo lý do", "Dead letters by reason"),
        "SELECT reason_code, connector, count() AS letters, max(received_at) AS newest\nFROM dead_letters\n"
        "GROUP BY reason_code, connector\nORDER BY letters DESC",
    ),
}
"""Queries that run as they stand."""


def layout(state: BoardState) -> Component:
    """Editor, answer and data dictionary."""
    say = state.say
    head = html.Header([navigation(state, viewer(), "/sql"), html.H1(say(TITLE))], className="desk-head")
    return html.Div(
        [head, html.Main([_editor(state), _answer(state), _dictionary(state)], className="desk-main")], className="desk"
    )


def _editor(state: BoardState) -> Component:
    say = state.say
    examples = [{"value": id, "label": say(label)} for id, (label, _) in EXAMPLE_QUERIES.items()]
    return html.Section(
        [
            dmc.Group(
                [
                    dmc.Select(
                        id="sql-example",
                        label=say(EXAMPLES),
                        data=examples,
                        clearable=True,
                        w=230,
                        maxDropdownHeight=400,
                    ),
                    dmc.Select(id="sql-saved", label=say(SAVED), data=[], clearable=True, searchable=True, w=170),
                    dmc.TextInput(id="sql-name", label=say(NAME), inputProps={"maxLength": 80}, w=190),
                    dmc.Button(say(SAVE), id="sql-save", variant="default"),
                    dmc.Button(say(DELETE), id="sql-delete", variant="default"),
                ],
                align="end",
                gap="sm",
            ),
            dmc.Textarea(
                id="sql-text",
                label=say(EDITOR),
                value=EXAMPLE_QUERIES["arrivals"][1],
                autosize=True,
                minRows=7,
                maxRows=16,
                spellCheck=False,
                classNames={"input": "sql-input"},
                mt="sm",
            ),
            dmc.Group(
                [
                    dmc.Button(say(RUN), id="sql-run", color="sky", autoContrast=True),
                    dmc.Kbd(say(RUN_HINT)),
                    html.Span(id="sql-status", className="quiet", role="status"),
                ],
                mt="sm",
                gap="sm",
            ),
            html.Div(id="sql-fault", className="fault", role="alert"),
        ],
        className="desk-editor",
    )


def _answer(state: BoardState) -> Component:
    say = state.say
    kinds = [{"value": "bar", "label": say(BARS)}, {"value": "scatter", "label": say(LINE)}]
    table = dag.AgGrid(
        id="sql-table",
        rowData=[],
        columnDefs=[{"headerName": say(RESULT)}],
        defaultColDef={"sortable": True, "filter": True, "resizable": True, "minWidth": 90, "cellDataType": False},
        columnSize="autoSize",
        dashGridOptions={
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "animateRows": False,
            "suppressNoRowsOverlay": True,  # how many rows an answer has stands beside the button; before it nobody knows
            "localeText": grid_words(state.language),
        },
        className="sql-table",
    )
    chart = html.Div(
        [
            dmc.Group(
                [
                    dmc.Select(id="sql-across", label=say(ACROSS), data=[], w=240),
                    dmc.Select(id="sql-up", label=say(UP), data=[], w=240),
                    dmc.SegmentedControl(id="sql-kind", data=kinds, value="bar"),
                ],
                align="end",
            ),
            html.Div(id="sql-drawn"),
        ]
    )
    return html.Section(
        [
            dmc.Tabs(
                [
                    html.Div(
                        [
                            dmc.TabsList(
                                [dmc.TabsTab(say(TABLE), value="table"), dmc.TabsTab(say(CHART), value="chart")]
                            ),
                            dmc.Button(say(DOWNLOAD), id="sql-csv", variant="default", size="xs"),
                        ],
                        className="desk-tabs",
                    ),
                    dmc.TabsPanel(table, value="table"),
                    dmc.TabsPanel(chart, value="chart"),
                ],
                id="sql-shown",
                value="table",
                keepMounted=True,
            ),
            dcc.Download(id="sql-download"),
            dcc.Store(id="sql-answer"),
        ],
        className="desk-answer",
    )


def _dictionary(state: BoardState) -> Component:
    items = [
        dmc.AccordionItem(
            [
                dmc.AccordionControl([html.Code(view.name), html.Small(state.say(view.label))]),
                dmc.AccordionPanel(_columns(view, state)),
            ],
            value=view.name,
        )
        for view in dictionary()
    ]
    return html.Aside(
        [
            html.H2(state.say(DICTIONARY)),
            dmc.Accordion(items, multiple=True, variant="separated", chevronPosition="left"),
        ],
        className="desk-dictionary",
    )


def _columns(view: View, state: BoardState) -> Component:
    return html.Dl(
        [
            part
            for column in view.columns
            for part in (html.Dt([html.Code(column.name), html.Small(column.type)]), html.Dd(state.say(column.label)))
        ]
    )


PAGE = Page(path="/sql", label=text.SQL, right="analyst", layout=layout, order=9, menu=text.MENU_FIGURES)
