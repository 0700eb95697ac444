"""Entry: which figures of which period are due; entering, confirming and correcting them, by hand or from a file.

Everybody who sees the board sees the page; what a person may do with a kind is declared with it, and asked anew with each act.
"""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components.header import navigation
from dashboard.entry.act import REASONS
from dashboard.entry.template import EVENTS, FIGURES, TEMPLATES
from dashboard.state.page import BoardState, Page
from dashboard.words import text
from dashboard.words.event_name import event_name
from ingest.contract.label import Label
from warehouse.catalogue import figure_kinds

ENTRY = Label("Nhập số liệu", "Enter figures")
DUE = Label("Đến hạn", "Due")
TYPE = Label("Nhập, sửa", "Enter, correct")
CONFIRM = Label("Chờ xác nhận", "To be confirmed")
CONFIRM_IT, REJECT = Label("Xác nhận", "Confirm"), Label("Không đồng ý", "Reject")
FILE, HISTORY = Label("Nhập từ tệp", "From a file"), Label("Ai nhập gì, lúc nào", "Who entered what, and when")
KIND, PERIOD = Label("Chỉ tiêu", "Figure"), Label("Kỳ", "Period")
VALUE, WHOLE = Label("Số", "Number"), Label("Trên tổng số", "Out of")
REASON = Label("Lý do (khi sửa số đã có)", "Reason (to correct)")
ENTER = Label("Nhập", "Enter")
DRAFT = Label("Số chờ xác nhận", "What waits")
EVENTS_OF_BEFORE = Label("Sự kiện trước khi có IOC", "Events of before")
ABOUT = Label("Tệp về", "File about")
DAYS_ARE = Label(
    "Tổng ngày trước khi có IOC chỉ hiện trong diễn biến của chỉ số, kèm dấu “theo số liệu nhập”; không cộng vào số IOC tự đếm.",
    "Totals of days before this system are shown in the indicator's history alone, marked as entered; they are added to nothing that it "
    "counts itself.",
)
EVENTS_ARE = Label(
    "Sự kiện trước khi có IOC được đếm vào đúng ngày xảy ra; chỉ quản trị viên nhập và hoàn tác được.",
    "Events of before count on the day on which they happened; administrators alone import them and undo that.",
)
TEMPLATE = Label("Tải mẫu", "Template")
UPLOAD = Label("Chọn tệp XLSX, CSV, JSONL (≤ 500 kB)", "Choose an XLSX, CSV or JSONL file (≤ 500 kB)")
READING_FILE = Label(
    "Đang đọc tệp; tệp lớn có thể mất nửa phút…", "Reading the file; a large one may take half a minute…"
)
APPLY = Label("Nhập các số này", "Enter these")
IMPORTS = Label("Lần nhập tệp", "Import")
UNDO = Label("Hoàn tác", "Undo")
UNDO_SURE = Label(
    "Hoàn tác lần nhập này? Số trước đó được nhập lại, số mới bị rút, sự kiện không được tính nữa; lịch sử vẫn giữ.",
    "Undo this import? What stood before is entered again, what is new is withdrawn, events count no more; the history stays.",
)

HIDDEN = {"display": "none"}
REFRESH_MS = 10_000
PROGRESS_MS = 1_000
LONGEST_UPLOAD = 500_000


def layout(state: BoardState) -> Component:
    """What is due beside the forms; who did what beneath."""
    say = state.say
    head = html.Header(
        [navigation(state, viewer(), "/entry"), html.H1(say(ENTRY))],
        className="desk-head",
    )
    main = html.Main(
        [
            html.H2(say(DUE)),
            html.Div(html.P(say(text.READING), className="quiet"), id="entry-due"),
            html.Div(id="entry-fault", className="fault", role="alert"),
            html.Div(id="entry-done", role="status"),
            html.H2(say(TYPE)),
            _form(state),
            html.H2(say(CONFIRM)),
            _drafts(state),
            html.H2(say(FILE)),
            _file(state),
            html.H2(say(HISTORY)),
            html.Div(id="entry-history"),
            dcc.Interval(id="entry-tick", interval=REFRESH_MS),
            dcc.Interval(id="entry-progress", interval=PROGRESS_MS, disabled=True),
            dcc.Store(id="entry-acted"),
            dcc.Download(id="entry-download"),
        ],
        className="desk-scroll entry-page",
    )
    return html.Div([head, main], className="desk")


def _form(state: BoardState) -> Component:
    say = state.say
    kinds = [{"value": kind.code, "label": say(kind.label)} for kind in figure_kinds().values()]
    reasons = [{"value": code, "label": text.name_of_code(code, state.language)} for code in REASONS]
    made: Component = dmc.Group(
        [
            dmc.Select(id="entry-kind", label=say(KIND), data=kinds, searchable=True, w=340, maw="100%"),
            dmc.TextInput(id="entry-period", label=say(PERIOD), value="", w=130, inputProps={"maxLength": 40}),
            dmc.TextInput(id="entry-value", label=say(VALUE), value="", w=150, inputProps={"maxLength": 40}),
            dmc.TextInput(id="entry-whole", label=say(WHOLE), value="", w=150, inputProps={"maxLength": 40}),
            dmc.Select(id="entry-reason", label=say(REASON), data=reasons, clearable=True, w=240),
            dmc.Button(say(ENTER), id="entry-enter", color="sky", autoContrast=True),
        ],
        align="end",
        gap="sm",
    )
    return made


def _drafts(state: BoardState) -> Component:
    say = state.say
    made: Component = dmc.Group(
        [
            dmc.Select(id="entry-draft", label=say(DRAFT), data=[], w=620, maw="100%", clearable=True),
            dmc.Button(say(CONFIRM_IT), id="entry-confirm", variant="default"),
            dmc.Button(say(REJECT), id="entry-reject", variant="default"),
        ],
        align="end",
        gap="sm",
    )
    return made


def _file(state: BoardState) -> Component:
    say = state.say
    plain = {"variant": "default", "size": "xs"}
    return html.Div(
        [
            dmc.Group(
                [
                    dmc.Select(
                        id="entry-template-of",
                        label=say(ABOUT),
                        data=[
                            *({"value": of, "label": say(label)} for of, label in TEMPLATES.items()),
                            {
                                "group": say(EVENTS_OF_BEFORE),
                                "items": [{"value": kind, "label": say(event_name(kind))} for kind in EVENTS],
                            },
                        ],
                        value=FIGURES,
                        searchable=True,
                        allowDeselect=False,
                        w=380,
                        maw="100%",
                    ),
                    dmc.Button(f"{say(TEMPLATE)} XLSX", id="entry-template-xlsx", **plain),
                    dmc.Button(f"{say(TEMPLATE)} CSV", id="entry-template-csv", **plain),
                    dcc.Upload(html.Span(say(UPLOAD), className="back"), id="entry-upload", max_size=LONGEST_UPLOAD),
                ],
                align="end",
                gap="sm",
            ),
            html.P(say(DAYS_ARE), className="quiet"),
            html.P(say(EVENTS_ARE), className="quiet"),
            html.P(say(READING_FILE), id="entry-reading", role="status", style=HIDDEN),
            html.Div(id="entry-plan"),
            dmc.Group(
                [
                    dmc.Button(say(APPLY), id="entry-apply", disabled=True, **plain),
                    dmc.Select(id="entry-batch", label=say(IMPORTS), data=[], w=420, maw="100%", clearable=True),
                    dcc.ConfirmDialogProvider(dmc.Button(say(UNDO), **plain), id="entry-undo", message=say(UNDO_SURE)),
                ],
                align="end",
                gap="sm",
            ),
        ]
    )


PAGE = Page(path="/entry", label=ENTRY, right="leader", layout=layout, order=8, menu=text.MENU_FIGURES)
