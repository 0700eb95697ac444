"""Boundaries page: choosing a file, what it shows, and the files that were taken before."""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.components.header import navigation
from dashboard.state.page import BoardState, Page
from dashboard.ward_map.kept import LONGEST_UPLOAD
from dashboard.words import text
from ingest.contract.label import Label

BOUNDARIES = Label("Ranh giới phường", "Ward boundaries")
NOW = Label("Đang dùng", "In use")
CHOOSE = Label("Chọn tệp", "Choose a file")
UPLOAD = Label(
    f"Chọn tệp GeoJSON (tối đa {LONGEST_UPLOAD // 1000} kB)",
    f"Choose a GeoJSON file ({LONGEST_UPLOAD // 1000} kB at most)",
)
FORM = Label(
    "Mỗi tổ dân phố là một vùng có thuộc tính “group” là số của tổ; kinh độ và vĩ độ bằng độ (WGS 84, không phải VN-2000).",
    "Each residential group is an area whose property “group” is its number; longitude and latitude in degrees (WGS 84, not VN-2000).",
)
TAKE = Label("Dùng ranh giới này", "Use these boundaries")
BACK = Label("Quay lại bản trước", "Back to the former")
BACK_SURE = Label(
    "Bỏ bản đang dùng và quay lại bản trước đó? Việc này được ghi lại.",
    "Drop the boundaries in use and go back to those before? This is written down.",
)
BEFORE = Label("Các lần nạp", "Files that were taken")


def layout(state: BoardState) -> Component:
    """What is in use, the file that is chosen, and those before."""
    say = state.say
    head = html.Header([navigation(state, viewer(), "/boundaries"), html.H1(say(BOUNDARIES))], className="desk-head")
    main = html.Main(
        [
            html.H2(say(NOW)),
            html.P(id="boundaries-now"),
            html.Div(id="boundaries-fault", className="fault", role="alert"),
            html.Div(id="boundaries-done", role="status"),
            html.H2(say(CHOOSE)),
            html.P(say(FORM), className="quiet"),
            dcc.Upload(html.Span(say(UPLOAD), className="back"), id="boundaries-upload", max_size=LONGEST_UPLOAD),
            html.Div(id="boundaries-preview"),
            dmc.Button(say(TAKE), id="boundaries-take", disabled=True, variant="default", mt="sm"),
            html.H2(say(BEFORE)),
            html.Div(id="boundaries-kept"),
            dcc.ConfirmDialogProvider(
                dmc.Button(say(BACK), id="boundaries-back-button", variant="default"),
                id="boundaries-back",
                message=say(BACK_SURE),
            ),
            dcc.Store(id="boundaries-newest"),
            dcc.Store(id="boundaries-acted"),
        ],
        className="desk-scroll entry-page",
    )
    return html.Div([head, main], className="desk")


PAGE = Page(path="/boundaries", label=BOUNDARIES, right="admin", layout=layout, order=11, menu=text.MENU_OPERATION)
