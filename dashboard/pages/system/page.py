"""System: how the system itself is - its figures, sources, streams, audits, corrections, jobs and disks.

What stands in the tables is asked by `callbacks`, again and again while somebody looks.
"""

from dash import dcc, html

from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import Widget
from dashboard.words import text
from ingest.contract.label import Label

LAG = Label("Độ trễ", "Lag")
DOWN = Label("Nguồn mất", "Sources down")
VALID = Label("Chất lượng", "Quality")
OUTAGES = Label("Phần mềm", "Software")
CITY = Label("Thành phố", "City")
AUDIT = Label("Đối soát", "Audit")
SOURCES = Label("Nguồn dữ liệu, thiết bị không có tín hiệu", "Sources, silent devices")
STREAMS = Label("Luồng sự kiện", "Streams")
CORRECTIONS = Label("Số đã chốt được sửa trong 7 ngày", "Closed figures corrected in 7 days")
KEEPING = Label("Việc hằng đêm, đĩa, cách báo", "Nightly jobs, disks, notification channels")
READING = Label("Đang đọc…", "Reading…")

REFRESH_MS = 15_000


def _block(*ids: str) -> Widget:
    """The places of what is asked."""
    return Widget(
        lambda state: html.Div(
            [html.Div(html.P(state.say(READING), className="quiet"), id=id) for id in ids],
            className="block-body",
            tabIndex="0",
        )
    )


TICK = Widget(
    lambda state: html.Div(
        [*_block("system-streams").layout(state).children, dcc.Interval(id="system-tick", interval=REFRESH_MS)],
        className="block-body",
        tabIndex="0",
    )
)

PAGE = wall_page(
    "/system",
    text.SYSTEM,
    order=7,
    menu=text.MENU_OPERATION,
    pace=None,
    only_now=True,
    lines=(
        CardRow(
            12,
            (
                Card("lag", LAG, "H01", ("H07",)),
                Card("down", DOWN, "H04", ("Q13", "S10", "C08")),
                Card("valid", VALID, "H02", ("H03",)),
                Card("outages", OUTAGES, "H05"),
                Card("city", CITY, "H06", ("H08",)),
            ),
        ),
        CardRow(
            21,
            (
                Card("streams", STREAMS, part=TICK),
                Card("audit", AUDIT, part=_block("system-audit")),
                Card("sources", SOURCES, part=_block("system-sources", "system-silent")),
            ),
            (38, 36, 26),
        ),
        CardRow(
            13,
            (
                Card("corrections", CORRECTIONS, part=_block("system-corrections")),
                Card(
                    "keeping",
                    KEEPING,
                    part=_block("system-restarts", "system-keeping", "system-disks", "system-changes"),
                ),
            ),
        ),
    ),
)
