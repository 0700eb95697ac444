"""System: how the system itself is - its figures, sources, streams, audits, corrections, jobs and disks.

What stands in the tables is asked by `callbacks`, again and again while somebody looks.
"""

from datetime import timedelta
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.silent_devices import silent_table
from dashboard.components.widget import Widget
from dashboard.pages.proof.tables import correction_table
from dashboard.pages.system.tables import audit_block, source_table, stream_table
from dashboard.state.page import BoardState, PastQuestion, PropertyUpdate, PropertyUpdates
from dashboard.words import text
from ingest.contract.clock import moment
from ingest.contract.label import Label
from warehouse.audit.history import recent_audits, stored_partitions
from warehouse.proof.evidence import corrected_figures

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

NOT_KEPT = Label(
    "Việc hằng đêm, đĩa và cách báo không được lưu lại theo thời gian: xem ở hiện tại.",
    "Nightly jobs, disks and notification channels are not kept through time: see them as they are now.",
)

REFRESH_MS = 15_000
AUDITS = 8
CORRECTED_WITHIN = timedelta(days=7)


def _block(*ids: str) -> Widget:
    """The places of what is asked."""
    return Widget(
        lambda state: html.Div(
            [html.Div(html.P(state.say(text.READING), className="quiet"), id=id) for id in ids],
            className="block-body",
            tabIndex="0",
        )
    )


def _ticking(state: BoardState) -> Component:
    tick = [] if state.past else [dcc.Interval(id="system-tick", interval=REFRESH_MS)]
    return html.Div([*_block("system-streams").layout(state).children, *tick], className="block-body", tabIndex="0")


def past_system(asked: PastQuestion) -> PropertyUpdates:
    """What is kept of how the system was at a minute of the past; what is not is said."""
    state, client = asked.state, asked.client
    now_ms, language = state.now_ms, state.language
    since_ms = now_ms - CORRECTED_WITHIN // timedelta(milliseconds=1)
    by_then = moment(asked.known_ms) if asked.known_ms is not None else None
    found: dict[str, Any] = {
        "audit": audit_block(recent_audits(client, AUDITS, moment(now_ms)), now_ms, language),
        "streams": stream_table(stored_partitions(client, by_then), {}, [], now_ms, language),
        "corrections": correction_table(
            corrected_figures(client, asked.ward, since_ms=since_ms, until_ms=now_ms), language
        ),
        "sources": source_table(state),
        "silent": silent_table(state),
        "keeping": html.P(state.say(NOT_KEPT), className="quiet"),
        **dict.fromkeys(("restarts", "disks", "changes"), ""),
    }
    return {PropertyUpdate(f"system-{name}", "children"): what for name, what in found.items()}


TICK = Widget(_ticking)

PAGE = wall_page(
    "/system",
    text.SYSTEM,
    order=7,
    menu=text.MENU_OPERATION,
    pace=None,
    past_updates=past_system,
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
