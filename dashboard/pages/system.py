"""System: how the system itself is - its audits, sources, streams, corrections, chores and disks.

What it shows is asked by `system_desk`, again and again while somebody looks.
"""

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import text
from dashboard.headline import navigation
from dashboard.page import Page, Scene
from dashboard.viewer import viewer
from ingest.label import Label

AUDIT = Label("Đối soát", "Audit")
SOURCES = Label("Nguồn dữ liệu", "Sources")
STREAMS = Label("Luồng sự kiện", "Streams")
CORRECTIONS = Label("Số đã chốt được sửa trong 7 ngày", "Closed figures corrected in 7 days")
KEEPING = Label("Việc hằng đêm", "Nightly chores")
DISKS = Label("Đĩa", "Disks")
READING = Label("Đang đọc…", "Reading…")

REFRESH_MS = 15_000


def layout(scene: Scene) -> Component:
    """One block beside the other."""
    say = scene.say
    head = html.Header(
        [html.H1(say(text.SYSTEM)), html.Span(className="spring"), navigation(scene, viewer(), "/system")],
        className="desk-head",
    )
    left = [
        *_block(say(AUDIT), "system-audit", scene),
        *_block(say(STREAMS), "system-streams", scene),
        *_block(say(CORRECTIONS), "system-corrections", scene),
    ]
    right = [
        *_block(say(SOURCES), "system-sources", scene),
        *_block(say(KEEPING), "system-keeping", scene),
        *_block(say(DISKS), "system-disks", scene),
    ]
    columns = [html.Section(left), html.Section(right)]
    tick = dcc.Interval(id="system-tick", interval=REFRESH_MS)
    return html.Div([head, html.Main([*columns, tick], className="desk-scroll system-page")], className="desk")


def _block(title: str, id: str, scene: Scene) -> list[Component]:
    return [html.H2(title), html.Div(html.P(scene.say(READING), className="quiet"), id=id)]


PAGE = Page(path="/system", label=text.SYSTEM, right="leader", layout=layout, only_now=True)
